/* DPU_RDMA: per-channel operands (BRDMA for BS, NRDMA for BN) and planes (MRDMA main input, ERDMA operand). */
#ifndef PTFE_NPU_DPU_RDMA_H
#define PTFE_NPU_DPU_RDMA_H

#include "dpu.h"

/* Operands in memory, in groups of 8 channels; a place of -1: that operand is not there. */
typedef struct npu_operands {
    npu_extent extent; /* bytes 0: nothing is read */
    uint32_t group_bytes;
    int add_at, offset_at, mul_at, shift_at;
    unsigned shift_bytes;
} npu_operands;

/* Surface s stands at base[s % ways] + s / ways * step[s % ways]; its rows are contiguous. */
typedef struct npu_planes {
    uint32_t ways; /* 0: nothing is read */
    npu_extent extents[2];
    int64_t steps[2];
} npu_planes;

typedef struct npu_rdma {
    npu_operands bs, bn;
    npu_planes main, operand;
    npu_extent channels; /* EW's operand for each channel; bytes 0: nothing is read */
} npu_rdma;

/* `enabled`: the task starts the block; without it nothing may come from memory. */
int npu_rdma_decode(const npu_decoder *decoder, bool enabled, const npu_dpu *dpu, npu_rdma *rdma);

int32_t npu_operands_add(const npu_operands *operands, uint32_t channel);
int16_t npu_operands_offset(const npu_operands *operands, uint32_t channel);
int16_t npu_operands_mul(const npu_operands *operands, uint32_t channel);
int16_t npu_operands_shift(const npu_operands *operands, uint32_t channel);

const uint8_t *npu_planes_surface(const npu_planes *planes, uint32_t surface);

/* Rules that the operands' bytes must keep; at load for constant ones, else before each run. */
int npu_rdma_check_operands(const npu_decoder *decoder, const npu_dpu *dpu, const npu_rdma *rdma);

/* Operands of the 16 channels of a surface, from memory or registers. */
void npu_rdma_lanes(const npu_rdma *rdma, const npu_dpu *dpu, uint32_t surface, npu_lanes *lanes);

#endif
