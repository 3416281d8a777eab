/* TFLite's numbers of element types (tensorflow/lite/core/c/c_api_types.h); plans use them too, on any machine. */
#ifndef PTFE_TFLITE_TYPES_H
#define PTFE_TFLITE_TYPES_H

enum tfl_type { TFL_FLOAT32 = 1, TFL_INT32 = 2, TFL_UINT8 = 3, TFL_INT64 = 4, TFL_INT16 = 7, TFL_INT8 = 9, TFL_RESOURCE = 14 };

#endif
