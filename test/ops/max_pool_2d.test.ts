import fc from 'fast-check';
import { activation, padding } from '../host/tflite_writer.js';
import { Builder, byteType, channelCount, chosenSeed, type OpModel, whole } from './op_models.js';
import { differentialTest, everyValue } from './op_test.js';

const models = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    height: whole(1, 16),
    width: whole(1, 16),
    channels: channelCount,
    filterH: whole(1, 5),
    filterW: whole(1, 5),
    strideH: whole(1, 4),
    strideW: whole(1, 4),
    mode: fc.constantFrom('same' as const, 'valid' as const),
    all: fc.boolean(),
    fused: fc.constantFrom<keyof typeof activation>('none', 'none', 'relu', 'relu6'),
  })
  .map((c): OpModel => {
    const b = new Builder(c.seed);
    const { height, width, channels, type } = c;
    const mode = c.all ? 'valid' : c.mode;
    const filterH = c.all ? height : mode === 'valid' ? Math.min(c.filterH, height) : c.filterH;
    const filterW = c.all ? width : mode === 'valid' ? Math.min(c.filterW, width) : c.filterW;
    const [strideH, strideW] = c.all ? [height, width] : [c.strideH, c.strideW];
    const out = (length: number, kernel: number, stride: number): number =>
      mode === 'same' ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);
    const zero = b.zeroPoint(type);
    const input = b.input(type, [1, height, width, channels], 0.03, zero);
    const output = b.map(type, [1, out(height, filterH, strideH), out(width, filterW, strideW), channels], 0.03, zero);
    b.op({
      op: 'MAX_POOL_2D',
      version: type === 'int8' ? 2 : 1,
      inputs: [input],
      outputs: [output],
      options: {
        type: 'Pool2DOptions',
        fields: {
          padding: padding[mode],
          strideH,
          strideW,
          filterHeight: filterH,
          filterWidth: filterW,
          activation: activation[c.fused],
        },
      },
    });
    return b.model(
      `${type} ${height}x${width}x${channels} window ${filterH}x${filterW} stride ${strideH}x${strideW} ${mode}`,
      [output],
    );
  });

describe('MAX_POOL_2D', () => {
  differentialTest('every value', models, everyValue);
});
