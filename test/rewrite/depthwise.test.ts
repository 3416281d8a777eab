import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { readPlan } from '../../src/plan/read.js';
import { runtimes } from '../host/python.js';
import { activation, padding, writeTflite } from '../host/tflite_writer.js';
import { Builder, byteType, type ByteType, chosenSeed, type OpModel, whole } from '../ops/builder.js';
import { differentialTest } from '../ops/op_test.js';

type Form = 'DEPTHWISE_CONV_2D' | 'CONV_2D with groups' | 'SPLIT and CONV_2Ds' | 'SPLIT_V and CONV_2Ds';

interface Chosen {
  readonly seed: number;
  readonly type: ByteType;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly perChannel: boolean;
  readonly fused: keyof typeof activation;
}

/** The same convolution of each channel by itself, however it is written. */
const modelOf = (chosen: Chosen, form: Form): OpModel => {
  const { seed, type, height, width, channels, kernel, stride, fused } = chosen;
  const b = new Builder(seed);
  const perChannel = chosen.perChannel && type === 'int8';
  const zero = type === 'int8' ? 0 : 128;
  const taps = kernel * kernel;
  const scales = Array.from({ length: channels }, (_, c) => Math.fround(perChannel ? 0.002 + 0.0001 * (c % 7) : 0.002));
  const weights = Array.from({ length: channels }, () =>
    Array.from({ length: taps }, () => (zero + b.random.integer(-40, 40)) & 0xff),
  );
  const biases = Array.from({ length: channels }, () => b.random.integer(-500, 500));
  const shape = [1, height, width, channels];
  const input = b.input(type, shape, 0.1, b.zeroPoint(type));
  const made = [1, Math.ceil(height / stride), Math.ceil(width / stride)];
  const [outputScale, outputZero] = [0.05, b.zeroPoint(type)];
  const fields = {
    padding: padding.same,
    strideH: stride,
    strideW: stride,
    dilationH: 1,
    dilationW: 1,
    activation: activation[fused],
  };
  const bias = (values: readonly number[], own: readonly number[]): number =>
    b.tensor({
      type: 'int32',
      shape: [values.length],
      scale: own.map((scale) => Math.fround(Math.fround(0.1) * scale)),
      zeroPoint: own.map(() => 0),
      data: new Uint8Array(Int32Array.from(values).buffer),
    });
  const version = type === 'int8' ? 3 : 2;
  const title = `${form} ${type} ${shape.join('x')} kernel ${kernel} stride ${stride}${perChannel ? ' per channel' : ''}`;
  const conv = (from: number, filter: number, biasOf: number, outputs: number): number => {
    const output = b.map(type, [...made, outputs], outputScale, outputZero);
    const options = { type: 'Conv2DOptions', fields } as const;
    b.op({ op: 'CONV_2D', version, inputs: [from, filter, biasOf], outputs: [output], options });
    return output;
  };
  const own = perChannel ? scales : scales.slice(0, 1);
  const quantized = { type, scale: own, zeroPoint: own.map(() => zero) };
  switch (form) {
    case 'DEPTHWISE_CONV_2D': {
      const data = Uint8Array.from(
        { length: taps * channels },
        (_, i) => weights[i % channels]?.[Math.floor(i / channels)] ?? 0,
      );
      const filter = b.tensor({ ...quantized, shape: [1, kernel, kernel, channels], quantizedDimension: 3, data });
      const output = b.map(type, [...made, channels], outputScale, outputZero);
      const options = { type: 'DepthwiseConv2DOptions', fields: { ...fields, depthMultiplier: 1 } } as const;
      b.op({
        op: 'DEPTHWISE_CONV_2D',
        version,
        inputs: [input, filter, bias(biases, own)],
        outputs: [output],
        options,
      });
      return b.model(title, [output]);
    }
    case 'CONV_2D with groups': {
      const filter = b.tensor({
        ...quantized,
        shape: [channels, kernel, kernel, 1],
        quantizedDimension: 0,
        data: Uint8Array.from(weights.flat()),
      });
      return b.model(title, [conv(input, filter, bias(biases, own), channels)]);
    }
    case 'SPLIT and CONV_2Ds':
    case 'SPLIT_V and CONV_2Ds': {
      const parts = Array.from({ length: channels }, () =>
        b.map(type, [1, height, width, 1], 0.1, b.tensors[input]?.zeroPoint?.[0] ?? 0),
      );
      const axis = b.tensor({ type: 'int32', shape: [], data: new Uint8Array(Int32Array.of(3).buffer) });
      if (form === 'SPLIT and CONV_2Ds')
        b.op({
          op: 'SPLIT',
          version: 2,
          inputs: [axis, input],
          outputs: parts,
          options: { type: 'SplitOptions', fields: { splits: channels } },
        });
      else
        b.op({
          op: 'SPLIT_V',
          version: 2,
          inputs: [input, b.ints(parts.map(() => 1)), axis],
          outputs: parts,
          options: { type: 'SplitVOptions', fields: { splits: channels } },
        });
      const results = parts.map((part, c) => {
        const scale = [scales[c] ?? 1];
        const data = Uint8Array.from(weights[c] ?? []);
        const filter = b.tensor({ type, scale, zeroPoint: [zero], shape: [1, kernel, kernel, 1], data });
        return conv(part, filter, bias([biases[c] ?? 0], scale), 1);
      });
      const output = b.map(type, [...made, channels], outputScale, outputZero);
      b.op({
        op: 'CONCATENATION',
        version: type === 'int8' ? 2 : 1,
        inputs: results,
        outputs: [output],
        options: { type: 'ConcatenationOptions', fields: { axis: 3, activation: 0 } },
      });
      return b.model(title, [output]);
    }
  }
};

