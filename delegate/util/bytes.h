/* A growing run of bytes, little-endian, 4-aligned: messages to the engine. A failed allocation sticks in `failed`. */
#ifndef PTFE_BYTES_H
#define PTFE_BYTES_H

#include <stddef.h>
#include <stdint.h>

typedef struct bytes {
    uint8_t *data;
    size_t length, capacity;
    int failed;
} bytes;

void bytes_add(bytes *b, const void *data, size_t length);
void bytes_u32(bytes *b, uint32_t value);
/* u32 length, the bytes, zeros to a multiple of 4. */
void bytes_run(bytes *b, const void *data, size_t length);
void bytes_text(bytes *b, const char *text);
void bytes_free(bytes *b);

#endif
