/* Generated from src/tflite/operators.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_OPERATORS_H
#define PTFE_GENERATED_OPERATORS_H

#include <stddef.h>
#include <stdint.h>

enum tfl_builtin {
    TFL_ADD = 0,
    TFL_AVERAGE_POOL_2D = 1,
    TFL_CONCATENATION = 2,
    TFL_CONV_2D = 3,
    TFL_DEPTHWISE_CONV_2D = 4,
    TFL_DEPTH_TO_SPACE = 5,
    TFL_DEQUANTIZE = 6,
    TFL_EMBEDDING_LOOKUP = 7,
    TFL_FLOOR = 8,
    TFL_FULLY_CONNECTED = 9,
    TFL_HASHTABLE_LOOKUP = 10,
    TFL_L2_NORMALIZATION = 11,
    TFL_L2_POOL_2D = 12,
    TFL_LOCAL_RESPONSE_NORMALIZATION = 13,
    TFL_LOGISTIC = 14,
    TFL_LSH_PROJECTION = 15,
    TFL_LSTM = 16,
    TFL_MAX_POOL_2D = 17,
    TFL_MUL = 18,
    TFL_RELU = 19,
    TFL_RELU_N1_TO_1 = 20,
    TFL_RELU6 = 21,
    TFL_RESHAPE = 22,
    TFL_RESIZE_BILINEAR = 23,
    TFL_RNN = 24,
    TFL_SOFTMAX = 25,
    TFL_SPACE_TO_DEPTH = 26,
    TFL_SVDF = 27,
    TFL_TANH = 28,
    TFL_CONCAT_EMBEDDINGS = 29,
    TFL_SKIP_GRAM = 30,
    TFL_CALL = 31,
    TFL_CUSTOM = 32,
    TFL_EMBEDDING_LOOKUP_SPARSE = 33,
    TFL_PAD = 34,
    TFL_UNIDIRECTIONAL_SEQUENCE_RNN = 35,
    TFL_GATHER = 36,
    TFL_BATCH_TO_SPACE_ND = 37,
    TFL_SPACE_TO_BATCH_ND = 38,
    TFL_TRANSPOSE = 39,
    TFL_MEAN = 40,
    TFL_SUB = 41,
    TFL_DIV = 42,
    TFL_SQUEEZE = 43,
    TFL_UNIDIRECTIONAL_SEQUENCE_LSTM = 44,
    TFL_STRIDED_SLICE = 45,
    TFL_BIDIRECTIONAL_SEQUENCE_RNN = 46,
    TFL_EXP = 47,
    TFL_TOPK_V2 = 48,
    TFL_SPLIT = 49,
    TFL_LOG_SOFTMAX = 50,
    TFL_DELEGATE = 51,
    TFL_BIDIRECTIONAL_SEQUENCE_LSTM = 52,
    TFL_CAST = 53,
    TFL_PRELU = 54,
    TFL_MAXIMUM = 55,
    TFL_ARG_MAX = 56,
    TFL_MINIMUM = 57,
    TFL_LESS = 58,
    TFL_NEG = 59,
    TFL_PADV2 = 60,
    TFL_GREATER = 61,
    TFL_GREATER_EQUAL = 62,
    TFL_LESS_EQUAL = 63,
    TFL_SELECT = 64,
    TFL_SLICE = 65,
    TFL_SIN = 66,
    TFL_TRANSPOSE_CONV = 67,
    TFL_SPARSE_TO_DENSE = 68,
    TFL_TILE = 69,
    TFL_EXPAND_DIMS = 70,
    TFL_EQUAL = 71,
    TFL_NOT_EQUAL = 72,
    TFL_LOG = 73,
    TFL_SUM = 74,
    TFL_SQRT = 75,
    TFL_RSQRT = 76,
    TFL_SHAPE = 77,
    TFL_POW = 78,
    TFL_ARG_MIN = 79,
    TFL_FAKE_QUANT = 80,
    TFL_REDUCE_PROD = 81,
    TFL_REDUCE_MAX = 82,
    TFL_PACK = 83,
    TFL_LOGICAL_OR = 84,
    TFL_ONE_HOT = 85,
    TFL_LOGICAL_AND = 86,
    TFL_LOGICAL_NOT = 87,
    TFL_UNPACK = 88,
    TFL_REDUCE_MIN = 89,
    TFL_FLOOR_DIV = 90,
    TFL_REDUCE_ANY = 91,
    TFL_SQUARE = 92,
    TFL_ZEROS_LIKE = 93,
    TFL_FILL = 94,
    TFL_FLOOR_MOD = 95,
    TFL_RANGE = 96,
    TFL_RESIZE_NEAREST_NEIGHBOR = 97,
    TFL_LEAKY_RELU = 98,
    TFL_SQUARED_DIFFERENCE = 99,
    TFL_MIRROR_PAD = 100,
    TFL_ABS = 101,
    TFL_SPLIT_V = 102,
    TFL_UNIQUE = 103,
    TFL_CEIL = 104,
    TFL_REVERSE_V2 = 105,
    TFL_ADD_N = 106,
    TFL_GATHER_ND = 107,
    TFL_COS = 108,
    TFL_WHERE = 109,
    TFL_RANK = 110,
    TFL_ELU = 111,
    TFL_REVERSE_SEQUENCE = 112,
    TFL_MATRIX_DIAG = 113,
    TFL_QUANTIZE = 114,
    TFL_MATRIX_SET_DIAG = 115,
    TFL_ROUND = 116,
    TFL_HARD_SWISH = 117,
    TFL_IF = 118,
    TFL_WHILE = 119,
    TFL_NON_MAX_SUPPRESSION_V4 = 120,
    TFL_NON_MAX_SUPPRESSION_V5 = 121,
    TFL_SCATTER_ND = 122,
    TFL_SELECT_V2 = 123,
    TFL_DENSIFY = 124,
    TFL_SEGMENT_SUM = 125,
    TFL_BATCH_MATMUL = 126,
    TFL_PLACEHOLDER_FOR_GREATER_OP_CODES = 127,
    TFL_CUMSUM = 128,
    TFL_CALL_ONCE = 129,
    TFL_BROADCAST_TO = 130,
    TFL_RFFT2D = 131,
    TFL_CONV_3D = 132,
    TFL_IMAG = 133,
    TFL_REAL = 134,
    TFL_COMPLEX_ABS = 135,
    TFL_HASHTABLE = 136,
    TFL_HASHTABLE_FIND = 137,
    TFL_HASHTABLE_IMPORT = 138,
    TFL_HASHTABLE_SIZE = 139,
    TFL_REDUCE_ALL = 140,
    TFL_CONV_3D_TRANSPOSE = 141,
    TFL_VAR_HANDLE = 142,
    TFL_READ_VARIABLE = 143,
    TFL_ASSIGN_VARIABLE = 144,
    TFL_BROADCAST_ARGS = 145,
    TFL_RANDOM_STANDARD_NORMAL = 146,
    TFL_BUCKETIZE = 147,
    TFL_RANDOM_UNIFORM = 148,
    TFL_MULTINOMIAL = 149,
    TFL_GELU = 150,
    TFL_DYNAMIC_UPDATE_SLICE = 151,
    TFL_RELU_0_TO_1 = 152,
    TFL_UNSORTED_SEGMENT_PROD = 153,
    TFL_UNSORTED_SEGMENT_MAX = 154,
    TFL_UNSORTED_SEGMENT_SUM = 155,
    TFL_ATAN2 = 156,
    TFL_UNSORTED_SEGMENT_MIN = 157,
    TFL_SIGN = 158,
    TFL_BITCAST = 159,
    TFL_BITWISE_XOR = 160,
    TFL_RIGHT_SHIFT = 161,
    TFL_STABLEHLO_LOGISTIC = 162,
    TFL_STABLEHLO_ADD = 163,
    TFL_STABLEHLO_DIVIDE = 164,
    TFL_STABLEHLO_MULTIPLY = 165,
    TFL_STABLEHLO_MAXIMUM = 166,
    TFL_STABLEHLO_RESHAPE = 167,
    TFL_STABLEHLO_CLAMP = 168,
    TFL_STABLEHLO_CONCATENATE = 169,
    TFL_STABLEHLO_BROADCAST_IN_DIM = 170,
    TFL_STABLEHLO_CONVOLUTION = 171,
    TFL_STABLEHLO_SLICE = 172,
    TFL_STABLEHLO_CUSTOM_CALL = 173,
    TFL_STABLEHLO_REDUCE = 174,
    TFL_STABLEHLO_ABS = 175,
    TFL_STABLEHLO_AND = 176,
    TFL_STABLEHLO_COSINE = 177,
    TFL_STABLEHLO_EXPONENTIAL = 178,
    TFL_STABLEHLO_FLOOR = 179,
    TFL_STABLEHLO_LOG = 180,
    TFL_STABLEHLO_MINIMUM = 181,
    TFL_STABLEHLO_NEGATE = 182,
    TFL_STABLEHLO_OR = 183,
    TFL_STABLEHLO_POWER = 184,
    TFL_STABLEHLO_REMAINDER = 185,
    TFL_STABLEHLO_RSQRT = 186,
    TFL_STABLEHLO_SELECT = 187,
    TFL_STABLEHLO_SUBTRACT = 188,
    TFL_STABLEHLO_TANH = 189,
    TFL_STABLEHLO_SCATTER = 190,
    TFL_STABLEHLO_COMPARE = 191,
    TFL_STABLEHLO_CONVERT = 192,
    TFL_STABLEHLO_DYNAMIC_SLICE = 193,
    TFL_STABLEHLO_DYNAMIC_UPDATE_SLICE = 194,
    TFL_STABLEHLO_PAD = 195,
    TFL_STABLEHLO_IOTA = 196,
    TFL_STABLEHLO_DOT_GENERAL = 197,
    TFL_STABLEHLO_REDUCE_WINDOW = 198,
    TFL_STABLEHLO_SORT = 199,
    TFL_STABLEHLO_WHILE = 200,
    TFL_STABLEHLO_GATHER = 201,
    TFL_STABLEHLO_TRANSPOSE = 202,
    TFL_DILATE = 203,
    TFL_STABLEHLO_RNG_BIT_GENERATOR = 204,
    TFL_REDUCE_WINDOW = 205,
    TFL_STABLEHLO_COMPOSITE = 206,
    TFL_STABLEHLO_SHIFT_LEFT = 207,
    TFL_STABLEHLO_CBRT = 208,
    TFL_STABLEHLO_CASE = 209,
};

enum tfl_padding {
    TFL_PADDING_SAME = 1,
    TFL_PADDING_VALID = 2,
};
enum tfl_activation {
    TFL_ACTIVATION_NONE = 0,
    TFL_ACTIVATION_RELU = 1,
    TFL_ACTIVATION_RELU_N1_TO1 = 2,
    TFL_ACTIVATION_RELU6 = 3,
};

/* What nodes hold of their built-in options. TFLite's own structs may go on behind these fields. */

