/*
 * Silicon (RK3588, fp16): the tables' size, the port and its contiguous writes, linear interpolation, ranges open at the
 * top. The vendor's compiler: int8 tasks do the same, and the value after BN chooses the table. Inferred: how integers
 * round.
 */
#include "lut.h"

void npu_lut_port_open(npu_lut_port *port, uint32_t access) {
    port->writes = (access >> NPU_DPU_LUT_ACCESS_CFG_LUT_ACCESS_TYPE_SHIFT & NPU_DPU_LUT_ACCESS_CFG_LUT_ACCESS_TYPE_MASK) != 0;
    port->table = access >> NPU_DPU_LUT_ACCESS_CFG_LUT_TABLE_ID_SHIFT & NPU_DPU_LUT_ACCESS_CFG_LUT_TABLE_ID_MASK;
    port->address = access >> NPU_DPU_LUT_ACCESS_CFG_LUT_ADDR_SHIFT & NPU_DPU_LUT_ACCESS_CFG_LUT_ADDR_MASK;
    port->contiguous = true;
}

int npu_lut_port_write(npu_lut_port *port, npu_lut *lut, uint32_t data) {
    if (!port->contiguous || port->address >= NPU_LUT_ENTRIES) return -1;
    lut->entries[port->table][port->address] = (int16_t)data;
    lut->written[port->table][port->address] = true;
    port->address++;
    return 0;
}

static enum npu_rounding lut_rounding(const npu_decoder *d) {
    switch (d->config->facts[NPU_FACT_LUT_ROUNDING]) {
    case NPU_LUT_ROUNDING_HALF_EVEN: return NPU_ROUND_HALF_EVEN;
    case NPU_LUT_ROUNDING_HALF_UP: return NPU_ROUND_HALF_UP;
    case NPU_LUT_ROUNDING_TRUNCATE: return NPU_ROUND_DOWN;
    default: return NPU_ROUND_HALF_AWAY;
    }
}

static int decode_ranges(const npu_decoder *d, npu_lut_stage *s) {
    s->start[NPU_LUT_LE] = (int32_t)NPU_VALUE(d, DPU_LUT_LE_START);
    s->end[NPU_LUT_LE] = (int32_t)NPU_VALUE(d, DPU_LUT_LE_END);
    s->start[NPU_LUT_LO] = (int32_t)NPU_VALUE(d, DPU_LUT_LO_START);
    s->end[NPU_LUT_LO] = (int32_t)NPU_VALUE(d, DPU_LUT_LO_END);
    s->select[NPU_LUT_LE] = NPU_FIELD(d, DPU_LUT_INFO, LUT_LE_INDEX_SELECT);
    s->select[NPU_LUT_LO] = NPU_FIELD(d, DPU_LUT_INFO, LUT_LO_INDEX_SELECT);
    static const enum npu_register ends[2] = {NPU_REG_DPU_LUT_LE_END, NPU_REG_DPU_LUT_LO_END};
    for (unsigned table = 0; table < 2; table++) {
        if (s->select[table] > 22) return npu_refuse(d, NPU_REG_DPU_LUT_INFO, "a step over 2^22 is not modelled");
        if (s->end[table] - s->start[table] != (int64_t)(NPU_LUT_ENTRIES - 1) << s->select[table]) {
            return npu_refuse(d, ends[table], "not 512 steps of 2^%u from the table's start: not modelled", s->select[table]);
        }
    }
    return 0;
}

static int decode_slopes(const npu_decoder *d, npu_lut_stage *s) {
    s->slope_under[NPU_LUT_LE] = (int16_t)NPU_FIELD(d, DPU_LUT_LE_SLOPE_SCALE, LUT_LE_SLOPE_UFLOW_SCALE);
    s->slope_over[NPU_LUT_LE] = (int16_t)NPU_FIELD(d, DPU_LUT_LE_SLOPE_SCALE, LUT_LE_SLOPE_OFLOW_SCALE);
    s->slope_under[NPU_LUT_LO] = (int16_t)NPU_FIELD(d, DPU_LUT_LO_SLOPE_SCALE, LUT_LO_SLOPE_UFLOW_SCALE);
    s->slope_over[NPU_LUT_LO] = (int16_t)NPU_FIELD(d, DPU_LUT_LO_SLOPE_SCALE, LUT_LO_SLOPE_OFLOW_SCALE);
    s->shift_under[NPU_LUT_LE] = NPU_FIELD(d, DPU_LUT_LE_SLOPE_SHIFT, LUT_LE_SLOPE_UFLOW_SHIFT);
    s->shift_over[NPU_LUT_LE] = NPU_FIELD(d, DPU_LUT_LE_SLOPE_SHIFT, LUT_LE_SLOPE_OFLOW_SHIFT);
    s->shift_under[NPU_LUT_LO] = NPU_FIELD(d, DPU_LUT_LO_SLOPE_SHIFT, LUT_LO_SLOPE_UFLOW_SHIFT);
    s->shift_over[NPU_LUT_LO] = NPU_FIELD(d, DPU_LUT_LO_SLOPE_SHIFT, LUT_LO_SLOPE_OFLOW_SHIFT);
    return 0;
}

