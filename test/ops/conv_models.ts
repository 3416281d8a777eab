import fc from 'fast-check';
import { activation, padding } from '../host/tflite_writer.js';
import { Builder, byteType, channelCount, chosenSeed, type OpModel, whole } from './builder.js';

/** What the random models of differential.test.ts leave out: dilation, depth multipliers, groups, large kernel groups. */
interface Form {
  readonly op: 'CONV_2D' | 'DEPTHWISE_CONV_2D';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outputs: number;
  /** Channels of a kernel. */
  readonly depth: number;
  readonly kernelH: number;
  readonly kernelW: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly strideH: number;
  readonly strideW: number;
}

const plain = { dilationH: 1, dilationW: 1, strideH: 1, strideW: 1 };
const side = whole(1, 14);

export const dilated = (op: Form['op']): fc.Arbitrary<Form> =>
  fc
    .record({
      height: side,
      width: side,
      channels: channelCount,
      outputs: channelCount,
      kernelH: whole(1, 3),
      kernelW: whole(1, 3),
      dilationH: whole(1, 7),
      dilationW: whole(1, 7),
    })
    .map((form) => ({
      ...plain,
      ...form,
      op,
      outputs: op === 'DEPTHWISE_CONV_2D' ? form.channels : form.outputs,
      depth: op === 'DEPTHWISE_CONV_2D' ? 1 : form.channels,
    }));

export const multiplied: fc.Arbitrary<Form> = fc
  .record({
    height: side,
    width: side,
    channels: whole(1, 20),
    multiplier: whole(2, 9),
    kernelH: whole(1, 5),
    kernelW: whole(1, 5),
    strideH: whole(1, 3),
    strideW: whole(1, 3),
  })
  .map(({ multiplier, ...form }) => ({
    ...plain,
    ...form,
    op: 'DEPTHWISE_CONV_2D',
    outputs: form.channels * multiplier,
    depth: 1,
  }));

export const grouped: fc.Arbitrary<Form> = fc
  .record({
    height: side,
    width: side,
    depth: whole(1, 12),
    groups: whole(2, 5),
    each: whole(1, 9),
    kernelH: whole(1, 3),
    kernelW: whole(1, 3),
    strideH: whole(1, 2),
    strideW: whole(1, 2),
  })
  .map(({ groups, each, ...form }) => ({
    ...plain,
    ...form,
    op: 'CONV_2D',
    channels: form.depth * groups,
    outputs: each * groups,
  }));

export const largeGroups: fc.Arbitrary<Form> = fc
  .record({
    height: whole(20, 33),
    width: whole(20, 33),
    channels: whole(1, 4),
    outputs: whole(17, 100),
    kernelH: whole(26, 31),
    kernelW: whole(26, 31),
    strideH: whole(1, 7),
    strideW: whole(1, 7),
  })
  .map((form) => ({ ...plain, ...form, op: 'CONV_2D', depth: form.channels }));

/** More products for an output value than 32 kernels in the convolution buffer leave room for, or than boards have shown. */
const deepForm = (sides: readonly [number, number], least: number, most: number): fc.Arbitrary<Form> =>
  fc
    .record({
      height: whole(1, 9),
      width: whole(1, 9),
      kernelH: whole(...sides),
      kernelW: whole(...sides),
      products: whole(least, most),
      outputs: fc.constantFrom(1, 2, 5, 16, 17, 40),
      strideH: whole(1, 2),
      strideW: whole(1, 2),
    })
    .map(({ products, ...form }) => {
      const channels = Math.floor(products / (form.kernelH * form.kernelW));
      return { ...plain, ...form, op: 'CONV_2D', channels, depth: channels };
    });

export const deep: fc.Arbitrary<Form> = fc.oneof(deepForm([3, 7], 4609, 9000), deepForm([2, 5], 9001, 16000));

/** Few kernels, of which one alone fills several banks. */
export const deepest: fc.Arbitrary<Form> = deepForm([5, 7], 20_000, 45_000).map((form) => ({
  ...form,
  outputs: form.outputs > 5 ? 2 : Math.min(4, form.outputs),
}));

