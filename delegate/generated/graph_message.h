/* Generated from src/wire/graph_message.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_GRAPH_MESSAGE_H
#define PTFE_GENERATED_GRAPH_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "../util/bytes.h"
#include "../util/cursor.h"

#define MESSAGE_MAGIC 1195791440u
#define MESSAGE_VERSION 1u

/* Bits of a tensor. */
enum message_flags {
    TENSOR_CONSTANT = 1,
    TENSOR_VARIABLE = 2,
    TENSOR_DYNAMIC = 4,
};

/* The beginning of a graph message; the three lists follow. */
typedef struct message_header {
    uint32_t magic;
    uint32_t version;
} message_header;
_Static_assert(sizeof(message_header) == 8, "message_header");
_Static_assert(offsetof(message_header, magic) == 0, "message_header.magic");
_Static_assert(offsetof(message_header, version) == 4, "message_header.version");

/* An option of the delegate that decides what plans are like. */
typedef struct message_option {
    byte_run key;
    byte_run value;
} message_option;

static inline void message_option_put(bytes *to, const message_option *from) {
    bytes_byte_run(to, from->key);
    bytes_byte_run(to, from->value);
}

static inline void message_option_take(cursor *from, message_option *to) {
    to->key = cursor_byte_run(from);
    to->value = cursor_byte_run(from);
}

/*
 * A tensor that a node reads or writes. `type`: TFLite's number; `axis`: that of scales for each channel; `data`:
 * bytes of a constant.
 */
typedef struct message_tensor {
    uint32_t index;
    uint32_t type;
    uint32_t flags;
    i32_list shape;
    f32_list scales;
    i32_list zero_points;
    int32_t axis;
    byte_run name;
    byte_run data;
} message_tensor;

static inline void message_tensor_put(bytes *to, const message_tensor *from) {
    bytes_u32(to, from->index);
    bytes_u32(to, from->type);
    bytes_u32(to, from->flags);
    bytes_i32_list(to, from->shape);
    bytes_f32_list(to, from->scales);
    bytes_i32_list(to, from->zero_points);
    bytes_i32(to, from->axis);
    bytes_byte_run(to, from->name);
    bytes_byte_run(to, from->data);
}

static inline void message_tensor_take(cursor *from, message_tensor *to) {
    to->index = cursor_u32(from);
    to->type = cursor_u32(from);
    to->flags = cursor_u32(from);
    to->shape = cursor_i32_list(from);
    to->scales = cursor_f32_list(from);
    to->zero_points = cursor_i32_list(from);
    to->axis = cursor_i32(from);
    to->name = cursor_byte_run(from);
    to->data = cursor_byte_run(from);
}

/*
 * A node. `custom_name` is empty for built-in operators; inputs of -1 are absent; options in the order of
 * src/tflite/operators.ts.
 */
typedef struct message_node {
    uint32_t index;
    int32_t code;
    int32_t version;
    byte_run custom_name;
    i32_list inputs;
    i32_list outputs;
    i32_list options;
} message_node;

static inline void message_node_put(bytes *to, const message_node *from) {
    bytes_u32(to, from->index);
    bytes_i32(to, from->code);
    bytes_i32(to, from->version);
    bytes_byte_run(to, from->custom_name);
    bytes_i32_list(to, from->inputs);
    bytes_i32_list(to, from->outputs);
    bytes_i32_list(to, from->options);
}

static inline void message_node_take(cursor *from, message_node *to) {
    to->index = cursor_u32(from);
    to->code = cursor_i32(from);
    to->version = cursor_i32(from);
    to->custom_name = cursor_byte_run(from);
    to->inputs = cursor_i32_list(from);
    to->outputs = cursor_i32_list(from);
    to->options = cursor_i32_list(from);
}

#endif
