/* The DPU's arithmetic, one value at a time: the reference that the vector kernels must equal. */
#include <string.h>

#include "dpu.h"

static int32_t scale_stage(const npu_scale_stage *stage, int32_t add, int16_t mul, unsigned memory_shift, int32_t value) {
    int64_t addend = stage->add * (int64_t)add;
    if (!stage->mul_first) value = npu_saturate32(value + addend);
    if (stage->limited && stage->limit_first && value > stage->limit) value = stage->limit;
    if (stage->mul) {
        bool passes = stage->prelu && value >= 0;
        int64_t product = passes ? value : (int64_t)value * mul;
        if (stage->product32) product = npu_saturate32(product);
        if (stage->mul_first) product += addend;
        if (stage->product32) product = npu_saturate32(product);
        unsigned shift = product < 0 ? stage->shift_negative : stage->shift;
        if (stage->shift_memory) shift = memory_shift;
        if (passes && !stage->prelu_shifts) shift = 0;
        value = npu_saturate32(npu_shift_round(product, shift, stage->rounding));
    }
    if (stage->relu && value < 0) value = 0;
    if (stage->limited && !stage->limit_first && value > stage->limit) value = stage->limit;
    return value;
}

int32_t npu_ew_operand(const npu_ew_stage *ew, int32_t operand) {
    int64_t value = ew->operand_zero ? 0 : operand;
    if (!ew->convert) return (int32_t)value;
    if (ew->add_first) return npu_saturate32(npu_shift_round((value + ew->offset) * ew->scale, ew->shift, ew->rounding));
    return npu_saturate32(npu_shift_round(value * ew->scale, ew->shift, ew->rounding) + ew->offset);
}

static int32_t multiply(const npu_ew_stage *ew, int32_t value, int32_t second) {
    bool passes = ew->prelu && value >= 0;
    int64_t product = passes ? value : (int64_t)value * second;
    if (ew->product32) product = npu_saturate32(product);
    unsigned shift = product < 0 ? ew->product_shift_negative : ew->product_shift;
    if (passes && !ew->prelu_shifts) shift = 0;
    return npu_saturate32(npu_shift_round(product, shift, ew->product_rounding));
}

/* `before_bn` and `value` choose the LUT's table. */
static int32_t ew_stage(const npu_ew_stage *ew, int32_t before_bn, int32_t value, int32_t operand) {
    int32_t sign = ew->lut.by_sign_before_bn ? before_bn : value;
    if (ew->lut.tables != NULL && !ew->lut_last) value = npu_lut_value(&ew->lut, sign, value);
    int32_t second = ew->source == NPU_EW_NOTHING ? 0 : npu_ew_operand(ew, operand);
    switch (ew->operation) {
    case NPU_EW_NONE: break;
    case NPU_EW_MAX: value = value > second ? value : second; break;
    case NPU_EW_MIN: value = value < second ? value : second; break;
    case NPU_EW_ADD: value = npu_saturate32((int64_t)value + second); break;
    case NPU_EW_SUBTRACT: value = npu_saturate32((int64_t)value - second); break;
    case NPU_EW_ABS: value = value < 0 ? npu_saturate32(-(int64_t)value) : value; break;
    case NPU_EW_NEGATE: value = npu_saturate32(-(int64_t)value); break;
    case NPU_EW_MULTIPLY: value = multiply(ew, value, second); break;
    }
    if (ew->lut.tables != NULL && ew->lut_last) value = npu_lut_value(&ew->lut, sign, value);
    if (ew->relu && value < 0) value = 0;
    if (ew->limited && value > ew->limit) value = ew->limit;
    return value;
}

static int8_t out_stage(const npu_out_stage *out, int32_t value) {
    if (out->add_first) {
        return npu_saturate8(npu_shift_round(((int64_t)value + out->offset) * out->scale, out->shift, out->rounding));
    }
    return npu_saturate8(npu_shift_round((int64_t)value * out->scale, out->shift, out->rounding) + out->offset);
}

int8_t npu_dpu_value(const npu_dpu *dpu, const npu_lanes *lanes, uint32_t lane, int32_t value, int8_t operand) {
    int32_t first = scale_stage(&dpu->bs, lanes->bs_add[lane], lanes->bs_mul[lane], lanes->bs_shift[lane], value);
    value = scale_stage(&dpu->bn, lanes->bn_add[lane], lanes->bn_mul[lane], lanes->bn_shift[lane], first);
    int32_t second = dpu->ew.source == NPU_EW_PLANE ? operand : lanes->ew[lane];
    return out_stage(&dpu->out, ew_stage(&dpu->ew, first, value, second));
}

static uint8_t *atom_at(const npu_dpu *dpu, uint32_t surface, size_t position) {
    return dpu->output.data + surface * dpu->surface_bytes + (int64_t)(position / dpu->width) * dpu->row_bytes +
           (int64_t)(position % dpu->width) * NPU_ATOM;
}

void npu_dpu_write(const npu_dpu *dpu, uint32_t surface, size_t first, size_t count, const uint8_t *atoms) {
    uint32_t live = dpu->real - surface * NPU_ATOM;
    if (live > NPU_ATOM) live = NPU_ATOM;
    for (size_t done = 0; done < count;) {
        size_t row = dpu->width - (first + done) % dpu->width;
        if (row > count - done) row = count - done;
        uint8_t *to = atom_at(dpu, surface, first + done);
        const uint8_t *from = atoms + done * NPU_ATOM;
        done += row;
        if (live == NPU_ATOM) {
            memcpy(to, from, row * NPU_ATOM);
            continue;
        }
        for (size_t i = 0; i < row; i++, to += NPU_ATOM, from += NPU_ATOM) {
            memcpy(to, from, live);
            if (dpu->poison) memset(to + live, NPU_POISON, NPU_ATOM - live);
        }
    }
}

void npu_dpu_write_padding(const npu_dpu *dpu, uint32_t surface) {
    for (uint32_t y = 0; y < dpu->height; y++) {
        memset(atom_at(dpu, surface, (size_t)y * dpu->width), NPU_POISON, (size_t)dpu->width * NPU_ATOM);
    }
}
