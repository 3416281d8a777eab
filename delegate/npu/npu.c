/* Programs: load (decode, check, prepare weights), run, free. */
#include "npu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "step.h"

/* A gathered window beyond this is left to the reference path (8 Mi values). */
#define WINDOW_LIMIT ((size_t)1 << 23)

static int fail(npu_error *error, const char *text) {
    memset(error, 0, sizeof *error);
    snprintf(error->text, sizeof error->text, "%s", text);
    return -1;
}

static npu_decoder decoder_of(const npu_program *program, size_t step, npu_error *error) {
    npu_decoder d = {&program->config, &program->memory, program->steps[step].values, (uint32_t)step, error};
    return d;
}

static bool is_constant(const npu_extent *extent) {
    return extent->bytes == 0 || (extent->flags & NPU_REGION_CONSTANT) != 0;
}

static bool all_constant(const npu_step *step) {
    if (!is_constant(&step->rdma.bs.extent) || !is_constant(&step->rdma.bn.extent)) return false;
    return !step->convolution || is_constant(&step->cna.weights);
}

/* The accumulator has 32 bits: refuse what could overflow it, or a weight that needs more than 16. */
static int check_sums(const npu_decoder *d, const npu_step *step, int16_t *offsets) {
    const npu_cna *cna = &step->cna;
    int64_t largest = 0;
    npu_step_offsets(step, offsets);
    for (uint32_t c = 0; c < step->dpu.real; c++) {
        int64_t offset = offsets[c] < 0 ? -(int64_t)offsets[c] : offsets[c];
        if (offset > largest) largest = offset;
    }
    if (largest > INT16_MAX - 128) {
        return npu_refuse(d, NPU_REG_DPU_BS_OW_OP, "a weight offset of %" PRId64 " is not modelled", largest);
    }
    int64_t products = (int64_t)cna->kernel_bytes / (cna->depthwise ? cna->channels : 1);
    if (products * 128 * (128 + largest) > INT32_MAX) {
        return npu_refuse(d, NPU_REG_CNA_WEIGHT_SIZE1, "%" PRId64 " products may overflow the accumulator", products);
    }
    return 0;
}

/* What operands' and weights' bytes decide; at load when they are constant, else before each run. */
static int check_bytes(const npu_program *program, size_t index, npu_error *error) {
    const npu_step *step = &program->steps[index];
    npu_decoder d = decoder_of(program, index, error);
    if (npu_rdma_check_operands(&d, &step->dpu, &step->rdma) != 0) return -1;
    return step->convolution ? check_sums(&d, step, program->offsets) : 0;
}

/* A convolution must not write what it still reads. */
static int check_overlap(const npu_decoder *d, const npu_step *step) {
    const npu_extent *output = &step->dpu.output;
    const npu_rdma *rdma = &step->rdma;
    const char *read = NULL;
    if (step->convolution && npu_extents_overlap(output, &step->cna.features)) read = "features";
    if (step->convolution && npu_extents_overlap(output, &step->cna.weights)) read = "weights";
    if (npu_extents_overlap(output, &rdma->bs.extent) || npu_extents_overlap(output, &rdma->bn.extent)) read = "operands";
    const npu_planes *planes[] = {&rdma->main, &rdma->operand};
    for (size_t p = 0; p < 2; p++) {
        for (uint32_t way = 0; way < planes[p]->ways; way++) {
            if (!npu_extents_overlap(output, &planes[p]->extents[way])) continue;
            /* In place: every atom is read where it is written. */
            bool rows = step->dpu.row_bytes == (int64_t)step->dpu.width * NPU_ATOM || step->dpu.height == 1;
            bool start = planes[p]->extents[way].start == output->start + way * (uint64_t)step->dpu.surface_bytes;
            bool steps = planes[p]->steps[way] == step->dpu.surface_bytes * planes[p]->ways || step->dpu.channels == NPU_ATOM;
            if (!rows || !start || !steps) read = "planes";
        }
    }
    if (read == NULL) return 0;
    return npu_refuse(d, NPU_REG_DPU_DST_BASE_ADDR, "the output overlaps the %s that the task reads", read);
}

