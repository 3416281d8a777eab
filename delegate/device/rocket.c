/*
 * An NPU behind the kernel driver rocket. Each core of a plan is a file of the driver, with an address space and a queue of its
 * own: commands with constants, the arena, and what the host reads and writes (`io`), apart because PREP and FINI sync a whole
 * BO. Jobs of different cores that no step of the host parts are submitted together, then each is waited for. An invoke on one
 * core without steps of the host is one FINI, one SUBMIT, one PREP.
 *
 * The driver is silent about two failures (docs/board.md has the evidence):
 * - SUBMIT returns 0 and drops the job. So all that it could reject is checked in `load`, and an atom that the job's last task
 *   surely writes holds a pattern of this invoke before: where the pattern is still there, nothing was computed.
 * - PREP returns 0 for a job that timed out, 500 ms behind its start. Below that from SUBMIT to PREP nothing timed out; from
 *   there on the values are suspect.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "rocket_plan.h"

enum { DEADLINES = 20 };

/* A pattern of 128 bits that no earlier invoke had: two steps of splitmix64. */
static void renew_pattern(rocket_side *s) {
    for (size_t i = 0; i < 2; i++) {
        uint64_t x = s->pattern[i] += 0x9e3779b97f4a7c15u;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
        x = (x ^ x >> 27) * 0x94d049bb133111ebu;
        s->pattern[i] = x ^ x >> 31;
    }
}

static uint8_t *proof_of(device_plan *d, const plan_job *job) { return rocket_bo_of(d, job->proof_bo) + job->proof_offset; }

static int start_job(device_plan *d, uint32_t index, ptfe_error *error) {
    const plan_job *job = &d->plan->jobs[index];
    rocket_side *own = &d->sides[job->core];
    renew_pattern(own);
    memcpy(proof_of(d, job), own->pattern, PLAN_PROOF_BYTES);
    for (uint32_t i = 0; i < d->plan->bo_count; i++) {
        if (rocket_is_io_of(d, job, i) && rocket_finish(d, d->places[i].bo) != 0) return error_errno(error, "FINI_BO", errno);
    }
    rocket_submit submit = {.jobs = (uintptr_t)&d->jobs[index], .job_count = 1, .job_struct_size = sizeof *d->jobs};
    own->start = rocket_now();
    return rocket_ioctl(rocket_file_number(own->file), ROCKET_IOCTL_SUBMIT, &submit) == 0 ? 0 : error_errno(error, "SUBMIT", errno);
}

/* Waits until the host may touch what it shares with the job. */
static int wait_for(const device_plan *d, const plan_job *job) {
    const rocket_side *own = &d->sides[job->core];
    for (uint32_t i = 0; i < d->plan->bo_count; i++) {
        if (!rocket_is_io_of(d, job, i)) continue;
        /* Kernels before 7.2 return the jiffies that were left. */
        rocket_prep_bo prep = {.handle = d->bos[d->places[i].bo].handle, .timeout_ns = own->start + DEADLINES * d->limit};
        if (rocket_ioctl(rocket_file_number(own->file), ROCKET_IOCTL_PREP_BO, &prep) < 0) return -1;
    }
    return 0;
}

static int end_job(device_plan *d, uint32_t index, ptfe_error *error) {
    const plan_job *job = &d->plan->jobs[index];
    rocket_side *own = &d->sides[job->core];
    if (wait_for(d, job) != 0) {
        error_errno(error, "PREP_BO", errno);
        rocket_leave_behind(d, job->core);
        return -1;
    }
    rocket_file_note_end();
    const int64_t took = rocket_now() - own->start;
    own->nanoseconds += (uint64_t)took;
    if (took >= d->limit) { /* first: a job that timed out writes no proof either */
        return error_set_code(error, PTFE_ERROR_SUSPECT, "a job took %lld ms: the kernel driver ends one at %lld ms without saying so",
                              (long long)(took / 1000000), (long long)(d->limit / 1000000));
    }
    if (memcmp(proof_of(d, job), own->pattern, PLAN_PROOF_BYTES) != 0) return 0;
    return error_set_code(error, PTFE_ERROR_SUSPECT, "the kernel driver dropped the job");
}

