/*
 * Pixel input: the bytes of a picture as they are, through the input converter. Driver: Mesa for one channel, the vendor
 * and rocket-userspace for up to four.
 */
#include "cna.h"

static int decode_converter(const npu_decoder *d, npu_converter *c) {
    static const enum npu_register lanes[4] = {NPU_REG_CNA_CVT_CON1, NPU_REG_CNA_CVT_CON2, NPU_REG_CNA_CVT_CON3,
                                               NPU_REG_CNA_CVT_CON4};
    c->on = NPU_FIELD(d, CNA_CVT_CON0, CVT_BYPASS) == 0;
    c->add_first = NPU_FIELD(d, CNA_CVT_CON0, CVT_TYPE) != 0;
    c->is_signed = NPU_FIELD(d, CNA_CVT_CON0, DATA_SIGN) != 0;
    /* TRM: 0 odd in, even not; 1 rounds 0.5 up. */
    c->rounding = NPU_FIELD(d, CNA_CVT_CON0, ROUND_TYPE) != 0 ? NPU_ROUND_HALF_UP : NPU_ROUND_HALF_EVEN;
    for (unsigned lane = 0; lane < 4; lane++) {
        uint32_t value = d->values[lanes[lane]];
        c->offset[lane] = (int16_t)(value >> NPU_CNA_CVT_CON1_CVT_OFFSET0_SHIFT & NPU_CNA_CVT_CON1_CVT_OFFSET0_MASK);
        c->scale[lane] = (int16_t)(value >> NPU_CNA_CVT_CON1_CVT_SCALE0_SHIFT & NPU_CNA_CVT_CON1_CVT_SCALE0_MASK);
    }
    c->shift[0] = NPU_FIELD(d, CNA_CVT_CON0, CVT_TRUNCATE_0);
    c->shift[1] = NPU_FIELD(d, CNA_CVT_CON0, CVT_TRUNCATE_1);
    c->shift[2] = NPU_FIELD(d, CNA_CVT_CON0, CVT_TRUNCATE_2);
    c->shift[3] = NPU_FIELD(d, CNA_CVT_CON0, CVT_TRUNCATE_3);
    if (!c->on && !c->is_signed) {
        return npu_refuse(d, NPU_REG_CNA_CVT_CON0, "unsigned pixels without the converter are not modelled");
    }
    /* Driver: one bit for each of an atom's 16 channels; Mesa sets all of them. */
    return npu_expect(d, NPU_REG_CNA_CVT_CON5, c->on ? 0xffff : 0);
}

static int expect_cube(const npu_decoder *d) {
    static const enum npu_register lanes[4] = {NPU_REG_CNA_CVT_CON1, NPU_REG_CNA_CVT_CON2, NPU_REG_CNA_CVT_CON3,
                                               NPU_REG_CNA_CVT_CON4};
    if (npu_expect(d, NPU_REG_CNA_CVT_CON0, 0xb) != 0) return -1; /* signed, add first, bypass */
    for (unsigned lane = 0; lane < 4; lane++) {
        if (npu_expect(d, lanes[lane], 0x10000) != 0) return -1;
    }
    return npu_expect(d, NPU_REG_CNA_CVT_CON5, 0);
}

int npu_pixels_decode(const npu_decoder *d, npu_cna *cna) {
    uint32_t mode = NPU_FIELD(d, CNA_CONV_CON1, ARGB_IN);
    bool continuous = NPU_FIELD(d, CNA_CONV_CON1, NONALIGN_DMA) != 0;
    cna->pixels.channels = 0;
    /* GROUP_LINE_OFF: only a matter of speed (TRM). */
    if (mode == 0 && !continuous) return expect_cube(d);
    if (mode < 8 || mode > 11 || !continuous || cna->depthwise) {
        return npu_refuse(d, NPU_REG_CNA_CONV_CON1, "pixels: ARGB_IN 8 to 11 with NONALIGN_DMA, not depthwise");
    }
    cna->pixels.channels = mode - 7;
    cna->pixels.empty_converted = d->config->facts[NPU_FACT_PIXEL_EMPTY_LANES] == NPU_PIXEL_EMPTY_LANES_CONVERTED;
    return decode_converter(d, &cna->pixels.converter);
}

static int8_t convert(const npu_converter *c, unsigned lane, int64_t value) {
    if (!c->on) return (int8_t)value;
    if (c->add_first) {
        return npu_saturate8(npu_shift_round((value + c->offset[lane]) * c->scale[lane], c->shift[lane], c->rounding));
    }
    return npu_saturate8(npu_shift_round(value * c->scale[lane], c->shift[lane], c->rounding) + c->offset[lane]);
}

int8_t npu_pixels_value(const npu_pixels *pixels, uint32_t channel, const uint8_t *from) {
    const npu_converter *c = &pixels->converter;
    if (channel >= pixels->channels) return pixels->empty_converted ? convert(c, channel % 4, 0) : 0;
    return convert(c, channel, c->is_signed ? (int8_t)from[channel] : from[channel]);
}
