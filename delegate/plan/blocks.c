#include "blocks.h"

#include <string.h>

#include "../npu/cna.h"

static uint64_t blocks_over(uint32_t length, uint32_t before, uint32_t size) { return ((uint64_t)length + before + size - 1) / size; }

cube_shape cube_shape_of(const plan_tensor *t) {
    if (t->layout != PLAN_BLOCKS) return (cube_shape){t->h, t->w, t->c};
    const uint32_t size = t->block_size;
    return (cube_shape){blocks_over(t->h, t->block_top, size), blocks_over(t->w, t->block_left, size), (uint64_t)size * size * t->c};
}

/* Lanes `lane` on of a pixel whose first atom is `to`, over as many surfaces as they reach. */
static void put(const plan_tensor *t, uint8_t *to, uint32_t lane, const uint8_t *from, uint32_t count) {
    while (count > 0) {
        const uint32_t at = lane % NPU_ATOM, some = count < NPU_ATOM - at ? count : NPU_ATOM - at;
        uint8_t *lanes = to + (size_t)(lane / NPU_ATOM) * t->surface_bytes + at;
        for (uint32_t i = 0; i < some; i++) lanes[i] = from[i] ^ (uint8_t)t->flip;
        lane += some;
        from += some;
        count -= some;
    }
}

/* The same bytes of `count` pixels of the cube, a half of an atom or less of each: lanes from `lane`, `bytes` of them. Reads 8. */
static void put_halves(const plan_tensor *t, uint8_t *to, uint32_t lane, const uint8_t *from, uint32_t bytes, size_t step, size_t count) {
    const unsigned shift = lane % 8 * 8;
    const uint64_t mask = (bytes == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * bytes)) - 1) << shift;
    const uint64_t flip = t->flip * UINT64_C(0x0101010101010101) & mask;
    uint8_t *half = to + (size_t)(lane / NPU_ATOM) * t->surface_bytes + lane % NPU_ATOM / 8 * 8;
    for (size_t x = 0; x < count; x++, half += NPU_ATOM, from += step) {
        uint64_t held, read;
        memcpy(&held, half, sizeof held);
        memcpy(&read, from, sizeof read);
        held = (held & ~mask) | ((read << shift & mask) ^ flip);
        memcpy(half, &held, sizeof held);
    }
}

/* Block `x` of a row of blocks, of which the picture may have a part alone. */
static void put_block(const plan_tensor *t, const uint8_t *nhwc, uint32_t first, uint8_t *to, uint32_t x) {
    const int64_t left = (int64_t)x * t->block_size - t->block_left;
    const uint32_t before = left < 0 ? (uint32_t)-left : 0;
    const uint32_t end = left + t->block_size > (int64_t)t->w ? (uint32_t)(t->w - left) : t->block_size;
    put(t, to + (size_t)x * NPU_ATOM, first + before * t->c, nhwc + (size_t)(left + before) * t->step, (end - before) * t->c);
}

/* Row `row` of the blocks of a row of the cube; `nhwc` is the row of the picture, nothing is read from `end` on. */
static void put_row(const plan_tensor *t, const uint8_t *nhwc, const uint8_t *end, uint32_t row, uint8_t *to, uint32_t width) {
    const uint32_t size = t->block_size, bytes = size * t->c, first = row * bytes;
    const size_t step = (size_t)size * t->step;
    uint32_t x = 0;
    if (t->block_left > 0) put_block(t, nhwc, first, to, x++);
    const uint8_t *from = nhwc + (size_t)x * step - (size_t)t->block_left * t->step;
    const uint64_t all = ((uint64_t)t->w + t->block_left) / size, room = bytes + 8; /* as much as is read of a block, and more */
    uint64_t whole = all > x ? all - x : 0;
    const uint64_t left = from < end ? (uint64_t)(end - from) : 0, most = left < room ? 0 : (left - room) / step + 1;
    if (whole > most) whole = most;
    for (uint32_t at = 0, some; whole > 0 && at < bytes; at += some) {
        const uint32_t lane = first + at, half = 8 - lane % 8;
        some = bytes - at < half ? bytes - at : half;
        put_halves(t, to + (size_t)x * NPU_ATOM, lane, from + at, some, step, whole);
    }
    for (x += (uint32_t)whole; x < width; x++) put_block(t, nhwc, first, to, x);
}

void blocks_to_cube(const plan_tensor *t, const uint8_t *nhwc, uint8_t *bo) {
    const cube_shape shape = cube_shape_of(t);
    for (uint32_t surface = 0; surface < t->surfaces; surface++) {
        uint8_t *plane = bo + t->offset + (size_t)surface * t->surface_bytes;
        for (uint32_t y = 0; y < shape.height; y++) memset(plane + (size_t)y * t->line_bytes, (int)t->pad_byte, shape.width * NPU_ATOM);
    }
    const uint8_t *end = nhwc + ((size_t)t->h * t->w - 1) * t->step + t->c;
    for (uint32_t y = 0; y < t->h; y++) {
        const uint32_t place = y + t->block_top, row = place / t->block_size;
        uint8_t *to = bo + t->offset + (size_t)row * t->line_bytes;
        put_row(t, nhwc + (size_t)y * t->w * t->step, end, place % t->block_size, to, (uint32_t)shape.width);
    }
}
