/* PPU: pooling of fp16 and int8 cubes that PPU_RDMA reads. */
#ifndef PTFE_NPU_PPU_H
#define PTFE_NPU_PPU_H

#include "ppu_rdma.h"
#include "rounding.h"

enum npu_pooling { NPU_POOL_AVERAGE, NPU_POOL_MAX, NPU_POOL_MIN };

typedef struct npu_ppu {
    enum npu_pooling method;
    uint32_t in_width, in_height, out_width, out_height;
    uint32_t channels;
    uint32_t kernel_width, kernel_height, stride_x, stride_y;
    uint32_t pad_left, pad_top;
    bool int8;
    /* fp16 */
    uint16_t pad; /* bits */
    float reciprocal_x, reciprocal_y; /* 65536 / side */
    bool fp16_steps; /* averages round to fp16 at each step */
    /* int8 */
    int8_t pad8;
    bool padding_left_out;          /* of the maximum and minimum */
    int64_t integer_x, integer_y;   /* 65536 / side */
    enum npu_rounding rounding;
    int64_t surface_bytes, row_bytes;
    npu_extent output;
} npu_ppu;

int npu_ppu_decode(const npu_decoder *decoder, npu_ppu *ppu);

void npu_ppu_execute(const npu_ppu *ppu, const npu_ppu_rdma *reader);

/* Its part for int8 cubes (ppu_int8.c). */
void npu_ppu_execute_int8(const npu_ppu *ppu, const npu_ppu_rdma *reader);

#endif
