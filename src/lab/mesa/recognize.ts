/** The operations of a recorded stream, and the nodes of a model that they compute. */
import { findRegister } from '../../hardware/registers.js';
import type { Graph, Node } from '../../graph/graph.js';
import { boAt, type RecordedTask, type Recording } from '../stream/recording.js';
import { packWeights } from './coefficients.js';
import { asMesa } from './defects.js';
import { mesaOperation, type MesaOperation, withAddition } from './operation.js';
import type { Addresses } from './task_words.js';

/** Tasks whose commands stand in one buffer: what Mesa makes of one convolution. */
export interface StreamOperation {
  readonly submit: number;
  /** Place of its first task among all tasks of the recording. */
  readonly firstTask: number;
  readonly tasks: readonly RecordedTask[];
  readonly at: Addresses;
}

const offsets = {
  input: findRegister('CNA', 'FEATURE_DATA_ADDR').offset,
  weights: findRegister('CNA', 'DCOMP_ADDR0').offset,
  output: findRegister('DPU', 'DST_BASE_ADDR').offset,
  bias: findRegister('DPU_RDMA', 'RDMA_BS_BASE_ADDR').offset,
  operand: findRegister('DPU_RDMA', 'RDMA_SRC_BASE_ADDR').offset,
} as const;

/** Of a register that no command writes. */
const atReset = 0;
/** Of memory behind what was recorded. */
const unrecorded = 0;

const addressesOf = ({ commands, regcmd }: RecordedTask): Addresses => {
  const valueAt = (offset: number): number => commands.find((command) => command.offset === offset)?.value ?? atReset;
  return {
    input: valueAt(offsets.input),
    weights: valueAt(offsets.weights),
    output: valueAt(offsets.output),
    bias: valueAt(offsets.bias),
    operand: valueAt(offsets.operand),
    commands: regcmd,
  };
};

export const streamOperations = (recording: Recording): readonly StreamOperation[] => {
  const operations: StreamOperation[] = [];
  let next = 0;
  let buffer: number | undefined;
  for (const [submit, jobs] of recording.submits.entries()) {
    for (const task of jobs.flatMap(({ tasks }) => tasks)) {
      const handle = boAt(recording, task.regcmd)?.handle;
      const last = operations.at(-1);
      if (last !== undefined && last.submit === submit && handle !== undefined && handle === buffer)
        operations[operations.length - 1] = { ...last, tasks: [...last.tasks, task] };
      else operations.push({ submit, firstTask: next, tasks: [task], at: addressesOf(task) });
      buffer = handle;
      next++;
    }
  }
  return operations;
};

/** A layer of the model that an operation of the stream computes; with a fused ADD two nodes. */
export interface StreamLayer {
  readonly stream: StreamOperation;
  readonly node: Node;
  readonly add: Node | null;
  readonly operation: MesaOperation;
}

const sameBytes = (wanted: Uint8Array, found: Uint8Array): boolean =>
  wanted.every((byte, i) => byte === (found[i] ?? unrecorded));

/** ADDs whose first operand the node makes. */
const fusedAdd = (graph: Graph, node: Node): Node | null =>
  graph.nodes.find(({ op, inputs }) => op === 'ADD' && inputs[0] === node.outputs[0]) ?? null;

const takesOperand = (graph: Graph, node: Node): boolean =>
  graph.nodes.some(({ op, inputs }) => op === 'ADD' && inputs[1] === node.outputs[0]);

/** What Mesa makes of a node alone or with the ADD behind it. */
export const operationOf = (
  graph: Graph,
  node: Node,
  fused: boolean,
  fixes = asMesa,
): { readonly operation: MesaOperation; readonly add: Node | null } | null => {
  const operation = mesaOperation(graph, node, fixes);
  if (operation === null) return null;
  const add = fused ? fusedAdd(graph, node) : null;
  if (add === null) return { operation: { ...operation, inAddition: takesOperand(graph, node) }, add: null };
  const sum = withAddition(graph, operation, add, fixes);
  return sum === null ? null : { operation: sum, add };
};

/**
 * Finds each operation's node by its packed weights: the bytes in the stream are those that Mesa packs of the node's.
 * @returns for each operation its layer, or null where no node of the model has these weights
 */
export const recognize = (
  recording: Recording,
  graph: Graph,
): readonly (StreamLayer | { readonly stream: StreamOperation; readonly node: null })[] => {
  const left = new Set(graph.nodes);
  const packed = new Map<Node, Uint8Array>();
  const weightsOf = (node: Node, operation: MesaOperation): Uint8Array => {
    const bytes = packed.get(node) ?? packWeights(operation, asMesa);
    packed.set(node, bytes);
    return bytes;
  };
  return streamOperations(recording).map((stream) => {
    const buffer = boAt(recording, stream.at.weights);
    for (const node of left) {
      const found = operationOf(graph, node, stream.at.operand !== 0);
      if (found === null || buffer === undefined) continue;
      const { operation } = found;
      if (packed.get(node)?.length !== undefined && packed.get(node)?.length !== buffer.size) continue;
      const wanted = weightsOf(node, operation);
      if (wanted.length !== buffer.size || !sameBytes(wanted, buffer.bytes)) continue;
      left.delete(node);
      return { stream, node, add: found.add, operation };
    }
    return { stream, node: null };
  });
};
