/** Models whose middle op only the host can do, between two that the NPU does exactly. */
import fc from 'fast-check';
import { Builder, type ByteType, byteType, channelCount, chosenSeed, type OpModel, whole } from './builder.js';

/** What stands on both sides of the op, so that a cut would make two parts; every value of it is TFLite's. */
const pooled = (b: Builder, type: ByteType, input: number, shape: readonly number[], scale: number, zero: number) => {
  const output = b.map(type, shape, scale, zero);
  b.op({
    op: 'MAX_POOL_2D',
    version: type === 'int8' ? 2 : 1,
    inputs: [input],
    outputs: [output],
    options: {
      type: 'Pool2DOptions',
      fields: { padding: 0, strideW: 1, strideH: 1, filterW: 2, filterH: 2, activation: 0 },
    },
  });
  return output;
};

const squashed = (b: Builder, type: ByteType, input: number, shape: readonly number[]): number => {
  const output = b.map(type, shape, 1 / 256, type === 'int8' ? -128 : 0);
  b.op({ op: 'LOGISTIC', version: type === 'int8' ? 2 : 1, inputs: [input], outputs: [output] });
  return output;
};

const plane = { type: byteType, seed: chosenSeed, height: whole(1, 12), width: whole(1, 12), channels: channelCount };
const [scale, orders] = [
  0.05,
  [
    [0, 2, 1, 3],
    [0, 3, 1, 2],
    [0, 2, 3, 1],
    [0, 1, 3, 2],
    [0, 3, 2, 1],
  ] as const,
] as const;

export const transposed = fc
  .record({ ...plane, order: fc.constantFrom(...orders), pictures: fc.constantFrom(1, 1, 2) })
  .map(({ seed, type, height, width, channels, order, pictures }): OpModel => {
    const b = new Builder(seed);
    const zero = b.zeroPoint(type);
    const shape = [pictures, height, width, channels];
    const input = pooled(b, type, b.input(type, shape, scale, zero), shape, scale, zero);
    const turned = order.map((axis) => shape[axis] ?? 1);
    const output = b.map(type, turned, scale, zero);
    b.op({
      op: 'TRANSPOSE',
      version: 2,
      inputs: [input, b.ints(order)],
      outputs: [output],
    });
    return b.model(`${type} ${shape.join('x')} as ${order.join()}`, [squashed(b, type, output, turned)]);
  });

const inShape = (b: Builder, type: ByteType, input: number, shape: readonly number[], zero: number): number => {
  const output = b.map(type, shape, scale, zero);
  const options = { type: 'ReshapeOptions', fields: {} } as const;
  b.op({ op: 'RESHAPE', version: 1, inputs: [input, b.ints(shape)], outputs: [output], options });
  return output;
};

/** Sizes of which no dimension is a small multiple of the other's. */
export const reshaped = fc.record(plane).map(({ seed, type, height, width, channels }): OpModel => {
  const b = new Builder(seed);
  const zero = b.zeroPoint(type);
  const [shape, other] = [
    [1, height, width, channels * 3],
    [1, height, channels, width * 3],
  ];
  const input = pooled(b, type, b.input(type, shape, scale, zero), shape, scale, zero);
  const output = inShape(b, type, input, other, zero);
  return b.model(`${type} ${shape.join('x')} to ${other.join('x')}`, [squashed(b, type, output, other)]);
});

const corners = fc.constantFrom('none', 'align', 'half');
export const resized = (op: 'RESIZE_BILINEAR' | 'RESIZE_NEAREST_NEIGHBOR') =>
  fc
    .record({
      ...plane,
      size: fc.tuple(whole(1, 30), whole(1, 30)),
      corner: corners,
      pictures: fc.constantFrom(1, 1, 2),
    })
    .map(({ seed, type, height, width, channels, size, corner, pictures }): OpModel => {
      const b = new Builder(seed);
      const zero = b.zeroPoint(type);
      const [shape, to] = [
        [pictures, height, width, channels],
        [pictures, ...size, channels],
      ];
      const input = pooled(b, type, b.input(type, shape, scale, zero), shape, scale, zero);
      const output = b.map(type, to, scale, zero);
      const fields = { alignCorners: corner === 'align', halfPixelCenters: corner === 'half' };
      const options = op === 'RESIZE_BILINEAR' ? 'ResizeBilinearOptions' : 'ResizeNearestNeighborOptions';
      b.op({ op, version: 3, inputs: [input, b.ints(size)], outputs: [output], options: { type: options, fields } });
      return b.model(`${type} ${shape.join('x')} to ${size.join('x')} ${corner}`, [squashed(b, type, output, to)]);
    });

export const stacked = fc
  .record({ ...plane, parts: whole(2, 5), way: fc.constantFrom('PACK' as const, 'UNPACK' as const) })
  .map(({ seed, type, height, width, channels, parts, way }): OpModel => {
    const b = new Builder(seed);
    const zero = b.zeroPoint(type);
    const [one, all] = [
      [1, height, width, channels],
      [1, height, width, channels, parts],
    ];
    const flat = [1, height * width, channels, parts];
    const given = (shape: readonly number[]): number =>
      pooled(b, type, b.input(type, shape, scale, zero), shape, scale, zero);
    const title = `${way} ${type} ${parts} of ${one.join('x')}`;
    if (way === 'PACK') {
      const packed = b.map(type, all, scale, zero);
      const inputs = Array.from({ length: parts }, () => given(one));
      const options = { type: 'PackOptions', fields: { valuesCount: parts, axis: 4 } } as const;
      b.op({ op: 'PACK', version: 2, inputs, outputs: [packed], options });
      return b.model(title, [squashed(b, type, inShape(b, type, packed, flat, zero), flat)]);
    }
    const packed = inShape(b, type, given(flat), all, zero);
    const outputs = Array.from({ length: parts }, () => b.map(type, one, scale, zero));
    const fields = { count: parts, axis: 4 };
    b.op({ op: 'UNPACK', version: 2, inputs: [packed], outputs, options: { type: 'UnpackOptions', fields } });
    return b.model(
      title,
      outputs.map((output) => pooled(b, type, output, one, scale, zero)),
    );
  });
