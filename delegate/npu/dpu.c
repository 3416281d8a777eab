#include "dpu.h"

#include <inttypes.h>
#include <string.h>

/* BS and BN have the same fields in the same places under two prefixes. */
typedef struct stage_registers {
    enum npu_register cfg, alu, mul, limit;
    unsigned negative_shift; /* in DATA_FORMAT */
    uint8_t rounding;        /* the fact's value */
    bool mul_first;
} stage_registers;

#define STAGE_FIELD(value, field) ((value) >> NPU_DPU_BS_##field##_SHIFT & NPU_DPU_BS_##field##_MASK)

static enum npu_rounding shift_rounding(uint8_t fact) {
    switch (fact) {
    case NPU_BS_SHIFT_ROUNDING_HALF_EVEN: return NPU_ROUND_HALF_EVEN;
    case NPU_BS_SHIFT_ROUNDING_HALF_UP: return NPU_ROUND_HALF_UP;
    case NPU_BS_SHIFT_ROUNDING_TRUNCATE: return NPU_ROUND_DOWN;
    default: return NPU_ROUND_HALF_AWAY;
    }
}

static int decode_scale_stage(const npu_decoder *d, const stage_registers *r, npu_scale_stage *stage) {
    uint32_t cfg = d->values[r->cfg], mul = d->values[r->mul];
    memset(stage, 0, sizeof *stage);
    if (STAGE_FIELD(cfg, CFG_BS_BYPASS) != 0) return 0;
    if (STAGE_FIELD(cfg, CFG_BS_ALU_BYPASS) == 0) {
        uint32_t algorithm = STAGE_FIELD(cfg, CFG_BS_ALU_ALGO);
        if (algorithm != 2 && algorithm != 4) return npu_refuse(d, r->cfg, "ALU_ALGO %" PRIu32 " is not modelled", algorithm);
        stage->add = algorithm == 2 ? 1 : -1;
        stage->add_memory = STAGE_FIELD(cfg, CFG_BS_ALU_SRC) != 0;
        stage->add_scalar = (int32_t)d->values[r->alu];
    }
    stage->shift = STAGE_FIELD(mul, MUL_CFG_BS_MUL_SHIFT_VALUE);
    stage->shift_negative = r->negative_shift;
    if (STAGE_FIELD(cfg, CFG_BS_MUL_BYPASS) == 0) {
        stage->mul = true;
        stage->mul_memory = STAGE_FIELD(mul, MUL_CFG_BS_MUL_SRC) != 0;
        stage->mul_scalar = (int16_t)STAGE_FIELD(mul, MUL_CFG_BS_MUL_OPERAND);
        stage->shift_memory = STAGE_FIELD(mul, MUL_CFG_BS_TRUNCATE_SRC) != 0;
        stage->prelu = STAGE_FIELD(cfg, CFG_BS_MUL_PRELU) != 0;
        stage->prelu_shifts = d->config->facts[NPU_FACT_PRELU_POSITIVE] == NPU_PRELU_POSITIVE_SHIFTED;
    } else if (stage->shift != 0 || stage->shift_negative != 0) {
        return npu_refuse(d, r->mul, "a shift without a multiplier is not modelled");
    }
    stage->mul_first = r->mul_first && stage->mul && stage->add != 0;
    stage->relu = STAGE_FIELD(cfg, CFG_BS_RELU_BYPASS) == 0;
    stage->limited = STAGE_FIELD(cfg, CFG_BS_RELUX_EN) != 0;
    if (stage->limited && !stage->relu) return npu_refuse(d, r->cfg, "RELUX_EN with ReLU bypassed is not modelled");
    stage->limit = (int32_t)d->values[r->limit];
    if (stage->limited && stage->limit < 0) return npu_refuse(d, r->limit, "a limit below 0 is not modelled");
    stage->rounding = shift_rounding(r->rounding);
    stage->product32 = d->config->facts[NPU_FACT_MUL_PRODUCT_WIDTH] == NPU_MUL_PRODUCT_WIDTH_INT32;
    stage->limit_first = d->config->facts[NPU_FACT_RELUX_LIMIT_POSITION] == NPU_RELUX_LIMIT_POSITION_BEFORE_MUL;
    return 0;
}

