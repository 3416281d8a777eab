/* Integer rounding and saturation, the same in every unit. */
#ifndef PTFE_NPU_ROUNDING_H
#define PTFE_NPU_ROUNDING_H

#include <stdint.h>

enum npu_rounding { NPU_ROUND_HALF_AWAY, NPU_ROUND_HALF_EVEN, NPU_ROUND_HALF_UP, NPU_ROUND_DOWN };

static inline int32_t npu_saturate32(int64_t value) {
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

static inline int8_t npu_saturate8(int64_t value) {
    return value > INT8_MAX ? INT8_MAX : value < INT8_MIN ? INT8_MIN : (int8_t)value;
}

/* Shifts right by 0..63; |value| < 2^62. Right shifts of negative values are arithmetic in every compiler we support. */
static inline int64_t npu_shift_round(int64_t value, unsigned shift, enum npu_rounding rounding) {
    if (shift == 0) return value;
    int64_t half = (int64_t)1 << (shift - 1);
    switch (rounding) {
    case NPU_ROUND_HALF_AWAY: return (value + half - (value < 0)) >> shift;
    case NPU_ROUND_HALF_EVEN: return (value + half - 1 + ((value >> shift) & 1)) >> shift;
    case NPU_ROUND_HALF_UP: return (value + half) >> shift;
    case NPU_ROUND_DOWN: break;
    }
    return value >> shift;
}

#endif
