/*
 * An NPU behind the kernel driver rocket. A loaded plan has three BOs: commands with constants, the arena, and what the host
 * reads and writes (`io`), apart because PREP and FINI sync a whole BO. An invoke without steps of the host is one FINI, one
 * SUBMIT, one PREP.
 *
 * The driver is silent about two failures (docs/board.md has the evidence):
 * - SUBMIT returns 0 and drops the job. So all that it could reject is checked in `load`, and an atom that the job's last task
 *   surely writes holds a pattern of this invoke before: where the pattern is still there, nothing was computed.
 * - PREP returns 0 for a job that timed out, 500 ms behind its start. Below that from SUBMIT to PREP nothing timed out; from
 *   there on the values are suspect.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "device.h"
#include "../npu/chip.h"
#include "rocket_file.h"
#include "rocket_node.h"
#include "rocket_uapi.h"

enum { BO_PROGRAM, BO_ARENA, BO_IO, BO_COUNT };
enum { DEADLINES = 20 };

/* Where a BO of the plan lies. */
typedef struct place {
    uint32_t bo;
    size_t offset;
} place;

typedef struct handle_lists {
    uint32_t in[BO_COUNT], out[BO_COUNT];
} handle_lists;

struct device_plan {
    const plan *plan;
    rocket_file *file;
    rocket_bo bos[BO_COUNT];
    place places[PLAN_MAX_BOS];
    rocket_task *tasks;
    rocket_job *jobs;
    handle_lists *lists;
    int64_t limit; /* ns */
    uint64_t pattern[2];
    uint64_t nanoseconds; /* of the last run */
};

/* ---- loading ---- */

static size_t aligned(size_t bytes) { return (bytes + NPU_TASK_BYTES - 1) / NPU_TASK_BYTES * NPU_TASK_BYTES; }

static uint32_t bo_of(uint32_t kind) {
    switch (kind) {
    case PLAN_BO_ARENA: return BO_ARENA;
    case PLAN_BO_IO: return BO_IO;
    default: return BO_PROGRAM;
    }
}

static int allocate(device_plan *d, ptfe_error *error) {
    const plan *p = d->plan;
    size_t bytes[BO_COUNT] = {0};
    for (uint32_t i = 0; i < p->bo_count; i++) {
        const uint32_t bo = bo_of(p->bos[i].kind);
        d->places[i] = (place){bo, bytes[bo]};
        bytes[bo] = aligned(bytes[bo] + p->bos[i].size);
    }
    for (uint32_t i = 0; i < BO_COUNT; i++) {
        if (bytes[i] > 0 && rocket_bo_new(d->file, bytes[i], &d->bos[i], error) != 0) return -1;
    }
    for (uint32_t i = 0; i < p->bo_count; i++) {
        const place at = d->places[i];
        if (plan_copy_bo(p, i, d->bos[at.bo].data + at.offset, error) != 0) return -1;
    }
    return 0;
}

static uint32_t address_of(const device_plan *d, uint32_t bo, size_t offset) {
    const place at = d->places[bo];
    return d->bos[at.bo].address + (uint32_t)(at.offset + offset);
}

static void relocate(device_plan *d) {
    for (uint32_t i = 0; i < d->plan->relocation_count; i++) {
        const plan_relocation *one = &d->plan->relocations[i];
        const place at = d->places[one->bo];
        const uint32_t address = address_of(d, one->target_bo, one->addend);
        /* [63:48] target, [47:16] value, [15:0] offset */
        memcpy(d->bos[at.bo].data + at.offset + (size_t)one->word * 8 + 2, &address, sizeof address);
    }
}

/* A BO that a task of the job writes is listed as *out*, every other as *in*, none twice: else SUBMIT drops the job. */
static void list_bos(device_plan *d, const plan_job *job, rocket_job *out, handle_lists *lists) {
    int is_out[BO_COUNT] = {0};
    uint32_t ins = 0, outs = 0;
    for (uint32_t i = 0; i < d->plan->bo_count; i++) {
        if (job->out_bos >> i & 1) is_out[d->places[i].bo] = 1;
    }
    for (uint32_t i = 0; i < BO_COUNT; i++) {
        if (d->bos[i].bytes == 0) continue;
        if (is_out[i]) lists->out[outs++] = d->bos[i].handle;
        else lists->in[ins++] = d->bos[i].handle;
    }
    out->in_bo_handles = (uintptr_t)lists->in;
    out->in_bo_handle_count = ins;
    out->out_bo_handles = (uintptr_t)lists->out;
    out->out_bo_handle_count = outs;
}

