import fc from 'fast-check';
import { seededRandom } from '../host/random.js';
import { type ModelSpec, writeTflite } from '../host/tflite_writer.js';
import {
  addLayer,
  type AddLayer,
  convolution,
  type ConvLayer,
  graphInput,
  newGraph,
  type Plane,
} from './random_layers.js';

/**
 * Random quantized models: one convolution, one ADD, or the chains conv+ADD and conv+ADD+conv. fast-check draws the
 * structure (and shrinks it); weights, biases and pictures follow from a seed.
 */
export type Family = 'per-tensor' | 'per-channel';
export type Shape = 'conv' | 'depthwise' | 'add' | 'conv+add' | 'conv+add+conv';

export interface ModelChoice {
  readonly seed: number;
  readonly shape: Shape;
  readonly type: 'int8' | 'uint8';
  readonly family: Family;
  /** All scales are exact powers of two. */
  readonly powersOfTwo: boolean;
  readonly size: 'usual' | 'big plane' | 'big weights' | 'wide' | 'picture';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly first: ConvLayer;
  readonly last: ConvLayer;
  readonly add: AddLayer;
}

export interface RandomModel {
  readonly title: string;
  readonly choice: ModelChoice;
  readonly spec: ModelSpec;
  readonly bytes: Uint8Array;
  readonly inputs: readonly Uint8Array[];
  /** Ops on the longest path. */
  readonly depth: number;
  /** What an output may differ by: one count for each op, more only where a layer magnifies a count of an earlier one. */
  readonly allowedDifference: number;
}

const unbiased = (min: number, max: number): fc.Arbitrary<number> => fc.noBias(fc.integer({ min, max }));
const real = (min: number, max: number): fc.Arbitrary<number> =>
  unbiased(0, 1 << 24).map((n) => min + ((max - min) * n) / (1 << 24));
