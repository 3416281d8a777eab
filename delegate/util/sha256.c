#include "sha256.h"

#include <string.h>

const uint32_t sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

static uint32_t big_endian(const uint8_t *b) {
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* One round; the caller names the eight words anew each time, so that none is moved. */
static inline void step(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g, uint32_t *h, uint32_t kw) {
    uint32_t t = *h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g))) + kw;
    *d += t;
    *h = t + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));
}

static void compress_block(uint32_t state[8], const uint8_t block[64]) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++) w[i] = big_endian(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i += 8) {
        step(a, b, c, &d, e, f, g, &h, sha256_k[i] + w[i]);
        step(h, a, b, &c, d, e, f, &g, sha256_k[i + 1] + w[i + 1]);
        step(g, h, a, &b, c, d, e, &f, sha256_k[i + 2] + w[i + 2]);
        step(f, g, h, &a, b, c, d, &e, sha256_k[i + 3] + w[i + 3]);
        step(e, f, g, &h, a, b, c, &d, sha256_k[i + 4] + w[i + 4]);
        step(d, e, f, &g, h, a, b, &c, sha256_k[i + 5] + w[i + 5]);
        step(c, d, e, &f, g, h, a, &b, sha256_k[i + 6] + w[i + 6]);
        step(b, c, d, &e, f, g, h, &a, sha256_k[i + 7] + w[i + 7]);
    }
    const uint32_t v[8] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < 8; i++) state[i] += v[i];
}

static void compress(uint32_t state[8], const uint8_t *blocks, size_t count) {
    for (size_t i = 0; i < count; i++) compress_block(state, blocks + 64 * i);
}

const sha256_way *sha256_portable(void) {
    static const sha256_way portable = {"portable", compress};
    return &portable;
}

void sha256_start_in(sha256 *s, const sha256_way *way) {
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->state, initial, sizeof initial);
    s->length = 0;
    s->way = way;
}

void sha256_start(sha256 *s) {
    const sha256_way *way = sha256_x86();
    if (way == NULL) way = sha256_arm();
    sha256_start_in(s, way == NULL ? sha256_portable() : way);
}

void sha256_add(sha256 *s, const void *data, size_t length) {
    const uint8_t *bytes = data;
    const size_t used = s->length % 64;
    s->length += length;
    if (used > 0) {
        const size_t take = 64 - used < length ? 64 - used : length;
        if (take > 0) memcpy(s->block + used, bytes, take);
        if (used + take < 64) return;
        s->way->compress(s->state, s->block, 1);
        bytes += take;
        length -= take;
    }
    if (length >= 64) s->way->compress(s->state, bytes, length / 64); /* where they stand */
    if (length % 64 > 0) memcpy(s->block, bytes + length / 64 * 64, length % 64);
}

void sha256_end(sha256 *s, uint8_t digest[32]) {
    const uint64_t bits = s->length * 8;
    static const uint8_t padding[64] = {0x80};
    sha256_add(s, padding, s->length % 64 < 56 ? 56 - s->length % 64 : 120 - s->length % 64);
    uint8_t length[8];
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_add(s, length, sizeof length);
    for (int i = 0; i < 8; i++) {
        for (int b = 0; b < 4; b++) digest[4 * i + b] = (uint8_t)(s->state[i] >> (24 - 8 * b));
    }
}

void sha256_of(const void *data, size_t length, uint8_t digest[32]) {
    sha256 s;
    sha256_start(&s);
    sha256_add(&s, data, length);
    sha256_end(&s, digest);
}
