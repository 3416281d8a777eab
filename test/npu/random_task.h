/* Draws register programs that the hardware's documented ranges allow. */
#ifndef PTFE_RANDOM_TASK_H
#define PTFE_RANDOM_TASK_H

#include <stdbool.h>

#include "../../delegate/generated/registers.h"
#include "../../delegate/npu/npu.h"

/* Sets a field of a register in `values`, which holds 0 there. */
#define PUT(reg, field, value) \
    (values[NPU_REG_##reg] |= ((uint32_t)(value) & NPU_##reg##_##field##_MASK) << NPU_##reg##_##field##_SHIFT)

typedef struct random_state {
    uint64_t state;
} random_state;

random_state random_start(uint64_t seed);
uint32_t random_word(random_state *r);
uint32_t random_below(random_state *r, uint32_t bound);
int32_t random_between(random_state *r, int32_t low, int32_t high);
bool random_chance(random_state *r, uint32_t one_in);

enum { RANDOM_REGIONS = 32, RANDOM_TASKS = 3 };

typedef struct random_program {
    npu_region regions[RANDOM_REGIONS];
    size_t region_count;
    npu_task tasks[RANDOM_TASKS];
    size_t task_count;
    uint32_t next_iova;
} random_program;

typedef struct random_counts {
    uint64_t direct, pixels, depthwise, flying, ew, lut, pooling, unpooling;
} random_counts;

/* A region of random bytes; its address. */
uint32_t random_region(random_state *r, random_program *program, size_t bytes, uint32_t flags);

void random_program_draw(random_state *r, random_program *program, random_counts *counts);
void random_program_free(random_program *program);

typedef struct random_output {
    bool flying, depthwise, pooling;
    uint32_t width, height, channels, real;
    int32_t bits; /* about how many bits the main input has */
} random_output;

/* The DPU's stages (random_stages.c): fills `values` and adds the regions that they read. */
void random_stages(random_state *r, const random_output *output, random_program *program, uint32_t *values,
                   random_counts *counts);

/* Tasks of the PPU, and of the DPU's reader as unpooling (random_pooling.c). */
void random_pooling(random_state *r, random_program *program, uint32_t *values);
void random_unpooling(random_state *r, random_program *program, uint32_t *values);

/* CNA and CORE (random_convolution.c); `pixels`: channels of pixel input, 0 for a cube. Tells what comes out. */
void random_convolution(random_state *r, bool depthwise, uint32_t pixels, random_output *output, random_program *program,
                        uint32_t *values);

#endif