/* WEIGHT_REUSE needs the convolution before to have loaded the same weights into the same banks. */
static int check_reuse(const npu_decoder *d, const npu_step *step, const npu_step *before) {
    if (!step->cna.weight_reuse) return 0;
    const npu_cna *a = &step->cna, *b = before == NULL ? NULL : &before->cna;
    if (b != NULL && a->weights.start == b->weights.start && a->weights.bytes == b->weights.bytes &&
        a->data_banks == b->data_banks && a->weight_banks == b->weight_banks && a->kernel_bytes == b->kernel_bytes &&
        (uint64_t)b->kernels * b->kernel_bytes <= (uint64_t)b->weight_banks * NPU_CBUF_BANK_BYTES) {
        return 0;
    }
    return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "WEIGHT_REUSE, but the convolution before left other weights");
}

static int decode_convolution(const npu_decoder *d, npu_step *step) {
    if (npu_cna_decode(d, &step->cna) != 0 || npu_core_decode(d, &step->cna, &step->core) != 0) return -1;
    const npu_cna *cna = &step->cna;
    const npu_dpu *dpu = &step->dpu;
    if (dpu->depthwise != cna->depthwise) {
        return npu_refuse(d, NPU_REG_DPU_FEATURE_MODE_CFG, "CONV_MODE differs from the CNA's");
    }
    if (dpu->width != cna->out_width) return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_WIDTH, "differs from the CNA's output");
    if (dpu->height != cna->out_height) return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_HEIGHT, "differs from the CNA's output");
    if (NPU_VALUE(d, CORE_DATAOUT_SIZE_1) != dpu->channels - 1) {
        return npu_refuse(d, NPU_REG_CORE_DATAOUT_SIZE_1, "differs from DATA_CUBE_CHANNEL");
    }
    if (cna->depthwise ? dpu->real > cna->channels : dpu->real > cna->kernels || cna->kernels > dpu->channels) {
        return npu_refuse(d, NPU_REG_DPU_DATA_CUBE_CHANNEL, "not the channels that the CNA has kernels for");
    }
    return 0;
}