typedef struct tfl_add_options {
    int32_t activation;
} tfl_add_options;
_Static_assert(sizeof(tfl_add_options) == 4, "tfl_add_options");
_Static_assert(offsetof(tfl_add_options, activation) == 0, "tfl_add_options.activation");

typedef struct tfl_concatenation_options {
    int32_t axis;
    int32_t activation;
} tfl_concatenation_options;
_Static_assert(sizeof(tfl_concatenation_options) == 8, "tfl_concatenation_options");
_Static_assert(offsetof(tfl_concatenation_options, axis) == 0, "tfl_concatenation_options.axis");
_Static_assert(offsetof(tfl_concatenation_options, activation) == 4, "tfl_concatenation_options.activation");

typedef struct tfl_conv_2d_options {
    int32_t padding;
    int32_t stride_w;
    int32_t stride_h;
    int32_t activation;
    int32_t dilation_w;
    int32_t dilation_h;
} tfl_conv_2d_options;
_Static_assert(sizeof(tfl_conv_2d_options) == 24, "tfl_conv_2d_options");
_Static_assert(offsetof(tfl_conv_2d_options, padding) == 0, "tfl_conv_2d_options.padding");
_Static_assert(offsetof(tfl_conv_2d_options, stride_w) == 4, "tfl_conv_2d_options.stride_w");
_Static_assert(offsetof(tfl_conv_2d_options, stride_h) == 8, "tfl_conv_2d_options.stride_h");
_Static_assert(offsetof(tfl_conv_2d_options, activation) == 12, "tfl_conv_2d_options.activation");
_Static_assert(offsetof(tfl_conv_2d_options, dilation_w) == 16, "tfl_conv_2d_options.dilation_w");
_Static_assert(offsetof(tfl_conv_2d_options, dilation_h) == 20, "tfl_conv_2d_options.dilation_h");

