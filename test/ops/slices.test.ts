import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, convolved, doubled, type OpModel, whole } from './builder.js';
import { differentialTest, everyValue } from './op_test.js';

type SliceOp = 'SPLIT' | 'SPLIT_V' | 'SLICE' | 'STRIDED_SLICE';

const models = (after: 'nothing' | 'anything') =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      height: whole(1, 7),
      width: whole(1, 7),
      channels: channelCount,
      op: fc.constantFrom<SliceOp>('SPLIT', 'SPLIT_V', 'SLICE', 'STRIDED_SLICE'),
      axis: fc.constantFrom(1, 2, 3, -1, -2),
      count: whole(1, 4),
      before: fc.boolean(),
    })
    .map(({ seed, type, height, width, channels, op, axis, count, before }): OpModel => {
      const b = new Builder(seed);
      const [scale, zero] = [0.1, b.zeroPoint(type)];
      const position = axis < 0 ? axis + 4 : axis;
      const shape = [1, height, width, channels].map((size, i) =>
        i === position && op === 'SPLIT' ? size * count : size,
      );
      const input = b.input(type, shape, scale, zero);
      const source = before ? doubled(b, type, input, shape, scale, zero) : input;
      const length = shape[position] ?? 1;
      const made: { readonly index: number; readonly shape: readonly number[] }[] = [];
      const piece = (size: number): number => {
        const own = shape.map((full, i) => (i === position ? size : full));
        made.push({ index: b.map(type, own, scale, zero), shape: own });
        return made.at(-1)?.index ?? 0;
      };
      if (op === 'SPLIT') {
        const outputs = Array.from({ length: count }, () => piece(length / count));
        b.op({
          op,
          version: type === 'int8' ? 2 : 1,
          inputs: [b.ints([axis], []), source],
          outputs,
          options: { type: 'SplitOptions', fields: { splits: count } },
        });
      } else if (op === 'SPLIT_V') {
        const cut = b.random.integer(0, length - 1);
        const sizes = cut === 0 ? [length] : [cut, length - cut];
        const outputs = sizes.map(piece);
        b.op({
          op,
          version: type === 'int8' ? 2 : 1,
          inputs: [source, b.ints(sizes), b.ints([axis], [])],
          outputs,
          options: { type: 'SplitVOptions', fields: { splits: sizes.length } },
        });
      } else {
        const begin = shape.map((size) => b.random.integer(0, size - 1));
        const size = shape.map((full, i) => b.random.integer(1, full - (begin[i] ?? 0)));
        const index = b.map(type, size, scale, zero);
        made.push({ index, shape: size });
        const end = begin.map((at, i) => at + (size[i] ?? 0));
        b.op(
          op === 'SLICE'
            ? {
                op,
                version: type === 'int8' ? 2 : 1,
                inputs: [source, b.ints(begin), b.ints(size)],
                outputs: [index],
                options: { type: 'SliceOptions', fields: {} },
              }
            : {
                op,
                version: type === 'int8' ? 2 : 1,
                inputs: [source, b.ints(begin), b.ints(end), b.ints([1, 1, 1, 1])],
                outputs: [index],
                options: { type: 'StridedSliceOptions', fields: {} },
              },
        );
      }
      const outputs = made.map(({ index, shape: own }) => {
        const next = after === 'nothing' ? 'nothing' : b.random.pick(['nothing', 'sum', 'convolution']);
        if (next === 'sum') return doubled(b, type, index, own, scale, zero);
        return next === 'convolution' ? convolved(b, type, index, own, 10, {}, scale, zero).index : index;
      });
      return b.model(
        `${op} ${type} ${shape.join('x')} axis ${axis} -> ${made.map(({ shape: own }) => own.join('x')).join(', ')}`,
        outputs,
      );
    });

describe('SPLIT, SPLIT_V, SLICE, STRIDED_SLICE', () => {
  differentialTest('every value', models('nothing'), everyValue);
  differentialTest('before other ops', models('anything'), { mostCounts: 1, equal: 0.9995 });
});
