/* A delegated part as TFLite's kernel: checks shapes, hands tensors to a session, runs it. */
#ifndef PTFE_KERNEL_H
#define PTFE_KERNEL_H

#include "../compile/answer.h"
#include "fallback.h"
#include "../plan/session.h"
#include "shapes.h"
#include "tflite_abi.h"

typedef struct delegate delegate;

typedef struct kernel {
    answer *answer;         /* holds the lists below and the bytes of the first plan */
    const answer_part *part;
    u32_list nodes, inputs, outputs;
    shapes own, now;        /* of inputs and outputs, for the first plan and for the session's: as TFLite has them, rank and all */
    answer *planned;        /* holds the bytes of the session's plan: `answer`, or that of a later size */
    const answer_part *planned_part;
    unsigned suspects;      /* invokes in a row of which the device was not sure */
    ptfe_session *session;  /* NULL: the part runs on TFLite's kernels */
    const void **given;     /* room for a run's pointers */
    void **taken;
    fallback fallback;
    delegate *delegate;     /* a reference */
} kernel;

/* Loads a part's plan; all that can fail, fails here. 0, or -1, fills `error` as session_open and gives no kernel. */
int kernel_new(answer *a, const answer_part *part, const tfl_context *context, delegate *d, kernel **out, ptfe_error *error);
void kernel_free(kernel *k); /* NULL is fine */

/*
 * Puts the plan of a part of `a`, for the shapes that the tensors have now, in the place of the one before. 0, or -1,
 * fills `error` as session_open, and there is no plan at all.
 */
int kernel_load(kernel *k, answer *a, const answer_part *part, const tfl_context *context, ptfe_error *error);

/* Whether the tensors have the shapes of the first plan, and that plan is loaded again. */
int kernel_load_own(kernel *k, const tfl_context *context);

/* No plan: the part runs on TFLite's kernels from now on. */
void kernel_unload(kernel *k);

/* 0 when every input and output has the type and the shape, rank and all, that the plan was made for; else -1 and fills `error`. */
int kernel_matches(const kernel *k, const tfl_context *context, ptfe_error *error);

/* TFLite's `invoke`. 0, or -1 and fills `error`. */
int kernel_invoke(kernel *k, tfl_context *context, ptfe_error *error);

#endif
