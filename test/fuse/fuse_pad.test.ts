import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { readPlan } from '../../src/plan/read.js';
import { activation, padding, writeTflite } from '../host/tflite_writer.js';
import { Builder } from '../ops/builder.js';

interface Choice {
  /** Top, bottom, left, right. */
  readonly amounts: readonly [number, number, number, number];
  readonly kernel?: number;
  readonly stride?: number;
  readonly same?: boolean;
  /** PADV2 with another value than the zero-point. */
  readonly value?: number;
  /** The padded tensor is an output too. */
  readonly kept?: boolean;
}

/** PAD, then a convolution of a plane of 12x12. @returns tasks of the plan */
const tasksOf = ({ amounts, kernel = 3, stride = 1, same = false, value, kept = false }: Choice): number => {
  const b = new Builder(3);
  const [side, channels, zero] = [12, 16, 7];
  const [top, bottom, left, right] = amounts;
  const input = b.input('int8', [1, side, side, channels], 0.1, zero);
  const sides = [side + top + bottom, side + left + right];
  const padded = b.map('int8', [1, ...sides, channels], 0.1, zero);
  const paddings = b.ints([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
  const constant = value === undefined ? [] : [b.constant('int8', [1], 0.1, zero, Uint8Array.of(value & 0xff))];
  b.op({
    op: value === undefined ? 'PAD' : 'PADV2',
    version: 2,
    inputs: [input, paddings, ...constant],
    outputs: [padded],
  });
  const outputs = sides.map((length) =>
    same ? Math.ceil(length / stride) : Math.floor((length - kernel) / stride) + 1,
  );
  const filter = b.constant('int8', [16, kernel, kernel, channels], 0.001, 0);
  const bias = b.tensor({ type: 'int32', shape: [16], scale: [1e-4], zeroPoint: [0], data: new Uint8Array(64) });
  const output = b.map('int8', [1, ...outputs, 16], 0.1, 0);
  const mode = same ? padding.same : padding.valid;
  const fields = { padding: mode, strideH: stride, strideW: stride, activation: activation.none };
  b.op({
    op: 'CONV_2D',
    version: 3,
    inputs: [padded, filter, bias],
    outputs: [output],
    options: { type: 'Conv2DOptions', fields },
  });
  const { spec } = b.model('', kept ? [output, padded] : [output]);
  const { parts, refusals } = compileTflite(writeTflite(spec), { trust: 'inferred', parts: 'all' });
  expect(refusals).to.deep.equal([]);
  return parts.reduce((sum, { plan }) => sum + readPlan(plan).tasks.length, 0);
};

/** PAD becomes the padding of the convolution behind it where the hardware can make all of it: a field of 4 bits. */
describe('fuse: PAD into a convolution', () => {
  const fused: readonly (readonly [string, Choice])[] = [
    ['on all sides', { amounts: [1, 1, 1, 1] }],
    ['15 above and left', { amounts: [15, 0, 15, 0] }],
    ['15 on all sides', { amounts: [15, 15, 15, 15] }],
    ['14 before SAME, which adds one', { amounts: [14, 0, 14, 0], same: true }],
    ['of stride 2', { amounts: [0, 1, 0, 1], stride: 2 }],
    ['below and right alone', { amounts: [0, 2, 0, 2] }],
    ['by PADV2 with the zero-point', { amounts: [1, 1, 1, 1], value: 7 }],
    ['by another value, where the convolution has no padding of its own', { amounts: [1, 1, 1, 1], value: 9 }],
  ];
  for (const [what, choice] of fused)
    it(`${what}: one task`, () => {
      expect(tasksOf(choice)).to.equal(1);
    });

  const apart: readonly (readonly [string, Choice])[] = [
    ['15 before SAME, which adds one', { amounts: [15, 0, 15, 0], same: true }],
    ['15 above SAME of 5, which adds two', { amounts: [15, 0, 0, 0], same: true, kernel: 5 }],
    ['15 left of SAME of 5', { amounts: [0, 0, 15, 0], same: true, kernel: 5 }],
    ['another value before padding of the convolution itself', { amounts: [1, 1, 1, 1], same: true, value: 9 }],
    ['a padded tensor that is an output too', { amounts: [1, 1, 1, 1], kept: true }],
  ];
  for (const [what, choice] of apart)
    it(`${what}: tasks of its own`, () => {
      expect(tasksOf(choice)).to.be.above(1);
    });
});
