import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, doubled, type OpModel, whole } from './builder.js';
import { differentialTest, everyValue } from './op_test.js';

type StackOp = 'PACK' | 'UNPACK';

/** Shapes of a part, and the dimension of the whole along which the parts stand. */
const stacks = fc
  .record({ height: whole(1, 7), width: whole(1, 7), channels: channelCount })
  .chain(({ height, width, channels }) =>
    fc.constantFrom<{ readonly part: readonly number[]; readonly axis: number }>(
      { part: [channels], axis: 0 },
      { part: [width, channels], axis: 0 },
      { part: [width, channels], axis: 1 },
      { part: [height, width, channels], axis: 0 },
      { part: [height, width, channels], axis: 1 },
      { part: [height, width, channels], axis: -2 },
      { part: [1, height, width, channels], axis: 0 },
      { part: [1, height, width, channels], axis: 1 },
      { part: [1, height, width, channels], axis: 2 },
      { part: [1, height, width, channels], axis: -2 },
      { part: [3, height, width, channels], axis: 0 },
      { part: [3, 1, width, channels], axis: 1 },
    ),
  );

const models = (op: StackOp, around: 'nothing' | 'sums') =>
  fc
    .record({ seed: chosenSeed, type: byteType, stack: stacks, count: whole(1, 5), twice: fc.boolean() })
    .map(({ seed, type, stack: { part, axis }, count, twice }): OpModel => {
      const b = new Builder(seed);
      const [scale, zero] = [0.1, b.zeroPoint(type)];
      const position = axis < 0 ? axis + part.length + 1 : axis;
      const all = [...part.slice(0, position), count, ...part.slice(position)];
      // ADD takes four dimensions at most.
      const summed = (tensor: number, shape: readonly number[]): number =>
        around === 'sums' && shape.length <= 4 && b.random.chance(0.6)
          ? doubled(b, type, tensor, shape, scale, zero)
          : tensor;
      const title = `${op} ${type} ${count} of ${part.join('x')} along ${axis}${twice ? ', one twice' : ''}`;
      if (op === 'PACK') {
        const own = twice && count > 1 ? count - 1 : count;
        const made = Array.from({ length: own }, () => summed(b.input(type, part, scale, zero), part));
        const inputs = Array.from({ length: count }, (_, i) => made[i % own] ?? -1);
        const output = b.map(type, all, scale, zero);
        b.op({
          op,
          version: type === 'int8' ? 2 : 1,
          inputs,
          outputs: [output],
          options: { type: 'PackOptions', fields: { valuesCount: count, axis } },
        });
        return b.model(title, [summed(output, all)]);
      }
      const input = summed(b.input(type, all, scale, zero), all);
      const outputs = Array.from({ length: count }, () => b.map(type, part, scale, zero));
      b.op({
        op,
        version: type === 'int8' ? 2 : 1,
        inputs: [input],
        outputs,
        options: { type: 'UnpackOptions', fields: { count, axis } },
      });
      return b.model(
        title,
        outputs.map((output) => summed(output, part)),
      );
    });

for (const op of ['PACK', 'UNPACK'] as const) {
  describe(op, () => {
    differentialTest('every value', models(op, 'nothing'), everyValue);
    differentialTest('among sums', models(op, 'sums'), everyValue);
  });
}
