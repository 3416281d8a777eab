/**
 * Runs a recorded stream on the software NPU and compares every layer with TFLite's reference kernels, twice: on what the
 * layer before left in memory, and on the reference's own input. A layer outside of its bound is tried again with one
 * defect of Mesa's set right at a time; the one with which it agrees is named.
 */
import { at } from '../../in_range.js';
import type { Graph } from '../../graph/graph.js';
import { accumulate, requantize } from '../reference/convolution.js';
import { add } from '../reference/add.js';
import { evaluate, evaluateNode, type Values } from '../reference/graph.js';
import { addLayer, convolutionLayer } from '../reference/layer.js';
import type { Recording } from '../stream/recording.js';
import { additionCounts, boundOf, compareBytes, compareSums, type Comparison, isWithin } from './bound.js';
import { cubeToDevice, fromDevice, inputFromDevice, sideBytes, toDevice } from './coefficients.js';
import { asMesa, type DefectName, defects, type Fixes } from './defects.js';
import { type PlacedOperation, type PlacedStream, placeStream, type Region, regionsOf, type Start } from './place.js';
import type { Addresses } from './task_words.js';
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

export interface LayerBound {
  /** Largest difference that Mesa's formulas allow. */
  readonly counts: number;
  /** Half of TFLite's first grid in counts: about this share of values differs for its second rounding alone. */
  readonly grid: number | null;
}

export interface LayerReport {
  readonly node: number;
  readonly op: string;
  readonly submit: number;
  readonly tasks: number;
  /** Words of its tasks that a patch changed. */
  readonly changedWords: number;
  readonly bound: LayerBound | null;
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
  readonly bound: LayerBound;
  readonly compare: (got: Uint8Array) => Comparison;
}

/** What a layer reads. */
interface Inputs {
  readonly input: Uint8Array;
  /** Of a fused ADD. */
  readonly operand: Uint8Array | null;
}

/** A layer's tensors from a list; null where one is not in it. */
const inputsFrom = (values: Values, { node, add: sum }: StreamLayer): Inputs | null => {
  const input = values.get(at(node.inputs, 0));
  if (input === undefined) return null;
  if (sum === null) return { input, operand: null };
  const operand = values.get(at(sum.inputs, 1));
  return operand === undefined ? null : { input, operand };
};

/** What TFLite makes of them. */
const referenceFor = (
  graph: Graph,
  { node, add: sum, operation }: StreamLayer,
  fixes: Fixes,
  { input, operand }: Inputs,
): Reference | null => {
  const layer = convolutionLayer(graph, node);
  if (layer === null) return null;
  const bound = boundOf(layer, operation, fixes);
  const sums = accumulate(layer, input);
  const output = requantize(layer, sums);
  if (sum === null)
    return {
      bound: { counts: bound.counts, grid: bound.grid },
      compare: (got) => compareSums(layer, bound, sums, output, got),
    };
  const addition = addLayer(graph, sum);
  if (addition === null || operand === null) return null;
  const total = add(addition, output, operand);
  const counts = additionCounts(operation, addition.scales[0]);
  return { bound: { counts, grid: null }, compare: (got) => compareBytes(addition.type, total, got, counts) };
};

const writeInputs = (
  program: OpenProgram,
  { operation }: StreamLayer,
  at: Addresses,
  { input, operand }: Inputs,
): void => {
  program.write(at.input, toDevice(operation, input));
  if (operand !== null) program.write(at.operand, cubeToDevice(operation.output, operation.output.zeroPoint, operand));
};

