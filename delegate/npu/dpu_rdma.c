#include "dpu_rdma.h"

#include <inttypes.h>
#include <string.h>

enum { USE_ADD = 1, USE_OFFSET = 2, USE_MUL = 4, USE_SHIFT = 8 };

#define GROUP_CHANNELS 8u

/* Shifts stand behind the others (order: TRM). */
static void pack_shifts(const npu_decoder *d, uint32_t use, npu_operands *operands) {
    operands->shift_bytes = d->config->facts[NPU_FACT_MUL_SHIFT_OPERAND] == NPU_MUL_SHIFT_OPERAND_INT8 ? 1 : 2;
    if ((use & USE_SHIFT) == 0) return;
    operands->shift_at = (int)operands->group_bytes;
    operands->group_bytes += GROUP_CHANNELS * operands->shift_bytes;
}

/* Places in a group: of the enabled operands, in this order. */
static void pack_enabled(uint32_t use, npu_operands *operands) {
    int at = 0;
    operands->add_at = operands->offset_at = operands->mul_at = operands->shift_at = -1;
    if ((use & USE_ADD) != 0) operands->add_at = at, at += 32;
    if ((use & USE_OFFSET) != 0) operands->offset_at = at, at += 16;
    if ((use & USE_MUL) != 0) operands->mul_at = at, at += 16;
    operands->group_bytes = (uint32_t)at;
}

static void pack_fixed(uint32_t use, bool with_offset, npu_operands *operands) {
    operands->add_at = (use & USE_ADD) != 0 ? 0 : -1;
    operands->offset_at = with_offset && (use & USE_OFFSET) != 0 ? 32 : -1;
    operands->mul_at = (use & USE_MUL) != 0 ? (with_offset ? 48 : 32) : -1;
    operands->group_bytes = with_offset ? 64 : 48;
}

static int find_operands(const npu_decoder *d, enum npu_register base, const npu_dpu *dpu, npu_operands *operands) {
    int64_t start = d->values[base], groups = dpu->channels / GROUP_CHANNELS;
    if (start % NPU_ATOM != 0) return npu_refuse(d, base, "not a multiple of 16");
    return npu_find(d, base, start, groups * operands->group_bytes, &operands->extent);
}

static int require(const npu_decoder *d, enum npu_register reg, uint32_t use, uint32_t needed) {
    if ((needed & ~use) == 0) return 0;
    return npu_refuse(d, reg, "a stage takes an operand from memory that is not read (0x%" PRIx32 ")", needed & ~use);
}

static uint32_t needed_by(const npu_scale_stage *stage) {
    return (stage->add != 0 && stage->add_memory ? USE_ADD : 0u) | (stage->mul && stage->mul_memory ? USE_MUL : 0u) |
           (stage->mul && stage->shift_memory ? USE_SHIFT : 0u);
}

static int decode_operands(const npu_decoder *d, const npu_dpu *dpu, npu_rdma *rdma) {
    uint32_t use = NPU_FIELD(d, DPU_RDMA_BRDMA_CFG, BRDMA_DATA_USE);
    uint32_t needed = needed_by(&dpu->bs) | (dpu->offset_memory ? USE_OFFSET : 0u);
    if (require(d, NPU_REG_DPU_RDMA_BRDMA_CFG, use, needed) != 0) return -1;
    pack_enabled(use, &rdma->bs);
    uint8_t group = d->config->facts[NPU_FACT_DEPTHWISE_OPERAND_GROUP];
    if (dpu->depthwise && (use & USE_MUL) != 0 && group != NPU_DEPTHWISE_OPERAND_GROUP_ENABLED_ONLY) {
        pack_fixed(use, group == NPU_DEPTHWISE_OPERAND_GROUP_FIXED_64, &rdma->bs);
    }
    pack_shifts(d, use, &rdma->bs);
    if (use != 0 && find_operands(d, NPU_REG_DPU_RDMA_BS_BASE_ADDR, dpu, &rdma->bs) != 0) return -1;

    use = NPU_FIELD(d, DPU_RDMA_NRDMA_CFG, NRDMA_DATA_USE);
    if (require(d, NPU_REG_DPU_RDMA_NRDMA_CFG, use, needed_by(&dpu->bn)) != 0) return -1;
    pack_enabled(use, &rdma->bn);
    if (d->config->facts[NPU_FACT_BN_OPERAND_PACKING] == NPU_BN_OPERAND_PACKING_FIXED_64) pack_fixed(use, true, &rdma->bn);
    pack_shifts(d, use, &rdma->bn);
    return use == 0 ? 0 : find_operands(d, NPU_REG_DPU_RDMA_BN_BASE_ADDR, dpu, &rdma->bn);
}

