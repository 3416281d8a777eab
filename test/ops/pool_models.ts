import fc from 'fast-check';
import { activation, padding } from '../host/tflite_writer.js';
import { Builder, byteType, channelCount, chosenSeed, convolved, type OpModel, whole } from './op_models.js';

const side = fc.oneof({ weight: 4, arbitrary: whole(1, 9) }, { weight: 1, arbitrary: whole(10, 31) });

/**
 * Pools with all windows, strides and paddings, of the whole plane too.
 * `wholeSides`: windows of the whole plane alone, with sides of these lengths. `then`: between two convolutions.
 */
export const poolModels = (
  op: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D',
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
      mode: fc.constantFrom('same', 'valid'),
      all: wholeSides === undefined ? fc.boolean() : fc.constant(true),
      fused: fc.constantFrom('none', 'none', 'relu', 'relu6', 'reluN1To1'),
    })
    .map((c): OpModel => {
      const b = new Builder(c.seed);
      const { height, width, channels, type } = c;
      const filterH = c.all ? height : Math.min(c.filterH, c.mode === 'same' ? 7 : height);
      const filterW = c.all ? width : Math.min(c.filterW, c.mode === 'same' ? 7 : width);
      const mode = c.all ? 'valid' : c.mode;
      const [strideH, strideW] = c.all ? [height, width] : [c.strideH, c.strideW];
      const out = (length: number, kernel: number, stride: number): number =>
        mode === 'same' ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);
      const zero = b.zeroPoint(type);
      const scale = c.fused === 'none' ? 0.02 : 0.03;
      const plane = [1, height, width, channels];
      const picture = b.input(type, plane, scale, zero);
      const between = then === 'convolution';
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
            padding: padding[mode as keyof typeof padding],
            strideH,
            strideW,
            filterHeight: filterH,
            filterWidth: filterW,
            activation: activation[c.fused as keyof typeof activation],
          },
        },
      });
      const kernel = Math.min(3, shape[1] ?? 1, shape[2] ?? 1);
      return b.model(
        `${type} ${height}x${width}x${channels} window ${filterH}x${filterW} stride ${strideH}x${strideW} ${mode} ${c.fused}`,
        [between ? convolved(b, type, output, shape, 20, { kernel }, scale, zero).index : output],
      );
    });
