/* Generated from src/tflite/types.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_ELEMENT_TYPES_H
#define PTFE_GENERATED_ELEMENT_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* TFLite's numbers of element types (tensorflow/lite/core/c/c_api_types.h); plans use them too, on any machine. */
enum tfl_type {
    TFL_FLOAT32 = 1,
    TFL_INT32 = 2,
    TFL_UINT8 = 3,
    TFL_INT64 = 4,
    TFL_BOOL = 6,
    TFL_INT16 = 7,
    TFL_COMPLEX64 = 8,
    TFL_INT8 = 9,
    TFL_FLOAT16 = 10,
    TFL_FLOAT64 = 11,
    TFL_COMPLEX128 = 12,
    TFL_UINT64 = 13,
    TFL_RESOURCE = 14,
    TFL_UINT32 = 16,
    TFL_UINT16 = 17,
};

/* Bytes of one element; 0 where elements have no fixed size. */
static inline size_t tfl_element_bytes(int32_t type) {
    switch (type) {
    case TFL_UINT8:
    case TFL_BOOL:
    case TFL_INT8:
        return 1;
    case TFL_INT16:
    case TFL_FLOAT16:
    case TFL_UINT16:
        return 2;
    case TFL_FLOAT32:
    case TFL_INT32:
    case TFL_UINT32:
        return 4;
    case TFL_INT64:
    case TFL_COMPLEX64:
    case TFL_FLOAT64:
    case TFL_UINT64:
        return 8;
    case TFL_COMPLEX128:
        return 16;
    default:
        return 0;
    }
}

#endif
