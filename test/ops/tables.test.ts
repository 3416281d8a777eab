import fc from 'fast-check';
import type { OpName, OpSpec } from '../host/tflite_writer.js';
import { Builder, byteType, channelCount, chosenSeed, type OpModel, real, whole } from './op_models.js';
import { differentialTest, type Expectation } from './op_test.js';

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

const modelsOf = (
  op: OpName,
  { outputScale, int8Only = false, options }: { outputScale?: number; int8Only?: boolean; options?: OpSpec['options'] },
): fc.Arbitrary<OpModel> =>
  chosen.map(({ seed, type: drawn, height, width, channels, inputLog2, outputLog2 }) => {
    const b = new Builder(seed);
    const type = int8Only ? 'int8' : drawn;
    const shape = [1, height, width, channels];
    const input = b.input(type, shape, 2 ** inputLog2, b.zeroPoint(type));
    const fixed = outputScale !== undefined;
    const zero = fixed ? (type === 'int8' ? -128 : 0) : b.zeroPoint(type);
    // HARD_SWISH and the like: an output on about the scale of the input.
    const output = b.map(
      type,
      shape,
      outputScale ?? 2 ** Math.max(inputLog2 - 1, Math.min(inputLog2 + 2, outputLog2)),
      zero,
    );
    b.op({
      op,
      version: op === 'LOGISTIC' || op === 'TANH' ? 2 : 1,
      inputs: [input],
      outputs: [output],
      ...(options === undefined ? {} : { options }),
    });
    return b.model(`${op} ${type} ${shape.join('x')} 2^${inputLog2.toFixed(2)} to 2^${outputLog2.toFixed(2)}`, [
      output,
    ]);
  });

/** x * gate(x): one table. */
const gated = (gate: 'LOGISTIC' | 'TANH'): fc.Arbitrary<OpModel> =>
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

/** float32 functions of libm against ours: the same but for a code at a tie. */
const floats: Expectation = { mostCounts: 1, equal: 0.9999 };
const exact: Expectation = { mostCounts: 0, equal: 1 };

describe('ops through the table', () => {
  differentialTest('LOGISTIC', modelsOf('LOGISTIC', { outputScale: 1 / 256 }), floats);
  differentialTest('TANH', modelsOf('TANH', {}), floats);
  differentialTest('ELU', modelsOf('ELU', { int8Only: true }), { ...floats, kernels: 'optimized' });
  differentialTest('EXP', modelsOf('EXP', { int8Only: true }), { ...floats, kernels: 'optimized', refused: 0.4 });
  differentialTest('HARD_SWISH', modelsOf('HARD_SWISH', {}), exact);
  differentialTest('x * LOGISTIC(x)', gated('LOGISTIC'), floats);
  differentialTest('x * TANH(x)', gated('TANH'), floats);
  for (const alpha of [0, 0.1, 0.3, 2.5]) {
    const options = { type: 'LeakyReluOptions', fields: { alpha } } as const;
    differentialTest(`LEAKY_RELU, alpha ${alpha}`, modelsOf('LEAKY_RELU', { options }), exact);
  }
});
