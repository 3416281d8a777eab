#include "cna.h"

#include <inttypes.h>

#include "cbuf.h"

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* Registers that hold one value in every task that is modelled: no compression, no zero skipping. */
static int expect_constants(const npu_decoder *d) {
    static const struct {
        enum npu_register reg;
        uint32_t value;
    } constants[] = {
        {NPU_REG_CNA_FC_CON0, 0},         {NPU_REG_CNA_FC_CON1, 0},
        {NPU_REG_CNA_FC_CON2, 0},         {NPU_REG_CNA_DCOMP_CTRL, 0},
        {NPU_REG_CNA_DCOMP_REGNUM, 0},    {NPU_REG_CNA_DCOMP_AMOUNT0, 0},  {NPU_REG_CNA_DCOMP_AMOUNT1, 0},
        {NPU_REG_CNA_DCOMP_AMOUNT2, 0},   {NPU_REG_CNA_DCOMP_AMOUNT3, 0},  {NPU_REG_CNA_DCOMP_AMOUNT4, 0},
        {NPU_REG_CNA_DCOMP_AMOUNT5, 0},   {NPU_REG_CNA_DCOMP_AMOUNT6, 0},  {NPU_REG_CNA_DCOMP_AMOUNT7, 0},
        {NPU_REG_CNA_DCOMP_AMOUNT8, 0},   {NPU_REG_CNA_DCOMP_AMOUNT9, 0},  {NPU_REG_CNA_DCOMP_AMOUNT10, 0},
        {NPU_REG_CNA_DCOMP_AMOUNT11, 0},  {NPU_REG_CNA_DCOMP_AMOUNT12, 0}, {NPU_REG_CNA_DCOMP_AMOUNT13, 0},
        {NPU_REG_CNA_DCOMP_AMOUNT14, 0},  {NPU_REG_CNA_DCOMP_AMOUNT15, 0},
    };
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        if (npu_expect(d, constants[i].reg, constants[i].value) != 0) return -1;
    }
    return 0;
}

/* The vendor's compiler: a convolution of stride 1 over inputs that stand DECONV strides apart. */
static int decode_transposed(const npu_decoder *d, npu_cna *cna) {
    uint32_t x = NPU_FIELD(d, CNA_CONV_CON3, DECONV_X_STRIDE), y = NPU_FIELD(d, CNA_CONV_CON3, DECONV_Y_STRIDE);
    cna->up_x = cna->up_y = 1;
    cna->gaps_zero = d->config->facts[NPU_FACT_DECONV_GAPS] == NPU_DECONV_GAPS_ZERO;
    if (NPU_FIELD(d, CNA_CONV_CON1, DECONV) == 0) {
        if (x == 0 && y == 0) return 0;
        return npu_refuse(d, NPU_REG_CNA_CONV_CON3, "strides of a transposed convolution, but DECONV is not set");
    }
    if (cna->depthwise || cna->pixels.channels != 0) {
        return npu_refuse(d, NPU_REG_CNA_CONV_CON1, "a transposed convolution that is depthwise or of pixels is not known");
    }
    if (cna->stride_x != 1 || cna->stride_y != 1 || cna->dilation_x != 1 || cna->dilation_y != 1) {
        return npu_refuse(d, NPU_REG_CNA_CONV_CON3, "a transposed convolution with other strides or dilation is not known");
    }
    cna->up_x = x + 1;
    cna->up_y = y + 1;
    return 0;
}

