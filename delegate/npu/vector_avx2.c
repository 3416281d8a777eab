/* AVX2, chosen at run time: the rest of the library needs plain x86-64 only. */
#include "vector.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define V_FN __attribute__((target("avx2")))
#define V_INLINE static inline V_FN __attribute__((always_inline))

typedef struct v16 {
    __m256i low, high;
} v16;
typedef v16 w16;
typedef __m256i v_pairs;

V_INLINE v16 v16_zero(void) {
    v16 zero = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    return zero;
}

V_INLINE __m256i load256(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }

V_INLINE w16 w16_load(const int16_t *from) {
    w16 weights = {load256(from), load256(from + 16)};
    return weights;
}

V_INLINE void v16_store(int32_t *to, v16 v) {
    _mm256_storeu_si256((__m256i *)to, v.low);
    _mm256_storeu_si256((__m256i *)(to + 8), v.high);
}

/* The same two channels for all kernels. */
V_INLINE v_pairs v_pair(const int16_t *from) {
    int32_t pair;
    memcpy(&pair, from, sizeof pair);
    return _mm256_set1_epi32(pair);
}

V_INLINE v16 v16_add_products(v16 sums, v_pairs x, w16 w) {
    sums.low = _mm256_add_epi32(sums.low, _mm256_madd_epi16(x, w.low));
    sums.high = _mm256_add_epi32(sums.high, _mm256_madd_epi16(x, w.high));
    return sums;
}

V_INLINE void v_widen(const uint8_t *from, int16_t *to) {
    _mm256_storeu_si256((__m256i *)to, _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)from)));
}

/* Interleaving works in halves of 128 bits: `low` holds channels 0-3 and 8-11, `high` 4-7 and 12-15. */
V_INLINE w16 v_depthwise_weights(const int16_t *from) {
    __m256i first = load256(from), second = load256(from + 16);
    w16 weights = {_mm256_permute2x128_si256(first, second, 0x20), _mm256_permute2x128_si256(first, second, 0x31)};
    return weights;
}

V_INLINE v16 v_depthwise_add(v16 sums, const int16_t *a, const int16_t *b, w16 w) {
    __m256i x = load256(a), y = load256(b);
    sums.low = _mm256_add_epi32(sums.low, _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), w.low));
    sums.high = _mm256_add_epi32(sums.high, _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), w.high));
    return sums;
}

V_INLINE void v_depthwise_store(int32_t *to, v16 v) {
    _mm256_storeu_si256((__m256i *)to, _mm256_permute2x128_si256(v.low, v.high, 0x20));
    _mm256_storeu_si256((__m256i *)(to + 8), _mm256_permute2x128_si256(v.low, v.high, 0x31));
}

typedef __m256d vd;
#define VD_LANES 4u

V_INLINE vd vd_set(double value) { return _mm256_set1_pd(value); }
V_INLINE vd vd_load(const double *from) { return _mm256_loadu_pd(from); }
V_INLINE vd vd_add(vd a, vd b) { return _mm256_add_pd(a, b); }
V_INLINE vd vd_sub(vd a, vd b) { return _mm256_sub_pd(a, b); }
V_INLINE vd vd_mul(vd a, vd b) { return _mm256_mul_pd(a, b); }
V_INLINE vd vd_min(vd a, vd b) { return _mm256_min_pd(a, b); }
V_INLINE vd vd_max(vd a, vd b) { return _mm256_max_pd(a, b); }
V_INLINE vd vd_nearest_even(vd v) { return _mm256_round_pd(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
V_INLINE vd vd_truncate(vd v) { return _mm256_round_pd(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }
V_INLINE vd vd_floor(vd v) { return _mm256_round_pd(v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }

V_INLINE vd vd_copysign(vd magnitude, vd sign) {
    return _mm256_or_pd(magnitude, _mm256_and_pd(sign, _mm256_set1_pd(-0.0)));
}

V_INLINE vd vd_from_ints(const int32_t *from) { return _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)from)); }

V_INLINE vd vd_from_bytes(const uint8_t *from) {
    int32_t four;
    memcpy(&four, from, sizeof four);
    return _mm256_cvtepi32_pd(_mm_cvtepi8_epi32(_mm_cvtsi32_si128(four)));
}

/* Values are whole and within int8. */
V_INLINE void vd_store_bytes(uint8_t *to, vd v) {
    __m128i words = _mm_packs_epi32(_mm256_cvtpd_epi32(v), _mm_setzero_si128());
    int32_t four = _mm_cvtsi128_si32(_mm_packs_epi16(words, words));
    memcpy(to, &four, sizeof four);
}

#include "vector_kernels.h"

const npu_kernels *npu_vector_avx2(void) {
    static const npu_kernels kernels = {"avx2", widen, direct, depthwise, stages};
    return __builtin_cpu_supports("avx2") ? &kernels : NULL;
}

#else

const npu_kernels *npu_vector_avx2(void) { return NULL; }

#endif
