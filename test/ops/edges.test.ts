import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { activation, type OpSpec, padding, writeTflite } from '../host/tflite_writer.js';
import { Builder } from './builder.js';

/**
 * Limits that README and SUPPORTED_OPS.md state, each at its edge: the last value is taken, the next one is refused by the rule
 * that is about it. The numbers stand here as they stand there, not as the compiler has them.
 */
interface ConvChoice {
  readonly plane?: readonly [number, number];
  readonly channels?: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly samples?: number;
  readonly depthwise?: boolean;
}

const conv = (choice: ConvChoice): Uint8Array => {
  const {
    plane = [70, 70],
    channels = 16,
    kernel = 1,
    stride = 1,
    dilation = 1,
    samples = 1,
    depthwise = false,
  } = choice;
  const b = new Builder(3);
  const reach = (kernel - 1) * dilation + 1;
  const sides = plane.map((side) => Math.floor((side - reach) / stride) + 1);
  const outputs = depthwise ? channels : 16;
  const input = b.input('int8', [samples, ...plane, channels], 0.1, 0);
  const shape = depthwise ? [1, kernel, kernel, channels] : [outputs, kernel, kernel, channels];
  const filter = b.constant('int8', shape, 0.001, 0);
  const bias = b.tensor({
    type: 'int32',
    shape: [outputs],
    scale: [1e-4],
    zeroPoint: [0],
    data: new Uint8Array(4 * outputs),
  });
  const output = b.map('int8', [samples, ...sides, outputs], 0.1, 0);
  const fields = { padding: padding.valid, strideH: stride, strideW: stride, activation: activation.none };
  const more = { dilationH: dilation, dilationW: dilation };
  const options: NonNullable<OpSpec['options']> = depthwise
    ? { type: 'DepthwiseConv2DOptions', fields: { ...fields, depthMultiplier: 1, ...more } }
    : { type: 'Conv2DOptions', fields: { ...fields, ...more } };
  const op = depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D';
  b.op({ op, version: 3, inputs: [input, filter, bias], outputs: [output], options });
  return writeTflite(b.model('', [output]).spec);
};

const transposedConv = (stride: number): Uint8Array => {
  const b = new Builder(3);
  const side = 4 * stride;
  const input = b.input('int8', [1, 4, 4, 16], 0.1, 0);
  const output = b.map('int8', [1, side, side, 16], 0.1, 0);
  const inputs = [b.ints([1, side, side, 16]), b.constant('int8', [16, stride, stride, 16], 0.001, 0), input];
  const fields = { padding: padding.valid, strideH: stride, strideW: stride };
  b.op({
    op: 'TRANSPOSE_CONV',
    version: 1,
    inputs,
    outputs: [output],
    options: { type: 'TransposeConvOptions', fields },
  });
  return writeTflite(b.model('', [output]).spec);
};

const pad = (amount: number): Uint8Array => {
  const b = new Builder(3);
  const input = b.input('int8', [1, 4, 4, 16], 0.1, 0);
  const output = b.map('int8', [1, 4 + amount, 4, 16], 0.1, 0);
  b.op({ op: 'PAD', version: 2, inputs: [input, b.ints([0, 0, amount, 0, 0, 0, 0, 0], [4, 2])], outputs: [output] });
  return writeTflite(b.model('', [output]).spec);
};

const refusedBy = (bytes: Uint8Array): readonly string[] => [
  ...new Set(compileTflite(bytes, { trust: 'inferred', parts: 'all' }).refusals.map(({ rule }) => rule)),
];

const edges: readonly (readonly [
  what: string,
  model: (n: number) => Uint8Array,
  last: number,
  next: number,
  rule: string,
])[] = [
  ['strides to 7', (stride) => conv({ stride, kernel: 3 }), 7, 8, 'stride'],
  ['depthwise strides to 7', (stride) => conv({ stride, kernel: 3, depthwise: true }), 7, 8, 'stride'],
  ['kernels to 31x31', (kernel) => conv({ kernel, channels: 4 }), 31, 32, 'kernel'],
  ['depthwise kernels to 31x31', (kernel) => conv({ kernel, depthwise: true }), 31, 32, 'kernel'],
  ['16,368 input channels', (channels) => conv({ channels, plane: [1, 1] }), 16368, 16369, 'kernel'],
  ['294,912 bytes of 16 kernels', (channels) => conv({ channels, kernel: 3, plane: [8, 8] }), 2048, 2049, 'kernel'],
  ['dilation to 32', (dilation) => conv({ dilation, kernel: 2 }), 32, 33, 'dilation'],
  ['16 samples of a batch', (samples) => conv({ samples, plane: [4, 4] }), 16, 17, 'batch'],
  ['padding to 15', pad, 15, 16, 'padding'],
  ['transposed strides to 4', transposedConv, 4, 5, 'shapes'],
];

describe('limits at their edge', () => {
  for (const [what, model, last, next, rule] of edges)
    it(what, () => {
      expect(refusedBy(model(last)), `${last}`).to.deep.equal([]);
      expect(refusedBy(model(next)), `${next}`).to.deep.equal([rule]);
    });
});
