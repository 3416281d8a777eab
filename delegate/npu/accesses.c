#include "accesses.h"

typedef struct list {
    const npu_memory *memory;
    npu_access *accesses;
    size_t count;
    uint32_t task;
} list;

static void add(list *l, enum npu_register reg, bool writes, const npu_extent *extent) {
    if (extent->bytes == 0) return;
    const npu_region *region = npu_memory_region(l->memory, (int64_t)extent->start);
    l->accesses[l->count++] = (npu_access){.task = l->task,
                                           .region = (uint32_t)(region - l->memory->regions),
                                           .reg = (uint32_t)reg,
                                           .writes = writes,
                                           .from = extent->start - region->iova,
                                           .to = extent->start - region->iova + extent->bytes};
}

static void add_planes(list *l, const npu_planes *planes, const enum npu_register bases[2]) {
    for (uint32_t way = 0; way < planes->ways; way++) add(l, bases[way], false, &planes->extents[way]);
}

static void add_reader(list *l, const npu_rdma *rdma) {
    static const enum npu_register main[2] = {NPU_REG_DPU_RDMA_SRC_BASE_ADDR, NPU_REG_DPU_RDMA_EW_BASE_ADDR};
    static const enum npu_register other[2] = {NPU_REG_DPU_RDMA_EW_BASE_ADDR, NPU_REG_DPU_RDMA_EW_BASE_ADDR};
    add(l, NPU_REG_DPU_RDMA_BS_BASE_ADDR, false, &rdma->bs.extent);
    add(l, NPU_REG_DPU_RDMA_BN_BASE_ADDR, false, &rdma->bn.extent);
    add(l, NPU_REG_DPU_RDMA_EW_BASE_ADDR, false, &rdma->channels);
    add_planes(l, &rdma->main, main);
    /* A convolution's operand comes through both readers in turn. */
    add_planes(l, &rdma->operand, rdma->operand.ways == 2 ? main : other);
}

size_t npu_step_accesses(const npu_step *step, const npu_memory *memory, uint32_t task, npu_access accesses[NPU_MOST_ACCESSES]) {
    list l = {memory, accesses, 0, task};
    if (step->pooling) {
        add(&l, NPU_REG_PPU_RDMA_SRC_BASE_ADDR, false, &step->ppu_rdma.source);
        add(&l, NPU_REG_PPU_DST_BASE_ADDR, true, &step->ppu.output);
        return l.count;
    }
    if (step->unpooling) {
        add(&l, NPU_REG_DPU_RDMA_SRC_BASE_ADDR, false, &step->unpool.source);
        add(&l, NPU_REG_DPU_DST_BASE_ADDR, true, &step->unpool.output);
        return l.count;
    }
    if (step->convolution) {
        add(&l, NPU_REG_CNA_FEATURE_DATA_ADDR, false, &step->cna.features);
        add(&l, NPU_REG_CNA_DCOMP_ADDR0, false, &step->cna.weights);
    }
    add_reader(&l, &step->rdma);
    add(&l, NPU_REG_DPU_DST_BASE_ADDR, true, &step->dpu.output);
    return l.count;
}
