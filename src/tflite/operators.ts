/**
 * TFLite's built-in operators: codes, names, the options that ptfe reads, and how they behave. Numbers are those of TFLite's schema and of its C
 * structs. What reads options of a .tflite file and of the graph message, the delegate's enum, structs and table
 * (`delegate/generated/operators.h`, `operator_options.h`) and the test writer come from here.
 */

// One literal, so that the names are types; ~ stands for STABLEHLO_.
const names =
  'ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR \
FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC \
LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH \
SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN \
GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM \
STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM \
CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN \
TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN \
FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV \
REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE \
MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG \
QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND \
SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO \
RFFT2D CONV_3D IMAG REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL \
CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE \
RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX \
UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT ~LOGISTIC ~ADD ~DIVIDE \
~MULTIPLY ~MAXIMUM ~RESHAPE ~CLAMP ~CONCATENATE ~BROADCAST_IN_DIM ~CONVOLUTION ~SLICE ~CUSTOM_CALL ~REDUCE \
~ABS ~AND ~COSINE ~EXPONENTIAL ~FLOOR ~LOG ~MINIMUM ~NEGATE ~OR ~POWER ~REMAINDER ~RSQRT ~SELECT ~SUBTRACT \
~TANH ~SCATTER ~COMPARE ~CONVERT ~DYNAMIC_SLICE ~DYNAMIC_UPDATE_SLICE ~PAD ~IOTA ~DOT_GENERAL ~REDUCE_WINDOW \
~SORT ~WHILE ~GATHER ~TRANSPOSE DILATE ~RNG_BIT_GENERATOR REDUCE_WINDOW ~COMPOSITE ~SHIFT_LEFT ~CBRT ~CASE';

type Split<Text extends string, Found extends string = never> = Text extends `${infer Head} ${infer Rest}`
  ? Split<Rest, Found | Head>
  : Found | Text;
type Spelt<Name extends string> = Name extends `~${infer Rest}` ? `STABLEHLO_${Rest}` : Name;
export type OperatorName = Spelt<Split<typeof names>>;

/** Names by built-in code. */
export const operatorNames = names.replaceAll('~', 'STABLEHLO_').split(' ') as readonly OperatorName[];

export const operatorCode = (name: OperatorName): number => operatorNames.indexOf(name);

const customCode = operatorCode('CUSTOM');

/** A code that is not known is shown as OP_<code>. */
export const operatorName = (code: number, customName = ''): string =>
  code === customCode && customName !== '' ? `CUSTOM:${customName}` : (operatorNames[code] ?? `OP_${code}`);

/** As TFLite's C structs number them; the schema numbers padding from 0. */
export const padding = { same: 1, valid: 2 } as const;
export const activation = { none: 0, relu: 1, reluN1To1: 2, relu6: 3 } as const;

/**
 * How an option is stored. In the schema: an int32, a byte, a float, or a byte that counts from 0 where the C struct counts from
 * 1. In the C struct: 4 bytes, but a bool is one. In the graph message: 32 bits.
 */
export type OptionKind = 'i32' | 'enum' | 'bool' | 'f32' | 'padding';

export interface OptionField {
  readonly kind: OptionKind;
  /** Number of the field in the schema's table. */
  readonly id: number;
  /** The schema's value where the field is left out; 0 by default. */
  readonly preset?: number;
  /** Version of the operator that brought the field: an older TFLite's C struct may end before it. */
  readonly since?: number;
}

/** A table of the schema: its tag in the union of all built-in options, and its fields in the order of the C struct. */
export interface OptionTable {
  readonly tag: number;
  readonly fields: Readonly<Record<string, OptionField>>;
}

const field =
  (kind: OptionKind) =>
  (id: number, more: Omit<OptionField, 'kind' | 'id'> = {}): OptionField => ({ kind, id, ...more });
const [i32, code, bool, f32, mode] = [field('i32'), field('enum'), field('bool'), field('f32'), field('padding')];

const window = { padding: mode(0), strideW: i32(1), strideH: i32(2) };

