#include "accesses.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../npu/words.h"
#include "jobs.h"

/* Where BOs stand while they are checked: any addresses will do that leave gaps, and nothing at 0. */
#define FIRST_ADDRESS ((uint64_t)1 << 16)
#define GAP_BYTES ((uint64_t)1 << 16)

/* All that the check holds: BOs as regions of memory, of which command BOs alone have bytes. */
typedef struct view {
    npu_region regions[PLAN_MAX_BOS];
    npu_task *tasks;
    npu_visit visit; /* may be NULL */
    void *context;
    jobs_check jobs;
} view;

/* Places the BOs, and copies the commands of those that have some. -1 when there is no memory. */
static int place(const plan *p, view *v) {
    uint64_t next = FIRST_ADDRESS;
    for (uint32_t i = 0; i < p->bo_count; i++) {
        const plan_bo *bo = &p->bos[i];
        npu_region *region = &v->regions[i];
        region->iova = (uint32_t)next; /* plan_open left room for 1 MiB between BOs */
        region->size = bo->size;
        region->flags = plan_bo_is_written(bo) ? 0 : NPU_REGION_CONSTANT;
        next += (bo->size + GAP_BYTES - 1) / GAP_BYTES * GAP_BYTES + GAP_BYTES;
        if (bo->kind != PLAN_BO_REGCMD) continue;
        /* Tasks lie in the bytes that the file has. */
        region->size = bo->data_bytes;
        region->data = malloc((size_t)bo->data_bytes + 1);
        if (region->data == NULL) return -1;
        memcpy(region->data, p->bytes + bo->data_offset, (size_t)bo->data_bytes);
    }
    return 0;
}

static int no_memory(ptfe_error *error) { return error_no_memory(error, "the check of the plan's tasks"); }

static void relocate(const plan *p, view *v) {
    for (uint32_t i = 0; i < p->relocation_count; i++) {
        const plan_relocation *one = &p->relocations[i];
        npu_word_set_value(v->regions[one->bo].data, one->word, v->regions[one->target_bo].iova + one->addend);
    }
}

/* The NPU's own sentence, with the operation that the task belongs to. */
static int refuse(const plan *p, const npu_error *npu, ptfe_error *error) {
    if (npu->is_memory) return no_memory(error);
    if (npu->task >= p->task_count) return error_set_code(error, PTFE_ERROR_DAMAGED, "damaged plan: %s", npu->text);
    const plan_op *op = &p->ops[p->tasks[npu->task].op];
    const int length = op->name_bytes < 40 ? (int)op->name_bytes : 40;
    return error_set_code(error, PTFE_ERROR_DAMAGED, "damaged plan: %.*s (node %" PRIu32 "), %s", length, p->strings + op->name_offset,
                          op->tflite_node, npu->text);
}

/* Weights that tasks could write would have to be packed anew before every run: no plan has any. */
static int visit(void *context, const npu_access *access, npu_error *npu) {
    view *v = context;
    if (jobs_visit(&v->jobs, access, npu) != 0) return -1;
    if (access->reg != NPU_REG_CNA_DCOMP_ADDR0 || (v->regions[access->region].flags & NPU_REGION_CONSTANT) != 0) {
        return v->visit == NULL ? 0 : v->visit(v->context, access, npu);
    }
    npu->task = access->task;
    snprintf(npu->text, sizeof npu->text, "task %" PRIu32 ": %s: weights in a buffer that tasks write", access->task,
             npu_registers[access->reg].name);
    return -1;
}

static int check(const plan *p, view *v, const npu_chip *chip, const device_settings *settings, ptfe_error *error) {
    npu_config config;
    npu_error npu;
    if (device_settings_apply(settings, chip, &config, error) != 0) return -1;
    config.flags = NPU_SELF_CONTAINED;
    v->tasks = calloc((size_t)p->task_count + 1, sizeof *v->tasks);
    if (v->tasks == NULL || place(p, v) != 0) return no_memory(error);
    relocate(p, v);
    for (uint32_t i = 0; i < p->task_count; i++) {
        v->tasks[i].regcmd_iova = v->regions[p->tasks[i].regcmd_bo].iova + p->tasks[i].regcmd_offset;
        v->tasks[i].words = p->tasks[i].words;
    }
    v->jobs.plan = p;
    int status = npu_program_check(&config, v->regions, p->bo_count, v->tasks, p->task_count, visit, v, &npu);
    if (status == 0) status = jobs_end(&v->jobs, &npu);
    return status == 0 ? 0 : refuse(p, &npu, error);
}

int plan_visit_accesses(const plan *p, const npu_chip *chip, const device_settings *settings, npu_visit visit_one, void *context, ptfe_error *error) {
    view *v = calloc(1, sizeof *v);
    if (v == NULL) return no_memory(error);
    v->visit = visit_one;
    v->context = context;
    int status = check(p, v, chip, settings, error);
    for (uint32_t i = 0; i < p->bo_count; i++) free(v->regions[i].data);
    free(v->tasks);
    free(v);
    return status;
}

int plan_check_accesses(const plan *p, const npu_chip *chip, const device_settings *settings, ptfe_error *error) {
    return plan_visit_accesses(p, chip, settings, NULL, NULL, error);
}
