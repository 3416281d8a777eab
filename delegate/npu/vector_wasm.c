/* WebAssembly's 128-bit vectors: in every browser of today, where the module is built with them. */
#include "vector.h"

#if defined(__wasm_simd128__)
#include <string.h>
#include <wasm_simd128.h>

#define V_FN
#define V_INLINE static inline __attribute__((always_inline))

typedef struct v16 {
    v128_t lanes[4];
} v16;
typedef struct w16 {
    v128_t pairs[4]; /* four kernels each */
} w16;
typedef v128_t v_pairs;

V_INLINE v16 v16_zero(void) {
    v128_t zero = wasm_i32x4_splat(0);
    v16 sums = {{zero, zero, zero, zero}};
    return sums;
}

V_INLINE w16 w16_load(const int16_t *from) {
    w16 weights = {{wasm_v128_load(from), wasm_v128_load(from + 8), wasm_v128_load(from + 16), wasm_v128_load(from + 24)}};
    return weights;
}

V_INLINE void v16_store(int32_t *to, v16 v) {
    for (int i = 0; i < 4; i++) wasm_v128_store(to + 4 * i, v.lanes[i]);
}

V_INLINE v_pairs v_pair(const int16_t *from) { return wasm_v128_load32_splat(from); }

V_INLINE v128_t add_pairs(v128_t sum, v128_t x, v128_t w) { return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(x, w)); }

V_INLINE v16 v16_add_products(v16 sums, v_pairs x, w16 w) {
    for (int i = 0; i < 4; i++) sums.lanes[i] = add_pairs(sums.lanes[i], x, w.pairs[i]);
    return sums;
}

V_INLINE void v_widen(const uint8_t *from, int16_t *to) {
    v128_t bytes = wasm_v128_load(from);
    wasm_v128_store(to, wasm_i16x8_extend_low_i8x16(bytes));
    wasm_v128_store(to + 8, wasm_i16x8_extend_high_i8x16(bytes));
}

V_INLINE w16 v_depthwise_weights(const int16_t *from) { return w16_load(from); }

V_INLINE v16 v_depthwise_add(v16 sums, const int16_t *a, const int16_t *b, w16 w) {
    for (int half = 0; half < 2; half++) {
        v128_t x = wasm_v128_load(a + 8 * half), y = wasm_v128_load(b + 8 * half);
        v128_t low = wasm_i16x8_shuffle(x, y, 0, 8, 1, 9, 2, 10, 3, 11), high = wasm_i16x8_shuffle(x, y, 4, 12, 5, 13, 6, 14, 7, 15);
        sums.lanes[2 * half] = add_pairs(sums.lanes[2 * half], low, w.pairs[2 * half]);
        sums.lanes[2 * half + 1] = add_pairs(sums.lanes[2 * half + 1], high, w.pairs[2 * half + 1]);
    }
    return sums;
}

V_INLINE void v_depthwise_store(int32_t *to, v16 v) { v16_store(to, v); }

typedef v128_t vd;
#define VD_LANES 2u

V_INLINE vd vd_set(double value) { return wasm_f64x2_splat(value); }
V_INLINE vd vd_load(const double *from) { return wasm_v128_load(from); }
V_INLINE vd vd_add(vd a, vd b) { return wasm_f64x2_add(a, b); }
V_INLINE vd vd_sub(vd a, vd b) { return wasm_f64x2_sub(a, b); }
V_INLINE vd vd_mul(vd a, vd b) { return wasm_f64x2_mul(a, b); }
V_INLINE vd vd_min(vd a, vd b) { return wasm_f64x2_min(a, b); }
V_INLINE vd vd_max(vd a, vd b) { return wasm_f64x2_max(a, b); }
V_INLINE vd vd_nearest_even(vd v) { return wasm_f64x2_nearest(v); }
V_INLINE vd vd_truncate(vd v) { return wasm_f64x2_trunc(v); }
V_INLINE vd vd_floor(vd v) { return wasm_f64x2_floor(v); }
V_INLINE vd vd_copysign(vd magnitude, vd sign) {
    return wasm_v128_bitselect(sign, magnitude, wasm_i64x2_splat((int64_t)((uint64_t)1 << 63)));
}

V_INLINE vd vd_from_ints(const int32_t *from) { return wasm_f64x2_convert_low_i32x4(wasm_v128_load64_zero(from)); }

V_INLINE vd vd_from_bytes(const uint8_t *from) { return wasm_f64x2_make((int8_t)from[0], (int8_t)from[1]); }

/* Values are whole and within int8. */
V_INLINE void vd_store_bytes(uint8_t *to, vd v) {
    v128_t whole = wasm_i32x4_trunc_sat_f64x2_zero(v);
    to[0] = (uint8_t)wasm_i32x4_extract_lane(whole, 0);
    to[1] = (uint8_t)wasm_i32x4_extract_lane(whole, 1);
}

#include "vector_kernels.h"

const npu_kernels *npu_vector_wasm(void) {
    static const npu_kernels kernels = {"wasm", widen, direct, depthwise, stages};
    return &kernels;
}

#else

const npu_kernels *npu_vector_wasm(void) { return NULL; }

#endif
