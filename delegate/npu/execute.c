/* Executes a decoded task: sums (CNA, CORE) or main input (MRDMA) -> DPU -> memory, surface by surface. */
#include <string.h>

#include "step.h"

/* Pixels at a time: whole blocks of the kernels, small enough for the first-level cache. */
#define CHUNK (16u * NPU_PIXEL_BLOCK)

void npu_step_offsets(const npu_step *step, int16_t *offsets) {
    const npu_dpu *dpu = &step->dpu;
    for (uint32_t c = 0; c < dpu->channels; c++) {
        offsets[c] = dpu->offset_memory ? npu_operands_offset(&step->rdma.bs, c) : dpu->weight_offset;
    }
}

/* ---- the reference path ---- */

static int32_t input_value(const npu_step *step, const int16_t *offsets, uint32_t channel, size_t position) {
    uint32_t width = step->dpu.width;
    if (!step->convolution) {
        return (int8_t)npu_planes_surface(&step->rdma.main, channel / NPU_ATOM)[position * NPU_ATOM + channel % NPU_ATOM];
    }
    int32_t sum = npu_core_accumulate(&step->cna, offsets[channel], channel, (uint32_t)(position / width),
                                      (uint32_t)(position % width));
    return npu_core_truncate(&step->core, sum);
}

static void reference_surface(const npu_step *step, const int16_t *offsets, uint32_t surface) {
    const npu_dpu *dpu = &step->dpu;
    npu_lanes lanes;
    npu_rdma_lanes(&step->rdma, dpu, surface, &lanes);
    const uint8_t *operand = step->rdma.operand.ways == 0 ? NULL : npu_planes_surface(&step->rdma.operand, surface);
    for (size_t position = 0; position < (size_t)dpu->width * dpu->height; position++) {
        uint8_t atom[NPU_ATOM] = {0};
        for (uint32_t lane = 0; lane < NPU_ATOM && surface * NPU_ATOM + lane < dpu->real; lane++) {
            int8_t second = operand == NULL ? 0 : (int8_t)operand[position * NPU_ATOM + lane];
            int32_t value = input_value(step, offsets, surface * NPU_ATOM + lane, position);
            atom[lane] = (uint8_t)npu_dpu_value(dpu, &lanes, lane, value, second);
        }
        npu_dpu_write(dpu, surface, position, 1, atom);
    }
}

/* ---- the fast path ---- */

/* A row of pixels as atoms; what each byte becomes is calculated once. */
static void widen_pixels(const npu_pixels *pixels, int16_t values[4][256], const uint8_t *from, size_t count, int16_t *to) {
    for (size_t i = 0; i < count; i++, from += pixels->channels, to += NPU_ATOM) {
        for (uint32_t c = 0; c < pixels->channels; c++) to[c] = values[c][from[c]];
        for (uint32_t c = pixels->channels; c < NPU_ATOM; c++) to[c] = npu_pixels_value(pixels, c, from);
    }
}

static void tabulate_pixels(const npu_pixels *pixels, int16_t values[4][256]) {
    for (uint32_t c = 0; c < pixels->channels; c++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint8_t pixel[4] = {(uint8_t)byte, (uint8_t)byte, (uint8_t)byte, (uint8_t)byte};
            values[c][byte] = npu_pixels_value(pixels, c, pixel);
        }
    }
}

/* Features of `atoms` atoms from `first` on as int16, padding in place: window[y][x][channels]. */
static void gather(const npu_program *program, const npu_cna *cna, uint32_t first, uint32_t atoms) {
    uint32_t width = npu_cna_window_width(cna), height = npu_cna_window_height(cna);
    size_t step = (size_t)atoms * NPU_ATOM;
    int16_t pixel_values[4][256];
    tabulate_pixels(&cna->pixels, pixel_values);
    int64_t from = cna->pad_left, to = (int64_t)cna->pad_left + npu_cna_spread_width(cna);
    if (from > width) from = width;
    if (to > width) to = width;
    size_t inputs = (size_t)(to - from + cna->up_x - 1) / cna->up_x;
    for (uint32_t a = 0; a < atoms; a++) {
        const uint8_t *surface = cna->features.data + (first + a) * cna->surface_bytes;
        int16_t padding[NPU_ATOM], gap[NPU_ATOM];
        for (uint32_t lane = 0; lane < NPU_ATOM; lane++) {
            padding[lane] = npu_cna_padding(cna, (first + a) * NPU_ATOM + lane);
            gap[lane] = npu_cna_gap(cna, (first + a) * NPU_ATOM + lane);
        }
        for (uint32_t row = 0; row < height; row++) {
            int16_t *line = program->window + (size_t)row * width * step + a * NPU_ATOM;
            int64_t y = (int64_t)row - cna->pad_top;
            bool inside = y >= 0 && y < npu_cna_spread_height(cna);
            for (int64_t x = 0; x < (inside ? from : (int64_t)width); x++) memcpy(line + x * (int64_t)step, padding, sizeof padding);
            if (!inside) continue;
            bool between = y % cna->up_y != 0;
            for (int64_t x = from; (between || cna->up_x > 1) && x < to; x++) memcpy(line + x * (int64_t)step, gap, sizeof gap);
            const uint8_t *row_from = surface + y / cna->up_y * cna->line_bytes;
            int16_t *row_to = line + from * (int64_t)step;
            if (!between && cna->pixels.channels == 0) program->kernels->widen(row_from, inputs, row_to, step * cna->up_x);
            if (cna->pixels.channels != 0) widen_pixels(&cna->pixels, pixel_values, row_from, inputs, row_to);
            for (int64_t x = to; x < width; x++) memcpy(line + x * (int64_t)step, padding, sizeof padding);
        }
    }
}

