/*
 * Random valid programs, drawn from the ranges of the registers and not from our compiler, on the reference path, the
 * portable fast path and the best vector path: equal bits wanted.
 * Run: random_programs FIRST_SEED COUNT [damage]. Prints one line for each program that differs or is refused, then the counts and
 * a checksum of all bytes, by which builds for different processors are compared. With `damage` some bits of the register
 * words are flipped: a program is then refused by all paths, or runs on all of them to the same bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_task.h"

enum { PATHS = 3 };
static const uint32_t path_flags[PATHS] = {NPU_SCALAR, NPU_PORTABLE, 0};

/* Facts that a flip turns into refusals keep their default. */
static void draw_facts(random_state *r, npu_config *config) {
    static const uint8_t flipped[] = {NPU_FACT_BS_SHIFT_ROUNDING, NPU_FACT_BN_SHIFT_ROUNDING, NPU_FACT_MUL_PRODUCT_WIDTH,
                                      NPU_FACT_CVT_ROUND_BIT,     NPU_FACT_BN_OPERAND_PACKING, NPU_FACT_DEPTHWISE_OPERAND_GROUP,
                                      NPU_FACT_INT8_FLYING,       NPU_FACT_EW_CVT_ROUNDING,   NPU_FACT_EW_CVT_SCALE_SIGN,
                                      NPU_FACT_RELUX_LIMIT_POSITION, NPU_FACT_PADDING_LANES_WRITTEN, NPU_FACT_DIRECT_PAD_LANES,
                                      NPU_FACT_REGISTER_HOLD,     NPU_FACT_PIXEL_EMPTY_LANES, NPU_FACT_PRELU_POSITIVE,
                                      NPU_FACT_MUL_SHIFT_OPERAND, NPU_FACT_EW_SHIFT_ROUNDING, NPU_FACT_EW_REGISTER_OPERAND,
                                      NPU_FACT_LUT_TABLE_CHOICE,  NPU_FACT_LUT_ROUNDING,      NPU_FACT_BN_ORDER,
                                      NPU_FACT_EW_LUT_ORDER,      NPU_FACT_DECONV_GAPS,       NPU_FACT_POINTER_CLEAR,
                                      NPU_FACT_PPU_MAX_PADDING,   NPU_FACT_PPU_INT8_ROUNDING, NPU_FACT_PPU_AVERAGE};
    npu_config_default(config);
    for (size_t i = 0; i < sizeof flipped; i++) {
        if (random_chance(r, 6)) config->facts[flipped[i]] = (uint8_t)random_below(r, npu_facts[flipped[i]].count);
    }
}

static int run(npu_config config, uint32_t flags, const random_program *program, npu_error *error) {
    npu_program *loaded;
    config.flags = flags;
    if (npu_program_load(&config, program->regions, program->region_count, program->tasks, program->task_count, &loaded,
                         error) != 0) {
        return -1;
    }
    int result = npu_program_run(loaded, error);
    npu_program_free(loaded);
    return result;
}

/* The bytes of all regions; caller frees. */
static uint8_t *copy_regions(const random_program *program, size_t *bytes) {
    *bytes = 0;
    for (size_t i = 0; i < program->region_count; i++) *bytes += (size_t)program->regions[i].size;
    uint8_t *copy = malloc(*bytes), *at = copy;
    if (copy == NULL) exit(3);
    for (size_t i = 0; i < program->region_count; i++) {
        memcpy(at, program->regions[i].data, (size_t)program->regions[i].size);
        at += program->regions[i].size;
    }
    return copy;
}

static void restore_regions(const random_program *program, const uint8_t *copy) {
    for (size_t i = 0; i < program->region_count; i++) {
        memcpy(program->regions[i].data, copy, (size_t)program->regions[i].size);
        copy += program->regions[i].size;
    }
}

/* FNV-1a. */
static void add_to_checksum(uint64_t *checksum, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) *checksum = (*checksum ^ bytes[i]) * 0x100000001b3u;
}

/* Flips bits in the values of some words. */
static void damage_words(random_state *r, random_program *program) {
    for (uint32_t flips = 1 + random_below(r, 3); flips > 0; flips--) {
        const npu_task *task = &program->tasks[random_below(r, (uint32_t)program->task_count)];
        for (size_t i = 0; i < program->region_count; i++) {
            if (program->regions[i].iova != task->regcmd_iova) continue;
            uint32_t word = random_below(r, task->words), bit = 16 + random_below(r, random_chance(r, 2) ? 8 : 32);
            program->regions[i].data[word * 8 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

/* 0 equal, 1 different, 2 refused. */
static int compare(uint64_t seed, bool damage, random_counts *counts, uint64_t *checksum) {
    random_state r = random_start(seed);
    npu_config config;
    draw_facts(&r, &config);
    random_program program;
    random_program_draw(&r, &program, counts);
    if (damage) damage_words(&r, &program);
    size_t bytes;
    uint8_t *before = copy_regions(&program, &bytes), *first = NULL;
    int result = 0;
    for (int path = 0; path < PATHS && result == 0; path++) {
        npu_error error;
        restore_regions(&program, before);
        if (run(config, path_flags[path], &program, &error) != 0) {
            result = path == 0 ? 2 : 1;
            if (!damage || path > 0) printf("seed %" PRIu64 " refused on path %d: %s\n", seed, path, error.text);
            break;
        }
        uint8_t *after = copy_regions(&program, &bytes);
        if (first == NULL) {
            first = after;
            add_to_checksum(checksum, after, bytes);
            continue;
        }
        for (size_t i = 0; i < bytes && result == 0; i++) {
            if (after[i] == first[i]) continue;
            printf("seed %" PRIu64 " differs on path %d at byte %zu: %d, reference %d\n", seed, path, i, after[i], first[i]);
            result = 1;
        }
        free(after);
    }
    free(before);
    free(first);
    random_program_free(&program);
    return result;
}

int main(int argc, char **argv) {
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;
    bool damage = argc > 3 && strcmp(argv[3], "damage") == 0;
    uint64_t results[3] = {0, 0, 0}, checksum = 0xcbf29ce484222325u;
    random_counts counts;
    memset(&counts, 0, sizeof counts);
    for (uint64_t seed = first; seed < first + count; seed++) results[compare(seed, damage, &counts, &checksum)]++;
    printf("tasks: %" PRIu64 " direct, %" PRIu64 " pixels, %" PRIu64 " depthwise, %" PRIu64 " flying, %" PRIu64 " pooling, %" PRIu64
           " unpooling; %" PRIu64 " with EW, %" PRIu64 " with LUT\n",
           counts.direct, counts.pixels, counts.depthwise, counts.flying, counts.pooling, counts.unpooling, counts.ew, counts.lut);
    printf("programs: %" PRIu64 " equal, %" PRIu64 " differ, %" PRIu64 " refused; checksum %016" PRIx64 "\n", results[0],
           results[1], results[2], checksum);
    return results[1] == 0 && (damage || results[2] == 0) ? 0 : 1;
}
