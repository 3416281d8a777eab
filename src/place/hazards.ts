/**
 * Whether tensors that share memory keep their values for as long as anyone reads them: an operation that changes codes in
 * place (a clamp), or writes a part of a tensor, must not do so in the memory of another one that is still wanted.
 */
import { liveSurfaces, rowBytes } from '../layout/cube.js';
import { type Operation, operandsOf } from '../ir/operation.js';
import { wholesOf } from '../fuse/wholes.js';
import { sharesMemory } from './clobber.js';
import { type Bindings, type Spot, spotOf, type Tensors } from './spots.js';
import type { Position, TensorId } from '../hardware/units.js';

interface Event {
  /** Position among the operations; -1: before all of them, Infinity: behind the last. */
  readonly order: Position;
  readonly tensor: TensorId;
  readonly spot: Spot;
}

interface Alias {
  readonly order: Position;
  readonly from: TensorId;
  readonly to: TensorId;
  readonly spot: Spot;
}

type Range = readonly [number, number];
const meet = ([a, b]: Range, [c, d]: Range): boolean => a < d && c < b;

/** Bytes of a surface, from its start. */
const runOf = ({ offset, cube }: Spot): Range => {
  const start = offset % cube.surfaceBytes;
  return [start, start + (cube.height - 1) * cube.lineBytes + rowBytes(cube)];
};

const surfacesOf = ({ offset, cube }: Spot): Range => {
  const first = Math.floor(offset / cube.surfaceBytes);
  return [first, first + liveSurfaces(cube)];
};

/** Whether two tensors of one memory have bytes in common; "yes" where their rows are of two lengths and both are near. */
const overlap = (a: Spot, b: Spot): boolean => {
  if (a.root !== b.root || !meet(surfacesOf(a), surfacesOf(b)) || !meet(runOf(a), runOf(b))) return false;
  const line = a.cube.lineBytes;
  if (line !== b.cube.lineBytes) return true;
  const [firstA, firstB] = [runOf(a)[0], runOf(b)[0]];
  const [rowA, rowB] = [Math.floor(firstA / line), Math.floor(firstB / line)];
  const [columnA, columnB] = [firstA % line, firstB % line];
  const [endA, endB] = [rowBytes(a.cube), rowBytes(b.cube)];
  // Rows that end in the next row of memory.
  if (columnA + endA > line || columnB + endB > line) return true;
  return (
    meet([rowA, rowA + a.cube.height], [rowB, rowB + b.cube.height]) &&
    meet([columnA, columnA + endA], [columnB, columnB + endB])
  );
};

/**
 * @param root the memory to look at
 * @param given tensors that hold their values before the first operation
 * @param constants those among them whose memory is never written
 * @param wanted tensors that are read behind the last operation
 */
export const losesValues = (
  root: TensorId,
  operations: readonly Operation[],
  { given, constants, wanted }: Record<'given' | 'constants' | 'wanted', readonly TensorId[]>,
  tensors: Tensors,
  bindings: Bindings,
): boolean => {
  const inRoot = (tensor: TensorId, order: Position): readonly Event[] => {
    const spot = spotOf(tensors, bindings, tensor);
    return spot.root === root ? [{ order, tensor, spot }] : [];
  };
  const writes: Event[] = given.flatMap((tensor) => inRoot(tensor, -1));
  const reads: Event[] = wanted.flatMap((tensor) => inRoot(tensor, Infinity));
  const aliases: Alias[] = [];
  for (const [order, op] of operations.entries()) {
    if (op.kind === 'view' || op.kind === 'constant') continue;
    if (op.kind === 'move' && sharesMemory(op, tensors, bindings)) {
      const [to] = inRoot(op.output, order);
      if (to !== undefined) aliases.push({ order, from: op.input, to: op.output, spot: to.spot });
      continue;
    }
    writes.push(...inRoot(op.output, order));
    reads.push(...operandsOf(op).flatMap((tensor) => inRoot(tensor, order)));
  }
  if (constants.includes(root)) return writes.some(({ order }) => order >= 0);
  // As operations say it: not where moves were dropped.
  const wholeOf = wholesOf(operations);
  const areRelated = (a: TensorId, b: TensorId): boolean => wholeOf(a) === wholeOf(b);
  /** Whether a write gives `tensor` what is read of it at `order`: by itself, or as the tensor that it was moved from. */
  const defines = (write: Event, tensor: TensorId, order: Position): boolean =>
    write.order < order &&
    (areRelated(write.tensor, tensor) ||
      aliases.some(
        (alias) =>
          alias.order < order &&
          areRelated(alias.to, tensor) &&
          overlap(alias.spot, write.spot) &&
          defines(write, alias.from, alias.order),
      ));
  return reads.some((read) => {
    const near = writes.filter(({ order, spot }) => order < read.order && overlap(spot, read.spot));
    const own = near.filter((write) => defines(write, read.tensor, read.order));
    return near.some(
      (write) =>
        !own.includes(write) && own.some((earlier) => earlier.order < write.order && overlap(earlier.spot, write.spot)),
    );
  });
};
