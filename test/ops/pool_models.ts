import fc from 'fast-check';
import { activation, padding } from '../host/tflite_writer.js';
import { Builder, byteType, channelCount, chosenSeed, convolved, type OpModel, whole } from './builder.js';

const side = fc.oneof({ weight: 4, arbitrary: whole(1, 9) }, { weight: 1, arbitrary: whole(10, 31) });

type Pool = 'AVERAGE_POOL_2D' | 'MAX_POOL_2D';

interface PoolCase {
  readonly seed: number;
  readonly type: 'int8' | 'uint8';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filterH: number;
  readonly filterW: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly mode: 'same' | 'valid';
  readonly fused: keyof typeof activation;
}

const poolModel = (op: Pool, c: PoolCase, between: boolean): OpModel => {
  const b = new Builder(c.seed);
  const { height, width, channels, type, filterH, filterW, strideH, strideW, mode, fused } = c;
  const out = (length: number, kernel: number, stride: number): number =>
    mode === 'same' ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);
  const zero = b.zeroPoint(type);
  const scale = fused === 'none' ? 0.02 : 0.03;
  const plane = [1, height, width, channels];
  const picture = b.input(type, plane, scale, zero);
  const input = between ? convolved(b, type, picture, plane, channels, {}, scale, zero).index : picture;
  const shape = [1, out(height, filterH, strideH), out(width, filterW, strideW), channels];
  const output = b.map(type, shape, scale, zero);
  b.op({
    op,
    version: type === 'int8' ? 2 : 1,
    inputs: [input],
    outputs: [output],
    options: {
      type: 'Pool2DOptions',
      fields: {
        padding: padding[mode],
        strideH,
        strideW,
        filterH: filterH,
        filterW: filterW,
        activation: activation[fused],
      },
    },
  });
  const kernel = Math.min(3, shape[1] ?? 1, shape[2] ?? 1);
  return b.model(
    `${type} ${height}x${width}x${channels} window ${filterH}x${filterW} stride ${strideH}x${strideW} ${mode} ${fused}`,
    [between ? convolved(b, type, output, shape, 20, { kernel }, scale, zero).index : output],
  );
};

/** One axis of a pool: the plane's length, the window's and its steps. */
export interface PoolAxis {
  readonly length: number;
  readonly filter: number;
  readonly stride: number;
}

export const poolModelsOf = (
  op: Pool,
  axis: fc.Arbitrary<PoolAxis>,
  mode: fc.Arbitrary<'same' | 'valid'>,
): fc.Arbitrary<OpModel> =>
  fc
    .record({ seed: chosenSeed, type: byteType, channels: channelCount, axes: fc.tuple(axis, axis), mode })
    .map(({ axes: [y, x], ...model }): OpModel => {
      const [height, width] = [y.length, x.length];
      const [filterH, filterW] = [Math.min(y.filter, height), Math.min(x.filter, width)];
      const windows = { height, width, filterH, filterW, strideH: y.stride, strideW: x.stride };
      return poolModel(op, { ...model, ...windows, fused: 'none' }, false);
    });

/**
 * Pools with all windows, strides and paddings, of the whole plane too.
 * `wholeSides`: windows of the whole plane alone, with sides of these lengths. `then`: between two convolutions.
 */
export const poolModels = (
  op: Pool,
  { wholeSides, then }: { readonly wholeSides?: fc.Arbitrary<number>; readonly then?: 'convolution' } = {},
): fc.Arbitrary<OpModel> =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      height: wholeSides ?? side,
      width: wholeSides ?? side,
      channels: channelCount,
      filterH: side,
      filterW: side,
      strideH: whole(1, 7),
      strideW: whole(1, 7),
      mode: fc.constantFrom('same' as const, 'valid' as const),
      all: wholeSides === undefined ? fc.boolean() : fc.constant(true),
      fused: fc.constantFrom('none' as const, 'none' as const, 'relu' as const, 'relu6' as const, 'reluN1To1' as const),
    })
    .map(({ all, ...c }): OpModel => {
      const { height, width, mode } = c;
      const filterH = Math.min(c.filterH, mode === 'same' ? 7 : height);
      const filterW = Math.min(c.filterW, mode === 'same' ? 7 : width);
      const ofPlane = {
        ...c,
        filterH: height,
        filterW: width,
        strideH: height,
        strideW: width,
        mode: 'valid' as const,
      };
      return poolModel(op, all ? ofPlane : { ...c, filterH, filterW }, then === 'convolution');
    });
