/*
 * A delegated part on TFLite's own kernels, for when its plan does not fit any more: a tensor was resized and the new size
 * could not be compiled, or the device failed. TFLite gives the tensors between the original nodes no memory: that is lent to
 * them here. It prepares them (the delegate asks for propagated shapes), but not those behind a tensor that is dynamic or a
 * variable's handle: it stops there, and goes on from the same *position* in the graph as it was before delegation.
 *
 * Of the tensors between the nodes only type and dimensions count: TFLite plans no memory for them any more, so that their
 * `bytes` may be 0 and their `data` may point into an arena that was moved or freed.
 */
#ifndef PTFE_FALLBACK_H
#define PTFE_FALLBACK_H

#include "../compile/answer.h"
#include "tflite_abi.h"

/* Memory of our own for a tensor, and while it is lent what the tensor held before. */
typedef struct fallback_buffer {
    int32_t tensor;
    int lent;
    size_t bytes, bytes_before;
    void *data, *data_before;
} fallback_buffer;

typedef struct fallback {
    tfl_get_node get_node; /* as the context had it in Prepare */
    fallback_buffer *buffers;
    size_t count, room;
    int prepared; /* the nodes have been prepared here, for the shapes that their tensors have now */
} fallback;

/* Lets the nodes give their outputs the shapes that follow from the inputs' now. 0, or -1 and fills `error`. */
int fallback_prepare(fallback *f, tfl_context *context, u32_list nodes, ptfe_error *error);

/*
 * Runs the nodes one after the other, prepared here before where they were not. `outputs`: the partition's, which have memory
 * of TFLite's. 0, or -1 and fills `error`.
 */
int fallback_run(fallback *f, tfl_context *context, u32_list nodes, u32_list outputs, ptfe_error *error);
void fallback_free(fallback *f);

#endif
