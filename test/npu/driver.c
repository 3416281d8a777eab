/*
 * Runs programs that arrive on stdin on the software NPU and answers on stdout; for the tests of test/npu.
 * Request: u32 flags, u32 facts {u32 fact, u32 value}..., u32 regions {u32 iova, u32 flags, u32 bytes, bytes}...,
 *          u32 tasks {u32 regcmd, u32 words}...
 * Answer:  i32 result (0, -1 refused at load, -2 refused in the run), u32 task, u32 target, u32 offset, u32 value,
 *          char text[256], then the bytes of every region that is not constant.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../delegate/npu/npu.h"

static void read_bytes(void *to, size_t bytes) {
    if (fread(to, 1, bytes, stdin) != bytes) exit(2);
}

static uint32_t read_word(void) {
    uint32_t word;
    read_bytes(&word, sizeof word);
    return word;
}

static void *room(size_t bytes) {
    void *memory = malloc(bytes + 1);
    if (memory == NULL) exit(3);
    return memory;
}

static void write_bytes(const void *from, size_t bytes) {
    if (fwrite(from, 1, bytes, stdout) != bytes) exit(4);
}

static int run(const npu_config *config, const npu_region *regions, size_t region_count, const npu_task *tasks,
               size_t task_count, npu_error *error) {
    npu_program *program;
    if (npu_program_load(config, regions, region_count, tasks, task_count, &program, error) != 0) return -1;
    int result = npu_program_run(program, error) == 0 ? 0 : -2;
    npu_program_free(program);
    return result;
}

int main(void) {
    uint32_t flags;
    while (fread(&flags, sizeof flags, 1, stdin) == 1) {
        npu_config config;
        npu_config_default(&config);
        config.flags = flags;
        for (uint32_t left = read_word(); left > 0; left--) {
            uint32_t fact = read_word(), value = read_word();
            if (fact < NPU_FACT_COUNT) config.facts[fact] = (uint8_t)value;
        }
        uint32_t region_count = read_word();
        npu_region *regions = room(region_count * sizeof *regions);
        for (uint32_t i = 0; i < region_count; i++) {
            regions[i].iova = read_word();
            regions[i].flags = read_word();
            regions[i].size = read_word();
            regions[i].data = room((size_t)regions[i].size); /* of its own, so that a sanitizer sees each end */
            read_bytes(regions[i].data, (size_t)regions[i].size);
        }
        uint32_t task_count = read_word();
        npu_task *tasks = room(task_count * sizeof *tasks);
        for (uint32_t i = 0; i < task_count; i++) {
            tasks[i].regcmd_iova = read_word();
            tasks[i].words = read_word();
        }
        npu_error error;
        memset(&error, 0, sizeof error);
        int32_t result = run(&config, regions, region_count, tasks, task_count, &error);
        write_bytes(&result, sizeof result);
        write_bytes(&error.task, sizeof error.task);
        write_bytes(&error.target, sizeof error.target);
        write_bytes(&error.offset, sizeof error.offset);
        write_bytes(&error.value, sizeof error.value);
        write_bytes(error.text, sizeof error.text);
        for (uint32_t i = 0; i < region_count; i++) {
            if ((regions[i].flags & NPU_REGION_CONSTANT) == 0) write_bytes(regions[i].data, (size_t)regions[i].size);
            free(regions[i].data);
        }
        free(regions);
        free(tasks);
        if (fflush(stdout) != 0) return 4;
    }
    return 0;
}
