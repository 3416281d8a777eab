import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, convolved, type OpModel, whole } from './op_models.js';
import { differentialTest, everyValue } from './op_test.js';

const nearest = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    height: whole(1, 9),
    width: whole(1, 9),
    channels: channelCount,
    factors: fc.tuple(whole(1, 4), whole(1, 4)),
    halfPixelCenters: fc.boolean(),
    before: fc.boolean(),
  })
  .map(({ seed, type, height, width, channels, factors: [y, x], halfPixelCenters, before }): OpModel => {
    const b = new Builder(seed);
    const [scale, zero] = [0.1, b.zeroPoint(type)];
    const shape = [1, height, width, channels];
    const input = b.input(type, shape, scale, zero);
    const source = before ? convolved(b, type, input, shape, channels, { depthwise: true }, scale, zero).index : input;
    const output = b.map(type, [1, height * y, width * x, channels], scale, zero);
    b.op({
      op: 'RESIZE_NEAREST_NEIGHBOR',
      version: type === 'int8' ? 2 : 1,
      inputs: [source, b.ints([height * y, width * x])],
      outputs: [output],
      options: { type: 'ResizeNearestNeighborOptions', fields: { alignCorners: false, halfPixelCenters } },
    });
    return b.model(`nearest ${type} ${shape.join('x')} by ${y}x${x}${before ? ' after a convolution' : ''}`, [output]);
  });

describe('RESIZE_NEAREST_NEIGHBOR', () => {
  differentialTest(
    'every value',
    nearest.filter(({ spec }) => spec.ops.length === 1),
    everyValue,
  );
  differentialTest('after a convolution', nearest, { mostCounts: 1, equal: 0.9995 });
});

const bilinear = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    height: whole(1, 9),
    width: whole(1, 9),
    channels: channelCount,
    factors: fc.tuple(fc.constantFrom(1, 2, 4), fc.constantFrom(1, 2, 4)),
    any: fc.tuple(whole(1, 40), whole(1, 40)),
    onePixel: fc.nat(4).map((n) => n === 0),
    halfPixelCenters: fc.boolean(),
  })
  .map(({ seed, type, onePixel, factors, any, halfPixelCenters, ...plane }): OpModel => {
    const b = new Builder(seed);
    const [scale, zero] = [0.1, b.zeroPoint(type)];
    const [height, width] = onePixel ? [1, 1] : [plane.height, plane.width];
    const size = onePixel ? any : [height * factors[0], width * factors[1]];
    const shape = [1, height, width, plane.channels];
    const input = b.input(type, shape, scale, zero);
    const output = b.map(type, [1, ...size, plane.channels], scale, zero);
    b.op({
      op: 'RESIZE_BILINEAR',
      version: type === 'int8' ? 3 : 3,
      inputs: [input, b.ints(size)],
      outputs: [output],
      options: { type: 'ResizeBilinearOptions', fields: { alignCorners: false, halfPixelCenters } },
    });
    return b.model(
      `bilinear ${type} ${shape.join('x')} to ${size.join('x')} ${halfPixelCenters ? 'half pixels' : ''}`,
      [output],
    );
  });

describe('RESIZE_BILINEAR', () => {
  differentialTest('every value', bilinear, everyValue);
  differentialTest('every value in 2.3', bilinear, { ...everyValue, runtime: 'ai_edge_litert' });
});
