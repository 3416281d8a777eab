/** Where tensors stand: no tensor's values are lost, whatever shares a memory. */
import type { Graph, Part } from '../graph/graph.js';
import type { Chip } from '../hardware/chips.js';
import { padConvolution } from '../ir/build/copy.js';
import { type ConstantOperation, type Operation, operandsOf, type PlacedOperation } from '../ir/operation.js';
import { liveSurfaces, spannedBytes } from '../layout/cube.js';
import type { Placement } from '../place/place.js';
import { isSolid, writtenSurfaces } from '../place/spots.js';
import { ownMemories, placedMemories } from './memories.js';
import { planesOf, type Planes } from './planes.js';
import { breach, firstBreach, type Rule } from './rule.js';
import { valuesOf } from './values.js';

export interface PlacementData {
  readonly chip: Chip;
  readonly graph: Graph;
  readonly part: Part;
  /** Before they were placed. */
  readonly wanted: readonly Operation[];
  readonly placement: Placement;
}

/** Places in its memory that an operation writes beside its result: lanes behind the last channel, in whole surfaces. */
const spoiltPlaces = (
  chip: Chip,
  { spots, roots, constants }: Placement,
  operation: PlacedOperation,
): readonly number[] => {
  const spot = spots.get(operation.output);
  const bytes = spot === undefined ? undefined : roots.get(spot.root);
  if (spot === undefined || bytes === undefined || constants.has(spot.root)) return [];
  const { offset, cube } = spot;
  const { atom, height, width, lineBytes, surfaceBytes, channels } = cube;
  const [live, written] = [liveSurfaces(cube), writtenSurfaces(chip, operation, channels)];
  const area = height * width;
  return Array.from({ length: Math.max(0, written - live) * area }, (_, i) => {
    const [surface, row] = [live + Math.floor(i / area), Math.floor(i / width) % height];
    return (offset + surface * surfaceBytes + row * lineBytes) / atom + (i % width);
  }).filter((place) => place < bytes / atom);
};

/** The host lays out a tensor at the border as the one inside: it has that plane. */
const borderPlanes = (graph: Graph, wanted: readonly Operation[]): Planes => {
  const planes = planesOf(graph, wanted);
  const outside = new Map(
    wanted.flatMap((op) =>
      op.kind === 'blocks'
        ? [[op.input, op.output] as const]
        : op.kind !== 'border'
          ? []
          : [op.side === 'input' ? ([op.input, op.output] as const) : ([op.output, op.input] as const)],
    ),
  );
  return (tensor) => planes(outside.get(tensor) ?? tensor);
};

/** Tensors that hold the partition's results, with the numbers of their values where they were placed and where they were not. */
const differing = ({ chip, graph, part, wanted, placement }: PlacementData): number | null => {
  const { inputs, outputs } = part;
  const own = ownMemories(chip, borderPlanes(graph, wanted), wanted);
  const plain = wanted.map((operation) => (operation.kind === 'pad' ? padConvolution(operation) : operation));
  const before = valuesOf(plain, own, inputs, outputs);
  const constants = [...placement.constants].flatMap(([output, codes]): readonly ConstantOperation[] => {
    const { cube } = placement.spots.get(output) ?? {};
    if (cube === undefined) return [];
    return [{ kind: 'constant', nodes: [], output, codes, shape: [cube.height, cube.width, cube.channels] }];
  });
  const after = valuesOf(
    [...constants, ...placement.operations],
    placedMemories(placement),
    inputs,
    outputs,
    (operation) => (operation.kind === 'constant' ? [] : spoiltPlaces(chip, placement, operation as PlacedOperation)),
  );
  const at = outputs.findIndex((_, i) => {
    const [one, other] = [before[i], after[i]];
    const same = one != null && other != null && one.length === other.length;
    return !same || one.some((value, k) => value === 0 || value !== other[k]);
  });
  return at < 0 ? null : (outputs[at] ?? null);
};

/** Each code by itself: the hardware reads an atom before it writes it. */
const changesInPlace = ({ kind }: PlacedOperation): boolean => !['conv', 'host', 'unpool'].includes(kind);

export const placementRules: readonly Rule<PlacementData>[] = [
  {
    name: 'inside',
    text: 'a tensor begins at an atom and lies in its memory',
    broken: ({ placement: { operations, spots, roots, constants } }) => {
      for (const [tensor, { root, offset, cube }] of spots) {
        const size = constants.has(root) ? spots.get(root)?.cube.bytes : roots.get(root);
        const maker = operations.find(({ output }) => output === tensor) ?? null;
        if (size === undefined) return breach(maker, `t${tensor} is in t${root}, which has no memory`);
        if (offset < 0 || offset % cube.atom !== 0 || offset + spannedBytes(cube) > size)
          return breach(
            maker,
            `t${tensor} is at ${offset} to ${offset + spannedBytes(cube)} of ${size} bytes of t${root}`,
          );
      }
      return null;
    },
  },
  {
    name: 'solid',
    text: 'operands and results of a fused ADD, and operands of one value for each channel, have no gaps between rows and surfaces',
    broken: ({ chip, placement: { operations, spots } }) =>
      firstBreach(operations, (operation) => {
        const solid =
          operation.kind === 'conv' && operation.residual !== null
            ? [operation.residual.operand, operation.output]
            : operation.kind === 'pair' && operation.stages.ew?.perChannel === true
              ? [operation.inputs[1]]
              : [];
        const gaps = solid.find((tensor) => {
          const spot = spots.get(tensor);
          return spot === undefined || !isSolid(chip, spot.cube);
        });
        return gaps === undefined ? null : `t${gaps} has gaps`;
      }),
  },
  {
    name: 'apart',
    text: 'no task reads what it writes, but for codes that are changed in place',
    broken: ({ chip, placement }) => {
      const { cellsOf } = placedMemories(placement);
      return firstBreach(placement.operations, (operation) => {
        const to = cellsOf(operation.output);
        const near = operandsOf(operation).filter(
          (tensor) => (tensor !== operation.output || !changesInPlace(operation)) && cellsOf(tensor)?.root === to?.root,
        );
        if (to === null || near.length === 0) return null;
        const written = new Set([...to.places, ...spoiltPlaces(chip, placement, operation)]);
        const both = near.find((tensor) => cellsOf(tensor)?.places.some((place) => written.has(place)));
        return both === undefined ? null : `t${both} and t${operation.output} have atoms in common`;
      });
    },
  },
  {
    name: 'values',
    text: 'the results of the part are what they would be if each tensor had a memory of its own, and every value of them was written',
    broken: (data) => {
      const tensor = differing(data);
      if (tensor === null) return null;
      const { operations } = data.placement;
      return breach(operations.findLast(({ output }) => output === tensor) ?? null, `t${tensor} has other values`);
    },
  },
];
