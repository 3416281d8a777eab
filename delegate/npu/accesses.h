/* The ranges of memory that a decoded task reads and writes: what its execution is held to, and what a plan is checked by. */
#ifndef PTFE_NPU_ACCESSES_H
#define PTFE_NPU_ACCESSES_H

#include "step.h"

/* CNA: features, weights; DPU_RDMA: BS, BN, two planes of MRDMA and ERDMA, channels; the DPU's output. Pooling has two. */
#define NPU_MOST_ACCESSES 9u

/* Fills the list, and returns how many they are. Execution goes by the very same extents (step.h). */
size_t npu_step_accesses(const npu_step *step, const npu_memory *memory, uint32_t task, npu_access list[NPU_MOST_ACCESSES]);

#endif
