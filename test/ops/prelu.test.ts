import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { writeTflite } from '../host/tflite_writer.js';
import {
  Builder,
  byteType,
  type ByteType,
  channelCount,
  chosenSeed,
  convolved,
  type OpModel,
  real,
  whole,
} from './builder.js';
import { differentialTest, everyValue } from './op_test.js';

/** Real numbers between which alphas lie: below 1, above 1, on both sides. */
type Slopes = readonly [number, number];

interface Chosen {
  readonly seed: number;
  readonly type: ByteType;
  readonly pictures: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly scaleLog2: number;
  readonly ratioLog2: number;
  readonly slopes: Slopes;
  readonly rank: number;
}

const chosen = (slopes: fc.Arbitrary<Slopes>): fc.Arbitrary<Chosen> =>
  fc.record({
    seed: chosenSeed,
    type: byteType,
    pictures: fc.constantFrom(1, 1, 1, 2),
    height: whole(1, 16),
    width: whole(1, 16),
    channels: channelCount,
    scaleLog2: real(-6, -1),
    ratioLog2: fc.oneof(fc.constant(0), real(-1, 2)),
    slopes,
    rank: fc.constantFrom(1, 3, 4),
  });

/** Codes of alpha, and what they stand for. */
const alphaOf = (b: Builder, type: ByteType, count: number, rank: number, [least, most]: Slopes): number => {
  const zero = b.zeroPoint(type);
  const [low, high] = type === 'int8' ? [-128, 127] : [0, 255];
  const scale =
    b.random.between(0.9, 1.1) * Math.max(most / Math.max(1, high - zero), -least / Math.max(1, zero - low));
  const code = (): number => zero + Math.round(b.random.between(least, most) / scale);
  const codes = Uint8Array.from({ length: count }, () => Math.max(low, Math.min(high, code())) & 0xff);
  const shape = [...new Array<number>(rank - 1).fill(1), count];
  return b.constant(type, shape, scale, zero, codes);
};

const models = (alphas: 'one' | 'channels', slopes: fc.Arbitrary<Slopes>, between: boolean): fc.Arbitrary<OpModel> =>
  chosen(slopes).map(({ seed, type, pictures, height, width, channels, scaleLog2, ratioLog2, slopes, rank }) => {
    const b = new Builder(seed);
    const shape = [pictures, height, width, channels];
    const [scale, zero] = [2 ** scaleLog2, b.zeroPoint(type)];
    const picture = b.input(type, shape, scale, zero);
    const input = between ? convolved(b, type, picture, shape, channels, {}, scale, zero).index : picture;
    const alpha = alphaOf(b, type, alphas === 'one' ? 1 : channels, rank, slopes);
    const [toScale, toZero] = [scale * 2 ** ratioLog2, ratioLog2 === 0 ? zero : b.zeroPoint(type)];
    const output = b.map(type, shape, toScale, toZero);
    b.op({ op: 'PRELU', inputs: [input, alpha], outputs: [output] });
    const last = between ? convolved(b, type, output, shape, 10, {}, toScale, toZero).index : output;
    const title = `PRELU ${type} ${shape.join('x')}, alpha ${slopes.join(' to ')}, ratio 2^${ratioLog2.toFixed(2)}`;
    return b.model(title, [last]);
  });

const notBelowZero: fc.Arbitrary<Slopes> = fc.tuple(real(0, 0.3), real(0.5, 2)).map(([least, most]) => [least, most]);
const below: fc.Arbitrary<Slopes> = fc.tuple(real(-0.5, 0), real(0.01, 0.98)).map(([least, most]) => [least, most]);
const above: fc.Arbitrary<Slopes> = fc.tuple(real(1.01, 1.5), real(1.6, 2)).map(([least, most]) => [least, most]);
const both: fc.Arbitrary<Slopes> = fc.tuple(real(-0.5, 0.5), real(1.2, 2)).map(([least, most]) => [least, most]);

describe('PRELU', () => {
  const close = { mostCounts: 1, equal: 0.9995 };
  const closer = { mostCounts: 1, equal: 0.9999 };
  differentialTest('one alpha', models('one', fc.oneof(below, above), false), everyValue);
  differentialTest('alphas from 0', models('channels', notBelowZero, false), closer);
  differentialTest('alphas below 1', models('channels', below, false), close);
  differentialTest('alphas above 1', models('channels', above, false), closer);
  differentialTest('alphas on both sides of 1', models('channels', both, false), close);
  differentialTest('between convolutions', models('channels', fc.oneof(below, above, both), true), close);

  it('refuses a map of alphas, and one for each row', () => {
    for (const shape of [
      [4, 5, 6],
      [6, 1, 1],
    ]) {
      const b = new Builder(1);
      const input = b.input('int8', [1, 6, 5, 6], 0.1, 3);
      const alpha = b.constant('int8', shape, 0.01, 0);
      const output = b.map('int8', [1, 6, 5, 6], 0.1, 3);
      b.op({ op: 'PRELU', inputs: [input, alpha], outputs: [output] });
      const { refusals } = compileTflite(writeTflite(b.model('', [output]).spec), { trust: 'inferred', parts: 'all' });
      expect(refusals.map(({ rule }) => rule)).to.deep.equal(['alpha']);
    }
  });
});
