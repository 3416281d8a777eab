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
import type { TestModel } from './models.js';

/** Models that are not one fixed function of their input: state between invokes, shapes that are known only then. */

const scale = { scale: [1 / 16], zeroPoint: [0] };
const noise = (count: number, seed: number): Uint8Array => {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: count }, () => random.integer(0, 255));
};
const words = (...values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

/** A subgraph that grows node by node. */
class Net {
  readonly tensors: TensorSpec[] = [];
  readonly ops: OpSpec[] = [];

  map(name: string, shape: readonly number[]): number {
    return this.tensors.push({ name, type: 'int8', shape, ...scale }) - 1;
  }

  constant(name: string, values: readonly number[]): number {
    return this.tensors.push({ name, type: 'int32', shape: [values.length], data: words(...values) }) - 1;
  }

  node(op: OpSpec['op'], inputs: readonly number[], outputs: readonly number[], more: Partial<OpSpec> = {}): void {
    this.ops.push({ op, inputs, outputs, ...more });
  }

  /** A convolution with SAME padding: its output has the input's height and width. */
  conv(input: number, channels: number, name: string, kernel = 1): number {
    const shape = this.tensors[input]?.shape ?? [];
    const depth = shape.at(-1) ?? 1;
    const seed = this.tensors.length;
    const filter = this.tensors.push({
      name: `${name}/w`,
      type: 'int8',
      shape: [channels, kernel, kernel, depth],
      scale: [0.01 / kernel],
      data: new Uint8Array(
        new Int8Array(noise(channels * kernel * kernel * depth, seed)).map((value) => Math.max(value, -127)).buffer,
      ),
    });
    const bias = this.tensors.push({
      name: `${name}/b`,
      type: 'int32',
      shape: [channels],
      scale: [Math.fround(0.01 / kernel) / 16],
      data: words(...Array.from({ length: channels }, (_, i) => 100 * i)),
    });
    const output = this.map(name, [...shape.slice(0, -1), channels]);
    const fields = { padding: padding.same, strideW: 1, strideH: 1, activation: activation.none };
    this.node('CONV_2D', [input, filter - 1, bias - 1], [output], {
      version: 3,
      options: { type: 'Conv2DOptions', fields },
    });
    return output;
  }

  handle(): number {
    const handle = this.tensors.push({ name: 'variable', type: 'resource', shape: [] }) - 1;
    this.node('VAR_HANDLE', [], [handle]);
    return handle;
  }

  graph(inputs: readonly number[], outputs: readonly number[]): SubgraphSpec {
    return { tensors: this.tensors, ops: this.ops, inputs, outputs };
  }
}

/**
 * x -> two convolutions -> behind the rows that are kept from before -> a convolution; the last rows are kept for the next
 * invoke. With `late`, the variable's handle stands behind the first convolutions.
 */
export function streamingModel(late = false): TestModel {
  const start = new Net();
  const zero = start.tensors.push({
    name: 'zero',
    type: 'int8',
    shape: [1, 4, 6, 16],
    ...scale,
    data: new Uint8Array(4 * 6 * 16),
  });
  start.node('ASSIGN_VARIABLE', [start.handle(), zero - 1], []);
  const net = new Net();
  const x = net.map('x', [1, 2, 6, 16]);
  net.node('CALL_ONCE', [], [], { options: { type: 'CallOnceOptions', fields: { initSubgraph: 1 } } });
  let handle = late ? -1 : net.handle();
  const first = net.conv(net.conv(x, 24, 'one'), 16, 'two');
  if (late) handle = net.handle();
  const kept = net.map('kept', [1, 4, 6, 16]);
  net.node('READ_VARIABLE', [handle], [kept]);
  const all = net.map('all', [1, 6, 6, 16]);
  net.node('CONCATENATION', [kept, first], [all], {
    version: 2,
    options: { type: 'ConcatenationOptions', fields: { axis: 1 } },
  });
  const rest = net.map('rest', [1, 4, 6, 16]);
  const [begin, end, strides] = [
    [0, 2, 0, 0],
    [1, 6, 6, 16],
    [1, 1, 1, 1],
  ].map((values, i) => net.constant(`slice${i}`, values));
  net.node('STRIDED_SLICE', [all, begin ?? 0, end ?? 0, strides ?? 0], [rest], {
    version: 2,
    options: { type: 'StridedSliceOptions', fields: {} },
  });
  net.node('ASSIGN_VARIABLE', [handle, rest], []);
  const spec: ModelSpec = { ...net.graph([x], [net.conv(all, 32, 'last')]), called: [start.graph([], [])] };
  return { bytes: writeTflite(spec), inputs: [noise(2 * 6 * 16, 3)] };
}

/**
 * Two moves, a RESHAPE to a shape that is an input, then a chain of 3x3 convolutions: more temporary tensors than TFLite has
 * room for when it calls one kernel.
 */
export function deepModel(height: number, width: number, depth: number): TestModel {
  const net = new Net();
  const x = net.map('x', [1, 6, 6, 16]);
  const shape = net.tensors.push({ name: 'shape', type: 'int32', shape: [4] }) - 1;
  const [flat, back] = [net.map('flat', [1, 36, 1, 16]), net.map('back', [1, 6, 6, 16])];
  net.node('RESHAPE', [x, net.constant('to_flat', [1, 36, 1, 16])], [flat]);
  net.node('RESHAPE', [flat, net.constant('to_back', [1, 6, 6, 16])], [back]);
  let last = net.map('other', [1, 4, 9, 16]);
  net.node('RESHAPE', [back, shape], [last]);
  for (let i = 0; i < depth; i++) last = net.conv(last, 16, `conv${i}`, 3);
  return {
    bytes: writeTflite(net.graph([x, shape], [last])),
    inputs: [noise(6 * 6 * 16, 5), words(1, height, width, 16)],
  };
}

/**
 * Two convolutions, a RESHAPE to a shape that is an input, two convolutions. The file says 4x9; what `shape` says holds,
 * and is known in the middle of an invoke.
 */
export function reshapedModel(height: number, width: number): TestModel {
  const net = new Net();
  const x = net.map('x', [1, 6, 6, 16]);
  const shape = net.tensors.push({ name: 'shape', type: 'int32', shape: [4] }) - 1;
  const first = net.conv(net.conv(x, 24, 'one'), 16, 'two');
  const other = net.map('other', [1, 4, 9, 16]);
  net.node('RESHAPE', [first, shape], [other]);
  const last = net.conv(net.conv(other, 24, 'three'), 8, 'four');
  return {
    bytes: writeTflite(net.graph([x, shape], [last])),
    inputs: [noise(6 * 6 * 16, 5), words(1, height, width, 16)],
  };
}
