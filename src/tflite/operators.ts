/** TFLite's operator numbers and names, and their built-in options. */

/** builtin code -> name, from TFLite's schema; a code that is not here is shown as OP_<code>. */
export const operatorNames: readonly string[] = (
  'ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR ' +
  'FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION ' +
  'LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH ' +
  'CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER ' +
  'BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE ' +
  'BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ' +
  'ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE ' +
  'TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK ' +
  'LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL ' +
  'FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL ' +
  'REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND ' +
  'HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM ' +
  'BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS ' +
  'HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ' +
  'ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU ' +
  'DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 ' +
  'UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT ~LOGISTIC ~ADD ~DIVIDE ~MULTIPLY ~MAXIMUM ~RESHAPE ' +
  '~CLAMP ~CONCATENATE ~BROADCAST_IN_DIM ~CONVOLUTION ~SLICE ~CUSTOM_CALL ~REDUCE ~ABS ~AND ~COSINE ~EXPONENTIAL ' +
  '~FLOOR ~LOG ~MINIMUM ~NEGATE ~OR ~POWER ~REMAINDER ~RSQRT ~SELECT ~SUBTRACT ~TANH ~SCATTER ~COMPARE ~CONVERT ' +
  '~DYNAMIC_SLICE ~DYNAMIC_UPDATE_SLICE ~PAD ~IOTA ~DOT_GENERAL ~REDUCE_WINDOW ~SORT ~WHILE ~GATHER ~TRANSPOSE ' +
  'DILATE ~RNG_BIT_GENERATOR REDUCE_WINDOW ~COMPOSITE ~SHIFT_LEFT ~CBRT ~CASE'
)
  .replaceAll('~', 'STABLEHLO_')
  .split(' ');

export const operatorName = (code: number, customName = ''): string =>
  code === 32 && customName !== '' ? `CUSTOM:${customName}` : (operatorNames[code] ?? `OP_${code}`);

/** Padding and activation as TFLite's C structs number them. */
export const padding = { same: 1, valid: 2 } as const;
export const activation = { none: 0, relu: 1, reluN1To1: 2, relu6: 3 } as const;

/** How an option is stored: in the schema of .tflite files, and as a 32-bit value in the graph message. */
export type OptionKind = 'i32' | 'enum' | 'bool' | 'f32' | 'padding';

/** Name, kind, number of the field in the schema's table, and the schema's value for a field that is left out. */
export type OptionField = readonly [name: string, kind: OptionKind, id: number, preset?: number];

const activationAt = (id: number): OptionField => ['activation', 'enum', id];
const paddingAndStrides: readonly OptionField[] = [
  ['padding', 'padding', 0],
  ['strideW', 'i32', 1],
  ['strideH', 'i32', 2],
];
const pool: readonly OptionField[] = [
  ...paddingAndStrides,
  ['filterW', 'i32', 3],
  ['filterH', 'i32', 4],
  activationAt(5),
];
const reducer: readonly OptionField[] = [['keepDims', 'bool', 0]];

/** Options in the order in which the graph message carries them: that of TFLite's C structs (`delegate/graph/capture.c`). */
export const optionFields: Readonly<Record<string, readonly OptionField[]>> = {
  ADD: [activationAt(0)],
  AVERAGE_POOL_2D: pool,
  CONCATENATION: [['axis', 'i32', 0], activationAt(1)],
  CONV_2D: [...paddingAndStrides, activationAt(3), ['dilationW', 'i32', 4, 1], ['dilationH', 'i32', 5, 1]],
  DEPTHWISE_CONV_2D: [
    ...paddingAndStrides,
    ['depthMultiplier', 'i32', 3],
    activationAt(4),
    ['dilationW', 'i32', 5, 1],
    ['dilationH', 'i32', 6, 1],
  ],
  DEPTH_TO_SPACE: [['blockSize', 'i32', 0]],
  FULLY_CONNECTED: [activationAt(0), ['weightsFormat', 'enum', 1], ['keepNumDims', 'bool', 2]],
  GELU: [['approximate', 'bool', 0]],
  LEAKY_RELU: [['alpha', 'f32', 0]],
  MAX_POOL_2D: pool,
  MEAN: reducer,
  MIRROR_PAD: [['mode', 'padding', 0]],
  MUL: [activationAt(0)],
  PACK: [
    ['valuesCount', 'i32', 0],
    ['axis', 'i32', 1],
  ],
  REDUCE_MAX: reducer,
  RESIZE_BILINEAR: [
    ['alignCorners', 'bool', 2],
    ['halfPixelCenters', 'bool', 3],
  ],
  RESIZE_NEAREST_NEIGHBOR: [
    ['alignCorners', 'bool', 0],
    ['halfPixelCenters', 'bool', 1],
  ],
  SOFTMAX: [['beta', 'f32', 0]],
  SPACE_TO_DEPTH: [['blockSize', 'i32', 0]],
  SPLIT: [['splits', 'i32', 0]],
  SPLIT_V: [['splits', 'i32', 0]],
  STRIDED_SLICE: [
    ['beginMask', 'i32', 0],
    ['endMask', 'i32', 1],
    ['ellipsisMask', 'i32', 2],
    ['newAxisMask', 'i32', 3],
    ['shrinkAxisMask', 'i32', 4],
    ['offset', 'bool', 5],
  ],
  SUB: [activationAt(0)],
  SUM: reducer,
  TRANSPOSE_CONV: [...paddingAndStrides, activationAt(3)],
  UNPACK: [
    ['count', 'i32', 0],
    ['axis', 'i32', 1],
  ],
};
