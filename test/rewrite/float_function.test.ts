import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { runtimes } from '../host/python.js';
import { activation, type OpSpec, writeTflite } from '../host/tflite_writer.js';
import { Builder, byteType, type ByteType, chosenSeed, type OpModel, real, whole } from '../ops/builder.js';
import { differentialTest, everyValue } from '../ops/op_test.js';

/** A float op behind a float tensor. */
type FloatOp = (b: Builder, input: number, output: number) => OpSpec;

const floats = (b: Builder, values: readonly number[], shape: readonly number[]): number =>
  b.tensor({ type: 'float32', shape, data: new Uint8Array(Float32Array.from(values).buffer) });

const unary =
  (op: OpSpec['op'], options?: OpSpec['options'], version = 1): FloatOp =>
  (_, input, output) => ({
    op,
    version,
    inputs: [input],
    outputs: [output],
    ...(options === undefined ? {} : { options }),
  });

/** @param first the constant stands first */
const withConstant =
  (op: OpSpec['op'], value: number, first: boolean, options?: OpSpec['options']): FloatOp =>
  (b, input, output) => {
    const constant = floats(b, [value], []);
    const inputs = first ? [constant, input] : [input, constant];
    return { op, version: 1, inputs, outputs: [output], ...(options === undefined ? {} : { options }) };
  };

const anyValue = real(-3, 3);
const either = fc.boolean();
const anyActivation = fc.constantFrom<keyof typeof activation>('none', 'none', 'relu', 'relu6', 'reluN1To1');

const arithmetic = (op: 'ADD' | 'SUB' | 'MUL'): fc.Arbitrary<FloatOp> =>
  fc.tuple(anyValue, either, anyActivation).map(([value, first, fused]) =>
    withConstant(op, value, first, {
      type: op === 'ADD' ? 'AddOptions' : op === 'SUB' ? 'SubOptions' : 'MulOptions',
      fields: { activation: activation[fused] },
    }),
  );
const chosen = (op: 'MAXIMUM' | 'MINIMUM' | 'SQUARED_DIFFERENCE'): fc.Arbitrary<FloatOp> =>
  fc.tuple(anyValue, either).map(([value, first]) => withConstant(op, value, first));
const plain = (op: OpSpec['op'], version = 1): fc.Arbitrary<FloatOp> => fc.constant(unary(op, undefined, version));

/** Ops with a result for every number. */
const everywhere: Readonly<Record<string, fc.Arbitrary<FloatOp>>> = {
  ABS: plain('ABS'),
  ADD: arithmetic('ADD'),
  CEIL: plain('CEIL'),
  ELU: plain('ELU'),
  EXP: plain('EXP'),
  FLOOR: plain('FLOOR'),
  GELU: either.map((approximate) => unary('GELU', { type: 'GeluOptions', fields: { approximate } })),
  HARD_SWISH: plain('HARD_SWISH'),
  LEAKY_RELU: real(-1, 1).map((alpha) => unary('LEAKY_RELU', { type: 'LeakyReluOptions', fields: { alpha } })),
  LOGISTIC: plain('LOGISTIC'),
  MAXIMUM: chosen('MAXIMUM'),
  MINIMUM: chosen('MINIMUM'),
  MUL: arithmetic('MUL'),
  NEG: plain('NEG'),
  RELU: plain('RELU'),
  RELU6: plain('RELU6'),
  RELU_0_TO_1: plain('RELU_0_TO_1'),
  RELU_N1_TO_1: plain('RELU_N1_TO_1'),
  ROUND: plain('ROUND'),
  SQUARE: plain('SQUARE'),
  SQUARED_DIFFERENCE: chosen('SQUARED_DIFFERENCE'),
  SUB: arithmetic('SUB'),
  TANH: plain('TANH'),
};
/** Ops that have none below or at zero: behind a number that is above it. */
const above: Readonly<Record<string, fc.Arbitrary<FloatOp>>> = {
  LOG: plain('LOG'),
  RSQRT: plain('RSQRT'),
  SQRT: plain('SQRT'),
};
/** No op of TFLite 2.14. */
const newer: ReadonlySet<string> = new Set(['GELU', 'RELU_0_TO_1']);
/** The reference kernels lack these. */
const optimized: ReadonlySet<string> = new Set(['CEIL', 'ELU', 'ROUND']);

interface Numbers {
  readonly seed: number;
  readonly from: ByteType;
  readonly to: ByteType;
  readonly fromScale: number;
  readonly toScale: number;
  readonly shape: readonly number[];
}

