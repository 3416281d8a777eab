/* What a person sees of a Prepare: verbose=1's tables and the lines of why. */
#ifndef PTFE_REPORT_H
#define PTFE_REPORT_H

#include "../compile/answer.h"
#include "../generated/chips.h"
#include "../graph/capture.h"
#include "../abi/kernel.h"

/* Every node with its types and whether the NPU takes it, in the form of Teflon's table. */
void report_nodes(tfl_context *context, const answer *a);

/* A line for each node that stays on the CPU, with its rule. */
void report_refusals(tfl_context *context, const answer *a);

/* The tensors and operations of a part, in the form of Teflon's tables. */
void report_part(tfl_context *context, const answer_part *part);

/* The summary: nodes, partitions, tasks, estimated time. */
void report_summary(const graph *g, const answer *a, kernel *const *kernels, const npu_chip *chip);

/* What verbose=0 says where nothing runs on the NPU: the first refusal. */
void report_nothing(tfl_context *context, const graph *g, const answer *a);

#endif
