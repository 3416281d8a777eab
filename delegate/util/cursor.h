/* Bytes that somebody else wrote, read one value after the other; past their end `failed` sticks, and everything is 0 or NULL. */
#ifndef PTFE_CURSOR_H
#define PTFE_CURSOR_H

#include <string.h>

#include "bytes.h"

typedef struct cursor {
    const uint8_t *data; /* 4-aligned where lists are taken */
    size_t length, at;
    int failed;
} cursor;

static inline const void *cursor_take(cursor *c, size_t length) {
    if (c->failed || length > c->length - c->at) {
        c->failed = 1;
        return NULL;
    }
    const uint8_t *from = c->data + c->at;
    c->at += length;
    return from;
}

/* A record of a fixed size; zeros where it is cut off. */
static inline void cursor_record(cursor *c, void *record, size_t size) {
    const void *from = cursor_take(c, size);
    if (from != NULL) memcpy(record, from, size);
    else memset(record, 0, size);
}

static inline uint32_t cursor_u32(cursor *c) {
    uint32_t value;
    cursor_record(c, &value, sizeof value);
    return value;
}

static inline int32_t cursor_i32(cursor *c) { return (int32_t)cursor_u32(c); }

/* To the next multiple of `unit`. */
static inline void cursor_align(cursor *c, size_t unit) {
    const size_t rest = c->at % unit;
    if (rest != 0) cursor_take(c, unit - rest);
}

/* Count, then values of 4 bytes. */
static inline const void *cursor_list(cursor *c, uint32_t *count) {
    *count = cursor_u32(c);
    if (*count > c->length / sizeof(uint32_t)) c->failed = 1;
    const void *values = cursor_take(c, *count * sizeof(uint32_t));
    if (values == NULL) *count = 0;
    return values;
}

static inline u32_list cursor_u32_list(cursor *c) {
    u32_list list;
    list.data = cursor_list(c, &list.count);
    return list;
}

static inline i32_list cursor_i32_list(cursor *c) {
    i32_list list;
    list.data = cursor_list(c, &list.count);
    return list;
}

static inline f32_list cursor_f32_list(cursor *c) {
    f32_list list;
    list.data = cursor_list(c, &list.count);
    return list;
}

static inline byte_run cursor_byte_run(cursor *c) {
    byte_run run = {NULL, cursor_u32(c)};
    run.data = cursor_take(c, run.length);
    if (run.data == NULL) run.length = 0;
    cursor_align(c, 4);
    return run;
}

#endif
