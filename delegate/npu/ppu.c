#include "ppu.h"

#include <inttypes.h>

#include "fp16.h"


/* Registers and fields that every program which ran on a board leaves at one value. */
static int decode_mode(const npu_decoder *d, npu_ppu *ppu) {
    uint32_t method = NPU_FIELD(d, PPU_OPERATION_MODE_CFG, POOLING_METHOD);
    uint32_t flying = 1u << NPU_PPU_OPERATION_MODE_CFG_FLYING_MODE_SHIFT;
    uint32_t notch = NPU_FIELD(d, PPU_OPERATION_MODE_CFG, NOTCH_ADDR);
    uint32_t mode = method | flying | notch << NPU_PPU_OPERATION_MODE_CFG_NOTCH_ADDR_SHIFT;
    if (method > 2 || NPU_VALUE(d, PPU_OPERATION_MODE_CFG) != mode) {
        return npu_refuse(d, NPU_REG_PPU_OPERATION_MODE_CFG,
                          "average, max or min of a cube from memory, without USE_CNT and INDEX_EN, is modelled");
    }
    ppu->method = (enum npu_pooling)method;
    uint32_t precision = NPU_FIELD(d, PPU_DATA_FORMAT, PROC_PRECISION);
    ppu->int8 = precision == 0;
    if (ppu->int8 && d->config->facts[NPU_FACT_PPU_INT8] == NPU_PPU_INT8_REFUSED) {
        return npu_refuse(d, NPU_REG_PPU_DATA_FORMAT, "int8: the RK3588 pools fp16 cubes only and would read the bytes as fp16");
    }
    if ((precision != 0 && precision != 2) || NPU_FIELD(d, PPU_DATA_FORMAT, DPU_FLYIN) != 0) {
        return npu_refuse(d, NPU_REG_PPU_DATA_FORMAT, "only int8 (0) and fp16 (2) from memory are modelled");
    }
    if (!ppu->int8 && notch != 0) {
        return npu_refuse(d, NPU_REG_PPU_OPERATION_MODE_CFG, "NOTCH_ADDR is modelled for int8 only");
    }
    if (NPU_FIELD(d, PPU_DATA_FORMAT, INDEX_ADD) != NPU_FIELD(d, PPU_DST_SURF_STRIDE, DST_SURF_STRIDE)) {
        return npu_refuse(d, NPU_REG_PPU_DATA_FORMAT, "INDEX_ADD differs from DST_SURF_STRIDE");
    }
    uint32_t burst = NPU_VALUE(d, PPU_MISC_CTRL);
    if (burst != 3 && burst != 7 && burst != 15) {
        return npu_refuse(d, NPU_REG_PPU_MISC_CTRL, "only bursts of 4, 8 and 16 are modelled");
    }
    if (d->config->facts[NPU_FACT_PPU_ONLY_TASK] == NPU_PPU_ONLY_TASK_TIMES_OUT) {
        return npu_refuse(d, NPU_REG_PPU_OPERATION_MODE_CFG, "no DPU runs: the kernel waits for its interrupt until the time-out");
    }
    return 0;
}

/* A byte with its sign in all 35 bits. */
static int decode_int8_padding(const npu_decoder *d, npu_ppu *ppu) {
    uint32_t low = NPU_VALUE(d, PPU_PADDING_VALUE_1_CFG), high = NPU_VALUE(d, PPU_PADDING_VALUE_2_CFG);
    ppu->pad8 = (int8_t)(low & 0xff);
    if (low != (uint32_t)(int32_t)ppu->pad8 || high != (ppu->pad8 < 0 ? 7u : 0u)) {
        return npu_refuse(d, NPU_REG_PPU_PADDING_VALUE_1_CFG, "not a byte with its sign in 35 bits");
    }
    ppu->padding_left_out = d->config->facts[NPU_FACT_PPU_MAX_PADDING] == NPU_PPU_MAX_PADDING_LEFT_OUT;
    return 0;
}

