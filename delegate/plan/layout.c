#include "layout.h"

#include <string.h>

#include "../npu/cna.h"
#include "blocks.h"
#include "layout_rows.h"

size_t layout_bytes(const plan_tensor *t) { return (size_t)t->n * t->h * t->w * t->c; }

static uint32_t lanes_of(const plan_tensor *t, uint32_t surface) {
    uint32_t rest = t->c - surface * NPU_ATOM;
    return rest < NPU_ATOM ? rest : NPU_ATOM;
}

/* What atoms of a surface hold but for the channels; the channels are flipped by it. */
static void fill_of(const plan_tensor *t, uint32_t lanes, uint8_t fill[NPU_ATOM]) {
    memset(fill, (int)t->pad_byte, NPU_ATOM);
    memset(fill, (int)t->flip, lanes);
}

/* NCHW: a plane of each channel. */
static void planes_to_cube(const plan_tensor *t, const uint8_t *nchw, uint8_t *bo) {
    const size_t plane = (size_t)t->h * t->w;
    uint8_t fill[NPU_ATOM];
    for (uint32_t surface = 0; surface < t->surfaces; surface++) {
        const uint32_t lanes = lanes_of(t, surface);
        fill_of(t, lanes, fill);
        for (uint32_t y = 0; y < t->h; y++) {
            uint8_t *to = bo + t->offset + (size_t)surface * t->surface_bytes + (size_t)y * t->line_bytes;
            const uint8_t *from = nchw + surface * NPU_ATOM * plane + (size_t)y * t->w;
            for (uint32_t x = 0; lanes < NPU_ATOM && x < t->w; x++) memcpy(to + (size_t)x * NPU_ATOM, fill, sizeof fill);
            for (uint32_t lane = 0; lane < lanes; lane++, from += plane) {
                for (uint32_t x = 0; x < t->w; x++) to[(size_t)x * NPU_ATOM + lane] = from[x] ^ (uint8_t)t->flip;
            }
        }
    }
}

static void planes_from_cube(const plan_tensor *t, const uint8_t *bo, uint8_t *nchw) {
    for (uint32_t c = 0; c < t->c; c++) {
        const uint8_t *from = bo + t->offset + (size_t)(c / NPU_ATOM) * t->surface_bytes + c % NPU_ATOM;
        for (uint32_t y = 0; y < t->h; y++) {
            for (uint32_t x = 0; x < t->w; x++) *nchw++ = from[(size_t)y * t->line_bytes + (size_t)x * NPU_ATOM] ^ (uint8_t)t->flip;
        }
    }
}

/* Behind the last byte of the last pixel: TFLite's tensor may end there. */
static size_t end_of(const plan_tensor *t) { return ((size_t)t->h * t->w - 1) * t->step + t->c; }

void layout_to_cube(const plan_tensor *t, const uint8_t *nhwc, uint8_t *bo) {
    if (t->layout == PLAN_NCHW) {
        planes_to_cube(t, nhwc, bo);
        return;
    }
    if (t->layout == PLAN_BLOCKS) {
        blocks_to_cube(t, nhwc, bo);
        return;
    }
    const layout_rows *rows = layout_rows_best();
    spread_row row = {.end = nhwc + end_of(t), .step = t->step, .count = t->w};
    for (uint32_t surface = 0; surface < t->surfaces; surface++) {
        row.lanes = lanes_of(t, surface);
        fill_of(t, row.lanes, row.fill);
        for (uint32_t y = 0; y < t->h; y++) {
            row.from = nhwc + (size_t)y * t->w * t->step + surface * NPU_ATOM;
            row.to = bo + t->offset + (size_t)surface * t->surface_bytes + (size_t)y * t->line_bytes;
            rows->spread(&row);
        }
    }
}

/* A piece: between its pixels stand others. */
static void piece_from_cube(const plan_tensor *t, const uint8_t *bo, uint8_t *nhwc) {
    gather_row pixel = {.surface_bytes = t->surface_bytes, .count = 1, .channels = t->c, .flip = (uint8_t)t->flip};
    for (uint32_t y = 0; y < t->h; y++) {
        for (uint32_t x = 0; x < t->w; x++, nhwc += t->step) {
            pixel.from = bo + t->offset + (size_t)y * t->line_bytes + (size_t)x * NPU_ATOM;
            pixel.to = nhwc;
            layout_gather_some(&pixel, 0);
        }
    }
}

void layout_from_cube(const plan_tensor *t, const uint8_t *bo, uint8_t *nhwc) {
    if (t->layout == PLAN_NCHW) {
        planes_from_cube(t, bo, nhwc);
        return;
    }
    if (t->step != t->c) {
        piece_from_cube(t, bo, nhwc);
        return;
    }
    const layout_rows *rows = layout_rows_best();
    gather_row row = {.surface_bytes = t->surface_bytes, .count = t->w, .channels = t->c, .flip = (uint8_t)t->flip, .end = nhwc + end_of(t)};
    for (uint32_t y = 0; y < t->h; y++) {
        row.from = bo + t->offset + (size_t)y * t->line_bytes;
        row.to = nhwc + (size_t)y * t->w * t->c;
        rows->gather(&row);
    }
}
