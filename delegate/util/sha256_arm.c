/* ARMv8's SHA-2 instructions, chosen at run time: cores such as a Raspberry Pi 4's lack them. */
#include "sha256.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <sys/auxv.h>

#if defined(__clang__)
#define S_FN __attribute__((target("sha2")))
#else
#define S_FN __attribute__((target("+crypto")))
#endif

#define HAS_SHA2 (1ul << 6) /* HWCAP_SHA2 */

S_FN static void compress(uint32_t state[8], const uint8_t *blocks, size_t count) {
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
    for (; count > 0; count--, blocks += 64) {
        const uint32x4_t abcd_before = abcd, efgh_before = efgh;
        uint32x4_t w[4];
        for (int i = 0; i < 4; i++) w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(blocks + 16 * i)));
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) { /* four rounds each */
            const uint32x4_t kw = vaddq_u32(w[i % 4], vld1q_u32(sha256_k + 4 * i)), abcd_now = abcd;
            abcd = vsha256hq_u32(abcd, efgh, kw);
            efgh = vsha256h2q_u32(efgh, abcd_now, kw);
            if (i < 12) w[i % 4] = vsha256su1q_u32(vsha256su0q_u32(w[i % 4], w[(i + 1) % 4]), w[(i + 2) % 4], w[(i + 3) % 4]);
        }
        abcd = vaddq_u32(abcd, abcd_before);
        efgh = vaddq_u32(efgh, efgh_before);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}

const sha256_way *sha256_arm(void) {
    static const sha256_way arm = {"ARMv8", compress};
    return (getauxval(AT_HWCAP) & HAS_SHA2) != 0 ? &arm : NULL;
}
#else
const sha256_way *sha256_arm(void) { return NULL; }
#endif
