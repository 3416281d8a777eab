#include "core.h"

#include <inttypes.h>
#include <string.h>

#include "rounding.h"

int npu_core_decode(const npu_decoder *d, const npu_cna *cna, npu_core *core) {
    if (npu_expect(d, NPU_REG_CORE_MISC_CFG, cna->depthwise ? 3 : 1) != 0) return -1; /* QD_EN, DW_EN; int8 */
    if (npu_expect(d, NPU_REG_CORE_RAW3030, 0) != 0) return -1;
    if (NPU_FIELD(d, CORE_DATAOUT_SIZE_0, DATAOUT_WIDTH) + 1 != cna->out_width ||
        NPU_FIELD(d, CORE_DATAOUT_SIZE_0, DATAOUT_HEIGHT) + 1 != cna->out_height) {
        return npu_refuse(d, NPU_REG_CORE_DATAOUT_SIZE_0, "the CNA puts out %" PRIu32 " x %" PRIu32, cna->out_width,
                          cna->out_height);
    }
    core->truncate = NPU_FIELD(d, CORE_CLIP_TRUNCATE, CLIP_TRUNCATE);
    core->half_up = NPU_FIELD(d, CORE_CLIP_TRUNCATE, ROUND_TYPE) != 0;
    return 0;
}

static uint32_t taps_of(const npu_cna *cna) { return cna->kernel_width * cna->kernel_height; }

size_t npu_core_pack_size(const npu_cna *cna, uint32_t surfaces) {
    size_t taps = taps_of(cna);
    size_t pairs = cna->depthwise ? (taps + 1) / 2 : taps * (cna->channels / 2);
    return surfaces * pairs * NPU_ATOM * 2;
}

/* A weight with its offset; kernels beyond the last have none. */
static int16_t offset_weight(const npu_cna *cna, const int16_t *offsets, uint32_t channel, size_t index) {
    return (int16_t)((int8_t)cna->weights.data[index] + offsets[channel]);
}

static void pack_depthwise(const npu_cna *cna, uint32_t surfaces, const int16_t *offsets, npu_pack *pack) {
    uint32_t taps = taps_of(cna);
    pack->pairs = (taps + 1) / 2;
    int16_t *to = pack->weights;
    for (uint32_t surface = 0; surface < surfaces; surface++) {
        for (uint32_t tap = 0; tap < pack->pairs * 2; tap += 2) {
            for (uint32_t lane = 0; lane < NPU_ATOM; lane++) {
                uint32_t c = surface * NPU_ATOM + lane;
                bool live = c < cna->channels;
                *to++ = live ? offset_weight(cna, offsets, c, npu_cna_weight_index(cna, 0, c, tap)) : 0;
                bool second = live && tap + 1 < taps;
                *to++ = second ? offset_weight(cna, offsets, c, npu_cna_weight_index(cna, 0, c, tap + 1)) : 0;
            }
        }
    }
}

/* Channel pairs up to the last one that any kernel weighs. */
static uint32_t used_pairs(const npu_cna *cna, uint32_t kernels, const int16_t *offsets) {
    uint32_t taps = taps_of(cna);
    for (uint32_t channel = cna->channels; channel > 0; channel--) {
        for (uint32_t k = 0; k < kernels; k++) {
            for (uint32_t tap = 0; tap < taps; tap++) {
                if (offset_weight(cna, offsets, k, npu_cna_weight_index(cna, k, channel - 1, tap)) != 0) {
                    return (channel + 1) / 2;
                }
            }
        }
    }
    return 1;
}

static void pack_direct(const npu_cna *cna, uint32_t surfaces, const int16_t *offsets, npu_pack *pack) {
    uint32_t taps = taps_of(cna);
    uint32_t kernels = cna->kernels < surfaces * NPU_ATOM ? cna->kernels : surfaces * NPU_ATOM;
    pack->pairs = used_pairs(cna, kernels, offsets);
    size_t surface_size = (size_t)taps * pack->pairs * NPU_ATOM * 2;
    memset(pack->weights, 0, surfaces * surface_size * sizeof *pack->weights);
    for (uint32_t k = 0; k < kernels; k++) {
        int16_t *lane = pack->weights + k / NPU_ATOM * surface_size + k % NPU_ATOM * 2;
        for (uint32_t tap = 0; tap < taps; tap++) {
            for (uint32_t channel = 0; channel < pack->pairs * 2; channel += 2, lane += NPU_ATOM * 2) {
                size_t from = npu_cna_weight_index(cna, k, channel, tap);
                lane[0] = offset_weight(cna, offsets, k, from);
                lane[1] = offset_weight(cna, offsets, k, from + 1);
            }
        }
    }
}

void npu_core_pack(const npu_cna *cna, uint32_t surfaces, const int16_t *offsets, npu_pack *pack) {
    if (cna->depthwise) pack_depthwise(cna, surfaces, offsets, pack);
    else pack_direct(cna, surfaces, offsets, pack);
}

int32_t npu_core_accumulate(const npu_cna *cna, int32_t weight_offset, uint32_t channel, uint32_t y, uint32_t x) {
    int32_t sum = 0;
    if (cna->depthwise ? channel >= cna->channels : channel >= cna->kernels) return 0;
    uint32_t first = cna->depthwise ? channel : 0, last = cna->depthwise ? channel : cna->channels - 1;
    for (uint32_t ky = 0; ky < cna->kernel_height; ky++) {
        for (uint32_t kx = 0; kx < cna->kernel_width; kx++) {
            int64_t iy = (int64_t)y * cna->stride_y - cna->pad_top + (int64_t)ky * cna->dilation_y;
            int64_t ix = (int64_t)x * cna->stride_x - cna->pad_left + (int64_t)kx * cna->dilation_x;
            for (uint32_t c = first; c <= last; c++) {
                size_t at = npu_cna_weight_index(cna, channel, c, ky * cna->kernel_width + kx);
                sum += npu_cna_feature(cna, c, iy, ix) * ((int8_t)cna->weights.data[at] + weight_offset);
            }
        }
    }
    return sum;
}

int32_t npu_core_truncate(const npu_core *core, int32_t accumulator) {
    return (int32_t)npu_shift_round(accumulator, core->truncate, core->half_up ? NPU_ROUND_HALF_UP : NPU_ROUND_HALF_EVEN);
}
