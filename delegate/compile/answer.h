/*
 * What the engine made of a graph: a verdict on each node, the parts that TFLite cut the supported ones into, and a plan
 * for each part. The same three runs of bytes come from the engine's pipe and from the plan cache.
 */
#ifndef PTFE_ANSWER_H
#define PTFE_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "../generated/engine_protocol.h"
#include "../util/bytes.h"
#include "../plan/plan.h"
#include "../util/error.h"

typedef struct answer_part {
    u32_list nodes, inputs, outputs;
    const uint8_t *plan; /* 8-aligned; NULL when refused */
    size_t plan_length;
    const uint8_t *refusals; /* u32 count, each refusal; 4-aligned */
    size_t refusals_length;
} answer_part;

/* Owns its bytes; kernels hold a reference as long as they read plans in place. */
typedef struct answer {
    uint8_t *check, *request, *reply; /* malloc'ed */
    size_t check_length, request_length, reply_length;
    int file;          /* of the reply, whose plans' constants are there alone; or PLAN_NO_FILE */
    uint64_t reply_at; /* where it begins in the file */
    verdict *verdicts;
    size_t verdict_count;
    answer_part *parts;
    size_t part_count;
    int references;
} answer;

/* NULL when there is no memory. One reference. */
answer *answer_new(void);
answer *answer_keep(answer *a);
void answer_release(answer *a); /* NULL is fine */

/* Read `check`: one verdict for each of `nodes`, in order. 0, or -1 and fills `error`. */
int answer_read_check(answer *a, const uint32_t *nodes, size_t count, ptfe_error *error);

/* Read `request` and `reply`: parts with their plans or refusals. 0, or -1 and fills `error`. */
int answer_read_parts(answer *a, ptfe_error *error);

/* One node of a refused part that must stay on the CPU. `at`: 0 before the first. 1, 0 behind the last, -1 when it is cut off. */
int answer_next_refusal(const answer_part *part, size_t *at, refusal *refused);

/* Whether the parts are those of another request, though their inputs and outputs may come in another order. */
int answer_has_parts(const answer *a, const bytes *request);

/* Where the bytes of one of its plans are. */
plan_source answer_plan(const answer *a, const answer_part *part);

/* Whether the plans' checksums are those of their bytes; they are read to the end. 0, or -1 and fills `error`. */
int answer_check_plans(const answer *a, ptfe_error *error);

/* The verdicts as the engine would say them. */
void answer_write_check(const answer *a, bytes *out);

#endif
