import type { Builder } from '../ops/builder.js';

/**
 * Nodes that run as one, behind a map of int8 codes (scale 0.1, zero-point 3). @returns the tensors that they make: last the one
 * that is left
 */
export type Pattern = (b: Builder, input: number, shape: readonly number[]) => readonly number[];

const reshaped = (b: Builder, input: number, shape: readonly number[]): number => {
  const output = b.map('int8', shape, 0.1, 3);
  b.op({ op: 'RESHAPE', inputs: [input, b.ints(shape)], outputs: [output] });
  return output;
};
const transposed = (b: Builder, input: number, shape: readonly number[], order: readonly number[]) => {
  const to = order.map((axis) => shape[axis] ?? 1);
  const output = b.map('int8', to, 0.1, 3);
  b.op({ op: 'TRANSPOSE', version: 2, inputs: [input, b.ints(order)], outputs: [output] });
  return { output, to };
};

const tiled = (b: Builder, input: number, shape: readonly number[], times: readonly number[]): number => {
  const dims = shape.map((dim, axis) => dim * (times[axis] ?? 1));
  const output = b.map('int8', dims, 0.1, 3);
  b.op({ op: 'TILE', version: 1, inputs: [input, b.ints(times)], outputs: [output] });
  return output;
};

const convolution = {
  type: 'Conv2DOptions',
  fields: { padding: 1, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, activation: 0 },
} as const;

const meanOf = (b: Builder, input: number, shape: readonly number[], order: readonly number[]): readonly number[] => {
  const { output: middle, to } = transposed(b, input, shape, order);
  const output = b.map('int8', to.slice(0, 3), 0.1, 3);
  const options = { type: 'ReducerOptions', fields: { keepDims: false } } as const;
  b.op({ op: 'MEAN', version: 2, inputs: [middle, b.ints([3])], outputs: [output], options });
  return [middle, output];
};

