#include "bytes.h"

#include <stdlib.h>
#include <string.h>

void bytes_add(bytes *b, const void *data, size_t length) {
    if (b->failed || length == 0) return;
    if (length > SIZE_MAX / 2 - b->length) {
        b->failed = 1;
        return;
    }
    if (b->length + length > b->capacity) {
        size_t capacity = b->capacity == 0 ? 4096 : b->capacity;
        while (capacity < b->length + length) capacity *= 2;
        uint8_t *grown = realloc(b->data, capacity);
        if (grown == NULL) {
            b->failed = 1;
            return;
        }
        b->data = grown;
        b->capacity = capacity;
    }
    memcpy(b->data + b->length, data, length);
    b->length += length;
}

void bytes_u32(bytes *b, uint32_t value) { bytes_add(b, &value, sizeof value); }

void bytes_run(bytes *b, const void *data, size_t length) {
    static const uint8_t zeros[4];
    if (length > UINT32_MAX) {
        b->failed = 1;
        return;
    }
    bytes_u32(b, (uint32_t)length);
    bytes_add(b, data, length);
    bytes_add(b, zeros, (4 - length % 4) % 4);
}

void bytes_text(bytes *b, const char *text) { bytes_run(b, text, strlen(text)); }

void bytes_free(bytes *b) {
    free(b->data);
    memset(b, 0, sizeof *b);
}
