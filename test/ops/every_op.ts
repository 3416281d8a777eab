/**
 * One form or several of every op that the NPU takes, on a feature map of any batch, plane and channels: for tests that
 * must hold for all ops. `test/ops/samples.test.ts` tells when an op of the table is missing here. A new op's stand in its
 * own case (`cases/`).
 */
import { activation, type OpName, type OpSpec, padding } from '../host/tflite_writer.js';
import type { Builder } from './builder.js';
import { opCases } from './cases/index.js';
import {
  added,
  type Dims,
  dims,
  type FeatureMap,
  form,
  like,
  type Make,
  type OpForm,
  reduceForms,
  sizeOf,
} from './form.js';

/** An op that changes the shape alone. */
const reshaping =
  (op: OpName, to: (dims: Dims) => readonly number[] | null, more: OpMore, version?: number): Make =>
  (b, map) => {
    const shape = to(dims(map));
    if (shape === null) return null;
    const { inputs = () => [], options } = more;
    return added(b, op, [map.index, ...inputs(b, map, shape)], [like(b, map, { shape })], options?.(map), version);
  };

interface OpMore {
  readonly inputs?: (b: Builder, map: FeatureMap, shape: readonly number[]) => readonly number[];
  readonly options?: (map: FeatureMap) => OpSpec['options'];
}

const pooled =
  (
    op: 'MAX_POOL_2D' | 'AVERAGE_POOL_2D',
    [filterH, filterW]: readonly [number, number],
    stride: number,
    mode: keyof typeof padding,
    fused: keyof typeof activation = 'none',
  ): Make =>
  (b, map) => {
    const [n, h, w, c] = dims(map);
    const out = (length: number, kernel: number): number =>
      Math.ceil((mode === 'same' ? length : length - kernel + 1) / stride);
    const shape = [n, out(h, filterH), out(w, filterW), c];
    const fields = { padding: padding[mode], strideH: stride, strideW: stride, filterH, filterW };
    if (shape.some((dim) => dim < 1)) return null;
    return added(b, op, [map.index], [like(b, map, { shape })], {
      type: 'Pool2DOptions',
      fields: { ...fields, activation: activation[fused] },
    });
  };

const alone =
  (op: OpName, changes: Partial<FeatureMap>, { int8Only = false, options }: AloneMore = {}): Make =>
  (b, map) =>
    int8Only && map.type !== 'int8' ? null : added(b, op, [map.index], [like(b, map, changes)], options, 1);

interface AloneMore {
  readonly int8Only?: boolean;
  readonly options?: OpSpec['options'];
}

/** The output scale and zero-point that TFLite asks for. */
const fixed =
  (op: OpName, scale: number, signedZero: number, more: AloneMore = {}): Make =>
  (b, map) =>
    alone(op, { scale, zero: signedZero + (map.type === 'int8' ? 0 : 128) }, more)(b, map);

/** For ops that take no number below zero: the map is taken with its least code for zero. */
const positive =
  (op: OpName): Make =>
  (b, map) => {
    if (map.type !== 'int8') return null;
    const lifted = like(b, map, { zero: -128 });
    added(b, 'QUANTIZE', [map.index], [lifted], { type: 'QuantizeOptions', fields: {} }, 1);
    return added(b, op, [lifted.index], [like(b, lifted, { scale: 0.05, zero: -128 })]);
  };

interface Taps {
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  readonly dilation?: number;
  readonly mode?: keyof typeof padding;
  readonly fused?: keyof typeof activation;
}

const filtered = (
  b: Builder,
  map: FeatureMap,
  shape: readonly number[],
  channels: number,
  axis: number,
): readonly [number, number] => {
  const products = sizeOf(shape) / channels;
  const perChannel = map.type === 'int8';
  const scales = Array.from({ length: perChannel ? channels : 1 }, () =>
    Math.fround((0.02 / Math.sqrt(products)) * b.random.between(0.5, 1)),
  );
  const zero = map.type === 'int8' ? 0 : 120;
  const data = Uint8Array.from({ length: sizeOf(shape) }, () => (zero + b.random.integer(-60, 60)) & 0xff);
  const zeroPoint = scales.map(() => zero);
  const filter = b.tensor({ type: map.type, shape, scale: scales, zeroPoint, quantizedDimension: axis, data });
  const values = Int32Array.from({ length: channels }, () => b.random.integer(-500, 500));
  const bias = b.tensor({
    type: 'int32',
    shape: [channels],
    scale: scales.map((scale) => Math.fround(Math.fround(map.scale) * scale)),
    zeroPoint: scales.map(() => 0),
    data: new Uint8Array(values.buffer),
  });
  return [filter, bias];
};

