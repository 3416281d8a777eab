import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { runtimes } from '../host/python.js';
import { writeTflite } from '../host/tflite_writer.js';
import {
  Builder,
  byteType,
  type ByteType,
  channelCount,
  chosenSeed,
  convolved,
  type OpModel,
  whole,
} from '../ops/builder.js';
import { differentialTest, everyValue } from '../ops/op_test.js';

/** A chain of RESHAPEs and TILEs behind a map: shapes, and multiples for a TILE in place of a shape. */
type Step = { readonly shape: readonly number[] } | { readonly times: readonly number[] };

interface Chosen {
  readonly seed: number;
  readonly type: ByteType;
  readonly shape: readonly number[];
  /** A convolution in front. */
  readonly before: boolean;
}

const modelOf = ({ seed, type, shape, before }: Chosen, steps: readonly Step[], title: string): OpModel => {
  const b = new Builder(seed);
  const [scale, zero] = [0.1, b.zeroPoint(type)];
  const input = b.input(type, shape, scale, zero);
  const [channels = 1] = shape.slice(-1);
  const source = before
    ? convolved(b, type, input, shape, channels, { depthwise: true, exact: true }, scale, zero).index
    : input;
  let [tensor, dims] = [source, shape];
  for (const step of steps) {
    dims = 'shape' in step ? step.shape : dims.map((dim, axis) => dim * (step.times[axis] ?? 1));
    const output = b.map(type, dims, scale, zero);
    const [op, values] = 'shape' in step ? (['RESHAPE', step.shape] as const) : (['TILE', step.times] as const);
    b.op({ op, version: 1, inputs: [tensor, b.ints(values)], outputs: [output] });
    tensor = output;
  }
  return b.model(`${title} ${type} ${shape.join('x')} to ${dims.join('x')}`, [tensor]);
};

/** As Keras 3 writes UpSampling2D: rows, then columns. */
const upsampled = (shape: readonly number[], rows: number, columns: number): readonly Step[] => {
  const [n = 1, h = 1, w = 1, c = 1] = shape;
  return [
    { shape: [n, h, 1, w, c] },
    { times: [1, 1, rows, 1, 1] },
    { shape: [n, h * rows, w, 1, c] },
    { times: [1, 1, 1, columns, 1] },
    { shape: [n, h * rows, w * columns, c] },
  ];
};

/** UpSampling1D, on a map of three dimensions. */
const upsampledRow = (shape: readonly number[], columns: number): readonly Step[] => {
  const [n = 1, w = 1, c = 1] = shape;
  return [{ shape: [n, w, 1, c] }, { times: [1, 1, columns, 1] }, { shape: [n, w * columns, c] }];
};

/** Both at once, from dimensions that are already apart. */
const upsampledAtOnce = (shape: readonly number[], rows: number, columns: number): readonly Step[] => {
  const [n = 1, h = 1, w = 1, c = 1] = shape;
  return [
    { shape: [n * h, 1, w, 1, c] },
    { times: [1, rows, 1, columns, 1] },
    { shape: [n, h * rows, w * columns, c] },
  ];
};

const models: fc.Arbitrary<OpModel> = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    batch: fc.constantFrom(1, 1, 1, 2, 3),
    height: whole(1, 9),
    width: whole(1, 9),
    channels: channelCount,
    rows: whole(1, 5),
    columns: whole(2, 5),
    form: fc.constantFrom('two steps', 'at once', 'one dimension'),
    before: fc.boolean(),
  })
  .map(({ batch, height, width, channels, rows, columns, form, ...chosen }) => {
    if (form === 'one dimension') {
      const shape = [1, width, channels];
      return modelOf({ ...chosen, before: false, shape }, upsampledRow(shape, columns), form);
    }
    const shape = [batch, height, width, channels];
    const steps = form === 'at once' ? upsampledAtOnce : upsampled;
    return modelOf({ ...chosen, shape }, steps(shape, rows, columns), form);
  });

const verdicts = (model: OpModel) => {
  const { parts, refusals } = compileTflite(writeTflite(model.spec), { trust: 'inferred', parts: 'all' });
  return { parts: parts.map(({ nodes }) => nodes), refused: refusals.map(({ node, rule }) => `${node} ${rule}`) };
};

describe('pixels repeated by RESHAPE and TILE', () => {
  for (const runtime of runtimes) differentialTest(`every value, in ${runtime}`, models, { ...everyValue, runtime });

  const chosen = { seed: 1, type: 'int8', shape: [1, 4, 6, 16], before: false } as const;
  const { shape } = chosen;

  it('are no upsampling where something else is repeated, or in turns', () => {
    for (const [title, steps] of [
      ['the map', [{ shape: [1, 1, 4, 6, 16] }, { times: [1, 2, 1, 1, 1] }, { shape: [1, 8, 6, 16] }]],
      ['rows in turns', [{ shape: [1, 4, 6, 16] }, { times: [1, 1, 2, 1] }, { shape: [1, 4, 12, 16] }]],
      ['channels', [{ shape: [1, 4, 6, 16, 1] }, { times: [1, 1, 1, 1, 2] }, { shape: [1, 4, 6, 32] }]],
      ['pixels, as channels', [{ shape: [1, 4, 6, 1, 16] }, { times: [1, 1, 1, 2, 1] }, { shape: [1, 4, 6, 32] }]],
      ['halves of rows', [{ shape: [1, 4, 2, 48] }, { times: [1, 1, 2, 1] }, { shape: [1, 4, 12, 16] }]],
    ] as const) {
      const { refused } = verdicts(modelOf(chosen, steps, title));
      expect(refused, title).to.include('1 operator');
    }
  });

  it('say what keeps them from being one', () => {
    const { refused } = verdicts(modelOf(chosen, upsampled(shape, 17, 2), 'too often'));
    expect(refused).to.deep.equal(['1 factors', '3 factors']);
  });

  it('run as one, with all five nodes in the part', () => {
    expect(verdicts(modelOf(chosen, upsampled(shape, 2, 3), ''))).to.deep.equal({
      parts: [[0, 1, 2, 3, 4]],
      refused: [],
    });
  });
});