static int decode_steps(npu_program *program, npu_error *error) {
    const npu_step *before = NULL;
    for (size_t i = 0; i < program->step_count; i++) {
        npu_step *step = &program->steps[i];
        npu_decoder d = decoder_of(program, i, error);
        if (npu_dpu_decode(&d, !step->convolution, &step->dpu) != 0) return -1;
        if (npu_rdma_decode(&d, step->reader, &step->dpu, &step->rdma) != 0) return -1;
        if (step->convolution && decode_convolution(&d, step) != 0) return -1;
        if (check_overlap(&d, step) != 0) return -1;
        if (step->convolution) {
            if (check_reuse(&d, step, before) != 0) return -1;
            before = step;
        }
        step->constant = all_constant(step);
        step->cycles = npu_step_cycles(step);
    }
    return 0;
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
        step->vectorised = !scalar && (!step->convolution || window_size(step) <= WINDOW_LIMIT);
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

static uint32_t real_surfaces(const npu_step *step) { return (step->dpu.real + NPU_ATOM - 1) / NPU_ATOM; }

/* Whether two steps want the very same packed weights. */
static bool same_pack(const npu_step *a, const npu_step *b) {
    const npu_cna *p = &a->cna, *q = &b->cna;
    return p->weights.start == q->weights.start && p->depthwise == q->depthwise && p->channels == q->channels &&
           p->kernels == q->kernels && p->kernel_width == q->kernel_width && p->kernel_height == q->kernel_height &&
           a->dpu.channels == b->dpu.channels && real_surfaces(a) == real_surfaces(b) &&
           a->dpu.offset_memory == b->dpu.offset_memory && a->dpu.weight_offset == b->dpu.weight_offset &&
           (!a->dpu.offset_memory ||
            (a->rdma.bs.extent.start == b->rdma.bs.extent.start && a->rdma.bs.group_bytes == b->rdma.bs.group_bytes &&
             a->rdma.bs.offset_at == b->rdma.bs.offset_at));
}

static void pack_weights(const npu_program *program, const npu_step *step) {
    npu_step_offsets(step, program->offsets);
    npu_core_pack(&step->cna, real_surfaces(step), program->offsets, &program->packs[step->pack].pack);
}

/* Row tiles share their operation's weights: one pack for all. */
static int prepare_packs(npu_program *program) {
    program->packs = calloc(program->step_count + 1, sizeof *program->packs);
    if (program->packs == NULL) return -1;
    for (size_t i = 0; i < program->step_count; i++) {
        npu_step *step = &program->steps[i];
        if (!step->convolution || !step->vectorised) continue;
        size_t pack = 0;
        while (pack < program->pack_count && !same_pack(step, &program->steps[program->packs[pack].owner])) pack++;
        step->pack = pack;
        if (pack < program->pack_count) continue;
        npu_shared_pack *shared = &program->packs[program->pack_count++];
        shared->owner = i;
        shared->pack.weights = malloc(npu_core_pack_size(&step->cna, real_surfaces(step)) * sizeof(int16_t));
        if (shared->pack.weights == NULL) return -1;
        if (step->constant) pack_weights(program, step);
    }
    return 0;
}

static int copy_regions(npu_program *program, const npu_region *regions, size_t count, npu_error *error) {
    program->memory.regions = calloc(count + 1, sizeof *regions);
    if (program->memory.regions == NULL) return fail(error, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (regions[i].size > 0 && regions[i].data == NULL) return fail(error, "a buffer without data");
        if (regions[i].size > ((uint64_t)1 << 32) - regions[i].iova) return fail(error, "a buffer beyond 4 GiB");
        program->memory.regions[i] = regions[i];
    }
    program->memory.count = count;
    return 0;
}

static int load(npu_program *program, const npu_task *tasks, npu_error *error) {
    program->steps = calloc(program->step_count + 1, sizeof *program->steps);
    if (program->steps == NULL) return fail(error, "out of memory");
    npu_decoder d = {&program->config, &program->memory, NULL, 0, error};
    if (npu_pc_fetch(&d, tasks, program->step_count, program->steps) != 0) return -1;
    if (decode_steps(program, error) != 0) return -1;
    if (allocate_rooms(program) != 0) return fail(error, "out of memory");
    for (size_t i = 0; i < program->step_count; i++) {
        if (program->steps[i].constant && check_bytes(program, i, error) != 0) return -1;
    }
    return prepare_packs(program) != 0 ? fail(error, "out of memory") : 0;
}

int npu_program_load(const npu_config *config, const npu_region *regions, size_t region_count, const npu_task *tasks,
                     size_t task_count, npu_program **out, npu_error *error) {
    *out = NULL;
    memset(error, 0, sizeof *error);
    for (size_t f = 0; f < NPU_FACT_COUNT; f++) {
        if (config->facts[f] >= npu_facts[f].count) return fail(error, "a fact has no such value");
    }
    if (region_count > UINT32_MAX || task_count > UINT32_MAX) return fail(error, "too many buffers or tasks");
    npu_program *program = calloc(1, sizeof *program);
    if (program == NULL) return fail(error, "out of memory");
    program->config = *config;
    program->step_count = task_count;
    program->kernels = npu_vector_kernels();
    if (copy_regions(program, regions, region_count, error) != 0 || load(program, tasks, error) != 0) {
        npu_program_free(program);
        return -1;
    }
    *out = program;
    return 0;
}

/* A WebAssembly host offers no clock without imports; times are 0 there. */
static uint64_t now_nanoseconds(void) {
#if defined(__wasm__)
    return 0;
#else
    struct timespec now;
    if (timespec_get(&now, TIME_UTC) == 0) return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

int npu_program_run(npu_program *program, npu_error *error) {
    for (size_t i = 0; i < program->step_count; i++) {
        npu_step *step = &program->steps[i];
        uint64_t start = now_nanoseconds();
        if (!step->constant) {
            if (check_bytes(program, i, error) != 0) return -1;
            if (step->convolution && step->vectorised) pack_weights(program, step);
        }
        npu_step_execute(program, step);
        uint64_t end = now_nanoseconds();
        step->nanoseconds = end > start ? end - start : 0;
    }
    return 0;
}

void npu_program_free(npu_program *program) {
    if (program == NULL) return;
    for (size_t i = 0; i < program->pack_count; i++) free(program->packs[i].pack.weights);
    free(program->packs);
    free(program->steps);
    free(program->memory.regions);
    free(program->window);
    free(program->pixels);
    free(program->taps);
    free(program->offsets);
    free(program);
}

uint64_t npu_program_task_cycles(const npu_program *program, size_t task) {
    return task < program->step_count ? program->steps[task].cycles : 0;
}

uint64_t npu_program_task_nanoseconds(const npu_program *program, size_t task) {
    return task < program->step_count ? program->steps[task].nanoseconds : 0;
}
