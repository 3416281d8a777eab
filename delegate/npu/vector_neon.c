/* NEON: part of every arm64 processor. */
#include "vector.h"

#if defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#include <string.h>

#define V_FN
#define V_INLINE static inline __attribute__((always_inline))

typedef struct v16 {
    int32x4_t lanes[4];
} v16;
typedef struct w16 {
    int16x8_t pairs[4]; /* four kernels each */
} w16;
typedef int16x8_t v_pairs;

V_INLINE v16 v16_zero(void) {
    int32x4_t zero = vdupq_n_s32(0);
    v16 sums = {{zero, zero, zero, zero}};
    return sums;
}

V_INLINE w16 w16_load(const int16_t *from) {
    w16 weights = {{vld1q_s16(from), vld1q_s16(from + 8), vld1q_s16(from + 16), vld1q_s16(from + 24)}};
    return weights;
}

V_INLINE void v16_store(int32_t *to, v16 v) {
    for (int i = 0; i < 4; i++) vst1q_s32(to + 4 * i, v.lanes[i]);
}

V_INLINE v_pairs v_pair(const int16_t *from) {
    int32_t pair;
    memcpy(&pair, from, sizeof pair);
    return vreinterpretq_s16_s32(vdupq_n_s32(pair));
}

V_INLINE int32x4_t add_pairs(int32x4_t sum, int16x8_t x, int16x8_t w) {
    int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(w)), high = vmull_high_s16(x, w);
    return vaddq_s32(sum, vpaddq_s32(low, high));
}

V_INLINE v16 v16_add_products(v16 sums, v_pairs x, w16 w) {
    for (int i = 0; i < 4; i++) sums.lanes[i] = add_pairs(sums.lanes[i], x, w.pairs[i]);
    return sums;
}

V_INLINE void v_widen(const uint8_t *from, int16_t *to) {
    int8x16_t bytes = vreinterpretq_s8_u8(vld1q_u8(from));
    vst1q_s16(to, vmovl_s8(vget_low_s8(bytes)));
    vst1q_s16(to + 8, vmovl_high_s8(bytes));
}

V_INLINE w16 v_depthwise_weights(const int16_t *from) { return w16_load(from); }

V_INLINE v16 v_depthwise_add(v16 sums, const int16_t *a, const int16_t *b, w16 w) {
    for (int half = 0; half < 2; half++) {
        int16x8_t x = vld1q_s16(a + 8 * half), y = vld1q_s16(b + 8 * half);
        sums.lanes[2 * half] = add_pairs(sums.lanes[2 * half], vzip1q_s16(x, y), w.pairs[2 * half]);
        sums.lanes[2 * half + 1] = add_pairs(sums.lanes[2 * half + 1], vzip2q_s16(x, y), w.pairs[2 * half + 1]);
    }
    return sums;
}

V_INLINE void v_depthwise_store(int32_t *to, v16 v) { v16_store(to, v); }

typedef float64x2_t vd;
#define VD_LANES 2u

V_INLINE vd vd_set(double value) { return vdupq_n_f64(value); }
V_INLINE vd vd_load(const double *from) { return vld1q_f64(from); }
V_INLINE vd vd_add(vd a, vd b) { return vaddq_f64(a, b); }
V_INLINE vd vd_sub(vd a, vd b) { return vsubq_f64(a, b); }
V_INLINE vd vd_mul(vd a, vd b) { return vmulq_f64(a, b); }
V_INLINE vd vd_min(vd a, vd b) { return vminq_f64(a, b); }
V_INLINE vd vd_max(vd a, vd b) { return vmaxq_f64(a, b); }
V_INLINE vd vd_nearest_even(vd v) { return vrndnq_f64(v); }
V_INLINE vd vd_truncate(vd v) { return vrndq_f64(v); }
V_INLINE vd vd_floor(vd v) { return vrndmq_f64(v); }
V_INLINE vd vd_copysign(vd magnitude, vd sign) { return vbslq_f64(vdupq_n_u64((uint64_t)1 << 63), sign, magnitude); }

V_INLINE vd vd_from_ints(const int32_t *from) { return vcvtq_f64_s64(vmovl_s32(vld1_s32(from))); }

V_INLINE vd vd_from_bytes(const uint8_t *from) {
    double two[2] = {(int8_t)from[0], (int8_t)from[1]};
    return vld1q_f64(two);
}

/* Values are whole and within int8. */
V_INLINE void vd_store_bytes(uint8_t *to, vd v) {
    int64x2_t whole = vcvtq_s64_f64(v);
    to[0] = (uint8_t)vgetq_lane_s64(whole, 0);
    to[1] = (uint8_t)vgetq_lane_s64(whole, 1);
}

#include "vector_kernels.h"

const npu_kernels *npu_vector_neon(void) {
    static const npu_kernels kernels = {"neon", widen, direct, depthwise, stages};
    return &kernels;
}

#else

const npu_kernels *npu_vector_neon(void) { return NULL; }

#endif