const modelOf = ([seed, type, mode, fused, form]: readonly [
  number,
  'int8' | 'uint8',
  'same' | 'valid',
  keyof typeof activation,
  Form,
]): OpModel => {
  const b = new Builder(seed);
  const { op, channels, outputs, depth } = form;
  const depthwise = op === 'DEPTHWISE_CONV_2D';
  const [spanH, spanW] = [(form.kernelH - 1) * form.dilationH + 1, (form.kernelW - 1) * form.dilationW + 1];
  const fits = mode === 'valid' && spanH <= form.height && spanW <= form.width;
  const out = (length: number, span: number, stride: number): number =>
    fits ? Math.ceil((length - span + 1) / stride) : Math.ceil(length / stride);
  const [inputScale, outputScale] = [0.05, 0.04];
  const input = b.input(type, [1, form.height, form.width, channels], inputScale, b.zeroPoint(type));
  const taps = form.kernelH * form.kernelW * depth;
  const perChannel = type === 'int8' && b.random.chance(0.7);
  const base = (outputScale / inputScale) * (0.3 / Math.sqrt(taps)) * 0.1;
  const scales = Array.from({ length: perChannel ? outputs : 1 }, () =>
    Math.fround(base * 2 ** b.random.between(-2, 0)),
  );
  const zero = type === 'int8' ? 0 : b.random.integer(90, 160);
  const filter = b.tensor({
    type,
    shape: depthwise ? [1, form.kernelH, form.kernelW, outputs] : [outputs, form.kernelH, form.kernelW, depth],
    scale: scales,
    zeroPoint: scales.map(() => zero),
    quantizedDimension: perChannel && depthwise ? 3 : 0,
    data: Uint8Array.from({ length: taps * outputs }, () => (zero + b.random.integer(-20, 20)) & 0xff),
  });
  const bias = b.tensor({
    type: 'int32',
    shape: [outputs],
    scale: scales.map((scale) => Math.fround(Math.fround(inputScale) * scale)),
    zeroPoint: scales.map(() => 0),
    data: new Uint8Array(Int32Array.from({ length: outputs }, () => b.random.integer(-2000, 2000)).buffer),
  });
  const shape = [1, out(form.height, spanH, form.strideH), out(form.width, spanW, form.strideW), outputs];
  const output = b.map(type, shape, outputScale, b.zeroPoint(type));
  const { strideH, strideW, dilationH, dilationW } = form;
  const fields = {
    padding: fits ? padding.valid : padding.same,
    strideH,
    strideW,
    dilationH,
    dilationW,
    activation: activation[fused],
  };
  b.op({
    op,
    version: type === 'int8' ? 3 : 2,
    inputs: [input, filter, bias],
    outputs: [output],
    options: depthwise
      ? { type: 'DepthwiseConv2DOptions', fields: { ...fields, depthMultiplier: outputs / channels } }
      : { type: 'Conv2DOptions', fields },
  });
  return b.model(
    `${op} ${type} ${form.height}x${form.width}x${channels} -> ${shape.join('x')} kernel ${form.kernelH}x${form.kernelW}x${depth} dilation ${dilationH}x${dilationW} stride ${strideH}x${strideW}`,
    [output],
  );
};

export const convModels = (forms: fc.Arbitrary<Form>): fc.Arbitrary<OpModel> =>
  fc
    .tuple(
      chosenSeed,
      byteType,
      fc.constantFrom('same' as const, 'valid' as const),
      fc.constantFrom<keyof typeof activation>('none', 'relu', 'relu6'),
      forms,
    )
    .map(modelOf);

/** Pictures of few channels, at any offset of their blocks: odd planes, kernels smaller and larger than the stride. */
export const stems: fc.Arbitrary<Form> = fc
  .record({
    height: whole(1, 40),
    width: whole(1, 40),
    channels: whole(1, 5),
    outputs: channelCount,
    kernelH: whole(1, 9),
    kernelW: whole(1, 9),
    stride: whole(2, 6),
  })
  .map(({ stride, ...form }) => ({
    ...plain,
    ...form,
    strideH: stride,
    strideW: stride,
    op: 'CONV_2D',
    depth: form.channels,
  }));
