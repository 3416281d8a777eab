/** What TFLite nodes become: operations on whole tensors, with integer numbers in the NPU's codes. Plain data. */
import type { AddNumbers } from '../requantize/add_stages.js';
import type { ConvNumbers } from '../requantize/division.js';
import type { Stages } from '../requantize/stages.js';

/** Sizes in elements; padding on the top and left, the rest follows from the output's size. */
export interface ConvGeometry {
  readonly inputHeight: number;
  readonly inputWidth: number;
  readonly inputChannels: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly outputChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  /** Distance of the kernel's taps, 1 without dilation. */
  readonly dilationY: number;
  readonly dilationX: number;
  readonly padTop: number;
  readonly padLeft: number;
  /**
   * A transposed convolution: inputs stand this far apart, with padding between them. Strides and dilation are 1 then, and
   * padding counts in these places.
   */
  readonly apart?: { readonly y: number; readonly x: number };
}

interface OperationBase {
  /** TFLite nodes that this operation computes; the first one names it. */
  readonly nodes: readonly number[];
  /** Tensor index of the result. */
  readonly output: number;
}

/** A second operand that the elementwise unit adds to a convolution's result: a fused ADD. */
export interface Residual {
  readonly operand: number;
  readonly numbers: AddNumbers;
}

export interface ConvOperation extends OperationBase {
  readonly kind: 'conv';
  readonly depthwise: boolean;
  readonly input: number;
  readonly geometry: ConvGeometry;
  /** Signed codes in TFLite's order: OHWI, depthwise 1HWC. */
  readonly weights: Int8Array;
  /** Signed code that stands for 0; the hardware subtracts it from every weight. */
  readonly weightZeroPoint: number;
  /** Code of padding taps. */
  readonly inputZeroPoint: number;
  readonly numbers: ConvNumbers;
  /** What the lowering has calculated by itself (pools, copies); null: the technique is chosen by `numbers`. */
  readonly stages: Stages | null;
  readonly residual: Residual | null;
}

export interface AddOperation extends OperationBase {
  readonly kind: 'add';
  readonly inputs: readonly [number, number];
  readonly numbers: AddNumbers;
}

/** Clamps codes between two limits: an activation that the producing task cannot express. */
export interface ClampOperation extends OperationBase {
  readonly kind: 'clamp';
  readonly input: number;
  readonly range: readonly [number, number];
}

/** Each code by itself to another one: a change of scale, an activation. */
export interface ScaleOperation extends OperationBase {
  readonly kind: 'scale';
  readonly input: number;
  readonly stages: Stages;
}

/** Two codes to one: their difference, the larger or the smaller of them. */
export interface PairOperation extends OperationBase {
  readonly kind: 'pair';
  readonly inputs: readonly [number, number];
  readonly stages: Stages;
}

/** The same codes in another memory, by the DPU alone: what is left of a move that could not be dropped. */
export interface CopyOperation extends OperationBase {
  readonly kind: 'copy';
  readonly input: number;
}

/** Every pixel twice along both axes, by the DPU's reader. */
export interface UnpoolOperation extends OperationBase {
  readonly kind: 'unpool';
  readonly input: number;
}

/** The values of one tensor in another place: no task where both can be one memory (`place/`). */
export interface MoveOperation extends OperationBase {
  readonly kind: 'move';
  readonly input: number;
}

/** A plane with pixels of one code around it. `place/` makes it a convolution, unless the one that reads it pads by itself. */
export interface PadOperation extends OperationBase {
  readonly kind: 'pad';
  readonly input: number;
  /** Height, width, channels of the input. */
  readonly shape: readonly [number, number, number];
  /** Height and width of the output. */
  readonly size: readonly [number, number];
  readonly top: number;
  readonly left: number;
  /** The NPU's code of the pixels around. */
  readonly value: number;
}

/** TFLite's memory of a tensor that is not NHWC of its cube's shape: NHWC of another shape, or NCHW. */
export type BorderLayout = 'flat' | 'nchw';

