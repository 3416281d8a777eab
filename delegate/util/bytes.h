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

/* Values and bytes that stand elsewhere. */
typedef struct u32_list {
    const uint32_t *data;
    uint32_t count;
} u32_list;

typedef struct i32_list {
    const int32_t *data;
    uint32_t count;
} i32_list;

typedef struct f32_list {
    const float *data;
    uint32_t count;
} f32_list;

typedef struct byte_run {
    const char *data;
    size_t length;
} byte_run;

void bytes_add(bytes *b, const void *data, size_t length);
void bytes_u32(bytes *b, uint32_t value);
void bytes_i32(bytes *b, int32_t value);
/* u32 count, the values. */
void bytes_u32_list(bytes *b, u32_list list);
void bytes_i32_list(bytes *b, i32_list list);
void bytes_f32_list(bytes *b, f32_list list);
/* u32 length, the bytes, zeros to a multiple of 4. */
void bytes_byte_run(bytes *b, byte_run run);

byte_run byte_run_of(const char *text);
void bytes_free(bytes *b);

#endif
