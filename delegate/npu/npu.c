/* Programs: load (decode, check, prepare weights), run, free. */
#include "npu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accesses.h"
#include "clock.h"

/* A gathered window beyond this is left to the reference path (8 Mi values). */
#define WINDOW_LIMIT ((size_t)1 << 23)

int npu_fail(npu_error *error, const char *text) {
    memset(error, 0, sizeof *error);
    snprintf(error->text, sizeof error->text, "%s", text);
    return -1;
}

int npu_no_memory(npu_error *error) {
    npu_fail(error, "out of memory");
    error->is_memory = 1;
    return -1;
}

static size_t window_size(const npu_step *step) {
    const npu_cna *cna = &step->cna;
    return (size_t)npu_cna_window_width(cna) * npu_cna_window_height(cna) * (cna->depthwise ? NPU_ATOM : cna->channels);
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* Which path each step takes, and room for the largest. */
static int allocate_rooms(npu_program *program) {
    size_t window = 1, pixels = 1, taps = 2, offsets = 1;
    bool scalar = (program->config.flags & NPU_SCALAR) != 0;
    for (size_t i = 0; i < program->step_count; i++) {
        npu_step *step = &program->steps[i];
        offsets = larger(offsets, step->dpu.channels);
        step->vector_stages = npu_vector_stages_fit(&step->dpu);
        bool planes = !step->pooling && !step->unpooling;
        step->vectorised = !scalar && planes && (!step->convolution || window_size(step) <= WINDOW_LIMIT);
        if (!step->convolution || !step->vectorised) continue;
        window = larger(window, window_size(step));
        pixels = larger(pixels, (size_t)step->cna.out_width * step->cna.out_height);
        taps = larger(taps, (size_t)step->cna.kernel_width * step->cna.kernel_height + 1);
    }
    program->window = malloc(window * sizeof *program->window);
    program->pixels = malloc(pixels * sizeof *program->pixels);
    program->taps = malloc(taps * sizeof *program->taps);
    program->offsets = malloc(offsets * sizeof *program->offsets);
    return program->window == NULL || program->pixels == NULL || program->taps == NULL || program->offsets == NULL ? -1 : 0;
}

static int copy_regions(npu_program *program, const npu_region *regions, size_t count, npu_error *error) {
    program->memory.regions = calloc(count + 1, sizeof *regions);
    if (program->memory.regions == NULL) return npu_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        if (regions[i].size > ((uint64_t)1 << 32) - regions[i].iova) return npu_fail(error, "a buffer beyond 4 GiB");
        program->memory.regions[i] = regions[i];
    }
    program->memory.count = count;
    return 0;
}

/* Register words -> settings of every task; nothing is executed, and no memory but the words is read. */
static int decode(npu_program *program, const npu_task *tasks, npu_error *error) {
    program->steps = calloc(program->step_count + 1, sizeof *program->steps);
    if (program->steps == NULL) return npu_no_memory(error);
    return npu_pc_fetch(program, tasks, error) != 0 ? -1 : npu_steps_decode(program, error);
}

/* What execution needs besides. */
static int prepare(npu_program *program, npu_error *error) {
    for (size_t i = 0; i < program->memory.count; i++) {
        if (program->memory.regions[i].size > 0 && program->memory.regions[i].data == NULL) return npu_fail(error, "a buffer without data");
    }
    if (allocate_rooms(program) != 0) return npu_no_memory(error);
    for (size_t i = 0; i < program->step_count; i++) {
        if (program->steps[i].constant && npu_step_check_bytes(program, i, error) != 0) return -1;
    }
    return npu_packs_prepare(program, error);
}

