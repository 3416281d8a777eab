/*
 * Estimated cycles of a task. Measured: 1024 int8 products a cycle (RK3588 TRM; 1022 on an RK3576 board), with input and
 * output channels in groups of 32. Inferred: depthwise does one tap of 64 channels a cycle; the pipeline's fill. Assumed: bytes a
 * cycle for memory (nobody has published the rate); pooling looks at one atom a cycle.
 */
#include "step.h"

static uint64_t groups(uint64_t count, uint64_t size) { return (count + size - 1) / size; }

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

static uint64_t pooling_cycles(const npu_step *step, const npu_chip *chip) {
    const npu_ppu *ppu = &step->ppu;
    uint64_t atoms = (uint64_t)ppu->out_width * ppu->out_height * groups(ppu->channels, ppu->int8 ? NPU_INT8_LANES : NPU_FP16_LANES);
    uint64_t bytes = (uint64_t)step->words * 8 + ppu->output.bytes + step->ppu_rdma.source.bytes;
    return chip->pipeline_fill + larger(atoms * ppu->kernel_width * ppu->kernel_height, bytes / chip->bytes_per_cycle);
}

static uint64_t unpooling_cycles(const npu_step *step, const npu_chip *chip) {
    uint64_t bytes = (uint64_t)step->words * 8 + step->unpool.output.bytes + step->unpool.source.bytes;
    return chip->pipeline_fill + bytes / chip->bytes_per_cycle;
}

uint64_t npu_step_products(const npu_step *step) {
    if (step->pooling || !step->convolution) return 0;
    const npu_cna *cna = &step->cna;
    const uint64_t taps = (uint64_t)cna->kernel_width * cna->kernel_height * (cna->depthwise ? 1 : cna->channels);
    return (uint64_t)step->dpu.width * step->dpu.height * step->dpu.real * taps;
}

uint64_t npu_step_cycles(const npu_step *step, const npu_chip *chip) {
    if (step->pooling) return pooling_cycles(step, chip);
    if (step->unpooling) return unpooling_cycles(step, chip);
    const npu_dpu *dpu = &step->dpu;
    uint64_t outputs = (uint64_t)dpu->width * dpu->height, products = 0;
    uint64_t bytes = (uint64_t)step->words * 8 + outputs * dpu->channels;
    bytes += step->rdma.bs.extent.bytes + step->rdma.bn.extent.bytes;
    if (step->rdma.main.ways != 0) bytes += outputs * dpu->channels;
    if (step->rdma.operand.ways != 0) bytes += outputs * dpu->channels;
    if (step->convolution) {
        const npu_cna *cna = &step->cna;
        uint64_t taps = (uint64_t)cna->kernel_width * cna->kernel_height;
        uint64_t passes = cna->depthwise ? groups(dpu->real, NPU_DEPTHWISE_GROUP)
                                         : groups(cna->channels, NPU_CHANNEL_GROUP) * groups(dpu->real, NPU_KERNEL_GROUP);
        products = outputs * taps * passes;
        if (!cna->data_reuse) bytes += (uint64_t)cna->in_width * cna->in_height * cna->channels;
        if (!cna->weight_reuse) bytes += cna->weights.bytes;
    }
    return chip->pipeline_fill + larger(products, bytes / chip->bytes_per_cycle);
}
