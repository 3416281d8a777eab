/* SHA-256 (FIPS 180-4), by the processor's own instructions where it has them: names of cache entries, checksums of plans. */
#ifndef PTFE_SHA256_H
#define PTFE_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* One way to work blocks of 64 bytes into the state; all give the same. */
typedef struct sha256_way {
    const char *name;
    void (*compress)(uint32_t state[8], const uint8_t *blocks, size_t count);
} sha256_way;

typedef struct sha256 {
    const sha256_way *way;
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
} sha256;

void sha256_start(sha256 *s);
void sha256_add(sha256 *s, const void *data, size_t length);
void sha256_end(sha256 *s, uint8_t digest[32]);

/* Of some bytes alone. */
void sha256_of(const void *data, size_t length, uint8_t digest[32]);

/* In plain C. */
const sha256_way *sha256_portable(void);
/* NULL where they were not built, or this processor lacks the instructions. */
const sha256_way *sha256_x86(void);
const sha256_way *sha256_arm(void);

void sha256_start_in(sha256 *s, const sha256_way *way);

/* The constants of the rounds. */
extern const uint32_t sha256_k[64];

#endif
