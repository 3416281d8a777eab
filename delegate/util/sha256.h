/* SHA-256 (FIPS 180-4): names of cache entries. */
#ifndef PTFE_SHA256_H
#define PTFE_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
} sha256;

void sha256_start(sha256 *s);
void sha256_add(sha256 *s, const void *data, size_t length);
void sha256_end(sha256 *s, uint8_t digest[32]);

#endif