enum npu_rounding npu_cvt_rounding(const npu_decoder *d, uint32_t bit) {
    if (bit == 0) return NPU_ROUND_HALF_EVEN;
    switch (d->config->facts[NPU_FACT_CVT_ROUND_BIT]) {
    case NPU_CVT_ROUND_BIT_HALF_EVEN: return NPU_ROUND_HALF_EVEN;
    case NPU_CVT_ROUND_BIT_HALF_AWAY: return NPU_ROUND_HALF_AWAY;
    default: return NPU_ROUND_HALF_UP;
    }
}

static int decode_out(const npu_decoder *d, npu_out_stage *out) {
    uint32_t shift = NPU_FIELD(d, DPU_OUT_CVT_SHIFT, OUT_CVT_SHIFT);
    if (shift > 63 || NPU_FIELD(d, DPU_OUT_CVT_SHIFT, MINUS_EXP) != 0) {
        return npu_refuse(d, NPU_REG_DPU_OUT_CVT_SHIFT, "a shift over 63 or MINUS_EXP is not modelled");
    }
    if (NPU_FIELD(d, DPU_OUT_CVT_SCALE, FP32TOFP16_EN) != 0) {
        return npu_refuse(d, NPU_REG_DPU_OUT_CVT_SCALE, "FP32TOFP16_EN is not modelled");
    }
    out->offset = (int32_t)NPU_VALUE(d, DPU_OUT_CVT_OFFSET);
    out->scale = (int16_t)NPU_FIELD(d, DPU_OUT_CVT_SCALE, OUT_CVT_SCALE); /* silicon: signed */
    out->shift = shift;
    out->add_first = NPU_FIELD(d, DPU_OUT_CVT_SHIFT, CVT_TYPE) != 0;
    out->rounding = npu_cvt_rounding(d, NPU_FIELD(d, DPU_OUT_CVT_SHIFT, CVT_ROUND));
    return 0;
}

/* SIZE_E: 3 depthwise, 1 direct; a task without convolution 0, as the vendor has it, or 1. */
static int decode_weight_offset(const npu_decoder *d, npu_dpu *dpu) {
    uint32_t size = dpu->depthwise ? 3 : 1;
    if (dpu->flying && NPU_FIELD(d, DPU_BS_OW_CFG, SIZE_E_0) == 0) size = 0;
    dpu->size_e = size;
    uint32_t low = NPU_DPU_BS_OW_CFG_OW_SRC_MASK | NPU_DPU_BS_OW_CFG_OD_BYPASS_MASK << NPU_DPU_BS_OW_CFG_OD_BYPASS_SHIFT;
    uint32_t sizes = size << NPU_DPU_BS_OW_CFG_SIZE_E_0_SHIFT | size << NPU_DPU_BS_OW_CFG_SIZE_E_1_SHIFT |
                     size << NPU_DPU_BS_OW_CFG_SIZE_E_2_SHIFT;
    if ((NPU_VALUE(d, DPU_BS_OW_CFG) & ~low) != sizes) {
        return npu_refuse(d, NPU_REG_DPU_BS_OW_CFG, "SIZE_E other than %" PRIu32 " is not modelled here", size);
    }
    bool bypass = NPU_FIELD(d, DPU_BS_OW_CFG, OD_BYPASS) != 0;
    dpu->offset_weights = !dpu->flying && !bypass;
    dpu->offset_memory = dpu->offset_weights && NPU_FIELD(d, DPU_BS_OW_CFG, OW_SRC) != 0;
    dpu->weight_offset = dpu->offset_weights ? (int16_t)NPU_FIELD(d, DPU_BS_OW_OP, OW_OP) : 0;
    return 0;
}

