import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import type { Numerics } from '../../src/graph/numerics.js';
import type { Precision } from '../../src/fuse/fuse.js';
import { type Addon, factsFromEnvironment, loadAddon } from '../host/addon.js';
import { delegateLibrary, Oracle, type RunRequest } from '../host/oracle.js';
import { numericsOf, pythonEnvironment, repository, type Runtime } from '../host/python.js';
import type { Lack } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import type { OpModel } from './builder.js';
import { add, compare, emptyTally, type Tally } from './tally.js';

export * from './builder.js';

const runOn = (
  addon: Addon,
  bytes: Uint8Array,
  model: OpModel,
  precision: Precision,
  numerics: Numerics,
): readonly Uint8Array[] | string => {
  const { parts, refusals } = compileTflite(bytes, { trust: 'inferred', parts: 'all', precision, numerics });
  const [part] = parts;
  if (part === undefined || parts.length > 1 || refusals.length > 0)
    return refusals.map(({ rule, text }) => `${rule}: ${text}`).join('; ') || `${parts.length} parts`;
  const pictures = new Map(model.spec.inputs.map((tensor, i) => [tensor, model.inputs[i] ?? new Uint8Array()]));
  const outputs = addon.planRun(
    part.plan,
    part.inputs.map((tensor) => pictures.get(tensor) ?? new Uint8Array()),
    { facts: factsFromEnvironment() },
  );
  return model.spec.outputs.map((tensor) => outputs[part.outputs.indexOf(tensor)] ?? new Uint8Array());
};

/** Models of each test that are run through the delegate as well: options and constants come another way there. */
const throughDelegate = existsSync(delegateLibrary) ? 4 : 0;

/** @returns null where the delegate takes all nodes and gives what the same plan gives in process */
async function differsInDelegate(
  oracle: Oracle,
  request: RunRequest,
  expected: readonly Uint8Array[],
  precision: Precision,
): Promise<string | null> {
  const delegate = { library: delegateLibrary, options: { precision, parts: 'all' } };
  const run = await oracle.run({ ...request, delegate });
  if (!run.ok) return `delegate: ${run.error} ${run.stderr}`;
  const left = run.nodes.filter(({ delegated }) => !delegated).length;
  if (left > 0) return `delegate: ${left} nodes on the CPU: ${run.stderr}`;
  const same = expected.every(
    (output, i) => Buffer.compare(output, run.outputs[0]?.[i]?.data ?? new Uint8Array()) === 0,
  );
  return same ? null : 'the delegate gives other values than the plan in process';
}

export interface Outcome {
  readonly tally: Tally;
  readonly refused: readonly string[];
  readonly failures: readonly string[];
}

/** @returns why nothing was run, or what came out; `mostCounts`: what an output value may differ by */
export async function againstReference(
  models: readonly OpModel[],
  {
    runtime = 'tflite_runtime',
    mostCounts = 0,
    kernels = 'reference',
    precision = 'fast',
    numerics = numericsOf[runtime],
  }: {
    readonly runtime?: Runtime;
    readonly mostCounts?: number;
    readonly kernels?: RunRequest['kernels'] & string;
    readonly precision?: Precision;
    /** The runtime's own where absent; the delegate finds that out by itself. */
    readonly numerics?: Numerics;
  },
): Promise<Outcome | Lack> {
  const environment = pythonEnvironment(runtime);
  const addon = loadAddon();
  if (!environment.available) return environment.reason;
  if (typeof addon === 'string') return addon;
  const oracle = new Oracle(environment);
  let tally = emptyTally;
  const [refused, failures]: [string[], string[]] = [[], []];
  const written = models.map((model) => [model, writeTflite(model.spec)] as const);
  const references = await Promise.all(
    written.map(([model, bytes]) => oracle.run({ model: bytes, inputs: [model.inputs], kernels })),
  );
  for (const [i, [model, bytes]] of written.entries()) {
    const reference = references[i];
    if (reference?.ok !== true) {
      failures.push(`${model.title}: TFLite: ${reference?.error ?? ''} ${reference?.stderr ?? ''}`);
      continue;
    }
    try {
      const got = runOn(addon, bytes, model, precision, numerics);
      if (typeof got === 'string') {
        refused.push(`${model.title}: ${got}`);
        continue;
      }
      const other =
        i < throughDelegate && numerics === numericsOf[runtime]
          ? await differsInDelegate(oracle, { model: bytes, inputs: [model.inputs], kernels }, got, precision)
          : null;
      if (other !== null) failures.push(`${keep(i, bytes)} ${model.title}: ${other}`);
      const expected = (reference.outputs[0] ?? []).map(({ data, shape }) => ({ data, channels: shape.at(-1) ?? 1 }));
      const type = model.spec.tensors[model.spec.outputs[0] ?? 0]?.type === 'uint8' ? 'uint8' : 'int8';
      const comparison = compare(model.title, type, expected, got);
      tally = add(tally, comparison);
      if (process.env['PTFE_SHOW'] !== undefined && comparison.differing > 0)
        console.log(`        ${comparison.differing} of ${comparison.values}: ${model.title}`);
      if (comparison.largest > mostCounts) {
        failures.push(
          `${keep(i, bytes)} ${model.title}: ${comparison.differing} of ${comparison.values}, by up to ${comparison.largest}`,
        );
      }
    } catch (error) {
      failures.push(`${keep(i, bytes)} ${model.title}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await oracle.stop();
  return { tally, refused, failures };
}

/** Keeps a model that failed, to be looked at with other tools. */
function keep(index: number, bytes: Uint8Array): string {
  const folder = join(repository, '.cache/differential');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `op-${index}.tflite`);
  writeFileSync(file, bytes);
  return file;
}
