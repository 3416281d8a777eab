/* What Prepare does: graph -> verdicts -> parts -> plans -> kernels, then TFLite replaces the nodes. */
#ifndef PTFE_PREPARE_H
#define PTFE_PREPARE_H

#include "../abi/kernel.h"
#include "delegate.h"

/* What TFLite calls for each graph. Whatever goes wrong, the graph stays runnable: TFL_OK, and one line of why. */
int delegate_prepare(tfl_context *context, tfl_delegate *base);

/* A partition's tensors have other sizes than its plan: compiled again, or left to TFLite's kernels with a line. */
void delegate_resize(kernel *k, tfl_context *context);

#endif