static int decode_plane(const npu_decoder *d, npu_dpu *dpu) {
    dpu->width = NPU_FIELD(d, DPU_DATA_CUBE_WIDTH, WIDTH) + 1;
    dpu->height = NPU_FIELD(d, DPU_DATA_CUBE_HEIGHT, HEIGHT) + 1;
    dpu->channels = NPU_FIELD(d, DPU_DATA_CUBE_CHANNEL, CHANNEL) + 1;
    dpu->real = NPU_FIELD(d, DPU_DATA_CUBE_CHANNEL, ORIG_CHANNEL) + 1;
    if (NPU_FIELD(d, DPU_DATA_CUBE_HEIGHT, MINMAX_CTL) != 0) {
        return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_HEIGHT, "MINMAX_CTL is not modelled");
    }
    uint32_t unit = dpu->flying ? NPU_ATOM : dpu->depthwise ? NPU_DEPTHWISE_GROUP : NPU_KERNEL_GROUP;
    if (dpu->channels % unit != 0 || dpu->real > dpu->channels) {
        return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_CHANNEL, "not whole groups of %" PRIu32 " channels, or fewer than the real ones",
                          unit);
    }
    if (NPU_VALUE(d, DPU_WDMA_SIZE_0) != dpu->channels - 1) {
        return npu_refuse(d, NPU_REG_DPU_WDMA_SIZE_0,
                          "differs from DATA_CUBE_CHANNEL: single pixels (bilinear resizes) are not modelled");
    }
    if (NPU_FIELD(d, DPU_WDMA_SIZE_1, WIDTH_WDMA) + 1 != dpu->width ||
        NPU_FIELD(d, DPU_WDMA_SIZE_1, HEIGHT_WDMA) + 1 != dpu->height) {
        return npu_refuse(d, NPU_REG_DPU_WDMA_SIZE_1,
                          "differs from DATA_CUBE_WIDTH and HEIGHT: a part of the cube (bilinear resizes) is not modelled");
    }
    uint32_t notch = NPU_FIELD(d, DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_ADDR_0);
    if (NPU_FIELD(d, DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_ADDR_1) != notch) {
        return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_NOTCH_ADDR, "two different notches are not modelled");
    }
    if (d->config->facts[NPU_FACT_OUTPUT_NOTCH] == NPU_OUTPUT_NOTCH_IGNORED) notch = 0;
    dpu->row_bytes = ((int64_t)dpu->width + notch) * NPU_ATOM;
    dpu->surface_bytes = NPU_VALUE(d, DPU_DST_SURF_STRIDE);
    bool filled = dpu->surface_bytes % (NPU_PLANE_ATOMS * NPU_ATOM) == 0 || dpu->surface_bytes == NPU_ATOM;
    if (!filled && d->config->facts[NPU_FACT_PLANE_ALIGNMENT] == NPU_PLANE_ALIGNMENT_FOUR_ATOMS) {
        return npu_refuse(d, NPU_REG_DPU_DST_SURF_STRIDE, "a plane that is neither one pixel nor a multiple of 4 atoms is not known");
    }
    int64_t step = NPU_VALUE(d, DPU_SURFACE_ADD);
    if (step != dpu->surface_bytes * (dpu->size_e + 1)) {
        return npu_refuse(d, NPU_REG_DPU_SURFACE_ADD, "not %" PRIu32 " times DST_SURF_STRIDE (SIZE_E + 1)", dpu->size_e + 1);
    }
    return 0;
}

