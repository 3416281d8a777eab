/*
 * The part of TFLite's C ABI that a delegate touches, with our own names, for 64-bit machines. No TFLite header is
 * included and no TFLite symbol imported. Sizes and offsets: tensorflow/lite/core/c/common.h and builtin_op_data.h.
 */
#ifndef PTFE_TFLITE_ABI_H
#define PTFE_TFLITE_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "../generated/element_types.h"
#include "../generated/operators.h" /* built-in codes, and the structs of their options */

enum tfl_status { TFL_OK = 0, TFL_ERROR = 1, TFL_DELEGATE_ERROR = 2 };
enum tfl_allocation { TFL_MMAP_RO = 1, TFL_ARENA_RW = 2, TFL_ARENA_RW_PERSISTENT = 3, TFL_DYNAMIC = 4 };
enum tfl_quantization_type { TFL_NO_QUANTIZATION = 0, TFL_AFFINE_QUANTIZATION = 1 };
enum tfl_delegate_flags { TFL_ALLOW_DYNAMIC_TENSORS = 1, TFL_REQUIRE_PROPAGATED_SHAPES = 2 };

typedef struct tfl_int_array {
    int32_t size;
    int32_t data[];
} tfl_int_array;

typedef struct tfl_float_array {
    int32_t size;
    float data[];
} tfl_float_array;

typedef struct tfl_affine_quantization {
    const tfl_float_array *scale;
    const tfl_int_array *zero_point;
    int32_t quantized_dimension;
} tfl_affine_quantization;

typedef struct tfl_tensor {
    int32_t type;
    void *data;
    const tfl_int_array *dims;
    float scale;
    int32_t zero_point;
    int32_t allocation_type;
    size_t bytes;
    const void *allocation;
    const char *name;
    void *delegate;
    int32_t buffer_handle;
    uint8_t data_is_stale;
    uint8_t is_variable;
    int32_t quantization_type;
    const tfl_affine_quantization *quantization;
    const void *sparsity;
    const tfl_int_array *dims_signature;
} tfl_tensor;

typedef struct tfl_node {
    const tfl_int_array *inputs;
    const tfl_int_array *outputs;
    const tfl_int_array *intermediates;
    const tfl_int_array *temporaries;
    void *user_data;
    const void *builtin_data;
    const void *custom_initial_data;
    int32_t custom_initial_data_size;
    void *delegate;
    uint8_t might_have_side_effect;
} tfl_node;

struct tfl_context;
struct tfl_delegate;

/* Handed to TFLite by value: a shorter one would let TFLite read past its end. */
typedef struct tfl_registration {
    void *(*init)(struct tfl_context *, const char *buffer, size_t length);
    void (*free)(struct tfl_context *, void *user_data);
    int (*prepare)(struct tfl_context *, tfl_node *);
    int (*invoke)(struct tfl_context *, tfl_node *);
    const char *(*profiling_string)(const struct tfl_context *, const tfl_node *);
    int32_t builtin_code;
    const char *custom_name;
    int32_t version;
    void *registration_external;
    void *async_kernel;
    uint64_t inplace_operator;
} tfl_registration;

/* What `init` gets as its buffer. */
typedef struct tfl_delegate_params {
    struct tfl_delegate *delegate;
    const tfl_int_array *nodes_to_replace;
    const tfl_int_array *input_tensors;
    const tfl_int_array *output_tensors;
} tfl_delegate_params;

typedef int (*tfl_get_node)(struct tfl_context *, int index, tfl_node **, tfl_registration **);

/* Only the fields up to the last one that is used; TFLite makes contexts, a delegate never does. */
typedef struct tfl_context {
    size_t tensors_size;
    int (*get_execution_plan)(struct tfl_context *, tfl_int_array **plan);
    tfl_tensor *tensors;
    void *impl;
    int (*resize_tensor)(struct tfl_context *, tfl_tensor *, tfl_int_array *);
    void (*report_error)(struct tfl_context *, const char *format, ...);
    int (*add_tensors)(struct tfl_context *, int, int *);
    tfl_get_node get_node_and_registration;
    int (*replace_node_subsets)(struct tfl_context *, tfl_registration registration, const tfl_int_array *nodes,
                                struct tfl_delegate *);
    int32_t recommended_num_threads;
    void *get_external_context;
    void *set_external_context;
    uint8_t allow_fp32_relax_to_fp16;
    void *profiler;
    void *allocate_persistent_buffer;
    void *allocate_buffer_for_eval;
    void *request_scratch_buffer;
    void *get_scratch_buffer;
    void *resize_tensor_explicit;
    int (*preview_delegate_partitioning)(struct tfl_context *, const tfl_int_array *nodes, tfl_delegate_params **parts,
                                         int *count);
} tfl_context;

typedef struct tfl_delegate {
    void *data;
    int (*prepare)(tfl_context *, struct tfl_delegate *);
    void *copy_from_buffer_handle;
    void *copy_to_buffer_handle;
    void *free_buffer_handle;
    int64_t flags;
    void *opaque_delegate_builder;
} tfl_delegate;

#define TFL_AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field)

_Static_assert(sizeof(void *) == 8, "64-bit only");
_Static_assert(sizeof(tfl_int_array) == 4 && sizeof(tfl_float_array) == 4, "arrays");
TFL_AT(tfl_int_array, data, 4);
TFL_AT(tfl_affine_quantization, zero_point, 8);
TFL_AT(tfl_affine_quantization, quantized_dimension, 16);
_Static_assert(sizeof(tfl_tensor) == 112, "tfl_tensor");
TFL_AT(tfl_tensor, data, 8);
TFL_AT(tfl_tensor, dims, 16);
TFL_AT(tfl_tensor, scale, 24);
TFL_AT(tfl_tensor, zero_point, 28);
TFL_AT(tfl_tensor, allocation_type, 32);
TFL_AT(tfl_tensor, bytes, 40);
TFL_AT(tfl_tensor, name, 56);
TFL_AT(tfl_tensor, is_variable, 77);
TFL_AT(tfl_tensor, quantization_type, 80);
TFL_AT(tfl_tensor, quantization, 88);
_Static_assert(sizeof(tfl_node) == 80, "tfl_node");
TFL_AT(tfl_node, outputs, 8);
TFL_AT(tfl_node, user_data, 32);
TFL_AT(tfl_node, builtin_data, 40);
_Static_assert(sizeof(tfl_registration) == 88, "tfl_registration");
TFL_AT(tfl_registration, builtin_code, 40);
TFL_AT(tfl_registration, custom_name, 48);
TFL_AT(tfl_registration, version, 56);
TFL_AT(tfl_registration, inplace_operator, 80);
TFL_AT(tfl_delegate_params, output_tensors, 24);
TFL_AT(tfl_context, tensors, 16);
TFL_AT(tfl_context, report_error, 40);
TFL_AT(tfl_context, get_node_and_registration, 56);
TFL_AT(tfl_context, replace_node_subsets, 64);
TFL_AT(tfl_context, preview_delegate_partitioning, 152);
_Static_assert(sizeof(tfl_delegate) == 56, "tfl_delegate");
TFL_AT(tfl_delegate, flags, 40);

#endif
