/** Models that are one thing, many times: what grows faster than they do shows. */
import { activation, type ModelSpec, type OpSpec, padding, type TensorSpec } from '../test/host/tflite_writer.js';

const quantized = { type: 'int8', scale: [0.05], zeroPoint: [0] } as const;
const conv2d = {
  type: 'Conv2DOptions',
  fields: {
    padding: padding.same,
    strideW: 1,
    strideH: 1,
    activation: activation.none,
  },
} as const;

class Model {
  readonly tensors: TensorSpec[] = [];
  readonly ops: OpSpec[] = [];
  #seed = 1;

  tensor(spec: TensorSpec): number {
    return this.tensors.push(spec) - 1;
  }
  plane(side: number, channels: number): number {
    return this.tensor({ ...quantized, name: `t${this.tensors.length}`, shape: [1, side, side, channels] });
  }
  #weights(bytes: number): Uint8Array {
    const data = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i++) data[i] = (this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0) >>> 24;
    return data;
  }
  convolution(input: number, side: number, from: number, to: number, kernel = 1): number {
    const name = `w${this.tensors.length}`;
    const shape = [to, kernel, kernel, from];
    const scale = [0.02 / Math.sqrt(from * kernel * kernel)] as const;
    const filter = this.tensor({
      name,
      type: 'int8',
      shape,
      scale,
      zeroPoint: [0],
      data: this.#weights(to * kernel ** 2 * from),
    });
    const data = new Uint8Array(4 * to);
    const bias = this.tensor({
      name: `${name}/b`,
      type: 'int32',
      shape: [to],
      scale: [0.05 * scale[0]],
      zeroPoint: [0],
      data,
    });
    const output = this.plane(side, to);
    this.ops.push({ op: 'CONV_2D', inputs: [input, filter, bias], outputs: [output], options: conv2d, version: 3 });
    return output;
  }
  add(first: number, second: number, side: number, channels: number): number {
    const output = this.plane(side, channels);
    const options = { type: 'AddOptions', fields: { activation: activation.none } } as const;
    this.ops.push({ op: 'ADD', inputs: [first, second], outputs: [output], options, version: 2 });
    return output;
  }
  concatenation(inputs: readonly number[], side: number, channels: number): number {
    const output = this.plane(side, channels);
    const options = {
      type: 'ConcatenationOptions',
      fields: { axis: 3, activation: activation.none },
    } as const;
    this.ops.push({ op: 'CONCATENATION', inputs: [...inputs], outputs: [output], options, version: 2 });
    return output;
  }
  spec(input: number, output: number): ModelSpec {
    return { tensors: this.tensors, ops: this.ops, inputs: [input], outputs: [output] };
  }
}

const built = (make: (model: Model, input: number) => number, side: number, channels: number): ModelSpec => {
  const model = new Model();
  const input = model.plane(side, channels);
  return model.spec(input, make(model, input));
};

const times = (count: number, step: (tensor: number) => number, first: number): number => {
  let tensor = first;
  for (let i = 0; i < count; i++) tensor = step(tensor);
  return tensor;
};

export const chain = (count: number): ModelSpec =>
  built((model, input) => times(count, (tensor) => model.convolution(tensor, 8, 16, 16), input), 8, 16);

export const residuals = (count: number): ModelSpec =>
  built(
    (model, input) => times(count, (tensor) => model.add(tensor, model.convolution(tensor, 8, 16, 16), 8, 16), input),
    8,
    16,
  );

export const wide = (count: number): ModelSpec =>
  built(
    (model, input) =>
      model.concatenation(
        Array.from({ length: count }, () => model.convolution(input, 8, 16, 16)),
        8,
        16 * count,
      ),
    8,
    16,
  );

/** Convolutions 3x3 of 1024 channels, 9.4 MB each. */
export const heavy = (megabytes: number): ModelSpec =>
  built(
    (model, input) =>
      times(
        Math.max(1, Math.round(megabytes / 9.437184)),
        (tensor) => model.convolution(tensor, 4, 1024, 1024, 3),
        input,
      ),
    4,
    1024,
  );
