/* Random settings of the DPU and its readers. */
#include <string.h>

#include "random_task.h"

static uint32_t either(random_state *r, uint32_t a, uint32_t b) { return random_chance(r, 2) ? a : b; }

/* A number of about so many bits. */
static int32_t some_number(random_state *r, int32_t bits) {
    if (random_chance(r, 8)) bits = (int32_t)random_below(r, 32);
    if (bits > 31) bits = 31;
    return bits <= 0 ? random_between(r, -1, 1) : (int32_t)random_word(r) >> (31 - bits);
}

/* A shift that brings `bits` bits to `wanted`, or sometimes any. */
static uint32_t some_shift(random_state *r, int32_t bits, int32_t wanted) {
    int32_t shift = random_chance(r, 8) ? random_between(r, 0, 40) : bits - wanted;
    return shift < 0 ? 0 : (uint32_t)shift;
}

/* BS or BN; both have the same fields. Returns what it takes from memory: 1 addend, 4 multiplier, 8 shift. */
static uint32_t scale_stage(random_state *r, uint32_t *values, enum npu_register cfg, enum npu_register alu,
                            enum npu_register mul, enum npu_register limit, unsigned negative_at, int32_t *bits,
                            bool product_units) {
    uint32_t use = 0;
    if (random_chance(r, 4)) {
        values[cfg] = 1;
        return 0;
    }
    uint32_t word = either(r, 2, 4) << NPU_DPU_BS_CFG_BS_ALU_ALGO_SHIFT;
    if (random_chance(r, 4)) word |= 1u << NPU_DPU_BS_CFG_BS_ALU_BYPASS_SHIFT;
    else if (random_chance(r, 2)) word |= 1u << NPU_DPU_BS_CFG_BS_ALU_SRC_SHIFT, use |= 1;
    /* BN adds to the product. */
    values[alu] = (uint32_t)some_number(r, *bits + (product_units && random_chance(r, 2) ? 14 : 0));
    if (random_chance(r, 3)) {
        word |= 1u << NPU_DPU_BS_CFG_BS_MUL_BYPASS_SHIFT;
    } else {
        int32_t wanted = random_between(r, 6, 18);
        uint32_t shift = some_shift(r, *bits + 14, wanted), negative = shift;
        if (random_chance(r, 6)) negative = some_shift(r, *bits + 14, wanted);
        if (random_chance(r, 6)) word |= 1u << NPU_DPU_BS_CFG_BS_MUL_PRELU_SHIFT;
        values[mul] = random_word(r) << NPU_DPU_BS_MUL_CFG_BS_MUL_OPERAND_SHIFT |
                      shift << NPU_DPU_BS_MUL_CFG_BS_MUL_SHIFT_VALUE_SHIFT;
        if (random_chance(r, 2)) values[mul] |= 1, use |= 4;
        if (random_chance(r, 8)) values[mul] |= 2, use |= 8;
        values[NPU_REG_DPU_DATA_FORMAT] |= negative << negative_at;
        *bits = *bits + 14 - (int32_t)shift;
    }
    if (random_chance(r, 2)) word |= 1u << NPU_DPU_BS_CFG_BS_RELU_BYPASS_SHIFT;
    else if (random_chance(r, 2)) word |= 1u << NPU_DPU_BS_CFG_BS_RELUX_EN_SHIFT;
    values[limit] = (uint32_t)some_number(r, *bits + 1) & 0x7fffffff;
    values[cfg] = word;
    return use;
}

/* Operand groups in memory: addends of so many bits, weight offsets of a byte; with shifts, which are 0 to 63, all is small. */
static uint32_t operand_region(random_state *r, random_program *program, uint32_t channels, uint32_t use, int32_t bits) {
    size_t group = ((use & 1) != 0 ? 32u : 0u) + ((use & 2) != 0 ? 16u : 0u) + ((use & 4) != 0 ? 16u : 0u);
    uint32_t at = random_region(r, program, (size_t)channels / 8 * 80, random_chance(r, 2) ? NPU_REGION_CONSTANT : 0);
    npu_region *region = &program->regions[program->region_count - 1];
    for (size_t i = 0; i < region->size && (use & 8) != 0; i++) region->data[i] = i % 2 == 0 ? region->data[i] & 31 : 0;
    for (size_t start = 0; start + group <= region->size && (use & 8) == 0 && group > 0; start += group) {
        uint8_t *to = region->data + start;
        for (int i = 0; i < 8 && (use & 1) != 0; i++, to += 4) {
            int32_t number = some_number(r, bits);
            memcpy(to, &number, 4);
        }
        for (int i = 0; i < 8 && (use & 2) != 0; i++, to += 2) to[1] = to[0] > 127 ? 255 : 0;
    }
    /* Under another packing a weight offset would be any 16 bits of these. */
    for (size_t i = 1; i < region->size && (use & 2) != 0; i += 2) region->data[i] = region->data[i - 1] > 127 ? 255 : 0;
    return at;
}

