import fc from 'fast-check';
import { activation } from '../host/tflite_writer.js';
import { Builder, byteType, chosenSeed, type OpModel, real, whole } from './builder.js';
import { differentialTest } from './op_test.js';

interface Choice {
  readonly seed: number;
  readonly type: 'int8' | 'uint8';
  readonly perChannel: boolean;
  readonly shape: readonly number[];
  readonly reshaped: boolean;
  readonly units: number;
  readonly keepNumDims: boolean;
  readonly bias: boolean;
  readonly scaleLog2: number;
  readonly activation: keyof typeof activation;
}

/** One row or several, flat or a map, with a RESHAPE before or without. */
const shapes = fc.oneof(
  fc.tuple(fc.constant(1), whole(1, 700)),
  fc.tuple(fc.constant(1), whole(4609, 16_368)),
  fc.tuple(whole(2, 12), whole(1, 100)),
  fc.tuple(fc.constant(1), whole(1, 7), whole(1, 7), whole(1, 24)),
  fc.tuple(fc.constant(1), whole(1, 5), whole(1, 5), fc.constantFrom(16, 32)),
);

const choices: fc.Arbitrary<Choice> = fc.record({
  seed: chosenSeed,
  type: byteType,
  perChannel: fc.boolean(),
  shape: shapes,
  reshaped: fc.boolean(),
  units: whole(1, 70),
  keepNumDims: fc.boolean(),
  bias: fc.boolean(),
  scaleLog2: real(-12, -2),
  activation: fc.constantFrom('none', 'relu', 'relu6', 'reluN1To1'),
});

function modelOf(choice: Choice): OpModel {
  const { type, shape, units, keepNumDims } = choice;
  const b = new Builder(choice.seed);
  const perChannel = choice.perChannel && type === 'int8';
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const map = shape.length === 4;
  // TFLite 2.14 leaves rows out where the output has more than two dimensions and a scale for each channel.
  const keeps = keepNumDims && !perChannel && (shape.length === 2 || !choice.reshaped);
  const depth = map && !keeps ? elements : (shape.at(-1) ?? 1);
  const rows = elements / depth;
  const [inputScale, outputScale] = [2 ** b.random.between(-7, -2), 2 ** b.random.between(-5, -2)];
  const zero = b.zeroPoint(type);
  let input = b.input(type, shape, inputScale, zero);
  if (map && choice.reshaped) {
    const flat = b.map(type, [1, elements], inputScale, zero);
    b.op({ op: 'RESHAPE', inputs: [input, b.ints([1, elements])], outputs: [flat] });
    input = flat;
  }
  const scales = Array.from({ length: perChannel ? units : 1 }, () =>
    Math.fround(((2 ** choice.scaleLog2 * outputScale) / inputScale) * 2 ** b.random.between(-1, 0)),
  );
  const weightZero = type === 'int8' ? 0 : b.random.integer(60, 190);
  const spread = Math.max(1, 30 / (2 ** choice.scaleLog2 * 74 * Math.sqrt(depth)));
  const weights = Uint8Array.from({ length: units * depth }, () => {
    const code = Math.round(spread * b.random.normal());
    return type === 'int8' ? Math.max(-127, Math.min(127, code)) & 0xff : Math.max(0, Math.min(255, weightZero + code));
  });
  const filter = b.tensor({
    type,
    shape: [units, depth],
    scale: scales,
    zeroPoint: scales.map(() => weightZero),
    data: weights,
  });
  const biases = Int32Array.from({ length: units }, () =>
    Math.round(b.random.between(-60, 60) / 2 ** choice.scaleLog2),
  );
  const bias = b.tensor({
    type: 'int32',
    shape: [units],
    scale: scales.map((scale) => Math.fround(inputScale * scale)),
    zeroPoint: scales.map(() => 0),
    data: new Uint8Array(biases.buffer),
  });
  const outputShape = keeps ? [...shape.slice(0, -1), units] : [rows, units];
  const output = b.map(type, outputShape, outputScale, b.zeroPoint(type));
  b.op({
    op: 'FULLY_CONNECTED',
    version: keeps ? 5 : type === 'int8' ? 4 : 1,
    inputs: [input, filter, ...(choice.bias ? [bias] : [-1])],
    outputs: [output],
    options: {
      type: 'FullyConnectedOptions',
      fields: { activation: activation[choice.activation], keepNumDims: keeps },
    },
  });
  return b.model(
    `FC ${type} ${shape.join('x')} * ${units}x${depth}${perChannel ? ' per channel' : ''} ${choice.activation}`,
    [output],
  );
}

describe('FULLY_CONNECTED', () => {
  differentialTest('rounded twice, in 2.14', choices.map(modelOf), { mostCounts: 1, equal: 0.999 });
  for (const runtime of ['ai_edge_litert', 'litert_nightly'] as const)
    differentialTest(`rounded once, in ${runtime}`, choices.map(modelOf), { mostCounts: 1, equal: 0.9999, runtime });
});
