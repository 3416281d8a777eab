/* Random convolutions: geometry first, then registers and memory for it. */
#include <string.h>

#include "random_task.h"

typedef struct shape {
    bool depthwise;
    uint32_t pixels; /* channels of pixel input; 0: a cube */
    uint32_t width, height, real, channels;
    uint32_t kernel_width, kernel_height, stride_x, stride_y, dilation_x, dilation_y, pad_left, pad_top;
    uint32_t kernels, kernel_bytes;
    uint32_t up_x, up_y;         /* transposed: strides; 1 otherwise */
    bool transposed, line_off;
    uint32_t entries, banks;
} shape;

static uint32_t align(uint32_t value, uint32_t unit) { return (value + unit - 1) / unit * unit; }

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* One side of the output: as many windows as the input, its left or top padding and some more at the other end allow. */
static uint32_t draw_side(random_state *r, uint32_t in, uint32_t pad, uint32_t kernel, uint32_t dilation, uint32_t stride) {
    uint32_t covered = (kernel - 1) * dilation + 1, room = in + pad + random_below(r, 3);
    return room <= covered ? 1 : 1 + (room - covered) / stride;
}

static void draw_shape(random_state *r, shape *s) {
    s->width = 1 + random_below(r, 20);
    s->height = 1 + random_below(r, 20);
    s->kernel_width = 1 + random_below(r, 4);
    s->kernel_height = 1 + random_below(r, 4);
    s->stride_x = 1 + random_below(r, 3);
    s->stride_y = 1 + random_below(r, 3);
    s->dilation_x = random_chance(r, 4) ? 1 + random_below(r, 3) : 1;
    s->dilation_y = random_chance(r, 4) ? 1 + random_below(r, 3) : 1;
    s->up_x = s->up_y = 1;
    s->transposed = !s->depthwise && s->pixels == 0 && random_chance(r, 4);
    if (s->transposed) {
        s->stride_x = s->stride_y = s->dilation_x = s->dilation_y = 1;
        s->up_x = 1 + random_below(r, 8);
        s->up_y = 1 + random_below(r, random_chance(r, 3) ? 8 : 3);
        s->width = 1 + random_below(r, 8);
        s->height = 1 + random_below(r, 8);
    }
    s->line_off = s->pixels == 0 && random_chance(r, 3);
    s->pad_left = random_below(r, least(s->kernel_width * s->dilation_x, 16));
    s->pad_top = random_below(r, least(s->kernel_height * s->dilation_y, 16));
    s->real = s->pixels != 0 ? s->pixels : 1 + random_below(r, random_chance(r, 3) ? 150 : 40);
    s->channels = align(s->real, 16);
    s->kernels = s->depthwise ? 1 : align(1 + random_below(r, 70), 2);
    s->kernel_bytes = s->kernel_width * s->kernel_height * s->channels;
    /* A depthwise rest of 48 channels on 48 or 64 lanes. */
    if (s->depthwise && s->channels % 64 == 48 && random_chance(r, 2)) {
        s->kernel_bytes += s->kernel_width * s->kernel_height * 16;
    }
    s->entries = s->pixels != 0 ? s->width * s->height : (s->channels / 16 * s->width + 3) / 4;
    s->banks = ((s->pixels != 0 ? (s->width + 3) / 4 : s->entries) * s->height + 511) / 512;
}

static bool fits(const shape *s) {
    return s->banks < npu_chips[0].cbuf_banks && least(s->kernels, 32) * s->kernel_bytes <= (npu_chips[0].cbuf_banks - s->banks) * npu_chips[0].cbuf_bank_bytes;
}