const modelOf = (
  { seed, from, to, fromScale, toScale, shape }: Numbers,
  ops: readonly FloatOp[],
  title: string,
  kept: number | null = null,
): OpModel => {
  const b = new Builder(seed);
  const input = b.input(from, shape, fromScale, b.zeroPoint(from));
  const between = Array.from({ length: ops.length + 1 }, () => b.tensor({ type: 'float32', shape }));
  const output = b.map(to, shape, toScale, b.zeroPoint(to));
  b.op({ op: 'DEQUANTIZE', version: 2, inputs: [input], outputs: between.slice(0, 1) });
  for (const [i, op] of ops.entries()) b.op(op(b, between[i] ?? -1, between[i + 1] ?? -1));
  b.op({ op: 'QUANTIZE', version: 1, inputs: between.slice(-1), outputs: [output] });
  const inner = kept === null ? [] : [between[kept] ?? -1];
  return b.model(`${title} ${from} ${fromScale} to ${to} ${toScale} ${shape.join('x')}`, [output, ...inner]);
};

const numbers: fc.Arbitrary<Numbers> = fc.record({
  seed: chosenSeed,
  from: byteType,
  to: byteType,
  // Powers of two have results halfway between two codes.
  fromScale: fc.oneof(real(0.002, 0.1), fc.constantFrom(1 / 8, 1 / 64)),
  toScale: fc.oneof(real(0.002, 0.1), fc.constantFrom(1 / 4, 1 / 32)),
  shape: fc.oneof(
    fc.tuple(fc.constantFrom(1, 1, 2, 20), whole(6, 9), whole(6, 9), whole(1, 40)),
    fc.tuple(whole(1, 3), whole(200, 400)),
    fc.tuple(whole(200, 600)),
  ),
});

const oneOf = (op: fc.Arbitrary<FloatOp>, title: string, before: readonly FloatOp[] = []): fc.Arbitrary<OpModel> =>
  fc.tuple(numbers, op).map(([own, made]) => modelOf(own, [...before, made], title));

/** x limited to what is above zero. */
const positive = withConstant('MAXIMUM', 0.01, false);

const chains: fc.Arbitrary<OpModel> = fc
  .tuple(
    numbers,
    fc.array(
      fc.oneof(
        ...['ABS', 'ADD', 'FLOOR', 'LEAKY_RELU', 'MAXIMUM', 'MUL', 'NEG', 'RELU6', 'SQUARE', 'SUB'].flatMap(
          (op) => everywhere[op] ?? [],
        ),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([own, ops]) => modelOf(own, ops, `${ops.length} ops`));

describe('float functions of one value between codes', () => {
  for (const runtime of runtimes) {
    // Functions whose results are known but for their last places: some code of 256 may stand on an edge.
    const expected = { ...everyValue, runtime, refused: 0.25, models: 16 };
    for (const [name, op] of Object.entries(everywhere)) {
      if (newer.has(name) && runtime === 'tflite_runtime') continue;
      const kernels = optimized.has(name) ? ({ kernels: 'optimized' } as const) : {};
      differentialTest(`${name}, in ${runtime}`, oneOf(op, name), { ...expected, ...kernels });
    }
    for (const [name, op] of Object.entries(above))
      differentialTest(`${name}, in ${runtime}`, oneOf(op, name, [positive]), expected);
    differentialTest(`several, in ${runtime}`, chains, { ...everyValue, runtime, models: 40 });
  }

  const own: Numbers = { seed: 3, from: 'int8', to: 'int8', fromScale: 0.1, toScale: 0.1, shape: [1, 4, 4, 16] };
  const verdicts = ({ spec }: OpModel) => {
    const { parts, refusals } = compileTflite(writeTflite(spec), { trust: 'inferred', parts: 'all' });
    return { parts: parts.map(({ nodes }) => nodes), refusals };
  };

  it('run as one table', () => {
    const { parts, refusals } = verdicts(modelOf(own, [unary('NEG')], ''));
    expect(refusals).to.deep.equal([]);
    expect(parts).to.deep.equal([[0, 1, 2]]);
  });

  it('are not taken where a code has no result, or one that libraries give differently; a rule says so', () => {
    const noRoot = verdicts(modelOf({ ...own, seed: 1 }, [withConstant('SUB', 100, false), unary('SQRT')], ''));
    expect(noRoot.refusals.map(({ node, rule }) => `${node} ${rule}`)).to.deep.equal(
      [0, 1, 2, 3].map((node) => `${node} numbers`),
    );
    expect(noRoot.refusals[0]?.text).to.contain('make no number that is known');
    // tanh(0.05) = 0.0499584 stands as near to half a step as a float can.
    const tanh = Math.fround(Math.tanh(Math.fround(0.05)));
    const edge = verdicts(modelOf({ ...own, fromScale: 0.05, toScale: Math.fround(2 * tanh) }, [unary('TANH')], ''));
    expect(edge.refusals[0]?.text).to.match(/whose result may become code -?\d+ or -?\d+ /);
  });

  it('stay float where something else reads a float between', () => {
    for (const kept of [0, 1]) {
      const { parts, refusals } = verdicts(modelOf(own, [unary('NEG')], '', kept));
      expect(parts, `float tensor ${kept} is an output`).to.deep.equal([]);
      expect(refusals.map(({ node }) => node)).to.have.members([0, 1, 2]);
    }
  });
});