typedef struct tfl_depth_to_space_options {
    int32_t block_size;
} tfl_depth_to_space_options;
_Static_assert(sizeof(tfl_depth_to_space_options) == 4, "tfl_depth_to_space_options");
_Static_assert(offsetof(tfl_depth_to_space_options, block_size) == 0, "tfl_depth_to_space_options.block_size");

typedef struct tfl_depthwise_conv_2d_options {
    int32_t padding;
    int32_t stride_w;
    int32_t stride_h;
    int32_t depth_multiplier;
    int32_t activation;
    int32_t dilation_w;
    int32_t dilation_h;
} tfl_depthwise_conv_2d_options;
_Static_assert(sizeof(tfl_depthwise_conv_2d_options) == 28, "tfl_depthwise_conv_2d_options");
_Static_assert(offsetof(tfl_depthwise_conv_2d_options, padding) == 0, "tfl_depthwise_conv_2d_options.padding");
_Static_assert(offsetof(tfl_depthwise_conv_2d_options, stride_w) == 4, "tfl_depthwise_conv_2d_options.stride_w");
_Static_assert(offsetof(tfl_depthwise_conv_2d_options, stride_h) == 8, "tfl_depthwise_conv_2d_options.stride_h");
_Static_assert(offsetof(tfl_depthwise_conv_2d_options, depth_multiplier) == 12, "tfl_depthwise_conv_2d_options.depth_multiplier");
_Static_assert(offsetof(tfl_depthwise_conv_2d_options, activation) == 16, "tfl_depthwise_conv_2d_options.activation");
_Static_assert(offsetof(tfl_depthwise_conv_2d_options, dilation_w) == 20, "tfl_depthwise_conv_2d_options.dilation_w");
_Static_assert(offsetof(tfl_depthwise_conv_2d_options, dilation_h) == 24, "tfl_depthwise_conv_2d_options.dilation_h");