static int decode_mode(const npu_decoder *d, npu_cna *cna) {
    uint32_t mode = NPU_FIELD(d, CNA_CONV_CON1, CONV_MODE);
    uint32_t input = NPU_CNA_CONV_CON1_ARGB_IN_MASK << NPU_CNA_CONV_CON1_ARGB_IN_SHIFT |
                     NPU_CNA_CONV_CON1_NONALIGN_DMA_MASK << NPU_CNA_CONV_CON1_NONALIGN_DMA_SHIFT |
                     NPU_CNA_CONV_CON1_GROUP_LINE_OFF_MASK << NPU_CNA_CONV_CON1_GROUP_LINE_OFF_SHIFT |
                     NPU_CNA_CONV_CON1_DECONV_MASK << NPU_CNA_CONV_CON1_DECONV_SHIFT;
    if (NPU_FIELD(d, CNA_CONV_CON1, IN_PRECISION) == 2 || NPU_FIELD(d, CNA_CONV_CON1, PROC_PRECISION) == 2) {
        return npu_refuse(d, NPU_REG_CNA_CONV_CON1, "fp16 (softmax, partial sums) is not modelled: int8 all round is");
    }
    if ((NPU_VALUE(d, CNA_CONV_CON1) & ~input) != mode || (mode != 0 && mode != 3)) {
        return npu_refuse(d, NPU_REG_CNA_CONV_CON1, "not modelled (0 direct, 3 depthwise, int8 cubes or pixels are)");
    }
    cna->depthwise = mode == 3;
    if (npu_pixels_decode(d, cna) != 0) return -1;
    if (NPU_FIELD(d, CNA_CONV_CON2, CORES_SHARE) != 0) {
        return npu_refuse(d, NPU_REG_CNA_CONV_CON2, "CORES_SHARE %" PRIu32 ": one core is modelled, which shares with none",
                          NPU_FIELD(d, CNA_CONV_CON2, CORES_SHARE));
    }
    uint32_t grains = NPU_FIELD(d, CNA_CONV_CON2, FEATURE_GRAINS);
    if (NPU_VALUE(d, CNA_CONV_CON2) != grains << NPU_CNA_CONV_CON2_FEATURE_GRAINS_SHIFT) {
        return npu_refuse(d, NPU_REG_CNA_CONV_CON2, "fields other than FEATURE_GRAINS are not modelled");
    }
    /* Silicon: any 9 to 65 works; the vendor writes 2 to 40. */
    if (grains < 1 || grains > 65) return npu_refuse(d, NPU_REG_CNA_CONV_CON2, "FEATURE_GRAINS outside 1..65");
    cna->stride_x = NPU_FIELD(d, CNA_CONV_CON3, CONV_X_STRIDE);
    cna->stride_y = NPU_FIELD(d, CNA_CONV_CON3, CONV_Y_STRIDE);
    cna->dilation_x = NPU_FIELD(d, CNA_CONV_CON3, ATROUS_X_DILATION) + 1;
    cna->dilation_y = NPU_FIELD(d, CNA_CONV_CON3, ATROUS_Y_DILATION) + 1;
    if (cna->stride_x == 0 || cna->stride_y == 0) return npu_refuse(d, NPU_REG_CNA_CONV_CON3, "a stride of 0");
    if (NPU_FIELD(d, CNA_CONV_CON3, NN_MODE) != 0) return npu_refuse(d, NPU_REG_CNA_CONV_CON3, "NN_MODE is not modelled");
    return decode_transposed(d, cna);
}

/* A depthwise rest of 48 channels: Mesa gives it 48 lanes a tap, the vendor 64. */
static int decode_lanes(const npu_decoder *d, npu_cna *cna) {
    uint32_t taps = cna->kernel_width * cna->kernel_height, rest = cna->channels % NPU_DEPTHWISE_GROUP;
    cna->rest_lanes = rest;
    if (cna->depthwise && rest == 48) {
        bool filled = cna->kernel_bytes == taps * (cna->channels + NPU_ATOM);
        if (filled || d->config->facts[NPU_FACT_DEPTHWISE_REST_LANES] == NPU_DEPTHWISE_REST_LANES_WHOLE_64) {
            cna->rest_lanes = NPU_DEPTHWISE_GROUP;
        }
        if (filled) return 0;
    }
    if (cna->kernel_bytes == taps * cna->channels) return 0;
    return npu_refuse(d, NPU_REG_CNA_WEIGHT_SIZE1, "not kernel sides times DATAIN_CHANNEL");
}

