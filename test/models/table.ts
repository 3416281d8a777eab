/**
 * `npm run zoo [NAME ...]`: a line for each model of the folder. Nodes on the NPU, on the host inside a part, and on the
 * CPU; parts, tasks, the share of multiply-accumulates on the NPU; output values that equal those of TFLite's reference
 * kernels, over all samples, and how many TFLite's own fast kernels (XNNPACK) give; what Mesa's Teflon takes.
 * PTFE_MODEL_FOLDER names another folder.
 */
import { existsSync, readFileSync } from 'node:fs';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { macsOf } from '../../src/partition/cpu.js';
import { readPlan } from '../../src/plan/read.js';
import { delegateLibrary, Oracle, type RunResult } from '../host/oracle.js';
import { pythonEnvironment } from '../host/python.js';
import { distance, type ModelEntry, modelEntries, modelFolder, modelPath, sampleInputs, topOne, zoo } from './zoo.js';

const someSamples = ['cat.bmp', 'grace_hopper.bmp', 'squat.png'];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

interface Compiled {
  readonly hosted: number;
  readonly tasks: number;
  readonly macs: number;
  readonly all: number;
}

const compiled = (name: string): Compiled => {
  const bytes = new Uint8Array(readFileSync(modelPath(name)));
  const { graph } = readTflite(bytes);
  const { parts, hosted } = compileTflite(bytes);
  const taken = new Set(parts.flatMap(({ nodes }) => nodes));
  const macs = graph.nodes.map((node) => [node.index, macsOf(graph, node)] as const);
  return {
    hosted: hosted.length,
    tasks: sum(parts.map(({ plan }) => readPlan(plan).tasks.length)),
    macs: sum(macs.map(([index, count]) => (taken.has(index) ? count : 0))),
    all: sum(macs.map(([, count]) => count)),
  };
};

/** Scores of classes: one row of them. Heatmaps, boxes and maps of labels have no top-1. */
const classifies = ({ outputs }: RunResult & { readonly ok: true }): boolean =>
  (outputs[0]?.[0]?.shape ?? []).filter((dim) => dim !== 1).length === 1;

const answers = ({ outputs }: RunResult & { readonly ok: true }): readonly string[] =>
  outputs.map(([first]) => JSON.stringify(topOne(first)));

/** Share of equal output values, and the largest difference. */
const comparison = (reference: RunResult & { readonly ok: true }, other: RunResult & { readonly ok: true }): string => {
  const apart = reference.outputs.map((outputs, i) => distance(outputs, other.outputs[i] ?? []));
  const values = sum(apart.map((one) => one.values));
  const equal = values - sum(apart.map((one) => one.differing));
  const largest = Math.max(...apart.map((one) => one.largest));
  return `${((100 * equal) / values).toFixed(2)} %, ${Number(largest.toPrecision(2))}`;
};

const mesaText = ({ mesa }: ModelEntry): string => {
  if (mesa === null) return '';
  return mesa.rc === 0 ? `${mesa.nodes ?? 0} nodes, ${mesa.partitions ?? 0} parts` : 'crashes';
};

const lineOf = async (oracle: Oracle, python: string, entry: ModelEntry): Promise<string> => {
  const { name } = entry;
  const known = zoo.find((one) => one.name === name);
  const inputs = sampleInputs(python, entry, known?.samples ?? someSamples);
  const model = modelPath(name);
  const reference = await oracle.run({ model, inputs });
  const delegated = await oracle.run({ model, inputs, delegate: { library: delegateLibrary, options: {} } });
  if (!reference.ok) return `| ${name} | TFLite refuses it | | | | | | | | ${mesaText(entry)} |`;
  if (!delegated.ok) return `| ${name} | ${delegated.crashed ? 'CRASH' : 'ERROR'} ${delegated.error} | | | | | | | | |`;
  const best = await oracle.run({
    model,
    inputs,
    delegate: { library: delegateLibrary, options: { precision: 'best' } },
  });
  const fast = await oracle.run({ model, inputs, kernels: 'default' });
  const [expected, got] = [answers(reference), answers(delegated)];
  const same = expected.filter((answer, i) => answer === got[i]).length;
  const taken = delegated.nodes.filter((node) => node.delegated).length;
  const { hosted, tasks, macs, all } = compiled(name);
  const onNpu = Math.max(0, taken - hosted);
  const cells = [
    name,
    `${onNpu} / ${taken - onNpu} / ${delegated.nodes.length - taken}`,
    delegated.partitions,
    tasks,
    all === 0 ? '-' : `${((100 * macs) / all).toFixed(2)} % of ${(all / 1e6).toFixed(1)} M`,
    comparison(reference, delegated),
    best.ok ? comparison(reference, best) : 'refused',
    fast.ok ? comparison(reference, fast) : 'refused',
    classifies(reference) ? `${same} of ${expected.length}` : '-',
    mesaText(entry),
  ];
  return `| ${cells.join(' | ')} |`;
};

const stop = (why: string): never => {
  process.stderr.write(`zoo: ${why}\n`);
  process.exit(2);
};

if (!existsSync(modelFolder)) stop(`no folder ${modelFolder}: name one with models in PTFE_MODEL_FOLDER`);
if (!existsSync(delegateLibrary)) stop('tool: the delegate is not built (npm run build)');
const entries = modelEntries();
if (entries.length === 0) stop(`no .tflite file in ${modelFolder}`);
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !entries.some((entry) => entry.name === name));
if (unknown !== undefined) stop(`no model ${unknown} in ${modelFolder}`);
const environment = pythonEnvironment('ai_edge_litert');
if (!environment.available) throw new Error(environment.reason);
const oracle = new Oracle(environment);
console.log(
  '| model | nodes NPU / host / CPU | parts | tasks | MACs on the NPU | equal to BUILTIN_REF, largest difference | with precision=best | the same of XNNPACK | same top-1 | Mesa |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|');
for (const entry of entries) {
  if (wanted.length > 0 && !wanted.includes(entry.name)) continue;
  console.log(await lineOf(oracle, environment.python, entry));
}
await oracle.stop();