/* One reader's surfaces: `count` of them, each followed by a notch. */
static int find_planes(const npu_decoder *d, enum npu_register base, uint32_t notch, uint32_t count, const npu_dpu *dpu,
                       npu_planes *planes, uint32_t way) {
    int64_t start = d->values[base], plane = (int64_t)dpu->width * dpu->height * NPU_ATOM;
    if (start % NPU_ATOM != 0) return npu_refuse(d, base, "not a multiple of 16");
    planes->steps[way] = plane + notch;
    return npu_find(d, base, start, plane + (count - 1) * planes->steps[way], &planes->extents[way]);
}

/* A convolution's operand: even surfaces come through MRDMA, odd ones through ERDMA (Mesa's fused ADD). */
static int decode_combined(const npu_decoder *d, const npu_dpu *dpu, npu_rdma *rdma) {
    uint32_t surfaces = dpu->channels / NPU_ATOM;
    uint32_t stride = NPU_VALUE(d, DPU_RDMA_EW_SURF_STRIDE);
    if (stride < 12 * NPU_ATOM && d->config->facts[NPU_FACT_EW_SMALL_PLANES] == NPU_EW_SMALL_PLANES_REFUSED) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_EW_SURF_STRIDE, "planes under 12 atoms are not known");
    }
    if (stride == 0) return npu_refuse(d, NPU_REG_DPU_RDMA_EW_SURF_STRIDE, "0: the operand's address would not advance");
    rdma->operand.ways = 2;
    uint32_t even = NPU_VALUE(d, DPU_RDMA_SURF_NOTCH), odd = NPU_VALUE(d, DPU_RDMA_EW_SURF_NOTCH);
    if (find_planes(d, NPU_REG_DPU_RDMA_SRC_BASE_ADDR, even, (surfaces + 1) / 2, dpu, &rdma->operand, 0) != 0) return -1;
    return find_planes(d, NPU_REG_DPU_RDMA_EW_BASE_ADDR, odd, surfaces / 2, dpu, &rdma->operand, 1);
}

static int decode_flying(const npu_decoder *d, const npu_dpu *dpu, npu_rdma *rdma) {
    uint32_t surfaces = dpu->channels / NPU_ATOM;
    rdma->main.ways = 1;
    uint32_t notch = NPU_VALUE(d, DPU_RDMA_SURF_NOTCH);
    if (find_planes(d, NPU_REG_DPU_RDMA_SRC_BASE_ADDR, notch, surfaces, dpu, &rdma->main, 0) != 0) return -1;
    if (dpu->ew.source != NPU_EW_PLANE) return 0;
    rdma->operand.ways = 1;
    notch = NPU_VALUE(d, DPU_RDMA_EW_SURF_NOTCH);
    return find_planes(d, NPU_REG_DPU_RDMA_EW_BASE_ADDR, notch, surfaces, dpu, &rdma->operand, 0);
}

/* One number for each channel, one after the other. TRM: the surface stride is 1 then. */
static int decode_channels(const npu_decoder *d, const npu_dpu *dpu, npu_rdma *rdma) {
    if (dpu->ew.source != NPU_EW_CHANNEL) return 0;
    int64_t base = NPU_VALUE(d, DPU_RDMA_EW_BASE_ADDR);
    if (base % NPU_ATOM != 0) return npu_refuse(d, NPU_REG_DPU_RDMA_EW_BASE_ADDR, "not a multiple of 16");
    if (NPU_FIELD(d, DPU_RDMA_EW_SURF_STRIDE, EW_SURF_STRIDE) != 1) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_EW_SURF_STRIDE, "not 1 with an operand for each channel");
    }
    return npu_find(d, NPU_REG_DPU_RDMA_EW_BASE_ADDR, base, (int64_t)dpu->channels * dpu->ew.channel_bytes, &rdma->channels);
}

