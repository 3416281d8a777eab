/* Generated from src/wire/engine_protocol.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_ENGINE_PROTOCOL_H
#define PTFE_GENERATED_ENGINE_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "../util/bytes.h"
#include "../util/cursor.h"

#define ENGINE_REQUEST_MAGIC 1363563600u
#define ENGINE_REPLY_MAGIC 1380340816u

/* What a frame is; the payload of an error is its text. */
enum engine_kind {
    ENGINE_CHECK = 1,
    ENGINE_COMPILE = 2,
    ENGINE_ERROR = 255,
};

/* In front of each payload. */
typedef struct engine_frame {
    uint32_t magic;
    uint32_t kind;
    uint64_t length;
} engine_frame;
_Static_assert(sizeof(engine_frame) == 16, "engine_frame");
_Static_assert(offsetof(engine_frame, magic) == 0, "engine_frame.magic");
_Static_assert(offsetof(engine_frame, kind) == 4, "engine_frame.kind");
_Static_assert(offsetof(engine_frame, length) == 8, "engine_frame.length");

/* Before the plans. */
typedef struct plans_header {
    uint32_t count;
    uint32_t reserved;
} plans_header;
_Static_assert(sizeof(plans_header) == 8, "plans_header");
_Static_assert(offsetof(plans_header, count) == 0, "plans_header.count");
_Static_assert(offsetof(plans_header, reserved) == 4, "plans_header.reserved");

/*
 * Before each plan, or, where `refused` is not 0, refusals behind their count; with zeros to a multiple of 8 behind.
 */
typedef struct plan_result {
    uint32_t refused;
    uint32_t reserved;
    uint64_t length;
} plan_result;
_Static_assert(sizeof(plan_result) == 16, "plan_result");
_Static_assert(offsetof(plan_result, refused) == 0, "plan_result.refused");
_Static_assert(offsetof(plan_result, reserved) == 4, "plan_result.reserved");
_Static_assert(offsetof(plan_result, length) == 8, "plan_result.length");

/* On a node: `supported` is 1, or 0 with why not. */
typedef struct verdict {
    uint32_t node;
    uint32_t supported;
    byte_run text;
} verdict;

static inline void verdict_put(bytes *to, const verdict *from) {
    bytes_u32(to, from->node);
    bytes_u32(to, from->supported);
    bytes_byte_run(to, from->text);
}

static inline void verdict_take(cursor *from, verdict *to) {
    to->node = cursor_u32(from);
    to->supported = cursor_u32(from);
    to->text = cursor_byte_run(from);
}

/* Nodes that become one plan; its inputs and outputs are tensors. */
typedef struct part_border {
    u32_list nodes;
    u32_list inputs;
    u32_list outputs;
} part_border;

static inline void part_border_put(bytes *to, const part_border *from) {
    bytes_u32_list(to, from->nodes);
    bytes_u32_list(to, from->inputs);
    bytes_u32_list(to, from->outputs);
}

static inline void part_border_take(cursor *from, part_border *to) {
    to->nodes = cursor_u32_list(from);
    to->inputs = cursor_u32_list(from);
    to->outputs = cursor_u32_list(from);
}

/* A node of a part that must stay on the CPU. */
typedef struct refusal {
    uint32_t node;
    byte_run text;
} refusal;

static inline void refusal_put(bytes *to, const refusal *from) {
    bytes_u32(to, from->node);
    bytes_byte_run(to, from->text);
}

static inline void refusal_take(cursor *from, refusal *to) {
    to->node = cursor_u32(from);
    to->text = cursor_byte_run(from);
}

#endif
