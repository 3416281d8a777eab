/* TFLite's numbers of element types (tensorflow/lite/core/c/c_api_types.h); plans use them too, on any machine. */
#ifndef PTFE_TFLITE_TYPES_H
#define PTFE_TFLITE_TYPES_H

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
    TFL_UINT16 = 17
};

#endif
