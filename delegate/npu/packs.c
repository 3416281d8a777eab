/* Packed weights, shared by the steps that want the very same ones. */
#include <stdlib.h>

#include "step.h"

uint32_t npu_step_real_surfaces(const npu_step *step) { return (step->dpu.real + NPU_ATOM - 1) / NPU_ATOM; }

/* Bytes of packed weights for each byte of memory: kernels are filled up to 16 and values take two bytes. */
#define NPU_MOST_PACKED 32u

/* Whether two steps want the very same packed weights. */
static bool same_pack(const npu_step *a, const npu_step *b) {
    const npu_cna *p = &a->cna, *q = &b->cna;
    return p->weights.start == q->weights.start && p->depthwise == q->depthwise && p->channels == q->channels &&
           p->kernels == q->kernels && p->kernel_width == q->kernel_width && p->kernel_height == q->kernel_height &&
           p->rest_lanes == q->rest_lanes && a->dpu.channels == b->dpu.channels &&
           npu_step_real_surfaces(a) == npu_step_real_surfaces(b) &&
           a->dpu.offset_memory == b->dpu.offset_memory && a->dpu.weight_offset == b->dpu.weight_offset &&
           (!a->dpu.offset_memory ||
            (a->rdma.bs.extent.start == b->rdma.bs.extent.start && a->rdma.bs.group_bytes == b->rdma.bs.group_bytes &&
             a->rdma.bs.offset_at == b->rdma.bs.offset_at));
}

void npu_packs_fill(npu_program *program, const npu_step *step) {
    npu_shared_pack *shared = &program->packs[step->pack];
    if (shared->is_filled && step->constant) return;
    npu_step_offsets(step, program->offsets);
    npu_core_pack(&step->cna, npu_step_real_surfaces(step), program->offsets, &shared->pack);
    shared->is_filled = true;
}

/* Where the search for a step's pack begins, in a table of 2^bits places. */
static size_t first_place(const npu_step *step, unsigned bits) {
    const npu_cna *cna = &step->cna;
    uint64_t hash = cna->weights.start;
    hash = hash * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)cna->kernels << 32 | cna->channels);
    hash = hash * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)step->dpu.real << 32 | step->dpu.channels);
    hash = hash * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)cna->kernel_width << 32 | cna->kernel_height);
    hash = hash * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)(uint16_t)step->dpu.weight_offset << 32 | (uint32_t)step->rdma.bs.extent.start);
    return (size_t)((hash * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

/* Packs found by what they hold: position + 1 of each, 0 where there is none. */
typedef struct pack_table {
    size_t *places;
    unsigned bits;
} pack_table;

/* The place of the pack that the step shares, or the empty one where its own goes. */
static size_t *find_pack(const npu_program *program, const pack_table *table, const npu_step *step) {
    const size_t mask = ((size_t)1 << table->bits) - 1;
    size_t at = first_place(step, table->bits);
    while (table->places[at] != 0 && !same_pack(step, &program->steps[program->packs[table->places[at] - 1].owner])) at = (at + 1) & mask;
    return &table->places[at];
}

/* Bytes that may be packed of memory that tasks write, and of constants. */
typedef struct pack_budget {
    uint64_t bytes[2];
} pack_budget;

/* Without a bound, tasks that read a few weights each in its own way would fill all memory. */
static pack_budget start_budget(const npu_program *program) {
    pack_budget b = {{(uint64_t)1 << 20, (uint64_t)1 << 20}};
    for (size_t i = 0; i < program->memory.count; i++) {
        const npu_region *region = &program->memory.regions[i];
        b.bytes[(region->flags & NPU_REGION_CONSTANT) != 0] += region->size;
    }
    for (size_t kind = 0; kind < 2; kind++) b.bytes[kind] *= NPU_MOST_PACKED;
    return b;
}

static int add_pack(npu_program *program, npu_step *step, size_t index, pack_budget *budget, npu_error *error) {
    const uint64_t bytes = (uint64_t)npu_core_pack_size(&step->cna, npu_step_real_surfaces(step)) * sizeof(int16_t);
    uint64_t *left = &budget->bytes[(step->cna.weights.flags & NPU_REGION_CONSTANT) != 0];
    if (bytes > *left) return npu_fail(error, "tasks that read the same weights in more ways than are modelled");
    *left -= bytes;
    npu_shared_pack *shared = &program->packs[program->pack_count++];
    shared->owner = index;
    shared->pack.weights = malloc((size_t)bytes); /* filled where they are first used: before, no memory is touched */
    return shared->pack.weights == NULL ? npu_no_memory(error) : 0;
}

static int prepare_packs(npu_program *program, const pack_table *table, npu_error *error) {
    pack_budget budget = start_budget(program);
    for (size_t i = 0; i < program->step_count; i++) {
        npu_step *step = &program->steps[i];
        if (!step->convolution || !step->vectorised) continue;
        size_t *place = find_pack(program, table, step);
        step->pack = *place == 0 ? program->pack_count : *place - 1;
        if (*place != 0) continue;
        if (add_pack(program, step, i, &budget, error) != 0) return -1;
        *place = program->pack_count;
    }
    return 0;
}

/* Row tiles share their operation's weights: one pack for all. */
int npu_packs_prepare(npu_program *program, npu_error *error) {
    pack_table table = {.bits = 4};
    while (table.bits < 40 && (size_t)1 << table.bits < program->step_count * 2) table.bits++;
    table.places = calloc((size_t)1 << table.bits, sizeof *table.places);
    program->packs = calloc(program->step_count + 1, sizeof *program->packs);
    const int status = table.places == NULL || program->packs == NULL ? npu_no_memory(error) : prepare_packs(program, &table, error);
    free(table.places);
    return status;
}
