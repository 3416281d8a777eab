/**
 * How a device shows that a job ran. The kernel driver may drop a job without a word (delegate/device/rocket.c), so the device
 * writes a pattern to the first atom that the job's last task writes, and looks whether it is still there. That atom must be
 * the last task's alone: no other task of the job may read or write it. Where it is not, the job ends with a copy of one atom
 * into memory of its own.
 */
import type { Chip } from '../hardware/chips.js';
import { type Cube, cubeOf, rowBytes } from '../layout/cube.js';
import { copyOperation } from '../ir/build/copy.js';
import { operandsOf, type PlacedOperation } from '../ir/operation.js';
import type { Placement } from './place.js';
import type { Spot } from './spots.js';
import type { Bytes, Position, TensorId } from '../hardware/units.js';

type Spots = ReadonlyMap<TensorId, Spot>;

/** Bytes of a memory from the first to the last that a tensor has, padding lanes included: what lies between counts too. */
const rangeOf = ({ offset, cube }: Spot): readonly [Bytes, Bytes] => {
  const plane = (cube.height - 1) * cube.lineBytes + rowBytes(cube);
  return [offset, offset + (cube.surfaces - 1) * cube.surfaceBytes + plane];
};

const overlap = (one: Spot, other: Spot): boolean => {
  const [[from, to], [start, end]] = [rangeOf(one), rangeOf(other)];
  return one.root === other.root && from < end && start < to;
};

/** Whether the last of these operations alone touches the memory of its result. */
const ownsItsResult = (operations: readonly PlacedOperation[], spots: Spots): boolean => {
  const last = operations.at(-1);
  const result = last === undefined ? undefined : spots.get(last.output);
  if (last === undefined || result === undefined) return false;
  const touched = [...operations.flatMap(operandsOf), ...operations.slice(0, -1).map(({ output }) => output)];
  return !touched.some((tensor) => {
    const spot = spots.get(tensor);
    return spot !== undefined && overlap(spot, result);
  });
};

const oneAtom = (chip: Chip): Cube => {
  const cube = cubeOf(chip, [1, 1, chip.atoms.channels], false);
  return { ...cube, surfaces: 1, bytes: cube.atom };
};

export interface Proven {
  readonly placement: Placement;
  /** Of each operation its position before copies were added; null: such a copy. */
  readonly positions: readonly (Position | null)[];
  /** Positions of the operations that end a job, with the copies counted. */
  readonly ends: readonly Position[];
}

/**
 * @param ends positions of the operations that end a job
 * @param isOneTask whether an operation is a single task: tiles of one write between each other
 */
export const withProofs = (
  chip: Chip,
  placement: Placement,
  ends: readonly Position[],
  isOneTask: (position: Position) => boolean,
): Proven => {
  const spots = new Map(placement.spots);
  const roots = new Map(placement.roots);
  const operations: PlacedOperation[] = [];
  const positions: (number | null)[] = [];
  let next = Math.max(-1, ...spots.keys()) + 1;
  const provenEnds: number[] = [];
  let first = 0;
  for (const [position, operation] of placement.operations.entries()) {
    operations.push(operation);
    positions.push(position);
    if (operation.kind === 'host') first = position + 1;
    if (!ends.includes(position)) continue;
    const result = spots.get(operation.output);
    const isOwn = isOneTask(position) && ownsItsResult(placement.operations.slice(first, position + 1), spots);
    if (result !== undefined && !isOwn) {
      const [input, output] = [next, next + 1];
      next += 2;
      const plane = oneAtom(chip);
      spots.set(input, { root: result.root, offset: result.offset, cube: plane });
      spots.set(output, { root: output, offset: 0, cube: plane });
      roots.set(output, plane.bytes);
      operations.push(copyOperation({ kind: 'move', nodes: operation.nodes, input, output }));
      positions.push(null);
    }
    provenEnds.push(operations.length - 1);
    first = position + 1;
  }
  return { placement: { ...placement, operations, spots, roots }, positions, ends: provenEnds };
};