static int decode_sizes(const npu_decoder *d, npu_cna *cna) {
    cna->in_width = NPU_FIELD(d, CNA_DATA_SIZE0, DATAIN_WIDTH);
    cna->in_height = NPU_FIELD(d, CNA_DATA_SIZE0, DATAIN_HEIGHT);
    if (cna->in_width == 0 || cna->in_height == 0) return npu_refuse(d, NPU_REG_CNA_DATA_SIZE0, "an empty input");
    /* Mesa: pixel rows under 16 are filled up to 16, and only DMA_WIDTH still says how wide the picture is. */
    uint32_t dma_width = NPU_FIELD(d, CNA_FC_DATA_SIZE0, DMA_WIDTH);
    bool filled_row = cna->pixels.channels != 0 && cna->in_width == NPU_ATOM && dma_width != 0 && dma_width < NPU_ATOM;
    if ((dma_width != cna->in_width && !filled_row) || NPU_FIELD(d, CNA_FC_DATA_SIZE0, DMA_HEIGHT) != cna->in_height) {
        return npu_refuse(d, NPU_REG_CNA_FC_DATA_SIZE0, "differs from DATA_SIZE0: not modelled");
    }
    cna->channels = NPU_FIELD(d, CNA_DATA_SIZE1, DATAIN_CHANNEL);
    uint32_t real = NPU_FIELD(d, CNA_DATA_SIZE1, DATAIN_CHANNEL_REAL) + 1;
    /* Mesa counts all channels, the vendor those of the last group of 64. */
    uint32_t atoms = (real + NPU_ATOM - 1) / NPU_ATOM, all = cna->channels / NPU_ATOM;
    bool last_group = all > 4 && atoms == (all - 1) % 4 + 1;
    if (cna->channels == 0 || cna->channels % NPU_ATOM != 0 || (atoms != all && !last_group)) {
        return npu_refuse(d, NPU_REG_CNA_DATA_SIZE1, "DATAIN_CHANNEL is not DATAIN_CHANNEL_REAL + 1 in whole atoms");
    }
    if (cna->pixels.channels != 0 && cna->pixels.channels != real) {
        return npu_refuse(d, NPU_REG_CNA_DATA_SIZE1, "ARGB_IN says %" PRIu32 " channels", cna->pixels.channels);
    }
    if (NPU_VALUE(d, CNA_FC_DATA_SIZE1) != cna->channels) {
        return npu_refuse(d, NPU_REG_CNA_FC_DATA_SIZE1, "differs from DATAIN_CHANNEL: not modelled");
    }
    cna->out_width = NPU_VALUE(d, CNA_DATA_SIZE2);
    if (cna->out_width == 0) return npu_refuse(d, NPU_REG_CNA_DATA_SIZE2, "an empty output");
    uint32_t atomics = NPU_VALUE(d, CNA_DATA_SIZE3);
    cna->out_height = atomics / cna->out_width;
    if (NPU_FIELD(d, CNA_DATA_SIZE3, SURF_MODE) != 0 || cna->out_height == 0 || atomics % cna->out_width != 0) {
        return npu_refuse(d, NPU_REG_CNA_DATA_SIZE3, "not whole rows of DATAOUT_WIDTH");
    }
    cna->kernel_width = NPU_FIELD(d, CNA_WEIGHT_SIZE2, WEIGHT_WIDTH);
    cna->kernel_height = NPU_FIELD(d, CNA_WEIGHT_SIZE2, WEIGHT_HEIGHT);
    cna->kernels = NPU_FIELD(d, CNA_WEIGHT_SIZE2, WEIGHT_KERNELS);
    if (cna->kernel_width == 0 || cna->kernel_height == 0 || cna->kernels == 0 ||
        (cna->depthwise ? cna->kernels != 1 : cna->kernels % 2 != 0)) {
        return npu_refuse(d, NPU_REG_CNA_WEIGHT_SIZE2, "kernels: 1 in depthwise, else an even number; no side of 0");
    }
    cna->kernel_bytes = NPU_VALUE(d, CNA_WEIGHT_SIZE1);
    if (decode_lanes(d, cna) != 0) return -1;
    if (NPU_VALUE(d, CNA_WEIGHT_SIZE0) != (uint64_t)cna->kernel_bytes * cna->kernels) {
        return npu_refuse(d, NPU_REG_CNA_WEIGHT_SIZE0, "not WEIGHT_BYTES_PER_KERNEL times WEIGHT_KERNELS");
    }
    return 0;
}

static int decode_padding(const npu_decoder *d, npu_cna *cna) {
    cna->pad_left = NPU_FIELD(d, CNA_PAD_CON0, PAD_LEFT);
    cna->pad_top = NPU_FIELD(d, CNA_PAD_CON0, PAD_TOP);
    uint32_t value = NPU_VALUE(d, CNA_PAD_CON1);
    cna->pad[0] = (int8_t)(value & 0xff);
    cna->pad[1] = (int8_t)(value >> 8 & 0xff);
    /* Silicon (depthwise): see npu_cna_padding. */
    cna->pad_parity = cna->depthwise || d->config->facts[NPU_FACT_DIRECT_PAD_LANES] == NPU_DIRECT_PAD_LANES_PARITY;
    /* Right and bottom padding follow from the output's size; as much as the fields allow left and above. */
    uint32_t last_x = (cna->out_width - 1) * cna->stride_x, last_y = (cna->out_height - 1) * cna->stride_y;
    if (last_x >= cna->pad_left + npu_cna_spread_width(cna) + NPU_CNA_PAD_CON0_PAD_LEFT_MASK) {
        return npu_refuse(d, NPU_REG_CNA_DATA_SIZE2, "the last window starts far right of the input");
    }
    if (last_y >= cna->pad_top + npu_cna_spread_height(cna) + NPU_CNA_PAD_CON0_PAD_TOP_MASK) {
        return npu_refuse(d, NPU_REG_CNA_DATA_SIZE3, "the last window starts far below the input");
    }
    return 0;
}

