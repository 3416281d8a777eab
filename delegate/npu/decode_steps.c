/* What each task's units do, and the rules between units and between tasks. */
#include <inttypes.h>

#include "step.h"

npu_decoder npu_step_decoder(const npu_program *program, size_t step, npu_error *error) {
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
    int64_t products = (int64_t)cna->kernel_width * cna->kernel_height * (cna->depthwise ? 1 : cna->channels);
    if (products * 128 * (128 + largest) > INT32_MAX) {
        return npu_refuse(d, NPU_REG_CNA_WEIGHT_SIZE1, "%" PRId64 " products may overflow the accumulator", products);
    }
    return 0;
}

int npu_step_check_bytes(const npu_program *program, size_t index, npu_error *error) {
    const npu_step *step = &program->steps[index];
    npu_decoder d = npu_step_decoder(program, index, error);
    if (step->pooling || step->unpooling) return 0;
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
    if (npu_extents_overlap(output, &rdma->bs.extent) || npu_extents_overlap(output, &rdma->bn.extent) ||
        npu_extents_overlap(output, &rdma->channels)) {
        read = "operands";
    }
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

const npu_extent *npu_step_output(const npu_step *step) {
    return step->pooling ? &step->ppu.output : step->unpooling ? &step->unpool.output : &step->dpu.output;
}

/* Whether a step between two wrote into an extent. */
static bool written_between(const npu_step *from, const npu_step *to, const npu_extent *extent) {
    for (const npu_step *step = from; step < to; step++) {
        if (npu_extents_overlap(npu_step_output(step), extent)) return true;
    }
    return false;
}

static bool same_banks(const npu_cna *a, const npu_cna *b) {
    return a->data_banks == b->data_banks && a->weight_banks == b->weight_banks;
}

/* Silicon: only what the convolution before, on the same core and with the same banks, loaded; else silent garbage. */
static int check_reuse(const npu_decoder *d, const npu_step *step, const npu_step *before) {
    const npu_cna *a = &step->cna, *b = before == NULL ? NULL : &before->cna;
    bool weights = b != NULL && same_banks(a, b) && a->weights.start == b->weights.start &&
                   a->weights.bytes == b->weights.bytes && a->kernel_bytes == b->kernel_bytes &&
                   (uint64_t)b->kernels * b->kernel_bytes <= (uint64_t)b->weight_banks * d->config->chip.cbuf_bank_bytes &&
                   !written_between(before, step, &a->weights);
    if (a->weight_reuse && !weights) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "WEIGHT_REUSE, but the convolution before left other weights");
    }
    bool features = b != NULL && same_banks(a, b) && a->features.start == b->features.start &&
                    a->features.bytes == b->features.bytes && a->in_width == b->in_width && a->in_height == b->in_height &&
                    a->channels == b->channels && a->line_bytes == b->line_bytes && a->surface_bytes == b->surface_bytes &&
                    a->entries == b->entries && a->pixels.channels == b->pixels.channels &&
                    !written_between(before, step, &a->features);
    if (a->data_reuse && !features) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "DATA_REUSE, but the convolution before left other features");
    }
    return 0;
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

static int decode_pooling(const npu_decoder *d, npu_step *step) {
    if (npu_ppu_decode(d, &step->ppu) != 0 || npu_ppu_rdma_decode(d, &step->ppu_rdma) != 0) return -1;
    if (step->ppu.int8 != step->ppu_rdma.int8) {
        return npu_refuse(d, NPU_REG_PPU_RDMA_DATA_FORMAT, "differs from the PPU's precision: 1 goes with 0 (int8), 2 with 2 (fp16)");
    }
    if (npu_extents_overlap(&step->ppu.output, &step->ppu_rdma.source)) {
        return npu_refuse(d, NPU_REG_PPU_DST_BASE_ADDR, "the output overlaps the cube that the task pools");
    }
    step->constant = true;
    step->cycles = npu_step_cycles(step, &d->config->chip);
    return 0;
}

int npu_steps_decode(npu_program *program, npu_error *error) {
    const npu_step *before = NULL;
    for (size_t i = 0; i < program->step_count; i++) {
        npu_step *step = &program->steps[i];
        npu_decoder d = npu_step_decoder(program, i, error);
        if (step->pooling) {
            if (decode_pooling(&d, step) != 0) return -1;
            continue;
        }
        step->unpooling = !step->convolution && step->reader && npu_unpool_asked(&d);
        if (step->unpooling) {
            if (npu_unpool_decode(&d, &step->unpool) != 0) return -1;
            step->constant = true;
            step->cycles = npu_step_cycles(step, &program->config.chip);
            continue;
        }
        if (npu_dpu_decode(&d, !step->convolution, step->lut, &step->dpu) != 0) return -1;
        if (step->fills_lut && step->dpu.ew.lut.tables != NULL) {
            return npu_refuse(&d, NPU_REG_DPU_EW_CFG, "a chained task that fills the LUT reads it: no driver does");
        }
        if (npu_rdma_decode(&d, step->reader, &step->dpu, &step->rdma) != 0) return -1;
        if (step->convolution && decode_convolution(&d, step) != 0) return -1;
        if (check_overlap(&d, step) != 0) return -1;
        if (step->convolution) {
            if (check_reuse(&d, step, before) != 0) return -1;
            before = step;
        }
        step->constant = all_constant(step);
        step->cycles = npu_step_cycles(step, &program->config.chip);
    }
    return 0;
}