/**
 * A move whose input or output is a tensor that TFLite gives or takes, and that nothing else of the graph uses: the host
 * puts its bytes in place as it makes or reads the cube, which has the shape of the other tensor.
 */
export interface BorderOperation extends OperationBase {
  readonly kind: 'border';
  readonly input: number;
  readonly side: 'input' | 'output';
  readonly layout: BorderLayout;
}

/** Where the pixels of a cube stand in a tensor of TFLite's: the first one at byte `start`, the next ones `step` bytes apart. */
export interface PiecePlace {
  /** The tensor that TFLite takes. */
  readonly whole: number;
  readonly start: number;
  readonly step: number;
}

/** As a border at the output, for a tensor that the host puts together: `output`, not in the graph, is one of its pieces. */
export interface PieceOperation extends OperationBase {
  readonly kind: 'piece';
  readonly input: number;
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  readonly place: PiecePlace;
}

/**
 * No task: `output`, a tensor that is not in the graph, is a part of the memory of `whole`, or memory of its own.
 * Places are counted in atoms of the whole's plane, as if its rows stood one behind the other.
 */
export interface ViewOperation extends OperationBase {
  readonly kind: 'view';
  readonly whole: number | null;
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  /** First channel, a multiple of 16. */
  readonly channel: number;
  /** The first atom, and from the start of one row to that of the next. */
  readonly first: number;
  readonly line: number;
}

/**
 * The values of a tensor in another order: as if the input's memory (NHWC, one value after the other) had the dimensions
 * `shape`, and the output's those in the order `order`.
 */
export interface PermuteKernel {
  readonly kind: 'permute';
  readonly shape: readonly number[];
  readonly order: readonly number[];
}

/** Between which two rows (or columns) of the input one of the output lies; `behind` is the weight of the second one. */
export interface ResizePosition {
  readonly lower: number;
  readonly upper: number;
  readonly behind: number;
}

/** `fixed`: weights in units of 1/1024, rounded half away from zero. `float`: single precision, rounded half up. */
export interface ResizeKernel {
  readonly kind: 'resize';
  readonly arithmetic: 'fixed' | 'float';
  readonly rows: readonly ResizePosition[];
  readonly columns: readonly ResizePosition[];
}

export type HostKernel = PermuteKernel | ResizeKernel;

/** What the silicon cannot do, and would cut the part in two: a small C kernel between two jobs (`delegate/plan/host_kernels.c`). */
export interface HostOperation extends OperationBase {
  readonly kind: 'host';
  readonly input: number;
  readonly type: 'int8' | 'uint8';
  /** Signed code of lanes behind the last channel. */
  readonly zeroPoint: number;
  readonly kernel: HostKernel;
}

/** No task: `output`, a tensor that is not in the graph and whose values are known, stands among the constants. */
export interface ConstantOperation extends OperationBase {
  readonly kind: 'constant';
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  /** The NPU's codes, HWC. */
  readonly codes: Int8Array;
}

/** What becomes tasks. */
export type TaskOperation =
  ConvOperation | AddOperation | ClampOperation | ScaleOperation | PairOperation | CopyOperation | UnpoolOperation;
export type ElementwiseOperation = Exclude<TaskOperation, ConvOperation>;

/** What is left when every tensor has its place. */
export type PlacedOperation = TaskOperation | HostOperation;

export type Operation =
  PlacedOperation | MoveOperation | PadOperation | ViewOperation | BorderOperation | PieceOperation | ConstantOperation;

/** Tensors that an operation reads, constants apart. */
export const operandsOf = (operation: Operation): readonly number[] => {
  switch (operation.kind) {
    case 'conv':
      return operation.residual === null ? [operation.input] : [operation.input, operation.residual.operand];
    case 'add':
    case 'pair':
      return operation.inputs;
    case 'clamp':
    case 'scale':
    case 'copy':
    case 'unpool':
    case 'move':
    case 'pad':
    case 'border':
    case 'piece':
    case 'host':
      return [operation.input];
    case 'view':
      return operation.whole === null ? [] : [operation.whole];
    case 'constant':
      return [];
  }
};