/** Fields may be left out at the end, or where the C struct has them no more. */
export const optionTables = {
  AddOptions: { tag: 11, fields: { activation: code(0) } },
  ConcatenationOptions: { tag: 10, fields: { axis: i32(0), activation: code(1) } },
  Conv2DOptions: {
    tag: 1,
    fields: { ...window, activation: code(3), dilationW: i32(4, { preset: 1 }), dilationH: i32(5, { preset: 1 }) },
  },
  DepthToSpaceOptions: { tag: 94, fields: { blockSize: i32(0) } },
  DepthwiseConv2DOptions: {
    tag: 2,
    fields: {
      ...window,
      depthMultiplier: i32(3),
      activation: code(4),
      dilationW: i32(5, { preset: 1 }),
      dilationH: i32(6, { preset: 1 }),
    },
  },
  FullyConnectedOptions: {
    tag: 8,
    fields: { activation: code(0), weightsFormat: code(1), keepNumDims: bool(2, { since: 5 }) },
  },
  GeluOptions: { tag: 116, fields: { approximate: bool(0) } },
  LeakyReluOptions: { tag: 75, fields: { alpha: f32(0) } },
  MirrorPadOptions: { tag: 77, fields: { mode: mode(0) } },
  MulOptions: { tag: 21, fields: { activation: code(0) } },
  PackOptions: { tag: 59, fields: { valuesCount: i32(0), axis: i32(1) } },
  Pool2DOptions: { tag: 5, fields: { ...window, filterW: i32(3), filterH: i32(4), activation: code(5) } },
  ReducerOptions: { tag: 27, fields: { keepDims: bool(0) } },
  ResizeBilinearOptions: { tag: 15, fields: { alignCorners: bool(2), halfPixelCenters: bool(3) } },
  ResizeNearestNeighborOptions: { tag: 74, fields: { alignCorners: bool(0), halfPixelCenters: bool(1) } },
  SoftmaxOptions: { tag: 9, fields: { beta: f32(0) } },
  SpaceToDepthOptions: { tag: 19, fields: { blockSize: i32(0) } },
  SplitOptions: { tag: 35, fields: { splits: i32(0) } },
  SplitVOptions: { tag: 79, fields: { splits: i32(0) } },
  StridedSliceOptions: {
    tag: 32,
    fields: {
      beginMask: i32(0),
      endMask: i32(1),
      ellipsisMask: i32(2),
      newAxisMask: i32(3),
      shrinkAxisMask: i32(4),
      offset: bool(5, { since: 8 }),
    },
  },
  SubOptions: { tag: 28, fields: { activation: code(0) } },
  TransposeConvOptions: { tag: 49, fields: { ...window, activation: code(3, { since: 4 }) } },
  UnpackOptions: { tag: 64, fields: { count: i32(0), axis: i32(1) } },
} as const satisfies Readonly<Record<string, OptionTable>>;

/** Ops that README lists together. */
export type OperatorFamily = 'convolution' | 'pair' | 'window' | 'value' | 'place' | 'resize';

/**
 * What all of the compiler, the delegate and the tests know of an operator. Its rules and its lowering are in `ops/`; what says
 * `family` must have them.
 */
export interface OperatorEntry {
  /** Of those that the NPU takes. */
  readonly family?: OperatorFamily;
  /** The table of the schema with options that are read. */
  readonly options?: keyof typeof optionTables;
  /** The output's shape, where it follows as that of several ops (`ops/shared/output_shapes.ts`). */
  readonly shape?: 'same' | 'broadcast' | 'windows' | 'reduced' | 'padded' | 'resized';
  /**
   * How it can be told that the axes of its input have other names (`rewrite/rename.ts`). `any`: each value by itself. `listed`: the
   * second input lists axes, and an output of fewer dimensions lacks those. `reshaped`: only the shape changes.
   */
  readonly axes?: 'any' | 'listed' | 'reshaped';
  /** `kept`: the output holds codes of the inputs, or constants, and none that was calculated. */
  readonly codes?: 'kept';
  /** What a model can use in the place of an op that the NPU has no form of. */
  readonly advice?: string;
}

