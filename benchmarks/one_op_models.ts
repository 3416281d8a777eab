/** A model of one op each, of sizes that networks for pictures have; int8. */
import { padding, writeTflite } from '../test/host/tflite_writer.js';
import type * as builder from '../test/ops/builder.js';

/** Of the tests, which draw random models: loaded when a model is made. */
type Tools = typeof builder;
type Builder = builder.Builder;

type Grow = (b: Builder, tools: Tools) => number;

const [scale, zero] = [0.05, -4];

const convolution =
  (side: number, channels: number, outputs: number, kernel: number, depthwise = false): Grow =>
  (b, { convolved }) => {
    const shape = [1, side, side, channels];
    return convolved(b, 'int8', b.input('int8', shape, scale, zero), shape, outputs, { kernel, depthwise }, scale, zero)
      .index;
  };

const addition: Grow = (b) => {
  const shape = [1, 28, 28, 256];
  const inputs = [b.input('int8', shape, scale, zero), b.input('int8', shape, 0.07, 9)];
  const output = b.map('int8', shape, 0.1, -2);
  b.op({
    op: 'ADD',
    version: 2,
    inputs,
    outputs: [output],
    options: { type: 'AddOptions', fields: { activation: 0 } },
  });
  return output;
};

const pool =
  (op: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'): Grow =>
  (b) => {
    const input = b.input('int8', [1, 56, 56, 64], scale, zero);
    const output = b.map('int8', [1, 28, 28, 64], scale, zero);
    const fields = { padding: padding.same, strideH: 2, strideW: 2, filterH: 3, filterW: 3, activation: 0 };
    b.op({ op, version: 2, inputs: [input], outputs: [output], options: { type: 'Pool2DOptions', fields } });
    return output;
  };

const logistic: Grow = (b) => {
  const shape = [1, 28, 28, 256];
  const input = b.input('int8', shape, scale, zero);
  const output = b.map('int8', shape, 1 / 256, -128);
  b.op({ op: 'LOGISTIC', version: 2, inputs: [input], outputs: [output] });
  return output;
};

const resize: Grow = (b) => {
  const input = b.input('int8', [1, 28, 28, 64], scale, zero);
  const output = b.map('int8', [1, 56, 56, 64], scale, zero);
  const options = { type: 'ResizeBilinearOptions', fields: { alignCorners: false, halfPixelCenters: true } } as const;
  b.op({ op: 'RESIZE_BILINEAR', version: 2, inputs: [input, b.ints([56, 56])], outputs: [output], options });
  return output;
};

const ops: Readonly<Record<string, Grow>> = {
  'CONV_2D 3x3, 28x28x128 to 128': convolution(28, 128, 128, 3),
  'CONV_2D 1x1, 28x28x256 to 256': convolution(28, 256, 256, 1),
  'CONV_2D 1x1, 112x112x16 to 96': convolution(112, 16, 96, 1),
  'DEPTHWISE_CONV_2D 3x3, 56x56x128': convolution(56, 128, 128, 3, true),
  'ADD 28x28x256': addition,
  'AVERAGE_POOL_2D 3x3/2, 56x56x64': pool('AVERAGE_POOL_2D'),
  'MAX_POOL_2D 3x3/2, 56x56x64': pool('MAX_POOL_2D'),
  'LOGISTIC 28x28x256': logistic,
  'RESIZE_BILINEAR 28x28x64 to 56x56': resize,
};

export const opNames: readonly string[] = Object.keys(ops);

/** The same bytes at every call; null for a name that is none. */
export const oneOpModel = async (name: string): Promise<Uint8Array | null> => {
  const grow = ops[name];
  if (grow === undefined) return null;
  const tools = await import('../test/ops/builder.js');
  const b = new tools.Builder(11);
  return writeTflite(b.model(name, [grow(b, tools)]).spec);
};
