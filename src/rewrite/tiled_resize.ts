/**
 * RESHAPEs and TILEs that repeat pixels: what Keras 3 writes for UpSampling2D. Each dimension of a tensor between them is
 * followed to the values of the map that it walks over.
 */
import { constantInts, elementCount, type Node, type Tensor } from '../graph/graph.js';
import { planeOf, shapeText } from '../graph/tensor.js';
import { intsConstant } from './new_constant.js';
import { reshapedMap } from './reshapes.js';
import type { GraphIndex, Rewrite } from './rewrite.js';
import { haveSameCodes } from './same_codes.js';

/** A loop over a tensor's values, outermost first: how often, and how far apart in the map; 0 says the same once more. */
interface Loop {
  readonly count: number;
  readonly step: number;
}

/** The same loops as few as possible. */
const merged = (loops: readonly Loop[]): readonly Loop[] =>
  loops
    .filter(({ count }) => count > 1)
    .reduce<readonly Loop[]>((done, loop) => {
      const last = done.at(-1);
      return last !== undefined && last.step === loop.step * loop.count
        ? [...done.slice(0, -1), { count: last.count * loop.count, step: loop.step }]
        : [...done, loop];
    }, []);

/** The loops of which the inner ones walk over `count` values, and these; null where a loop would have to be cut unevenly. */
const splitAt = (loops: readonly Loop[], count: number): readonly [readonly Loop[], readonly Loop[]] | null => {
  const [outer, inner]: [Loop[], Loop[]] = [[...loops], []];
  let left = count;
  while (left > 1) {
    const loop = outer.pop();
    if (loop === undefined) return null;
    if (left % loop.count === 0) {
      inner.unshift(loop);
      left /= loop.count;
    } else if (loop.count % left === 0) {
      inner.unshift({ count: left, step: loop.step });
      outer.push({ count: loop.count / left, step: loop.step * left });
      left = 1;
    } else return null;
  }
  return [outer, inner];
};

/** The loops behind a TILE of a tensor of this shape. */
const tiled = (loops: readonly Loop[], shape: readonly number[], times: readonly number[]): readonly Loop[] | null =>
  // From the outermost dimension on: those further in are as they were.
  times.reduce<readonly Loop[] | null>((before, count, axis) => {
    const parts = before === null ? null : splitAt(before, elementCount(shape.slice(axis)));
    return parts === null ? null : [...parts[0], { count, step: 0 }, ...parts[1]];
  }, loops);

/** How often a TILE repeats each dimension; null for another node. */
const timesOf = (index: GraphIndex, node: Node): readonly number[] | null => {
  const [input, output] = [index.tensor(node.inputs[0]), index.tensor(node.outputs[0])];
  const times = constantInts(index.tensor(node.inputs[1]));
  if (node.op !== 'TILE' || input === null || output === null || !haveSameCodes([input, output])) return null;
  const isWhole = times?.length === input.shape.length && times.every((count) => count >= 1);
  const shape = input.shape.flatMap((dim, axis) => dim * (times?.[axis] ?? NaN));
  return isWhole && shapeText(shape) === shapeText(output.shape) ? times : null;
};

/** Longer chains are none that a converter writes. */
const longest = 16;

interface Chain {
  readonly map: Tensor;
  readonly nodes: readonly Node[];
}

/** The chains of RESHAPEs and TILEs that end with a node, the shortest first. */
const chainsTo = (index: GraphIndex, last: Node): readonly Chain[] => {
  const chains: Chain[] = [];
  const nodes: Node[] = [];
  for (let node: Node | null = last; node !== null && nodes.length < longest; node = index.producerOf(node.inputs[0])) {
    const map = timesOf(index, node) === null ? reshapedMap(index, node) : index.tensor(node.inputs[0]);
    if (map === null) break;
    nodes.unshift(node);
    chains.push({ map, nodes: [...nodes] });
  }
  return chains;
};

/** How the values of a chain's result walk over its map; null where they do so unevenly. */
const walkOf = (index: GraphIndex, { map, nodes }: Chain): readonly Loop[] | null =>
  nodes.reduce<readonly Loop[] | null>(
    (loops, node) => {
      const [times, input] = [timesOf(index, node), index.tensor(node.inputs[0])];
      // A RESHAPE says nothing about the order of values.
      return loops === null || times === null || input === null ? loops : tiled(loops, input.shape, times);
    },
    [{ count: elementCount(map.shape), step: 1 }],
  );

/** The walk of a result that repeats rows and columns of a map, each as often as the others. */
const repeatedWalk = (map: Tensor, result: Tensor): readonly Loop[] => {
  const [[rows, width, channels], [height, columns]] = [planeOf(map), planeOf(result)];
  return [
    { count: rows, step: width * channels },
    { count: height / rows, step: 0 },
    { count: width, step: channels },
    { count: columns / width, step: 0 },
    { count: channels, step: 1 },
  ];
};

const isRepeated = (index: GraphIndex, chain: Chain, result: Tensor): boolean => {
  const { map, nodes } = chain;
  const rank = map.shape.length;
  if (rank !== result.shape.length || rank < 3 || rank > 4 || !nodes.some(({ op }) => op === 'TILE')) return false;
  const walk = walkOf(index, chain);
  return walk !== null && JSON.stringify(merged(walk)) === JSON.stringify(merged(repeatedWalk(map, result)));
};

export const tiledResize: Rewrite = {
  text: 'RESHAPE, TILE, RESHAPE, TILE, RESHAPE that repeat pixels (UpSampling2D of Keras 3): RESIZE_NEAREST_NEIGHBOR',
  explains: true,
  ops: ['RESHAPE'],
  match: (index, node) => {
    const result = index.tensor(node.outputs[0]);
    if (result === null) return null;
    const chain = chainsTo(index, node).find((one) => isRepeated(index, one, result));
    if (chain === undefined) return null;
    const { map, nodes } = chain;
    const [height, columns] = result.shape.slice(-3);
    if (height === undefined || columns === undefined) return null;
    return {
      op: 'RESIZE_NEAREST_NEIGHBOR',
      inputs: [map.index, intsConstant('size', [height, columns])],
      // Positions half a pixel in: no rounding of theirs comes near the next pixel.
      params: { alignCorners: 0, halfPixelCenters: 1 },
      nodes,
      whole: true,
    };
  },
};
