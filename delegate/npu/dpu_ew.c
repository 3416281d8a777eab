/* EW: the second operand and its converter, the operation, the LUT, ReLU. */
#include <inttypes.h>
#include <string.h>

#include "dpu.h"

static enum npu_rounding ew_rounding(const npu_decoder *d, uint32_t bit) {
    if (bit != 0) return npu_cvt_rounding(d, bit);
    switch (d->config->facts[NPU_FACT_EW_CVT_ROUNDING]) {
    case NPU_EW_CVT_ROUNDING_HALF_UP: return NPU_ROUND_HALF_UP;
    case NPU_EW_CVT_ROUNDING_TRUNCATE: return NPU_ROUND_DOWN;
    default: return NPU_ROUND_HALF_EVEN;
    }
}

static enum npu_rounding product_rounding(const npu_decoder *d) {
    switch (d->config->facts[NPU_FACT_EW_SHIFT_ROUNDING]) {
    case NPU_EW_SHIFT_ROUNDING_HALF_EVEN: return NPU_ROUND_HALF_EVEN;
    case NPU_EW_SHIFT_ROUNDING_HALF_UP: return NPU_ROUND_HALF_UP;
    case NPU_EW_SHIFT_ROUNDING_TRUNCATE: return NPU_ROUND_DOWN;
    default: return NPU_ROUND_HALF_AWAY;
    }
}

/* The operation, from its number or OP_TYPE; multiplication alone has a shift. */
static int decode_operation(const npu_decoder *d, npu_ew_stage *ew) {
    static const enum npu_ew_operation operations[] = {NPU_EW_MAX,      NPU_EW_MIN, NPU_EW_ADD,   NPU_EW_NONE,
                                                       NPU_EW_SUBTRACT, NPU_EW_ABS, NPU_EW_NEGATE};
    uint32_t algorithm = NPU_FIELD(d, DPU_EW_CFG, EW_ALU_ALGO);
    if (NPU_FIELD(d, DPU_EW_CFG, EW_BINARY_EN) != 0 || NPU_FIELD(d, DPU_EW_CFG, EW_EQUAL_EN) != 0) {
        return npu_refuse(d, NPU_REG_DPU_EW_CFG, "EW_BINARY_EN and EW_EQUAL_EN: nobody says what they give");
    }
    ew->product_shift = NPU_FIELD(d, DPU_EW_CVT_SCALE_VALUE, EW_TRUNCATE);
    ew->product_shift_negative = NPU_FIELD(d, DPU_DATA_FORMAT, EW_TRUNCATE_NEG);
    if (NPU_FIELD(d, DPU_EW_CFG, EW_OP_TYPE) != 0) {
        if (ew->product_shift > 62 || ew->product_shift_negative > 62) {
            return npu_refuse(d, NPU_REG_DPU_EW_CVT_SCALE_VALUE, "EW_TRUNCATE over 62 is not modelled");
        }
        ew->operation = NPU_EW_MULTIPLY;
        ew->prelu = NPU_FIELD(d, DPU_EW_CFG, EW_MUL_PRELU) != 0;
        ew->prelu_shifts = d->config->facts[NPU_FACT_PRELU_POSITIVE] == NPU_PRELU_POSITIVE_SHIFTED;
        ew->product_rounding = product_rounding(d);
        ew->product32 = d->config->facts[NPU_FACT_MUL_PRODUCT_WIDTH] == NPU_MUL_PRODUCT_WIDTH_INT32;
        return 0;
    }
    if (algorithm > 6 || algorithm == 3) {
        return npu_refuse(d, NPU_REG_DPU_EW_CFG, "EW_ALU_ALGO %" PRIu32 " is not modelled", algorithm);
    }
    ew->operation = operations[algorithm];
    if (algorithm > 4 && d->config->facts[NPU_FACT_EW_UNARY] == NPU_EW_UNARY_REFUSED) {
        return npu_refuse(d, NPU_REG_DPU_EW_CFG, "EW_ALU_ALGO %" PRIu32 " on integers is not known", algorithm);
    }
    if (NPU_FIELD(d, DPU_EW_CFG, EW_MUL_PRELU) != 0) {
        return npu_refuse(d, NPU_REG_DPU_EW_CFG, "EW_MUL_PRELU without EW_OP_TYPE 1 is not modelled");
    }
    if (ew->product_shift != 0 || ew->product_shift_negative != 0) {
        return npu_refuse(d, NPU_REG_DPU_EW_CVT_SCALE_VALUE, "EW_TRUNCATE is not modelled but for multiplication");
    }
    return 0;
}

