import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { readPlan } from '../../src/plan/read.js';
import { factsFromEnvironment, loadAddon } from '../host/addon.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import {
  Builder,
  byteType,
  type ByteType,
  channelCount,
  chosenSeed,
  convolved,
  drawn,
  type OpModel,
  whole,
} from './builder.js';
import { differentialTest } from './op_test.js';

/** Along one axis. */
interface Axis {
  readonly length: number;
  readonly rate: number;
  readonly kernel: number;
  /** Padding before and behind, of what the kernel spans beyond its first tap. */
  readonly before: number;
  readonly after: number;
}

const axis = (rates: fc.Arbitrary<number>, kernel: number): fc.Arbitrary<Axis> =>
  rates
    .chain((rate) =>
      fc.record({
        length: whole(1, 20),
        rate: fc.constant(rate),
        kernel: fc.constant(kernel),
        before: whole(0, Math.min(15, (kernel - 1) * rate)),
        after: whole(0, (kernel - 1) * rate),
      }),
    )
    .filter(({ length, before, after, rate, kernel: k }) => length + before + after > (k - 1) * rate);

/** Sizes, paddings and crops as TensorFlow writes them: whole blocks, by padding that is cropped again. */
const sizesOf = ({ length, rate, kernel, before, after }: Axis) => {
  const extra = (rate - ((length + before + after) % rate)) % rate;
  return {
    paddings: [before, after + extra],
    crops: [0, extra],
    spread: (length + before + after + extra) / rate,
    output: length + before + after - (kernel - 1) * rate,
  };
};

interface Chosen {
  readonly seed: number;
  readonly type: ByteType;
  readonly depthwise: boolean;
  readonly channels: number;
  readonly axes: readonly [Axis, Axis];
}

/** What else there is in the model. */
interface Around {
  /** Another node takes the convolution's output: nothing can be fused then. */
  readonly shared?: boolean;
  /** The convolution's output is an output of the model. */
  readonly kept?: boolean;
  /** A convolution before the three and one behind them. */
  readonly between?: boolean;
}

const modelOf = (
  { seed, type, depthwise, channels, axes: [rows, columns] }: Chosen,
  { shared = false, kept = false, between = false }: Around,
): OpModel => {
  const b = new Builder(seed);
  const [scale, zero] = [0.1, b.zeroPoint(type)];
  const [y, x] = [sizesOf(rows), sizesOf(columns)];
  const pictures = rows.rate * columns.rate;
  const shape = [1, rows.length, columns.length, channels];
  const picture = b.input(type, shape, scale, zero);
  const input = between ? convolved(b, type, picture, shape, channels, { exact: true }, scale, zero).index : picture;
  const block = b.ints([rows.rate, columns.rate]);
  const spread = b.map(type, [pictures, y.spread, x.spread, channels], scale, zero);
  b.op({
    op: 'SPACE_TO_BATCH_ND',
    version: 2,
    inputs: [input, block, b.ints([...y.paddings, ...x.paddings], [2, 2])],
    outputs: [spread],
    options: { type: 'SpaceToBatchNDOptions', fields: {} },
  });
  const kind = { kernel: rows.kernel, depthwise };
  const conv = convolved(b, type, spread, [pictures, y.spread, x.spread, channels], 10, kind, scale, zero);
  const merged = [1, y.output, x.output, depthwise ? channels : 10];
  const output = b.map(type, merged, scale, zero);
  b.op({
    op: 'BATCH_TO_SPACE_ND',
    version: 2,
    inputs: [conv.index, block, b.ints([...y.crops, ...x.crops], [2, 2])],
    outputs: [output],
    options: { type: 'BatchToSpaceNDOptions', fields: {} },
  });
  const last = between ? convolved(b, type, output, merged, 10, {}, scale, zero).index : output;
  const others = shared ? [b.map(type, conv.shape, scale, zero)] : [];
  for (const other of others) b.op({ op: 'RELU', version: 2, inputs: [conv.index], outputs: [other] });
  const title = `${depthwise ? 'depthwise ' : ''}${type} ${shape.join('x')} kernel ${rows.kernel} rates ${rows.rate}x${columns.rate}`;
  return b.model(title, [last, ...others, ...(kept ? [conv.index] : [])]);
};

const models = (around: Around, rates = whole(1, 4)): fc.Arbitrary<OpModel> =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      depthwise: fc.boolean(),
      channels: channelCount,
      axes: whole(1, 3).chain((kernel) => fc.tuple(axis(rates, kernel), axis(rates, kernel))),
    })
    .map((chosen) => modelOf(chosen, around));

const all = { trust: 'inferred', parts: 'all' } as const;

describe('dilated convolutions in three ops', () => {
  const close = { mostCounts: 1, equal: 0.9995 };
  differentialTest('rates to 4', models({}), close);
  // More pictures than any of the three would be taken with by itself, more pixels than a stride can be.
  differentialTest('rates to 12', models({}, whole(5, 12)), close);
  differentialTest('between convolutions', models({ between: true }), close);
  differentialTest('the convolution shared', models({ shared: true }), { ...close, refused: 0.3 });

  differentialTest('the convolution an output', models({ kept: true }), { ...close, refused: 0.3 });

  it('are one task where nothing else takes what is between, with the same numbers', function () {
    const addon = loadAddon();
    if (typeof addon === 'string') return skip(this, addon);
    const run = ({ spec, inputs }: OpModel) => {
      const { parts, refusals } = compileTflite(writeTflite(spec), all);
      const [part] = parts;
      if (part === undefined || refusals.length > 0) return null;
      const outputs = addon.planRun(part.plan, [...inputs], { facts: factsFromEnvironment() });
      return { output: outputs[part.outputs.indexOf(spec.outputs[0] ?? -1)], plan: readPlan(part.plan) };
    };
    const [one, apart] = [drawn(models({})).map(run), drawn(models({ shared: true })).map(run)];
    let compared = 0;
    for (const [i, fused] of one.entries()) {
      expect(fused?.plan.ops.map(({ node }) => node)).to.deep.equal([1]);
      const other = apart[i];
      if (other == null) continue;
      expect(other.plan.ops.length).to.be.greaterThan(1);
      expect(fused?.output).to.deep.equal(other.output);
      compared++;
    }
    expect(compared).to.be.greaterThan(one.length / 2);
  });

  it('with a large rate are refused where they cannot be one', () => {
    for (const { spec } of drawn(models({ shared: true }, whole(5, 12)), 5)) {
      const { refusals } = compileTflite(writeTflite(spec), all);
      expect(refusals.map(({ rule }) => rule)).to.include('batch');
    }
  });

  it('whose taps the chip cannot hold together leave other nodes to the NPU', () => {
    const wide = { length: 33, rate: 12, kernel: 3, before: 12, after: 12 };
    const chosen = { seed: 1, type: 'int8', depthwise: false, channels: 512, axes: [wide, wide] } as const;
    const { parts, refusals } = compileTflite(writeTflite(modelOf(chosen, { between: true }).spec), all);
    expect(refusals.map(({ node }) => node)).to.deep.equal([1, 2, 3]);
    expect(parts.map(({ nodes }) => nodes)).to.deep.equal([[0], [4]]);
  });
});
