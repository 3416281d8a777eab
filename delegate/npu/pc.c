/*
 * PC: fetches command words into register groups.
 * Every block has two groups; each task fills the next one while the other executes. The stock kernel starts each task
 * by itself, so the links in the tail words are not followed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "step.h"

#define TAIL_WORDS 4u

enum { BLOCK_CNA, BLOCK_CORE, BLOCK_DPU, BLOCK_RDMA, BLOCK_COUNT };

typedef struct groups {
    uint32_t values[2][NPU_REGISTER_COUNT];
    unsigned next[BLOCK_COUNT]; /* the group that a block's next task fills */
} groups;

typedef struct word {
    uint32_t target, offset, value;
} word;

static word word_at(const uint8_t *stream, size_t index) {
    const uint8_t *at = stream + index * 8;
    word w = {at[6] | (uint32_t)at[7] << 8, at[0] | (uint32_t)at[1] << 8,
              at[2] | (uint32_t)at[3] << 8 | (uint32_t)at[4] << 16 | (uint32_t)at[5] << 24};
    return w;
}

/* Refuses a word that is no register of the table; always -1. */
static int refuse_word(const npu_decoder *d, size_t index, word w, const char *why) {
    npu_error *error = d->error;
    error->task = d->task;
    error->target = w.target;
    error->offset = w.offset;
    error->value = w.value;
    snprintf(error->text, sizeof error->text,
             "task %" PRIu32 ", word %zu: target 0x%04" PRIx32 " register 0x%04" PRIx32 " = 0x%08" PRIx32 ": %s", d->task, index,
             w.target, w.offset, w.value, why);
    return -1;
}

static int block_of(uint32_t target) {
    switch (target) {
    case NPU_TARGET_CNA: return BLOCK_CNA;
    case NPU_TARGET_CORE: return BLOCK_CORE;
    case NPU_TARGET_DPU: return BLOCK_DPU;
    default: return BLOCK_RDMA;
    }
}

/* The four words at the end: a link (or nothing), its amount, the barrier, the start. */
static int read_tail(const npu_decoder *d, const uint8_t *stream, size_t words, uint32_t *enables) {
    size_t at = words - TAIL_WORDS;
    word link = word_at(stream, at), amount = word_at(stream, at + 1);
    word barrier = word_at(stream, at + 2), start = word_at(stream, at + 3);
    bool none = link.target == 0 && link.offset == 0 && link.value == 0;
    if (!none && (link.target != NPU_TARGET_PC || link.offset != NPU_PC_BASE_ADDRESS || link.value % 16 != 0)) {
        return refuse_word(d, at, link, "not a link to the next task");
    }
    if (amount.target != NPU_TARGET_PC || amount.offset != NPU_PC_REGISTER_AMOUNTS || amount.value > 0xffff) {
        return refuse_word(d, at + 1, amount, "not the next task's amount");
    }
    if (barrier.target != NPU_TARGET_BARRIER || barrier.offset != 0 || barrier.value != 0) {
        return refuse_word(d, at + 2, barrier, "not the barrier before the start");
    }
    if (start.target != NPU_TARGET_OPERATION_ENABLE || start.offset != NPU_PC_OPERATION_ENABLE) {
        return refuse_word(d, at + 3, start, "not the word that starts the blocks");
    }
    if (start.value != NPU_ENABLE_CONVOLUTION && start.value != NPU_ENABLE_CONVOLUTION_WITHOUT_READER &&
        start.value != NPU_ENABLE_DPU_ONLY) {
        return refuse_word(d, at + 3, start, "PC OPERATION_ENABLE: these blocks together are not modelled");
    }
    *enables = start.value;
    return 0;
}

static int fetch_task(const npu_decoder *d, const npu_task *task, groups *state, npu_step *step) {
    npu_extent stream;
    word base = {NPU_TARGET_PC, NPU_PC_BASE_ADDRESS, task->regcmd_iova};
    if (task->words <= TAIL_WORDS || (task->words + 1) / 2 - 1 > 0xffff) {
        word amount = {NPU_TARGET_PC, NPU_PC_REGISTER_AMOUNTS, task->words};
        return refuse_word(d, 0, amount, "PC REGISTER_AMOUNTS: not a number of words that the kernel can start");
    }
    if (task->regcmd_iova % 16 != 0) return refuse_word(d, 0, base, "PC BASE_ADDRESS: not a multiple of 16");
    if (npu_memory_find(d->memory, task->regcmd_iova, (int64_t)task->words * 8, &stream) != 0) {
        return refuse_word(d, 0, base, "PC BASE_ADDRESS: the words are not inside one buffer");
    }
    if (read_tail(d, stream.data, task->words, &step->enables) != 0) return -1;
    bool shared = d->config->facts[NPU_FACT_REGISTER_HOLD] == NPU_REGISTER_HOLD_SHARED;
    bool pointer[BLOCK_COUNT] = {true, true, false, false}; /* the kernel writes those of CNA and CORE */
    for (size_t i = 0; i < task->words - TAIL_WORDS; i++) {
        word w = word_at(stream.data, i);
        int reg = npu_register_find(w.target, w.offset);
        if (reg < 0) return refuse_word(d, i, w, "no register that a task may write");
        if ((w.value & ~npu_registers[reg].mask) != 0) {
            char text[96];
            snprintf(text, sizeof text, "%s: reserved bits are set", npu_registers[reg].name);
            return refuse_word(d, i, w, text);
        }
        int block = block_of(w.target);
        state->values[shared ? 0 : state->next[block]][reg] = w.value;
        if (reg != NPU_REG_DPU_S_POINTER && reg != NPU_REG_DPU_RDMA_S_POINTER) continue;
        if (w.value != 0xe) return refuse_word(d, i, w, "S_POINTER: only 0xe (ping-pong) is modelled");
        pointer[block] = true;
    }
    step->convolution = step->enables != NPU_ENABLE_DPU_ONLY;
    step->reader = step->enables != NPU_ENABLE_CONVOLUTION_WITHOUT_READER;
    step->words = task->words;
    bool runs[BLOCK_COUNT] = {step->convolution, step->convolution, true, step->reader};
    for (int reg = 0; reg < NPU_REGISTER_COUNT; reg++) {
        step->values[reg] = state->values[shared ? 0 : state->next[block_of(npu_registers[reg].target)]][reg];
    }
    for (int block = 0; block < BLOCK_COUNT; block++) {
        if (!runs[block]) continue;
        if (!pointer[block]) {
            word w = {block == BLOCK_DPU ? NPU_TARGET_DPU : NPU_TARGET_DPU_RDMA,
                      block == BLOCK_DPU ? NPU_DPU_S_POINTER : NPU_DPU_RDMA_S_POINTER, 0};
            /* Silicon: such a task does its predecessor's work again. */
            return refuse_word(d, task->words, w, "S_POINTER is not written, but the task starts the block");
        }
        state->next[block] ^= 1;
    }
    return 0;
}

int npu_pc_fetch(const npu_decoder *decoder, const npu_task *tasks, size_t count, npu_step *steps) {
    groups state;
    memset(&state, 0, sizeof state);
    for (size_t i = 0; i < count; i++) {
        npu_decoder d = *decoder;
        d.task = (uint32_t)i;
        if (fetch_task(&d, &tasks[i], &state, &steps[i]) != 0) return -1;
    }
    return 0;
}
