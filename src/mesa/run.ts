/**
 * Runs a recorded stream on the software NPU and compares every layer with TFLite's reference kernels, twice: on what the
 * layer before left in memory, and on the reference's own input. A layer outside of its bound is tried again with one
 * defect of Mesa's set right at a time; the one with which it agrees is named.
 */
import type { Graph } from '../model/graph.js';
import { accumulate, requantize } from '../reference/convolution.js';
import { add } from '../reference/add.js';
import { evaluate, evaluateNode, type Values } from '../reference/graph.js';
import { addLayer, convolutionLayer } from '../reference/layer.js';
import type { Recording } from '../stream/recording.js';
import { additionCounts, type Bound, boundOf, compareBytes, compareSums, type Comparison, isWithin } from './bound.js';
import { fromDevice, inputFromDevice, sideBytes, toDevice } from './coefficients.js';
import { asMesa, type DefectName, defects, type Fixes } from './defects.js';
import { type PlacedOperation, type PlacedStream, placeStream, type Region, regionsOf, type Start } from './place.js';
import { recognize, type StreamLayer, type StreamOperation, streamOperations } from './recognize.js';

/** The software NPU: programs on memory of their own. Errors are exceptions with the NPU's text. */
export interface Npu {
  readonly open: (
    regions: readonly Region[],
    tasks: readonly Start[],
    facts: Readonly<Record<string, string>>,
  ) => OpenProgram;
}

export interface OpenProgram {
  readonly run: (first: number, count: number) => void;
  readonly read: (iova: number, length: number) => Uint8Array;
  readonly write: (iova: number, bytes: Uint8Array) => void;
}

export interface LayerReport {
  readonly node: number;
  readonly op: string;
  readonly submit: number;
  readonly tasks: number;
  /** Words of its tasks that a patch changed. */
  readonly changedWords: number;
  readonly bound: Pick<Bound, 'counts' | 'grid'> | null;
  /** On the input that memory held; null where the inputs' history is not known. */
  readonly memory: Comparison | null;
  /** On the reference's own input. */
  readonly own: Comparison | null;
  /** Within its bound in every comparison that was made, and inside its buffers. */
  readonly within: boolean;
  /** What the NPU refuses of it as it stands. */
  readonly refusal: string | null;
  /** The one defect with which set right it is within its bound. */
  readonly defect: DefectName | null;
}

export interface StreamReport {
  readonly submits: number;
  readonly jobs: number;
  readonly tasks: number;
  /** Tasks that were executed: all, or the program was refused. */
  readonly executed: number;
  /** Facts other than their defaults that it took to execute all tasks. */
  readonly facts: Readonly<Record<string, string>>;
  readonly layers: readonly LayerReport[];
  /** Operations of the stream without a node of the model. */
  readonly unknown: number;
}

/** Surfaces of padding lanes beyond a buffer are dropped: needed where a stream's buffers are too small (k18). */
const overrunDropped = { padding_surface_overrun: 'dropped' } as const;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Reference {
  readonly output: Uint8Array;
  readonly bound: Pick<Bound, 'counts' | 'grid'>;
  readonly compare: (got: Uint8Array) => Comparison;
}

/** What TFLite makes of an input of the layer. */
const referenceFor = (
  graph: Graph,
  { node, add: sum, operation }: StreamLayer,
  fixes: Fixes,
  input: Uint8Array,
  operand: Uint8Array | null,
): Reference | null => {
  const layer = convolutionLayer(graph, node);
  if (layer === null) return null;
  const bound = boundOf(layer, operation, fixes);
  const sums = accumulate(layer, input);
  const output = requantize(layer, sums);
  if (sum === null) return { output, bound, compare: (got) => compareSums(layer, bound, sums, output, got) };
  const addition = addLayer(graph, sum);
  if (addition === null || operand === null) return null;
  const total = add(addition, output, operand);
  const counts = additionCounts(operation, addition.scales[0]);
  return { output: total, bound: { counts, grid: 0.5 }, compare: (got) => compareBytes(total, got, counts) };
};

/** One layer in a program of its own. @returns its output, or the NPU's refusal */
const runAlone = (
  npu: Npu,
  stream: PlacedStream,
  placed: PlacedOperation,
  layer: StreamLayer,
  input: Uint8Array,
  facts: Readonly<Record<string, string>>,
): Uint8Array | string => {
  try {
    const program = npu.open(regionsOf(stream, placed), placed.tasks, facts);
    program.write(placed.at.input, toDevice(layer.operation, input));
    program.run(0, placed.tasks.length);
    return fromDevice(layer.operation.output, program.read(placed.at.output, sideBytes(layer.operation.output)));
  } catch (error) {
    return textOf(error);
  }
};

interface Session {
  readonly npu: Npu;
  readonly recording: Recording;
  readonly graph: Graph;
  readonly known: readonly { readonly stream: StreamOperation; readonly layer: StreamLayer | null }[];
  readonly fixes: Fixes;
}

/** The first defect with which, set right alone, the layer stays inside its buffers and within its bound for all inputs. */
const nameDefect = (
  { npu, recording, graph, known, fixes }: Session,
  index: number,
  inputs: readonly Uint8Array[],
): DefectName | null => {
  const one = known.slice(index, index + 1);
  for (const { name } of defects) {
    if (fixes.has(name)) continue;
    const tried = new Set([...fixes, name]);
    const stream = placeStream(recording, one, graph, tried);
    const [placed] = stream.operations;
    const layer = placed?.layer;
    if (placed === undefined || layer == null) continue;
    const agrees = inputs.every((input) => {
      const output = runAlone(npu, stream, placed, layer, input, {});
      if (typeof output === 'string') return false;
      const reference = referenceFor(graph, layer, tried, input, null);
      return reference !== null && isWithin(reference.compare(output));
    });
    if (agrees) return name;
  }
  return null;
};

