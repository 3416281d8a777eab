/* The border of a plan against that of its partition: what TFLite hands over, and what it takes back. */
#ifndef PTFE_BORDER_H
#define PTFE_BORDER_H

#include "../compile/answer.h"
#include "../plan/plan.h"
#include "tflite_abi.h"

/*
 * 0 when the plan takes exactly the partition's inputs and makes exactly its outputs, each once, none of them a constant, each
 * of the tensor's type and size in bytes. -1 and fills `error`.
 */
int border_check(const plan *p, u32_list inputs, u32_list outputs, const tfl_context *context, ptfe_error *error);

#endif
