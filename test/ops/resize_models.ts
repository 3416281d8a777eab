import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, convolved, type OpModel, whole } from './builder.js';

export type Corners = 'aligned' | 'half' | 'plain';

/** How one axis is resized: `factor` pixels for one, or one of `stride`. */
interface Resized {
  readonly length: number;
  readonly factor: number;
  readonly stride: number;
}

export const grown = (factors: fc.Arbitrary<number>): fc.Arbitrary<Resized> =>
  fc.record({ length: whole(1, 9), factor: factors, stride: fc.constant(1) });
export const shrunk: fc.Arbitrary<Resized> = fc.record({
  length: whole(1, 9),
  factor: fc.constant(1),
  stride: whole(1, 7),
});

export const either = fc.oneof(grown(whole(1, 5)), shrunk);

/** Input and output lengths of an axis. */
const lengthsOf = ({ length, factor, stride }: Resized, corners: Corners): readonly [number, number] =>
  corners === 'aligned' ? [(length - 1) * stride + 1, (length - 1) * factor + 1] : [length * stride, length * factor];

const anyCorners = fc.constantFrom<Corners>('aligned', 'half', 'plain');

/** Two rows of over 8192 / 15 pixels. */
const by16 = (length: fc.Arbitrary<number>) => fc.record({ length, factor: fc.constant(16), stride: fc.constant(1) });
export const [wideRows, wideColumns] = [by16(fc.constant(2)), by16(whole(36, 38))];

export const nearest = (rowAxis: fc.Arbitrary<Resized>, columnAxis = rowAxis): fc.Arbitrary<OpModel> =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      channels: channelCount,
      axes: fc.tuple(rowAxis, columnAxis),
      corners: anyCorners,
      before: fc.boolean(),
    })
    .map(({ seed, type, channels, axes, corners, before }): OpModel => {
      const b = new Builder(seed);
      const [scale, zero] = [0.1, b.zeroPoint(type)];
      const [rows, columns] = axes.map((axis) => lengthsOf(axis, corners));
      const shape = [1, rows?.[0] ?? 1, columns?.[0] ?? 1, channels];
      const size = [rows?.[1] ?? 1, columns?.[1] ?? 1];
      const input = b.input(type, shape, scale, zero);
      const source = before
        ? convolved(b, type, input, shape, channels, { depthwise: true }, scale, zero).index
        : input;
      const output = b.map(type, [1, ...size, channels], scale, zero);
      b.op({
        op: 'RESIZE_NEAREST_NEIGHBOR',
        version: type === 'int8' ? 2 : 1,
        inputs: [source, b.ints(size)],
        outputs: [output],
        options: {
          type: 'ResizeNearestNeighborOptions',
          fields: { alignCorners: corners === 'aligned', halfPixelCenters: corners === 'half' },
        },
      });
      const text = `nearest ${type} ${shape.join('x')} to ${size.join('x')} ${corners}`;
      return b.model(`${text}${before ? ' after a convolution' : ''}`, [output]);
    });

interface Bilinear {
  readonly seed: number;
  readonly type: 'int8' | 'uint8';
  readonly channels: number;
  readonly corners: Corners;
}

export const bilinearModel = (
  { seed, type, channels, corners }: Bilinear,
  from: readonly number[],
  to: readonly number[],
): OpModel => {
  const b = new Builder(seed);
  const [scale, zero] = [0.1, b.zeroPoint(type)];
  const input = b.input(type, [1, ...from, channels], scale, zero);
  const output = b.map(type, [1, ...to, channels], scale, zero);
  b.op({
    op: 'RESIZE_BILINEAR',
    version: 3,
    inputs: [input, b.ints(to)],
    outputs: [output],
    options: {
      type: 'ResizeBilinearOptions',
      fields: { alignCorners: corners === 'aligned', halfPixelCenters: corners === 'half' },
    },
  });
  return b.model(`bilinear ${type} ${from.join('x')}x${channels} to ${to.join('x')} ${corners}`, [output]);
};

export const bilinear = (
  rows: fc.Arbitrary<Resized>,
  columns: fc.Arbitrary<Resized>,
  type: fc.Arbitrary<'int8' | 'uint8'>,
): fc.Arbitrary<OpModel> =>
  fc
    .record({ seed: chosenSeed, type, channels: channelCount, corners: anyCorners, rows, columns })
    .map(({ rows, columns, ...model }): OpModel => {
      const [y, x] = [lengthsOf(rows, model.corners), lengthsOf(columns, model.corners)];
      return bilinearModel(model, [y[0], x[0]], [y[1], x[1]]);
    });

export const onePixel = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    channels: channelCount,
    corners: anyCorners,
    size: fc.tuple(whole(1, 40), whole(1, 40)),
  })
  .map(({ size, ...model }): OpModel => bilinearModel(model, [1, 1], size));
