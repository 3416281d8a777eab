#include "layout.h"

#include <string.h>

#include "npu/cna.h"

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

void layout_to_cube(const plan_tensor *t, const uint8_t *nhwc, uint8_t *bo) {
    const uint64_t flip = t->flip * UINT64_C(0x0101010101010101);
    for (uint32_t surface = 0; surface < t->surfaces; surface++) {
        const uint32_t lanes = lanes_of(t, surface);
        for (uint32_t y = 0; y < t->h; y++) {
            const uint8_t *from = nhwc + (size_t)y * t->w * t->c + surface * NPU_ATOM;
            uint8_t *to = bo + t->offset + (size_t)surface * t->surface_bytes + (size_t)y * t->line_bytes;
            for (uint32_t x = 0; x < t->w; x++, from += t->c, to += NPU_ATOM) {
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
    const uint64_t flip = t->flip * UINT64_C(0x0101010101010101);
    for (uint32_t surface = 0; surface < t->surfaces; surface++) {
        const uint32_t lanes = lanes_of(t, surface);
        for (uint32_t y = 0; y < t->h; y++) {
            uint8_t *to = nhwc + (size_t)y * t->w * t->c + surface * NPU_ATOM;
            const uint8_t *from = bo + t->offset + (size_t)surface * t->surface_bytes + (size_t)y * t->line_bytes;
            for (uint32_t x = 0; x < t->w; x++, to += t->c, from += NPU_ATOM) {
                if (lanes == NPU_ATOM) {
                    copy_atom(to, from, flip);
                    continue;
                }
                for (uint32_t lane = 0; lane < lanes; lane++) to[lane] = from[lane] ^ (uint8_t)flip;
            }
        }
    }
}
