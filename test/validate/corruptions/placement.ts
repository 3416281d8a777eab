/** Placements that break the rules of `validate/placement_rules.ts`. */
import { operandsOf, type PlacedOperation } from '../../../src/ir/operation.js';
import type { Placement } from '../../../src/place/place.js';
import type { Spot } from '../../../src/place/spots.js';
import { copy, type Corruption, of, replaced, type Spoilt } from './corruption.js';

const moved = (placement: Placement, tensor: number, spot: Spot): Placement => ({
  ...placement,
  spots: new Map(placement.spots).set(tensor, spot),
  // Room for all: what is wrong is where it stands, not that it ends too late.
  roots: new Map([...placement.roots].map(([root, bytes]) => [root, 2 * bytes + 4096])),
});

const spotIn = ({ spots }: Placement, tensor: number): Spot => {
  const spot = spots.get(tensor);
  if (spot === undefined) throw new Error(`t${tensor} has no place`);
  return spot;
};

/** With other operations in the place of one. */
const instead = (placement: Placement, at: number, ...others: readonly PlacedOperation[]): Spoilt<Placement> =>
  at < 0 ? null : { data: { ...placement, operations: replaced(placement.operations, at, ...others) } };

export const placeCorruptions: readonly Corruption[] = [
  of('place', 'inside', 'a tensor that begins inside an atom', (placement) => {
    const [tensor, spot] = [...placement.spots][0] ?? [];
    if (tensor === undefined || spot === undefined) return null;
    return { data: moved(placement, tensor, { ...spot, offset: spot.offset + 1 }) };
  }),
  of('place', 'inside', 'a memory that is too small', (placement) => ({
    data: { ...placement, roots: new Map([...placement.roots].map(([root]) => [root, 8])) },
  })),
  of('place', 'inside', 'a memory that is none', (placement) => ({ data: { ...placement, roots: new Map() } })),
  of('place', 'solid', 'the operand of a fused ADD with gaps between its rows', (placement) => {
    const conv = placement.operations.find((op) => op.kind === 'conv' && op.residual !== null);
    if (conv?.kind !== 'conv' || conv.residual === null || conv.geometry.outputHeight === 1) return null;
    const { operand } = conv.residual;
    const spot = spotIn(placement, operand);
    return {
      data: moved(placement, operand, { ...spot, cube: { ...spot.cube, lineBytes: spot.cube.lineBytes + 16 } }),
    };
  }),
  of('place', 'solid', 'values for each channel with gaps between them', (placement) => {
    const pair = placement.operations.find((op) => op.kind === 'pair' && op.stages.ew?.perChannel === true);
    if (pair?.kind !== 'pair') return null;
    const spot = spotIn(placement, pair.inputs[1]);
    if (spot.cube.channels <= 16 || placement.constants.has(spot.root)) return null;
    return {
      data: moved(placement, pair.inputs[1], {
        ...spot,
        cube: { ...spot.cube, surfaceBytes: spot.cube.surfaceBytes + 16 },
      }),
    };
  }),
  of('place', 'apart', 'a result that is written an atom behind its operand', (placement) => {
    const found = placement.operations.find(({ kind, output }) => {
      const { height, width } = spotIn(placement, output).cube;
      return kind === 'scale' && height * width > 1;
    });
    if (found === undefined) return null;
    const from = spotIn(placement, operandsOf(found)[0] ?? -1);
    if (placement.constants.has(from.root)) return null;
    return { data: moved(placement, found.output, { ...from, offset: from.offset + 16 }) };
  }),
  of('place', 'apart', 'a convolution in place', (placement) => {
    const at = placement.operations.findIndex((op) => op.kind === 'conv' && op.residual === null);
    const conv = placement.operations[at];
    return conv?.kind === 'conv' ? instead(placement, at, { ...conv, output: conv.input }) : null;
  }),
  of(
    'place',
    'values',
    'an operand in the memory of the other',
    (placement) => {
      const found = placement.operations.find((op) => {
        const [first, second] = operandsOf(op).map((tensor) => spotIn(placement, tensor));
        return (
          op.kind !== 'conv' &&
          first !== undefined &&
          second !== undefined &&
          first.root !== second.root &&
          first.cube.height * first.cube.width === second.cube.height * second.cube.width
        );
      });
      const [first, second] = found === undefined ? [] : operandsOf(found);
      if (first === undefined || second === undefined) return null;
      return { data: moved(placement, second, spotIn(placement, first)) };
    },
    ['apart'],
  ),
  of('place', 'values', 'the first operation is left out', (placement) => instead(placement, 0)),
  of('place', 'values', 'the last operation is left out', (placement) =>
    instead(placement, placement.operations.length - 1),
  ),
  of('place', 'values', 'an operation comes behind the one that reads its result', (placement) => {
    const { operations } = placement;
    const at = operations.findIndex(({ output }, i) => operandsOf(operations[i + 1] ?? copy(-1)).includes(output));
    const [one, other] = [operations[at], operations[at + 1]];
    if (one === undefined || other === undefined) return null;
    return { data: { ...placement, operations: replaced(replaced(operations, at), at, other, one) } };
  }),
  of('place', 'values', 'a convolution of another plane', (placement) => {
    const at = placement.operations.findIndex((op) => op.kind === 'conv' && op.geometry.padTop > 0);
    const conv = placement.operations[at];
    if (conv?.kind !== 'conv') return null;
    return instead(placement, at, { ...conv, geometry: { ...conv.geometry, padTop: conv.geometry.padTop - 1 } });
  }),
  of(
    'place',
    'values',
    'lanes behind the last channel fall on a tensor that is still read',
    (placement, _, part) => {
      // The input of a depthwise convolution stands where that writes its lanes, and is read again behind it.
      const at = placement.operations.findIndex((op) => {
        if (op.kind !== 'conv' || !op.depthwise) return false;
        const [from, to] = [spotIn(placement, op.input), spotIn(placement, op.output)];
        return from.root !== to.root && to.cube.channels <= 16 && !part.outputs.includes(op.input);
      });
      const conv = placement.operations[at];
      if (conv?.kind !== 'conv') return null;
      const [from, to] = [spotIn(placement, conv.input), spotIn(placement, conv.output)];
      if (from.cube.surfaceBytes !== to.cube.surfaceBytes || placement.constants.has(from.root)) return null;
      const there = moved(placement, conv.output, {
        ...to,
        root: from.root,
        offset: from.cube.surfaceBytes * from.cube.surfaces,
      });
      return { data: moved(there, conv.input, { ...from, offset: from.cube.surfaceBytes * (from.cube.surfaces + 1) }) };
    },
    ['apart'],
  ),
];
