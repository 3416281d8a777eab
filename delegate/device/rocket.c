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
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "device.h"
#include "../npu/chip.h"
#include "rocket_file.h"
#include "rocket_node.h"
#include "rocket_uapi.h"

enum { MOST_CORES = 3, OF_CORE = 2, MOST_BOS = OF_CORE * MOST_CORES + PLAN_MAX_BOS };
enum { DEADLINES = 20 };

/* Where a BO of the plan lies. */
typedef struct place {
    uint32_t bo;
    size_t offset;
} place;

/* A job's BOs, those that it reads before those that it writes. */
typedef struct handle_list {
    uint32_t handles[OF_CORE + PLAN_MAX_BOS];
} handle_list;

/* What a core works on. */
typedef struct side {
    rocket_file *file;
    uint64_t pattern[2];
    int64_t start; /* of its job */
    uint64_t nanoseconds; /* of the last run */
} side;

/* BOs: program and arena of each core, then each one that the host touches. */
struct device_plan {
    const plan *plan;
    side sides[MOST_CORES];
    rocket_bo bos[MOST_BOS];
    uint32_t core_of[MOST_BOS];
    uint32_t bo_count;
    place places[PLAN_MAX_BOS];
    rocket_task *tasks;
    rocket_job *jobs;
    handle_list *lists;
    int64_t limit; /* ns */
};

/* ---- loading ---- */

static size_t aligned(size_t bytes) { return (bytes + NPU_TASK_BYTES - 1) / NPU_TASK_BYTES * NPU_TASK_BYTES; }

static rocket_file *file_of(const device_plan *d, uint32_t bo) { return d->sides[d->core_of[bo]].file; }

/* The BO of the driver for one of the plan. */
static uint32_t bo_for(device_plan *d, const plan_bo *bo) {
    if (bo->kind != PLAN_BO_IO) return bo->core * OF_CORE + (bo->kind == PLAN_BO_ARENA);
    d->core_of[d->bo_count] = bo->core;
    return d->bo_count++;
}