/* Surfaces of padding lanes alone may be lost outside every buffer, by fact; `surfaces` counts those that are written. */
static int find_output(const npu_decoder *d, npu_dpu *dpu) {
    int64_t base = NPU_VALUE(d, DPU_DST_BASE_ADDR);
    if (base % NPU_ATOM != 0) return npu_refuse(d, NPU_REG_DPU_DST_BASE_ADDR, "not a multiple of 16");
    int64_t plane = (int64_t)(dpu->height - 1) * dpu->row_bytes + (int64_t)dpu->width * NPU_ATOM;
    uint32_t real = (dpu->real + NPU_ATOM - 1) / NPU_ATOM, all = dpu->channels / NPU_ATOM;
    dpu->poison = d->config->facts[NPU_FACT_PADDING_LANES_WRITTEN] == NPU_PADDING_LANES_WRITTEN_POISON;
    if (all > 1 && dpu->surface_bytes < plane) {
        return npu_refuse(d, NPU_REG_DPU_DST_SURF_STRIDE, "surfaces overlap: one takes %" PRId64 " bytes", plane);
    }
    dpu->surfaces = dpu->poison ? all : real;
    bool may_drop = d->config->facts[NPU_FACT_PADDING_SURFACE_OVERRUN] == NPU_PADDING_SURFACE_OVERRUN_DROPPED;
    while (may_drop && dpu->surfaces > real &&
           npu_memory_find(d->memory, base, (dpu->surfaces - 1) * dpu->surface_bytes + plane, &dpu->output) != 0) {
        dpu->surfaces--;
    }
    int64_t bytes = (dpu->surfaces - 1) * dpu->surface_bytes + plane;
    if (npu_find(d, NPU_REG_DPU_DST_BASE_ADDR, base, bytes, &dpu->output) != 0) return -1;
    if ((dpu->output.flags & NPU_REGION_CONSTANT) != 0) {
        return npu_refuse(d, NPU_REG_DPU_DST_BASE_ADDR, "writes into a constant buffer");
    }
    return 0;
}

/* Forms of the vendor's compiler that are known by name only. */
static int refuse_other_forms(const npu_decoder *d) {
    if (NPU_FIELD(d, DPU_FEATURE_MODE_CFG, TP_EN) != 0) {
        return npu_refuse(d, NPU_REG_DPU_FEATURE_MODE_CFG, "TP_EN: transposes are not modelled");
    }
    if (NPU_FIELD(d, DPU_FEATURE_MODE_CFG, SURF_LEN) != 0) {
        return npu_refuse(d, NPU_REG_DPU_FEATURE_MODE_CFG, "SURF_LEN: transposes by surfaces of some length are not modelled");
    }
    if (NPU_FIELD(d, DPU_FEATURE_MODE_CFG, COMB_USE) != 0) {
        return npu_refuse(d, NPU_REG_DPU_FEATURE_MODE_CFG, "COMB_USE: the fp16 tasks of a softmax are not modelled");
    }
    uint32_t in = NPU_FIELD(d, DPU_DATA_FORMAT, IN_PRECISION), out = NPU_FIELD(d, DPU_DATA_FORMAT, OUT_PRECISION);
    uint32_t inside = NPU_FIELD(d, DPU_DATA_FORMAT, PROC_PRECISION);
    if (in == 2 || out == 2 || inside == 2) {
        return npu_refuse(d, NPU_REG_DPU_DATA_FORMAT,
                          "fp16 (softmax, conversions, partial sums) is not modelled: int8 all round is");
    }
    if (in == 1 || out == 1 || inside == 1) {
        return npu_refuse(d, NPU_REG_DPU_DATA_FORMAT, "16-bit pairs are modelled for unpooling by 2 only");
    }
    if (NPU_FIELD(d, DPU_BS_OW_CFG, SIZE_E_0) == 7) {
        return npu_refuse(d, NPU_REG_DPU_BS_OW_CFG, "SIZE_E 7: eight groups (transposes) are not modelled");
    }
    if (NPU_FIELD(d, DPU_WDMA_SIZE_0, SIZE_C_WDMA) != 0 || NPU_FIELD(d, DPU_WDMA_SIZE_0, TP_PRECISION) != 0) {
        return npu_refuse(d, NPU_REG_DPU_WDMA_SIZE_0, "SIZE_C_WDMA and TP_PRECISION: transposes are not modelled");
    }
    return 0;
}

