/**
 * TFLite's built-in operators: codes, names, and the options that ptfe reads. Numbers are those of TFLite's schema and of its C
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

/** Operators with options that are read, and the tables that hold them. */
export const operatorTables = {
  ADD: 'AddOptions',
  AVERAGE_POOL_2D: 'Pool2DOptions',
  CONCATENATION: 'ConcatenationOptions',
  CONV_2D: 'Conv2DOptions',
  DEPTHWISE_CONV_2D: 'DepthwiseConv2DOptions',
  DEPTH_TO_SPACE: 'DepthToSpaceOptions',
  FULLY_CONNECTED: 'FullyConnectedOptions',
  GELU: 'GeluOptions',
  LEAKY_RELU: 'LeakyReluOptions',
  MAX_POOL_2D: 'Pool2DOptions',
  MEAN: 'ReducerOptions',
  MIRROR_PAD: 'MirrorPadOptions',
  MUL: 'MulOptions',
  PACK: 'PackOptions',
  REDUCE_MAX: 'ReducerOptions',
  RESIZE_BILINEAR: 'ResizeBilinearOptions',
  RESIZE_NEAREST_NEIGHBOR: 'ResizeNearestNeighborOptions',
  SOFTMAX: 'SoftmaxOptions',
  SPACE_TO_DEPTH: 'SpaceToDepthOptions',
  SPLIT: 'SplitOptions',
  SPLIT_V: 'SplitVOptions',
  STRIDED_SLICE: 'StridedSliceOptions',
  SUB: 'SubOptions',
  SUM: 'ReducerOptions',
  TRANSPOSE_CONV: 'TransposeConvOptions',
  UNPACK: 'UnpackOptions',
} as const satisfies Readonly<Partial<Record<OperatorName, keyof typeof optionTables>>>;

const fieldsByOperator = new Map<string, readonly (readonly [string, OptionField])[]>(
  Object.entries(operatorTables).map(([op, table]) => [op, Object.entries<OptionField>(optionTables[table].fields)]),
);

/** The options of an operator in the order in which the graph message carries them; none for an unknown one. */
export const optionFields = (op: string): readonly (readonly [name: string, field: OptionField])[] =>
  fieldsByOperator.get(op) ?? [];
