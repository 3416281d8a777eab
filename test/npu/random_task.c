#include "random_task.h"

#include <stdlib.h>
#include <string.h>


random_state random_start(uint64_t seed) {
    random_state r = {seed * 0x9e3779b97f4a7c15u + 1};
    for (int i = 0; i < 8; i++) random_word(&r);
    return r;
}

uint32_t random_word(random_state *r) {
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (uint32_t)(r->state >> 32);
}

uint32_t random_below(random_state *r, uint32_t bound) { return random_word(r) % bound; }

int32_t random_between(random_state *r, int32_t low, int32_t high) {
    return low + (int32_t)random_below(r, (uint32_t)(high - low + 1));
}

bool random_chance(random_state *r, uint32_t one_in) { return random_below(r, one_in) == 0; }

uint32_t random_region(random_state *r, random_program *program, size_t bytes, uint32_t flags) {
    if (program->region_count == RANDOM_REGIONS) abort();
    npu_region *region = &program->regions[program->region_count++];
    region->data = malloc(bytes); /* of its own: a sanitizer sees its ends */
    if (region->data == NULL) exit(3);
    for (size_t i = 0; i < bytes; i++) region->data[i] = (uint8_t)random_word(r);
    region->size = bytes;
    region->flags = flags;
    region->iova = program->next_iova;
    program->next_iova += ((uint32_t)bytes + 0x1fff) & ~0xfffu;
    return region->iova;
}

static void draw_output_registers(random_state *r, const random_output *out, random_program *program, uint32_t *values) {
    uint32_t notch = random_chance(r, 4) ? random_below(r, 4) : 0, line = out->width + notch;
    uint32_t plane = (line * out->height + random_below(r, 5)) * 16;
    PUT(DPU_FEATURE_MODE_CFG, FLYING_MODE, out->flying);
    PUT(DPU_FEATURE_MODE_CFG, OUTPUT_MODE, 2);
    PUT(DPU_FEATURE_MODE_CFG, CONV_MODE, out->depthwise ? 3 : 0);
    PUT(DPU_FEATURE_MODE_CFG, BURST_LEN, 15);
    values[NPU_REG_DPU_DST_BASE_ADDR] = random_region(r, program, (size_t)plane * (out->channels / 16), 0);
    values[NPU_REG_DPU_DST_SURF_STRIDE] = plane;
    values[NPU_REG_DPU_DATA_CUBE_WIDTH] = out->width - 1;
    values[NPU_REG_DPU_DATA_CUBE_HEIGHT] = out->height - 1;
    PUT(DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_ADDR_0, notch);
    PUT(DPU_DATA_CUBE_NOTCH_ADDR, NOTCH_ADDR_1, notch);
    PUT(DPU_DATA_CUBE_CHANNEL, CHANNEL, out->channels - 1);
    PUT(DPU_DATA_CUBE_CHANNEL, ORIG_CHANNEL, out->real - 1);
    values[NPU_REG_DPU_WDMA_SIZE_0] = out->channels - 1;
    PUT(DPU_WDMA_SIZE_1, WIDTH_WDMA, out->width - 1);
    PUT(DPU_WDMA_SIZE_1, HEIGHT_WDMA, out->height - 1);
}

static uint8_t *put_word(uint8_t *to, uint32_t target, uint32_t offset, uint32_t value) {
    uint64_t word = (uint64_t)target << 48 | (uint64_t)value << 16 | offset;
    for (int i = 0; i < 8; i++) *to++ = (uint8_t)(word >> 8 * i);
    return to;
}

/* 16 bits, those below 0 sometimes with their sign. */
static uint32_t table_entry(random_state *r) {
    int32_t entry = random_between(r, INT16_MIN, INT16_MAX);
    return random_chance(r, 2) ? (uint32_t)entry : (uint32_t)entry & 0xffff;
}

static uint8_t *put_tables(random_state *r, uint8_t *to) {
    for (uint32_t table = 0; table < 2; table++) {
        to = put_word(to, NPU_TARGET_DPU, NPU_DPU_LUT_ACCESS_CFG, 0x20000 | table << 16);
        for (int i = 0; i < 513; i++) to = put_word(to, NPU_TARGET_DPU, NPU_DPU_LUT_ACCESS_DATA, table_entry(r));
    }
    return to;
}