const convolution =
  (depthwise: boolean, outputs: number, taps: Taps): Make =>
  (b, map) => {
    const { kernel, stride = 1, dilation = 1, mode = 'same', fused = 'none' } = taps;
    const [n, h, w, c] = dims(map);
    const channels = depthwise ? c : outputs;
    const shape = depthwise ? [1, ...kernel, channels] : [channels, ...kernel, c];
    const out = (length: number, side: number): number =>
      Math.ceil((mode === 'same' ? length : length - (side - 1) * dilation) / stride);
    const to = [n, out(h, kernel[0]), out(w, kernel[1]), channels];
    if (to.some((dim) => dim < 1)) return null;
    const operands = filtered(b, map, shape, channels, depthwise ? 3 : 0);
    const fields = {
      padding: padding[mode],
      strideH: stride,
      strideW: stride,
      activation: activation[fused],
      dilationH: dilation,
      dilationW: dilation,
      ...(depthwise ? { depthMultiplier: 1 } : {}),
    };
    return added(
      b,
      depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
      [map.index, ...operands],
      [like(b, map, { shape: to })],
      { type: depthwise ? 'DepthwiseConv2DOptions' : 'Conv2DOptions', fields },
      3,
    );
  };

const transposedConvolution: Make = (b, map) => {
  const [n, h, w, c] = dims(map);
  const [outputs, shape] = [18, [n, 2 * h, 2 * w, 18]];
  const [filter, bias] = filtered(b, map, [outputs, 3, 2, c], outputs, 0);
  const options = { type: 'TransposeConvOptions', fields: { padding: padding.same, strideH: 2, strideW: 2 } } as const;
  return added(b, 'TRANSPOSE_CONV', [b.ints(shape), filter, map.index, bias], [like(b, map, { shape })], options, 3);
};

const dense: Make = (b, map) => {
  const [n, h, w, c] = dims(map);
  const [filter, bias] = filtered(b, { ...map, type: map.type }, [20, c], 20, 0);
  // One scale: the kernels of two versions of TFLite round several ones in two ways.
  const spec = b.tensors[filter];
  if (spec !== undefined)
    b.tensors[filter] = { ...spec, scale: [spec.scale?.[0] ?? 1], zeroPoint: [spec.zeroPoint?.[0] ?? 0] };
  const options = { type: 'FullyConnectedOptions', fields: { activation: 0, keepNumDims: true } } as const;
  return added(b, 'FULLY_CONNECTED', [map.index, filter, bias], [like(b, map, { shape: [n, h, w, 20] })], options, 4);
};

/** What stands beside the map in an op of two operands. */
type Beside = 'itself' | 'turned' | 'channels' | 'value' | 'pixel';

/** The map's own values in another place, so that both operands are inner tensors. */
const turned = (b: Builder, map: FeatureMap): FeatureMap => {
  const [, h, w] = dims(map);
  const [all] = added(
    b,
    'STRIDED_SLICE',
    [map.index, b.ints([0, 0, 0, 0]), b.ints([0, h, w, 0]), b.ints([1, 1, 1, 1])],
    [like(b, map, {})],
    { type: 'StridedSliceOptions', fields: { beginMask: 9, endMask: 9 } },
  );
  const [largest] = pooled('MAX_POOL_2D', [2, 2], 1, 'same')(b, all ?? map) ?? [];
  return largest ?? map;
};

