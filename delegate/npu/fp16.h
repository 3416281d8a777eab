/* Half precision, as bits in a uint16: the conversions that an fp16 unit needs. */
#ifndef PTFE_NPU_FP16_H
#define PTFE_NPU_FP16_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline float npu_fp16_value(uint16_t bits) {
    uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, exponent = bits >> 10 & 0x1fu, mantissa = bits & 0x3ffu;
    if (exponent == 0) {
        float small = (float)mantissa / 16777216.0f; /* steps of 2^-24 */
        return sign != 0 ? -small : small;
    }
    uint32_t word = sign | (exponent == 31 ? 255u : exponent + 112u) << 23 | mantissa << 13;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* Rounds to nearest, ties to even; what is too large becomes infinite. */
static inline uint16_t npu_fp16_bits(float value) {
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    uint16_t sign = (uint16_t)(word >> 16 & 0x8000u);
    uint32_t exponent = word >> 23 & 0xffu, mantissa = word & 0x7fffffu;
    if (exponent == 255) return (uint16_t)(sign | 0x7c00u | (mantissa != 0 ? 0x200u : 0u));
    if (exponent < 102) return sign;
    unsigned cut = exponent < 113 ? 126 - exponent : 13;
    uint32_t whole = mantissa | 0x800000u, kept = whole >> cut, rest = whole & ((1u << cut) - 1), half = 1u << (cut - 1);
    if (rest > half || (rest == half && (kept & 1) != 0)) kept++;
    uint32_t bits = exponent < 113 ? kept : kept + ((exponent - 113) << 10);
    return (uint16_t)(sign | (bits > 0x7c00u ? 0x7c00u : bits));
}

static inline bool npu_fp16_finite(uint16_t bits) { return (bits & 0x7c00u) != 0x7c00u; }

#endif
