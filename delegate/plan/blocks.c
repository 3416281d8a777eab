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

/* Row `row` of the blocks of a row of the cube; `nhwc` is the row of the picture. */
static void put_row(const plan_tensor *t, const uint8_t *nhwc, uint32_t row, uint8_t *to, uint32_t width) {
    const uint32_t size = t->block_size, first = row * size * t->c;
    for (uint32_t x = 0; x < width; x++, to += NPU_ATOM) {
        const int64_t left = (int64_t)x * size - t->block_left;
        const uint32_t before = left < 0 ? (uint32_t)-left : 0;
        const uint32_t end = left + size > (int64_t)t->w ? (uint32_t)(t->w - left) : size;
        put(t, to, first + before * t->c, nhwc + (size_t)(left + before) * t->step, (end - before) * t->c);
    }
}

void blocks_to_cube(const plan_tensor *t, const uint8_t *nhwc, uint8_t *bo) {
    const cube_shape shape = cube_shape_of(t);
    for (uint32_t surface = 0; surface < t->surfaces; surface++) {
        uint8_t *plane = bo + t->offset + (size_t)surface * t->surface_bytes;
        for (uint32_t y = 0; y < shape.height; y++) memset(plane + (size_t)y * t->line_bytes, (int)t->pad_byte, shape.width * NPU_ATOM);
    }
    for (uint32_t y = 0; y < t->h; y++) {
        const uint32_t place = y + t->block_top, row = place / t->block_size;
        uint8_t *to = bo + t->offset + (size_t)row * t->line_bytes;
        put_row(t, nhwc + (size_t)y * t->w * t->step, place % t->block_size, to, (uint32_t)shape.width);
    }
}