const paired =
  (op: 'ADD' | 'SUB' | 'MUL' | 'MAXIMUM' | 'MINIMUM' | 'SQUARED_DIFFERENCE', beside: Beside, fused = 0): Make =>
  (b, map) => {
    const [n, , , c] = dims(map);
    if (op === 'SQUARED_DIFFERENCE' && map.type !== 'int8') return null;
    const constant = (shape: readonly number[]): number => b.constant(map.type, shape, map.scale, map.zero);
    const others: Readonly<Record<Beside, () => number>> = {
      itself: () => map.index,
      turned: () => turned(b, map).index,
      channels: () => constant([1, 1, 1, c]),
      value: () => constant([1]),
      pixel: () => b.input(map.type, [n, 1, 1, c], map.scale, map.zero),
    };
    const scales = { ADD: 2, SUB: 2, MUL: 128 * map.scale, SQUARED_DIFFERENCE: 256 * map.scale } as const;
    const scale = op in scales ? map.scale * scales[op as keyof typeof scales] : map.scale;
    const table = { ADD: 'AddOptions', SUB: 'SubOptions', MUL: 'MulOptions' } as const;
    const options =
      op in table
        ? ({ type: table[op as keyof typeof table], fields: { activation: fused } } as const)
        : op === 'SQUARED_DIFFERENCE'
          ? ({ type: 'SquaredDifferenceOptions', fields: {} } as const)
          : ({ type: 'MaximumMinimumOptions', fields: {} } as const);
    return added(b, op, [map.index, others[beside]()], [like(b, map, { scale })], options);
  };

const preluOf =
  (alphas: 'one' | 'channels'): Make =>
  (b, map) => {
    const [, , , c] = dims(map);
    const shape = alphas === 'one' ? [1] : [1, 1, c];
    const alpha = b.constant(map.type, shape, 0.01, map.type === 'int8' ? -3 : 125);
    return added(b, 'PRELU', [map.index, alpha], [like(b, map, {})], undefined, 1);
  };

const joined =
  (axis: 1 | 2 | 3, rescaled: boolean): Make =>
  (b, map) => {
    const shape = map.shape.map((dim, i) => (i === axis ? 2 * dim : dim));
    const other = turned(b, map).index;
    const options = { type: 'ConcatenationOptions', fields: { axis, activation: 0 } } as const;
    const changes = rescaled ? { shape, scale: map.scale * 1.1 } : { shape };
    if (rescaled && map.type === 'int8') return null;
    return added(b, 'CONCATENATION', [map.index, other], [like(b, map, changes)], options);
  };

const splits =
  (axis: 1 | 2 | 3, sized: boolean): Make =>
  (b, map) => {
    const length = map.shape[axis] ?? 1;
    const sizes = sized ? [1, length - 1] : [length / 2, length / 2];
    if (sizes.some((size) => size < 1 || !Number.isInteger(size))) return null;
    const outputs = sizes.map((size) => like(b, map, { shape: map.shape.map((dim, i) => (i === axis ? size : dim)) }));
    return sized
      ? added(b, 'SPLIT_V', [map.index, b.ints(sizes), b.ints([axis])], outputs, {
          type: 'SplitVOptions',
          fields: { splits: 2 },
        })
      : added(b, 'SPLIT', [b.ints([axis], []), map.index], outputs, { type: 'SplitOptions', fields: { splits: 2 } });
  };

const sliced =
  (op: 'SLICE' | 'STRIDED_SLICE', begin: readonly [number, number, number]): Make =>
  (b, map) => {
    const [n, h, w, c] = dims(map);
    const from = [0, ...begin];
    const shape = [n, h, w, c].map((dim, i) => dim - (from[i] ?? 0));
    if (shape.some((dim) => dim < 1)) return null;
    const output = like(b, map, { shape });
    return op === 'SLICE'
      ? added(b, op, [map.index, b.ints(from), b.ints(shape)], [output], { type: 'SliceOptions', fields: {} })
      : added(b, op, [map.index, b.ints(from), b.ints(map.shape), b.ints([1, 1, 1, 1])], [output], {
          type: 'StridedSliceOptions',
          fields: {},
        });
  };

