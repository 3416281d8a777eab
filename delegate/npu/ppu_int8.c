/*
 * Pooling of int8 cubes, as the vendor's compiler has it: the maximum leaves padding out, an average is one product with two
 * reciprocals of 65536 / side, rounded once.
 */
#include "ppu.h"
#include "rounding.h"

static int8_t value_at(const npu_ppu_rdma *reader, uint32_t surface, int64_t y, int64_t x, uint32_t lane) {
    return (int8_t)reader->source.data[surface * reader->surface_bytes + y * reader->line_bytes + x * NPU_INT8_LANES + lane];
}

/* The first value in a window that takes part, and then the best of them. */
static int32_t better(enum npu_pooling method, bool first, int32_t best, int32_t value) {
    if (first || (method == NPU_POOL_MAX ? value > best : value < best)) return value;
    return best;
}

static int8_t window_value(const npu_ppu *ppu, const npu_ppu_rdma *reader, uint32_t surface, uint32_t lane, uint32_t oy,
                           uint32_t ox) {
    int64_t sum = 0;
    int32_t best = ppu->pad8;
    bool first = true;
    for (uint32_t ky = 0; ky < ppu->kernel_height; ky++) {
        for (uint32_t kx = 0; kx < ppu->kernel_width; kx++) {
            int64_t y = (int64_t)oy * ppu->stride_y + ky - ppu->pad_top, x = (int64_t)ox * ppu->stride_x + kx - ppu->pad_left;
            bool inside = y >= 0 && x >= 0 && y < ppu->in_height && x < ppu->in_width;
            int32_t value = inside ? value_at(reader, surface, y, x, lane) : ppu->pad8;
            sum += value;
            if (!inside && ppu->padding_left_out) continue;
            best = better(ppu->method, first, best, value);
            first = false;
        }
    }
    if (ppu->method != NPU_POOL_AVERAGE) return npu_saturate8(best);
    return npu_saturate8(npu_shift_round(sum * ppu->integer_x * ppu->integer_y, 32, ppu->rounding));
}

void npu_ppu_execute_int8(const npu_ppu *ppu, const npu_ppu_rdma *reader) {
    uint32_t surfaces = (ppu->channels + NPU_INT8_LANES - 1) / NPU_INT8_LANES;
    for (uint32_t surface = 0; surface < surfaces; surface++) {
        for (uint32_t y = 0; y < ppu->out_height; y++) {
            uint8_t *to = ppu->output.data + surface * ppu->surface_bytes + y * ppu->row_bytes;
            for (uint32_t x = 0; x < ppu->out_width; x++) {
                for (uint32_t lane = 0; lane < NPU_INT8_LANES; lane++, to++) {
                    *to = (uint8_t)window_value(ppu, reader, surface, lane, y, x);
                }
            }
        }
    }
}