static void draw_output(random_state *r, const shape *s, random_output *out) {
    out->depthwise = s->depthwise;
    out->width = draw_side(r, (s->width - 1) * s->up_x + 1, s->pad_left, s->kernel_width, s->dilation_x, s->stride_x);
    out->height = draw_side(r, (s->height - 1) * s->up_y + 1, s->pad_top, s->kernel_height, s->dilation_y, s->stride_y);
    out->real = 1 + random_below(r, s->depthwise ? s->channels : s->kernels);
    out->channels = s->depthwise ? align(s->channels, 64) : align(s->kernels, 32);
    out->bits = 12;
    for (uint32_t products = s->depthwise ? s->kernel_bytes / s->channels : s->kernel_bytes; products > 4; products /= 4) {
        out->bits++;
    }
}

static void put_shape(random_state *r, const shape *s, const random_output *out, uint32_t *values) {
    PUT(CNA_CBUF_CON0, DATA_BANK, s->banks);
    PUT(CNA_CBUF_CON0, WEIGHT_BANK, npu_chips[0].cbuf_banks - s->banks);
    PUT(CNA_CBUF_CON1, DATA_ENTRIES, s->entries);
    PUT(CNA_CONV_CON1, CONV_MODE, s->depthwise ? 3 : 0);
    PUT(CNA_CONV_CON1, DECONV, s->transposed);
    PUT(CNA_CONV_CON2, FEATURE_GRAINS, 1 + random_below(r, 65));
    PUT(CNA_CONV_CON3, CONV_X_STRIDE, s->stride_x);
    PUT(CNA_CONV_CON3, CONV_Y_STRIDE, s->stride_y);
    PUT(CNA_CONV_CON3, DECONV_X_STRIDE, s->up_x - 1);
    PUT(CNA_CONV_CON3, DECONV_Y_STRIDE, s->up_y - 1);
    PUT(CNA_CONV_CON3, ATROUS_X_DILATION, s->dilation_x - 1);
    PUT(CNA_CONV_CON3, ATROUS_Y_DILATION, s->dilation_y - 1);
    PUT(CNA_DATA_SIZE0, DATAIN_WIDTH, s->width);
    PUT(CNA_DATA_SIZE0, DATAIN_HEIGHT, s->height);
    PUT(CNA_DATA_SIZE1, DATAIN_CHANNEL, s->channels);
    PUT(CNA_DATA_SIZE1, DATAIN_CHANNEL_REAL, random_chance(r, 2) ? (s->real - 1) % 64 : s->real - 1);
    values[NPU_REG_CNA_DATA_SIZE2] = out->width;
    values[NPU_REG_CNA_DATA_SIZE3] = out->width * out->height;
    values[NPU_REG_CNA_WEIGHT_SIZE0] = s->kernel_bytes * s->kernels;
    values[NPU_REG_CNA_WEIGHT_SIZE1] = s->kernel_bytes;
    PUT(CNA_WEIGHT_SIZE2, WEIGHT_WIDTH, s->kernel_width);
    PUT(CNA_WEIGHT_SIZE2, WEIGHT_HEIGHT, s->kernel_height);
    PUT(CNA_WEIGHT_SIZE2, WEIGHT_KERNELS, s->kernels);
    PUT(CNA_PAD_CON0, PAD_LEFT, s->pad_left);
    PUT(CNA_PAD_CON0, PAD_TOP, s->pad_top);
    values[NPU_REG_CNA_PAD_CON1] = random_word(r);
    PUT(CNA_FC_DATA_SIZE0, DMA_WIDTH, s->width);
    PUT(CNA_FC_DATA_SIZE0, DMA_HEIGHT, s->height);
    values[NPU_REG_CNA_FC_DATA_SIZE1] = s->channels;
    values[NPU_REG_CNA_DMA_CON0] = 0x000f000f;
}

static void put_core(random_state *r, random_output *out, uint32_t *values) {
    values[NPU_REG_CORE_MISC_CFG] = out->depthwise ? 3 : 1;
    PUT(CORE_DATAOUT_SIZE_0, DATAOUT_WIDTH, out->width - 1);
    PUT(CORE_DATAOUT_SIZE_0, DATAOUT_HEIGHT, out->height - 1);
    values[NPU_REG_CORE_DATAOUT_SIZE_1] = out->channels - 1;
    uint32_t truncate = random_chance(r, 3) ? random_below(r, random_chance(r, 4) ? 32 : 8) : 0;
    PUT(CORE_CLIP_TRUNCATE, CLIP_TRUNCATE, truncate);
    PUT(CORE_CLIP_TRUNCATE, ROUND_TYPE, random_below(r, 2));
    out->bits -= (int32_t)truncate;
}