static void ew_stage(random_state *r, const random_output *out, random_program *program, uint32_t *values, int32_t *bits) {
    enum { NOTHING, PLANE, CHANNEL, REGISTER } source = (int)random_below(r, 4);
    static const uint8_t algorithms[] = {0, 1, 2, 4, 5, 6};
    uint32_t algorithm = algorithms[random_below(r, source == NOTHING ? 6 : 4)];
    bool multiply = source != NOTHING && random_chance(r, 4);
    if (source == NOTHING && algorithm < 5) PUT(DPU_EW_CFG, EW_OP_BYPASS, 1);
    PUT(DPU_EW_CFG, EW_LUT_BYPASS, 1);
    PUT(DPU_EW_CFG, EW_ALU_ALGO, algorithm);
    PUT(DPU_EW_CFG, EW_OP_TYPE, multiply);
    PUT(DPU_EW_CFG, EW_MUL_PRELU, multiply && random_chance(r, 3));
    PUT(DPU_EW_CFG, EW_OP_SRC, source == PLANE || source == CHANNEL);
    PUT(DPU_EW_CFG, EW_RELU_BYPASS, random_chance(r, 2));
    bool relu = (values[NPU_REG_DPU_EW_CFG] >> NPU_DPU_EW_CFG_EW_RELU_BYPASS_SHIFT & 1) == 0;
    PUT(DPU_EW_CFG, EW_RELUX_EN, relu && random_chance(r, 3));
    values[NPU_REG_DPU_EW_RELUX_CMP_VALUE] = (uint32_t)some_number(r, *bits + 1) & 0x7fffffff;
    PUT(DPU_EW_CFG, EW_OP_CVT_BYPASS, random_chance(r, 3));
    PUT(DPU_EW_CFG, EW_CVT_TYPE, random_below(r, 2));
    PUT(DPU_EW_CFG, EW_CVT_ROUND, random_below(r, 2));
    values[NPU_REG_DPU_EW_CVT_OFFSET_VALUE] = (uint32_t)random_between(r, -300, 300);
    values[NPU_REG_DPU_EW_CVT_SCALE_VALUE] = random_below(r, 0x10000);
    PUT(DPU_EW_CVT_SCALE_VALUE, EW_OP_CVT_SHIFT, some_shift(r, 22, *bits));
    if (multiply) {
        uint32_t shift = some_shift(r, 2 * *bits, *bits);
        PUT(DPU_EW_CVT_SCALE_VALUE, EW_TRUNCATE, shift);
        PUT(DPU_DATA_FORMAT, EW_TRUNCATE_NEG, random_chance(r, 4) ? shift / 2 : shift);
    }
    for (int reg = NPU_REG_DPU_EW_OP_VALUE_0, value = some_number(r, *bits); reg <= NPU_REG_DPU_EW_OP_VALUE_7; reg++) {
        values[reg] = (uint32_t)value;
    }
    values[NPU_REG_DPU_RDMA_ERDMA_CFG] = 1;
    size_t plane = (size_t)out->width * out->height * 16;
    uint32_t surfaces = out->channels / 16, notch = random_below(r, 4) * 16;
    if (source == CHANNEL) {
        uint32_t size = 1 + random_below(r, 2);
        PUT(DPU_EW_CFG, EDATA_SIZE, size);
        values[NPU_REG_DPU_RDMA_ERDMA_CFG] = size << NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DATA_SIZE_SHIFT;
        values[NPU_REG_DPU_RDMA_EW_BASE_ADDR] = random_region(r, program, (size_t)out->channels * size, 0);
        values[NPU_REG_DPU_RDMA_EW_SURF_STRIDE] = 1u << NPU_DPU_RDMA_EW_SURF_STRIDE_EW_SURF_STRIDE_SHIFT;
    }
    if (source != PLANE) return;
    PUT(DPU_EW_CFG, EDATA_SIZE, 1);
    PUT(DPU_EW_CFG, EW_DATA_MODE, 1);
    values[NPU_REG_DPU_RDMA_ERDMA_CFG] = 0x40000004u;
    values[NPU_REG_DPU_RDMA_EW_SURF_NOTCH] = notch;
    values[NPU_REG_DPU_RDMA_EW_SURF_STRIDE] = (uint32_t)plane;
    uint32_t base = random_region(r, program, (plane + notch) * surfaces + plane, 0);
    values[NPU_REG_DPU_RDMA_EW_BASE_ADDR] = base;
    if (out->flying) return;
    /* A convolution's operand comes in two ways: even surfaces, odd surfaces. */
    values[NPU_REG_DPU_RDMA_SRC_BASE_ADDR] = base;
    values[NPU_REG_DPU_RDMA_EW_BASE_ADDR] = base + (uint32_t)plane;
    values[NPU_REG_DPU_RDMA_SURF_NOTCH] = values[NPU_REG_DPU_RDMA_EW_SURF_NOTCH] = (uint32_t)plane;
    PUT(DPU_RDMA_FEATURE_MODE_CFG, COMB_USE, 5);
}