const padded =
  (op: 'PAD' | 'PADV2' | 'MIRROR_PAD', amounts: readonly number[], mode = 0): Make =>
  (b, map) => {
    const [n, h, w, c] = dims(map);
    const [top = 0, bottom = 0, left = 0, right = 0] = amounts;
    const shape = [n, h + top + bottom, w + left + right, c];
    if (op === 'MIRROR_PAD' && Math.min(h, w) < 2) return null;
    const value = op === 'PADV2' ? [b.constant(map.type, [1], map.scale, map.zero, Uint8Array.of(77))] : [];
    const inputs = [map.index, b.ints([0, 0, top, bottom, left, right, 0, 0], [4, 2]), ...value];
    const tables = {
      PAD: { type: 'PadOptions', fields: {} },
      PADV2: { type: 'PadV2Options', fields: {} },
      MIRROR_PAD: { type: 'MirrorPadOptions', fields: { mode } },
    } as const;
    return added(b, op, inputs, [like(b, map, { shape })], tables[op]);
  };

const resized =
  (op: 'RESIZE_NEAREST_NEIGHBOR' | 'RESIZE_BILINEAR', factor: number, half: boolean): Make =>
  (b, map) => {
    const [n, h, w, c] = dims(map);
    const shape = [n, h * factor, w * factor, c];
    const type = op === 'RESIZE_BILINEAR' ? 'ResizeBilinearOptions' : 'ResizeNearestNeighborOptions';
    const fields = { alignCorners: false, halfPixelCenters: half };
    return added(b, op, [map.index, b.ints(shape.slice(1, 3))], [like(b, map, { shape })], { type, fields }, 3);
  };

const blocks =
  (op: 'SPACE_TO_BATCH_ND' | 'BATCH_TO_SPACE_ND'): Make =>
  (b, map) => {
    const [n, h, w, c] = dims(map);
    const [edge, flat] = [b.ints([0, 0, 0, 0], [2, 2]), b.ints([2, 1])];
    const isBlocks = op === 'SPACE_TO_BATCH_ND';
    const shape = isBlocks ? [2 * n, h / 2, w, c] : [n / 2, 2 * h, w, c];
    if (!shape.every(Number.isInteger)) return null;
    const options = { type: isBlocks ? 'SpaceToBatchNDOptions' : 'BatchToSpaceNDOptions', fields: {} } as const;
    return added(b, op, [map.index, flat, edge], [like(b, map, { shape })], options);
  };

const stacked: Make = (b, map) => {
  const shape = [2, ...map.shape];
  const options = { type: 'PackOptions', fields: { valuesCount: 2, axis: 0 } } as const;
  return added(b, 'PACK', [map.index, turned(b, map).index], [like(b, map, { shape })], options);
};

const unstacked =
  (axis: 0 | 1): Make =>
  (b, map) => {
    const shape = map.shape.filter((_, i) => i !== axis);
    const outputs = Array.from({ length: map.shape[axis] ?? 1 }, () => like(b, map, { shape }));
    return added(b, 'UNPACK', [map.index], outputs, {
      type: 'UnpackOptions',
      fields: { count: outputs.length, axis },
    });
  };

const turnedAxes =
  (order: readonly number[]): Make =>
  (b, map) => {
    const shape = order.map((axis) => map.shape[axis] ?? 1);
    return added(b, 'TRANSPOSE', [map.index, b.ints(order)], [like(b, map, { shape })]);
  };

const blockOptions = (op: 'SPACE_TO_DEPTH' | 'DEPTH_TO_SPACE') => () =>
  ({
    type: op === 'SPACE_TO_DEPTH' ? 'SpaceToDepthOptions' : 'DepthToSpaceOptions',
    fields: { blockSize: 2 },
  }) as const;

