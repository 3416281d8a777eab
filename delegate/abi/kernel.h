/* A delegated part as TFLite's kernel: checks shapes, hands tensors to a session, runs it. */
#ifndef PTFE_KERNEL_H
#define PTFE_KERNEL_H

#include "../compile/answer.h"
#include "fallback.h"
#include "../util/profile.h"
#include "../plan/session.h"
#include "tflite_abi.h"

typedef struct kernel {
    answer *answer;         /* holds the lists below and the plan's bytes */
    u32_list nodes, inputs, outputs;
    answer *planned;        /* holds the bytes of the session's plan: `answer`, or that of a later size */
    ptfe_session *session;  /* NULL: the part runs on TFLite's kernels */
    const void **given;     /* room for a run's pointers */
    void **taken;
    fallback fallback;
    profile *profile;       /* NULL: off */
    tfl_delegate *delegate;
} kernel;

/* Loads a part's plan; all that can fail, fails here. NULL with a sentence. */
kernel *kernel_new(answer *a, const answer_part *part, tfl_get_node get_node, const char *facts, tfl_delegate *delegate, profile *p,
                   char *error, size_t error_size);
void kernel_free(kernel *k); /* NULL is fine */

/* Puts the plan of a part of `a` in the place of the one before. 0, or -1 with a sentence and no plan at all. */
int kernel_load(kernel *k, answer *a, const answer_part *part, const char *facts, char *error, size_t error_size);

/* No plan: the part runs on TFLite's kernels from now on. */
void kernel_unload(kernel *k);

/* 0 when every feature map of the plan is the tensor that it was planned for. */
int kernel_matches(const kernel *k, const tfl_context *context, char *error, size_t error_size);

/* TFLite's `invoke`. */
int kernel_invoke(kernel *k, tfl_context *context, char *error, size_t error_size);

#endif
