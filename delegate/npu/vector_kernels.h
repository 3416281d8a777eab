/*
 * The inner loops over an instruction set's primitives. Included by vector_avx2.c, vector_neon.c and vector_wasm.c, which define
 *   V_FN                       attributes of every function
 *   v16 / w16 / v16_*          16 int32 sums; 16 pairs of int16 weights; load, store, multiply-add of pairs
 *   vd / VD_LANES / vd_*       doubles: int32 and int16 operands and their products (under 2^50) are exact in them
 *   v_pair, v_widen, v_depthwise_*
 */
#include "rounding.h"

static V_FN void widen(const uint8_t *from, size_t count, int16_t *to, size_t step) {
    for (size_t i = 0; i < count; i++, from += NPU_ATOM, to += step) v_widen(from, to);
}

static inline const int16_t *window_at(const int16_t *window, const uint32_t *pixels, size_t count, size_t i) {
    return window + pixels[i < count ? i : count - 1];
}

static V_FN void direct(const int16_t *window, const uint32_t *pixels, size_t count, const uint32_t *taps, size_t tap_count,
                        size_t pairs, const int16_t *weights, int32_t *acc) {
    for (size_t i = 0; i < count; i += NPU_PIXEL_BLOCK, acc += NPU_PIXEL_BLOCK * NPU_ATOM) {
        const int16_t *x0 = window_at(window, pixels, count, i), *x1 = window_at(window, pixels, count, i + 1);
        const int16_t *x2 = window_at(window, pixels, count, i + 2), *x3 = window_at(window, pixels, count, i + 3);
        const int16_t *x4 = window_at(window, pixels, count, i + 4), *x5 = window_at(window, pixels, count, i + 5);
        v16 s0 = v16_zero(), s1 = v16_zero(), s2 = v16_zero(), s3 = v16_zero(), s4 = v16_zero(), s5 = v16_zero();
        const int16_t *w = weights;
        for (size_t t = 0; t < tap_count; t++) {
            size_t at = taps[t], end = at + 2 * pairs;
            for (; at < end; at += 2, w += NPU_ATOM * 2) {
                w16 k = w16_load(w);
                s0 = v16_add_products(s0, v_pair(x0 + at), k);
                s1 = v16_add_products(s1, v_pair(x1 + at), k);
                s2 = v16_add_products(s2, v_pair(x2 + at), k);
                s3 = v16_add_products(s3, v_pair(x3 + at), k);
                s4 = v16_add_products(s4, v_pair(x4 + at), k);
                s5 = v16_add_products(s5, v_pair(x5 + at), k);
            }
        }
        v16_store(acc, s0);
        v16_store(acc + NPU_ATOM, s1);
        v16_store(acc + NPU_ATOM * 2, s2);
        v16_store(acc + NPU_ATOM * 3, s3);
        v16_store(acc + NPU_ATOM * 4, s4);
        v16_store(acc + NPU_ATOM * 5, s5);
    }
}

/* The sums' lanes stand in the order that interleaving two taps gives, until they are stored. */
static V_FN void depthwise(const int16_t *window, const uint32_t *pixels, size_t count, const uint32_t *taps, size_t pairs,
                           const int16_t *weights, int32_t *acc) {
    for (size_t i = 0; i < count; i += NPU_PIXEL_BLOCK, acc += NPU_PIXEL_BLOCK * NPU_ATOM) {
        const int16_t *x0 = window_at(window, pixels, count, i), *x1 = window_at(window, pixels, count, i + 1);
        const int16_t *x2 = window_at(window, pixels, count, i + 2), *x3 = window_at(window, pixels, count, i + 3);
        const int16_t *x4 = window_at(window, pixels, count, i + 4), *x5 = window_at(window, pixels, count, i + 5);
        v16 s0 = v16_zero(), s1 = v16_zero(), s2 = v16_zero(), s3 = v16_zero(), s4 = v16_zero(), s5 = v16_zero();
        const int16_t *w = weights;
        for (size_t p = 0; p < pairs; p++, w += NPU_ATOM * 2) {
            size_t a = taps[2 * p], b = taps[2 * p + 1];
            w16 k = v_depthwise_weights(w);
            s0 = v_depthwise_add(s0, x0 + a, x0 + b, k);
            s1 = v_depthwise_add(s1, x1 + a, x1 + b, k);
            s2 = v_depthwise_add(s2, x2 + a, x2 + b, k);
            s3 = v_depthwise_add(s3, x3 + a, x3 + b, k);
            s4 = v_depthwise_add(s4, x4 + a, x4 + b, k);
            s5 = v_depthwise_add(s5, x5 + a, x5 + b, k);
        }
        v_depthwise_store(acc, s0);
        v_depthwise_store(acc + NPU_ATOM, s1);
        v_depthwise_store(acc + NPU_ATOM * 2, s2);
        v_depthwise_store(acc + NPU_ATOM * 3, s3);
        v_depthwise_store(acc + NPU_ATOM * 4, s4);
        v_depthwise_store(acc + NPU_ATOM * 5, s5);
    }
}

static inline V_FN vd round_lanes(vd v, enum npu_rounding rounding) {
    switch (rounding) {
    case NPU_ROUND_HALF_EVEN: return vd_nearest_even(v);
    case NPU_ROUND_HALF_UP: return vd_floor(vd_add(v, vd_set(0.5)));
    case NPU_ROUND_HALF_AWAY: return vd_truncate(vd_add(v, vd_copysign(vd_set(0.5), v)));
    case NPU_ROUND_DOWN: break;
    }
    return vd_floor(v);
}

