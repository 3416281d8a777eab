/* The inner loops, once for each instruction set; all give the bits of the scalar reference. */
#ifndef PTFE_NPU_VECTOR_H
#define PTFE_NPU_VECTOR_H

#include "dpu.h"

/* Accumulators are made in blocks: buffers need room for a whole one. */
#define NPU_PIXEL_BLOCK 6u

typedef struct npu_kernels {
    const char *name;
    /* `count` atoms of signed bytes to int16, `step` values from one to the next. */
    void (*widen)(const uint8_t *from, size_t count, int16_t *to, size_t step);
    /*
     * Sums for 16 kernels: acc[pixel][16] over taps and channel pairs. window + pixels[i] + taps[t]: the first channel.
     * weights[tap][pair][16][2].
     */
    void (*direct)(const int16_t *window, const uint32_t *pixels, size_t count, const uint32_t *taps, size_t tap_count,
                   size_t pairs, const int16_t *weights, int32_t *acc);
    /* Sums for 16 channels by themselves: taps in pairs, weights[pair][16][2]. */
    void (*depthwise)(const int16_t *window, const uint32_t *pixels, size_t count, const uint32_t *taps, size_t pairs,
                      const int16_t *weights, int32_t *acc);
    /* The DPU's stages on `count` atoms; `operand` may be NULL. Only for what npu_vector_stages_fit accepts. */
    void (*stages)(const npu_dpu *dpu, const npu_lanes *lanes, const int32_t *acc, const uint8_t *operand, size_t count,
                   uint8_t *out);
} npu_kernels;

/* The best that this processor can run. */
const npu_kernels *npu_vector_kernels(void);

const npu_kernels *npu_vector_portable(void);
const npu_kernels *npu_vector_avx2(void); /* NULL where it was not built */
const npu_kernels *npu_vector_neon(void); /* NULL where it was not built */
const npu_kernels *npu_vector_wasm(void); /* NULL where it was not built */

/* Whether the stages' settings are among those that the kernels compute. */
bool npu_vector_stages_fit(const npu_dpu *dpu);

#endif