int npu_dpu_decode(const npu_decoder *d, bool flying, const npu_lut *lut, npu_dpu *dpu) {
    dpu->flying = flying;
    dpu->depthwise = NPU_FIELD(d, DPU_FEATURE_MODE_CFG, CONV_MODE) == 3;
    if (refuse_other_forms(d) != 0) return -1;
    uint32_t burst = NPU_DPU_FEATURE_MODE_CFG_BURST_LEN_MASK << NPU_DPU_FEATURE_MODE_CFG_BURST_LEN_SHIFT;
    uint32_t mode = (flying ? 1u : 0u) | 2u << NPU_DPU_FEATURE_MODE_CFG_OUTPUT_MODE_SHIFT |
                    (dpu->depthwise ? 3u : 0u) << NPU_DPU_FEATURE_MODE_CFG_CONV_MODE_SHIFT;
    if ((NPU_VALUE(d, DPU_FEATURE_MODE_CFG) & ~burst) != mode || (flying && dpu->depthwise)) {
        return npu_refuse(d, NPU_REG_DPU_FEATURE_MODE_CFG, "not modelled (only 0x%08" PRIx32 " and a burst length)", mode);
    }
    uint32_t shifts = NPU_DPU_DATA_FORMAT_BS_MUL_SHIFT_VALUE_NEG_MASK << NPU_DPU_DATA_FORMAT_BS_MUL_SHIFT_VALUE_NEG_SHIFT |
                      NPU_DPU_DATA_FORMAT_BN_MUL_SHIFT_VALUE_NEG_MASK << NPU_DPU_DATA_FORMAT_BN_MUL_SHIFT_VALUE_NEG_SHIFT |
                      NPU_DPU_DATA_FORMAT_EW_TRUNCATE_NEG_MASK << NPU_DPU_DATA_FORMAT_EW_TRUNCATE_NEG_SHIFT;
    if ((NPU_VALUE(d, DPU_DATA_FORMAT) & ~shifts) != 0) {
        return npu_refuse(d, NPU_REG_DPU_DATA_FORMAT, "only int8 and the shifts of negative products are modelled");
    }
    const stage_registers bs = {NPU_REG_DPU_BS_CFG,
                                NPU_REG_DPU_BS_ALU_CFG,
                                NPU_REG_DPU_BS_MUL_CFG,
                                NPU_REG_DPU_BS_RELUX_CMP_VALUE,
                                NPU_FIELD(d, DPU_DATA_FORMAT, BS_MUL_SHIFT_VALUE_NEG),
                                d->config->facts[NPU_FACT_BS_SHIFT_ROUNDING],
                                false};
    const stage_registers bn = {NPU_REG_DPU_BN_CFG,
                                NPU_REG_DPU_BN_ALU_CFG,
                                NPU_REG_DPU_BN_MUL_CFG,
                                NPU_REG_DPU_BN_RELUX_CMP_VALUE,
                                NPU_FIELD(d, DPU_DATA_FORMAT, BN_MUL_SHIFT_VALUE_NEG),
                                d->config->facts[NPU_FACT_BN_SHIFT_ROUNDING],
                                d->config->facts[NPU_FACT_BN_ORDER] == NPU_BN_ORDER_MULTIPLY_ADD};
    if (npu_expect(d, NPU_REG_DPU_OFFSET_PEND, 0) != 0 || npu_expect(d, NPU_REG_DPU_RAW40C4, 0) != 0) return -1;
    if (decode_weight_offset(d, dpu) != 0 || decode_plane(d, dpu) != 0) return -1;
    if (decode_scale_stage(d, &bs, &dpu->bs) != 0 || decode_scale_stage(d, &bn, &dpu->bn) != 0) return -1;
    if (npu_ew_decode(d, flying, lut, &dpu->ew) != 0 || decode_out(d, &dpu->out) != 0) return -1;
    return find_output(d, dpu);
}