static int find_weights(const npu_decoder *d, npu_cna *cna) {
    int64_t weights = NPU_VALUE(d, CNA_DCOMP_ADDR0);
    if (weights % NPU_ATOM != 0) return npu_refuse(d, NPU_REG_CNA_DCOMP_ADDR0, "not a multiple of 16");
    uint64_t bytes = NPU_VALUE(d, CNA_WEIGHT_SIZE0);
    if (cna->depthwise && cna->rest_lanes == NPU_DEPTHWISE_GROUP) {
        uint64_t groups = (cna->channels + NPU_DEPTHWISE_GROUP - 1) / NPU_DEPTHWISE_GROUP;
        bytes = groups * NPU_DEPTHWISE_GROUP * cna->kernel_width * cna->kernel_height;
    }
    return npu_find(d, NPU_REG_CNA_DCOMP_ADDR0, weights, (int64_t)bytes, &cna->weights);
}

/* The vendor's compiler: the stride in pixels, rows on multiples of 16 of them; the surface's stride says nothing. */
static int find_pixels(const npu_decoder *d, npu_cna *cna) {
    int64_t row = (int64_t)cna->in_width * cna->pixels.channels;
    int64_t line = NPU_FIELD(d, CNA_DMA_CON1, LINE_STRIDE);
    bool bytes = d->config->facts[NPU_FACT_PIXEL_LINE_STRIDE] == NPU_PIXEL_LINE_STRIDE_BYTES;
    cna->line_bytes = bytes ? line : (line + NPU_ATOM - 1) / NPU_ATOM * NPU_ATOM * cna->pixels.channels;
    cna->surface_bytes = 0;
    if (cna->in_height > 1 && cna->line_bytes < row) {
        return npu_refuse(d, NPU_REG_CNA_DMA_CON1, "a line stride shorter than a line of pixels");
    }
    return npu_find(d, NPU_REG_CNA_FEATURE_DATA_ADDR, NPU_VALUE(d, CNA_FEATURE_DATA_ADDR),
                    (cna->in_height - 1) * cna->line_bytes + row, &cna->features);
}

/*
 * Strides: lines in words of 4 bytes; surfaces in atoms of 16, counted from the end of the fourth line, 28 bits signed. With
 * GROUP_LINE_OFF (the vendor's compiler): lines in atoms, surfaces counted from the end of the task's first line.
 */
static int find_cube(const npu_decoder *d, npu_cna *cna) {
    int64_t line = NPU_FIELD(d, CNA_DMA_CON1, LINE_STRIDE), from = line;
    cna->line_bytes = line * 4;
    if (NPU_FIELD(d, CNA_CONV_CON1, GROUP_LINE_OFF) != 0 &&
        d->config->facts[NPU_FACT_GROUP_LINE_OFF] == NPU_GROUP_LINE_OFF_ATOMS) {
        cna->line_bytes = line * NPU_ATOM;
        from = cna->in_width;
    }
    if (cna->line_bytes % NPU_ATOM != 0 || (cna->in_height > 1 && cna->line_bytes < (int64_t)cna->in_width * NPU_ATOM)) {
        return npu_refuse(d, NPU_REG_CNA_DMA_CON1, "a line stride that is not whole atoms or shorter than a line");
    }
    int64_t surface = NPU_FIELD(d, CNA_DMA_CON2, SURF_STRIDE);
    if (surface >= 1 << 27) surface -= 1 << 28;
    cna->surface_bytes = (surface + from) * NPU_ATOM;
    int64_t base = NPU_VALUE(d, CNA_FEATURE_DATA_ADDR);
    if (base % NPU_ATOM != 0) return npu_refuse(d, NPU_REG_CNA_FEATURE_DATA_ADDR, "not a multiple of 16");
    int64_t surfaces = cna->channels / NPU_ATOM;
    int64_t plane = (int64_t)(cna->in_height - 1) * cna->line_bytes + (int64_t)cna->in_width * NPU_ATOM;
    if (surfaces > 1 && cna->surface_bytes < plane) {
        return npu_refuse(d, NPU_REG_CNA_DMA_CON2, "surfaces of %" PRId64 " bytes overlap", cna->surface_bytes);
    }
    int64_t bytes = plane + (surfaces > 1 ? (surfaces - 1) * cna->surface_bytes : 0);
    return npu_find(d, NPU_REG_CNA_FEATURE_DATA_ADDR, base, bytes, &cna->features);
}

