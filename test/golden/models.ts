import { seededRandom } from '../host/random.js';
import {
  activation,
  type ModelSpec,
  type OpSpec,
  padding,
  type TensorSpec,
  type TensorType,
  writeTflite,
} from '../host/tflite_writer.js';

/**
 * Small models, each for one thing that a register stream shows. Their listings stand beside this file; the numbers are
 * fixed here, so that a changed listing means a changed compiler.
 */
export interface GoldenModel {
  readonly name: string;
  readonly shows: string;
  readonly trust?: 'seen';
  readonly bytes: Uint8Array;
}

type ByteType = 'int8' | 'uint8';

interface ConvChoice {
  readonly depthwise?: boolean;
  readonly kernel?: number;
  readonly stride?: number;
  readonly pad?: keyof typeof padding;
  readonly activate?: keyof typeof activation;
  readonly channels: number;
  readonly perChannel?: boolean;
  readonly scale?: number;
  readonly filterScale?: number;
}

/** Builds one graph: tensors and ops in order, weights and biases from a seed. */
class Model {
  readonly #type: ByteType;
  readonly #random = seededRandom(1);
  readonly #tensors: TensorSpec[] = [];
  readonly #ops: OpSpec[] = [];
  readonly #inputs: number[] = [];

  constructor(type: ByteType) {
    this.#type = type;
  }

  #add(tensor: Omit<TensorSpec, 'name'>): number {
    return this.#tensors.push({ name: `t${this.#tensors.length}`, ...tensor }) - 1;
  }
  #feature(shape: readonly number[], scale: number): number {
    const zeroPoint = this.#type === 'int8' ? -3 : 125;
    return this.#add({ type: this.#type, shape, scale: [scale], zeroPoint: [zeroPoint] });
  }
  #shape(tensor: number): readonly number[] {
    return this.#tensors[tensor]?.shape ?? [];
  }
  input(height: number, width: number, channels: number, scale = 0.05): number {
    const index = this.#feature([1, height, width, channels], scale);
    this.#inputs.push(index);
    return index;
  }

  conv(input: number, choice: ConvChoice): number {
    const { depthwise = false, kernel = 1, stride = 1, pad = 'same', activate = 'none' } = choice;
    const { channels, perChannel = false, scale = 0.07, filterScale = 0.004 } = choice;
    const [, height = 0, width = 0, inputChannels = 0] = this.#shape(input);
    const length = (size: number): number => Math.ceil((pad === 'same' ? size : size - kernel + 1) / stride);
    const filterShape = depthwise ? [1, kernel, kernel, channels] : [channels, kernel, kernel, inputChannels];
    const count = filterShape.reduce((product, dim) => product * dim, 1);
    const filter = this.#add({
      type: this.#type,
      shape: filterShape,
      scale: perChannel ? Array.from({ length: channels }, (_, c) => (filterScale / 2) * (1 + (c % 7))) : [filterScale],
      zeroPoint: perChannel ? Array.from({ length: channels }, () => 0) : [this.#type === 'int8' ? 0 : 131],
      quantizedDimension: depthwise ? 3 : 0,
      data: Uint8Array.from({ length: count }, () => this.#random.integer(-120, 120)),
    });
    const bias = this.#add({
      type: 'int32' satisfies TensorType,
      shape: [channels],
      data: new Uint8Array(Int32Array.from({ length: channels }, () => this.#random.integer(-3000, 3000)).buffer),
    });
    const output = this.#feature([1, length(height), length(width), channels], scale);
    const common = { padding: padding[pad], strideW: stride, strideH: stride, activation: activation[activate] };
    this.#ops.push({
      op: depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
      version: 3,
      inputs: [input, filter, bias],
      outputs: [output],
      options: depthwise
        ? { type: 'DepthwiseConv2DOptions', fields: { ...common, depthMultiplier: 1 } }
        : { type: 'Conv2DOptions', fields: common },
    });
    return output;
  }

  add(first: number, second: number, scale = 0.11): number {
    const output = this.#feature(this.#shape(first), scale);
    this.#ops.push({
      op: 'ADD',
      version: 2,
      inputs: [first, second],
      outputs: [output],
      options: { type: 'AddOptions', fields: { activation: activation.none } },
    });
    return output;
  }

  /** Another op, whose output has the scale of its first input unless one is given. */
  op(op: OpSpec['op'], inputs: readonly number[], shape: readonly number[], options: OpSpec['options'], scale = 0.05) {
    const output = this.#feature(shape, scale);
    this.#ops.push({ op, version: 2, inputs, outputs: [output], ...(options === undefined ? {} : { options }) });
    return output;
  }

  bytes(...outputs: readonly number[]): Uint8Array {
    const spec: ModelSpec = { tensors: this.#tensors, ops: this.#ops, inputs: this.#inputs, outputs };
    return writeTflite(spec);
  }
}