export const everyOp: readonly OpForm[] = [
  ...(
    [
      [[2, 2], 2, 'valid'],
      [[3, 3], 1, 'valid'],
      [[3, 2], 2, 'same'],
      [[2, 3], 1, 'same'],
      [[1, 1], 1, 'valid'],
    ] as const
  ).flatMap(([filter, stride, mode]) =>
    (['none', 'relu6'] as const).flatMap((fused) => [
      form(
        'MAX_POOL_2D',
        `${filter.join('x')} by ${stride} ${mode} ${fused}`,
        0,
        pooled('MAX_POOL_2D', filter, stride, mode, fused),
      ),
      form(
        'AVERAGE_POOL_2D',
        `${filter.join('x')} by ${stride} ${mode} ${fused}`,
        0,
        pooled('AVERAGE_POOL_2D', filter, stride, mode, fused),
      ),
    ]),
  ),
  ...reduceForms('REDUCE_MAX', 0),
  ...reduceForms('MEAN', 1),
  ...reduceForms('SUM', 1),
  form('CONV_2D', '1x1', 1, convolution(false, 20, { kernel: [1, 1] })),
  form('CONV_2D', '3x3', 1, convolution(false, 33, { kernel: [3, 3], fused: 'relu' })),
  form('CONV_2D', '3x2 by 2', 1, convolution(false, 20, { kernel: [3, 2], stride: 2, mode: 'valid' })),
  form('CONV_2D', 'dilated', 1, convolution(false, 20, { kernel: [2, 2], dilation: 2, fused: 'reluN1To1' })),
  form('DEPTHWISE_CONV_2D', '3x3', 1, convolution(true, 0, { kernel: [3, 3], fused: 'relu6' })),
  form('DEPTHWISE_CONV_2D', '2x3 by 2', 1, convolution(true, 0, { kernel: [2, 3], stride: 2, mode: 'valid' })),
  form('TRANSPOSE_CONV', 'by 2', 1, transposedConvolution),
  form('FULLY_CONNECTED', 'rows', 1, dense),
  ...(['ADD', 'SUB', 'MUL', 'MAXIMUM', 'MINIMUM'] as const).flatMap((op) =>
    (['itself', 'turned', 'channels', 'value', 'pixel'] as const).map((beside) =>
      form(op, `with ${beside}`, 1, paired(op, beside)),
    ),
  ),
  form('ADD', 'with turned, clamped', 1, paired('ADD', 'turned', activation.reluN1To1)),
  form('MUL', 'with turned, clamped', 1, paired('MUL', 'turned', activation.reluN1To1)),
  form('SQUARED_DIFFERENCE', 'with value', 1, paired('SQUARED_DIFFERENCE', 'value')),
  form('QUANTIZE', 'to another scale', 1, alone('QUANTIZE', { scale: 0.09 })),
  form('QUANTIZE', 'to the same', 0, alone('QUANTIZE', {})),
  ...(['RELU', 'RELU6', 'RELU_N1_TO_1', 'RELU_0_TO_1'] as const).map((op) => form(op, 'alone', 1, alone(op, {}))),
  form('PRELU', 'one alpha', 0, preluOf('one')),
  form('PRELU', 'an alpha for each channel', 1, preluOf('channels')),
  form(
    'LEAKY_RELU',
    'alone',
    0,
    alone('LEAKY_RELU', {}, { options: { type: 'LeakyReluOptions', fields: { alpha: 0.2 } } }),
  ),
  form('HARD_SWISH', 'alone', 0, alone('HARD_SWISH', {})),
  form('ELU', 'alone', 1, alone('ELU', {}, { int8Only: true }), 'optimized'),
  form('EXP', 'alone', 0, alone('EXP', { scale: 0.5 }, { int8Only: true })),
  form('ABS', 'alone', 0, alone('ABS', {}, { int8Only: true })),
  form('GELU', 'alone', 0, alone('GELU', {}, { options: { type: 'GeluOptions', fields: {} } })),
  form('LOG', 'alone', 0, positive('LOG')),
  form('SQRT', 'alone', 0, positive('SQRT')),
  form('RSQRT', 'alone', 0, positive('RSQRT')),
  form('LOGISTIC', 'alone', 0, fixed('LOGISTIC', 1 / 256, -128)),
  form('TANH', 'alone', 0, fixed('TANH', 1 / 128, 0)),
  ...([1, 2, 3] as const).flatMap((axis) => [
    form('CONCATENATION', `axis ${axis}`, 0, joined(axis, false)),
    form('CONCATENATION', `axis ${axis}, another scale`, 1, joined(axis, true)),
    form('SPLIT', `axis ${axis}`, 0, splits(axis, false)),
    form('SPLIT_V', `axis ${axis}`, 0, splits(axis, true)),
  ]),
  ...(['SLICE', 'STRIDED_SLICE'] as const).flatMap((op) =>
    (
      [
        [1, 0, 0],
        [0, 1, 0],
        [1, 2, 3],
        [0, 0, 16],
      ] as const
    ).map((begin) => form(op, `at ${begin.join()}`, 0, sliced(op, begin))),
  ),
  form('STRIDED_SLICE', 'one row', 0, (b, map) => {
    const [n, h, w, c] = dims(map);
    const ends = [b.ints([0, h - 1, 0, 0]), b.ints([n, h, w, c]), b.ints([1, 1, 1, 1])];
    const options = { type: 'StridedSliceOptions', fields: { shrinkAxisMask: 2 } } as const;
    return added(b, 'STRIDED_SLICE', [map.index, ...ends], [like(b, map, { shape: [n, w, c] })], options);
  }),
  ...(['PAD', 'PADV2'] as const).map((op) => form(op, 'around', 0, padded(op, [1, 0, 2, 1]))),
  form('MIRROR_PAD', 'reflect', 0, padded('MIRROR_PAD', [1, 0, 1, 1], 0)),
  form('MIRROR_PAD', 'symmetric', 0, padded('MIRROR_PAD', [1, 1, 0, 1], 1)),
  form('RESIZE_NEAREST_NEIGHBOR', 'by 2', 0, resized('RESIZE_NEAREST_NEIGHBOR', 2, false)),
  form('RESIZE_NEAREST_NEIGHBOR', 'by 3, half', 0, resized('RESIZE_NEAREST_NEIGHBOR', 3, true)),
  form('RESIZE_BILINEAR', 'by 2', 0, resized('RESIZE_BILINEAR', 2, false)),
  form('RESIZE_BILINEAR', 'by 2, half', 0, resized('RESIZE_BILINEAR', 2, true)),
  form('SPACE_TO_BATCH_ND', 'by 2x1', 0, blocks('SPACE_TO_BATCH_ND')),
  form('BATCH_TO_SPACE_ND', 'by 2x1', 0, blocks('BATCH_TO_SPACE_ND')),
  form(
    'SPACE_TO_DEPTH',
    'by 2',
    0,
    reshaping('SPACE_TO_DEPTH', ([n, h, w, c]) => (h % 2 || w % 2 ? null : [n, h / 2, w / 2, 4 * c]), {
      options: blockOptions('SPACE_TO_DEPTH'),
    }),
  ),
  form(
    'DEPTH_TO_SPACE',
    'by 2',
    0,
    reshaping(
      'DEPTH_TO_SPACE',
      ([n, h, w, c]) => (c % 4 ? null : [n, 2 * h, 2 * w, c / 4]),
      { options: blockOptions('DEPTH_TO_SPACE') },
      1,
    ),
  ),
  form('PACK', 'axis 0', 0, stacked),
  form('UNPACK', 'axis 0', 0, unstacked(0)),
  form('UNPACK', 'axis 1', 0, unstacked(1)),
  form(
    'RESHAPE',
    'width and height swapped',
    0,
    reshaping('RESHAPE', ([n, h, w, c]) => [n, w, h, c], { inputs: (b, _, shape) => [b.ints(shape)] }, 1),
  ),
  form(
    'RESHAPE',
    'pixels to channels',
    0,
    reshaping('RESHAPE', ([n, h, w, c]) => [n, h, 1, w * c], { inputs: (b, _, shape) => [b.ints(shape)] }, 1),
  ),
  form('SQUEEZE', 'behind EXPAND_DIMS', 0, (b, map) => {
    const { shape } = map;
    const [wide] = added(
      b,
      'EXPAND_DIMS',
      [map.index, b.ints([1], [])],
      [like(b, map, { shape: [shape[0] ?? 1, 1, ...shape.slice(1)] })],
      undefined,
      1,
    );
    const options = { type: 'SqueezeOptions', fields: { squeezeDims: [1] } } as const;
    return wide === undefined ? null : added(b, 'SQUEEZE', [wide.index], [like(b, map, {})], options, 1);
  }),
  form(
    'EXPAND_DIMS',
    'axis 1',
    0,
    reshaping('EXPAND_DIMS', ([n, h, w, c]) => [n, 1, h, w, c], { inputs: (b) => [b.ints([1], [])] }, 1),
  ),
  form('TRANSPOSE', 'height and width', 0, turnedAxes([0, 2, 1, 3])),
  form('TRANSPOSE', 'batch and height', 0, turnedAxes([1, 0, 2, 3])),
  ...opCases.flatMap(({ forms }) => forms),
];