/* Places of windows and taps in the gathered window; a missing second tap repeats the first (its weights are 0). */
static void place_windows(const npu_program *program, const npu_cna *cna, size_t channels) {
    size_t width = npu_cna_window_width(cna), count = 0;
    for (uint32_t y = 0; y < cna->out_height; y++) {
        for (uint32_t x = 0; x < cna->out_width; x++) {
            program->pixels[count++] = (uint32_t)((y * cna->stride_y * width + (size_t)x * cna->stride_x) * channels);
        }
    }
    count = 0;
    for (uint32_t ky = 0; ky < cna->kernel_height; ky++) {
        for (uint32_t kx = 0; kx < cna->kernel_width; kx++) {
            program->taps[count++] = (uint32_t)((ky * cna->dilation_y * width + (size_t)kx * cna->dilation_x) * channels);
        }
    }
    program->taps[count] = 0;
}

static void sum_chunk(const npu_program *program, const npu_step *step, uint32_t surface, size_t first, size_t count,
                      int32_t *acc) {
    const npu_cna *cna = &step->cna;
    const npu_pack *pack = &program->packs[step->pack].pack;
    size_t taps = (size_t)cna->kernel_width * cna->kernel_height;
    if (cna->depthwise) {
        const int16_t *weights = pack->weights + (size_t)surface * pack->pairs * NPU_ATOM * 2;
        program->kernels->depthwise(program->window, program->pixels + first, count, program->taps, pack->pairs, weights, acc);
    } else {
        const int16_t *weights = pack->weights + (size_t)surface * taps * pack->pairs * NPU_ATOM * 2;
        program->kernels->direct(program->window, program->pixels + first, count, program->taps, taps, pack->pairs, weights, acc);
    }
    if (step->core.truncate == 0) return;
    for (size_t i = 0; i < count * NPU_ATOM; i++) acc[i] = npu_core_truncate(&step->core, acc[i]);
}

static void main_chunk(const npu_step *step, uint32_t surface, size_t first, size_t count, int32_t *acc) {
    const uint8_t *from = npu_planes_surface(&step->rdma.main, surface) + first * NPU_ATOM;
    for (size_t i = 0; i < count * NPU_ATOM; i++) acc[i] = (int8_t)from[i];
}

static void fast_surface(const npu_program *program, const npu_step *step, uint32_t surface) {
    static const uint8_t nothing[CHUNK * NPU_ATOM];
    const npu_dpu *dpu = &step->dpu;
    int32_t acc[CHUNK * NPU_ATOM];
    uint8_t atoms[CHUNK * NPU_ATOM];
    npu_lanes lanes;
    npu_rdma_lanes(&step->rdma, dpu, surface, &lanes);
    const uint8_t *operand = step->rdma.operand.ways == 0 ? NULL : npu_planes_surface(&step->rdma.operand, surface);
    const npu_kernels *stages = step->vector_stages ? program->kernels : npu_vector_portable();
    size_t all = (size_t)dpu->width * dpu->height;
    for (size_t first = 0; first < all; first += CHUNK) {
        size_t count = all - first < CHUNK ? all - first : CHUNK;
        if (step->convolution) sum_chunk(program, step, surface, first, count, acc);
        else main_chunk(step, surface, first, count, acc);
        stages->stages(dpu, &lanes, acc, operand == NULL ? nothing : operand + first * NPU_ATOM, count, atoms);
        npu_dpu_write(dpu, surface, first, count, atoms);
    }
}

void npu_step_execute(const npu_program *program, const npu_step *step) {
    if (step->pooling) {
        npu_ppu_execute(&step->ppu, &step->ppu_rdma);
        return;
    }
    if (step->unpooling) {
        npu_unpool_execute(&step->unpool);
        return;
    }
    const npu_dpu *dpu = &step->dpu;
    uint32_t real = (dpu->real + NPU_ATOM - 1) / NPU_ATOM;
    bool gathered = step->convolution && step->vectorised;
    if (step->convolution && !step->vectorised) npu_step_offsets(step, program->offsets);
    if (gathered) {
        const npu_cna *cna = &step->cna;
        uint32_t atoms = cna->depthwise ? 1 : (program->packs[step->pack].pack.pairs * 2 + NPU_ATOM - 1) / NPU_ATOM;
        place_windows(program, cna, (size_t)atoms * NPU_ATOM);
        if (!cna->depthwise) gather(program, cna, 0, atoms);
    }
    for (uint32_t surface = 0; surface < real; surface++) {
        if (!step->vectorised) {
            reference_surface(step, program->offsets, surface);
            continue;
        }
        if (gathered && step->cna.depthwise) gather(program, &step->cna, surface, 1);
        fast_surface(program, step, surface);
    }
    for (uint32_t surface = real; surface < dpu->surfaces; surface++) npu_dpu_write_padding(dpu, surface);
}