const often = <T>(...cases: readonly (readonly [number, fc.Arbitrary<T>])[]): fc.Arbitrary<T> =>
  fc.oneof(...cases.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const kernelSide = often([12, unbiased(1, 3)], [5, unbiased(4, 7)], [1, unbiased(8, 31)]);
const stride = often([6, fc.constant(1)], [3, unbiased(2, 3)], [1, unbiased(4, 7)]);
const oddCount = often([3, unbiased(1, 20)], [2, unbiased(21, 70)]);

const convLayer: fc.Arbitrary<ConvLayer> = fc.record({
  depthwise: fc.noBias(fc.boolean()),
  channels: oddCount,
  kernelHeight: kernelSide,
  kernelWidth: kernelSide,
  strideY: stride,
  strideX: stride,
  padding: fc.constantFrom('same', 'valid'),
  bias: often([5, fc.constant(true)], [1, fc.constant(false)]),
  activation: often<ConvLayer['activation']>(
    [2, fc.constant('none')],
    [3, fc.constantFrom('relu', 'relu6', 'reluN1To1')],
  ),
  scaleLog2: real(-14, -1),
  channelRatioLog10: real(0, 3),
  hugeBiases: often([3, fc.constant(false)], [1, fc.constant(true)]),
  extremeWeights: fc.boolean(),
});

const addition: fc.Arbitrary<AddLayer> = fc.record({
  other: fc.constantFrom('input', 'conv', 'source', 'itself'),
  swapped: fc.boolean(),
  scaleRatioLog2: real(-5, 5),
  activation: often<AddLayer['activation']>(
    [3, fc.constant('none')],
    [2, fc.constantFrom('relu', 'relu6', 'reluN1To1')],
  ),
  innerUse: often<AddLayer['innerUse']>([4, fc.constant('none')], [1, fc.constantFrom('output', 'conv')]),
});

export const modelChoice: fc.Arbitrary<ModelChoice> = fc
  .record({
    seed: fc.noShrink(unbiased(0, 0x7fffffff)),
    shape: often<Shape>(
      [3, fc.constant('conv')],
      [3, fc.constant('depthwise')],
      [2, fc.constant('add')],
      [4, fc.constant('conv+add')],
      [4, fc.constant('conv+add+conv')],
    ),
    kind: often<Pick<ModelChoice, 'type' | 'family'>>(
      [5, fc.constant({ type: 'int8', family: 'per-channel' })],
      [2, fc.constant({ type: 'int8', family: 'per-tensor' })],
      [3, fc.constant({ type: 'uint8', family: 'per-tensor' })],
    ),
    powersOfTwo: often([8, fc.constant(false)], [1, fc.constant(true)]),
    size: often<ModelChoice['size']>(
      [20, fc.constant('usual')],
      [1, fc.constantFrom('big plane', 'big weights', 'wide', 'picture')],
    ),
    height: unbiased(1, 24),
    width: unbiased(1, 24),
    channels: oddCount,
    first: convLayer,
    last: convLayer,
    add: addition,
  })
  .map(({ kind, ...rest }) => sized({ ...kind, ...rest }));

/** The rarer sizes, which force tiles: more than the 384 KiB of the convolution buffer, long rows, wide pictures. */
function sized(choice: ModelChoice): ModelChoice {
  const random = seededRandom(choice.seed ^ 0x51ed);
  const small = <T extends ConvLayer>(layer: T, most: number): T => ({
    ...layer,
    kernelHeight: Math.min(layer.kernelHeight, most),
    kernelWidth: Math.min(layer.kernelWidth, most),
  });
  const { first, last } = choice;
  switch (choice.size) {
    case 'usual':
      return choice;
    case 'big plane':
      return {
        ...choice,
        height: random.integer(70, 120),
        width: random.integer(70, 120),
        channels: random.integer(30, 70),
        first: { ...small(first, 3), channels: random.integer(1, 9) },
        last: { ...small(last, 3), channels: random.integer(1, 9) },
      };
    case 'big weights':
      return {
        ...choice,
        height: random.integer(1, 5),
        width: random.integer(1, 5),
        channels: random.integer(200, 512),
        first: { ...small(first, 3), depthwise: false, channels: random.integer(100, 220) },
        last: { ...small(last, 2), channels: random.integer(20, 60) },
      };
    case 'wide':
      return {
        ...choice,
        height: random.integer(1, 4),
        width: random.integer(400, 2500),
        channels: random.integer(1, 20),
        first: { ...small(first, 5), channels: random.integer(1, 20) },
      };
    case 'picture':
      return {
        ...choice,
        height: random.integer(90, 200),
        width: random.integer(90, 200),
        channels: random.integer(1, 4),
        first: {
          ...small(first, 4),
          depthwise: false,
          channels: random.integer(4, 17),
          strideY: random.integer(1, 3),
          strideX: 2,
        },
        last: { ...small(last, 3), channels: random.integer(1, 9) },
      };
  }
}

/** The model that a choice stands for, with pictures for its inputs. */
export function buildModel(choice: ModelChoice): RandomModel {
  const random = seededRandom(choice.seed);
  const graph = newGraph(choice, random);
  const { shape, first, last, add } = choice;
  const source = graphInput(graph, 'x', choice.height, choice.width, choice.channels, undefined);
  const outputs: Plane[] = [];
  let depth = 1;
  if (shape === 'conv' || shape === 'depthwise') {
    outputs.push(convolution(graph, source, { ...first, depthwise: shape === 'depthwise' }));
  } else if (shape === 'add') {
    outputs.push(
      addLayer(graph, source, source, { ...add, other: add.other === 'itself' ? 'itself' : 'input' }, undefined),
    );
  } else {
    const inner = convolution(graph, source, first);
    const sum = addLayer(graph, source, inner, add, first);
    depth = 2;
    if (shape === 'conv+add+conv') {
      outputs.push(convolution(graph, sum, last));
      depth = 3;
    } else {
      outputs.push(sum);
    }
    if (add.innerUse === 'output') outputs.push(inner);
    if (add.innerUse === 'conv')
      outputs.push(convolution(graph, inner, { ...last, channels: Math.min(last.channels, 12) }));
  }
  const spec: ModelSpec = { ...graph.spec, inputs: graph.inputs, outputs: outputs.map(({ index }) => index) };
  const worst = Math.max(...outputs.map(({ differs }) => differs));
  return {
    title: titleOf(choice, spec),
    choice,
    spec,
    bytes: writeTflite(spec),
    inputs: graph.pictures,
    depth,
    allowedDifference: Math.max(depth, Math.floor(worst)),
  };
}

function titleOf(choice: ModelChoice, spec: ModelSpec): string {
  const shapes = spec.ops.map((op) => {
    const [input, filter, output] = [op.inputs[0], op.inputs[1], op.outputs[0]].map((t) =>
      spec.tensors[t ?? 0]?.shape.slice(1).join('x'),
    );
    const fields = op.options?.fields ?? {};
    return op.op === 'ADD'
      ? `ADD ${output}`
      : `${op.op} ${input} * ${filter} s${fields['strideH']},${fields['strideW']} ${fields['padding'] === 0 ? 'SAME' : 'VALID'} a${fields['activation']} -> ${output}`;
  });
  return `${choice.type} ${choice.family}${choice.powersOfTwo ? ' powers of two' : ''} ${choice.shape}: ${shapes.join('; ')}`;
}
