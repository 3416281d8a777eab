/* PPU_RDMA: reads the cube that the PPU pools. */
#ifndef PTFE_NPU_PPU_RDMA_H
#define PTFE_NPU_PPU_RDMA_H

#include "decode.h"

#define NPU_FP16_LANES (NPU_ATOM / 2) /* channels in an atom of fp16 */
#define NPU_INT8_LANES NPU_ATOM       /* ... of int8 */

typedef struct npu_ppu_rdma {
    bool int8;
    int64_t line_bytes, surface_bytes;
    npu_extent source;
} npu_ppu_rdma;

/* The PPU's idea of the cube must be the reader's. */
int npu_ppu_rdma_decode(const npu_decoder *decoder, npu_ppu_rdma *reader);

/* fp16 bits. */
uint16_t npu_ppu_rdma_value(const npu_ppu_rdma *reader, uint32_t surface, uint32_t y, uint32_t x, uint32_t lane);

#endif