static void lut_stage(random_state *r, uint32_t *values) {
    values[NPU_REG_DPU_EW_CFG] &= ~((uint32_t)NPU_DPU_EW_CFG_EW_LUT_BYPASS_MASK << NPU_DPU_EW_CFG_EW_LUT_BYPASS_SHIFT);
    uint32_t low = random_below(r, 8), high = random_below(r, 8);
    int32_t middle = random_between(r, -100, 100);
    PUT(DPU_LUT_CFG, LUT_LO_LE_MUX, 2);
    PUT(DPU_LUT_CFG, LUT_UFLOW_PRIORITY, random_below(r, 2));
    PUT(DPU_LUT_CFG, LUT_OFLOW_PRIORITY, random_below(r, 2));
    PUT(DPU_LUT_CFG, LUT_HYBRID_PRIORITY, random_below(r, 2));
    PUT(DPU_LUT_INFO, LUT_LE_INDEX_SELECT, low);
    PUT(DPU_LUT_INFO, LUT_LO_INDEX_SELECT, high);
    values[NPU_REG_DPU_LUT_LE_START] = (uint32_t)(middle - (512 << low));
    values[NPU_REG_DPU_LUT_LE_END] = (uint32_t)middle;
    middle += random_between(r, -20, 20);
    values[NPU_REG_DPU_LUT_LO_START] = (uint32_t)middle;
    values[NPU_REG_DPU_LUT_LO_END] = (uint32_t)(middle + (512 << high));
    values[NPU_REG_DPU_LUT_LE_SLOPE_SCALE] = random_word(r);
    values[NPU_REG_DPU_LUT_LO_SLOPE_SCALE] = random_word(r);
    values[NPU_REG_DPU_LUT_LE_SLOPE_SHIFT] = random_below(r, 1024);
    values[NPU_REG_DPU_LUT_LO_SLOPE_SHIFT] = random_below(r, 1024);
}

