import fc from 'fast-check';
import { operatorsOf } from '../../src/tflite/operators.js';
import type { OpName } from '../host/tflite_writer.js';
import { Builder, type ByteType, byteType, channelCount, chosenSeed, doubled, type OpModel, whole } from './builder.js';
import { differentialTest, everyValue } from './op_test.js';

const scale = 0.5;

/** A model that grows by one op at a time, all with one scale and zero-point. */
class Chain {
  readonly b: Builder;
  readonly #type: ByteType;
  readonly #zero: number;
  readonly #outputs: number[] = [];
  now: number;
  shape: readonly number[];

  constructor(seed: number, type: ByteType, shape: readonly number[]) {
    this.b = new Builder(seed);
    this.#type = type;
    this.#zero = this.b.zeroPoint(type);
    this.shape = shape;
    this.now = this.b.input(type, shape, scale, this.#zero);
  }
  #made(shape: readonly number[]): number {
    this.shape = shape;
    return (this.now = this.b.map(this.#type, shape, scale, this.#zero));
  }
  get #version(): number {
    return this.#type === 'int8' ? 2 : 1;
  }
  doubled(): this {
    this.now = doubled(this.b, this.#type, this.now, this.shape, scale, this.#zero);
    return this;
  }
  transposed(order: readonly number[]): this {
    const inputs = [this.now, this.b.ints(order)];
    const shape = order.map((axis) => this.shape[axis] ?? 1);
    this.b.op({ op: 'TRANSPOSE', version: this.#version, inputs, outputs: [this.#made(shape)] });
    return this;
  }
  reduced(op: OpName, axes: readonly number[], keepDims: boolean): this {
    const inputs = [this.now, this.b.ints(axes)];
    const shape = keepDims
      ? this.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
      : this.shape.filter((_, axis) => !axes.includes(axis));
    const options = { type: 'ReducerOptions', fields: { keepDims } } as const;
    this.b.op({ op, version: 2, inputs, outputs: [this.#made(shape)], options });
    return this;
  }
  reversed(axes: readonly number[]): this {
    const inputs = [this.now, this.b.ints(axes)];
    this.b.op({ op: 'REVERSE_V2', inputs, outputs: [this.#made(this.shape)] });
    return this;
  }
  reshaped(shape: readonly number[]): this {
    const inputs = [this.now, this.b.ints(shape)];
    this.b.op({ op: 'RESHAPE', inputs, outputs: [this.#made(shape)] });
    return this;
  }
  /** The sum of some values and others taken off, for each unit. */
  connected(units: number): this {
    const depth = this.shape.reduce((product, dim) => product * dim, 1);
    const weightZero = this.#type === 'int8' ? 0 : 128;
    const filter = this.b.tensor({
      type: this.#type,
      shape: [units, depth],
      scale: [Math.fround(0.5 / Math.sqrt(depth))],
      zeroPoint: [weightZero],
      data: Uint8Array.from({ length: units * depth }, () => (weightZero + this.b.random.integer(-3, 3)) & 0xff),
    });
    const options = { type: 'FullyConnectedOptions', fields: { activation: 0, keepNumDims: false } } as const;
    const inputs = [this.now, filter, -1];
    const version = this.#type === 'int8' ? 4 : 1;
    this.b.op({ op: 'FULLY_CONNECTED', version, inputs, outputs: [this.#made([1, units])], options });
    return this;
  }
  /** What was made last is a result of the graph as well. */
  given(): this {
    this.#outputs.push(this.now);
    return this;
  }
  relu(): this {
    this.b.op({ op: 'RELU', version: this.#version, inputs: [this.now], outputs: [this.#made(this.shape)] });
    return this;
  }
  model(title: string): OpModel {
    return this.b.model(title, [...this.#outputs, this.now]);
  }
}

const map = fc.tuple(whole(2, 9), whole(2, 9), channelCount);

/** An op that lists the axes over which it takes one of the codes. */
const extremes = operatorsOf(({ shape, codes }) => shape === 'reduced' && codes === 'kept');
const anExtreme = (random: Builder['random']): OpName =>
  extremes[random.integer(0, extremes.length - 1)] ?? 'REDUCE_MAX';

type Tail = (chain: Chain, random: Builder['random']) => Chain;

/** What may follow a TRANSPOSE to NCHW, to where the tensor is plain again, or to the end of the graph. */
const tails: Readonly<Record<string, Tail>> = {
  'mean, mean': (chain) => chain.reduced('MEAN', [3], false).reduced('MEAN', [2], false).doubled(),
  'mean over the height': (chain) => chain.reduced('MEAN', [2], true),
  'mean of all, squeezed': (chain) => {
    const [, channels = 1] = chain.shape;
    return chain.reduced('MEAN', [2, 3], true).reshaped([1, channels]).doubled();
  },
  'maximum, mean': (chain, random) => {
    const [, channels = 1] = chain.shape;
    chain.reduced(anExtreme(random), [2], random.chance(0.5));
    return chain
      .reduced('MEAN', [chain.shape.length - 1], false)
      .reshaped([1, channels])
      .doubled();
  },
  'mean, relu, maximum': (chain, random) =>
    chain.reduced('MEAN', [3], false).relu().reduced(anExtreme(random), [2], false).doubled(),
  'relu and back': (chain) => chain.relu().transposed([0, 2, 3, 1]).doubled(),
  'reversed and back': (chain, random) =>
    chain
      .reversed([random.integer(0, 3)])
      .reversed([-random.integer(1, 3)])
      .transposed([0, 2, 3, 1])
      .doubled(),
  'reversed, mean': (chain, random) =>
    chain
      .reversed([random.integer(1, 3)])
      .reduced('MEAN', [3], false)
      .reversed([random.integer(1, 2)])
      .reduced('MEAN', [2], false)
      .doubled(),
  'reshaped and back': (chain) => {
    const [, channels = 1, height = 1, width = 1] = chain.shape;
    return chain.reshaped([channels, 1, height, width]).transposed([1, 2, 3, 0]).doubled();
  },
  'another order': (chain) =>
    chain.transposed([0, 1, 3, 2]).reduced('MEAN', [3], false).transposed([0, 2, 1]).doubled(),
  'given out on the way': (chain, random) =>
    chain.given().reduced('MEAN', [3], random.chance(0.5)).given().reduced('MEAN', [2], false),
  'the end of the graph': (chain) => chain.relu(),
};

const renamed = fc
  .tuple(chosenSeed, byteType, map, fc.constantFrom(...Object.keys(tails)))
  .map(([seed, type, [height, width, channels], tail]): OpModel => {
    const chain = new Chain(seed, type, [1, height, width, channels]).doubled().transposed([0, 3, 1, 2]);
    return (tails[tail]?.(chain, chain.b.random) ?? chain).model(`${type} ${height}x${width}x${channels}: ${tail}`);
  });

const classified = fc
  .tuple(
    chosenSeed,
    byteType,
    fc.tuple(whole(1, 7), whole(1, 7), whole(1, 60)),
    whole(1, 40),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([seed, type, [height, width, channels], units, reshaped, pooled]): OpModel => {
    const chain = new Chain(seed, type, [1, height, width, channels]).doubled().transposed([0, 3, 1, 2]);
    if (pooled) chain.reduced('MEAN', [3], true);
    if (reshaped) chain.reshaped([1, chain.shape.reduce((product, dim) => product * dim, 1)]);
    return chain
      .connected(units)
      .model(`${type} ${height}x${width}x${channels} to ${units} ${reshaped ? 'reshaped' : ''}`);
  });

const pixels = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    sides: fc.tuple(whole(1, 6), whole(1, 6), whole(1, 6), whole(1, 3)),
    channels: channelCount,
    form: whole(0, 4),
    before: fc.boolean(),
    after: fc.boolean(),
  })
  .map(({ seed, type, sides: [a, b, c, d], channels, form, before, after }): OpModel => {
    const forms: readonly (readonly [readonly number[], readonly number[]])[] = [
      [
        [1, a, b, channels],
        [0, 2, 1, 3],
      ],
      [
        [a, b, channels],
        [1, 0, 2],
      ],
      [
        [d, a, b, channels],
        [0, 2, 1, 3],
      ],
      [
        [1, a, b, c, channels],
        [0, 2, 1, 3, 4],
      ],
      [
        [1, 1, a, channels],
        [2, 0, 1, 3],
      ],
    ];
    const [shape = [], order = []] = forms[form] ?? [];
    const chain = new Chain(seed, type, shape);
    const flat = (of: readonly number[]): readonly number[] => [1, of.slice(0, -1).reduce((x, y) => x * y), channels];
    if (before) chain.reshaped(flat(shape)).relu().reshaped(shape);
    chain.transposed(order);
    if (after) chain.reshaped(flat(chain.shape)).relu();
    return chain.model(
      `${type} ${shape.join('x')} by ${order.join()} ${before ? 'after' : ''} ${after ? 'before' : ''}`,
    );
  });

const shuffles = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    height: whole(1, 9),
    width: whole(1, 9),
    groups: whole(2, 6),
    others: whole(1, 20),
    flat: fc.boolean(),
    before: fc.boolean(),
    after: fc.boolean(),
  })
  .map(({ seed, type, height, width, groups, others, flat, before, after }): OpModel => {
    const shape = [1, height, width, groups * others];
    const pixels = flat ? [1, height * width] : [1, height, width];
    const rank = pixels.length;
    const chain = new Chain(seed, type, shape);
    if (before) chain.doubled();
    chain
      .reshaped([...pixels, groups, others])
      .transposed([...pixels.keys(), rank + 1, rank])
      .reshaped(shape);
    if (after) chain.doubled();
    return chain.model(`${type} ${shape.join('x')} of ${groups} groups`);
  });

describe('TRANSPOSE', () => {
  differentialTest('what follows takes other axes', renamed, { mostCounts: 1, equal: 0.999 });
  differentialTest('before FULLY_CONNECTED', classified, { mostCounts: 1, equal: 0.999 });
  differentialTest('of pixels', pixels, everyValue);
  differentialTest('of channels between two RESHAPEs', shuffles, everyValue);
});
