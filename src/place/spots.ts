/** Where tensors stand: each in a memory of its own (a root), or inside the memory of another tensor. */
import { raiseTo } from '../tally.js';
import { channelsOf } from '../graph/tensor.js';
import { type Cube, cubeOf, liveSurfaces, planeBytes, rowBytes } from '../layout/cube.js';
import type { Graph } from '../graph/graph.js';
import { atomsOf, directChannels, writtenChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { type Operation, operandsOf } from '../ir/operation.js';
import type { Atoms, Bytes, TensorId } from '../hardware/units.js';

/** A place inside another tensor, in atoms of that tensor's plane as if its rows were contiguous. */
export interface Binding {
  readonly whole: TensorId;
  readonly channel: number;
  readonly first: Atoms;
  readonly line: Atoms;
}

export interface Spot {
  /** The tensor whose memory this is. */
  readonly root: TensorId;
  /** Bytes from the start of that memory. */
  readonly offset: Bytes;
  readonly cube: Cube;
}

export type Bindings = ReadonlyMap<TensorId, Binding>;

/** What is known of tensors before anything is placed. */
export interface Tensors {
  /** How they lie in memory is the chip's. */
  readonly chip: Chip;
  readonly shapes: ReadonlyMap<TensorId, readonly number[]>;
  /** Surfaces that the producer may write, padding lanes included; a tensor that nothing writes has none. */
  readonly written: ReadonlyMap<TensorId, number>;
  /** Operands of a fused ADD: read in whole groups of 32 channels. */
  readonly residuals: ReadonlySet<TensorId>;
}

/** Surfaces that are written of a tensor; none of one that nothing writes. */
export const writtenOf = ({ written }: Tensors, tensor: TensorId): number => {
  const surfaces = written.get(tensor);
  return surfaces === undefined ? 0 : surfaces;
};

/** Surfaces that an operation writes of its output, whose channels are `channels`. */
export const writtenSurfaces = (chip: Chip, operation: Operation, channels: number): number =>
  atomsOf(
    chip,
    operation.kind !== 'conv'
      ? channels
      : operation.depthwise
        ? writtenChannels(chip, channels, true)
        : directChannels(chip, operation.geometry),
  );

/** @param named tensors that count though no operation may touch them, with their shapes where the graph's are not meant */
export const tensorsOf = (
  chip: Chip,
  graph: Graph,
  operations: readonly Operation[],
  named: ReadonlyMap<number, readonly number[]>,
): Tensors => {
  const shapes = new Map(named);
  const written = new Map<number, number>();
  for (const operation of operations) {
    for (const tensor of [...operandsOf(operation), operation.output]) {
      const known = graph.tensors.get(tensor);
      if (known !== undefined && !named.has(tensor)) shapes.set(tensor, known.shape);
    }
    if (operation.kind === 'view' || operation.kind === 'constant') {
      shapes.set(operation.output, operation.shape);
      continue;
    }
    const surfaces = writtenSurfaces(chip, operation, channelsOf({ shape: shapes.get(operation.output) ?? [] }));
    raiseTo(written, operation.output, surfaces);
  }
  const residuals = operations.flatMap((op) =>
    op.kind === 'conv' && op.residual !== null ? [op.residual.operand] : [],
  );
  return { chip, shapes, written, residuals: new Set(residuals) };
};

/** A cube of its own, with room for the lanes that its producer may write. */
export const ownCube = (tensors: Tensors, tensor: TensorId): Cube => {
  const plain = cubeOf(tensors.chip, tensors.shapes.get(tensor) ?? [], false);
  const surfaces = Math.max(plain.surfaces, writtenOf(tensors, tensor));
  return { ...plain, surfaces, bytes: surfaces * plain.surfaceBytes };
};

/** Contiguous rows. */
export const hasWholeRows = (cube: Cube): boolean => cube.lineBytes === rowBytes(cube) || cube.height === 1;

/** Contiguous rows, and surfaces as those of a tensor with a memory of its own. */
export const isSolid = (chip: Chip, cube: Cube): boolean =>
  hasWholeRows(cube) && (cube.surfaceBytes === planeBytes(chip, cube.height, cube.width) || liveSurfaces(cube) === 1);

/** The spot of a tensor under some bindings. */
export const spotOf = (tensors: Tensors, bindings: Bindings, tensor: TensorId): Spot => {
  const own = ownCube(tensors, tensor);
  const binding = bindings.get(tensor);
  if (binding === undefined) return { root: tensor, offset: 0, cube: own };
  const { root, offset, cube: whole } = spotOf(tensors, bindings, binding.whole);
  const { first, line } = binding;
  const straight = whole.lineBytes === rowBytes(whole);
  if (!straight && line % whole.width !== 0)
    throw new Error(`tensor ${tensor}: rows of ${line} atoms in a whole with gaps between its rows`);
  const start: Bytes = straight
    ? first * whole.atom
    : Math.floor(first / whole.width) * whole.lineBytes + (first % whole.width) * whole.atom;
  const step: Bytes = straight ? line * whole.atom : (line / whole.width) * whole.lineBytes;
  const lineBytes = own.height === 1 ? own.lineBytes : step;
  const { surfaceBytes } = whole;
  // As much room as is written, and as is read beside the real channels.
  const read = tensors.residuals.has(tensor) ? own.surfaces : liveSurfaces(own);
  const surfaces = Math.max(read, writtenOf(tensors, tensor));
  return {
    root,
    offset: offset + (binding.channel / whole.atom) * surfaceBytes + start,
    cube: { ...own, surfaces, lineBytes, surfaceBytes, bytes: surfaces * surfaceBytes },
  };
};