static void readers(random_state *r, const random_output *out, random_program *program, uint32_t *values, uint32_t bs,
                    uint32_t bn) {
    values[NPU_REG_DPU_RDMA_DATA_CUBE_WIDTH] = out->width - 1;
    values[NPU_REG_DPU_RDMA_DATA_CUBE_HEIGHT] = out->height - 1;
    values[NPU_REG_DPU_RDMA_DATA_CUBE_CHANNEL] = out->channels - 1;
    PUT(DPU_RDMA_BRDMA_CFG, BRDMA_DATA_USE, bs);
    PUT(DPU_RDMA_NRDMA_CFG, NRDMA_DATA_USE, bn);
    if (bs != 0) values[NPU_REG_DPU_RDMA_BS_BASE_ADDR] = operand_region(r, program, out->channels, bs, out->bits);
    if (bn != 0) values[NPU_REG_DPU_RDMA_BN_BASE_ADDR] = operand_region(r, program, out->channels, bn, random_chance(r, 2) ? 12 : 26);
    PUT(DPU_RDMA_FEATURE_MODE_CFG, BURST_LEN, 15);
    PUT(DPU_RDMA_FEATURE_MODE_CFG, CONV_MODE, out->depthwise ? 3 : 0);
    if (out->flying) {
        size_t plane = (size_t)out->width * out->height * 16;
        uint32_t notch = random_below(r, 3) * 16;
        PUT(DPU_RDMA_FEATURE_MODE_CFG, FLYING_MODE, 1);
        values[NPU_REG_DPU_RDMA_SURF_NOTCH] = notch;
        values[NPU_REG_DPU_RDMA_SRC_BASE_ADDR] = random_region(r, program, (plane + notch) * out->channels / 16, 0);
    } else if ((values[NPU_REG_DPU_RDMA_FEATURE_MODE_CFG] >> NPU_DPU_RDMA_FEATURE_MODE_CFG_COMB_USE_SHIFT & 7) == 0) {
        PUT(DPU_RDMA_FEATURE_MODE_CFG, MRDMA_DISABLE, 1);
    }
}

void random_stages(random_state *r, const random_output *out, random_program *program, uint32_t *values,
                   random_counts *counts) {
    int32_t bits = out->bits;
    uint32_t bs = scale_stage(r, values, NPU_REG_DPU_BS_CFG, NPU_REG_DPU_BS_ALU_CFG, NPU_REG_DPU_BS_MUL_CFG,
                              NPU_REG_DPU_BS_RELUX_CMP_VALUE, NPU_DPU_DATA_FORMAT_BS_MUL_SHIFT_VALUE_NEG_SHIFT, &bits,
                              false);
    uint32_t bn = scale_stage(r, values, NPU_REG_DPU_BN_CFG, NPU_REG_DPU_BN_ALU_CFG, NPU_REG_DPU_BN_MUL_CFG,
                              NPU_REG_DPU_BN_RELUX_CMP_VALUE, NPU_DPU_DATA_FORMAT_BN_MUL_SHIFT_VALUE_NEG_SHIFT, &bits,
                              true);
    uint32_t size = out->depthwise ? 3 : out->flying && random_chance(r, 2) ? 0 : 1;
    values[NPU_REG_DPU_SURFACE_ADD] = values[NPU_REG_DPU_DST_SURF_STRIDE] * (size + 1);
    PUT(DPU_BS_OW_CFG, SIZE_E_0, size);
    PUT(DPU_BS_OW_CFG, SIZE_E_1, size);
    PUT(DPU_BS_OW_CFG, SIZE_E_2, size);
    if (random_chance(r, 4)) PUT(DPU_BS_OW_CFG, OD_BYPASS, 1);
    else if (!out->flying && random_chance(r, 4) && (bs & 8) == 0) PUT(DPU_BS_OW_CFG, OW_SRC, 1), bs |= 2;
    PUT(DPU_BS_OW_OP, OW_OP, random_between(r, -128, 255));
    if (random_chance(r, 2)) {
        counts->ew++;
        ew_stage(r, out, program, values, &bits);
    } else {
        values[NPU_REG_DPU_EW_CFG] = 0x383;
        values[NPU_REG_DPU_RDMA_ERDMA_CFG] = 1;
    }
    if ((values[NPU_REG_DPU_EW_CFG] & 1) == 0 && random_chance(r, 6)) {
        counts->lut++;
        lut_stage(r, values);
        bits = 14;
    }
    values[NPU_REG_DPU_OUT_CVT_OFFSET] = (uint32_t)random_between(r, -128, 127);
    PUT(DPU_OUT_CVT_SCALE, OUT_CVT_SCALE, random_word(r));
    PUT(DPU_OUT_CVT_SHIFT, OUT_CVT_SHIFT, some_shift(r, bits + 14, random_between(r, 5, 7)));
    PUT(DPU_OUT_CVT_SHIFT, CVT_ROUND, random_below(r, 2));
    PUT(DPU_OUT_CVT_SHIFT, CVT_TYPE, random_below(r, 2));
    readers(r, out, program, values, bs, bn);
}
