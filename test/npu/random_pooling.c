/* Random pooling tasks, int8 and fp16, and unpooling. */
#include "random_task.h"

static uint32_t align(uint32_t value, uint32_t unit) { return (value + unit - 1) / unit * unit; }

/* One side: input, kernel, stride, padding before and behind, output. */
typedef struct side {
    uint32_t in, kernel, stride, before, behind, out;
} side;

static side draw_side(random_state *r) {
    side s;
    s.in = 1 + random_below(r, 20);
    s.kernel = 1 + random_below(r, 5);
    s.stride = 1 + random_below(r, 4);
    s.before = random_below(r, random_chance(r, 2) ? 1 : 4);
    s.behind = random_below(r, random_chance(r, 2) ? 1 : 4);
    while (s.in + s.before + s.behind < s.kernel) s.in++;
    s.out = (s.in + s.before + s.behind - s.kernel) / s.stride + 1;
    return s;
}

/* fp16 bits of a number from about 1 to 65504. */
static uint32_t some_half(random_state *r) { return 0x3c00 + random_below(r, 0x3fff); }

void random_pooling(random_state *r, random_program *program, uint32_t *values) {
    bool int8 = random_chance(r, 2);
    side x = draw_side(r), y = draw_side(r);
    uint32_t channels = 1 + random_below(r, 60), lanes = int8 ? 16 : 8, method = random_below(r, 3);
    uint32_t surfaces = align(channels, lanes) / lanes, notch = int8 && random_chance(r, 3) ? random_below(r, 5) : 0;
    uint32_t line = (x.in + random_below(r, 3)) * 16, plane = line * y.in + random_below(r, 3) * 16;
    uint32_t out_plane = (x.out + notch) * y.out * 16 + random_below(r, 3) * 16;
    PUT(PPU_DATA_CUBE_IN_WIDTH, CUBE_IN_WIDTH, x.in - 1);
    PUT(PPU_DATA_CUBE_IN_HEIGHT, CUBE_IN_HEIGHT, y.in - 1);
    PUT(PPU_DATA_CUBE_IN_CHANNEL, CUBE_IN_CHANNEL, channels - 1);
    PUT(PPU_DATA_CUBE_OUT_WIDTH, CUBE_OUT_WIDTH, x.out - 1);
    PUT(PPU_DATA_CUBE_OUT_HEIGHT, CUBE_OUT_HEIGHT, y.out - 1);
    PUT(PPU_DATA_CUBE_OUT_CHANNEL, CUBE_OUT_CHANNEL, channels - 1);
    PUT(PPU_OPERATION_MODE_CFG, POOLING_METHOD, method);
    PUT(PPU_OPERATION_MODE_CFG, FLYING_MODE, 1);
    PUT(PPU_OPERATION_MODE_CFG, NOTCH_ADDR, notch);
    PUT(PPU_POOLING_KERNEL_CFG, KERNEL_WIDTH, x.kernel - 1);
    PUT(PPU_POOLING_KERNEL_CFG, KERNEL_HEIGHT, y.kernel - 1);
    PUT(PPU_POOLING_KERNEL_CFG, KERNEL_STRIDE_WIDTH, x.stride - 1);
    PUT(PPU_POOLING_KERNEL_CFG, KERNEL_STRIDE_HEIGHT, y.stride - 1);
    PUT(PPU_POOLING_PADDING_CFG, PAD_LEFT, x.before);
    PUT(PPU_POOLING_PADDING_CFG, PAD_TOP, y.before);
    PUT(PPU_POOLING_PADDING_CFG, PAD_RIGHT, x.behind);
    PUT(PPU_POOLING_PADDING_CFG, PAD_BOTTOM, y.behind);
    values[NPU_REG_PPU_RECIP_KERNEL_WIDTH] = int8 ? random_below(r, 0x10001) : some_half(r);
    values[NPU_REG_PPU_RECIP_KERNEL_HEIGHT] = int8 ? random_below(r, 0x10001) : some_half(r);
    int32_t pad = random_between(r, -128, 127);
    values[NPU_REG_PPU_PADDING_VALUE_1_CFG] = int8 ? (uint32_t)pad : random_below(r, 0x10000);
    values[NPU_REG_PPU_PADDING_VALUE_2_CFG] = int8 && pad < 0 ? 7 : 0;
    values[NPU_REG_PPU_DST_BASE_ADDR] = random_region(r, program, (size_t)out_plane * surfaces, 0);
    values[NPU_REG_PPU_DST_SURF_STRIDE] = out_plane;
    values[NPU_REG_PPU_DATA_FORMAT] = out_plane | (int8 ? 0 : 2);
    values[NPU_REG_PPU_MISC_CTRL] = 3;
    PUT(PPU_RDMA_CUBE_IN_WIDTH, CUBE_IN_WIDTH, x.in - 1);
    PUT(PPU_RDMA_CUBE_IN_HEIGHT, CUBE_IN_HEIGHT, y.in - 1);
    PUT(PPU_RDMA_CUBE_IN_CHANNEL, CUBE_IN_CHANNEL, channels - 1);
    values[NPU_REG_PPU_RDMA_SRC_BASE_ADDR] = random_region(r, program, (size_t)plane * surfaces, 0);
    values[NPU_REG_PPU_RDMA_SRC_LINE_STRIDE] = line;
    values[NPU_REG_PPU_RDMA_SRC_SURF_STRIDE] = plane;
    values[NPU_REG_PPU_RDMA_DATA_FORMAT] = int8 ? 1 : 2;
}