int npu_lut_decode(const npu_decoder *d, const npu_lut *tables, npu_lut_stage *s) {
    if (d->config->facts[NPU_FACT_INT8_LUT] == NPU_INT8_LUT_REFUSED) {
        return npu_refuse(d, NPU_REG_DPU_EW_CFG, "the LUT in an int8 task is not known on the RK3588");
    }
    /* Driver: every program that ran has mux 2 and hybrid and overflow priority LO; nobody says what the mux does. */
    if (NPU_FIELD(d, DPU_LUT_CFG, LUT_ROAD_SEL) != 0 || NPU_FIELD(d, DPU_LUT_CFG, LUT_EXPAND_EN) != 0 ||
        NPU_FIELD(d, DPU_LUT_CFG, LUT_LO_LE_MUX) != 2 || NPU_FIELD(d, DPU_LUT_CFG, LUT_CAL_SEL) != 0) {
        return npu_refuse(d, NPU_REG_DPU_LUT_CFG, "only LUT_LO_LE_MUX 2 and the priorities are modelled");
    }
    for (unsigned i = 0; i < 2 * NPU_LUT_ENTRIES; i++) {
        if (tables == NULL || !tables->written[i / NPU_LUT_ENTRIES][i % NPU_LUT_ENTRIES]) {
            return npu_refuse(d, NPU_REG_DPU_EW_CFG, "the task uses the LUT, but entry %u of table %u was never written",
                              i % NPU_LUT_ENTRIES, i / NPU_LUT_ENTRIES);
        }
    }
    uint8_t choice = d->config->facts[NPU_FACT_LUT_TABLE_CHOICE];
    s->by_ranges = choice == NPU_LUT_TABLE_CHOICE_RANGES;
    s->by_sign_before_bn = choice == NPU_LUT_TABLE_CHOICE_SIGN_BEFORE_BN;
    s->under = NPU_FIELD(d, DPU_LUT_CFG, LUT_UFLOW_PRIORITY);
    s->over = NPU_FIELD(d, DPU_LUT_CFG, LUT_OFLOW_PRIORITY);
    s->both = NPU_FIELD(d, DPU_LUT_CFG, LUT_HYBRID_PRIORITY);
    s->rounding = lut_rounding(d);
    s->tables = tables;
    return decode_ranges(d, s) != 0 ? -1 : decode_slopes(d, s);
}

/* NVDLA: a table that holds the value answers; if both do, or one is too low and one too high, a priority decides. */
static unsigned table_by_range(const npu_lut_stage *s, int64_t value) {
    bool in[2], under[2];
    for (unsigned table = 0; table < 2; table++) {
        under[table] = value < s->start[table];
        in[table] = !under[table] && value < s->end[table];
    }
    if (in[0] != in[1]) return in[NPU_LUT_LO] ? NPU_LUT_LO : NPU_LUT_LE;
    if (in[0] || under[0] != under[1]) return s->both;
    return under[0] ? s->under : s->over;
}

int32_t npu_lut_value(const npu_lut_stage *s, int32_t sign, int32_t value) {
    unsigned table = s->by_ranges ? table_by_range(s, value) : sign < 0 ? NPU_LUT_LE : NPU_LUT_LO;
    const int16_t *entries = s->tables->entries[table];
    int64_t below = value - s->start[table], above = value - s->end[table];
    if (below < 0) {
        return npu_saturate32(entries[0] + npu_shift_round(below * s->slope_under[table], s->shift_under[table], s->rounding));
    }
    if (above >= 0) {
        int32_t last = entries[NPU_LUT_ENTRIES - 1];
        return npu_saturate32(last + npu_shift_round(above * s->slope_over[table], s->shift_over[table], s->rounding));
    }
    int64_t index = below >> s->select[table], rest = below - (index << s->select[table]);
    int64_t step = (entries[index + 1] - entries[index]) * rest;
    return entries[index] + (int32_t)npu_shift_round(step, s->select[table], s->rounding);
}
