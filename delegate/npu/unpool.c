#include "unpool.h"

#include <inttypes.h>
#include <string.h>

#define SURFACES 2u

/* Kernel 2 x 2, stride 2, UNPOOLING_EN; POOLING_METHOD 0, no notches. */
#define NEAREST_TWICE 0x1249u

bool npu_unpool_asked(const npu_decoder *d) { return NPU_FIELD(d, DPU_RDMA_SRC_DMA_CFG, UNPOOLING_EN) != 0; }

/* A copy: nothing between the reader and the writer changes a value. */
static int expect_copy(const npu_decoder *d) {
    uint32_t pairs = 1u << NPU_DPU_DATA_FORMAT_IN_PRECISION_SHIFT;
    if (NPU_VALUE(d, DPU_DATA_FORMAT) != pairs) {
        return npu_refuse(d, NPU_REG_DPU_DATA_FORMAT, "unpooling is modelled for pairs of 16 bits only (0x%08" PRIx32 ")", pairs);
    }
    static const struct {
        enum npu_register reg;
        const char *stage;
    } stages[] = {{NPU_REG_DPU_BS_CFG, "BS"}, {NPU_REG_DPU_BN_CFG, "BN"}, {NPU_REG_DPU_EW_CFG, "EW"}};
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        if ((d->values[stages[i].reg] & 1) == 0) {
            return npu_refuse(d, stages[i].reg, "%s works on pairs of 16 bits: unpooling is modelled as a copy only",
                              stages[i].stage);
        }
    }
    if (npu_expect(d, NPU_REG_DPU_OUT_CVT_OFFSET, 0) != 0 || npu_expect(d, NPU_REG_DPU_OUT_CVT_SCALE, 1) != 0) return -1;
    if (NPU_FIELD(d, DPU_OUT_CVT_SHIFT, OUT_CVT_SHIFT) != 0 || NPU_FIELD(d, DPU_OUT_CVT_SHIFT, MINUS_EXP) != 0) {
        return npu_refuse(d, NPU_REG_DPU_OUT_CVT_SHIFT, "a shift: unpooling is modelled as a copy only");
    }
    if (npu_expect(d, NPU_REG_DPU_OFFSET_PEND, 0) != 0 || npu_expect(d, NPU_REG_DPU_RAW40C4, 0) != 0) return -1;
    return 0;
}

/* Counted in pairs or in bytes: the vendor's word was not published. */
static bool two_surfaces(const npu_decoder *d, uint32_t channels) {
    uint8_t unit = d->config->facts[NPU_FACT_UNPOOLING_CHANNELS];
    bool pairs = channels == SURFACES * NPU_ATOM / 2, bytes = channels == SURFACES * NPU_ATOM;
    return (pairs && unit != NPU_UNPOOLING_CHANNELS_BYTES) || (bytes && unit != NPU_UNPOOLING_CHANNELS_PAIRS);
}

static int decode_writer(const npu_decoder *d, npu_unpool *unpool) {
    uint32_t burst = NPU_DPU_FEATURE_MODE_CFG_BURST_LEN_MASK << NPU_DPU_FEATURE_MODE_CFG_BURST_LEN_SHIFT;
    uint32_t mode = 1u | 2u << NPU_DPU_FEATURE_MODE_CFG_OUTPUT_MODE_SHIFT;
    if ((NPU_VALUE(d, DPU_FEATURE_MODE_CFG) & ~burst) != mode) {
        return npu_refuse(d, NPU_REG_DPU_FEATURE_MODE_CFG, "not modelled with unpooling (only 0x%08" PRIx32 " and a burst length)",
                          mode);
    }
    uint32_t width = NPU_FIELD(d, DPU_DATA_CUBE_WIDTH, WIDTH) + 1, height = NPU_FIELD(d, DPU_DATA_CUBE_HEIGHT, HEIGHT) + 1;
    if (width % 2 != 0) return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_WIDTH, "an odd width: unpooling doubles it");
    unpool->width = width / 2;
    unpool->height = height;
    if (NPU_FIELD(d, DPU_DATA_CUBE_HEIGHT, MINMAX_CTL) != 0) {
        return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_HEIGHT, "MINMAX_CTL is not modelled");
    }
    if (NPU_FIELD(d, DPU_WDMA_SIZE_1, WIDTH_WDMA) + 1 != width || NPU_FIELD(d, DPU_WDMA_SIZE_1, HEIGHT_WDMA) + 1 != height) {
        return npu_refuse(d, NPU_REG_DPU_WDMA_SIZE_1, "differs from DATA_CUBE_WIDTH and HEIGHT: not modelled");
    }
    uint32_t channels = NPU_FIELD(d, DPU_DATA_CUBE_CHANNEL, CHANNEL) + 1;
    if (!two_surfaces(d, channels)) {
        return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_CHANNEL, "not two surfaces: unpooling is modelled for those only");
    }
    if (NPU_FIELD(d, DPU_WDMA_SIZE_0, CHANNEL_WDMA) + 1 != channels) {
        return npu_refuse(d, NPU_REG_DPU_WDMA_SIZE_0, "differs from DATA_CUBE_CHANNEL: not modelled");
    }
    uint32_t notch = NPU_FIELD(d, DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_ADDR_0);
    if (NPU_FIELD(d, DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_ADDR_1) != notch) {
        return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_NOTCH_ADDR, "two different notches are not modelled");
    }
    unpool->row_bytes = ((int64_t)width + notch) * NPU_ATOM;
    unpool->surface_bytes = NPU_VALUE(d, DPU_DST_SURF_STRIDE);
    uint32_t size = NPU_FIELD(d, DPU_BS_OW_CFG, SIZE_E_0);
    if (NPU_VALUE(d, DPU_SURFACE_ADD) != (uint64_t)unpool->surface_bytes * (size + 1)) {
        return npu_refuse(d, NPU_REG_DPU_SURFACE_ADD, "not %" PRIu32 " times DST_SURF_STRIDE (SIZE_E + 1)", size + 1);
    }
    int64_t row = (int64_t)width * NPU_ATOM, plane = (height - 1) * unpool->row_bytes + row;
    bool between = unpool->surface_bytes >= row && unpool->surface_bytes + row <= unpool->row_bytes;
    if (unpool->surface_bytes < plane && !between) {
        return npu_refuse(d, NPU_REG_DPU_DST_SURF_STRIDE, "the two surfaces overlap");
    }
    int64_t base = NPU_VALUE(d, DPU_DST_BASE_ADDR);
    if (base % NPU_ATOM != 0) return npu_refuse(d, NPU_REG_DPU_DST_BASE_ADDR, "not a multiple of 16");
    if (npu_find(d, NPU_REG_DPU_DST_BASE_ADDR, base, plane + unpool->surface_bytes, &unpool->output) != 0) return -1;
    if ((unpool->output.flags & NPU_REGION_CONSTANT) == 0) return 0;
    return npu_refuse(d, NPU_REG_DPU_DST_BASE_ADDR, "writes into a constant buffer");
}