static int decode_window(const npu_decoder *d, npu_ppu *ppu) {
    ppu->in_width = NPU_VALUE(d, PPU_DATA_CUBE_IN_WIDTH) + 1;
    ppu->in_height = NPU_VALUE(d, PPU_DATA_CUBE_IN_HEIGHT) + 1;
    ppu->out_width = NPU_VALUE(d, PPU_DATA_CUBE_OUT_WIDTH) + 1;
    ppu->out_height = NPU_VALUE(d, PPU_DATA_CUBE_OUT_HEIGHT) + 1;
    ppu->channels = NPU_VALUE(d, PPU_DATA_CUBE_IN_CHANNEL) + 1;
    if (NPU_VALUE(d, PPU_DATA_CUBE_OUT_CHANNEL) + 1 != ppu->channels) {
        return npu_refuse(d, NPU_REG_PPU_DATA_CUBE_OUT_CHANNEL, "differs from the input's channels");
    }
    ppu->kernel_width = NPU_FIELD(d, PPU_POOLING_KERNEL_CFG, KERNEL_WIDTH) + 1;
    ppu->kernel_height = NPU_FIELD(d, PPU_POOLING_KERNEL_CFG, KERNEL_HEIGHT) + 1;
    ppu->stride_x = NPU_FIELD(d, PPU_POOLING_KERNEL_CFG, KERNEL_STRIDE_WIDTH) + 1;
    ppu->stride_y = NPU_FIELD(d, PPU_POOLING_KERNEL_CFG, KERNEL_STRIDE_HEIGHT) + 1;
    ppu->pad_left = NPU_FIELD(d, PPU_POOLING_PADDING_CFG, PAD_LEFT);
    ppu->pad_top = NPU_FIELD(d, PPU_POOLING_PADDING_CFG, PAD_TOP);
    uint32_t right = NPU_FIELD(d, PPU_POOLING_PADDING_CFG, PAD_RIGHT);
    uint32_t bottom = NPU_FIELD(d, PPU_POOLING_PADDING_CFG, PAD_BOTTOM);
    if ((ppu->out_width - 1) * ppu->stride_x + ppu->kernel_width > ppu->pad_left + ppu->in_width + right) {
        return npu_refuse(d, NPU_REG_PPU_DATA_CUBE_OUT_WIDTH, "the last window ends right of the input and its padding");
    }
    if ((ppu->out_height - 1) * ppu->stride_y + ppu->kernel_height > ppu->pad_top + ppu->in_height + bottom) {
        return npu_refuse(d, NPU_REG_PPU_DATA_CUBE_OUT_HEIGHT, "the last window ends below the input and its padding");
    }
    if (ppu->int8) return decode_int8_padding(d, ppu);
    if (NPU_VALUE(d, PPU_PADDING_VALUE_1_CFG) > 0xffff || NPU_VALUE(d, PPU_PADDING_VALUE_2_CFG) != 0) {
        return npu_refuse(d, NPU_REG_PPU_PADDING_VALUE_1_CFG, "more than the 16 bits of an fp16 value is not modelled");
    }
    ppu->pad = (uint16_t)NPU_VALUE(d, PPU_PADDING_VALUE_1_CFG);
    return 0;
}

static int decode_int8_average(const npu_decoder *d, npu_ppu *ppu, uint32_t x, uint32_t y) {
    ppu->integer_x = x;
    ppu->integer_y = y;
    switch (d->config->facts[NPU_FACT_PPU_INT8_ROUNDING]) {
    case NPU_PPU_INT8_ROUNDING_HALF_EVEN: ppu->rounding = NPU_ROUND_HALF_EVEN; break;
    case NPU_PPU_INT8_ROUNDING_HALF_UP: ppu->rounding = NPU_ROUND_HALF_UP; break;
    case NPU_PPU_INT8_ROUNDING_TRUNCATE: ppu->rounding = NPU_ROUND_DOWN; break;
    default: ppu->rounding = NPU_ROUND_HALF_AWAY; break;
    }
    return 0;
}

/* Silicon: no divider; two factors, fp16 bits of 65536 / side, which a side of 1 cannot have. int8: whole numbers. */
static int decode_reciprocals(const npu_decoder *d, npu_ppu *ppu) {
    ppu->fp16_steps = d->config->facts[NPU_FACT_PPU_AVERAGE] == NPU_PPU_AVERAGE_FLOAT16;
    ppu->reciprocal_x = ppu->reciprocal_y = 0;
    if (ppu->method != NPU_POOL_AVERAGE) return 0;
    uint32_t x = NPU_VALUE(d, PPU_RECIP_KERNEL_WIDTH), y = NPU_VALUE(d, PPU_RECIP_KERNEL_HEIGHT);
    if (ppu->int8) return decode_int8_average(d, ppu, x, y);
    if (x > 0xffff || !npu_fp16_finite((uint16_t)x)) {
        return npu_refuse(d, NPU_REG_PPU_RECIP_KERNEL_WIDTH, "not a finite fp16 value");
    }
    if (y > 0xffff || !npu_fp16_finite((uint16_t)y)) {
        return npu_refuse(d, NPU_REG_PPU_RECIP_KERNEL_HEIGHT, "not a finite fp16 value");
    }
    ppu->reciprocal_x = npu_fp16_value((uint16_t)x);
    ppu->reciprocal_y = npu_fp16_value((uint16_t)y);
    return 0;
}

