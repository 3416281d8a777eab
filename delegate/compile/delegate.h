/* A delegate: its options, and what its partitions share. */
#ifndef PTFE_DELEGATE_H
#define PTFE_DELEGATE_H

#include <pthread.h>

#include "../abi/tflite_abi.h"
#include "../device/choose.h"
#include "../util/options.h"
#include "../util/profile.h"

typedef struct kernel kernel;

typedef struct delegate {
    tfl_delegate base; /* first: TFLite hands it back */
    options options;
    const device_ops *device; /* NULL: TFLite's kernels compute */
    profile *profile;     /* NULL: off */
    pthread_mutex_t lock; /* one graph at a time */
    int references;       /* the creator's, and one of each kernel: interpreters may outlive the delegate */
    int has_parts;        /* of a graph before */
    const tfl_context *first; /* the graph that had the first ones; others on this delegate may be those that it calls */
    /* Loaded kernels between Prepare and TFLite's `init` of each. */
    kernel **waiting;
    size_t waiting_count;
} delegate;

/* One reference; NULL when there is no memory. */
delegate *delegate_new(void);
delegate *delegate_keep(delegate *d);
void delegate_release(delegate *d); /* NULL is fine */

#endif