/* TRM: eight operands in registers; which value takes which nobody says, so they must be equal. */
static int decode_scalar(const npu_decoder *d, npu_ew_stage *ew) {
    ew->source = NPU_EW_REGISTER;
    ew->scalar = (int32_t)NPU_VALUE(d, DPU_EW_OP_VALUE_0);
    for (int reg = NPU_REG_DPU_EW_OP_VALUE_1; reg <= NPU_REG_DPU_EW_OP_VALUE_7; reg++) {
        if (d->values[reg] != NPU_VALUE(d, DPU_EW_OP_VALUE_0)) {
            return npu_refuse(d, (enum npu_register)reg, "differs from EW_OP_VALUE_0: not modelled");
        }
    }
    return 0;
}

static int decode_source(const npu_decoder *d, bool flying, npu_ew_stage *ew) {
    if (ew->operation == NPU_EW_ABS || ew->operation == NPU_EW_NEGATE) return 0;
    uint32_t size = NPU_FIELD(d, DPU_EW_CFG, EDATA_SIZE), mode = NPU_FIELD(d, DPU_EW_CFG, EW_DATA_MODE);
    if (NPU_FIELD(d, DPU_EW_CFG, EW_OP_SRC) == 0) return decode_scalar(d, ew);
    if (mode == 1 && size == 1) {
        ew->source = NPU_EW_PLANE;
        ew->operand_zero = flying && d->config->facts[NPU_FACT_INT8_FLYING] == NPU_INT8_FLYING_OPERAND_ZERO;
        return 0;
    }
    /* TRM: a mode for channels; measured: the operand's DMA takes 16 bits at most. */
    if (mode != 0 || (size != 1 && size != 2)) {
        return npu_refuse(d, NPU_REG_DPU_EW_CFG,
                          "only an operand of 8 bits for each value, or of 8 or 16 for each channel, is modelled");
    }
    if (d->config->facts[NPU_FACT_EW_CHANNEL_OPERAND] == NPU_EW_CHANNEL_OPERAND_REFUSED) {
        return npu_refuse(d, NPU_REG_DPU_EW_CFG, "an operand for each channel is not known");
    }
    ew->source = NPU_EW_CHANNEL;
    ew->channel_bytes = size;
    return 0;
}

static void decode_converter(const npu_decoder *d, npu_ew_stage *ew) {
    bool as_is = d->config->facts[NPU_FACT_EW_REGISTER_OPERAND] == NPU_EW_REGISTER_OPERAND_AS_IS;
    if (NPU_FIELD(d, DPU_EW_CFG, EW_OP_CVT_BYPASS) != 0 || (ew->source == NPU_EW_REGISTER && as_is)) return;
    ew->convert = true;
    ew->add_first = NPU_FIELD(d, DPU_EW_CFG, EW_CVT_TYPE) != 0;
    ew->offset = (int32_t)NPU_VALUE(d, DPU_EW_CVT_OFFSET_VALUE);
    uint32_t scale = NPU_FIELD(d, DPU_EW_CVT_SCALE_VALUE, EW_OP_CVT_SCALE);
    bool has_sign = d->config->facts[NPU_FACT_EW_CVT_SCALE_SIGN] == NPU_EW_CVT_SCALE_SIGN_SIGNED16;
    ew->scale = has_sign ? (int16_t)scale : (int32_t)scale;
    ew->shift = NPU_FIELD(d, DPU_EW_CVT_SCALE_VALUE, EW_OP_CVT_SHIFT);
    ew->rounding = ew_rounding(d, NPU_FIELD(d, DPU_EW_CFG, EW_CVT_ROUND));
}

int npu_ew_decode(const npu_decoder *d, bool flying, const npu_lut *lut, npu_ew_stage *ew) {
    memset(ew, 0, sizeof *ew);
    if (NPU_FIELD(d, DPU_EW_CFG, EW_BYPASS) != 0) return 0;
    if (NPU_FIELD(d, DPU_EW_CFG, EW_OP_BYPASS) == 0) {
        if (decode_operation(d, ew) != 0 || decode_source(d, flying, ew) != 0) return -1;
        decode_converter(d, ew);
    }
    if (NPU_FIELD(d, DPU_EW_CFG, EW_LUT_BYPASS) == 0 && npu_lut_decode(d, lut, &ew->lut) != 0) return -1;
    ew->lut_last = d->config->facts[NPU_FACT_EW_LUT_ORDER] == NPU_EW_LUT_ORDER_OPERATION_FIRST;
    ew->relu = NPU_FIELD(d, DPU_EW_CFG, EW_RELU_BYPASS) == 0;
    ew->limited = NPU_FIELD(d, DPU_EW_CFG, EW_RELUX_EN) != 0;
    ew->limit = (int32_t)NPU_VALUE(d, DPU_EW_RELUX_CMP_VALUE);
    if (ew->limited && (!ew->relu || ew->limit < 0)) {
        return npu_refuse(d, NPU_REG_DPU_EW_RELUX_CMP_VALUE, "a limit below 0 or without ReLU is not modelled");
    }
    return 0;
}