static int describe_jobs(device_plan *d, ptfe_error *error) {
    const plan *p = d->plan;
    d->tasks = calloc((size_t)p->task_count + 1, sizeof *d->tasks);
    d->jobs = calloc((size_t)p->job_count + 1, sizeof *d->jobs);
    d->lists = calloc((size_t)p->job_count + 1, sizeof *d->lists);
    if (d->tasks == NULL || d->jobs == NULL || d->lists == NULL) return error_no_memory(error, "the NPU's jobs");
    for (uint32_t i = 0; i < p->task_count; i++) {
        const plan_task *task = &p->tasks[i];
        if (task->words == 0 || task->words % 2 != 0) return error_set(error, "a task with an odd number of words: the driver counts pairs");
        d->tasks[i] = (rocket_task){address_of(d, task->regcmd_bo, task->regcmd_offset), task->words};
    }
    for (uint32_t i = 0; i < p->job_count; i++) {
        const plan_job *job = &p->jobs[i];
        if (job->task_count == 0) return error_set(error, "a job without a task");
        if (job->proof_bo == PLAN_NONE) return error_set(error, "a job that could be dropped unseen: compile the model again");
        d->jobs[i] = (rocket_job){.tasks = (uintptr_t)(d->tasks + job->first_task), .task_count = job->task_count, .task_struct_size = sizeof *d->tasks};
        list_bos(d, job, &d->jobs[i], &d->lists[i]);
    }
    return 0;
}

static int finish(device_plan *d, uint32_t bo) {
    rocket_fini_bo request = {.handle = d->bos[bo].handle};
    return d->bos[bo].bytes == 0 ? 0 : rocket_ioctl(rocket_file_number(d->file), ROCKET_IOCTL_FINI_BO, &request);
}

/* A test's: an emulated NPU is slower than the silicon. */
static int64_t job_limit(const npu_chip *chip) {
    const char *text = secure_getenv("PTFE_TEST_JOB_LIMIT_MS");
    const long asked = text == NULL ? 0 : strtol(text, NULL, 10);
    return (int64_t)(asked > 0 && asked <= 3600000 ? asked : (long)chip->job_milliseconds) * 1000000;
}

/* A job may still run, or the driver's device is gone: nothing of this file is touched again. */
static void leave_behind(device_plan *d) {
    rocket_file_set_aside(d->file);
    memset(d->bos, 0, sizeof d->bos);
}

static void unload(device_plan *d) {
    if (d == NULL) return;
    if (d->file != NULL && rocket_file_is_ours(d->file)) {
        if (rocket_file_is_gone(d->file)) leave_behind(d);
        for (uint32_t i = 0; i < BO_COUNT; i++) rocket_bo_free(d->file, &d->bos[i]);
        rocket_file_give(d->file);
    }
    free(d->tasks);
    free(d->jobs);
    free(d->lists);
    free(d);
}

static int load_on(device_plan *d, const rocket_node *node, ptfe_error *error) {
    d->file = rocket_file_take(node, error);
    if (d->file == NULL || allocate(d, error) != 0) return -1;
    relocate(d);
    if (describe_jobs(d, error) != 0) return -1;
    for (uint32_t i = 0; i < BO_COUNT; i++) {
        if (finish(d, i) != 0) return error_errno(error, "the NPU's memory cannot be handed over (FINI_BO)", errno);
    }
    if (getrandom(d->pattern, sizeof d->pattern, GRND_NONBLOCK) != (ssize_t)sizeof d->pattern) d->pattern[0] = (uint64_t)rocket_now();
    return 0;
}

static device_plan *load(const plan *p, const device_settings *settings, ptfe_error *error) {
    rocket_node node;
    (void)settings; /* what-if readings are the software NPU's */
    rocket_find(&node, "");
    if (node.presence != ROCKET_READY) {
        error_set(error, "%s", node.presence == ROCKET_ABSENT ? "no Rockchip NPU on this machine" : node.text);
        return NULL;
    }
    device_plan *d = calloc(1, sizeof *d);
    if (d == NULL) {
        error_no_memory(error, "the plan");
        return NULL;
    }
    d->plan = p;
    d->limit = job_limit(npu_chip_of_name(node.chip));
    if (load_on(d, &node, error) == 0) return d;
    unload(d);
    return NULL;
}

static uint8_t *bo(device_plan *d, uint32_t index) { return d->bos[d->places[index].bo].data + d->places[index].offset; }

