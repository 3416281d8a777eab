import { delegateLibrary, Oracle, type OutputTensor, type RunResult } from '../host/oracle.js';
import { pythonEnvironment, type Runtime, runtimes } from '../host/python.js';
import type { Lack } from '../host/skip.js';
import type { Invoke, RandomGraph } from './graph.js';

/** How a program runs a graph with the delegate. */
export interface Host {
  readonly runtime: Runtime;
  readonly kernels: 'reference' | 'default';
  readonly parts: 'worthwhile' | 'all';
}

export const hosts: readonly Host[] = runtimes.flatMap((runtime) =>
  (['reference', 'default'] as const).flatMap((kernels) =>
    (['all', 'worthwhile'] as const).map((parts) => ({ runtime, kernels, parts })),
  ),
);

export const hostName = ({ runtime, kernels, parts }: Host): string => `${runtime}, ${kernels} kernels, parts=${parts}`;

export interface Failure {
  readonly host: Host;
  readonly text: string;
}

export interface Checked {
  /** TFLite itself refuses the graph, or dies of it: nothing was compared. */
  readonly refused: string | null;
  readonly failures: readonly Failure[];
  readonly nodes: number;
  /** Of them on the NPU, with parts=all. */
  readonly delegated: number;
  readonly values: number;
  readonly differing: number;
  /** Where the host's own kernels are as far from its reference kernels without the delegate. */
  readonly hostsOwn: readonly string[];
}

export interface Comparison {
  readonly values: number;
  readonly differing: number;
  /** What is wrong, or null. */
  readonly wrong: string | null;
}

const comparedOutput = (expected: OutputTensor, got: OutputTensor | undefined, allowed: number): Comparison => {
  const values = expected.data.length;
  if (got?.shape.join() !== expected.shape.join())
    return { values, differing: values, wrong: `shape ${got?.shape.join('x') ?? ''}, not ${expected.shape.join('x')}` };
  const flip = expected.type === 'int8' ? 0x80 : 0;
  let [differing, beyond, largest] = [0, 0, 0];
  for (const [i, code] of expected.data.entries()) {
    const apart = Math.abs((code ^ flip) - ((got.data[i] ?? 0) ^ flip));
    if (apart > 0) differing++;
    if (apart > allowed) beyond++;
    if (apart > largest) largest = apart;
  }
  const wrong =
    beyond > 0 ? `${differing} of ${values} values differ, ${beyond} by more than ${allowed}, up to ${largest}` : null;
  return { values, differing, wrong };
};

export type Answer = Extract<RunResult, { readonly ok: true }>;

export const compareRuns = (expected: Answer, got: Answer, allowed: readonly number[]): Comparison => {
  let [values, differing] = [0, 0];
  const wrong: string[] = [];
  for (const [turn, outputs] of expected.outputs.entries()) {
    for (const [i, output] of outputs.entries()) {
      const one = comparedOutput(output, got.outputs[turn]?.[i], allowed[i] ?? 1);
      values += one.values;
      differing += one.differing;
      if (one.wrong !== null) wrong.push(`invoke ${turn} output ${i} (${output.name}): ${one.wrong}`);
    }
  }
  return { values, differing, wrong: wrong.length === 0 ? null : wrong.slice(0, 4).join('; ') };
};

export interface Model {
  readonly bytes: Uint8Array;
  readonly invokes: readonly Invoke[];
  readonly allowed: readonly number[];
}

/** TFLite processes, one for each runtime, each used for many graphs and started anew after a crash. */
export class Hosts {
  readonly #oracles: ReadonlyMap<Runtime, Oracle>;
  /** Runtimes that are not here, and why. */
  readonly missing: readonly Lack[];

