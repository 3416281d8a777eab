/*
 * Cycles of a task from its start to its end: those of its units, or those in which memory moves its bytes, whichever are more.
 * The same definition as src/hardware/speed.ts and src/cost/: cycles by the vendor's compiler (groups of 32 channels and 32
 * kernels, depthwise of 64 channels, positions in groups, the DPU's channels a cycle). Inferred: pooling looks at one atom a
 * cycle. Command words are fetched beside the task before and are not counted, but for what fills the LUT.
 */
#include "step.h"

static uint64_t groups(uint64_t count, uint64_t size) { return (count + size - 1) / size; }

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

static uint64_t longest(const npu_chip *chip, uint64_t cycles, uint64_t bytes) {
    return larger(cycles, groups(bytes, chip->bytes_per_cycle));
}

/* Positions as the units count them. */
static uint64_t counted(const npu_chip *chip, uint64_t positions) {
    return groups(positions, chip->positions) * chip->positions;
}

static uint64_t pooling_cycles(const npu_step *step, const npu_chip *chip) {
    const npu_ppu *ppu = &step->ppu;
    uint64_t atoms = (uint64_t)ppu->out_width * ppu->out_height * groups(ppu->channels, ppu->int8 ? NPU_INT8_LANES : NPU_FP16_LANES);
    return longest(chip, atoms * ppu->kernel_width * ppu->kernel_height, ppu->output.bytes + step->ppu_rdma.source.bytes);
}

/* Each atom is read once and written four times. */
static uint64_t unpooling_cycles(const npu_step *step, const npu_chip *chip) {
    uint64_t positions = (uint64_t)step->unpool.width * step->unpool.height;
    return longest(chip, counted(chip, 4 * positions) * groups(NPU_ATOM, chip->dpu_channels), 5 * positions * NPU_ATOM);
}

uint64_t npu_step_products(const npu_step *step) {
    if (step->pooling || !step->convolution) return 0;
    const npu_cna *cna = &step->cna;
    const uint64_t taps = (uint64_t)cna->kernel_width * cna->kernel_height * (cna->depthwise ? 1 : cna->channels);
    return (uint64_t)step->dpu.width * step->dpu.height * step->dpu.real * taps;
}

static uint64_t convolution_passes(const npu_cna *cna, const npu_dpu *dpu) {
    const uint64_t taps = (uint64_t)cna->kernel_width * cna->kernel_height;
    return taps * (cna->depthwise ? groups(dpu->real, NPU_DEPTHWISE_GROUP)
                                  : groups(cna->channels, NPU_CHANNEL_GROUP) * groups(dpu->real, NPU_KERNEL_GROUP));
}

uint64_t npu_step_cycles(const npu_step *step, const npu_chip *chip) {
    if (step->pooling) return pooling_cycles(step, chip);
    if (step->unpooling) return unpooling_cycles(step, chip);
    const npu_dpu *dpu = &step->dpu;
    const npu_rdma *rdma = &step->rdma;
    const uint64_t positions = (uint64_t)dpu->width * dpu->height, plane = positions * dpu->channels;
    uint64_t each = groups(dpu->channels, chip->dpu_channels);
    uint64_t bytes = plane + rdma->bs.extent.bytes + rdma->bn.extent.bytes + rdma->channels.bytes + 8 * (uint64_t)step->lut_entries;
    if (rdma->main.ways != 0) bytes += plane;
    if (rdma->operand.ways != 0) bytes += plane;
    if (step->convolution) {
        const npu_cna *cna = &step->cna;
        each = larger(each, convolution_passes(cna, dpu));
        if (!cna->data_reuse) bytes += (uint64_t)cna->in_width * cna->in_height * cna->channels;
        if (!cna->weight_reuse) bytes += cna->weights.bytes;
    }
    return longest(chip, counted(chip, positions) * each, bytes);
}