static int decode_planes(const npu_decoder *d, const npu_dpu *dpu, npu_rdma *rdma) {
    bool operand = dpu->ew.source == NPU_EW_PLANE, channels = dpu->ew.source == NPU_EW_CHANNEL;
    uint32_t erdma = NPU_VALUE(d, DPU_RDMA_ERDMA_CFG);
    uint32_t size = dpu->ew.channel_bytes << NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DATA_SIZE_SHIFT;
    uint32_t wanted = operand ? 0x40000004u : channels ? size : 1u;
    if (erdma != wanted) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_ERDMA_CFG, "EW takes %s: only 0x%08" PRIx32 " is modelled",
                          operand ? "an operand" : channels ? "an operand for each channel" : "no operand from memory", wanted);
    }
    if (decode_channels(d, dpu, rdma) != 0) return -1;
    bool combined = operand && !dpu->flying;
    uint32_t burst = NPU_DPU_RDMA_FEATURE_MODE_CFG_BURST_LEN_MASK << NPU_DPU_RDMA_FEATURE_MODE_CFG_BURST_LEN_SHIFT;
    uint32_t mode = (dpu->flying ? 1u : 0u) | (dpu->depthwise ? 3u : 0u) << NPU_DPU_RDMA_FEATURE_MODE_CFG_CONV_MODE_SHIFT |
                    (combined ? 5u : 0u) << NPU_DPU_RDMA_FEATURE_MODE_CFG_COMB_USE_SHIFT |
                    (dpu->flying || combined ? 0u : 1u) << NPU_DPU_RDMA_FEATURE_MODE_CFG_MRDMA_DISABLE_SHIFT;
    if ((NPU_VALUE(d, DPU_RDMA_FEATURE_MODE_CFG) & ~burst) != mode) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_FEATURE_MODE_CFG, "not modelled here (only 0x%08" PRIx32 " and a burst length)",
                          mode);
    }
    if (dpu->flying) return decode_flying(d, dpu, rdma);
    return combined ? decode_combined(d, dpu, rdma) : 0;
}

int npu_rdma_decode(const npu_decoder *d, bool enabled, const npu_dpu *dpu, npu_rdma *rdma) {
    memset(rdma, 0, sizeof *rdma);
    if (!enabled) {
        if (needed_by(&dpu->bs) != 0) {
            return npu_refuse(d, NPU_REG_DPU_BS_CFG, "an operand from memory, but the task does not start DPU_RDMA");
        }
        if (needed_by(&dpu->bn) != 0) {
            return npu_refuse(d, NPU_REG_DPU_BN_CFG, "an operand from memory, but the task does not start DPU_RDMA");
        }
        if (dpu->offset_memory) {
            return npu_refuse(d, NPU_REG_DPU_BS_OW_CFG, "an operand from memory, but the task does not start DPU_RDMA");
        }
        if (dpu->ew.source != NPU_EW_PLANE && dpu->ew.source != NPU_EW_CHANNEL) return 0;
        return npu_refuse(d, NPU_REG_DPU_EW_CFG, "an operand from memory, but the task does not start DPU_RDMA");
    }
    if (NPU_VALUE(d, DPU_RDMA_DATA_CUBE_WIDTH) + 1 != dpu->width) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_DATA_CUBE_WIDTH, "differs from the DPU's: not modelled");
    }
    if (NPU_VALUE(d, DPU_RDMA_DATA_CUBE_HEIGHT) + 1 != dpu->height) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_DATA_CUBE_HEIGHT, "differs from the DPU's: not modelled");
    }
    if (NPU_VALUE(d, DPU_RDMA_DATA_CUBE_CHANNEL) + 1 != dpu->channels) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_DATA_CUBE_CHANNEL, "differs from the DPU's: not modelled");
    }
    if (NPU_FIELD(d, DPU_RDMA_SRC_DMA_CFG, LINE_NOTCH_ADDR) != 0) {
        return npu_refuse(d, NPU_REG_DPU_RDMA_SRC_DMA_CFG,
                          "LINE_NOTCH_ADDR: rows apart in the source (bilinear resizes, transposes) are not modelled");
    }
    if (npu_expect(d, NPU_REG_DPU_RDMA_SRC_DMA_CFG, 0) != 0 || npu_expect(d, NPU_REG_DPU_RDMA_PAD_CFG, 0) != 0) return -1;
    return decode_operands(d, dpu, rdma) != 0 ? -1 : decode_planes(d, dpu, rdma);
}

static const uint8_t *group_of(const npu_operands *operands, uint32_t channel) {
    return operands->extent.data + (size_t)(channel / GROUP_CHANNELS) * operands->group_bytes;
}

