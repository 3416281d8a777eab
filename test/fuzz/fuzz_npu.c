/*
 * Register streams onto the NPU. data: u8 flags, u8 fact, u8 its value, then command words; a word that starts the blocks ends a
 * task. Addresses are those of two memories and of the words themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "../../delegate/generated/registers.h"
#include "../../delegate/npu/npu.h"
#include "fuzz.h"

enum { MOST_TASKS = 16, REGIONS = MOST_TASKS + 2, MEMORY_BYTES = 1 << 16, WORD = 8, ARENA = 0x10000, CONSTANTS = 0x30000, WORDS = 0x100000 };

typedef struct program {
    npu_region regions[REGIONS];
    npu_task tasks[MOST_TASKS];
    size_t region_count, task_count;
} program;

static uint8_t *memory(program *p, uint32_t iova, uint32_t flags, size_t bytes) {
    npu_region *r = &p->regions[p->region_count++];
    *r = (npu_region){.iova = iova, .flags = flags, .size = bytes, .data = malloc(bytes)};
    if (r->data == NULL) abort();
    memset(r->data, 3, bytes);
    return r->data;
}

static void take_words(program *p, const uint8_t *data, size_t size) {
    size_t start = 0;
    for (size_t at = 0; at + WORD <= size && p->task_count < MOST_TASKS; at += WORD) {
        const uint32_t target = data[at + 6] | (uint32_t)data[at + 7] << 8;
        if (target != NPU_TARGET_OPERATION_ENABLE) continue;
        const size_t bytes = at + WORD - start;
        npu_task *task = &p->tasks[p->task_count];
        task->regcmd_iova = WORDS + (uint32_t)p->task_count * 0x40000;
        task->words = (uint32_t)(bytes / WORD);
        memcpy(memory(p, task->regcmd_iova, NPU_REGION_CONSTANT, bytes), data + start, bytes);
        p->task_count++;
        start = at + WORD;
    }
}

static void run(const npu_config *config, const program *p) {
    npu_program *loaded;
    npu_error error;
    uint64_t cycles = 0;
    if (npu_program_load(config, p->regions, p->region_count, p->tasks, p->task_count, &loaded, &error) != 0) return;
    fuzz_taken += p->task_count > 0;
    for (size_t i = 0; i < p->task_count; i++) cycles += npu_program_task_cycles(loaded, i);
    if (cycles <= FUZZ_MOST_CYCLES) npu_program_run(loaded, &error);
    npu_program_free(loaded);
}

int fuzz_npu(const uint8_t *data, size_t size) {
    program p = {.region_count = 0};
    npu_config config;
    npu_error error;
    if (size < 3) return 0;
    npu_config_default(&config);
    config.flags = data[0] % 16;
    config.facts[data[1] % NPU_FACT_COUNT] = data[2] % 4;
    memory(&p, ARENA, 0, MEMORY_BYTES);
    memory(&p, CONSTANTS, NPU_REGION_CONSTANT, MEMORY_BYTES);
    take_words(&p, data + 3, (size - 3) > 0x40000 ? 0x40000 : size - 3);
    npu_program_check(&config, p.regions, p.region_count, p.tasks, p.task_count, NULL, NULL, &error);
    run(&config, &p);
    for (size_t i = 0; i < p.region_count; i++) free(p.regions[i].data);
    return 0;
}