typedef struct tfl_fully_connected_options {
    int32_t activation;
    int32_t weights_format;
    uint8_t keep_nu_dims;
} tfl_fully_connected_options;
_Static_assert(sizeof(tfl_fully_connected_options) == 12, "tfl_fully_connected_options");
_Static_assert(offsetof(tfl_fully_connected_options, activation) == 0, "tfl_fully_connected_options.activation");
_Static_assert(offsetof(tfl_fully_connected_options, weights_format) == 4, "tfl_fully_connected_options.weights_format");
_Static_assert(offsetof(tfl_fully_connected_options, keep_nu_dims) == 8, "tfl_fully_connected_options.keep_nu_dims");

typedef struct tfl_gelu_options {
    uint8_t approximate;
} tfl_gelu_options;
_Static_assert(sizeof(tfl_gelu_options) == 1, "tfl_gelu_options");
_Static_assert(offsetof(tfl_gelu_options, approximate) == 0, "tfl_gelu_options.approximate");

typedef struct tfl_leaky_relu_options {
    float alpha;
} tfl_leaky_relu_options;
_Static_assert(sizeof(tfl_leaky_relu_options) == 4, "tfl_leaky_relu_options");
_Static_assert(offsetof(tfl_leaky_relu_options, alpha) == 0, "tfl_leaky_relu_options.alpha");

