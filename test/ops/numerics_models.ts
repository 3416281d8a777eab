import type fc from 'fast-check';
import type { OpSpec } from '../host/tflite_writer.js';
import { Builder, type ByteType, chosenSeed, type OpModel } from './builder.js';

/**
 * Models whose values stand as near to ties as scales of float32 and sums of int32 allow: there TFLite's releases part. A
 * random model shows nothing of it: one value in some hundred thousand would.
 */
export type SummingOp = 'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'TRANSPOSE_CONV' | 'FULLY_CONNECTED';

const { fround } = Math;
const lowest = (type: ByteType): number => (type === 'int8' ? -128 : 0);
const units = 256;

/**
 * Sums that biases alone make, all weights being one; every channel another sum. From the zero-point up, where the stages
 * have TFLite's two roundings to the last bit.
 */
export const sumsNearTies = (op: SummingOp, type: ByteType, perChannel = false): fc.Arbitrary<OpModel> =>
  chosenSeed.map((seed) => {
    const b = new Builder(seed);
    const { random } = b;
    const [inputScale, outputScale] = [fround(2 ** random.between(-6, -2)), fround(2 ** random.between(-6, -2))];
    const exponent = random.between(6, 18);
    const scales = Array.from({ length: perChannel ? units : 1 }, () =>
      fround((2 ** -(exponent + random.between(0, perChannel ? 4 : 1)) * outputScale) / inputScale),
    );
    const weightZero = type === 'int8' ? 0 : 17;
    const input = b.map(type, op === 'FULLY_CONNECTED' ? [1, 1] : [1, 1, 1, 1], inputScale, lowest(type) + 128);
    b.inputs.push(input);
    b.pictures.push(Uint8Array.of(type === 'int8' ? 1 : 129));
    const filter = b.tensor({
      type,
      shape: op === 'DEPTHWISE_CONV_2D' ? [1, 1, 1, units] : op === 'FULLY_CONNECTED' ? [units, 1] : [units, 1, 1, 1],
      scale: scales,
      zeroPoint: scales.map(() => weightZero),
      quantizedDimension: perChannel && op === 'DEPTHWISE_CONV_2D' ? 3 : 0,
      data: new Uint8Array(units).fill(weightZero + 1),
    });
    const biases = Int32Array.from({ length: units }, (_, c) => {
      const scale = (inputScale * (scales[perChannel ? c : 0] ?? 0)) / outputScale;
      return Math.round((random.integer(1, 253) + 0.5) / scale) + random.integer(-2, 0);
    });
    const bias = b.tensor({
      type: 'int32',
      shape: [units],
      scale: scales.map((scale) => fround(scale * inputScale)),
      zeroPoint: scales.map(() => 0),
      data: new Uint8Array(biases.buffer),
    });
    const shape = op === 'FULLY_CONNECTED' ? [1, units] : [1, 1, 1, units];
    const output = b.map(type, shape, outputScale, lowest(type));
    const fields = { padding: 1, strideH: 1, strideW: 1, activation: 0 };
    const options: Readonly<Record<SummingOp, OpSpec['options'] & object>> = {
      CONV_2D: { type: 'Conv2DOptions', fields },
      DEPTHWISE_CONV_2D: { type: 'DepthwiseConv2DOptions', fields: { ...fields, depthMultiplier: units } },
      TRANSPOSE_CONV: { type: 'TransposeConvOptions', fields: { padding: 1, strideH: 1, strideW: 1 } },
      FULLY_CONNECTED: { type: 'FullyConnectedOptions', fields: { activation: 0 } },
    };
    const inputs = op === 'TRANSPOSE_CONV' ? [b.ints(shape), filter, input, bias] : [input, filter, bias];
    b.op({ op, version: type === 'int8' ? 3 : 1, inputs, outputs: [output], options: options[op] });
    return b.model(`${op} ${type} 2^-${exponent.toFixed(1)}${perChannel ? ' per channel' : ''}`, [output]);
  });

export type ScalingOp = 'RELU' | 'ABS' | 'LEAKY_RELU' | 'PRELU' | 'MUL' | 'QUANTIZE';

/** All codes through a multiplier that takes one of them to a tie, as near as float32 scales can. */
export const scalesNearTies = (op: ScalingOp, type: ByteType): fc.Arbitrary<OpModel> =>
  chosenSeed.map((seed) => {
    const b = new Builder(seed);
    const { random } = b;
    const inputScale = fround(2 ** random.between(-6, -1));
    const factor = op === 'LEAKY_RELU' || op === 'PRELU' || op === 'MUL' ? fround(random.between(0.3, 1)) : 1;
    const code = op === 'PRELU' || op === 'MUL' ? random.integer(1, 60) : 1;
    const distance = random.integer(40, 120);
    const product = distance * inputScale * factor * code;
    const outputScale = fround(product / (random.integer(20, 100) + 0.5));
    const [inputZero, outputZero] = [lowest(type) + 128, lowest(type) + random.integer(120, 136)];
    const shape = [1, 16, 16, 1];
    const input = b.map(type, shape, inputScale, inputZero);
    b.inputs.push(input);
    b.pictures.push(Uint8Array.from({ length: 256 }, (_, i) => i));
    const output = b.map(type, shape, outputScale, outputZero);
    const constant = (): number =>
      b.constant(type, [1, 1, 1], factor, lowest(type), Uint8Array.of((lowest(type) + code) & 0xff));
    const base = { version: op === 'PRELU' ? 1 : 2, outputs: [output] };
    if (op === 'PRELU') b.op({ ...base, op, inputs: [input, constant()] });
    else if (op === 'MUL')
      b.op({ ...base, op, inputs: [input, constant()], options: { type: 'MulOptions', fields: { activation: 0 } } });
    else if (op === 'LEAKY_RELU')
      b.op({ ...base, op, inputs: [input], options: { type: 'LeakyReluOptions', fields: { alpha: factor } } });
    else b.op({ ...base, op, inputs: [input] });
    return b.model(`${op} ${type} ${inputScale} * ${factor} to ${outputScale}`, [output]);
  });
