/*
 * Unpooling by the DPU's reader: every atom of a surface becomes 2 x 2 of them, which is a nearest-neighbour resize by 2.
 * As the vendor's compiler has it: a copy of 16-bit pairs (DATA_FORMAT IN_PRECISION 1), all stages bypassed. The output is a
 * cube of two surfaces, twice as wide and as high as the source; both hold the same values, so with surfaces one row apart
 * (DST_SURF_STRIDE) and a row between two rows (DATA_CUBE_NOTCH_ADDR) they are the two rows of a pair.
 */
#ifndef PTFE_NPU_UNPOOL_H
#define PTFE_NPU_UNPOOL_H

#include "decode.h"

typedef struct npu_unpool {
    uint32_t width, height; /* of the source */
    int64_t row_bytes, surface_bytes; /* of the output */
    npu_extent source, output;
} npu_unpool;

/* Whether the task's reader unpools. */
bool npu_unpool_asked(const npu_decoder *decoder);

int npu_unpool_decode(const npu_decoder *decoder, npu_unpool *unpool);

void npu_unpool_execute(const npu_unpool *unpool);

#endif