typedef struct tfl_mirror_pad_options {
    int32_t mode;
} tfl_mirror_pad_options;
_Static_assert(sizeof(tfl_mirror_pad_options) == 4, "tfl_mirror_pad_options");
_Static_assert(offsetof(tfl_mirror_pad_options, mode) == 0, "tfl_mirror_pad_options.mode");

typedef struct tfl_mul_options {
    int32_t activation;
} tfl_mul_options;
_Static_assert(sizeof(tfl_mul_options) == 4, "tfl_mul_options");
_Static_assert(offsetof(tfl_mul_options, activation) == 0, "tfl_mul_options.activation");

typedef struct tfl_pack_options {
    int32_t values_count;
    int32_t axis;
} tfl_pack_options;
_Static_assert(sizeof(tfl_pack_options) == 8, "tfl_pack_options");
_Static_assert(offsetof(tfl_pack_options, values_count) == 0, "tfl_pack_options.values_count");
_Static_assert(offsetof(tfl_pack_options, axis) == 4, "tfl_pack_options.axis");

typedef struct tfl_pool_2d_options {
    int32_t padding;
    int32_t stride_w;
    int32_t stride_h;
    int32_t filter_w;
    int32_t filter_h;
    int32_t activation;
} tfl_pool_2d_options;
_Static_assert(sizeof(tfl_pool_2d_options) == 24, "tfl_pool_2d_options");
_Static_assert(offsetof(tfl_pool_2d_options, padding) == 0, "tfl_pool_2d_options.padding");
_Static_assert(offsetof(tfl_pool_2d_options, stride_w) == 4, "tfl_pool_2d_options.stride_w");
_Static_assert(offsetof(tfl_pool_2d_options, stride_h) == 8, "tfl_pool_2d_options.stride_h");
_Static_assert(offsetof(tfl_pool_2d_options, filter_w) == 12, "tfl_pool_2d_options.filter_w");
_Static_assert(offsetof(tfl_pool_2d_options, filter_h) == 16, "tfl_pool_2d_options.filter_h");
_Static_assert(offsetof(tfl_pool_2d_options, activation) == 20, "tfl_pool_2d_options.activation");

typedef struct tfl_reducer_options {
    uint8_t kee_dims;
} tfl_reducer_options;
_Static_assert(sizeof(tfl_reducer_options) == 1, "tfl_reducer_options");
_Static_assert(offsetof(tfl_reducer_options, kee_dims) == 0, "tfl_reducer_options.kee_dims");

typedef struct tfl_resize_bilinear_options {
    uint8_t align_corners;
    uint8_t half_pixel_centers;
} tfl_resize_bilinear_options;
_Static_assert(sizeof(tfl_resize_bilinear_options) == 2, "tfl_resize_bilinear_options");
_Static_assert(offsetof(tfl_resize_bilinear_options, align_corners) == 0, "tfl_resize_bilinear_options.align_corners");
_Static_assert(offsetof(tfl_resize_bilinear_options, half_pixel_centers) == 1, "tfl_resize_bilinear_options.half_pixel_centers");

typedef struct tfl_resize_nearest_neighbor_options {
    uint8_t align_corners;
    uint8_t half_pixel_centers;
} tfl_resize_nearest_neighbor_options;
_Static_assert(sizeof(tfl_resize_nearest_neighbor_options) == 2, "tfl_resize_nearest_neighbor_options");
_Static_assert(offsetof(tfl_resize_nearest_neighbor_options, align_corners) == 0, "tfl_resize_nearest_neighbor_options.align_corners");
_Static_assert(offsetof(tfl_resize_nearest_neighbor_options, half_pixel_centers) == 1, "tfl_resize_nearest_neighbor_options.half_pixel_centers");