/* The LUT's port is written by put_tables. */
static bool is_written(int reg, bool pools) {
    bool pooling = npu_registers[reg].target == NPU_TARGET_PPU || npu_registers[reg].target == NPU_TARGET_PPU_RDMA;
    return pooling == pools && reg != NPU_REG_DPU_LUT_ACCESS_CFG && reg != NPU_REG_DPU_LUT_ACCESS_DATA;
}

/* All registers of the blocks, the LUT's tables where they are used, and the tail. */
static void put_task(random_state *r, const random_output *out, random_program *program, const uint32_t *values) {
    bool lut = values[NPU_REG_DPU_LUT_CFG] != 0;
    uint32_t words = (lut ? 1028 : 0) + 4;
    for (int reg = 0; reg < NPU_REGISTER_COUNT; reg++) words += is_written(reg, out->pooling);
    npu_task *task = &program->tasks[program->task_count++];
    task->regcmd_iova = random_region(r, program, (size_t)words * 8, NPU_REGION_CONSTANT);
    task->words = words;
    uint8_t *to = program->regions[program->region_count - 1].data;
    uint32_t turns = random_chance(r, 6) ? 0x30 : 0xe; /* ping-pong off, or on */
    if (lut) to = put_tables(r, to);
    for (int reg = 0; reg < NPU_REGISTER_COUNT; reg++) {
        const npu_register_info *info = &npu_registers[reg];
        if (!is_written(reg, out->pooling)) continue;
        bool pointer = info->offset % 0x1000 == 4; /* S_POINTER of every block */
        to = put_word(to, info->target, info->offset, pointer ? turns : values[reg]);
    }
    to = put_word(to, 0, 0, 0);
    to = put_word(to, NPU_TARGET_PC, NPU_PC_REGISTER_AMOUNTS, 0);
    to = put_word(to, NPU_TARGET_BARRIER, 0, 0);
    uint32_t enables = out->pooling  ? NPU_ENABLE_POOLING
                       : out->flying ? NPU_ENABLE_DPU_ONLY
                                     : NPU_ENABLE_CONVOLUTION;
    put_word(to, NPU_TARGET_OPERATION_ENABLE, NPU_PC_OPERATION_ENABLE, enables);
}

static void draw_task(random_state *r, random_program *program, random_counts *counts) {
    uint32_t values[NPU_REGISTER_COUNT];
    random_output out;
    uint32_t kind = random_below(r, 6);
    memset(values, 0, sizeof values);
    memset(&out, 0, sizeof out);
    if (kind == 5) {
        out.pooling = random_chance(r, 2);
        out.flying = !out.pooling;
        if (out.pooling) random_pooling(r, program, values), counts->pooling++;
        else random_unpooling(r, program, values), counts->unpooling++;
        put_task(r, &out, program, values);
        return;
    }
    if (kind == 0) {
        out.flying = true;
        out.bits = 6;
        out.width = 1 + random_below(r, 30);
        out.height = 1 + random_below(r, 20);
        out.channels = 16 * (1 + random_below(r, 5));
        out.real = out.channels - random_below(r, 16);
        counts->flying++;
    } else {
        uint32_t pixels = kind == 1 ? 1 + random_below(r, 4) : 0;
        random_convolution(r, kind == 2, pixels, &out, program, values);
        if (pixels != 0) counts->pixels++;
        else if (out.depthwise) counts->depthwise++;
        else counts->direct++;
    }
    draw_output_registers(r, &out, program, values);
    random_stages(r, &out, program, values, counts);
    put_task(r, &out, program, values);
}

void random_program_draw(random_state *r, random_program *program, random_counts *counts) {
    memset(program, 0, sizeof *program);
    program->next_iova = 0x10000;
    uint32_t tasks = 1 + random_below(r, RANDOM_TASKS);
    for (uint32_t i = 0; i < tasks; i++) draw_task(r, program, counts);
}

void random_program_free(random_program *program) {
    for (size_t i = 0; i < program->region_count; i++) free(program->regions[i].data);
}
