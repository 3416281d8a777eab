#define _GNU_SOURCE
#include "rocket_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../npu/chip.h"
#include "rocket_node.h"

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
        d->places[i] = (rocket_place){bo, bytes[bo]};
        bytes[bo] = aligned(bytes[bo] + p->bos[i].size);
    }
    for (uint32_t i = 0; i < d->bo_count; i++) {
        if (bytes[i] > 0 && rocket_bo_new(file_of(d, i), bytes[i], &d->bos[i], error) != 0) return -1;
    }
    for (uint32_t i = 0; i < p->bo_count; i++) {
        const rocket_place at = d->places[i];
        if (plan_copy_bo(p, i, d->bos[at.bo].data + at.offset, error) != 0) return -1;
    }
    return 0;
}

static uint32_t address_of(const device_plan *d, uint32_t bo, size_t offset) {
    const rocket_place at = d->places[bo];
    return d->bos[at.bo].address + (uint32_t)(at.offset + offset);
}

static void relocate(device_plan *d) {
    for (uint32_t i = 0; i < d->plan->relocation_count; i++) {
        const plan_relocation *one = &d->plan->relocations[i];
        const rocket_place at = d->places[one->bo];
        const uint32_t address = address_of(d, one->target_bo, one->addend);
        /* [63:48] target, [47:16] value, [15:0] offset */
        memcpy(d->bos[at.bo].data + at.offset + (size_t)one->word * 8 + 2, &address, sizeof address);
    }
}

int rocket_is_io_of(const device_plan *d, const plan_job *job, uint32_t bo) {
    return d->plan->bos[bo].kind == PLAN_BO_IO && ((job->in_bos | job->out_bos) >> bo & 1) != 0;
}

/*
 * A BO that a task of the job writes is listed as *out*, every other of its core as *in*, none twice: else SUBMIT drops the job.
 * What the host touches for other jobs is left out, so that nobody waits for it.
 */
static void list_bos(const device_plan *d, const plan_job *job, rocket_job *out, rocket_handles *list) {
    enum { NOT, IN, OUT };
    uint8_t use[MOST_BOS] = {NOT};
    uint32_t count = 0;
    for (uint32_t i = 0; i < OF_CORE; i++) use[job->core * OF_CORE + i] = IN;
    for (uint32_t i = 0; i < d->plan->bo_count; i++) {
        const uint32_t bo = d->places[i].bo;
        if (job->out_bos >> i & 1) use[bo] = OUT;
        else if (use[bo] == NOT && rocket_is_io_of(d, job, i)) use[bo] = IN;
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

int rocket_finish(const device_plan *d, uint32_t bo) {
    rocket_fini_bo request = {.handle = d->bos[bo].handle};
    return d->bos[bo].bytes == 0 ? 0 : rocket_ioctl(rocket_file_number(file_of(d, bo)), ROCKET_IOCTL_FINI_BO, &request);
}

/* A test's: an emulated NPU is slower than the silicon. */
static int64_t job_limit(const npu_chip *chip) {
    const char *text = secure_getenv("PTFE_TEST_JOB_LIMIT_MS");
    const long asked = text == NULL ? 0 : strtol(text, NULL, 10);
    return (int64_t)(asked > 0 && asked <= 3600000 ? asked : (long)chip->job_milliseconds) * 1000000;
}

void rocket_leave_behind(device_plan *d, uint32_t core) {
    rocket_file_set_aside(d->sides[core].file);
    for (uint32_t i = 0; i < d->bo_count; i++) {
        if (d->core_of[i] == core) d->bos[i] = (rocket_bo){0};
    }
}

void rocket_unload(device_plan *d) {
    if (d == NULL) return;
    for (uint32_t core = 0; core < d->plan->cores; core++) {
        rocket_file *file = d->sides[core].file;
        if (file == NULL || !rocket_file_is_ours(file)) continue;
        if (rocket_file_is_gone(file)) rocket_leave_behind(d, core);
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
    rocket_file *taken[ROCKET_CORES];
    if (d->plan->cores > ROCKET_CORES) return error_set(error, "a plan for %u cores", (unsigned)d->plan->cores);
    for (uint32_t core = 0; core < d->plan->cores; core++) {
        rocket_side *own = &d->sides[core];
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
        if (rocket_finish(d, i) != 0) return error_errno(error, "the NPU's memory cannot be handed over (FINI_BO)", errno);
    }
    return 0;
}

device_plan *rocket_load(const plan *p, const device_settings *settings, ptfe_error *error) {
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
    rocket_unload(d);
    return NULL;
}

uint8_t *rocket_bo_of(device_plan *d, uint32_t index) { return d->bos[d->places[index].bo].data + d->places[index].offset; }