/** One layer in a program of its own. @returns its output, or the NPU's refusal */
const runAlone = (
  npu: Npu,
  stream: PlacedStream,
  placed: PlacedOperation,
  layer: StreamLayer,
  inputs: Inputs,
  facts: Readonly<Record<string, string>>,
): Uint8Array | string => {
  try {
    const program = npu.open(regionsOf(stream, placed), placed.tasks, facts);
    writeInputs(program, layer, placed.at, inputs);
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
  tries: readonly Inputs[],
): DefectName | null => {
  const one = known.slice(index, index + 1);
  for (const { name } of defects) {
    if (fixes.has(name)) continue;
    const tried = new Set([...fixes, name]);
    const stream = placeStream(recording, one, graph, tried);
    const [placed] = stream.operations;
    const layer = placed?.layer;
    if (placed === undefined || layer == null) continue;
    const agrees = tries.every((inputs) => {
      const output = runAlone(npu, stream, placed, layer, inputs, {});
      if (typeof output === 'string') return false;
      const reference = referenceFor(graph, layer, tried, inputs);
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

/** The layer by itself on the reference's own input: what the NPU says of it as it stands, and how its values compare. */
const compareOwn = (
  { npu, graph, fixes }: Session,
  placed: PlacedStream,
  operation: PlacedOperation,
  layer: StreamLayer,
  inputs: Inputs,
): { readonly own: Comparison | null; readonly refusal: string | null } => {
  const reference = referenceFor(graph, layer, fixes, inputs);
  const strict = runAlone(npu, placed, operation, layer, inputs, {});
  const output = typeof strict === 'string' ? runAlone(npu, placed, operation, layer, inputs, overrunDropped) : strict;
  return {
    own: reference === null || typeof output === 'string' ? null : reference.compare(output),
    refusal: typeof strict === 'string' ? strict : null,
  };
};

const compareAll = (
  session: Session,
  placed: PlacedStream,
  program: OpenProgram,
  graphInput: Values,
): readonly LayerReport[] => {
  const { graph, fixes } = session;
  const reference = evaluate(graph, graphInput);
  const values = new Map(graphInput);
  /** Which submit a tensor was computed in: another one's buffers get it from the host. */
  const madeIn = new Map([...graphInput.keys()].map((tensor) => [tensor, 0]));
  const reports: LayerReport[] = [];
  let first = 0;
  for (const [index, operation] of placed.operations.entries()) {
    const { layer, at: place, tasks, stream, changedWords } = operation;
    const start = first;
    first += tasks.length;
    if (layer === null) {
      program.run(start, tasks.length);
      continue;
    }
    const { node, add: sum, operation: numbers } = layer;
    const tensor = at(node.inputs, 0);
    const input = computeOnHost(graph, tensor, values);
    if (input !== null && madeIn.get(tensor) !== stream.submit) program.write(place.input, toDevice(numbers, input));
    const inMemory = inputsFrom(values, layer);
    program.run(start, tasks.length);
    const output = fromDevice(numbers.output, program.read(place.output, sideBytes(numbers.output)));
    const result = at((sum ?? node).outputs, 0);
    values.set(result, output);
    madeIn.set(result, stream.submit);
    const expected = inMemory === null ? null : referenceFor(graph, layer, fixes, inMemory);
    const memory = expected?.compare(output) ?? null;
    const ownInputs = inputsFrom(reference, layer);
    const { own, refusal } =
      ownInputs === null ? { own: null, refusal: null } : compareOwn(session, placed, operation, layer, ownInputs);
    const within = memory !== null && refusal === null && [memory, own].every((one) => one === null || isWithin(one));
    const tries = [inMemory, ownInputs].filter((one) => one !== null);
    reports.push({
      node: node.index,
      op: sum === null ? node.op : `${node.op}+ADD`,
      submit: stream.submit,
      tasks: tasks.length,
      changedWords,
      bound: expected?.bound ?? null,
      memory,
      own,
      within,
      refusal,
      defect: within || tries.length === 0 ? null : nameDefect(session, index, tries),
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
  const graphInput = new Map([[at(node.inputs, 0), picture]]);
  return { ...counts, layers: compareAll({ npu, recording, graph, known, fixes }, placed, program, graphInput) };
};
