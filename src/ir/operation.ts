/**
 * What TFLite nodes become: operations on whole tensors, with integer numbers in the NPU's codes. Plain data.
 *
 * A partition is a list of operations. They run in the order of the list; each is done before the next one starts. An
 * operation names the nodes that it computes (the first one gives it its name in reports), the tensors that it reads
 * (`operandsOf`) and the one that it writes (`output`).
 *
 * ## Tensors
 * A tensor is a number: TFLite's, or one that a lowering adds behind them (`FreshIds`) and that an operation brings along (`view`,
 * `constant`, `piece`). Its plane is height, width, channels; all dimensions of a TFLite tensor but the last two count as height,
 * so that the samples of a batch stand one below the other. Every value is a signed byte, the NPU's code: a uint8 code less 128.
 *
 * In memory a tensor is a cube: 16 channels of a pixel are an atom of 16 bytes; a surface is the plane of one such group of
 * channels. Places inside a tensor are counted in atoms of its plane, row after row, and in channels. The last atom of a pixel
 * may have lanes behind the last channel: they mean nothing, and may hold anything.
 *
 * ## When a value is defined
 * A partition's inputs and the codes of a `constant` are defined from the start. Memory is undefined until something is written
 * there. A result is defined atom by atom: where everything that its operation reads for that atom is defined. An operation may
 * read undefined atoms (maxima run over the ends of rows) as long as nothing that is made of them reaches a result of the partition.
 * Nothing writes an input of the partition or a constant. A tensor may be written in parts, through views, and more than once: `clamp`
 * changes codes in place.
 *
 * ## Kinds
 * What becomes tasks of the NPU:
 * - `conv`: a convolution; with `depthwise` each channel by itself. `numbers` says how sums become codes, by TFLite's rules; where
 *   `stages` is given, the lowering has chosen the settings of the DPU itself (pools, copies). `residual`: a second operand of the
 *   plane of the result is added, with the byte that TFLite would store between them. `geometry.apart`: transposed.
 * - `add`: a sum or difference of two tensors of one plane, on TFLite's grid.
 * - `pair`: two codes to one: the first operand has the plane of the result; the second has it too, or is one pixel whose channels
 *   stand for every place.
 * - `scale`: each code by itself to another one. `clamp`: the same, between two limits.
 * - `copy`: each code as it is, into another memory, by the DPU alone. Lowerings write `move`; `place/` makes of it what is left.
 * - `unpool`: each pixel twice along both axes.
 *
 * What becomes no task, or one only where it must:
 * - `move`: the values of one tensor are those of another, with as many pixels, in the same order, and the same channels. No task
 *   where both can be one memory; else a `copy`, or a channel-wise `conv` where the rows of the input have gaps.
 * - `pad`: a plane with pixels of one code around it. The convolution that alone reads it takes the padding (`fuse/`), or it
 *   becomes one itself (`place/`).
 * - `view`: the tensor is a part of the memory of `whole`, which may be a view itself; or, with no whole, memory of its own. It
 *   stands before all that read or write it, and writes nothing.
 * - `constant`: the tensor's codes are known and stand among the partition's constants.
 * - `border`: the values of a tensor that TFLite gives or takes, which it holds in another shape or order: the host puts them in
 *   place as it makes or reads the cube. Nothing else reads or writes that tensor.
 * - `blocks`: the same at the input, for a picture of which a pixel of the cube holds several rows and columns.
 * - `piece`: the same at the output, for one of several cubes from which the host puts a tensor together.
 *
 * On the host: `host`, a small C kernel between two jobs, for what the NPU cannot do.
 *
 * ## Lists
 * After `lower` and `fuse`: all kinds but `copy`. After `place` (`PlacedOperation`): what becomes tasks, and `host`.
 *
 * ## When two tensors may be one memory
 * A view and its whole always are. It begins at a multiple of 16 channels, lies in the plane of its whole, and its rows do not
 * overlap. Where rows of the whole have gaps between them, each row of the view lies in one row of it.
 * Any other alias is `place/`'s choice, for a move, and is legal where nobody can tell it from a copy:
 * - every value is still there when its last reader comes: no other tensor is written over it meanwhile;
 * - lanes behind the last channel fall on nothing that is still read: the DPU writes whole groups, 16 channels from elementwise
 *   tasks, 32 from a convolution, 64 from a depthwise one;
 * - no task reads between the bytes that it writes, as the hardware orders neither; but for an elementwise operation whose operand
 *   and result are the same tensor;
 * - the second operand of a `pair` with one value for each channel, and operand and result of a `residual`, have no gaps between
 *   rows and surfaces;
 * - constants and the partition's inputs are not written.
 * The values of different tensors that are not one memory stand apart as long as both are alive (`allocate/`).
 *
 * `validate/` holds all of this as rules, and looks at every list in tests and with PTFE_DEBUG=1.
 */
import { at } from '../in_range.js';
import type { AddNumbers } from '../requantize/add_stages.js';
import type { ConvNumbers } from '../requantize/division.js';
import type { Stages } from '../requantize/stages.js';
import type { Atoms, Bytes, NodeId, TensorId } from '../hardware/units.js';

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
  readonly nodes: readonly NodeId[];
  /** Tensor index of the result. */
  readonly output: TensorId;
}

