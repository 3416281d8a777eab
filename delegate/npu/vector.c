/* Choice of the inner loops, and the portable ones. */
#include "vector.h"

#include <string.h>

static void widen(const uint8_t *from, size_t count, int16_t *to, size_t step) {
    for (size_t i = 0; i < count; i++, from += NPU_ATOM, to += step) {
        for (size_t lane = 0; lane < NPU_ATOM; lane++) to[lane] = (int8_t)from[lane];
    }
}

static void direct(const int16_t *window, const uint32_t *pixels, size_t count, const uint32_t *taps, size_t tap_count,
                   size_t pairs, const int16_t *weights, int32_t *acc) {
    for (size_t i = 0; i < count; i++, acc += NPU_ATOM) {
        int32_t sums[NPU_ATOM] = {0};
        const int16_t *w = weights;
        for (size_t t = 0; t < tap_count; t++) {
            const int16_t *x = window + pixels[i] + taps[t];
            for (size_t p = 0; p < pairs; p++, x += 2, w += NPU_ATOM * 2) {
                for (size_t k = 0; k < NPU_ATOM; k++) sums[k] += x[0] * w[2 * k] + x[1] * w[2 * k + 1];
            }
        }
        memcpy(acc, sums, sizeof sums);
    }
}

static void depthwise(const int16_t *window, const uint32_t *pixels, size_t count, const uint32_t *taps, size_t pairs,
                      const int16_t *weights, int32_t *acc) {
    for (size_t i = 0; i < count; i++, acc += NPU_ATOM) {
        int32_t sums[NPU_ATOM] = {0};
        const int16_t *w = weights;
        for (size_t p = 0; p < pairs; p++, w += NPU_ATOM * 2) {
            const int16_t *a = window + pixels[i] + taps[2 * p], *b = window + pixels[i] + taps[2 * p + 1];
            for (size_t c = 0; c < NPU_ATOM; c++) sums[c] += a[c] * w[2 * c] + b[c] * w[2 * c + 1];
        }
        memcpy(acc, sums, sizeof sums);
    }
}

static void stages(const npu_dpu *dpu, const npu_lanes *lanes, const int32_t *acc, const uint8_t *operand, size_t count,
                   uint8_t *out) {
    for (size_t i = 0; i < count * NPU_ATOM; i++) {
        int8_t second = operand == NULL ? 0 : (int8_t)operand[i];
        out[i] = (uint8_t)npu_dpu_value(dpu, lanes, i % NPU_ATOM, acc[i], second);
    }
}

const npu_kernels *npu_vector_portable(void) {
    static const npu_kernels kernels = {"portable", widen, direct, depthwise, stages};
    return &kernels;
}

const npu_kernels *npu_vector_kernels(void) {
    const npu_kernels *best = npu_vector_avx2();
    if (best == NULL) best = npu_vector_neon();
    if (best == NULL) best = npu_vector_wasm();
    return best == NULL ? npu_vector_portable() : best;
}

static bool stage_fits(const npu_scale_stage *stage) {
    if (stage->mul && (stage->product32 || stage->shift != stage->shift_negative)) return false;
    if (stage->mul && (stage->prelu || stage->shift_memory)) return false;
    return !(stage->limited && stage->limit_first);
}

bool npu_vector_stages_fit(const npu_dpu *dpu) {
    if (dpu->ew.operation == NPU_EW_MULTIPLY || dpu->ew.lut.tables != NULL) return false;
    return stage_fits(&dpu->bs) && stage_fits(&dpu->bn);
}
