import fc from 'fast-check';
import { type Random, seededRandom } from '../host/random.js';
import { shares } from '../host/seeds.js';
import type { ModelSpec, OpSpec, TensorSpec } from '../host/tflite_writer.js';

/**
 * Small models around one op, drawn by fast-check. test/ops/op_models.ts compares them with TFLite's reference kernels.
 *   PTFE_SEED=n as everywhere (test/host/seeds.ts), PTFE_OP_MODELS=n as in differential.test.ts
 */
export const modelsOfEachOp = Number(process.env['PTFE_OP_MODELS'] ?? 60);

export type ByteType = 'int8' | 'uint8';

export interface OpModel {
  readonly title: string;
  readonly spec: ModelSpec;
  readonly inputs: readonly Uint8Array[];
}

/** Tensors, ops and pictures of a model as it grows. */
export class Builder {
  readonly random: Random;
  readonly tensors: TensorSpec[] = [];
  readonly ops: OpSpec[] = [];
  readonly inputs: number[] = [];
  readonly pictures: Uint8Array[] = [];

  constructor(chosen: number) {
    this.random = seededRandom(chosen);
  }
  tensor(tensor: Omit<TensorSpec, 'name'>): number {
    return this.tensors.push({ name: `t${this.tensors.length}`, ...tensor }) - 1;
  }
  zeroPoint(type: ByteType): number {
    return this.random.integer(0, 255) + (type === 'int8' ? -128 : 0);
  }
  map(type: ByteType, shape: readonly number[], scale: number, zeroPoint: number): number {
    return this.tensor({ type, shape, scale: [Math.fround(scale)], zeroPoint: [zeroPoint] });
  }
  /** A graph input with a picture of noise: anything, or near the middle of a narrow range. */
  input(type: ByteType, shape: readonly number[], scale: number, zeroPoint: number): number {
    const index = this.map(type, shape, scale, zeroPoint);
    const size = shape.reduce((product, dim) => product * dim, 1);
    const narrow = this.random.chance(0.3);
    const centre = this.random.integer(0, 255);
    this.inputs.push(index);
    this.pictures.push(
      Uint8Array.from({ length: size }, () =>
        narrow ? (centre + this.random.integer(-3, 3)) & 0xff : this.random.integer(0, 255),
      ),
    );
    return index;
  }
  constant(type: ByteType, shape: readonly number[], scale: number, zeroPoint: number, codes?: Uint8Array): number {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = codes ?? Uint8Array.from({ length: size }, () => this.random.integer(0, 255));
    return this.tensor({ type, shape, scale: [Math.fround(scale)], zeroPoint: [zeroPoint], data });
  }
  ints(values: readonly number[], shape: readonly number[] = [values.length]): number {
    return this.tensor({ type: 'int32', shape, data: new Uint8Array(Int32Array.from(values).buffer) });
  }
  op(op: OpSpec): void {
    this.ops.push(op);
  }
  model(title: string, outputs: readonly number[]): OpModel {
    const { tensors, ops, inputs, pictures } = this;
    return { title, spec: { tensors, ops, inputs, outputs }, inputs: pictures };
  }
}

export const whole = (min: number, max: number): fc.Arbitrary<number> => fc.noBias(fc.integer({ min, max }));
export const real = (min: number, max: number): fc.Arbitrary<number> =>
  whole(0, 1 << 24).map((n) => min + ((max - min) * n) / (1 << 24));
export const byteType: fc.Arbitrary<ByteType> = fc.constantFrom('int8', 'uint8');
/** Channels around the atoms of 16. */
export const channelCount = fc.oneof(whole(1, 40), fc.constantFrom(16, 32, 48, 64, 96));
export const chosenSeed = fc.noShrink(whole(0, 0x7fffffff));

export const drawn = (models: fc.Arbitrary<OpModel>, count = modelsOfEachOp): readonly OpModel[] =>
  shares(count).flatMap(([seed, numRuns]) => fc.sample(models, { numRuns, seed }));

/** x + x in the same quantization: something for an op under test to stand between. */
export function doubled(
  b: Builder,
  type: ByteType,
  input: number,
  shape: readonly number[],
  scale: number,
  zero: number,
): number {
  const output = b.map(type, shape, scale, zero);
  const options = { type: 'AddOptions' as const, fields: { activation: 0 } };
  b.op({ op: 'ADD', version: type === 'int8' ? 2 : 1, inputs: [input, input], outputs: [output], options });
  return output;
}

/**
 * A 1x1 convolution (of `kernel` by `kernel`) with small weights. `exact`: with a multiplier that is a power of two, of which
 * every value is equal: something to stand in front of an op that would magnify a count.
 */
export function convolved(
  b: Builder,
  type: ByteType,
  input: number,
  [pictures = 1, height = 1, width = 1, channels = 1]: readonly number[],
  outputs: number,
  {
    kernel = 1,
    depthwise = false,
    exact = false,
  }: { readonly kernel?: number; readonly depthwise?: boolean; readonly exact?: boolean },
  scale: number,
  zero: number,
): { readonly index: number; readonly shape: readonly number[] } {
  const count = depthwise ? channels : outputs;
  const taps = kernel * kernel * (depthwise ? 1 : channels);
  const weightZero = type === 'int8' ? 0 : 128;
  const filterScale = Math.fround(exact ? 2 ** -Math.ceil(Math.log2(2 * taps)) : 0.5 / taps);
  const filter = b.tensor({
    type,
    shape: depthwise ? [1, kernel, kernel, channels] : [outputs, kernel, kernel, channels],
    scale: [filterScale],
    zeroPoint: [weightZero],
    data: Uint8Array.from({ length: taps * count }, () => (weightZero + b.random.integer(-3, 4)) & 0xff),
  });
  const bias = b.tensor({
    type: 'int32',
    shape: [count],
    scale: [Math.fround(scale * filterScale)],
    zeroPoint: [0],
    data: new Uint8Array(4 * count),
  });
  const shape = [pictures, height - kernel + 1, width - kernel + 1, count];
  const index = b.map(type, shape, scale, zero);
  const fields = { padding: 1, strideH: 1, strideW: 1, activation: 0 };
  b.op({
    op: depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
    version: type === 'int8' ? 3 : 1,
    inputs: [input, filter, bias],
    outputs: [index],
    options: depthwise
      ? { type: 'DepthwiseConv2DOptions', fields: { ...fields, depthMultiplier: 1 } }
      : { type: 'Conv2DOptions', fields },
  });
  return { index, shape };
}
