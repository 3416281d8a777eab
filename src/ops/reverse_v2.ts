/**
 * REVERSE_V2: rows, columns and leading dimensions by copies of areas, channels by a 1x1 convolution. A place is a number of several
 * digits, and the last place less it has each digit turned around: so an axis of 224 is turned in steps of 4, 4, 2 and 7 copies
 * and not in 224.
 */
import { at } from '../in_range.js';
import { kernelText, kernelWrong } from '../hardware/capability.js';
import { constantInts } from '../graph/graph.js';
import type { Numerics } from '../graph/numerics.js';
import { type Area, buffer, moveArea, type Plane, type FreshIds, wholeArea } from '../ir/build/arrange.js';
import { mostPicked, plainGeometry, selection } from '../ir/build/copy.js';
import type { Operation } from '../ir/operation.js';
import { unseen } from './shared/common_rules.js';
import { formOf, type Known } from './shared/match.js';
import { inputOf, type OpDefinition, wrongShape } from './shared/rule.js';
import { rowMaps, sameCodeMaps } from './shared/unary.js';

/** More than these take more tasks than the node is worth. */
const mostCopies = 64;

/** A digit of places: `radix` blocks of `atoms` each that change places. */
interface Turn {
  readonly radix: number;
  readonly atoms: number;
}

interface Reversal {
  readonly turns: readonly Turn[];
  readonly channels: boolean;
}

/** Factors of a length; 4 is one: it takes as many copies as 2 and 2, and one buffer less. */
const factorsOf = (length: number): readonly number[] => {
  const factors: number[] = [];
  for (let [left, factor] = [length, 4]; left > 1;) {
    if (factor * factor > left && factor > 4) factor = left;
    if (left % factor === 0) {
      factors.push(factor);
      left /= factor;
    } else factor = factor === 4 ? 2 : factor === 2 ? 3 : factor + 2;
  }
  return factors;
};

/** Of one axis, whose places are `atoms` apart. */
const turnsOf = (length: number, atoms: number): readonly Turn[] => {
  let within = atoms;
  return factorsOf(length).map((radix) => {
    const turn = { radix, atoms: within };
    within *= radix;
    return turn;
  });
};

const reversalOf = (shape: readonly number[], axes: readonly number[]): Reversal => {
  const last = shape.length - 1;
  const atomsOf = (axis: number): number => shape.slice(axis + 1, last).reduce((product, dim) => product * dim, 1);
  return {
    turns: axes.flatMap((axis) => (axis === last ? [] : turnsOf(at(shape, axis), atomsOf(axis)))),
    channels: axes.includes(last) && shape[last] !== 1,
  };
};

/** What is wrong with axes counted from the front. TFLite before LiteRT 1.3 reverses the first alone, later ones want neighbours. */
const wrongAxes = (axes: readonly number[], rank: number, numerics: Numerics): string | null => {
  const sorted = axes.toSorted((a, b) => a - b);
  const inside = sorted.length > 0 && sorted.every((axis) => axis >= 0 && axis < rank);
  const neighbours = sorted.every((axis, i) => i === 0 || axis === (sorted[i - 1] ?? axis) + 1);
  const several = axes.length > 1 && numerics === 'tflite-2.14';
  return inside && neighbours && !several ? null : `axes ${axes.join()}`;
};

const maps = sameCodeMaps(rowMaps);

const matcher = maps
  .narrow({
    name: 'axes',
    text: 'one constant axis; from LiteRT 1.3 on several that follow each other: earlier releases reverse the first of them alone',
    narrow: (known: Known<typeof maps>) => {
      const { graph, input, output } = known;
      const { shape } = input;
      const axes = constantInts(inputOf(known, 1))?.map((axis) => (axis < 0 ? axis + shape.length : axis));
      if (axes === undefined) return 'axes that are not constant, or none';
      const wrong = wrongAxes(axes, shape.length, graph.numerics) ?? wrongShape(output.shape, shape);
      return wrong ?? { reversal: reversalOf(shape, axes) };
    },
  })
  .check(
    {
      name: 'copies',
      text: `lengths before the channels whose factors add up to ${mostCopies} at most: 224 is 4, 4, 2 and 7`,
      advice: 'take lengths that are products of small numbers',
      broken: ({ reversal: { turns } }) => {
        const copies = turns.reduce((sum, { radix }) => sum + radix, 0);
        return copies > mostCopies ? `${copies} copies` : null;
      },
    },
    {
      name: 'channels',
      text: (chip) => `to reverse channels: at most ${mostPicked}; ${kernelText(chip)}`,
      broken: ({ chip, from, reversal: { channels } }) => {
        if (!channels) return null;
        return from[2] > mostPicked ? `${from[2]} channels` : kernelWrong(chip, plainGeometry(from, from[2]), false);
      },
    },
    unseen('a copy by the DPU alone'),
  );

/** The operations of one step, from one memory to another: the hardware orders neither reads nor writes of one task. */
type Step = (from: number, to: number) => readonly Operation[];

const turnStep =
  (plane: Plane, { radix, atoms }: Turn, nodes: readonly number[], fresh: FreshIds): Step =>
  (from, to) => {
    const [height, width, channels] = plane;
    const line = radix * atoms;
    const shape: Plane = [(height * width) / line, atoms, channels];
    const block = (tensor: number, digit: number): Area => ({
      ...wholeArea(tensor, plane),
      shape,
      first: digit * atoms,
      line,
    });
    return Array.from({ length: radix }, (_, digit) =>
      moveArea(block(from, digit), block(to, radix - 1 - digit), nodes, fresh),
    ).flat();
  };

const channelStep =
  (plane: Plane, nodes: readonly number[]): Step =>
  (input, output) => {
    const channels = plane[2];
    const reversed = Array.from({ length: channels }, (_, channel) => channels - 1 - channel);
    return [selection({ kind: 'move', nodes, input, output }, plane, reversed)];
  };

export const reverseV2: OpDefinition = {
  op: 'REVERSE_V2',
  ...formOf(matcher, ({ node, input, output, from: plane, reversal: { turns, channels } }, fresh) => {
    const nodes = [node.index];
    const steps = [
      ...turns.map((turn) => turnStep(plane, turn, nodes, fresh)),
      ...(channels ? [channelStep(plane, nodes)] : []),
    ];
    if (steps.length === 0)
      return moveArea(wholeArea(input.index, plane), wholeArea(output.index, plane), nodes, fresh);
    const operations: Operation[] = [];
    let now = input.index;
    for (const [i, step] of steps.entries()) {
      const made = i === steps.length - 1 ? null : buffer(nodes, fresh.next(), plane);
      if (made !== null) operations.push(made);
      const next = made?.output ?? output.index;
      operations.push(...step(now, next));
      now = next;
    }
    return operations;
  }),
};
