/* The software NPU as a device: BOs in the host's memory, addresses as the kernel driver would give them. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "../npu/chip.h"
#include "../npu/words.h"

/* As in the kernel: page-aligned, from the start of the aperture; nothing at 0, where registers that nobody wrote point. */
#define PAGE_BYTES 4096u
#define FIRST_ADDRESS 0x10000u

struct device_plan {
    npu_region regions[PLAN_MAX_BOS];
    void *owned[PLAN_MAX_BOS]; /* NULL where the plan's own bytes serve */
    uint32_t bo_count;
    const plan *plan;
    npu_program *program;
};

/* Constants are read where memory has them; arenas and relocated commands need memory of their own. */
static int allocate(const plan *p, device_plan *loaded, ptfe_error *error) {
    uint64_t next = FIRST_ADDRESS;
    loaded->bo_count = p->bo_count;
    for (uint32_t i = 0; i < p->bo_count; i++) {
        const plan_bo *bo = &p->bos[i];
        npu_region *region = &loaded->regions[i];
        region->iova = (uint32_t)next;
        region->size = bo->size;
        region->flags = plan_bo_is_written(bo) ? 0 : NPU_REGION_CONSTANT;
        next += (bo->size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        if (next > UINT32_MAX) return error_set(error, "the plan's buffers do not fit into 4 GiB");
        if (bo->kind == PLAN_BO_CONSTANTS && p->source.file == PLAN_NO_FILE && bo->data_bytes == bo->size) {
            region->data = (uint8_t *)(uintptr_t)(p->bytes + bo->data_offset); /* constant: never written */
            continue;
        }
        loaded->owned[i] = calloc(1, bo->size);
        if (loaded->owned[i] == NULL) return error_no_memory(error, "the plan's buffers");
        region->data = loaded->owned[i];
        if (plan_copy_bo(p, i, region->data, error) != 0) return -1;
    }
    return 0;
}

static void relocate(const plan *p, device_plan *loaded) {
    for (uint32_t i = 0; i < p->relocation_count; i++) {
        const plan_relocation *one = &p->relocations[i];
        npu_word_set_value(loaded->regions[one->bo].data, one->word, loaded->regions[one->target_bo].iova + one->addend);
    }
}

static int refuse(const npu_error *npu, ptfe_error *error) {
    return npu->is_memory ? error_no_memory(error, "the software NPU") : error_set(error, "%s", npu->text);
}

static int load_program(const plan *p, device_plan *loaded, const device_settings *settings, ptfe_error *error) {
    npu_config config;
    npu_error npu;
    if (device_settings_apply(settings, npu_chip_of_number(NPU_CHIP_RK3588), &config, error) != 0) return -1;
    npu_task *tasks = calloc((size_t)p->task_count + 1, sizeof *tasks);
    if (tasks == NULL) return error_no_memory(error, "the plan's tasks");
    for (uint32_t i = 0; i < p->task_count; i++) {
        tasks[i].regcmd_iova = loaded->regions[p->tasks[i].regcmd_bo].iova + p->tasks[i].regcmd_offset;
        tasks[i].words = p->tasks[i].words;
    }
    int status = npu_program_load(&config, loaded->regions, loaded->bo_count, tasks, p->task_count, &loaded->program, &npu);
    free(tasks);
    return status == 0 ? 0 : refuse(&npu, error);
}

static void unload(device_plan *loaded) {
    if (loaded == NULL) return;
    npu_program_free(loaded->program);
    for (uint32_t i = 0; i < loaded->bo_count; i++) free(loaded->owned[i]);
    free(loaded);
}

static device_plan *load(const plan *p, const device_settings *settings, ptfe_error *error) {
    device_plan *loaded = calloc(1, sizeof *loaded);
    if (loaded == NULL) {
        error_no_memory(error, "the plan");
        return NULL;
    }
    loaded->plan = p;
    if (allocate(p, loaded, error) != 0) {
        unload(loaded);
        return NULL;
    }
    relocate(p, loaded);
    if (load_program(p, loaded, settings, error) != 0) {
        unload(loaded);
        return NULL;
    }
    return loaded;
}

static uint8_t *bo(device_plan *loaded, uint32_t index) { return loaded->regions[index].data; }

/* One queue: jobs stand in the order in which they may run. */
static int run(device_plan *loaded, uint32_t first, uint32_t count, const device_feed *feed, ptfe_error *error) {
    npu_error npu;
    for (uint32_t i = first; i < loaded->plan->job_count && i - first < count; i++) {
        const plan_job *job = &loaded->plan->jobs[i];
        if (feed != NULL) feed->feed(feed->context, i);
        if (npu_program_run_some(loaded->program, job->first_task, job->task_count, &npu) != 0) return refuse(&npu, error);
    }
    return 0;
}

static uint64_t task_nanoseconds(const device_plan *loaded, uint32_t task) {
    return npu_program_task_nanoseconds(loaded->program, task);
}

static uint64_t task_cycles(const device_plan *loaded, uint32_t task) { return npu_program_task_cycles(loaded->program, task); }

static uint64_t task_products(const device_plan *loaded, uint32_t task) { return npu_program_task_products(loaded->program, task); }

const device_ops device_software = {.name = "software",
                                    .timed_by = "the software NPU on this machine",
                                    .chip = NPU_CHIP_RK3588,
                                    .load = load,
                                    .bo = bo,
                                    .run = run,
                                    .task_nanoseconds = task_nanoseconds,
                                    .task_cycles = task_cycles,
                                    .task_products = task_products,
                                    .unload = unload};