/** Advice for an op that is no loss. */
export const leave = "no change needed: it is cheap on the CPU and does not split the NPU's partition";
const variables =
  'leave it: a model keeps its state on the CPU; where it reads all variables before it writes one, the layers between run as one part';
const controlFlow = 'leave it: the graphs that it calls are compiled by themselves; unroll it to have one part';

const entries = {
  ABS: { family: 'value', shape: 'same' },
  ADD: { family: 'pair', options: 'AddOptions', shape: 'broadcast' },
  ARG_MAX: { advice: leave },
  ARG_MIN: { advice: leave },
  ASSIGN_VARIABLE: { advice: variables },
  AVERAGE_POOL_2D: { family: 'window', options: 'Pool2DOptions', shape: 'windows' },
  BATCH_MATMUL: { advice: 'use FULLY_CONNECTED or CONV_2D with a constant filter where one operand is constant' },
  BATCH_TO_SPACE_ND: { family: 'place', codes: 'kept' },
  CALL_ONCE: { advice: variables },
  CONCATENATION: { family: 'place', options: 'ConcatenationOptions' },
  CONV_2D: { family: 'convolution', options: 'Conv2DOptions' },
  DEPTHWISE_CONV_2D: { family: 'convolution', options: 'DepthwiseConv2DOptions' },
  DEPTH_TO_SPACE: { family: 'place', options: 'DepthToSpaceOptions', codes: 'kept' },
  DIV: { advice: 'multiply by the reciprocal: MUL with a constant' },
  ELU: { family: 'value', shape: 'same', axes: 'any' },
  EXP: { family: 'value', shape: 'same', axes: 'any' },
  EXPAND_DIMS: { family: 'place', axes: 'reshaped', codes: 'kept' },
  FLOOR: { advice: 'leave it out in front of a QUANTIZE: quantized values are whole numbers already' },
  FULLY_CONNECTED: { family: 'convolution', options: 'FullyConnectedOptions' },
  GATHER: { advice: 'use SLICE or STRIDED_SLICE, and CONCATENATION, where the indices are constant' },
  GELU: { family: 'value', options: 'GeluOptions', shape: 'same' },
  HARD_SWISH: { family: 'value', shape: 'same', axes: 'any' },
  IF: { advice: controlFlow },
  L2_NORMALIZATION: { advice: leave },
  LEAKY_RELU: { family: 'value', options: 'LeakyReluOptions', shape: 'same', axes: 'any' },
  LOG: { family: 'value', shape: 'same' },
  LOGISTIC: { family: 'value', shape: 'same', axes: 'any' },
  LOG_SOFTMAX: { advice: leave },
  MAXIMUM: { family: 'pair', shape: 'broadcast', codes: 'kept' },
  MAX_POOL_2D: { family: 'window', options: 'Pool2DOptions', shape: 'windows', codes: 'kept' },
  MEAN: { family: 'window', options: 'ReducerOptions', shape: 'reduced', axes: 'listed' },
  MINIMUM: { family: 'pair', shape: 'broadcast', codes: 'kept' },
  MIRROR_PAD: { family: 'place', options: 'MirrorPadOptions', shape: 'padded', codes: 'kept' },
  MUL: { family: 'pair', options: 'MulOptions', shape: 'broadcast' },
  NEG: { advice: 'use MUL with a constant, or SUB from one' },
  NON_MAX_SUPPRESSION_V4: { advice: leave },
  NON_MAX_SUPPRESSION_V5: { advice: leave },
  PACK: { family: 'place', options: 'PackOptions', codes: 'kept' },
  PAD: { family: 'place', shape: 'padded', codes: 'kept' },
  PADV2: { family: 'place', shape: 'padded', codes: 'kept' },
  PRELU: { family: 'value', shape: 'broadcast' },
  QUANTIZE: { family: 'value', shape: 'same', axes: 'any' },
  READ_VARIABLE: { advice: variables },
  REDUCE_MAX: { family: 'window', options: 'ReducerOptions', shape: 'reduced', axes: 'listed', codes: 'kept' },
  REDUCE_MIN: { family: 'window', options: 'ReducerOptions', shape: 'reduced', axes: 'listed', codes: 'kept' },
  RELU: { family: 'value', shape: 'same', axes: 'any' },
  RELU6: { family: 'value', shape: 'same', axes: 'any' },
  RELU_0_TO_1: { family: 'value', shape: 'same' },
  RELU_N1_TO_1: { family: 'value', shape: 'same', axes: 'any' },
  RESHAPE: { family: 'place', axes: 'reshaped', codes: 'kept' },
  RESIZE_BILINEAR: { family: 'resize', options: 'ResizeBilinearOptions', shape: 'resized' },
  RESIZE_NEAREST_NEIGHBOR: {
    family: 'resize',
    options: 'ResizeNearestNeighborOptions',
    shape: 'resized',
    codes: 'kept',
  },
  REVERSE_V2: { family: 'place', shape: 'same', axes: 'listed', codes: 'kept' },
  RSQRT: { family: 'value', shape: 'same' },
  SELECT: { advice: 'use MUL by a mask and ADD' },
  SELECT_V2: { advice: 'use MUL by a mask and ADD' },
  SLICE: { family: 'place', codes: 'kept' },
  SOFTMAX: { options: 'SoftmaxOptions', advice: leave },
  SPACE_TO_BATCH_ND: { family: 'place', codes: 'kept' },
  SPACE_TO_DEPTH: { family: 'place', options: 'SpaceToDepthOptions', codes: 'kept' },
  SPLIT: { family: 'place', options: 'SplitOptions', codes: 'kept' },
  SPLIT_V: { family: 'place', options: 'SplitVOptions', codes: 'kept' },
  SQRT: { family: 'value', shape: 'same' },
  SQUARE: { advice: 'use MUL of the tensor with itself' },
  SQUARED_DIFFERENCE: { family: 'pair', shape: 'broadcast' },
  SQUEEZE: { family: 'place', axes: 'reshaped', codes: 'kept' },
  STRIDED_SLICE: { family: 'place', options: 'StridedSliceOptions', codes: 'kept' },
  SUB: { family: 'pair', options: 'SubOptions', shape: 'broadcast' },
  SUM: { family: 'window', options: 'ReducerOptions', shape: 'reduced', axes: 'listed' },
  TANH: { family: 'value', shape: 'same', axes: 'any' },
  TILE: { advice: 'use CONCATENATION of the tensor with itself' },
  TOPK_V2: { advice: leave },
  TRANSPOSE: { family: 'place', codes: 'kept' },
  TRANSPOSE_CONV: { family: 'convolution', options: 'TransposeConvOptions' },
  UNIDIRECTIONAL_SEQUENCE_LSTM: {
    advice: 'unroll it when converting: FULLY_CONNECTED, MUL, ADD, LOGISTIC and TANH run on the NPU',
  },
  UNPACK: { family: 'place', options: 'UnpackOptions', codes: 'kept' },
  VAR_HANDLE: { advice: variables },
  WHILE: { advice: controlFlow },
} as const satisfies Readonly<Partial<Record<OperatorName, OperatorEntry>>>;

/** By name; operators that nothing is known of are not in it. */
export const operatorEntries: ReadonlyMap<string, OperatorEntry> = new Map(Object.entries(entries));

export const entryOf = (op: string): OperatorEntry => operatorEntries.get(op) ?? {};

/** In the order of the table. */
export const operatorsOf = (holds: (entry: OperatorEntry) => boolean): readonly OperatorName[] =>
  operatorNames.filter((op) => operatorEntries.has(op) && holds(entryOf(op))).sort((a, b) => (a < b ? -1 : 1));

const fieldsOf = ({ options }: OperatorEntry): readonly (readonly [string, OptionField])[] =>
  options === undefined ? [] : Object.entries<OptionField>(optionTables[options].fields);

const fieldsByOperator = new Map([...operatorEntries].map(([op, entry]) => [op, fieldsOf(entry)]));

/** The options of an operator in the order in which the graph message carries them; none for an unknown one. */
export const optionFields = (op: string): readonly (readonly [name: string, field: OptionField])[] =>
  fieldsByOperator.get(op) ?? [];
