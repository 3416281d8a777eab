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

void bytes_i32(bytes *b, int32_t value) { bytes_u32(b, (uint32_t)value); }

static void add_list(bytes *b, const void *data, uint32_t count) {
    bytes_u32(b, count);
    bytes_add(b, data, count * sizeof(uint32_t));
}

void bytes_u32_list(bytes *b, u32_list list) { add_list(b, list.data, list.count); }
void bytes_i32_list(bytes *b, i32_list list) { add_list(b, list.data, list.count); }
void bytes_f32_list(bytes *b, f32_list list) { add_list(b, list.data, list.count); }

void bytes_byte_run(bytes *b, byte_run run) {
    static const uint8_t zeros[4];
    if (run.length > UINT32_MAX) {
        b->failed = 1;
        return;
    }
    bytes_u32(b, (uint32_t)run.length);
    bytes_add(b, run.data, run.length);
    bytes_add(b, zeros, (4 - run.length % 4) % 4);
}

byte_run byte_run_of(const char *text) { return (byte_run){text, strlen(text)}; }

void bytes_free(bytes *b) {
    free(b->data);
    memset(b, 0, sizeof *b);
}