const numbers: fc.Arbitrary<Chosen> = fc.record({
  seed: chosenSeed,
  type: byteType,
  height: whole(1, 14),
  width: whole(1, 14),
  channels: fc.oneof(whole(2, 12), fc.constantFrom(16, 24)),
  kernel: whole(1, 4),
  stride: whole(1, 2),
  perChannel: fc.boolean(),
  fused: fc.constantFrom<keyof typeof activation>('none', 'relu', 'relu6'),
});

const written: readonly Form[] = ['CONV_2D with groups', 'SPLIT and CONV_2Ds', 'SPLIT_V and CONV_2Ds'];
const models = (form: Form): fc.Arbitrary<OpModel> => numbers.map((chosen) => modelOf(chosen, form));
const all = { trust: 'inferred', parts: 'all' } as const;

/** What devices read of a plan. */
const programs = (model: OpModel) => {
  const { parts, refusals } = compileTflite(writeTflite(model.spec), all);
  expect(refusals, model.title).to.deep.equal([]);
  return parts.map(({ plan }) => readPlan(plan).bos.map(({ kind, size, bytes }) => ({ kind, size, bytes })));
};

describe('convolutions of each channel by itself', () => {
  for (const runtime of runtimes) {
    for (const form of written)
      differentialTest(`${form}, in ${runtime}`, models(form), { mostCounts: 1, equal: 0.9995, runtime, models: 40 });
  }

  it('have the programs of DEPTHWISE_CONV_2D, whatever they are written as', () => {
    for (const [i, chosen] of fc.sample(numbers, { numRuns: 30, seed: 7 }).entries()) {
      const wanted = programs(modelOf(chosen, 'DEPTHWISE_CONV_2D'));
      const form = written[i % written.length] ?? 'CONV_2D with groups';
      const model = modelOf(chosen, form);
      expect(programs(model), model.title).to.deep.equal(wanted);
    }
  });

  it('stay as they are where the channels are in another order, or not all there', () => {
    const chosen = {
      seed: 1,
      type: 'int8',
      height: 6,
      width: 6,
      channels: 4,
      kernel: 3,
      stride: 1,
      perChannel: true,
      fused: 'none',
    } as const;
    const { spec } = modelOf(chosen, 'SPLIT and CONV_2Ds');
    const turned = spec.ops.map((op) => (op.op === 'CONCATENATION' ? { ...op, inputs: [...op.inputs].reverse() } : op));
    for (const ops of [turned]) {
      const { parts } = compileTflite(writeTflite({ ...spec, ops }), all);
      const names = parts.flatMap(({ plan }) => readPlan(plan).ops.map(({ name }) => name));
      expect(names.filter((name) => name === 'CONV_2D')).to.have.lengthOf(4);
    }
  });
});