static int decode_program(const npu_config *config, const npu_region *regions, size_t region_count, const npu_task *tasks,
                          size_t task_count, npu_program **out, npu_error *error) {
    *out = NULL;
    memset(error, 0, sizeof *error);
    for (size_t f = 0; f < NPU_FACT_COUNT; f++) {
        if (config->facts[f] >= npu_facts[f].count) return npu_fail(error, "a fact has no such value");
    }
    const npu_chip *chip = &config->chip;
    if (chip->cbuf_entry_bytes < NPU_ATOM || chip->cbuf_entry_bytes % NPU_ATOM != 0 || chip->bytes_per_cycle == 0 || chip->positions == 0 || chip->dpu_channels == 0 ||
        (uint64_t)chip->cbuf_banks * chip->cbuf_bank_bytes > UINT32_MAX) {
        return npu_fail(error, "a chip that cannot be");
    }
    if (region_count > UINT32_MAX || task_count > UINT32_MAX) return npu_fail(error, "too many buffers or tasks");
    npu_program *program = calloc(1, sizeof *program);
    if (program == NULL) return npu_no_memory(error);
    program->config = *config;
    program->step_count = task_count;
    program->kernels = (config->flags & NPU_PORTABLE) != 0 ? npu_vector_portable() : npu_vector_kernels();
    *out = program;
    return copy_regions(program, regions, region_count, error) != 0 ? -1 : decode(program, tasks, error);
}

static int visit_accesses(const npu_program *program, npu_visit visit, void *context, npu_error *error) {
    for (size_t i = 0; i < program->step_count; i++) {
        npu_access accesses[NPU_MOST_ACCESSES];
        size_t count = npu_step_accesses(&program->steps[i], &program->memory, (uint32_t)i, accesses);
        for (size_t a = 0; a < count; a++) {
            int status = visit(context, &accesses[a], error);
            if (status != 0) return status;
        }
    }
    return 0;
}

int npu_program_check(const npu_config *config, const npu_region *regions, size_t region_count, const npu_task *tasks,
                      size_t task_count, npu_visit visit, void *context, npu_error *error) {
    npu_program *program;
    int status = decode_program(config, regions, region_count, tasks, task_count, &program, error);
    if (status == 0 && visit != NULL) status = visit_accesses(program, visit, context, error);
    npu_program_free(program);
    return status;
}

int npu_program_load(const npu_config *config, const npu_region *regions, size_t region_count, const npu_task *tasks,
                     size_t task_count, npu_program **out, npu_error *error) {
    int status = decode_program(config, regions, region_count, tasks, task_count, out, error);
    if (status == 0) status = prepare(*out, error);
    if (status == 0) return 0;
    npu_program_free(*out);
    *out = NULL;
    return -1;
}

int npu_program_run(npu_program *program, npu_error *error) {
    return npu_program_run_some(program, 0, program->step_count, error);
}

int npu_program_run_some(npu_program *program, size_t first, size_t count, npu_error *error) {
    *error = (npu_error){0};
    for (size_t i = first; i < program->step_count && i - first < count; i++) {
        npu_step *step = &program->steps[i];
        const uint64_t start = npu_clock_nanoseconds();
        if (!step->constant && npu_step_check_bytes(program, i, error) != 0) return -1;
        if (step->convolution && step->vectorised) npu_packs_fill(program, step);
        npu_step_execute(program, step);
        step->nanoseconds = npu_clock_since(start);
    }
    return 0;
}

void npu_program_free(npu_program *program) {
    if (program == NULL) return;
    for (size_t i = 0; i < program->pack_count; i++) free(program->packs[i].pack.weights);
    free(program->packs);
    for (size_t i = 0; i < program->lut_count; i++) free(program->luts[i]);
    free(program->luts);
    free(program->steps);
    free(program->memory.regions);
    free(program->window);
    free(program->pixels);
    free(program->taps);
    free(program->offsets);
    free(program);
}

uint64_t npu_program_task_products(const npu_program *program, size_t task) {
    return task < program->step_count ? npu_step_products(&program->steps[task]) : 0;
}

uint64_t npu_program_task_cycles(const npu_program *program, size_t task) {
    return task < program->step_count ? program->steps[task].cycles : 0;
}

uint64_t npu_program_task_nanoseconds(const npu_program *program, size_t task) {
    return task < program->step_count ? program->steps[task].nanoseconds : 0;
}
