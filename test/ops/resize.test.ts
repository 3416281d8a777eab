import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, byteType, channelCount, chosenSeed, convolved, type OpModel, whole } from './op_models.js';
import { differentialTest, everyValue } from './op_test.js';

type Corners = 'aligned' | 'half' | 'plain';

/** How one axis is resized: `factor` pixels for one, or one of `stride`. */
interface Resized {
  readonly length: number;
  readonly factor: number;
  readonly stride: number;
}

const grown = (factors: fc.Arbitrary<number>): fc.Arbitrary<Resized> =>
  fc.record({ length: whole(1, 9), factor: factors, stride: fc.constant(1) });
const shrunk: fc.Arbitrary<Resized> = fc.record({ length: whole(1, 9), factor: fc.constant(1), stride: whole(1, 7) });

const either = fc.oneof(grown(whole(1, 5)), shrunk);

/** Input and output lengths of an axis. */
const lengthsOf = ({ length, factor, stride }: Resized, corners: Corners): readonly [number, number] =>
  corners === 'aligned' ? [(length - 1) * stride + 1, (length - 1) * factor + 1] : [length * stride, length * factor];

const anyCorners = fc.constantFrom<Corners>('aligned', 'half', 'plain');

/** Two rows of over 8192 / 15 pixels. */
const by16 = (length: fc.Arbitrary<number>) => fc.record({ length, factor: fc.constant(16), stride: fc.constant(1) });
const [wideRows, wideColumns] = [by16(fc.constant(2)), by16(whole(36, 38))];

const nearest = (rowAxis: fc.Arbitrary<Resized>, columnAxis = rowAxis): fc.Arbitrary<OpModel> =>
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

describe('RESIZE_NEAREST_NEIGHBOR', () => {
  differentialTest(
    'every value',
    nearest(either).filter(({ spec }) => spec.ops.length === 1),
    everyValue,
  );
  differentialTest('rows further apart than a task can write', nearest(wideRows, wideColumns), {
    ...everyValue,
    models: 6,
  });
  differentialTest('after a convolution', nearest(either), { mostCounts: 1, equal: 0.9995 });
});

interface Bilinear {
  readonly seed: number;
  readonly type: 'int8' | 'uint8';
  readonly channels: number;
  readonly corners: Corners;
}

const bilinearModel = (
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

const bilinear = (
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

const onePixel = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    channels: channelCount,
    corners: anyCorners,
    size: fc.tuple(whole(1, 40), whole(1, 40)),
  })
  .map(({ size, ...model }): OpModel => bilinearModel(model, [1, 1], size));

describe('RESIZE_BILINEAR', () => {
  const powers = fc.oneof(grown(fc.constantFrom(1, 2, 4, 8, 16)), shrunk);
  differentialTest('by powers of two, and smaller', bilinear(powers, powers, byteType), everyValue);
  differentialTest('by powers of two, and smaller, in 2.3', bilinear(powers, powers, byteType), {
    ...everyValue,
    runtime: 'ai_edge_litert',
  });
  const odd = grown(fc.constantFrom(1, 3, 5, 7, 9, 11, 13, 15));
  differentialTest('uint8 by odd factors', bilinear(odd, odd, fc.constant('uint8')), everyValue);
  const wide = bilinear(wideRows, wideColumns, byteType);
  differentialTest('rows further apart than a task can write', wide, { ...everyValue, models: 6 });
  differentialTest('one pixel to any size', onePixel, { ...everyValue, models: 30 });

  const refusalOf = (type: 'int8' | 'uint8', to: readonly number[], corners: Corners): string => {
    const { refusals } = compileTflite(
      writeTflite(bilinearModel({ seed: 1, type, channels: 3, corners }, [8, 8], to).spec),
    );
    return refusals.map(({ rule, text }) => `${rule}: ${text}`).join();
  };
  it('says why others stay on the CPU', () => {
    expect(refusalOf('int8', [24, 24], 'plain')).to.match(/^exactness: 3x3: .*int8.*drift/);
    expect(refusalOf('int8', [24, 8], 'half')).to.match(/^exactness: 3x1: .*int8.*drift/);
    expect(refusalOf('uint8', [48, 48], 'plain')).to.match(/^exactness: 6x6: ties/);
    expect(refusalOf('uint8', [24, 16], 'plain')).to.match(/^exactness: 3x2: ties/);
    expect(refusalOf('uint8', [12, 8], 'plain')).to.match(/^factors: 8x8 to 12x8/);
    expect(refusalOf('uint8', [16, 16], 'aligned')).to.match(/^factors: 8x8 to 16x16 with aligned corners/);
    expect(refusalOf('uint8', [24, 24], 'plain')).to.equal('');
  });
});