/* Rows of pixels with some pixels between them, each on a multiple of 16, through any converter. */
static void put_pixels(random_state *r, const shape *s, random_program *program, uint32_t *values) {
    uint32_t line = s->width + random_below(r, 3);
    PUT(CNA_CONV_CON1, ARGB_IN, 7 + s->pixels);
    PUT(CNA_CONV_CON1, NONALIGN_DMA, 1);
    PUT(CNA_CONV_CON1, GROUP_LINE_OFF, 1);
    for (int reg = NPU_REG_CNA_CVT_CON0; reg <= NPU_REG_CNA_CVT_CON4; reg++) values[reg] = random_word(r);
    values[NPU_REG_CNA_CVT_CON0] &= 0x0fffffffu & ~1u;
    if (random_chance(r, 2)) { /* shifts that leave something of 8 bits times 15 */
        values[NPU_REG_CNA_CVT_CON0] &= 0xf;
        PUT(CNA_CVT_CON0, CVT_TRUNCATE_0, 13 + random_below(r, 4));
        PUT(CNA_CVT_CON0, CVT_TRUNCATE_1, 13 + random_below(r, 4));
        PUT(CNA_CVT_CON0, CVT_TRUNCATE_2, 13 + random_below(r, 4));
        PUT(CNA_CVT_CON0, CVT_TRUNCATE_3, 13 + random_below(r, 4));
    }
    values[NPU_REG_CNA_CVT_CON5] = 0xffff;
    values[NPU_REG_CNA_DMA_CON1] = line;
    values[NPU_REG_CNA_DMA_CON2] = line * (s->height - 1);
    values[NPU_REG_CNA_FEATURE_DATA_ADDR] = random_region(r, program, (size_t)align(line, 16) * s->pixels * s->height, 0);
}

/* A cube with some atoms between its rows, and some rows between its surfaces. */
static void put_cube(random_state *r, const shape *s, random_program *program, uint32_t *values) {
    uint32_t line = s->width + random_below(r, 3), plane = line * (s->height + random_below(r, 3));
    values[NPU_REG_CNA_CVT_CON0] = 0xb;
    for (int reg = NPU_REG_CNA_CVT_CON1; reg <= NPU_REG_CNA_CVT_CON4; reg++) values[reg] = 0x10000;
    values[NPU_REG_CNA_DMA_CON1] = s->line_off ? line : line * 4;
    PUT(CNA_CONV_CON1, GROUP_LINE_OFF, s->line_off);
    PUT(CNA_DMA_CON2, SURF_STRIDE, plane - (s->line_off ? s->width : line * 4));
    values[NPU_REG_CNA_FEATURE_DATA_ADDR] = random_region(r, program, (size_t)plane * s->channels, 0);
}

void random_convolution(random_state *r, bool depthwise, uint32_t pixels, random_output *out, random_program *program,
                        uint32_t *values) {
    shape s;
    memset(&s, 0, sizeof s);
    s.depthwise = depthwise;
    s.pixels = pixels;
    do draw_shape(r, &s);
    while (!fits(&s));
    draw_output(r, &s, out);
    put_shape(r, &s, out, values);
    put_core(r, out, values);
    if (pixels != 0) put_pixels(r, &s, program, values);
    else put_cube(r, &s, program, values);
    uint32_t flags = random_chance(r, 3) ? 0 : NPU_REGION_CONSTANT;
    values[NPU_REG_CNA_DCOMP_ADDR0] = random_region(r, program, (size_t)s.kernel_bytes * s.kernels, flags);
}