void random_unpooling(random_state *r, random_program *program, uint32_t *values) {
    uint32_t width = 1 + random_below(r, 20), height = 1 + random_below(r, 20), row = width * 2 * 16;
    bool pairs = random_chance(r, 2); /* the rows of a pair as surfaces, or two planes */
    uint32_t plane = pairs ? row : row * height;
    PUT(DPU_FEATURE_MODE_CFG, FLYING_MODE, 1);
    PUT(DPU_FEATURE_MODE_CFG, OUTPUT_MODE, 2);
    PUT(DPU_DATA_FORMAT, IN_PRECISION, 1);
    values[NPU_REG_DPU_BS_CFG] = values[NPU_REG_DPU_BN_CFG] = 0x53;
    values[NPU_REG_DPU_EW_CFG] = 0x383;
    values[NPU_REG_DPU_OUT_CVT_SCALE] = 1;
    values[NPU_REG_DPU_BS_OW_CFG] = 2;
    values[NPU_REG_DPU_DATA_CUBE_WIDTH] = width * 2 - 1;
    values[NPU_REG_DPU_DATA_CUBE_HEIGHT] = height - 1;
    PUT(DPU_DATA_CUBE_CHANNEL, CHANNEL, 31);
    PUT(DPU_DATA_CUBE_CHANNEL, ORIG_CHANNEL, 31);
    PUT(DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_ADDR_0, pairs ? width * 2 : 0);
    PUT(DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_ADDR_1, pairs ? width * 2 : 0);
    values[NPU_REG_DPU_WDMA_SIZE_0] = 31;
    PUT(DPU_WDMA_SIZE_1, WIDTH_WDMA, width * 2 - 1);
    PUT(DPU_WDMA_SIZE_1, HEIGHT_WDMA, height - 1);
    values[NPU_REG_DPU_DST_BASE_ADDR] = random_region(r, program, (size_t)row * height * 2, 0);
    values[NPU_REG_DPU_DST_SURF_STRIDE] = values[NPU_REG_DPU_SURFACE_ADD] = plane;
    values[NPU_REG_DPU_RDMA_DATA_CUBE_WIDTH] = random_chance(r, 2) ? width - 1 : width * 2 - 1;
    values[NPU_REG_DPU_RDMA_DATA_CUBE_HEIGHT] = height - 1;
    values[NPU_REG_DPU_RDMA_DATA_CUBE_CHANNEL] = 15;
    values[NPU_REG_DPU_RDMA_SRC_BASE_ADDR] = random_region(r, program, (size_t)width * height * 16, 0);
    values[NPU_REG_DPU_RDMA_ERDMA_CFG] = 1;
    PUT(DPU_RDMA_FEATURE_MODE_CFG, FLYING_MODE, 1);
    PUT(DPU_RDMA_FEATURE_MODE_CFG, BURST_LEN, 15);
    PUT(DPU_RDMA_FEATURE_MODE_CFG, IN_PRECISION, random_below(r, 2));
    values[NPU_REG_DPU_RDMA_SRC_DMA_CFG] = 0x1249;
}
