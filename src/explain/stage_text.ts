/** What a stage of the compiler hands to the next, as lines for people: one for an operation, a tensor or a task. */
import type { Arena, Lifetime } from '../allocate/arena.js';
import type { PartEstimate } from '../cost/estimate.js';
import { destinationOf, type EmittedTask } from '../emit/tasks.js';
import type { Graph, Node, Part, Tensor } from '../graph/graph.js';
import type { Cube } from '../layout/cube.js';
import type { Placement } from '../place/place.js';
import { readPlan } from '../plan/read.js';
import type { Schedule } from '../schedule/order.js';
import type { ModelStages, PartStages, Stage } from '../stages.js';
import { partEstimateLines } from './estimate_text.js';
import { blocksText, operationLine, stepLines } from './operation_text.js';
import { type Digest, planEntries } from './plan_text.js';
import { referenceText } from './program.js';

const names = (tensors: readonly number[]): string => tensors.map((one) => (one === -1 ? '-' : `t${one}`)).join(' ');

const tensorText = ({ type, shape, constant, variable }: Tensor): string =>
  `${constant ? 'constant ' : variable ? 'variable ' : ''}${type} ${shape.length === 0 ? 'scalar' : shape.join('x')}`;

const quantizationText = ({ quantization }: Tensor): string => {
  if (quantization === null) return '';
  const { scales, zeroPoints } = quantization;
  const [scale, zeroPoint] = [scales[0], zeroPoints[0]];
  return scales.length === 1 ? `, scale ${scale}, zero-point ${zeroPoint}` : `, ${scales.length} scales`;
};

const nodeLine = (graph: Graph, { index, op, version, inputs, outputs, covers = [] }: Node): string => {
  const results = outputs.flatMap((output) => graph.tensors.get(output) ?? []).map(tensorText);
  const of = covers.length > 1 ? ` of ${covers.map((node) => `#${node}`).join(' ')}` : '';
  return `#${index} ${op} v${version}${of} ${names(inputs)} -> ${names(outputs)}: ${results.join(', ')}`;
};

const readLines = ({ graph, outputs }: ModelStages['read']): readonly string[] => [
  ...[...graph.tensors.values()].map((one) => `t${one.index} ${tensorText(one)}${quantizationText(one)}`),
  ...graph.nodes.map((node) => nodeLine(graph, node)),
  `results ${names(outputs)}`,
];

const partLine = ({ nodes, inputs, outputs }: Part): string =>
  `nodes ${nodes.join(' ')}; inputs ${names(inputs)}; outputs ${names(outputs)}`;

const partitionLines = ({ graph, parts, refused, host }: ModelStages['partition']): readonly string[] => [
  ...graph.nodes.map(({ index, op }) => {
    const refusal = refused.get(index);
    const part = parts.findIndex(({ nodes }) => nodes.includes(index));
    const because = refusal ?? host.get(index);
    const where = refusal !== undefined ? 'CPU' : `part ${part}${because === undefined ? '' : ' on the host'}`;
    return `#${index} ${op} ${where}${because === undefined ? '' : `: ${because.rule}: ${because.text}`}`;
  }),
  ...parts.map((part, i) => `part ${i}: ${partLine(part)}`),
];

const rewriteLines = ({ graph, layouts, orders }: PartStages['rewrite']): readonly string[] => [
  ...graph.nodes.map((node) => nodeLine(graph, node)),
  ...[...orders].map(([tensor, order]) => {
    const layout = layouts.get(tensor);
    return `t${tensor} in order ${order === null ? 'of its readers' : order.join()}${layout === undefined || layout === null ? '' : `, ${layout} at the border`}`;
  }),
];

const cubeText = ({ height, width, channels, surfaces, lineBytes, surfaceBytes }: Cube): string =>
  `${height}x${width}x${channels}, ${surfaces} surfaces of ${surfaceBytes}, lines of ${lineBytes} bytes`;

const placeLines = ({ operations, spots, roots, borders, constants }: Placement): readonly string[] => [
  ...operations.map(operationLine),
  ...[...spots].map(([tensor, { root, offset, cube }]) => {
    const border = borders.get(tensor);
    return `t${tensor} at ${offset} of t${root}: ${cubeText(cube)}${border === undefined ? '' : `, ${typeof border === 'string' ? border : blocksText(border)} at the border`}`;
  }),
  ...[...roots].map(([tensor, bytes]) => `memory of t${tensor}: ${bytes} bytes`),
  ...[...constants.keys()].map((tensor) => `memory of t${tensor}: a constant`),
];

const scheduleLines = ({ jobs, host }: Schedule): readonly string[] => [
  ...jobs.map(({ operations, core }, i) => `job ${i}, core ${core}: operations ${operations.join(' ')}`),
  ...host.map(({ operation, beforeJob }) => `operation ${operation} on the host, before job ${beforeJob}`),
];

const allocateLines = (lifetimes: readonly Lifetime[], { bytes, places }: Arena): readonly string[] => [
  ...lifetimes.map(({ tensor, bytes: size, from, to, memory }) => {
    const place = places.get(tensor);
    const where = place === undefined ? memory : referenceText({ bo: place.memory, offset: place.offset });
    return `t${tensor} ${where}: ${size} bytes, operations ${from} to ${to}`;
  }),
  `arena ${bytes.arena} bytes, io ${bytes.io} bytes`,
];

const estimateLines = (estimate: PartEstimate): readonly string[] => partEstimateLines(null, estimate);

const emitLines = (tasks: readonly EmittedTask[], constants: Uint8Array): readonly string[] => [
  ...tasks.map((task, i) => {
    const { operation, words, cycles } = task;
    return `task ${i} of operation ${operation}: ${words.length} words, writes ${referenceText(destinationOf(task))}, about ${Math.round(cycles)} cycles`;
  }),
  `constants ${constants.byteLength} bytes`,
];

const planLines = (bytes: Uint8Array, digest: Digest): readonly string[] =>
  planEntries(readPlan(bytes), digest).map(({ kind, key, text }) => {
    const [first = '', ...more] = text.split('\n');
    return `${kind} ${key}: ${kind === 'tasks' ? `${first}, ${more.length} words` : [first, ...more].join('; ')}`;
  });

const linesOf = (stage: Stage, digest: Digest): readonly string[] => {
  switch (stage.stage) {
    case 'read':
      return readLines(stage.data);
    case 'partition':
      return partitionLines(stage.data);
    case 'rewrite':
      return rewriteLines(stage.data);
    case 'lower':
    case 'fuse':
      return stage.data.operations.map(operationLine);
    case 'place':
      return placeLines(stage.data);
    case 'tile':
      return stage.data.steps.flatMap(stepLines);
    case 'schedule':
      return scheduleLines(stage.data);
    case 'allocate':
      return allocateLines(stage.data.lifetimes, stage.data.arena);
    case 'estimate':
      return estimateLines(stage.data);
    case 'emit':
      return emitLines(stage.data.tasks, stage.data.constants);
    case 'plan':
      return planLines(stage.data.bytes, digest);
  }
};

export const stageText = (stage: Stage, digest: Digest): string =>
  [...(stage.part === null ? [] : [`# ${partLine(stage.part)}`]), ...linesOf(stage, digest)]
    .map((line) => `${line}\n`)
    .join('');
