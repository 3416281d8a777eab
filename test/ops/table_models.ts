import fc from 'fast-check';
import { type OpName, type OpSpec } from '../host/tflite_writer.js';
import { Builder, byteType, channelCount, chosenSeed, convolved, type OpModel, real, whole } from './builder.js';

/** Ops of one tensor through the table: every code of the input, on planes of any size. */
interface Chosen {
  readonly seed: number;
  readonly type: 'int8' | 'uint8';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly inputLog2: number;
  readonly outputLog2: number;
}

const chosen: fc.Arbitrary<Chosen> = fc.record({
  seed: chosenSeed,
  type: byteType,
  height: whole(1, 24),
  width: whole(1, 24),
  channels: channelCount,
  inputLog2: real(-8, 0),
  outputLog2: real(-8, 0),
});

export interface Form {
  readonly outputScale?: number;
  readonly int8Only?: boolean;
  /** No number below zero. */
  readonly positive?: boolean;
  readonly version?: number;
  readonly options?: OpSpec['options'];
  /** A convolution before the op and one behind it. */
  readonly between?: boolean;
}

export const tableModels = (op: OpName, form: Form): fc.Arbitrary<OpModel> =>
  chosen.map(({ seed, type: drawn, height, width, channels, inputLog2, outputLog2 }) => {
    const { outputScale, int8Only = false, positive = false, version = 1, options, between = false } = form;
    const b = new Builder(seed);
    const type = int8Only ? 'int8' : drawn;
    const shape = [1, height, width, channels];
    const inputZero = positive ? -128 : b.zeroPoint(type);
    const picture = b.input(type, shape, 2 ** inputLog2, inputZero);
    const input = between
      ? convolved(b, type, picture, shape, channels, { exact: true }, 2 ** inputLog2, inputZero).index
      : picture;
    const fixed = outputScale !== undefined;
    const zero = fixed ? (type === 'int8' ? -128 : 0) : b.zeroPoint(type);
    // HARD_SWISH and the like: an output on about the scale of the input.
    const scale = outputScale ?? 2 ** Math.max(inputLog2 - 1, Math.min(inputLog2 + 2, outputLog2));
    const output = b.map(type, shape, scale, zero);
    b.op({ op, version, inputs: [input], outputs: [output], ...(options === undefined ? {} : { options }) });
    const last = between ? convolved(b, type, output, shape, 10, {}, scale, zero).index : output;
    return b.model(`${op} ${type} ${shape.join('x')} 2^${inputLog2.toFixed(2)} to 2^${outputLog2.toFixed(2)}`, [last]);
  });

/** x * gate(x): one table. */
export const gated = (gate: 'LOGISTIC' | 'TANH'): fc.Arbitrary<OpModel> =>
  chosen.map(({ seed, type, height, width, channels, inputLog2, outputLog2 }) => {
    const b = new Builder(seed);
    const shape = [1, height, width, channels];
    const input = b.input(type, shape, 2 ** inputLog2, b.zeroPoint(type));
    const gateZero = (gate === 'LOGISTIC' ? -128 : 0) + (type === 'int8' ? 0 : 128);
    const open = b.map(type, shape, gate === 'LOGISTIC' ? 1 / 256 : 1 / 128, gateZero);
    const output = b.map(type, shape, 2 ** (inputLog2 + Math.max(-2, outputLog2 + 6)), b.zeroPoint(type));
    b.op({ op: gate, version: 2, inputs: [input], outputs: [open] });
    b.op({
      op: 'MUL',
      version: 2,
      inputs: b.random.chance(0.5) ? [input, open] : [open, input],
      outputs: [output],
      options: { type: 'MulOptions', fields: { activation: b.random.integer(0, 3) } },
    });
    return b.model(`x * ${gate}(x) ${type} ${shape.join('x')} 2^${inputLog2.toFixed(2)}`, [output]);
  });

/** x * x: one table. */
export const squares: fc.Arbitrary<OpModel> = chosen.map(
  ({ seed, type, height, width, channels, inputLog2, outputLog2 }) => {
    const b = new Builder(seed);
    const shape = [1, height, width, channels];
    const input = b.input(type, shape, 2 ** inputLog2, b.zeroPoint(type));
    const output = b.map(type, shape, 2 ** (2 * inputLog2 + 11 + outputLog2), b.zeroPoint(type));
    const options = { type: 'MulOptions', fields: { activation: b.random.integer(0, 3) } } as const;
    b.op({ op: 'MUL', version: 2, inputs: [input, input], outputs: [output], options });
    return b.model(`x * x ${type} ${shape.join('x')} 2^${inputLog2.toFixed(2)}`, [output]);
  },
);