/* Behind the jobs that may run at the same time as the first one: each on a core of its own, and none waits for another. */
static uint32_t group_end(const device_plan *d, uint32_t first, uint32_t end) {
    uint32_t busy = 0, i = first;
    for (; i < end; i++) {
        const plan_job *job = &d->plan->jobs[i];
        if ((busy >> job->core & 1) != 0 || job->depends > first) break;
        busy |= (uint32_t)1 << job->core;
    }
    return i;
}

/* Whatever was started is waited for, so that nobody frees memory that is still in use; the first error is the one that counts. */
static int run_group(device_plan *d, uint32_t first, uint32_t end, const device_feed *feed, ptfe_error *error) {
    uint32_t started = first;
    int status = 0;
    while (started < end && status == 0) {
        if (feed != NULL) feed->feed(feed->context, started);
        status = start_job(d, started, error);
        if (status == 0) started++;
    }
    for (uint32_t i = first; i < started; i++) {
        ptfe_error later;
        if (end_job(d, i, status == 0 ? error : &later) != 0) status = -1;
    }
    return status;
}

/* A forked child shares its parent's BOs: inputs that it writes would be the parent's. */
static int begin(device_plan *d, ptfe_error *error) {
    for (uint32_t core = 0; core < d->plan->cores; core++) {
        rocket_file *file = d->sides[core].file;
        if (!rocket_file_is_ours(file)) {
            return error_set_code(error, PTFE_ERROR_FORKED, "loaded by the process that this one was forked from");
        }
        if (rocket_file_is_gone(file)) {
            return error_set(error, "the NPU's driver was unbound, or lost a core, since the model was loaded: start the program again to use the NPU");
        }
        if (rocket_file_is_aside(file)) return error_set(error, "another job of the NPU's file did not end");
    }
    return 0;
}

static int run(device_plan *d, uint32_t first, uint32_t count, const device_feed *feed, ptfe_error *error) {
    const uint32_t left = d->plan->job_count - first, end = first + (count < left ? count : left);
    for (uint32_t core = 0; first == 0 && core < d->plan->cores; core++) d->sides[core].nanoseconds = 0;
    for (uint32_t i = first, next; i < end; i = next) {
        next = group_end(d, i, end);
        if (run_group(d, i, next, feed, error) != 0) return -1;
    }
    return 0;
}

static uint32_t core_of_task(const plan *p, uint32_t task) { return p->bos[p->tasks[task].regcmd_bo].core; }

/* The driver counts no time: the tasks' shares of their core's run by their estimated cycles. */
static uint64_t task_nanoseconds(const device_plan *d, uint32_t task) {
    const plan *p = d->plan;
    const uint32_t core = core_of_task(p, task);
    uint64_t all = 0;
    for (uint32_t i = 0; i < p->task_count; i++) all += core_of_task(p, i) == core ? p->tasks[i].cycles : 0;
    return all == 0 ? 0 : (uint64_t)((double)d->sides[core].nanoseconds * (double)p->tasks[task].cycles / (double)all);
}

static uint64_t task_cycles(const device_plan *d, uint32_t task) { return d->plan->tasks[task].cycles; }

/* Not decoded here: the shares of an op's products by cycles. */
static uint64_t task_products(const device_plan *d, uint32_t task) { return d->plan->tasks[task].cycles; }

const device_ops device_rocket = {.name = "npu",
                                  .timed_by = "the NPU, a job's time shared out by the cycles",
                                  .chip = NPU_CHIP_RK3588,
                                  .load = rocket_load,
                                  .begin = begin,
                                  .bo = rocket_bo_of,
                                  .run = run,
                                  .task_nanoseconds = task_nanoseconds,
                                  .task_cycles = task_cycles,
                                  .task_products = task_products,
                                  .unload = rocket_unload};