/** Inputs of a partition that others than the stream make: by the reference, from what memory holds of the rest. */
const computeOnHost = (graph: Graph, tensor: number, values: Map<number, Uint8Array>): Uint8Array | null => {
  const known = values.get(tensor);
  if (known !== undefined) return known;
  const node = graph.nodes.find(({ outputs }) => outputs.includes(tensor));
  if (node === undefined) return null;
  for (const input of node.inputs) {
    const isConstant = input < 0 || graph.tensors.get(input)?.constant === true;
    if (!isConstant && computeOnHost(graph, input, values) === null) return null;
  }
  const made = evaluateNode(graph, node, values);
  if (made !== null) values.set(tensor, made);
  return made;
};

const compareAll = (
  session: Session,
  placed: PlacedStream,
  program: OpenProgram,
  graphInput: Values,
): readonly LayerReport[] => {
  const { npu, graph, fixes } = session;
  const reference = evaluate(graph, graphInput);
  const values = new Map(graphInput);
  const reports: LayerReport[] = [];
  /** Which submit a tensor was computed in: another one's buffers get it from the host. */
  const madeIn = new Map([...graphInput.keys()].map((tensor) => [tensor, 0]));
  let first = 0;
  for (const [index, operation] of placed.operations.entries()) {
    const { layer, at, tasks, stream, changedWords } = operation;
    const start = first;
    first += tasks.length;
    if (layer === null) {
      program.run(start, tasks.length);
      continue;
    }
    const { node, add: sum, operation: numbers } = layer;
    const tensor = node.inputs[0] ?? -1;
    const input = computeOnHost(graph, tensor, values) ?? undefined;
    if (input !== undefined && madeIn.get(tensor) !== stream.submit) program.write(at.input, toDevice(numbers, input));
    const operand = sum === null ? undefined : values.get(sum.inputs[1] ?? -1);
    program.run(start, tasks.length);
    const output = fromDevice(numbers.output, program.read(at.output, sideBytes(numbers.output)));
    const result = (sum ?? node).outputs[0] ?? -1;
    values.set(result, output);
    madeIn.set(result, stream.submit);
    const expected = input === undefined ? null : referenceFor(graph, layer, fixes, input, operand ?? null);
    const ownInput = reference.get(tensor);
    const ownOperand = sum === null ? null : (reference.get(sum.inputs[1] ?? -1) ?? null);
    const ownExpected = ownInput === undefined ? null : referenceFor(graph, layer, fixes, ownInput, ownOperand);
    const alone = ownInput === undefined ? '' : runAlone(npu, placed, operation, layer, ownInput, {});
    const dropped =
      ownInput !== undefined && typeof alone === 'string'
        ? runAlone(npu, placed, operation, layer, ownInput, overrunDropped)
        : alone;
    const memory = expected?.compare(output) ?? null;
    const own =
      ownExpected === null || typeof dropped === 'string' || sum !== null ? null : ownExpected.compare(dropped);
    const refusal = typeof alone === 'string' && alone !== '' ? alone : null;
    const within = refusal === null && [memory, own].every((one) => one === null || isWithin(one)) && memory !== null;
    const inputs = [input, ownInput].filter((one) => one !== undefined);
    reports.push({
      node: node.index,
      op: sum === null ? node.op : `${node.op}+ADD`,
      submit: stream.submit,
      tasks: tasks.length,
      changedWords,
      bound: (expected ?? ownExpected)?.bound ?? null,
      memory,
      own,
      within,
      refusal,
      defect: within || sum !== null ? null : nameDefect(session, index, inputs),
    });
  }
  return reports;
};

const openAll = (
  npu: Npu,
  { regions, operations }: PlacedStream,
): { readonly program: OpenProgram; readonly facts: Readonly<Record<string, string>> } => {
  const tasks = operations.flatMap((operation) => operation.tasks);
  try {
    return { program: npu.open(regions, tasks, {}), facts: {} };
  } catch {
    // With its own text where the other reading does not help either.
    return { program: npu.open(regions, tasks, overrunDropped), facts: overrunDropped };
  }
};

/** Without a model: every task is executed, and nothing compared. @throws with the NPU's text where it refuses */
export const runStream = (npu: Npu, recording: Recording, graph: Graph | null, fixes: Fixes = asMesa): StreamReport => {
  const known =
    graph === null
      ? streamOperations(recording).map((stream) => ({ stream, layer: null }))
      : recognize(recording, graph).map((one) => ({ stream: one.stream, layer: one.node === null ? null : one }));
  const placed = placeStream(recording, known, graph, fixes);
  const { program, facts } = openAll(npu, placed);
  const tasks = placed.operations.reduce((sum, one) => sum + one.tasks.length, 0);
  const counts = {
    submits: recording.submits.length,
    jobs: recording.submits.reduce((sum, { length }) => sum + length, 0),
    tasks,
    executed: tasks,
    facts,
    unknown: known.filter(({ layer }) => layer === null).length,
  };
  const firstLayer = placed.operations[0];
  if (graph === null || firstLayer?.layer == null) {
    program.run(0, tasks);
    return { ...counts, layers: [] };
  }
  const { operation, node } = firstLayer.layer;
  const picture = inputFromDevice(operation, program.read(firstLayer.at.input, sideBytes(operation.input)));
  const graphInput = new Map([[node.inputs[0] ?? -1, picture]]);
  return { ...counts, layers: compareAll({ npu, recording, graph, known, fixes }, placed, program, graphInput) };
};