static int find_output(const npu_decoder *d, npu_ppu *ppu) {
    uint32_t lanes = ppu->int8 ? NPU_INT8_LANES : NPU_FP16_LANES;
    ppu->row_bytes = ((int64_t)ppu->out_width + NPU_FIELD(d, PPU_OPERATION_MODE_CFG, NOTCH_ADDR)) * NPU_ATOM;
    int64_t plane = (ppu->out_height - 1) * ppu->row_bytes + (int64_t)ppu->out_width * NPU_ATOM;
    int64_t surfaces = (ppu->channels + lanes - 1) / lanes;
    ppu->surface_bytes = NPU_VALUE(d, PPU_DST_SURF_STRIDE);
    if (surfaces > 1 && ppu->surface_bytes < plane) {
        return npu_refuse(d, NPU_REG_PPU_DST_SURF_STRIDE, "surfaces overlap: one takes %" PRId64 " bytes", plane);
    }
    int64_t base = NPU_VALUE(d, PPU_DST_BASE_ADDR), bytes = (surfaces - 1) * ppu->surface_bytes + plane;
    if (npu_find(d, NPU_REG_PPU_DST_BASE_ADDR, base, bytes, &ppu->output) != 0) return -1;
    if ((ppu->output.flags & NPU_REGION_CONSTANT) == 0) return 0;
    return npu_refuse(d, NPU_REG_PPU_DST_BASE_ADDR, "writes into a constant buffer");
}

int npu_ppu_decode(const npu_decoder *d, npu_ppu *ppu) {
    if (decode_mode(d, ppu) != 0 || decode_window(d, ppu) != 0 || decode_reciprocals(d, ppu) != 0) return -1;
    return find_output(d, ppu);
}

static float step(const npu_ppu *ppu, float value) {
    return ppu->fp16_steps ? npu_fp16_value(npu_fp16_bits(value)) : value;
}

/* Silicon: padding counts, with its value. */
static uint16_t window_bits(const npu_ppu *ppu, const npu_ppu_rdma *reader, uint32_t surface, uint32_t lane, uint32_t oy,
                            uint32_t ox) {
    float sum = 0, best = 0;
    uint16_t best_bits = 0;
    bool first = true;
    for (uint32_t ky = 0; ky < ppu->kernel_height; ky++) {
        for (uint32_t kx = 0; kx < ppu->kernel_width; kx++) {
            int64_t y = (int64_t)oy * ppu->stride_y + ky - ppu->pad_top, x = (int64_t)ox * ppu->stride_x + kx - ppu->pad_left;
            bool inside = y >= 0 && x >= 0 && y < ppu->in_height && x < ppu->in_width;
            uint16_t bits = inside ? npu_ppu_rdma_value(reader, surface, (uint32_t)y, (uint32_t)x, lane) : ppu->pad;
            float value = npu_fp16_value(bits);
            sum = step(ppu, sum + value);
            if (first || (ppu->method == NPU_POOL_MAX ? value > best : value < best)) {
                best = value;
                best_bits = bits;
            }
            first = false;
        }
    }
    if (ppu->method != NPU_POOL_AVERAGE) return best_bits;
    return npu_fp16_bits(step(ppu, sum * (ppu->reciprocal_x / 65536.0f)) * (ppu->reciprocal_y / 65536.0f));
}

void npu_ppu_execute(const npu_ppu *ppu, const npu_ppu_rdma *reader) {
    if (ppu->int8) {
        npu_ppu_execute_int8(ppu, reader);
        return;
    }
    uint32_t surfaces = (ppu->channels + NPU_FP16_LANES - 1) / NPU_FP16_LANES;
    for (uint32_t surface = 0; surface < surfaces; surface++) {
        uint8_t *to = ppu->output.data + surface * ppu->surface_bytes;
        for (uint32_t y = 0; y < ppu->out_height; y++) {
            for (uint32_t x = 0; x < ppu->out_width; x++) {
                for (uint32_t lane = 0; lane < NPU_FP16_LANES; lane++, to += 2) {
                    uint16_t bits = window_bits(ppu, reader, surface, lane, y, x);
                    to[0] = (uint8_t)bits;
                    to[1] = (uint8_t)(bits >> 8);
                }
            }
        }
    }
}
