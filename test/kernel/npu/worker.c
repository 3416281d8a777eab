/* A core's worker: takes one task after the other, computes it with the software NPU, raises the interrupt. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core.h"

enum { CAUSE_DPU_0 = 0x100, CAUSE_DPU_1 = 0x200, CAUSE_PPU_0 = 0x400, CAUSE_PPU_1 = 0x800, CAUSE_READ_ERROR = 0x1000, CAUSE_WRITE_ERROR = 0x2000, CAUSE_CNA_0 = 1 };
#define UNMAPPED 0xc0000000u

static void sleep_milliseconds(uint32_t milliseconds) {
    const struct timespec time = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static int attempt(const npu_region *regions, size_t count, const npu_task *tasks, size_t task_count, npu_error *error) {
    npu_config config;
    npu_program *program = NULL;
    npu_config_default(&config);
    const int failed = npu_program_load(&config, regions, count, tasks, task_count, &program, error) != 0 ||
                       npu_program_run_some(program, task_count - 1, 1, error) != 0;
    npu_program_free(program);
    return failed;
}

/*
 * What the tasks before it in the same job left in CBUF and in registers matters, so those stand before it in the program
 * where it does not load alone. The driver counts words in pairs: a stream with an odd number of them is read one word too
 * far. Here that word is zero behind Mesa's streams and ours, and such a stream is refused: the plan's gate promises even ones.
 */
static int execute(core *c, const npu_region *regions, size_t count, const npu_task *task, npu_error *error) {
    npu_task *own = &c->history[c->history_count];
    *own = *task;
    int failed = attempt(regions, count, own, 1, error);
    if (failed && c->history_count > 0) failed = attempt(regions, count, c->history, c->history_count + 1, error);
    if (c->history_count < MOST_TASKS_OF_A_JOB - 1) c->history_count++;
    return failed;
}

/* The first page of the stream that is not mapped, or 0 with `*mapped`. */
static uint32_t missing_page(const core *c, const npu_task *task, int *mapped) {
    const uint64_t last = (uint64_t)task->regcmd_iova + (uint64_t)task->words * 8 - 1;
    for (uint64_t page = task->regcmd_iova >> 12; page <= last >> 12; page++) {
        *mapped = page < (1u << 20) && c->pages[page] != 0;
        if (!*mapped) return page == task->regcmd_iova >> 12 ? task->regcmd_iova : (uint32_t)(page << 12);
    }
    return 0;
}

/* The causes that the end of a task raises; 0 for none. */
static uint32_t causes_of(core *c, uint32_t mode) {
    const int second = (int)(c->group++ & 1);
    const uint32_t dpu = second ? CAUSE_DPU_1 : CAUSE_DPU_0;
    switch (mode) {
    case MISBEHAVE_READ_ERROR: return dpu | CAUSE_READ_ERROR;
    case MISBEHAVE_WRITE_ERROR: return dpu | CAUSE_WRITE_ERROR;
    case MISBEHAVE_OTHER_CAUSE: return CAUSE_CNA_0;
    case MISBEHAVE_PPU: return second ? CAUSE_PPU_1 : CAUSE_PPU_0;
    case MISBEHAVE_SILENT: return 0;
    default: return dpu;
    }
}

void core_quiesce(core *c) {
    while (c->is_executing) pthread_cond_wait(&c->idle, &c->lock);
}

/* Milliseconds without the lock. @returns whether the task is still wanted: no reset came, no other page table */
static int is_wanted_behind(core *c, uint32_t milliseconds) {
    const uint32_t generation = c->generation, table = c->banks[0].table;
    pthread_mutex_unlock(&c->lock);
    sleep_milliseconds(milliseconds);
    pthread_mutex_lock(&c->lock);
    return generation == c->generation && table == c->banks[0].table;
}

static atomic_uint executing; /* cores */

/* Computes a task, without the lock. A stream that starts with 0 or ~0 is a test's own: nothing to compute. @returns -1 where it is refused */
static int compute(core *c, const npu_region *regions, size_t count, const npu_task *task, npu_error *error) {
    uint64_t first_word;
    c->is_executing = 1;
    if (atomic_fetch_add(&executing, 1) > 0) c->together++;
    pthread_mutex_unlock(&c->lock);
    memcpy(&first_word, c->window + task->regcmd_iova, sizeof first_word);
    const int failed = first_word != 0 && first_word != UINT64_MAX && execute(c, regions, count, task, error) != 0;
    pthread_mutex_lock(&c->lock);
    c->is_executing = 0;
    atomic_fetch_sub(&executing, 1);
    pthread_cond_broadcast(&c->idle);
    return failed ? -1 : 0;
}

/* One task; the lock is held at the start and at the end. */
static void run_task(core *c, npu_region *regions, int most) {
    const uint32_t mode = c->mode;
    if (c->mode != MISBEHAVE_NOT && c->count > 0 && --c->count == 0) c->mode = MISBEHAVE_NOT;
    const npu_task task = {c->pc[PC_BASE / 4] & ~15u, (c->pc[PC_AMOUNT / 4] + 1) * 2};
    int mapped = 0;
    c->tasks++;
    core_say(c, "task at IOVA %x, %u words, mode %u", task.regcmd_iova, task.words, mode);
    if (mode == MISBEHAVE_LATE && !is_wanted_behind(c, c->milliseconds)) {
        core_say(c, "a task from before a reset is dropped");
        return;
    }
    const int count = iommu_map(c, regions, most);
    if (mode == MISBEHAVE_HANG || count < 0) return;
    const uint32_t missing = mode == MISBEHAVE_FAULT ? UNMAPPED : missing_page(c, &task, &mapped);
    if (!mapped) {
        iommu_fault(c, missing, 0);
        core_update_line(c);
        return;
    }
    npu_error error = {0};
    if (mode != MISBEHAVE_SKIP && compute(c, regions, (size_t)count, &task, &error) != 0) {
        c->refused++;
        fprintf(stderr, "[npu%d] refused: %s (target %x offset %x value %x)\n", c->index, error.text, error.target, error.offset, error.value);
        return;
    }
    if (mode == MISBEHAVE_RESET) {
        core_reset(c);
        return;
    }
    c->pc[PC_RAW / 4] |= causes_of(c, mode);
    if (mode == MISBEHAVE_EXTRA) c->extra = 1;
    core_update_line(c);
}

/* Until something happens, or until a line that QEMU lowered must have been silenced by its handler: else it is raised again. */
static void wait_for_work(core *c) {
    enum { HANDLED_WITHIN_NANOSECONDS = 50000000 };
    if (!c->unsure || !core_is_raised(c)) {
        c->unsure = 0;
        pthread_cond_wait(&c->wake, &c->lock);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += HANDLED_WITHIN_NANOSECONDS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (pthread_cond_timedwait(&c->wake, &c->lock, &until) != ETIMEDOUT) return;
    c->unsure = 0;
    if (core_is_raised(c)) core_say(c, "an interrupt that no CPU took is raised again");
    core_update_line(c);
}

void *core_worker(void *argument) {
    enum { MOST_REGIONS = 4096 };
    core *c = argument;
    npu_region *regions = calloc(MOST_REGIONS, sizeof *regions);
    if (regions == NULL) return NULL;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (!c->start) wait_for_work(c);
        c->start = 0;
        run_task(c, regions, MOST_REGIONS);
    }
}
