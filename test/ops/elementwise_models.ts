import fc from 'fast-check';
import { activation, type OpName } from '../host/tflite_writer.js';
import { Builder, byteType, type ByteType, channelCount, chosenSeed, type OpModel, real, whole } from './builder.js';

/** Ops that take each code by itself: rescaling, activations, constants, two tensors. */
const plane = fc.tuple(fc.constant(1), whole(1, 12), whole(1, 12), channelCount);
/** log2 of the output's scale by the input's: exact powers of two have a technique of their own. */
const ratio = (most: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constant(0), whole(-Math.floor(most), Math.floor(most)), real(-most, most));
const otherType = (type: ByteType, same: boolean): ByteType => (same ? type : type === 'int8' ? 'uint8' : 'int8');

export const rescaled = fc
  .tuple(chosenSeed, byteType, fc.boolean(), plane, ratio(4), fc.boolean())
  .map(([seed, type, same, shape, ratioLog2, aligned]): OpModel => {
    const b = new Builder(seed);
    const to = otherType(type, same);
    const zero = b.zeroPoint(type);
    const shifted = zero + (same ? 0 : type === 'int8' ? 128 : -128);
    const input = b.input(type, shape, 0.1, zero);
    const output = b.map(to, shape, 0.1 * 2 ** ratioLog2, aligned ? shifted : b.zeroPoint(to));
    b.op({ op: 'QUANTIZE', inputs: [input], outputs: [output], options: { type: 'QuantizeOptions', fields: {} } });
    return b.model(`${type} -> ${to} ${shape.join('x')} ratio 2^${ratioLog2}`, [output]);
  });

export const activated = fc
  .tuple(chosenSeed, byteType, plane, ratio(2), fc.constantFrom<OpName>('RELU', 'RELU6', 'RELU_N1_TO_1', 'RELU_0_TO_1'))
  .map(([seed, type, shape, ratioLog2, op]): OpModel => {
    const b = new Builder(seed);
    const scale = 2 ** b.random.between(-7, -4);
    const zero = b.zeroPoint(type);
    const input = b.input(type, shape, scale, zero);
    const output = b.map(type, shape, scale * 2 ** ratioLog2, ratioLog2 === 0 ? zero : b.zeroPoint(type));
    b.op({
      op,
      version: type === 'int8' && (op === 'RELU' || op === 'RELU6') ? 2 : 1,
      inputs: [input],
      outputs: [output],
    });
    return b.model(`${op} ${type} ${shape.join('x')} ratio 2^${ratioLog2}`, [output]);
  });

/** Shapes of the second operand beside a feature map. */
const operandShapes = {
  whole: (shape) => shape,
  wholeOfThree: (shape) => shape.slice(1),
  plane: ([, height = 1, width = 1]) => [1, height, width, 1],
  planeOfThree: ([, height = 1, width = 1]) => [height, width, 1],
  row: ([, , width = 1, channels = 1]) => [1, 1, width, channels],
  column: ([, height = 1, , channels = 1]) => [height, 1, channels],
  widths: ([, , width = 1]) => [width, 1],
  pixel: ([, , , channels = 1]) => [1, 1, 1, channels],
  channels: ([, , , channels = 1]) => [1, 1, 1, channels],
  vector: ([, , , channels = 1]) => [channels],
  value: () => [1, 1],
  one: () => [1],
  scalar: () => [],
} satisfies Readonly<Record<string, (shape: readonly number[]) => readonly number[]>>;

type Form = keyof typeof operandShapes;

export const combined = (
  ops: readonly [OpName, ...OpName[]],
  kind: 'map' | 'constant',
  forms: readonly [Form, ...Form[]],
): fc.Arbitrary<OpModel> =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      shape: plane,
      op: fc.constantFrom(...ops),
      form: fc.constantFrom(...forms),
      otherFirst: fc.boolean(),
      fused: fc.constantFrom('none', 'none', 'relu', 'relu6', 'reluN1To1'),
      ratioLog2: fc.oneof(real(-3, 3), fc.constantFrom(-1, 0, 1)),
      aligned: fc.boolean(),
    })
    .map(({ seed, type, shape, op, form, otherFirst, fused, ratioLog2, aligned }): OpModel => {
      const b = new Builder(seed);
      const sameCodes = op === 'MAXIMUM' || op === 'MINIMUM';
      const scale = 0.05;
      const zero = b.zeroPoint(type);
      const input = b.input(type, shape, scale, zero);
      const otherScale = sameCodes ? scale : scale * 2 ** ratioLog2;
      const otherShape = operandShapes[form](shape);
      const otherZero = sameCodes ? zero : b.zeroPoint(type);
      const other =
        kind === 'map'
          ? b.input(type, otherShape, otherScale, otherZero)
          : b.constant(type, otherShape, otherScale, otherZero);
      const outputScale = sameCodes
        ? scale
        : op === 'MUL'
          ? scale * otherScale * 2 ** b.random.between(4, 7)
          : aligned
            ? // Sums that are half an LSB are common then.
              scale * 2 ** Math.ceil(Math.log2(1 + 2 ** ratioLog2) - 0.5)
            : (scale + otherScale) * 2 ** b.random.between(-1, 0);
      const output = b.map(type, shape, outputScale, sameCodes ? zero : b.zeroPoint(type));
      const options = { ADD: 'AddOptions', SUB: 'SubOptions', MUL: 'MulOptions' } as const;
      const table = options[op as keyof typeof options];
      b.op({
        op,
        version: type === 'int8' ? 2 : 1,
        inputs: otherFirst ? [other, input] : [input, other],
        outputs: [output],
        ...(sameCodes
          ? { options: { type: 'MaximumMinimumOptions' as const, fields: {} } }
          : { options: { type: table, fields: { activation: activation[fused as keyof typeof activation] } } }),
      });
      return b.model(
        `${op} ${type} ${shape.join('x')} ${form} ${kind} ${otherFirst ? 'first' : ''} ${fused} 2^${ratioLog2}`,
        [output],
      );
    });

/** Constants that are no part of a task's numbers. */
export const constantMaps = ['whole', 'wholeOfThree', 'plane', 'planeOfThree', 'row', 'column', 'widths'] as const;

/** Feature maps that are repeated. */
export const repeatedMaps = [
  'wholeOfThree',
  'plane',
  'planeOfThree',
  'row',
  'column',
  'widths',
  'pixel',
  'vector',
  'value',
] as const;
