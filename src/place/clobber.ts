/**
 * The DPU writes whole groups of channels: lanes behind the last real one get bytes of no meaning. Where several tensors
 * share a memory, no such lanes may fall on channels that were written before.
 */
import { liveSurfaces, rowBytes } from '../layout/cube.js';
import { type Operation, operandsOf } from '../ir/operation.js';
import { type Bindings, type Spot, spotOf, type Tensors, writtenOf } from './spots.js';
import type { Bytes, Position, TensorId } from '../hardware/units.js';

interface Writing {
  readonly order: Position;
  /** Surfaces of the root: the first one, behind the last real one, behind the last that is written. */
  readonly first: number;
  readonly end: number;
  readonly reach: number;
}

/** Everything that is written into the memory `root`, in order; what the caller gives comes first. */
const writingsInto = (
  root: TensorId,
  operations: readonly Operation[],
  inputs: readonly TensorId[],
  tensors: Tensors,
  bindings: Bindings,
): readonly Writing[] => {
  const writing = (tensor: TensorId, order: Position, padding: boolean): readonly Writing[] => {
    const { root: own, offset, cube } = spotOf(tensors, bindings, tensor);
    if (own !== root) return [];
    const first = Math.floor(offset / cube.surfaceBytes);
    const end = first + liveSurfaces(cube);
    return [{ order, first, end, reach: padding ? Math.max(end, first + writtenOf(tensors, tensor)) : end }];
  };
  return [
    ...inputs.flatMap((tensor) => writing(tensor, -1, false)),
    ...operations.flatMap((operation, order) =>
      operation.kind === 'view' || sharesMemory(operation, tensors, bindings)
        ? []
        : writing(operation.output, order, true),
    ),
  ];
};

/** A move whose two tensors are one memory writes nothing. */
export const sharesMemory = (operation: Operation, tensors: Tensors, bindings: Bindings): boolean => {
  if (operation.kind !== 'move') return false;
  const [from, to] = [spotOf(tensors, bindings, operation.input), spotOf(tensors, bindings, operation.output)];
  return from.root === to.root && from.offset === to.offset;
};

export const clobbers = (
  root: TensorId,
  operations: readonly Operation[],
  inputs: readonly TensorId[],
  tensors: Tensors,
  bindings: Bindings,
): boolean => {
  const all = writingsInto(root, operations, inputs, tensors, bindings);
  return all.some((later) =>
    all.some((earlier) => earlier.order < later.order && earlier.first < later.reach && later.end < earlier.end),
  );
};

/** First byte of a tensor in its memory, and the one behind its last: all surfaces that are written, or the real ones. */
const extentOf = ({ offset, cube }: Spot, surfaces: number): readonly [Bytes, Bytes] => [
  offset,
  offset + (surfaces - 1) * cube.surfaceBytes + (cube.height - 1) * cube.lineBytes + rowBytes(cube),
];

/** Whether a task would read between the bytes that it writes: the hardware orders neither. Codes changed in place are. */
export const readsItsOutput = (
  root: TensorId,
  operations: readonly Operation[],
  tensors: Tensors,
  bindings: Bindings,
): boolean =>
  operations.some((operation) => {
    if (operation.kind === 'view' || sharesMemory(operation, tensors, bindings)) return false;
    const output = spotOf(tensors, bindings, operation.output);
    if (output.root !== root) return false;
    const written = Math.max(liveSurfaces(output.cube), writtenOf(tensors, operation.output));
    const [start, end] = extentOf(output, written);
    return operandsOf(operation).some((tensor) => {
      const operand = spotOf(tensors, bindings, tensor);
      const [from, to] = extentOf(operand, liveSurfaces(operand.cube));
      return operand.root === root && tensor !== operation.output && from < end && start < to;
    });
  });