static int allocate(device_plan *d, ptfe_error *error) {
    const plan *p = d->plan;
    size_t bytes[MOST_BOS] = {0};
    d->bo_count = OF_CORE * p->cores;
    for (uint32_t i = 0; i < d->bo_count; i++) d->core_of[i] = i / OF_CORE;
    for (uint32_t i = 0; i < p->bo_count; i++) {
        const uint32_t bo = bo_for(d, &p->bos[i]);
        d->places[i] = (place){bo, bytes[bo]};
        bytes[bo] = aligned(bytes[bo] + p->bos[i].size);
    }
    for (uint32_t i = 0; i < d->bo_count; i++) {
        if (bytes[i] > 0 && rocket_bo_new(file_of(d, i), bytes[i], &d->bos[i], error) != 0) return -1;
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

/* Whether the host touches it, and the job does. */
static int is_io_of(const device_plan *d, const plan_job *job, uint32_t bo) {
    return d->plan->bos[bo].kind == PLAN_BO_IO && ((job->in_bos | job->out_bos) >> bo & 1) != 0;
}

/*
 * A BO that a task of the job writes is listed as *out*, every other of its core as *in*, none twice: else SUBMIT drops the job.
 * What the host touches for other jobs is left out, so that nobody waits for it.
 */
static void list_bos(const device_plan *d, const plan_job *job, rocket_job *out, handle_list *list) {
    enum { NOT, IN, OUT };
    uint8_t use[MOST_BOS] = {NOT};
    uint32_t count = 0;
    for (uint32_t i = 0; i < OF_CORE; i++) use[job->core * OF_CORE + i] = IN;
    for (uint32_t i = 0; i < d->plan->bo_count; i++) {
        const uint32_t bo = d->places[i].bo;
        if (job->out_bos >> i & 1) use[bo] = OUT;
        else if (use[bo] == NOT && is_io_of(d, job, i)) use[bo] = IN;
    }
    for (uint8_t wanted = IN; wanted <= OUT; wanted++) {
        if (wanted == OUT) out->in_bo_handle_count = count;
        for (uint32_t i = 0; i < d->bo_count; i++) {
            if (use[i] == wanted && d->bos[i].bytes > 0) list->handles[count++] = d->bos[i].handle;
        }
    }
    out->in_bo_handles = (uintptr_t)list->handles;
    out->out_bo_handles = (uintptr_t)(list->handles + out->in_bo_handle_count);
    out->out_bo_handle_count = count - out->in_bo_handle_count;
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

static int finish(const device_plan *d, uint32_t bo) {
    rocket_fini_bo request = {.handle = d->bos[bo].handle};
    return d->bos[bo].bytes == 0 ? 0 : rocket_ioctl(rocket_file_number(file_of(d, bo)), ROCKET_IOCTL_FINI_BO, &request);
}

/* A test's: an emulated NPU is slower than the silicon. */
static int64_t job_limit(const npu_chip *chip) {
    const char *text = secure_getenv("PTFE_TEST_JOB_LIMIT_MS");
    const long asked = text == NULL ? 0 : strtol(text, NULL, 10);
    return (int64_t)(asked > 0 && asked <= 3600000 ? asked : (long)chip->job_milliseconds) * 1000000;
}

/* A job may still run, or the driver's device is gone: nothing of this file is touched again. */
static void leave_behind(device_plan *d, uint32_t core) {
    rocket_file_set_aside(d->sides[core].file);
    for (uint32_t i = 0; i < d->bo_count; i++) {
        if (d->core_of[i] == core) d->bos[i] = (rocket_bo){0};
    }
}

static void unload(device_plan *d) {
    if (d == NULL) return;
    for (uint32_t core = 0; core < d->plan->cores; core++) {
        rocket_file *file = d->sides[core].file;
        if (file == NULL || !rocket_file_is_ours(file)) continue;
        if (rocket_file_is_gone(file)) leave_behind(d, core);
        for (uint32_t i = 0; i < d->bo_count; i++) {
            if (d->core_of[i] == core) rocket_bo_free(file, &d->bos[i]);
        }
        rocket_file_give(file);
    }
    free(d->tasks);
    free(d->jobs);
    free(d->lists);
    free(d);
}

/* A file for each core: two cores on one would wait for each other. */
static int take_files(device_plan *d, const rocket_node *node, ptfe_error *error) {
    rocket_file *taken[MOST_CORES];
    if (d->plan->cores > MOST_CORES) return error_set(error, "a plan for %u cores", (unsigned)d->plan->cores);
    for (uint32_t core = 0; core < d->plan->cores; core++) {
        side *own = &d->sides[core];
        taken[core] = own->file = rocket_file_take(node, taken, core, error);
        if (own->file == NULL) return -1;
        if (getrandom(own->pattern, sizeof own->pattern, GRND_NONBLOCK) != (ssize_t)sizeof own->pattern) own->pattern[0] = (uint64_t)rocket_now();
    }
    return 0;
}

static int load_on(device_plan *d, const rocket_node *node, ptfe_error *error) {
    if (take_files(d, node, error) != 0 || allocate(d, error) != 0) return -1;
    relocate(d);
    if (describe_jobs(d, error) != 0) return -1;
    for (uint32_t i = 0; i < d->bo_count; i++) {
        if (finish(d, i) != 0) return error_errno(error, "the NPU's memory cannot be handed over (FINI_BO)", errno);
    }
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
static void renew_pattern(side *s) {
    for (size_t i = 0; i < 2; i++) {
        uint64_t x = s->pattern[i] += 0x9e3779b97f4a7c15u;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
        x = (x ^ x >> 27) * 0x94d049bb133111ebu;
        s->pattern[i] = x ^ x >> 31;
    }
}

static uint8_t *proof_of(device_plan *d, const plan_job *job) { return bo(d, job->proof_bo) + job->proof_offset; }

static int start_job(device_plan *d, uint32_t index, ptfe_error *error) {
    const plan_job *job = &d->plan->jobs[index];
    side *own = &d->sides[job->core];
    renew_pattern(own);
    memcpy(proof_of(d, job), own->pattern, PLAN_PROOF_BYTES);
    for (uint32_t i = 0; i < d->plan->bo_count; i++) {
        if (is_io_of(d, job, i) && finish(d, d->places[i].bo) != 0) return error_errno(error, "FINI_BO", errno);
    }
    rocket_submit submit = {.jobs = (uintptr_t)&d->jobs[index], .job_count = 1, .job_struct_size = sizeof *d->jobs};
    own->start = rocket_now();
    return rocket_ioctl(rocket_file_number(own->file), ROCKET_IOCTL_SUBMIT, &submit) == 0 ? 0 : error_errno(error, "SUBMIT", errno);
}

/* Waits until the host may touch what it shares with the job. */
static int wait_for(const device_plan *d, const plan_job *job) {
    const side *own = &d->sides[job->core];
    for (uint32_t i = 0; i < d->plan->bo_count; i++) {
        if (!is_io_of(d, job, i)) continue;
        /* Kernels before 7.2 return the jiffies that were left. */
        rocket_prep_bo prep = {.handle = d->bos[d->places[i].bo].handle, .timeout_ns = own->start + DEADLINES * d->limit};
        if (rocket_ioctl(rocket_file_number(own->file), ROCKET_IOCTL_PREP_BO, &prep) < 0) return -1;
    }
    return 0;
}

static int end_job(device_plan *d, uint32_t index, ptfe_error *error) {
    const plan_job *job = &d->plan->jobs[index];
    side *own = &d->sides[job->core];
    if (wait_for(d, job) != 0) {
        error_errno(error, "PREP_BO", errno);
        leave_behind(d, job->core);
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
static int run_group(device_plan *d, uint32_t first, uint32_t end, ptfe_error *error) {
    uint32_t started = first;
    int status = 0;
    while (started < end && status == 0) {
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

static int run(device_plan *d, uint32_t first, uint32_t count, ptfe_error *error) {
    const uint32_t left = d->plan->job_count - first, end = first + (count < left ? count : left);
    for (uint32_t core = 0; first == 0 && core < d->plan->cores; core++) d->sides[core].nanoseconds = 0;
    for (uint32_t i = first, next; i < end; i = next) {
        next = group_end(d, i, end);
        if (run_group(d, i, next, error) != 0) return -1;
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
                                  .load = load,
                                  .begin = begin,
                                  .bo = bo,
                                  .run = run,
                                  .task_nanoseconds = task_nanoseconds,
                                  .task_cycles = task_cycles,
                                  .task_products = task_products,
                                  .unload = unload};
