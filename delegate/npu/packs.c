/* Packed weights, shared by the steps that want the very same ones. */
#include <stdlib.h>

#include "step.h"

uint32_t npu_step_real_surfaces(const npu_step *step) { return (step->dpu.real + NPU_ATOM - 1) / NPU_ATOM; }

/* Whether two steps want the very same packed weights. */
static bool same_pack(const npu_step *a, const npu_step *b) {
    const npu_cna *p = &a->cna, *q = &b->cna;
    return p->weights.start == q->weights.start && p->depthwise == q->depthwise && p->channels == q->channels &&
           p->kernels == q->kernels && p->kernel_width == q->kernel_width && p->kernel_height == q->kernel_height &&
           p->rest_lanes == q->rest_lanes && a->dpu.channels == b->dpu.channels && npu_step_real_surfaces(a) == npu_step_real_surfaces(b) &&
           a->dpu.offset_memory == b->dpu.offset_memory && a->dpu.weight_offset == b->dpu.weight_offset &&
           (!a->dpu.offset_memory ||
            (a->rdma.bs.extent.start == b->rdma.bs.extent.start && a->rdma.bs.group_bytes == b->rdma.bs.group_bytes &&
             a->rdma.bs.offset_at == b->rdma.bs.offset_at));
}

void npu_packs_fill(const npu_program *program, const npu_step *step) {
    npu_step_offsets(step, program->offsets);
    npu_core_pack(&step->cna, npu_step_real_surfaces(step), program->offsets, &program->packs[step->pack].pack);
}

/* Row tiles share their operation's weights: one pack for all. */
int npu_packs_prepare(npu_program *program) {
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
        shared->pack.weights = malloc(npu_core_pack_size(&step->cna, npu_step_real_surfaces(step)) * sizeof(int16_t));
        if (shared->pack.weights == NULL) return -1;
        if (step->constant) npu_packs_fill(program, step);
    }
    return 0;
}