  constructor(variables: Readonly<Record<string, string>>, timeoutSeconds = 120) {
    const found = runtimes.map(pythonEnvironment);
    this.#oracles = new Map(
      found.flatMap((environment) =>
        environment.available
          ? [[environment.runtime, new Oracle(environment, { variables, timeoutSeconds })] as const]
          : [],
      ),
    );
    this.missing = found.flatMap((one) => (one.available ? [] : [one.reason]));
  }

  get runtimes(): readonly Runtime[] {
    return [...this.#oracles.keys()];
  }

  run(model: Model, host: Host, delegated: boolean): Promise<RunResult> {
    const oracle = this.#oracles.get(host.runtime);
    if (oracle === undefined) throw new Error(`${host.runtime} is not here`);
    return oracle.run({
      model: model.bytes,
      inputs: model.invokes.map(({ inputs }) => inputs),
      shapes: model.invokes.map(({ shapes }) => shapes),
      kernels: host.kernels,
      ...(delegated ? { delegate: { library: delegateLibrary, options: { parts: host.parts } } } : {}),
    });
  }

  /** TFLite's reference kernels without the delegate. */
  truth(model: Model, runtime: Runtime): Promise<RunResult> {
    return this.run(model, { runtime, kernels: 'reference', parts: 'all' }, false);
  }

  async stop(): Promise<void> {
    for (const oracle of this.#oracles.values()) await oracle.stop();
  }
}

const textOf = (result: Extract<RunResult, { readonly ok: false }>): string =>
  `${result.crashed ? 'crash: ' : ''}${result.error} ${result.stderr.trim().split('\n').slice(-3).join(' / ')}`;

/** Invokes that TFLite does without the delegate too: a resize that it refuses, or dies of, is left out. */
export const possible = async (hosts: Hosts, graph: RandomGraph, runtime: Runtime): Promise<Model | string> => {
  const whole = await hosts.truth(graph, runtime);
  if (whole.ok) return graph;
  const plain = { ...graph, invokes: [graph.plain] };
  const result = await hosts.truth(plain, runtime);
  return result.ok ? plain : textOf(result);
};

interface HostResult {
  readonly failure?: string;
  /** What the host's own kernels do without the delegate. */
  readonly own?: string;
  readonly comparison?: Comparison;
  readonly delegated?: number;
  readonly nodes?: number;
}

const checkHost = async (hosts: Hosts, model: Model, truth: Answer, host: Host): Promise<HostResult> => {
  const got = await hosts.run(model, host, true);
  if (!got.ok) {
    // Kernels of the host alone may fail as well: then it is not the delegate's.
    const alone = await hosts.run(model, host, false);
    return alone.ok ? { failure: textOf(got) } : { own: textOf(alone) };
  }
  const comparison = compareRuns(truth, got, model.allowed);
  const delegated = got.nodes.filter((node) => node.delegated).length;
  const counts = { comparison, delegated, nodes: got.nodes.length };
  if (comparison.wrong === null) return counts;
  if (host.kernels === 'default') {
    const alone = await hosts.run(model, host, false);
    const own = alone.ok ? compareRuns(truth, alone, model.allowed).wrong : textOf(alone);
    if (own !== null) return { ...counts, own };
  }
  return { ...counts, failure: comparison.wrong };
};

/** Runs a graph in each host with the delegate, and compares every output with TFLite's reference kernels. */
export const check = async (hosts: Hosts, graph: RandomGraph, chosen: readonly Host[]): Promise<Checked> => {
  const failures: Failure[] = [];
  const hostsOwn: string[] = [];
  let [refused, nodes, delegated, values, differing]: [string | null, number, number, number, number] = [
    null,
    0,
    0,
    0,
    0,
  ];
  for (const runtime of new Set(chosen.map((host) => host.runtime))) {
    const model = await possible(hosts, graph, runtime);
    if (typeof model === 'string') {
      refused = `${runtime}: ${model}`;
      continue;
    }
    const truth = await hosts.truth(model, runtime);
    if (!truth.ok) throw new Error(`seed ${graph.seed}: TFLite fails the second time: ${textOf(truth)}`);
    for (const host of chosen.filter((one) => one.runtime === runtime)) {
      const result = await checkHost(hosts, model, truth, host);
      if (result.own !== undefined) hostsOwn.push(`${hostName(host)}: ${result.own}`);
      if (result.failure !== undefined) failures.push({ host, text: result.failure });
      values += result.comparison?.values ?? 0;
      differing += result.comparison?.differing ?? 0;
      nodes = Math.max(nodes, result.nodes ?? 0);
      delegated = Math.max(delegated, result.delegated ?? 0);
    }
  }
  return { refused, failures, nodes, delegated, values, differing, hostsOwn };
};