/* ---- running ---- */

/* A pattern of 128 bits that no earlier invoke had: two steps of splitmix64. */
static void renew_pattern(device_plan *d) {
    for (size_t i = 0; i < 2; i++) {
        uint64_t x = d->pattern[i] += 0x9e3779b97f4a7c15u;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
        x = (x ^ x >> 27) * 0x94d049bb133111ebu;
        d->pattern[i] = x ^ x >> 31;
    }
}

static uint8_t *proof_of(device_plan *d, const plan_job *job) { return bo(d, job->proof_bo) + job->proof_offset; }

static int run_job(device_plan *d, uint32_t index, ptfe_error *error) {
    const plan_job *job = &d->plan->jobs[index];
    const int fd = rocket_file_number(d->file);
    uint8_t *proof = proof_of(d, job);
    renew_pattern(d);
    memcpy(proof, d->pattern, PLAN_PROOF_BYTES);
    if (finish(d, BO_IO) != 0) return error_errno(error, "FINI_BO", errno);
    rocket_submit submit = {.jobs = (uintptr_t)&d->jobs[index], .job_count = 1, .job_struct_size = sizeof *d->jobs};
    const int64_t start = rocket_now();
    if (rocket_ioctl(fd, ROCKET_IOCTL_SUBMIT, &submit) != 0) return error_errno(error, "SUBMIT", errno);
    /* Kernels before 7.2 return the jiffies that were left. */
    rocket_prep_bo prep = {.handle = d->bos[BO_IO].handle, .timeout_ns = start + DEADLINES * d->limit};
    if (rocket_ioctl(fd, ROCKET_IOCTL_PREP_BO, &prep) < 0) {
        error_errno(error, "PREP_BO", errno);
        leave_behind(d);
        return -1;
    }
    rocket_file_note_end();
    const int64_t took = rocket_now() - start;
    d->nanoseconds += (uint64_t)took;
    if (took >= d->limit) { /* first: a job that timed out writes no proof either */
        return error_set_code(error, PTFE_ERROR_SUSPECT, "a job took %lld ms: the kernel driver ends one at %lld ms without saying so",
                              (long long)(took / 1000000), (long long)(d->limit / 1000000));
    }
    if (memcmp(proof, d->pattern, PLAN_PROOF_BYTES) != 0) return 0;
    return error_set_code(error, PTFE_ERROR_SUSPECT, "the kernel driver dropped the job");
}

/* A forked child shares its parent's BOs: inputs that it writes would be the parent's. */
static int begin(device_plan *d, ptfe_error *error) {
    if (!rocket_file_is_ours(d->file)) {
        return error_set_code(error, PTFE_ERROR_FORKED, "loaded by the process that this one was forked from");
    }
    if (rocket_file_is_gone(d->file)) {
        return error_set(error, "the NPU's driver was unbound, or lost a core, since the model was loaded: start the program again to use the NPU");
    }
    return rocket_file_is_aside(d->file) ? error_set(error, "another job of the NPU's file did not end") : 0;
}

static int run(device_plan *d, uint32_t first, uint32_t count, ptfe_error *error) {
    if (first == 0) d->nanoseconds = 0;
    for (uint32_t i = first; i < d->plan->job_count && i - first < count; i++) {
        if (run_job(d, i, error) != 0) return -1;
    }
    return 0;
}

/* The driver counts no time: the tasks' shares of the run by their estimated cycles. */
static uint64_t task_nanoseconds(const device_plan *d, uint32_t task) {
    uint64_t all = 0;
    for (uint32_t i = 0; i < d->plan->task_count; i++) all += d->plan->tasks[i].cycles;
    return all == 0 ? 0 : (uint64_t)((double)d->nanoseconds * (double)d->plan->tasks[task].cycles / (double)all);
}

static uint64_t task_cycles(const device_plan *d, uint32_t task) { return d->plan->tasks[task].cycles; }

/* Not decoded here: the shares of an op's products by cycles. */
static uint64_t task_products(const device_plan *d, uint32_t task) { return d->plan->tasks[task].cycles; }

const device_ops device_rocket = {.name = "npu",
                                  .timed_by = "the NPU, a job's time shared out by the cycles",
                                  .chip = NPU_CHIP_RK3588,
                                  .load = load,
                                  .begin = begin,
                                  .bo = bo,
                                  .run = run,
                                  .task_nanoseconds = task_nanoseconds,
                                  .task_cycles = task_cycles,
                                  .task_products = task_products,
                                  .unload = unload};