const build = (type: ByteType, make: (model: Model) => readonly number[]): Uint8Array => {
  const model = new Model(type);
  return model.bytes(...make(model));
};

const single = (type: ByteType, size: readonly [number, number, number], choice: ConvChoice): Uint8Array =>
  build(type, (model) => [model.conv(model.input(...size), choice)]);

const pool = (side: number, stride: number, pad: keyof typeof padding): OpSpec['options'] => ({
  type: 'Pool2DOptions',
  fields: {
    padding: padding[pad],
    strideW: stride,
    strideH: stride,
    filterW: side,
    filterH: side,
    activation: activation.none,
  },
});

const joined = (model: Model, first: number, second: number, channels: number): number =>
  model.op('CONCATENATION', [first, second], [1, 4, 4, channels], {
    type: 'ConcatenationOptions',
    fields: { axis: 3, activation: 0 },
  });

export const goldenModels: readonly GoldenModel[] = [
  {
    name: 'conv_1x1',
    shows: 'the plainest convolution: int8, per-tensor',
    bytes: single('int8', [8, 8, 16], { channels: 32 }),
  },
  {
    name: 'conv_1x1_seen',
    shows: 'the same with trust=seen: one factor in OUT_CVT, no BN',
    trust: 'seen',
    bytes: single('int8', [8, 8, 16], { channels: 32 }),
  },
  {
    name: 'conv_3x3_uint8',
    shows: 'uint8 with a zero-point of the weights, SAME padding, stride 2, RELU6, a plane that is not square',
    bytes: single('uint8', [9, 14, 3], { channels: 20, kernel: 3, stride: 2, activate: 'relu6' }),
  },
  {
    name: 'conv_per_channel',
    shows: 'a multiplier for each channel: BS and BN operands in memory',
    bytes: single('int8', [7, 7, 40], { channels: 24, kernel: 3, perChannel: true, activate: 'relu' }),
  },
  {
    name: 'conv_clamp',
    shows: 'RELU_N1_TO_1: a clamp of its own behind the convolution',
    bytes: single('int8', [6, 6, 8], { channels: 8, activate: 'reluN1To1' }),
  },
  {
    name: 'depthwise_per_channel',
    shows: 'depthwise 3x3, per-channel, channels that do not fill a group',
    bytes: single('int8', [12, 12, 72], { depthwise: true, channels: 72, kernel: 3, perChannel: true }),
  },
  {
    name: 'depthwise_uint8',
    shows: 'depthwise 5x5 of stride 2 in uint8, VALID padding',
    bytes: single('uint8', [16, 16, 16], { depthwise: true, channels: 16, kernel: 5, stride: 2, pad: 'valid' }),
  },
  {
    name: 'add',
    shows: 'ADD of two inputs: DPU and its reader alone',
    bytes: build('int8', (model) => [model.add(model.input(5, 5, 20), model.input(5, 5, 20, 0.03))]),
  },
  {
    name: 'conv_add',
    shows: 'an ADD that one task can hold together with the convolution before it',
    bytes: build('int8', (model) => {
      const x = model.input(8, 8, 32);
      return [model.add(model.conv(x, { channels: 32, filterScale: 0.004 }), x)];
    }),
  },
  {
    name: 'conv_add_apart',
    shows: "ADD on its own, because the convolution's output is read elsewhere too",
    bytes: build('int8', (model) => {
      const x = model.input(8, 8, 32);
      const y = model.conv(x, { channels: 32 });
      return [model.add(y, x), y];
    }),
  },
  {
    name: 'tiles_rows',
    shows: 'a plane larger than CBUF: tasks by rows, weights kept',
    bytes: single('int8', [160, 160, 24], { channels: 16, kernel: 3 }),
  },
  {
    name: 'tiles_columns',
    shows: 'rows longer than the window of a task: tasks by columns, with gaps between output rows',
    bytes: single('int8', [2, 2500, 8], { channels: 8, kernel: 3 }),
  },
  {
    name: 'tiles_channels',
    shows: 'depthwise kernels of more bytes than a bank: tasks by channels',
    bytes: single('int8', [12, 12, 320], { depthwise: true, channels: 320, kernel: 11 }),
  },
  {
    name: 'weights_streamed',
    shows: 'weights larger than CBUF stream through it',
    bytes: single('int8', [4, 4, 512], { channels: 192, kernel: 3 }),
  },
  {
    name: 'average_pool',
    shows:
      'AVERAGE_POOL_2D 2x2 on five rows, SAME padding: windows of the last row hold half the pixels, a task of their own',
    bytes: build('int8', (model) => [
      model.op('AVERAGE_POOL_2D', [model.input(5, 6, 16)], [1, 3, 3, 16], pool(2, 2, 'same')),
    ]),
  },
  {
    name: 'max_pool',
    shows: 'MAX_POOL_2D 2x2 of stride 2: maxima of shifted memory, then every other row and column',
    bytes: build('int8', (model) => [
      model.op('MAX_POOL_2D', [model.input(8, 8, 16)], [1, 4, 4, 16], pool(2, 2, 'valid')),
    ]),
  },
  {
    name: 'mul',
    shows: 'MUL of two inputs: the product is shifted to the grid of the first rounding, OUT_CVT divides',
    bytes: build('int8', (model) => {
      const [x, y] = [model.input(5, 5, 20), model.input(5, 5, 20, 0.03)];
      return [model.op('MUL', [x, y], [1, 5, 5, 20], { type: 'MulOptions', fields: { activation: 0 } }, 0.04)];
    }),
  },
  {
    name: 'concat_aligned',
    shows: 'CONCATENATION of two convolutions of 16 and 32 channels: both write where their part stands, no copy',
    bytes: build('int8', (model) => {
      const x = model.input(4, 4, 16);
      return [
        joined(model, model.conv(x, { channels: 16, scale: 0.05 }), model.conv(x, { channels: 32, scale: 0.05 }), 48),
      ];
    }),
  },
  {
    name: 'concat_apart',
    shows: 'CONCATENATION that starts a part inside an atom: put side by side, then picked by a 1x1 convolution',
    bytes: build('int8', (model) => {
      const x = model.input(4, 4, 16);
      const both = joined(
        model,
        model.conv(x, { channels: 8, scale: 0.05 }),
        model.conv(x, { channels: 12, scale: 0.05 }),
        20,
      );
      return [model.conv(both, { channels: 16, scale: 0.05 })];
    }),
  },
  {
    name: 'concat_at_the_end',
    shows:
      'CONCATENATION that starts a part inside an atom, at the end of the graph: the host puts the two cubes together',
    bytes: build('int8', (model) => {
      const x = model.input(4, 4, 16);
      return [
        joined(model, model.conv(x, { channels: 8, scale: 0.05 }), model.conv(x, { channels: 12, scale: 0.05 }), 20),
      ];
    }),
  },
];