export const patterns: Readonly<Record<string, Pattern>> = {
  'a shuffle of channels': (b, input, [, h = 1, w = 1, c = 1]) => {
    const split = reshaped(b, input, [1, h, w, 2, c / 2]);
    const { output: middle } = transposed(b, split, [1, h, w, 2, c / 2], [0, 1, 2, 4, 3]);
    return [split, middle, reshaped(b, middle, [1, h, w, c])];
  },
  'a flattened map before a dense layer': (b, input, [, h = 1, w = 1, c = 1]) => {
    const depth = h * w * c;
    const flat = reshaped(b, input, [1, depth]);
    const filter = b.constant('int8', [3, depth], 0.001, 0);
    const output = b.map('int8', [1, 3], 0.1, 3);
    const options = { type: 'FullyConnectedOptions', fields: { activation: 0 } } as const;
    b.op({ op: 'FULLY_CONNECTED', version: 4, inputs: [flat, filter, -1], outputs: [output], options });
    return [flat, output];
  },
  'a product of a map and its gate': (b, input, shape) => {
    const gate = b.map('int8', shape, 1 / 256, -128);
    const output = b.map('int8', shape, 0.1, 3);
    b.op({ op: 'LOGISTIC', version: 2, inputs: [input], outputs: [gate] });
    const options = { type: 'MulOptions', fields: { activation: 0 } } as const;
    b.op({ op: 'MUL', version: 2, inputs: [input, gate], outputs: [output], options });
    return [gate, output];
  },
  'pixels repeated by TILE': (b, input, [, h = 1, w = 1, c = 1]) => {
    const rows = reshaped(b, input, [1, h, 1, w, c]);
    const tall = tiled(b, rows, [1, h, 1, w, c], [1, 1, 2, 1, 1]);
    const columns = reshaped(b, tall, [1, 2 * h, w, 1, c]);
    const wide = tiled(b, columns, [1, 2 * h, w, 1, c], [1, 1, 1, 2, 1]);
    return [rows, tall, columns, wide, reshaped(b, wide, [1, 2 * h, 2 * w, c])];
  },
  'a float op between codes': (b, input, shape) => {
    const [float, negative] = [b.tensor({ type: 'float32', shape }), b.tensor({ type: 'float32', shape })];
    const output = b.map('int8', shape, 0.1, 3);
    b.op({ op: 'DEQUANTIZE', version: 2, inputs: [input], outputs: [float] });
    b.op({ op: 'NEG', version: 1, inputs: [float], outputs: [negative] });
    b.op({ op: 'QUANTIZE', version: 1, inputs: [negative], outputs: [output] });
    return [float, negative, output];
  },
  'two float ops of one DEQUANTIZE': (b, input, shape) => {
    const [float, negative, positive] = [0, 1, 2].map(() => b.tensor({ type: 'float32', shape }));
    const [first, second, sum] = [0, 1, 2].map(() => b.map('int8', shape, 0.1, 3));
    if (float === undefined || negative === undefined || positive === undefined) throw new Error('no tensors');
    if (first === undefined || second === undefined || sum === undefined) throw new Error('no tensors');
    b.op({ op: 'DEQUANTIZE', version: 2, inputs: [input], outputs: [float] });
    b.op({ op: 'NEG', version: 1, inputs: [float], outputs: [negative] });
    b.op({ op: 'QUANTIZE', version: 1, inputs: [negative], outputs: [first] });
    b.op({ op: 'RELU', version: 1, inputs: [float], outputs: [positive] });
    b.op({ op: 'QUANTIZE', version: 1, inputs: [positive], outputs: [second] });
    const options = { type: 'AddOptions', fields: { activation: 0 } } as const;
    b.op({ op: 'ADD', version: 2, inputs: [first, second], outputs: [sum], options });
    return [float, negative, positive, first, sum];
  },
  'a dilated convolution': (b, input, [, h = 1, w = 1, c = 1]) => {
    const spread = b.map('int8', [4, (h + 4) / 2, (w + 5) / 2, c], 0.1, 3);
    const made = b.map('int8', [4, (h + 4) / 2 - 2, (w + 5) / 2 - 2, c], 0.1, 3);
    const output = b.map('int8', [1, h, w, c], 0.1, 3);
    const block = b.ints([2, 2]);
    const [filter, bias] = [b.constant('int8', [c, 3, 3, c], 0.001, 0), b.ints(Array.from({ length: c }, () => 7))];
    b.op({
      op: 'SPACE_TO_BATCH_ND',
      version: 2,
      inputs: [input, block, b.ints([2, 2, 2, 3], [2, 2])],
      outputs: [spread],
      options: { type: 'SpaceToBatchNDOptions', fields: {} },
    });
    b.op({ op: 'CONV_2D', version: 3, inputs: [spread, filter, bias], outputs: [made], options: convolution });
    b.op({
      op: 'BATCH_TO_SPACE_ND',
      version: 2,
      inputs: [made, block, b.ints([0, 0, 0, 1], [2, 2])],
      outputs: [output],
      options: { type: 'BatchToSpaceNDOptions', fields: {} },
    });
    return [spread, made, output];
  },
  'convolutions of two channels': (b, input, [, h = 1, w = 1]) => {
    const two = b.map('int8', [1, h, w, 2], 0.1, 3);
    b.op({
      op: 'SLICE',
      version: 2,
      inputs: [input, b.ints([0, 0, 0, 1]), b.ints([1, h, w, 2])],
      outputs: [two],
      options: { type: 'SliceOptions', fields: {} },
    });
    const parts = [0, 1].map(() => b.map('int8', [1, h, w, 1], 0.1, 3));
    const options = { type: 'SplitOptions', fields: { splits: 2 } } as const;
    b.op({ op: 'SPLIT', version: 2, inputs: [b.ints([3], []), two], outputs: parts, options });
    const results = parts.map((part) => {
      const made = b.map('int8', [1, h - 2, w - 2, 1], 0.1, 3);
      const [filter, bias] = [b.constant('int8', [1, 3, 3, 1], 0.002, 0), b.ints([5])];
      b.op({ op: 'CONV_2D', version: 3, inputs: [part, filter, bias], outputs: [made], options: convolution });
      return made;
    });
    const output = b.map('int8', [1, h - 2, w - 2, 2], 0.1, 3);
    b.op({
      op: 'CONCATENATION',
      version: 2,
      inputs: results,
      outputs: [output],
      options: { type: 'ConcatenationOptions', fields: { axis: 3, activation: 0 } },
    });
    return [two, ...parts, ...results, output];
  },
  'a mean of what a TRANSPOSE makes, NCHW': (b, input, shape) => meanOf(b, input, shape, [0, 3, 1, 2]),
  'a mean of what a TRANSPOSE makes, NCWH': (b, input, shape) => meanOf(b, input, shape, [0, 3, 2, 1]),
};
