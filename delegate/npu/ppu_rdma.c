#include "ppu_rdma.h"

#include <inttypes.h>


static int same_cube(const npu_decoder *d) {
    static const enum npu_register pairs[][2] = {
        {NPU_REG_PPU_RDMA_CUBE_IN_WIDTH, NPU_REG_PPU_DATA_CUBE_IN_WIDTH},
        {NPU_REG_PPU_RDMA_CUBE_IN_HEIGHT, NPU_REG_PPU_DATA_CUBE_IN_HEIGHT},
        {NPU_REG_PPU_RDMA_CUBE_IN_CHANNEL, NPU_REG_PPU_DATA_CUBE_IN_CHANNEL},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (d->values[pairs[i][0]] == d->values[pairs[i][1]]) continue;
        return npu_refuse(d, pairs[i][0], "differs from the PPU's: not modelled");
    }
    return 0;
}

int npu_ppu_rdma_decode(const npu_decoder *d, npu_ppu_rdma *reader) {
    if (same_cube(d) != 0) return -1;
    /* Boards read fp16 with 0 here; the vendor's compiler writes 1 for int8. */
    uint32_t format = NPU_VALUE(d, PPU_RDMA_DATA_FORMAT);
    if (format != 1 && format != 2) return npu_refuse(d, NPU_REG_PPU_RDMA_DATA_FORMAT, "not modelled (1 int8, 2 fp16)");
    reader->int8 = format == 1;
    uint32_t lanes = reader->int8 ? NPU_INT8_LANES : NPU_FP16_LANES;
    int64_t width = NPU_VALUE(d, PPU_RDMA_CUBE_IN_WIDTH) + 1, height = NPU_VALUE(d, PPU_RDMA_CUBE_IN_HEIGHT) + 1;
    int64_t surfaces = (NPU_VALUE(d, PPU_RDMA_CUBE_IN_CHANNEL) + lanes) / lanes;
    /* Driver: strides in bytes. */
    reader->line_bytes = NPU_VALUE(d, PPU_RDMA_SRC_LINE_STRIDE);
    reader->surface_bytes = NPU_VALUE(d, PPU_RDMA_SRC_SURF_STRIDE);
    int64_t row = width * NPU_ATOM, plane = (height - 1) * reader->line_bytes + row;
    if (height > 1 && reader->line_bytes < row) {
        return npu_refuse(d, NPU_REG_PPU_RDMA_SRC_LINE_STRIDE, "shorter than a line of %" PRId64 " bytes", row);
    }
    if (surfaces > 1 && reader->surface_bytes < plane) {
        return npu_refuse(d, NPU_REG_PPU_RDMA_SRC_SURF_STRIDE, "surfaces of %" PRId64 " bytes overlap", plane);
    }
    int64_t base = NPU_VALUE(d, PPU_RDMA_SRC_BASE_ADDR);
    if (base % NPU_ATOM != 0) return npu_refuse(d, NPU_REG_PPU_RDMA_SRC_BASE_ADDR, "not a multiple of 16");
    return npu_find(d, NPU_REG_PPU_RDMA_SRC_BASE_ADDR, base, (surfaces - 1) * reader->surface_bytes + plane, &reader->source);
}

uint16_t npu_ppu_rdma_value(const npu_ppu_rdma *reader, uint32_t surface, uint32_t y, uint32_t x, uint32_t lane) {
    const uint8_t *at = reader->source.data + surface * reader->surface_bytes + y * reader->line_bytes +
                        (size_t)x * NPU_ATOM + lane * 2;
    return (uint16_t)(at[0] | (unsigned)at[1] << 8);
}
