/** Where each value of a tensor stands, atom by atom: with a memory for each tensor that is no view, or as it was placed. */
import type { Chip } from '../hardware/chips.js';
import { atomsOf } from '../hardware/capability.js';
import type { Operation } from '../ir/operation.js';
import { liveSurfaces } from '../layout/cube.js';
import type { Placement } from '../place/place.js';
import type { Plane, Planes } from './planes.js';

/** Atoms of a tensor by surface, row and column, as places in its memory; `plane` is that of the atoms. */
export interface Cells {
  readonly root: number;
  readonly plane: Plane;
  readonly surfaces: number;
  readonly places: Int32Array;
}

export interface Memories {
  readonly cellsOf: (tensor: number) => Cells | null;
  /** What each memory holds: numbers of values, 0 where nothing was written. */
  readonly memoryOf: (root: number) => Uint32Array;
}

/** A place of a view that its whole does not have. */
const outside = -1;

const remembering = (cells: (tensor: number) => Cells | null, size: (root: number) => number): Memories => {
  const known = new Map<number, Cells | null>();
  const memories = new Map<number, Uint32Array>();
  return {
    cellsOf: (tensor) => {
      const found = known.get(tensor);
      if (found !== undefined) return found;
      const own = cells(tensor);
      known.set(tensor, own);
      return own;
    },
    memoryOf: (root) => {
      const memory = memories.get(root) ?? new Uint32Array(size(root));
      memories.set(root, memory);
      return memory;
    },
  };
};

/** As operations say it: nothing shares memory but a view and its whole. */
export const ownMemories = (chip: Chip, planes: Planes, operations: readonly Operation[]): Memories => {
  const views = new Map(operations.flatMap((op) => (op.kind === 'view' && op.whole !== null ? [[op.output, op]] : [])));
  const memories: Memories = remembering(
    (tensor) => {
      const plane = planes(tensor);
      if (plane === null) return null;
      const [height, width, channels] = plane;
      const surfaces = atomsOf(chip, channels);
      const view = views.get(tensor);
      const places = new Int32Array(surfaces * height * width);
      if (view === undefined) {
        for (let i = 0; i < places.length; i++) places[i] = i;
        return { root: tensor, plane, surfaces, places };
      }
      const whole = view.whole === null ? null : memories.cellsOf(view.whole);
      if (whole === null) return null;
      const area = whole.plane[0] * whole.plane[1];
      const first = view.channel / chip.atoms.channels;
      let i = 0;
      for (let surface = first; surface < first + surfaces; surface++)
        for (let row = 0; row < height; row++)
          for (let column = 0; column < width; column++)
            places[i++] = whole.places[surface * area + view.first + row * view.line + column] ?? outside;
      return { root: whole.root, plane, surfaces, places };
    },
    (root) => {
      const cells = memories.cellsOf(root);
      return cells === null ? 0 : cells.places.length;
    },
  );
  return memories;
};

export const placedMemories = ({ spots, roots, constants }: Placement): Memories =>
  remembering(
    (tensor) => {
      const spot = spots.get(tensor);
      if (spot === undefined) return null;
      const { root, offset, cube } = spot;
      const { atom, height, width, channels, lineBytes, surfaceBytes } = cube;
      const surfaces = liveSurfaces(cube);
      const places = new Int32Array(surfaces * height * width);
      let i = 0;
      for (let surface = 0; surface < surfaces; surface++)
        for (let row = 0; row < height; row++)
          for (let column = 0; column < width; column++)
            places[i++] = (offset + surface * surfaceBytes + row * lineBytes) / atom + column;
      return { root, plane: [height, width, channels], surfaces, places };
    },
    (root) => {
      const { cube } = spots.get(root) ?? {};
      const bytes = constants.has(root) ? cube?.bytes : roots.get(root);
      return cube === undefined || bytes === undefined ? 0 : bytes / cube.atom;
    },
  );
