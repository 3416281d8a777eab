/* Generated from src/tflite/operators.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_OPERATOR_OPTIONS_H
#define PTFE_GENERATED_OPERATOR_OPTIONS_H

#include "operators.h"

/* An option in the C struct of its operator: int32, or the bits of a float, or a bool. */
typedef struct tfl_option {
    uint8_t offset, is_bool;
    uint8_t since; /* the operator's version: an older TFLite's struct may end before it */
} tfl_option;

enum { TFL_MOST_OPTIONS = 7 };

typedef struct tfl_operator_options {
    int32_t code;
    uint32_t count;
    tfl_option options[TFL_MOST_OPTIONS];
} tfl_operator_options;

/* The options that go into the graph message, in its order. */
static const tfl_operator_options tfl_operators_with_options[] = {
    {TFL_ADD, 1, {{0, 0, 1}}},
    {TFL_AVERAGE_POOL_2D, 6, {{0, 0, 1}, {4, 0, 1}, {8, 0, 1}, {12, 0, 1}, {16, 0, 1}, {20, 0, 1}}},
    {TFL_CONCATENATION, 2, {{0, 0, 1}, {4, 0, 1}}},
    {TFL_CONV_2D, 6, {{0, 0, 1}, {4, 0, 1}, {8, 0, 1}, {12, 0, 1}, {16, 0, 1}, {20, 0, 1}}},
    {TFL_DEPTHWISE_CONV_2D, 7, {{0, 0, 1}, {4, 0, 1}, {8, 0, 1}, {12, 0, 1}, {16, 0, 1}, {20, 0, 1}, {24, 0, 1}}},
    {TFL_DEPTH_TO_SPACE, 1, {{0, 0, 1}}},
    {TFL_FULLY_CONNECTED, 3, {{0, 0, 1}, {4, 0, 1}, {8, 1, 5}}},
    {TFL_MAX_POOL_2D, 6, {{0, 0, 1}, {4, 0, 1}, {8, 0, 1}, {12, 0, 1}, {16, 0, 1}, {20, 0, 1}}},
    {TFL_MUL, 1, {{0, 0, 1}}},
    {TFL_RESIZE_BILINEAR, 2, {{0, 1, 1}, {1, 1, 1}}},
    {TFL_SOFTMAX, 1, {{0, 0, 1}}},
    {TFL_SPACE_TO_DEPTH, 1, {{0, 0, 1}}},
    {TFL_MEAN, 1, {{0, 1, 1}}},
    {TFL_SUB, 1, {{0, 0, 1}}},
    {TFL_STRIDED_SLICE, 6, {{0, 0, 1}, {4, 0, 1}, {8, 0, 1}, {12, 0, 1}, {16, 0, 1}, {20, 1, 8}}},
    {TFL_SPLIT, 1, {{0, 0, 1}}},
    {TFL_TRANSPOSE_CONV, 4, {{0, 0, 1}, {4, 0, 1}, {8, 0, 1}, {12, 0, 4}}},
    {TFL_SUM, 1, {{0, 1, 1}}},
    {TFL_REDUCE_MAX, 1, {{0, 1, 1}}},
    {TFL_PACK, 2, {{0, 0, 1}, {4, 0, 1}}},
    {TFL_UNPACK, 2, {{0, 0, 1}, {4, 0, 1}}},
    {TFL_REDUCE_MIN, 1, {{0, 1, 1}}},
    {TFL_RESIZE_NEAREST_NEIGHBOR, 2, {{0, 1, 1}, {1, 1, 1}}},
    {TFL_LEAKY_RELU, 1, {{0, 0, 1}}},
    {TFL_MIRROR_PAD, 1, {{0, 0, 1}}},
    {TFL_SPLIT_V, 1, {{0, 0, 1}}},
    {TFL_GELU, 1, {{0, 1, 1}}},
};

#endif
