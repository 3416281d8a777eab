/* PPU: pooling of fp16 cubes that PPU_RDMA reads. */
#ifndef PTFE_NPU_PPU_H
#define PTFE_NPU_PPU_H

#include "ppu_rdma.h"

enum npu_pooling { NPU_POOL_AVERAGE, NPU_POOL_MAX, NPU_POOL_MIN };

typedef struct npu_ppu {
    enum npu_pooling method;
    uint32_t in_width, in_height, out_width, out_height;
    uint32_t channels;
    uint32_t kernel_width, kernel_height, stride_x, stride_y;
    uint32_t pad_left, pad_top;
    uint16_t pad; /* fp16 bits */
    float reciprocal_x, reciprocal_y; /* 65536 / side */
    bool fp16_steps; /* averages round to fp16 at each step */
    int64_t surface_bytes;
    npu_extent output;
} npu_ppu;

int npu_ppu_decode(const npu_decoder *decoder, npu_ppu *ppu);

void npu_ppu_execute(const npu_ppu *ppu, const npu_ppu_rdma *reader);

#endif
