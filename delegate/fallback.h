/*
 * A delegated part on TFLite's own kernels, for when its plan does not fit any more: a tensor was resized and the new size
 * could not be compiled, or the device failed. TFLite prepares the original nodes (the delegate asks for propagated
 * shapes) but gives the tensors between them no memory: that is lent to them here.
 */
#ifndef PTFE_FALLBACK_H
#define PTFE_FALLBACK_H

#include "answer.h"
#include "tflite_abi.h"

typedef struct fallback_buffer {
    int32_t tensor;
    size_t bytes;
    void *data;
} fallback_buffer;

typedef struct fallback {
    tfl_get_node get_node; /* as the context had it in Prepare */
    fallback_buffer *buffers;
    size_t count, room;
} fallback;

/* Runs the nodes one after the other. 0, or -1 with a sentence. */
int fallback_run(fallback *f, tfl_context *context, u32_list nodes, char *error, size_t error_size);
void fallback_free(fallback *f);

#endif
