import { seededRandom } from '../host/random.js';
import {
  activation,
  type ModelSpec,
  type OpSpec,
  padding,
  type SubgraphSpec,
  type TensorSpec,
  writeTflite,
} from '../host/tflite_writer.js';

/** The small models of the delegate tests. The weights are large enough that a graph message does not fit into a pipe. */
export interface TestModel {
  readonly bytes: Uint8Array;
  readonly inputs: readonly Uint8Array[];
}

type Kind = 'int8' | 'float32' | 'int16';

function constant(kind: Kind, shape: readonly number[], seed: number): Uint8Array {
  const random = seededRandom(seed);
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (kind === 'float32')
    return new Uint8Array(Float32Array.from({ length: count }, () => random.between(-0.1, 0.1)).buffer);
  return new Uint8Array(Int8Array.from({ length: count }, () => random.integer(-127, 127)).buffer);
}

function picture(kind: Kind, count: number): Uint8Array {
  const random = seededRandom(7);
  if (kind === 'float32')
    return new Uint8Array(Float32Array.from({ length: count }, () => random.between(-1, 1)).buffer);
  if (kind === 'int16')
    return new Uint8Array(Int16Array.from({ length: count }, () => random.integer(-32768, 32767)).buffer);
  return Uint8Array.from({ length: count }, () => random.integer(0, 255));
}

/** conv 3x3 -> depthwise 3x3 -> ADD with the first convolution -> conv 1x1 */
function network(kind: Kind, channels: number): SubgraphSpec {
  const tensors: TensorSpec[] = [];
  const ops: OpSpec[] = [];
  const weights = kind === 'float32' ? kind : 'int8';
  const quantized = (scale: number): Pick<TensorSpec, 'scale' | 'zeroPoint'> =>
    kind === 'float32' ? {} : { scale: [scale], zeroPoint: [0] };
  const tensor = (spec: TensorSpec): number => tensors.push(spec) - 1;
  const plane = (name: string, c: number): number =>
    tensor({ name, type: kind, shape: [1, 12, 12, c], ...quantized(kind === 'int16' ? 1 / 4096 : 1 / 16) });
  const convolve = (
    input: number,
    shape: readonly [number, number, number, number],
    depthwise: boolean,
    name: string,
  ): number => {
    const c = depthwise ? shape[3] : shape[0];
    const scales = Array.from({ length: c }, (_, i) => (0.002 * (1 + (i % 5))) / (depthwise ? 1 : Math.sqrt(shape[3])));
    const quantization =
      kind === 'float32'
        ? {}
        : { scale: scales, zeroPoint: scales.map(() => 0), quantizedDimension: depthwise ? 3 : 0 };
    const filter = tensor({
      name: `${name}/w`,
      type: weights,
      shape,
      ...quantization,
      data: constant(weights, shape, tensors.length),
    });
    const biasScales = scales.map((scale) => Math.fround(scale * Math.fround(kind === 'int16' ? 1 / 4096 : 1 / 16)));
    const bias = tensor({
      name: `${name}/b`,
      type: kind === 'int16' ? 'int64' : kind === 'float32' ? 'float32' : 'int32',
      shape: [c],
      ...(kind === 'float32' ? {} : { scale: biasScales, zeroPoint: scales.map(() => 0) }),
      data: new Uint8Array(c * (kind === 'int16' ? 8 : 4)),
    });
    const output = plane(name, c);
    const fields = { padding: padding.same, strideW: 1, strideH: 1, activation: activation.none };
    ops.push({
      op: depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
      version: kind === 'float32' ? 1 : kind === 'int16' ? 5 : 3,
      inputs: [input, filter, bias],
      outputs: [output],
      options: depthwise
        ? { type: 'DepthwiseConv2DOptions', fields: { ...fields, depthMultiplier: 1 } }
        : { type: 'Conv2DOptions', fields },
    });
    return output;
  };
  const x = plane('x', channels);
  const first = convolve(x, [96, 3, 3, channels], false, 'first');
  const depthwise = convolve(first, [1, 3, 3, 96], true, 'depthwise');
  const sum = plane('sum', 96);
  ops.push({
    op: 'ADD',
    version: kind === 'int8' ? 2 : kind === 'int16' ? 3 : 1,
    inputs: [first, depthwise],
    outputs: [sum],
    options: { type: 'AddOptions', fields: kind === 'int16' ? { potScaleInt16: false } : {} },
  });
  const last = convolve(sum, [40, 1, 1, 96], false, 'last');
  return { tensors, ops, inputs: [x], outputs: [last, sum] };
}

const asModel = (kind: Kind): TestModel => ({
  bytes: writeTflite(network(kind, 64)),
  inputs: [picture(kind, 12 * 12 * 64)],
});

export const int8Model = (): TestModel => asModel('int8');
export const floatModel = (): TestModel => asModel('float32');
export const int16Model = (): TestModel => asModel('int16');

/** The network in both branches of an IF: TFLite gives the delegate three subgraphs. */
export function branchingModel(): TestModel {
  const { tensors, ops, inputs, outputs } = network('int8', 64);
  const branch: SubgraphSpec = { tensors, ops, inputs, outputs: outputs.slice(0, 1) };
  const outer = (index: number | undefined, name: string): TensorSpec => ({
    type: 'int8',
    shape: [],
    ...tensors[index ?? 0],
    name,
  });
  const spec: ModelSpec = {
    tensors: [{ name: 'condition', type: 'bool', shape: [1] }, outer(inputs[0], 'x'), outer(outputs[0], 'y')],
    ops: [
      {
        op: 'IF',
        inputs: [0, 1],
        outputs: [2],
        options: { type: 'IfOptions', fields: { thenSubgraph: 1, elseSubgraph: 2 } },
      },
    ],
    inputs: [0, 1],
    outputs: [2],
    called: [branch, branch],
  };
  return { bytes: writeTflite(spec), inputs: [Uint8Array.of(1), picture('int8', 12 * 12 * 64)] };
}
