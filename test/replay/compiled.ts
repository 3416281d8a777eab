/** What a compiler makes of a model with a setting, as plain data that two compilers' can be compared by. */
import { createHash } from 'node:crypto';
import type { Digest, PlanEntry } from '../../src/explain/plan_text.js';

/** What is asked of a compiler, whichever commit it is of (`compilers.ts`). */
export interface Compiler {
  /** @throws Error for a damaged file */
  readonly compile: (bytes: Uint8Array, options: Options, graph: number) => Compiled;
  readonly graphCount: (bytes: Uint8Array) => number;
  readonly nodes: (bytes: Uint8Array, graph: number) => readonly { readonly index: number; readonly op: string }[];
  readonly entries: (plan: Uint8Array, digest: Digest) => readonly PlanEntry[];
}

export type Options = Readonly<Record<string, string>>;

interface Because {
  readonly node: number;
  readonly rule: string;
  readonly text: string;
}

export interface Compiled {
  readonly parts: readonly (Border & { readonly plan: Uint8Array })[];
  readonly refusals: readonly Because[];
  readonly hosted: readonly Because[];
}

export interface Border {
  readonly nodes: readonly number[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const inferred = { trust: 'inferred' };

/** The last two are asked for by name. */
export const settings: Readonly<Record<string, Options>> = {
  fast: inferred,
  best: { ...inferred, precision: 'best' },
  seen: { trust: 'seen' },
  all: { ...inferred, parts: 'all' },
  'tflite-2.14': { ...inferred, numerics: 'tflite-2.14' },
  'litert-2.3': { ...inferred, numerics: 'litert-2.3' },
};
export const usualSettings = ['fast', 'best', 'seen', 'all'] as const;

export interface PlanRecord extends Border {
  readonly graph: number;
  readonly entries: readonly PlanEntry[];
}

export interface NodeRecord {
  readonly graph: number;
  readonly node: number;
  readonly op: string;
  /** Where it runs, and the rule that keeps it from the NPU. */
  readonly verdict: string;
  /** The rule's words. */
  readonly text: string;
}

export interface ModelRecord {
  readonly plans: readonly PlanRecord[];
  readonly nodes: readonly NodeRecord[];
  /** Why the file is none that can be compiled. */
  readonly error: string | null;
}

const digest: Digest = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

const nodeRecord = (compiled: Compiled, graph: number, node: number, op: string): NodeRecord => {
  const refusal = compiled.refusals.find((one) => one.node === node);
  if (refusal !== undefined) return { graph, node, op, verdict: `cpu ${refusal.rule}`, text: refusal.text };
  const because = compiled.hosted.find((one) => one.node === node);
  const part = compiled.parts.findIndex(({ nodes }) => nodes.includes(node));
  if (because === undefined) return { graph, node, op, verdict: `npu part ${part}`, text: '' };
  return { graph, node, op, verdict: `host ${because.rule} part ${part}`, text: because.text };
};

const errorText = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'bug';
  return `${code}: ${error instanceof Error ? error.message : String(error)}`;
};

export const compiledModel = (compiler: Compiler, bytes: Uint8Array, setting: string): ModelRecord => {
  const options = settings[setting];
  if (options === undefined) throw new Error(`no setting ${setting}`);
  try {
    const graphs = Array.from({ length: Math.max(1, compiler.graphCount(bytes)) }, (_, graph) => {
      const compiled = compiler.compile(bytes, options, graph);
      return {
        plans: compiled.parts.map(({ nodes, inputs, outputs, plan }): PlanRecord => ({
          graph,
          nodes,
          inputs,
          outputs,
          entries: compiler.entries(plan, digest),
        })),
        nodes: compiler.nodes(bytes, graph).map(({ index, op }) => nodeRecord(compiled, graph, index, op)),
      };
    });
    return {
      plans: graphs.flatMap(({ plans }) => plans),
      nodes: graphs.flatMap(({ nodes }) => nodes),
      error: null,
    };
  } catch (error) {
    return { plans: [], nodes: [], error: errorText(error) };
  }
};

const programLines = ({ plans }: ModelRecord, wanted: (entry: PlanEntry) => boolean): readonly string[] =>
  plans.flatMap(({ graph, nodes, inputs, outputs, entries }) => [
    `graph ${graph} nodes ${nodes.join()} inputs ${inputs.join()} outputs ${outputs.join()}`,
    ...entries.filter(wanted).map(({ kind, key, text }) => `${kind} ${key}\n${text}`),
  ]);

const verdictLines = ({ nodes, error }: ModelRecord): readonly string[] => [
  ...nodes.map(({ graph, node, op, verdict }) => `${graph} ${node} ${op} ${verdict}`),
  error?.replace(/:.*/s, '') ?? 'compiles',
];

/** How many plans, and digests: of what devices do, of names and estimates, of which node runs where by which rule. */
export const digestsOf = (records: readonly ModelRecord[]): string => {
  const of = (lines: (record: ModelRecord) => readonly string[]): string =>
    createHash('sha256').update(records.flatMap(lines).join('\n')).digest('hex').slice(0, 16);
  const programs = of((record) => programLines(record, ({ kind }) => kind !== 'notes'));
  const notes = of((record) => programLines(record, ({ kind }) => kind === 'notes'));
  const plans = records.reduce((sum, record) => sum + record.plans.length, 0);
  return `plans ${plans} programs ${programs} notes ${notes} verdicts ${of(verdictLines)}`;
};
