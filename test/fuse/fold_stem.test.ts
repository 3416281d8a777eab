import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import type { Plan } from '../../src/plan/format.js';
import { readPlan } from '../../src/plan/read.js';
import { runtimes } from '../host/python.js';
import { padding, writeTflite } from '../host/tflite_writer.js';
import { Builder } from '../ops/builder.js';
import { convModels, stems } from '../ops/conv_models.js';
import { differentialTest } from '../ops/op_test.js';

interface Choice {
  readonly side?: number;
  readonly channels?: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly same?: boolean;
  /** What else reads the picture, or stands before the convolution. */
  readonly beside?: 'nothing' | 'quantize' | 'reader' | 'batch';
}

const planOf = ({ side = 33, channels = 3, kernel = 3, stride = 2, same = true, beside = 'nothing' }: Choice): Plan => {
  const b = new Builder(3);
  const samples = beside === 'batch' ? 2 : 1;
  const picture = [samples, side, side, channels];
  const input = beside === 'quantize' ? b.input('uint8', picture, 0.1, 131) : b.input('int8', picture, 0.1, 3);
  let read = input;
  if (beside === 'quantize') {
    read = b.map('int8', picture, 0.1, 3);
    b.op({ op: 'QUANTIZE', version: 1, inputs: [input], outputs: [read] });
  }
  const length = same ? Math.ceil(side / stride) : Math.floor((side - kernel) / stride) + 1;
  const filter = b.constant('int8', [16, kernel, kernel, channels], 0.001, 0);
  const bias = b.tensor({ type: 'int32', shape: [16], scale: [1e-4], zeroPoint: [0], data: new Uint8Array(64) });
  const output = b.map('int8', [samples, length, length, 16], 0.1, 0);
  const fields = { padding: same ? padding.same : padding.valid, strideH: stride, strideW: stride, activation: 0 };
  b.op({
    ...{ op: 'CONV_2D', version: 3, inputs: [read, filter, bias], outputs: [output] },
    options: { type: 'Conv2DOptions', fields },
  });
  const outputs = [output];
  if (beside === 'reader') {
    const other = b.map('int8', picture, 0.1, 3);
    b.op({ op: 'RELU', version: 2, inputs: [input], outputs: [other] });
    outputs.push(other);
  }
  const { parts } = compileTflite(writeTflite(b.model('', outputs).spec), { trust: 'inferred', parts: 'all' });
  expect(parts).to.have.length(1);
  return readPlan(parts[0]?.plan ?? new Uint8Array());
};

const blocksOf = (choice: Choice) => planOf(choice).tensors.flatMap(({ blocks }) => (blocks === null ? [] : [blocks]));

describe('fuse: a stem on blocks of the picture', () => {
  for (const runtime of runtimes)
    differentialTest(`every form, in ${runtime}`, convModels(stems), { mostCounts: 1, equal: 0.999, runtime });

  it('begins where the padding does', () => {
    expect(blocksOf({ side: 32 })).to.deep.equal([{ size: 2, top: 0, left: 0 }]);
    expect(blocksOf({ side: 33 })).to.deep.equal([{ size: 2, top: 1, left: 1 }]);
    expect(blocksOf({ side: 33, same: false })).to.deep.equal([{ size: 2, top: 0, left: 0 }]);
    expect(blocksOf({ side: 64, kernel: 7, stride: 4 })).to.deep.equal([{ size: 4, top: 1, left: 1 }]);
  });

  it('reads through a QUANTIZE that changes the type alone', () => {
    expect(blocksOf({ beside: 'quantize' })).to.have.length(1);
  });

  const plain: readonly (readonly [string, Choice])[] = [
    ['without a stride', { stride: 1 }],
    ['of one tap', { kernel: 1 }],
    ['of many channels', { channels: 40 }],
    ['of a picture that another op reads', { beside: 'reader' }],
    ['of a batch', { beside: 'batch' }],
  ];
  for (const [what, choice] of plain)
    it(`leaves a convolution ${what} as it is`, () => {
      expect(blocksOf(choice)).to.deep.equal([]);
    });

  it('takes fewer cycles', () => {
    const cycles = (plan: Plan): number => plan.tasks.reduce((sum, task) => sum + task.cycles, 0);
    fc.assert(
      fc.property(fc.constantFrom(3, 5, 7), fc.constantFrom(64, 97), (kernel, side) => {
        const [folded, whole] = [planOf({ kernel, side }), planOf({ kernel, side, beside: 'reader' })];
        expect(cycles(folded)).to.be.below(0.7 * cycles(whole));
      }),
      { numRuns: 6 },
    );
  });
});
