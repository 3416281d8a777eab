/* A delegated part as TFLite's kernel: checks shapes, hands tensors to a session, runs it. */
#ifndef PTFE_KERNEL_H
#define PTFE_KERNEL_H

#include "answer.h"
#include "profile.h"
#include "session.h"
#include "tflite_abi.h"

typedef struct kernel {
    answer *answer; /* holds the plan's bytes */
    ptfe_session *session;
    profile *profile; /* NULL: off */
    const void **inputs;
    void **outputs;
    u32_list nodes; /* of the part, in `answer` */
    tfl_delegate *delegate;
} kernel;

/* Loads a part's plan; all that can fail, fails here. NULL with a sentence. */
kernel *kernel_new(answer *a, const answer_part *part, const device_ops *device, const char *facts, tfl_delegate *delegate,
                   profile *p, char *error, size_t error_size);
void kernel_free(kernel *k); /* NULL is fine */

/* 0 when every feature map of the plan is the tensor that it was planned for. */
int kernel_matches(const kernel *k, const tfl_context *context, char *error, size_t error_size);

/* TFLite's `invoke`. */
int kernel_invoke(kernel *k, tfl_context *context, char *error, size_t error_size);

#endif
