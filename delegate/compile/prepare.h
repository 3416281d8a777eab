/* A delegate and what its Prepare does: graph -> verdicts -> parts -> plans -> kernels, then TFLite replaces the nodes. */
#ifndef PTFE_PREPARE_H
#define PTFE_PREPARE_H

#include <pthread.h>

#include "../abi/kernel.h"
#include "../util/options.h"

typedef struct delegate {
    tfl_delegate base; /* first: TFLite hands it back */
    options options;
    profile *profile;
    pthread_mutex_t lock; /* one graph at a time */
    int has_parts;        /* of a graph before */
    /* Loaded kernels between Prepare and TFLite's `init` of each. */
    kernel **waiting;
    size_t waiting_count;
} delegate;

/* What TFLite calls for each graph. Whatever goes wrong, the graph stays runnable: TFL_OK, and one line of why. */
int delegate_prepare(tfl_context *context, tfl_delegate *base);

/* A partition's tensors have other sizes than its plan: compiled again, or left to TFLite's kernels with a line. */
void delegate_resize(kernel *k, tfl_context *context);

#endif