static bool once_or_twice(uint32_t value, uint32_t side) { return value == side || value == side * 2; }

static int decode_reader(const npu_decoder *d, npu_unpool *unpool) {
    uint32_t open = NPU_DPU_RDMA_FEATURE_MODE_CFG_BURST_LEN_MASK << NPU_DPU_RDMA_FEATURE_MODE_CFG_BURST_LEN_SHIFT |
                    1u << NPU_DPU_RDMA_FEATURE_MODE_CFG_IN_PRECISION_SHIFT;
    if ((NPU_VALUE(d, DPU_RDMA_FEATURE_MODE_CFG) & ~open) != 1) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_FEATURE_MODE_CFG, "not modelled with unpooling (only flying, int8 or pairs)");
    }
    if (npu_expect(d, NPU_REG_DPU_RDMA_SRC_DMA_CFG, NEAREST_TWICE) != 0) return -1;
    if (npu_expect(d, NPU_REG_DPU_RDMA_ERDMA_CFG, 1) != 0 || npu_expect(d, NPU_REG_DPU_RDMA_PAD_CFG, 0) != 0) return -1;
    if (!once_or_twice(NPU_VALUE(d, DPU_RDMA_DATA_CUBE_WIDTH) + 1, unpool->width)) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_DATA_CUBE_WIDTH, "neither the source's nor the output's");
    }
    if (!once_or_twice(NPU_VALUE(d, DPU_RDMA_DATA_CUBE_HEIGHT) + 1, unpool->height)) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_DATA_CUBE_HEIGHT, "neither the source's nor the output's");
    }
    int64_t base = NPU_VALUE(d, DPU_RDMA_SRC_BASE_ADDR), bytes = (int64_t)unpool->width * unpool->height * NPU_ATOM;
    if (base % NPU_ATOM != 0) return npu_refuse(d, NPU_REG_DPU_RDMA_SRC_BASE_ADDR, "not a multiple of 16");
    return npu_find(d, NPU_REG_DPU_RDMA_SRC_BASE_ADDR, base, bytes, &unpool->source);
}

int npu_unpool_decode(const npu_decoder *d, npu_unpool *unpool) {
    if (d->config->facts[NPU_FACT_UNPOOLING] == NPU_UNPOOLING_REFUSED) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_SRC_DMA_CFG, "UNPOOLING_EN: what it does is not known");
    }
    if (expect_copy(d) != 0 || decode_writer(d, unpool) != 0 || decode_reader(d, unpool) != 0) return -1;
    if (!npu_extents_overlap(&unpool->output, &unpool->source)) return 0;
    return npu_refuse(d, NPU_REG_DPU_DST_BASE_ADDR, "the output overlaps the cube that the task reads");
}

void npu_unpool_execute(const npu_unpool *unpool) {
    for (uint32_t y = 0; y < unpool->height; y++) {
        const uint8_t *from = unpool->source.data + (int64_t)y * unpool->width * NPU_ATOM;
        uint8_t *row = unpool->output.data + y * unpool->row_bytes;
        for (uint32_t x = 0; x < unpool->width; x++, from += NPU_ATOM) {
            uint8_t *to = row + (int64_t)x * 2 * NPU_ATOM;
            memcpy(to, from, NPU_ATOM);
            memcpy(to + NPU_ATOM, from, NPU_ATOM);
        }
        memcpy(row + unpool->surface_bytes, row, (size_t)unpool->width * 2 * NPU_ATOM);
    }
}