/** A second operand that the elementwise unit adds to a convolution's result: a fused ADD. */
export interface Residual {
  readonly operand: TensorId;
  readonly numbers: AddNumbers;
}

export interface ConvOperation extends OperationBase {
  readonly kind: 'conv';
  readonly depthwise: boolean;
  readonly input: TensorId;
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
  readonly inputs: readonly [TensorId, TensorId];
  readonly numbers: AddNumbers;
}

/** Clamps codes between two limits: an activation that the producing task cannot express. */
export interface ClampOperation extends OperationBase {
  readonly kind: 'clamp';
  readonly input: TensorId;
  readonly range: readonly [number, number];
}

/** Each code by itself to another one: a change of scale, an activation. */
export interface ScaleOperation extends OperationBase {
  readonly kind: 'scale';
  readonly input: TensorId;
  readonly stages: Stages;
}

/** Two codes to one: their difference, the larger or the smaller of them. */
export interface PairOperation extends OperationBase {
  readonly kind: 'pair';
  readonly inputs: readonly [TensorId, TensorId];
  readonly stages: Stages;
}

/** The same codes in another memory, by the DPU alone: what is left of a move that could not be dropped. */
export interface CopyOperation extends OperationBase {
  readonly kind: 'copy';
  readonly input: TensorId;
}

/** Every pixel twice along both axes, by the DPU's reader. */
export interface UnpoolOperation extends OperationBase {
  readonly kind: 'unpool';
  readonly input: TensorId;
}

/** The values of one tensor in another place: no task where both can be one memory (`place/`). */
export interface MoveOperation extends OperationBase {
  readonly kind: 'move';
  readonly input: TensorId;
}

/** A plane with pixels of one code around it. `place/` makes it a convolution, unless the one that reads it pads by itself. */
export interface PadOperation extends OperationBase {
  readonly kind: 'pad';
  readonly input: TensorId;
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
  readonly input: TensorId;
  readonly side: 'input' | 'output';
  readonly layout: BorderLayout;
}

/** Where the pixels of a cube stand in a tensor of TFLite's: the first one at byte `start`, the next ones `step` bytes apart. */
export interface PiecePlace {
  /** The tensor that TFLite takes. */
  readonly whole: TensorId;
  readonly start: Bytes;
  readonly step: Bytes;
}

/** As a border at the output, for a tensor that the host puts together: `output`, not in the graph, is one of its pieces. */
export interface PieceOperation extends OperationBase {
  readonly kind: 'piece';
  readonly input: TensorId;
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  readonly place: PiecePlace;
}

/**
 * Square blocks of a picture, each a pixel with the values of `size` rows and columns, row by row. The first one begins `top` rows
 * above the picture and `left` columns to its left, where the picture's zero-point stands.
 */
export interface Blocks {
  readonly size: number;
  readonly top: number;
  readonly left: number;
}

/** Height, width and channels of the plane of blocks of a picture. */
export const blockPlane = (
  [height, width, channels]: readonly [number, number, number],
  { size, top, left }: Blocks,
): readonly [number, number, number] => [
  Math.ceil((height + top) / size),
  Math.ceil((width + left) / size),
  size * size * channels,
];

/** As a border at the input: `output`, not in the graph, is the picture in blocks. */
export interface BlocksOperation extends OperationBase {
  readonly kind: 'blocks';
  readonly input: TensorId;
  /** Height, width, channels of the output. */
  readonly shape: readonly [number, number, number];
  readonly blocks: Blocks;
}

/**
 * No task: `output`, a tensor that is not in the graph, is a part of the memory of `whole`, or memory of its own.
 * Places are counted in atoms of the whole's plane, as if its rows were contiguous.
 */
export interface ViewOperation extends OperationBase {
  readonly kind: 'view';
  readonly whole: TensorId | null;
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  /** First channel, a multiple of 16. */
  readonly channel: number;
  /** The first atom, and from the start of one row to that of the next. */
  readonly first: Atoms;
  readonly line: Atoms;
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

/** What the silicon cannot do, and would cut the partition in two: a small C kernel between two jobs (`delegate/plan/host_kernels.c`). */
export interface HostOperation extends OperationBase {
  readonly kind: 'host';
  readonly input: TensorId;
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
  | PlacedOperation
  | MoveOperation
  | PadOperation
  | ViewOperation
  | BorderOperation
  | BlocksOperation
  | PieceOperation
  | ConstantOperation;

/** The node that names an operation. */
export const namingNode = ({ nodes }: OperationBase): NodeId => at(nodes, 0);

/** How far apart a convolution's inputs stand. */
export const inputSteps = ({ apart }: ConvGeometry): NonNullable<ConvGeometry['apart']> => apart ?? { y: 1, x: 1 };

/** Tensors that an operation reads, constants apart. */
export const operandsOf = (operation: Operation): readonly TensorId[] => {
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
    case 'blocks':
    case 'piece':
    case 'host':
      return [operation.input];
    case 'view':
      return operation.whole === null ? [] : [operation.whole];
    case 'constant':
      return [];
  }
};
