#include "layout_rows.h"

#if defined(__aarch64__)
#include <arm_neon.h>

typedef uint8x16_t v_bytes;

static inline v_bytes v_load(const uint8_t *from) { return vld1q_u8(from); }
static inline void v_store(uint8_t *to, v_bytes v) { vst1q_u8(to, v); }
static inline v_bytes v_xor(v_bytes a, v_bytes b) { return veorq_u8(a, b); }
static inline v_bytes v_and(v_bytes a, v_bytes b) { return vandq_u8(a, b); }
static inline v_bytes v_splat(uint8_t byte) { return vdupq_n_u8(byte); }

static inline v_bytes v_mask(unsigned lanes) {
    static const uint8_t numbers[NPU_ATOM] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return vcltq_u8(vld1q_u8(numbers), vdupq_n_u8((uint8_t)lanes));
}

#include "layout_rows_kernels.h"

const layout_rows *layout_rows_neon(void) {
    static const layout_rows rows = {"NEON", spread, gather};
    return &rows;
}
#else
const layout_rows *layout_rows_neon(void) { return NULL; }
#endif