typedef struct tfl_softmax_options {
    float beta;
} tfl_softmax_options;
_Static_assert(sizeof(tfl_softmax_options) == 4, "tfl_softmax_options");
_Static_assert(offsetof(tfl_softmax_options, beta) == 0, "tfl_softmax_options.beta");

typedef struct tfl_space_depth_options {
    int32_t block_size;
} tfl_space_depth_options;
_Static_assert(sizeof(tfl_space_depth_options) == 4, "tfl_space_depth_options");
_Static_assert(offsetof(tfl_space_depth_options, block_size) == 0, "tfl_space_depth_options.block_size");

typedef struct tfl_split_options {
    int32_t splits;
} tfl_split_options;
_Static_assert(sizeof(tfl_split_options) == 4, "tfl_split_options");
_Static_assert(offsetof(tfl_split_options, splits) == 0, "tfl_split_options.splits");

typedef struct tfl_split_v_options {
    int32_t splits;
} tfl_split_v_options;
_Static_assert(sizeof(tfl_split_v_options) == 4, "tfl_split_v_options");
_Static_assert(offsetof(tfl_split_v_options, splits) == 0, "tfl_split_v_options.splits");

typedef struct tfl_strided_slice_options {
    int32_t begin_mask;
    int32_t end_mask;
    int32_t ellipsis_mask;
    int32_t new_axis_mask;
    int32_t shrink_axis_mask;
    uint8_t offset;
} tfl_strided_slice_options;
_Static_assert(sizeof(tfl_strided_slice_options) == 24, "tfl_strided_slice_options");
_Static_assert(offsetof(tfl_strided_slice_options, begin_mask) == 0, "tfl_strided_slice_options.begin_mask");
_Static_assert(offsetof(tfl_strided_slice_options, end_mask) == 4, "tfl_strided_slice_options.end_mask");
_Static_assert(offsetof(tfl_strided_slice_options, ellipsis_mask) == 8, "tfl_strided_slice_options.ellipsis_mask");
_Static_assert(offsetof(tfl_strided_slice_options, new_axis_mask) == 12, "tfl_strided_slice_options.new_axis_mask");
_Static_assert(offsetof(tfl_strided_slice_options, shrink_axis_mask) == 16, "tfl_strided_slice_options.shrink_axis_mask");
_Static_assert(offsetof(tfl_strided_slice_options, offset) == 20, "tfl_strided_slice_options.offset");

typedef struct tfl_sub_options {
    int32_t activation;
} tfl_sub_options;
_Static_assert(sizeof(tfl_sub_options) == 4, "tfl_sub_options");
_Static_assert(offsetof(tfl_sub_options, activation) == 0, "tfl_sub_options.activation");

typedef struct tfl_transpose_conv_options {
    int32_t padding;
    int32_t stride_w;
    int32_t stride_h;
    int32_t activation;
} tfl_transpose_conv_options;
_Static_assert(sizeof(tfl_transpose_conv_options) == 16, "tfl_transpose_conv_options");
_Static_assert(offsetof(tfl_transpose_conv_options, padding) == 0, "tfl_transpose_conv_options.padding");
_Static_assert(offsetof(tfl_transpose_conv_options, stride_w) == 4, "tfl_transpose_conv_options.stride_w");
_Static_assert(offsetof(tfl_transpose_conv_options, stride_h) == 8, "tfl_transpose_conv_options.stride_h");
_Static_assert(offsetof(tfl_transpose_conv_options, activation) == 12, "tfl_transpose_conv_options.activation");

typedef struct tfl_unpack_options {
    int32_t count;
    int32_t axis;
} tfl_unpack_options;
_Static_assert(sizeof(tfl_unpack_options) == 8, "tfl_unpack_options");
_Static_assert(offsetof(tfl_unpack_options, count) == 0, "tfl_unpack_options.count");
_Static_assert(offsetof(tfl_unpack_options, axis) == 4, "tfl_unpack_options.axis");

#endif