int32_t npu_operands_add(const npu_operands *operands, uint32_t channel) {
    if (operands->add_at < 0) return 0;
    const uint8_t *at = group_of(operands, channel) + operands->add_at + channel % GROUP_CHANNELS * 4;
    return (int32_t)(at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
}

static int16_t read16(const npu_operands *operands, int place, uint32_t channel) {
    if (place < 0) return 0;
    const uint8_t *at = group_of(operands, channel) + place + channel % GROUP_CHANNELS * 2;
    return (int16_t)(at[0] | (unsigned)at[1] << 8);
}

int16_t npu_operands_offset(const npu_operands *operands, uint32_t channel) {
    return read16(operands, operands->offset_at, channel);
}

int16_t npu_operands_mul(const npu_operands *operands, uint32_t channel) { return read16(operands, operands->mul_at, channel); }

int16_t npu_operands_shift(const npu_operands *operands, uint32_t channel) {
    if (operands->shift_bytes == 2) return read16(operands, operands->shift_at, channel);
    if (operands->shift_at < 0) return 0;
    return (int8_t)group_of(operands, channel)[operands->shift_at + (int)(channel % GROUP_CHANNELS)];
}

const uint8_t *npu_planes_surface(const npu_planes *planes, uint32_t surface) {
    uint32_t way = surface % planes->ways;
    return planes->extents[way].data + surface / planes->ways * planes->steps[way];
}

/* RK3576 boards: a multiplier of 0 gates off its group of 8 channels. Nothing is known of the RK3588. */
static int check_multipliers(const npu_decoder *d, enum npu_register base, const npu_dpu *dpu, const npu_operands *operands) {
    uint32_t channels = (dpu->real + GROUP_CHANNELS - 1) / GROUP_CHANNELS * GROUP_CHANNELS;
    for (uint32_t c = 0; c < channels; c++) {
        if (npu_operands_mul(operands, c) == 0) return npu_refuse(d, base, "channel %" PRIu32 " has the multiplier 0", c);
    }
    return 0;
}

static int check_shifts(const npu_decoder *d, enum npu_register base, const npu_dpu *dpu, const npu_operands *operands) {
    for (uint32_t c = 0; c < dpu->real; c++) {
        int16_t shift = npu_operands_shift(operands, c);
        if (shift < 0 || shift > 63) return npu_refuse(d, base, "channel %" PRIu32 " has the shift %d", c, shift);
    }
    return 0;
}

int npu_rdma_check_operands(const npu_decoder *d, const npu_dpu *dpu, const npu_rdma *rdma) {
    if (dpu->bs.shift_memory && check_shifts(d, NPU_REG_DPU_RDMA_BS_BASE_ADDR, dpu, &rdma->bs) != 0) return -1;
    if (dpu->bn.shift_memory && check_shifts(d, NPU_REG_DPU_RDMA_BN_BASE_ADDR, dpu, &rdma->bn) != 0) return -1;
    if (d->config->facts[NPU_FACT_ZERO_MULTIPLIER] != NPU_ZERO_MULTIPLIER_ERROR) return 0;
    if (dpu->bs.mul && dpu->bs.mul_memory && check_multipliers(d, NPU_REG_DPU_RDMA_BS_BASE_ADDR, dpu, &rdma->bs) != 0) return -1;
    if (dpu->bn.mul && dpu->bn.mul_memory) return check_multipliers(d, NPU_REG_DPU_RDMA_BN_BASE_ADDR, dpu, &rdma->bn);
    return 0;
}

static int32_t channel_operand(const npu_rdma *rdma, const npu_ew_stage *ew, uint32_t channel) {
    if (ew->source == NPU_EW_REGISTER) return ew->scalar;
    const uint8_t *at = rdma->channels.data + (size_t)channel * ew->channel_bytes;
    return ew->channel_bytes == 1 ? (int8_t)at[0] : (int16_t)(at[0] | (unsigned)at[1] << 8);
}

void npu_rdma_lanes(const npu_rdma *rdma, const npu_dpu *dpu, uint32_t surface, npu_lanes *lanes) {
    memset(lanes, 0, sizeof *lanes);
    for (uint32_t lane = 0; lane < NPU_ATOM; lane++) {
        uint32_t c = surface * NPU_ATOM + lane;
        lanes->bs_add[lane] = dpu->bs.add_memory ? npu_operands_add(&rdma->bs, c) : dpu->bs.add_scalar;
        lanes->bs_mul[lane] = dpu->bs.mul_memory ? npu_operands_mul(&rdma->bs, c) : dpu->bs.mul_scalar;
        lanes->bn_add[lane] = dpu->bn.add_memory ? npu_operands_add(&rdma->bn, c) : dpu->bn.add_scalar;
        lanes->bn_mul[lane] = dpu->bn.mul_memory ? npu_operands_mul(&rdma->bn, c) : dpu->bn.mul_scalar;
    }
    if (dpu->bs.shift_memory || dpu->bn.shift_memory) {
        for (uint32_t lane = 0; lane < NPU_ATOM; lane++) {
            uint32_t c = surface * NPU_ATOM + lane;
            lanes->bs_shift[lane] = dpu->bs.shift_memory ? (uint8_t)npu_operands_shift(&rdma->bs, c) : 0;
            lanes->bn_shift[lane] = dpu->bn.shift_memory ? (uint8_t)npu_operands_shift(&rdma->bn, c) : 0;
        }
    }
    if (dpu->ew.source == NPU_EW_NOTHING || dpu->ew.source == NPU_EW_PLANE) return;
    for (uint32_t lane = 0; lane < NPU_ATOM; lane++) {
        lanes->ew[lane] = channel_operand(rdma, &dpu->ew, surface * NPU_ATOM + lane);
    }
}
