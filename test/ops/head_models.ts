import fc from 'fast-check';
import { activation } from '../host/tflite_writer.js';
import { Builder, byteType, type ByteType, chosenSeed, convolved, type OpModel, whole } from './builder.js';

interface Map {
  readonly height: number;
  readonly width: number;
  /** Anchors: groups of channels that a RESHAPE makes rows of. */
  readonly anchors: number;
}

export interface HeadChoice {
  readonly seed: number;
  readonly type: ByteType;
  readonly maps: readonly Map[];
  readonly channels: number;
  readonly rank: 3 | 4;
  readonly behind: readonly ('LOGISTIC' | 'TANH' | 'RESHAPE')[];
  readonly oneScale: boolean;
}

const maps = fc.array(fc.record({ height: whole(1, 7), width: whole(1, 7), anchors: whole(1, 5) }), {
  minLength: 2,
  maxLength: 4,
});

export const headChoices: fc.Arbitrary<HeadChoice> = fc.record({
  seed: chosenSeed,
  type: byteType,
  maps,
  channels: whole(1, 40),
  rank: fc.constantFrom(3, 4),
  behind: fc.array(fc.constantFrom('LOGISTIC', 'TANH', 'RESHAPE'), { maxLength: 2 }),
  oneScale: fc.boolean(),
});

/** An input, or a convolution's map with the same scale. */
const made = (b: Builder, type: ByteType, shape: readonly number[], scale: number, zero: number, isInput: boolean) => {
  const input = b.input(type, shape, scale, zero);
  const [channels = 1] = shape.slice(-1);
  const form = { depthwise: true, exact: true };
  return isInput ? input : convolved(b, type, input, shape, channels, form, scale, zero).index;
};

/** Heads of a detector: maps of different sizes, as rows of boxes. */
export const heads = ({ seed, type, maps, channels, rank, behind, oneScale }: HeadChoice): OpModel => {
  const b = new Builder(seed);
  const same = type === 'int8' || oneScale;
  const joined = { scale: 0.08, zero: b.zeroPoint(type) };
  let rows = 0;
  const parts = maps.map(({ height, width, anchors }, i) => {
    const shape = [1, height, width, anchors * channels];
    const [scale, zero] = same ? [joined.scale, joined.zero] : [0.05 + 0.01 * i, b.zeroPoint(type)];
    const map = made(b, type, shape, scale, zero, i % 2 === 0);
    const flat = [height * width * anchors, ...(rank === 4 ? [1] : []), channels];
    const output = b.map(type, [1, ...flat], scale, zero);
    b.op({ op: 'RESHAPE', inputs: [map, b.ints([1, ...flat])], outputs: [output] });
    rows += height * width * anchors;
    return output;
  });
  let shape: readonly number[] = [1, rows, ...(rank === 4 ? [1] : []), channels];
  let tensor = b.map(type, shape, joined.scale, joined.zero);
  const fields = { axis: 1, activation: activation.none };
  b.op({
    op: 'CONCATENATION',
    version: 2,
    inputs: parts,
    outputs: [tensor],
    options: { type: 'ConcatenationOptions', fields },
  });
  let numbers = joined;
  for (const op of behind) {
    const isTable = op !== 'RESHAPE';
    if (isTable)
      numbers = {
        scale: op === 'TANH' ? 1 / 128 : 1 / 256,
        zero: type === 'int8' ? (op === 'TANH' ? 0 : -128) : op === 'TANH' ? 128 : 0,
      };
    else shape = [1, shape.reduce((product, dim) => product * dim, 1)];
    const output = b.map(type, shape, numbers.scale, numbers.zero);
    b.op({ op, version: isTable ? 2 : 1, inputs: isTable ? [tensor] : [tensor, b.ints(shape)], outputs: [output] });
    tensor = output;
  }
  return b.model(
    `heads ${type} ${maps.map(({ height, width, anchors }) => `${height}x${width}x${anchors}`).join()} of ${channels}, ${behind.join()}`,
    [tensor],
  );
};

/** Channels beside each other, of one scale. */
export const beside = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    height: whole(1, 6),
    width: whole(1, 6),
    parts: fc.array(whole(1, 40), { minLength: 2, maxLength: 4 }),
    flat: fc.boolean(),
  })
  .map(({ seed, type, height, width, parts, flat }): OpModel => {
    const b = new Builder(seed);
    const [scale, zero] = [0.07, b.zeroPoint(type)];
    const total = parts.reduce((sum, channels) => sum + channels, 0);
    const maps = parts.map((channels) => {
      const map = b.input(type, [1, height, width, channels], scale, zero);
      if (!flat) return map;
      const output = b.map(type, [1, height * width, channels], scale, zero);
      b.op({ op: 'RESHAPE', inputs: [map, b.ints([1, height * width, channels])], outputs: [output] });
      return output;
    });
    const output = b.map(type, flat ? [1, height * width, total] : [1, height, width, total], scale, zero);
    const fields = { axis: -1, activation: activation.none };
    b.op({
      op: 'CONCATENATION',
      version: 2,
      inputs: maps,
      outputs: [output],
      options: { type: 'ConcatenationOptions', fields },
    });
    return b.model(`beside ${type} ${height}x${width} ${parts.join()}`, [output]);
  });
