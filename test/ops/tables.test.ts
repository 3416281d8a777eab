import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { type OpName, type OpSpec, writeTflite } from '../host/tflite_writer.js';
import {
  Builder,
  byteType,
  channelCount,
  chosenSeed,
  convolved,
  modelsOfEachOp,
  type OpModel,
  real,
  whole,
} from './op_models.js';
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

interface Form {
  readonly outputScale?: number;
  readonly int8Only?: boolean;
  /** No number below zero. */
  readonly positive?: boolean;
  readonly version?: number;
  readonly options?: OpSpec['options'];
  /** A convolution before the op and one behind it. */
  readonly between?: boolean;
}

const modelsOf = (op: OpName, form: Form): fc.Arbitrary<OpModel> =>
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

/** x * x: one table. */
const squares: fc.Arbitrary<OpModel> = chosen.map(({ seed, type, height, width, channels, inputLog2, outputLog2 }) => {
  const b = new Builder(seed);
  const shape = [1, height, width, channels];
  const input = b.input(type, shape, 2 ** inputLog2, b.zeroPoint(type));
  const output = b.map(type, shape, 2 ** (2 * inputLog2 + 11 + outputLog2), b.zeroPoint(type));
  const options = { type: 'MulOptions', fields: { activation: b.random.integer(0, 3) } } as const;
  b.op({ op: 'MUL', version: 2, inputs: [input, input], outputs: [output], options });
  return b.model(`x * x ${type} ${shape.join('x')} 2^${inputLog2.toFixed(2)}`, [output]);
});

/** float32 functions of libm against ours: the same but for a code at a tie. */
const floats: Expectation = { mostCounts: 1, equal: 0.9999 };
const exact: Expectation = { mostCounts: 0, equal: 1 };

/** By the convolution behind the op. */
const among: Expectation = { mostCounts: 1, equal: 0.999 };

const gelu = (approximate: boolean): Form => ({ options: { type: 'GeluOptions', fields: { approximate } } });

/** The kernels of tflite_runtime lack some; the reference kernels lack others. */
const litert: Partial<Expectation> = { runtime: 'ai_edge_litert' };
const optimized: Partial<Expectation> = { kernels: 'optimized' };

interface Case {
  readonly title: string;
  readonly op: OpName;
  readonly form: Form;
  readonly expected: Expectation;
}

const tables: readonly Case[] = [
  { title: 'LOGISTIC', op: 'LOGISTIC', form: { outputScale: 1 / 256, version: 2 }, expected: floats },
  { title: 'TANH', op: 'TANH', form: { version: 2 }, expected: floats },
  { title: 'ELU', op: 'ELU', form: { int8Only: true }, expected: { ...floats, ...optimized } },
  { title: 'EXP', op: 'EXP', form: { int8Only: true }, expected: { ...floats, ...optimized, refused: 0.4 } },
  { title: 'HARD_SWISH', op: 'HARD_SWISH', form: {}, expected: exact },
  { title: 'GELU', op: 'GELU', form: gelu(false), expected: floats },
  { title: 'GELU by tanh', op: 'GELU', form: gelu(true), expected: floats },
  { title: 'LOG', op: 'LOG', form: { int8Only: true, version: 2 }, expected: { ...floats, ...litert } },
  { title: 'ABS', op: 'ABS', form: { int8Only: true, version: 2 }, expected: exact },
  {
    title: 'SQRT',
    op: 'SQRT',
    form: { int8Only: true, positive: true, version: 2 },
    expected: { ...exact, ...litert },
  },
  { title: 'RSQRT', op: 'RSQRT', form: { int8Only: true, positive: true, version: 2 }, expected: exact },
  ...[0, 0.1, 0.3, 2.5].map((alpha): Case => {
    const options = { type: 'LeakyReluOptions', fields: { alpha } } as const;
    return { title: `LEAKY_RELU, alpha ${alpha}`, op: 'LEAKY_RELU', form: { options }, expected: exact };
  }),
];

describe('ops through the table', () => {
  for (const { title, op, form, expected } of tables) {
    differentialTest(title, modelsOf(op, form), expected);
    // TFLite's optimized convolution rounds another way.
    if (expected.kernels === 'optimized') continue;
    differentialTest(`${title}, between convolutions`, modelsOf(op, { ...form, between: true }), {
      ...expected,
      ...among,
      models: Math.ceil(modelsOfEachOp / 4),
    });
  }
  differentialTest('x * LOGISTIC(x)', gated('LOGISTIC'), floats);
  differentialTest('x * TANH(x)', gated('TANH'), floats);
  differentialTest('x * x', squares, exact);

  it('refuses a type that TFLite lacks, and numbers at which it stops', () => {
    const refusedFor = (op: OpName, type: 'int8' | 'uint8', zero: number): readonly string[] => {
      const b = new Builder(1);
      const input = b.input(type, [1, 4, 4, 8], 0.1, zero);
      const output = b.map(type, [1, 4, 4, 8], 0.1, zero);
      b.op({ op, version: 2, inputs: [input], outputs: [output] });
      const { refusals } = compileTflite(writeTflite(b.model('', [output]).spec), { trust: 'inferred', parts: 'all' });
      return refusals.map(({ text }) => text.replace(/ \(.*/, ''));
    };
    for (const op of ['LOG', 'ABS', 'SQRT', 'RSQRT'] as const)
      expect(refusedFor(op, 'uint8', 0), op).to.deep.equal(['type uint8']);
    for (const op of ['SQRT', 'RSQRT'] as const) {
      expect(refusedFor(op, 'int8', -127), op).to.deep.equal(['an input zero point of -127']);
      expect(refusedFor(op, 'int8', -128), op).to.deep.equal([]);
    }
  });
});