int npu_cna_decode(const npu_decoder *d, npu_cna *cna) {
    if (expect_constants(d) != 0 || decode_mode(d, cna) != 0 || decode_sizes(d, cna) != 0) return -1;
    if (decode_padding(d, cna) != 0 || npu_cbuf_check(d, cna) != 0) return -1;
    if (NPU_FIELD(d, CNA_DMA_CON0, OV4K_BYPASS) != 0) {
        return npu_refuse(d, NPU_REG_CNA_DMA_CON0, "OV4K_BYPASS is not modelled");
    }
    if (cna->pixels.channels != 0 ? find_pixels(d, cna) != 0 : find_cube(d, cna) != 0) return -1;
    return find_weights(d, cna);
}

/*
 * Silicon (depthwise int8): in each group of 64 channels, odd channels below 32 take byte 1 of the padding constant, all
 * others byte 0.
 */
int8_t npu_cna_padding(const npu_cna *cna, uint32_t channel) {
    bool second = cna->pad_parity && channel % 2 == 1 && channel % NPU_DEPTHWISE_GROUP < NPU_DEPTHWISE_GROUP / 2;
    return cna->pad[second ? 1 : 0];
}

int8_t npu_cna_gap(const npu_cna *cna, uint32_t channel) { return cna->gaps_zero ? 0 : npu_cna_padding(cna, channel); }

uint32_t npu_cna_spread_width(const npu_cna *cna) { return (cna->in_width - 1) * cna->up_x + 1; }

uint32_t npu_cna_spread_height(const npu_cna *cna) { return (cna->in_height - 1) * cna->up_y + 1; }

int8_t npu_cna_feature(const npu_cna *cna, uint32_t channel, int64_t y, int64_t x) {
    if (y < 0 || x < 0 || y >= npu_cna_spread_height(cna) || x >= npu_cna_spread_width(cna)) {
        return npu_cna_padding(cna, channel);
    }
    if (y % cna->up_y != 0 || x % cna->up_x != 0) return npu_cna_gap(cna, channel);
    y /= cna->up_y;
    x /= cna->up_x;
    if (cna->pixels.channels != 0) {
        return npu_pixels_value(&cna->pixels, channel, cna->features.data + y * cna->line_bytes + x * cna->pixels.channels);
    }
    int64_t at = (int64_t)(channel / NPU_ATOM) * cna->surface_bytes + y * cna->line_bytes + x * NPU_ATOM;
    return (int8_t)cna->features.data[at + channel % NPU_ATOM];
}

/* Direct: kernel groups of 32 / channel groups of 32 / taps / kernel / channel. Depthwise: channel groups of 64 / taps / channel. */
size_t npu_cna_weight_index(const npu_cna *cna, uint32_t kernel, uint32_t channel, uint32_t tap) {
    size_t taps = (size_t)cna->kernel_width * cna->kernel_height;
    if (cna->depthwise) {
        uint32_t group = channel / NPU_DEPTHWISE_GROUP * NPU_DEPTHWISE_GROUP;
        uint32_t lanes = cna->channels - group < NPU_DEPTHWISE_GROUP ? cna->rest_lanes : NPU_DEPTHWISE_GROUP;
        return group * taps + (size_t)tap * lanes + (channel - group);
    }
    uint32_t kernel_group = kernel / NPU_KERNEL_GROUP * NPU_KERNEL_GROUP;
    uint32_t group_kernels = least(NPU_KERNEL_GROUP, cna->kernels - kernel_group);
    uint32_t group = channel / NPU_CHANNEL_GROUP * NPU_CHANNEL_GROUP;
    uint32_t lanes = least(NPU_CHANNEL_GROUP, cna->channels - group);
    size_t at = (size_t)kernel_group * cna->kernel_bytes + (size_t)group * taps * group_kernels;
    return at + ((size_t)tap * group_kernels + (kernel - kernel_group)) * lanes + (channel - group);
}

uint32_t npu_cna_window_width(const npu_cna *cna) {
    return (cna->out_width - 1) * cna->stride_x + (cna->kernel_width - 1) * cna->dilation_x + 1;
}

uint32_t npu_cna_window_height(const npu_cna *cna) {
    return (cna->out_height - 1) * cna->stride_y + (cna->kernel_height - 1) * cna->dilation_y + 1;
}
