#include "layout.h"

#include <string.h>

#include "../npu/cna.h"

size_t layout_bytes(const plan_tensor *t) { return (size_t)t->n * t->h * t->w * t->c; }

static uint32_t lanes_of(const plan_tensor *t, uint32_t surface) {
    uint32_t rest = t->c - surface * NPU_ATOM;
    return rest < NPU_ATOM ? rest : NPU_ATOM;
}

/* A whole atom at once; `flip` eight times in a word. */
static void copy_atom(uint8_t *to, const uint8_t *from, uint64_t flip) {
    uint64_t halves[2];
    memcpy(halves, from, sizeof halves);
    halves[0] ^= flip;
    halves[1] ^= flip;
    memcpy(to, halves, sizeof halves);
}

/* NCHW: a plane of each channel. */
static void planes_to_cube(const plan_tensor *t, const uint8_t *nchw, uint8_t *bo) {
    const size_t plane = (size_t)t->h * t->w;
    for (uint32_t surface = 0; surface < t->surfaces; surface++) {
        const uint32_t lanes = lanes_of(t, surface);
        for (uint32_t y = 0; y < t->h; y++) {
            uint8_t *to = bo + t->offset + (size_t)surface * t->surface_bytes + (size_t)y * t->line_bytes;
            const uint8_t *from = nchw + surface * NPU_ATOM * plane + (size_t)y * t->w;
            for (uint32_t x = 0; x < t->w; x++, to += NPU_ATOM, from++) {
                uint8_t atom[NPU_ATOM];
                memset(atom, (int)t->pad_byte, sizeof atom);
                for (uint32_t lane = 0; lane < lanes; lane++) atom[lane] = from[lane * plane] ^ (uint8_t)t->flip;
                memcpy(to, atom, sizeof atom);
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

void layout_to_cube(const plan_tensor *t, const uint8_t *nhwc, uint8_t *bo) {
    if (t->layout == PLAN_NCHW) {
        planes_to_cube(t, nhwc, bo);
        return;
    }
    const uint64_t flip = t->flip * UINT64_C(0x0101010101010101);
    for (uint32_t surface = 0; surface < t->surfaces; surface++) {
        const uint32_t lanes = lanes_of(t, surface);
        for (uint32_t y = 0; y < t->h; y++) {
            const uint8_t *from = nhwc + (size_t)y * t->w * t->step + surface * NPU_ATOM;
            uint8_t *to = bo + t->offset + (size_t)surface * t->surface_bytes + (size_t)y * t->line_bytes;
            for (uint32_t x = 0; x < t->w; x++, from += t->step, to += NPU_ATOM) {
                if (lanes == NPU_ATOM) {
                    copy_atom(to, from, flip);
                    continue;
                }
                uint8_t atom[NPU_ATOM];
                memset(atom, (int)t->pad_byte, sizeof atom);
                for (uint32_t lane = 0; lane < lanes; lane++) atom[lane] = from[lane] ^ (uint8_t)flip;
                memcpy(to, atom, sizeof atom);
            }
        }
    }
}

void layout_from_cube(const plan_tensor *t, const uint8_t *bo, uint8_t *nhwc) {
    if (t->layout == PLAN_NCHW) {
        planes_from_cube(t, bo, nhwc);
        return;
    }
    const uint64_t flip = t->flip * UINT64_C(0x0101010101010101);
    for (uint32_t surface = 0; surface < t->surfaces; surface++) {
        const uint32_t lanes = lanes_of(t, surface);
        for (uint32_t y = 0; y < t->h; y++) {
            uint8_t *to = nhwc + (size_t)y * t->w * t->step + surface * NPU_ATOM;
            const uint8_t *from = bo + t->offset + (size_t)surface * t->surface_bytes + (size_t)y * t->line_bytes;
            for (uint32_t x = 0; x < t->w; x++, to += t->step, from += NPU_ATOM) {
                if (lanes == NPU_ATOM) {
                    copy_atom(to, from, flip);
                    continue;
                }
                for (uint32_t lane = 0; lane < lanes; lane++) to[lane] = from[lane] ^ (uint8_t)flip;
            }
        }
    }
}
