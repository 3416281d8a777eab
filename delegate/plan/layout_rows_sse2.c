#include "layout_rows.h"

#if defined(__x86_64__)
#include <emmintrin.h>

typedef __m128i v_bytes;

static inline v_bytes v_load(const uint8_t *from) { return _mm_loadu_si128((const __m128i *)from); }
static inline void v_store(uint8_t *to, v_bytes v) { _mm_storeu_si128((__m128i *)to, v); }
static inline v_bytes v_xor(v_bytes a, v_bytes b) { return _mm_xor_si128(a, b); }
static inline v_bytes v_and(v_bytes a, v_bytes b) { return _mm_and_si128(a, b); }
static inline v_bytes v_splat(uint8_t byte) { return _mm_set1_epi8((char)byte); }

static inline v_bytes v_mask(unsigned lanes) {
    return _mm_cmplt_epi8(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), _mm_set1_epi8((char)lanes));
}

#include "layout_rows_kernels.h"

const layout_rows *layout_rows_sse2(void) {
    static const layout_rows rows = {"SSE2", spread, gather};
    return &rows;
}
#else
const layout_rows *layout_rows_sse2(void) { return NULL; }
#endif
