/* CORE: the MAC array and its accumulator. */
#ifndef PTFE_NPU_CORE_H
#define PTFE_NPU_CORE_H

#include "cna.h"

typedef struct npu_core {
    unsigned truncate; /* bits cut from the accumulator */
    bool half_up;      /* how the cut rounds; else half to even */
} npu_core;

int npu_core_decode(const npu_decoder *decoder, const npu_cna *cna, npu_core *core);

/* Weights as the fast path wants them, with the weight offset added. */
typedef struct npu_pack {
    int16_t *weights; /* direct: [surface][tap][pair][16][2]; depthwise: [surface][pair of taps][16][2] */
    uint32_t pairs;   /* direct: channel pairs that have a weight other than 0; depthwise: pairs of taps */
} npu_pack;

/* 16-bit values that a pack of `surfaces` output surfaces takes at most. */
size_t npu_core_pack_size(const npu_cna *cna, uint32_t surfaces);

/* `offsets`: what the hardware adds to every weight, one for each of surfaces * 16 output channels. */
void npu_core_pack(const npu_cna *cna, uint32_t surfaces, const int16_t *offsets, npu_pack *pack);

/* The reference: one accumulator, tap by tap. */
int32_t npu_core_accumulate(const npu_cna *cna, int32_t weight_offset, uint32_t channel, uint32_t y, uint32_t x);

/* CLIP_TRUNCATE. */
int32_t npu_core_truncate(const npu_core *core, int32_t accumulator);

#endif
