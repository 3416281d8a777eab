import { expect } from 'chai';
import fc from 'fast-check';
import { holds } from '../host/holds.js';
import { runtimes } from '../host/python.js';
import { seededRandom } from '../host/random.js';
import { skip } from '../host/skip.js';
import { activation, type OpSpec, padding, type TensorSpec, writeTflite } from '../host/tflite_writer.js';
import { expectScenario } from './expectations.js';
import { type Bench, openBench } from './host_program.js';

/** A picture of a batch as the graph has it, and sizes with as many bytes: a plan for one must not serve another. */
interface Choice {
  readonly channels: number;
  readonly kernel: 1 | 3;
  readonly same: boolean;
  /** A RESHAPE to rows of all channels stands before or behind the convolution: the border of the part has another shape. */
  readonly reshaped: 'no' | 'after' | 'before';
  readonly sizes: readonly (readonly [number, number, number])[];
}

const pixels = 96; // 2 x 6 x 8, and many others
const factorings = Array.from({ length: 8 }, (_, i) => i + 1).flatMap((n) =>
  Array.from({ length: pixels }, (_, i) => i + 1)
    .filter((h) => pixels % (n * h) === 0)
    .map((h) => [n, h, pixels / (n * h)] as const),
);
const usable = factorings.filter(([, h, w]) => h >= 3 && w >= 3);

const choice: fc.Arbitrary<Choice> = fc.record({
  channels: fc.constantFrom(3, 4, 16, 20),
  kernel: fc.constantFrom(1, 3),
  same: fc.boolean(),
  reshaped: fc.constantFrom('no', 'after', 'before'),
  sizes: fc.array(fc.constantFrom(...usable), { minLength: 3, maxLength: 4 }),
});

function modelOf({ channels, kernel, same, reshaped, sizes }: Choice): Uint8Array {
  const random = seededRandom(channels * 7 + kernel);
  const [n, h, w] = sizes[0] ?? [2, 6, 8];
  const [outH, outW] = same ? [h, w] : [h - kernel + 1, w - kernel + 1];
  const noise = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, () => {
      const value = random.integer(-127, 127);
      return value & 255;
    });
  const map = (name: string, shape: readonly number[]): TensorSpec => ({
    name,
    type: 'int8',
    shape,
    scale: [1 / 16],
    zeroPoint: [0],
  });
  const words = (values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
  const before = reshaped === 'before',
    after = reshaped === 'after';
  const tensors: TensorSpec[] = [
    map('x', [n, h, w, channels]),
    {
      name: 'w',
      type: 'int8',
      shape: [8, kernel, kernel, channels],
      scale: [0.01],
      data: noise(8 * kernel * kernel * channels),
    },
    { name: 'b', type: 'int32', shape: [8], scale: [Math.fround(0.01) / 16], data: new Uint8Array(32) },
    map('y', before ? [n * h, w, 1, 8] : [n, outH, outW, 8]),
    // -1: what is left. Rows of a picture as pictures, or the output as one row of pixels for each.
    { name: 'shape', type: 'int32', shape: [before ? 4 : 3], data: words(before ? [-1, w, 1, channels] : [n, -1, 8]) },
    before ? map('rows', [n * h, w, 1, channels]) : map('rows', [n, outH * outW, 8]),
  ];
  const conv: OpSpec = {
    op: 'CONV_2D',
    version: 3,
    inputs: [before ? 5 : 0, 1, 2],
    outputs: [3],
    options: {
      type: 'Conv2DOptions',
      fields: {
        padding: same || before ? padding.same : padding.valid,
        strideW: 1,
        strideH: 1,
        activation: activation.none,
      },
    },
  };
  const reshape: OpSpec = { op: 'RESHAPE', inputs: [before ? 0 : 3, 4], outputs: [5] };
  const ops = before ? [reshape, conv] : after ? [conv, reshape] : [conv];
  return writeTflite({ tensors, ops, inputs: [0], outputs: [after ? 5 : 3] });
}

/** What a RESHAPE with constants can take: there the batch (after) or the width (before) stays. */
const possible = ({ reshaped, sizes: [first = [0, 0, 0], ...rest] }: Choice): Choice['sizes'] =>
  [...rest, first].filter(
    ([n, , w]) => (reshaped !== 'after' || n === first[0]) && (reshaped !== 'before' || w === first[2]),
  );

for (const runtime of runtimes) {
  describe(`delegate: sizes of as many bytes, in ${runtime}`, function () {
    this.timeout(300_000);
    let bench: Bench;
    before(function () {
      const opened = openBench(runtime);
      if (typeof opened === 'string') return skip(this, opened);
      bench = opened;
    });
    after(() => bench?.remove());

    for (const kernels of ['reference', 'default'] as const) {
      it(`are told apart, and the model's own is right again afterwards: ${kernels} kernels`, () => {
        let resizes = 0;
        holds(
          fc.property(choice, (drawn) => {
            const shapes = possible(drawn).map((size) => [...size, drawn.channels]);
            resizes += shapes.length;
            const model = { bytes: modelOf(drawn), inputs: [] };
            const scenario = bench.scenario('resizes', model, {
              options: { parts: 'all' },
              values: { kernels, shapes },
            });
            expectScenario(scenario, 1);
          }),
          { numRuns: 6, endOnFailure: true },
        );
        expect(resizes).to.be.at.least(6);
      });
    }

    it('a batch whose height and width change places', () => {
      for (const reshaped of ['no', 'after'] as const) {
        const drawn: Choice = {
          channels: 4,
          kernel: 3,
          same: true,
          reshaped,
          sizes: [
            [2, 6, 8],
            [2, 8, 6],
            [2, 4, 12],
            [2, 6, 8],
          ],
        };
        const shapes = possible(drawn).map((size) => [...size, 4]);
        const model = { bytes: modelOf(drawn), inputs: [] };
        expectScenario(
          bench.scenario('resizes', model, { options: { parts: 'all' }, values: { kernels: 'reference', shapes } }),
          0,
        );
      }
    });
  });
}