static inline V_FN vd clamp32(vd v) { return vd_min(vd_max(v, vd_set(INT32_MIN)), vd_set(INT32_MAX)); }

/* `mul` carries the shift, and `add` where it comes behind the product: products by a power of two are exact. */
static inline V_FN vd scale_lanes(const npu_scale_stage *stage, vd add, vd mul, vd v) {
    if (stage->mul_first) {
        v = clamp32(round_lanes(vd_add(vd_mul(v, mul), add), stage->rounding));
    } else {
        if (stage->add != 0) v = clamp32(vd_add(v, add));
        if (stage->mul) v = clamp32(round_lanes(vd_mul(v, mul), stage->rounding));
    }
    if (stage->relu) v = vd_max(v, vd_set(0));
    if (stage->limited) v = vd_min(v, vd_set(stage->limit));
    return v;
}

static inline double power_of_half(unsigned shift) { return 1.0 / (double)((uint64_t)1 << shift); }

/* `fixed`: the converted operand of each channel, where it comes from no plane. */
static inline V_FN vd ew_lanes(const npu_ew_stage *ew, vd v, const uint8_t *operand, vd fixed) {
    if (ew->operation != NPU_EW_NONE) {
        bool convert = ew->convert && ew->source == NPU_EW_PLANE;
        vd e = ew->source != NPU_EW_PLANE ? fixed : ew->operand_zero ? vd_set(0) : vd_from_bytes(operand);
        vd offset = vd_set(ew->offset), scale = vd_set(ew->scale * power_of_half(ew->shift));
        if (convert && ew->add_first) e = clamp32(round_lanes(vd_mul(vd_add(e, offset), scale), ew->rounding));
        else if (convert) e = clamp32(vd_add(round_lanes(vd_mul(e, scale), ew->rounding), offset));
        switch (ew->operation) {
        case NPU_EW_NONE: break;
        case NPU_EW_MAX: v = vd_max(v, e); break;
        case NPU_EW_MIN: v = vd_min(v, e); break;
        case NPU_EW_ADD: v = clamp32(vd_add(v, e)); break;
        case NPU_EW_SUBTRACT: v = clamp32(vd_sub(v, e)); break;
        case NPU_EW_ABS: v = clamp32(vd_max(v, vd_sub(vd_set(0), v))); break;
        case NPU_EW_NEGATE: v = clamp32(vd_sub(vd_set(0), v)); break;
        case NPU_EW_MULTIPLY: break; /* not here */
        }
    }
    if (ew->relu) v = vd_max(v, vd_set(0));
    if (ew->limited) v = vd_min(v, vd_set(ew->limit));
    return v;
}

static inline V_FN vd out_lanes(const npu_out_stage *out, vd v) {
    vd offset = vd_set(out->offset), scale = vd_set(out->scale * power_of_half(out->shift));
    if (out->add_first) v = round_lanes(vd_mul(vd_add(v, offset), scale), out->rounding);
    else v = vd_add(round_lanes(vd_mul(v, scale), out->rounding), offset);
    return vd_min(vd_max(v, vd_set(INT8_MIN)), vd_set(INT8_MAX));
}

static V_FN void stages(const npu_dpu *dpu, const npu_lanes *lanes, const int32_t *acc, const uint8_t *operand, size_t count,
                        uint8_t *out) {
    const npu_scale_stage bs = dpu->bs, bn = dpu->bn;
    const npu_ew_stage ew = dpu->ew;
    const npu_out_stage last = dpu->out;
    double bs_scale = power_of_half(bs.shift), bn_scale = power_of_half(bn.shift);
    bool fixed_operand = ew.source == NPU_EW_CHANNEL || ew.source == NPU_EW_REGISTER;
    for (size_t lane = 0; lane < NPU_ATOM; lane += VD_LANES) {
        double numbers[5][VD_LANES];
        for (size_t i = 0; i < VD_LANES; i++) {
            numbers[0][i] = (double)lanes->bs_add[lane + i] * bs.add * (bs.mul_first ? bs_scale : 1);
            numbers[1][i] = lanes->bs_mul[lane + i] * bs_scale;
            numbers[2][i] = (double)lanes->bn_add[lane + i] * bn.add * (bn.mul_first ? bn_scale : 1);
            numbers[3][i] = lanes->bn_mul[lane + i] * bn_scale;
            numbers[4][i] = fixed_operand ? npu_ew_operand(&dpu->ew, lanes->ew[lane + i]) : 0;
        }
        vd bs_add = vd_load(numbers[0]), bs_mul = vd_load(numbers[1]);
        vd bn_add = vd_load(numbers[2]), bn_mul = vd_load(numbers[3]), fixed = vd_load(numbers[4]);
        for (size_t i = lane; i < count * NPU_ATOM; i += NPU_ATOM) {
            vd v = scale_lanes(&bs, bs_add, bs_mul, vd_from_ints(acc + i));
            v = scale_lanes(&bn, bn_add, bn_mul, v);
            v = ew_lanes(&ew, v, operand + i, fixed);
            vd_store_bytes(out + i, out_lanes(&last, v));
        }
    }
}
