/* A decoded task, and the program that holds all of them: what the units share inside the NPU. */
#ifndef PTFE_NPU_STEP_H
#define PTFE_NPU_STEP_H

#include "core.h"
#include "dpu_rdma.h"
#include "ppu.h"
#include "unpool.h"
#include "vector.h"

typedef struct npu_step {
    uint32_t values[NPU_REGISTER_COUNT]; /* of the register group that the task executes, for error texts */
    uint32_t words;
    uint32_t enables;
    bool convolution, reader, pooling, unpooling;
    bool fills_lut; /* in a chain, behind another task */
    uint32_t lut_entries; /* that its words write */
    const npu_lut *lut; /* the LUT's tables as they stand when the task starts; NULL: never written */
    npu_cna cna;
    npu_core core;
    npu_dpu dpu;
    npu_rdma rdma;
    npu_ppu ppu;
    npu_ppu_rdma ppu_rdma;
    npu_unpool unpool;
    bool constant;     /* weights and operands do not change after load */
    bool vectorised;   /* sums on the fast path */
    bool vector_stages;
    size_t pack;       /* position in the program's packs */
    uint64_t cycles, nanoseconds;
} npu_step;

typedef struct npu_shared_pack {
    npu_pack pack;
    size_t owner;    /* the first step that uses it */
    bool is_filled;
} npu_shared_pack;

struct npu_program {
    npu_config config;
    npu_memory memory;
    npu_step *steps;
    size_t step_count;
    npu_shared_pack *packs;
    size_t pack_count;
    npu_lut **luts;
    size_t lut_count;
    const npu_kernels *kernels;
    /* Room for the largest step. */
    int16_t *window;
    uint32_t *pixels;
    uint32_t *taps;
    int16_t *offsets; /* weight offsets by output channel */
};

/* Fill an error that names no register. Always -1. */
int npu_fail(npu_error *error, const char *text);
int npu_no_memory(npu_error *error);

/* Register words of all tasks -> the values that each executes (pc.c). */
int npu_pc_fetch(npu_program *program, const npu_task *tasks, npu_error *error);

npu_decoder npu_step_decoder(const npu_program *program, size_t step, npu_error *error);

/* Register values of all steps -> settings, checked (decode_steps.c). */
int npu_steps_decode(npu_program *program, npu_error *error);

/* What operands' and weights' bytes decide; at load when they are constant, else before each run. */
int npu_step_check_bytes(const npu_program *program, size_t step, npu_error *error);

/* Weights as the fast path wants them (packs.c): rooms for all steps, filled before their first run; before each where they are not constant. */
int npu_packs_prepare(npu_program *program, npu_error *error);
void npu_packs_fill(npu_program *program, const npu_step *step);

uint32_t npu_step_real_surfaces(const npu_step *step);

/* Where the step writes. */
const npu_extent *npu_step_output(const npu_step *step);

/* The step's weight offsets by written channel. */
void npu_step_offsets(const npu_step *step, int16_t *offsets);

/* Executes one step (execute.c). */
void npu_step_execute(const npu_program *program, const npu_step *step);

uint64_t npu_step_cycles(const npu_step *step, const npu_chip *chip);

/* Products of a convolution, those with channels that only pad the input too. */
uint64_t npu_step_products(const npu_step *step);

#endif
