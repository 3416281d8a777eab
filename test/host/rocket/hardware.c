#define _GNU_SOURCE
#include "hardware.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"

enum { MODE, MILLISECONDS, COUNT, TASKS = 4, RESETS, FAULTS, REFUSED, TOGETHER, WORDS };
enum { HANG = 1, SKIP, LATE, PPU = 7, SILENT, FAULT, RESET = 11 };
enum { MOST_REGIONS = 256, REGISTER_BYTES = 4096 };

static int64_t busy[CORES];
static unsigned pending[CORES]; /* jobs that nobody has seen end */

int64_t hardware_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int hardware_open_registers(int core) {
    char path[512];
    snprintf(path, sizeof path, "%s/core%d", pretended.root, core);
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, REGISTER_BYTES) != 0) abort();
    return fd;
}

static uint32_t *registers(int core) {
    static uint32_t *at[CORES];
    if (at[core] == NULL) {
        const int fd = hardware_open_registers(core);
        at[core] = (void *)syscall(SYS_mmap, NULL, REGISTER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        syscall(SYS_close, fd);
        if (at[core] == MAP_FAILED) abort();
    }
    return at[core];
}

static void count(int core, int which, uint32_t by) { __atomic_fetch_add(&registers(core)[which], by, __ATOMIC_RELAXED); }

/* What the next task does wrong. */
static uint32_t next_mode(int core) {
    uint32_t *at = registers(core);
    const uint32_t mode = at[MODE];
    if (mode != 0 && at[COUNT] > 0 && --at[COUNT] == 0) at[MODE] = 0;
    return mode;
}

/* A job that is due: its tasks one after the other, 500 ms for all of them together. */
void hardware_start(file *f, job *j) {
    const int64_t now = hardware_now(), start = busy[f->core] > now ? busy[f->core] : now;
    int64_t took = 0;
    int ends = 1;
    j->skipped = j->task_count;
    while (ends && j->done < j->task_count) {
        const uint32_t mode = next_mode(f->core);
        if (mode == LATE) took += (int64_t)registers(f->core)[MILLISECONDS] * 1000000;
        if (mode == SKIP && j->skipped == j->task_count) j->skipped = j->done;
        if (mode == FAULT) j->complaint = "rk_iommu: Page fault at 0x0000000080000000 of type read";
        ends = took < pretended.limit && mode != HANG && mode != PPU && mode != SILENT && mode != FAULT && mode != RESET;
        j->done += ends || mode == SILENT || mode == RESET;
    }
    for (int core = 0; core < CORES; core++) {
        if (core != f->core && pending[core] > 0) count(f->core, TOGETHER, 1);
    }
    pending[f->core]++;
    j->is_timed_out = !ends;
    j->end = pretended.is_stuck && !ends ? INT64_MAX : start + (ends ? took : pretended.limit);
    busy[f->core] = j->end == INT64_MAX ? busy[f->core] : j->end;
}

static size_t regions_of(file *f, npu_region *out) {
    size_t count = 0;
    for (const bo *b = f->bos; b != NULL && count < MOST_REGIONS; b = b->next) out[count++] = (npu_region){(uint32_t)b->iova, 0, b->bytes, b->device};
    return count;
}

static int execute(file *f, const job *j, npu_error *error) {
    npu_region regions[MOST_REGIONS];
    npu_config config;
    npu_program *program = NULL;
    const uint32_t done = j->skipped < j->done ? j->skipped : j->done;
    npu_config_default(&config);
    if (done == 0) return 0;
    int status = npu_program_load(&config, regions, regions_of(f, regions), j->tasks, done, &program, error);
    if (status == 0) status = npu_program_run(program, error);
    npu_program_free(program);
    return status;
}

void hardware_finish(file *f, job *j) {
    npu_error error = {0};
    if (execute(f, j, &error) != 0) {
        kernel_log("the NPU refuses task %u: %s", error.task, error.text);
        count(f->core, REFUSED, 1);
    }
    pending[f->core]--;
    count(f->core, TASKS, j->done);
    if (!j->is_timed_out) return;
    if (j->complaint != NULL) {
        kernel_log("%s", j->complaint);
        count(f->core, FAULTS, 1);
    }
    kernel_log("rocket %d.npu: NPU job timed out", f->core);
    count(f->core, RESETS, 1);
}

/* ---- what tasks write ---- */

typedef struct question {
    const npu_region *regions;
    const job *j;
    const bo *b;
    int answer;
} question;

static int look(void *context, const npu_access *access, npu_error *error) {
    question *q = context;
    (void)error;
    if (!access->writes) return 0;
    const uint64_t iova = q->regions[access->region].iova;
    int is_listed = 0;
    for (uint32_t i = 0; i < q->j->bo_count; i++) is_listed |= q->j->bos[i]->iova == iova;
    q->answer |= q->b == NULL ? !is_listed : q->b->iova == iova;
    return 0;
}

int hardware_writes(file *f, const job *j, const bo *b) {
    npu_region regions[MOST_REGIONS];
    npu_config config;
    npu_error error;
    question q = {regions, j, b, 0};
    npu_config_default(&config);
    if (npu_program_check(&config, regions, regions_of(f, regions), j->tasks, j->task_count, look, &q, &error) != 0) {
        kernel_log("the NPU refuses task %u: %s", error.task, error.text);
    }
    return q.answer;
}
