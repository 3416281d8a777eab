/* The types and shapes that TFLite has for some tensors, kept to see whether one has changed. */
#ifndef PTFE_SHAPES_H
#define PTFE_SHAPES_H

#include "../compile/answer.h"
#include "tflite_abi.h"

/* For each tensor its type, its rank and its dimensions, one after the other. */
typedef struct shapes {
    int32_t *data;
    size_t length;
} shapes;

/* Those of the tensors of two lists. 0, or -1 and fills `error`; `s` is free or keeps its own memory either way. */
int shapes_take(shapes *s, const tfl_context *context, u32_list first, u32_list second, ptfe_error *error);

/* 0 when the tensors have them still; else -1, and fills `error` with the first one that has not. */
int shapes_compare(const shapes *s, const tfl_context *context, u32_list first, u32_list second, ptfe_error *error);
void shapes_free(shapes *s);

#endif
