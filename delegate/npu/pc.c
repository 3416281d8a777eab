/*
 * PC: fetches command words into register groups.
 * Every block has two groups; each task fills the next one while the other executes. Driver: the stock kernel starts each
 * task by itself (TASK_CON 0x7001: one task), so the links in the tail words lead nowhere. NPU_CHAINED is the other way
 * to run: one start with TASK_NUMBER tasks, as the vendor's driver does it and as RK3588 boards ran it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "step.h"
#include "words.h"

enum { BLOCK_CNA, BLOCK_CORE, BLOCK_DPU, BLOCK_RDMA, BLOCK_PPU, BLOCK_PPU_RDMA, BLOCK_COUNT };

static const enum npu_register pointers[BLOCK_COUNT] = {
    NPU_REGISTER_COUNT, NPU_REGISTER_COUNT, /* the kernel writes those of CNA and CORE */
    NPU_REG_DPU_S_POINTER, NPU_REG_DPU_RDMA_S_POINTER, NPU_REG_PPU_S_POINTER, NPU_REG_PPU_RDMA_S_POINTER,
};

/* S_POINTER: ping-pong; or off, both pointers cleared (the vendor's tasks that read the LUT). */
enum { POINTER_PING_PONG = 0xe, POINTER_CLEAR = 0x30 };

typedef struct pc {
    uint32_t values[2][NPU_REGISTER_COUNT];
    unsigned next[BLOCK_COUNT]; /* the group that a block's next task fills */
    npu_lut_port port;
    npu_lut *lut;               /* one store for both groups (silicon) */
    bool lut_in_use;            /* an earlier task may read it: the next write makes a copy */
    uint32_t lut_entries;       /* written by the task that is fetched */
} pc;

/* What a task wrote into a block's S_POINTER; 0: nothing. */
typedef uint32_t pointer_words[BLOCK_COUNT];

static unsigned block_of(uint32_t target) {
    switch (target) {
    case NPU_TARGET_CNA: return BLOCK_CNA;
    case NPU_TARGET_CORE: return BLOCK_CORE;
    case NPU_TARGET_DPU: return BLOCK_DPU;
    case NPU_TARGET_PPU: return BLOCK_PPU;
    case NPU_TARGET_PPU_RDMA: return BLOCK_PPU_RDMA;
    default: return BLOCK_RDMA;
    }
}

static void enabled_blocks(uint32_t enables, bool runs[BLOCK_COUNT]) {
    static const unsigned bits[BLOCK_COUNT] = {NPU_ENABLE_BIT_CNA,      NPU_ENABLE_BIT_CORE, NPU_ENABLE_BIT_DPU,
                                               NPU_ENABLE_BIT_DPU_RDMA, NPU_ENABLE_BIT_PPU,  NPU_ENABLE_BIT_PPU_RDMA};
    for (unsigned block = 0; block < BLOCK_COUNT; block++) runs[block] = (enables >> bits[block] & 1) != 0;
}

/* A table store of its own for this task and those after it. */
static npu_lut *own_lut(npu_program *program, pc *state) {
    if (state->lut != NULL && !state->lut_in_use) return state->lut;
    npu_lut **luts = realloc(program->luts, (program->lut_count + 1) * sizeof *luts);
    if (luts == NULL) return NULL;
    program->luts = luts;
    npu_lut *lut = calloc(1, sizeof *lut);
    if (lut == NULL) return NULL;
    if (state->lut != NULL) *lut = *state->lut;
    luts[program->lut_count++] = lut;
    state->lut_in_use = false;
    return state->lut = lut;
}

static int write_lut(npu_program *program, const npu_decoder *d, pc *state, int reg, size_t index, npu_word w) {
    if (reg == NPU_REG_DPU_LUT_ACCESS_CFG) {
        npu_lut_port_open(&state->port, w.value);
        return 0;
    }
    if (reg != NPU_REG_DPU_LUT_ACCESS_DATA) {
        state->port.contiguous = false;
        return 0;
    }
    if (!state->port.writes) return 0;
    /*
     * Silicon: the store may be filled only while the DPU is idle. The vendor fills it in chained tasks all the same, whose
     * words are fetched while the task before runs: in tasks of their own.
     */
    bool refused = d->config->facts[NPU_FACT_CHAINED_LUT_LOAD] == NPU_CHAINED_LUT_LOAD_REFUSED;
    if (refused && (program->config.flags & NPU_CHAINED) != 0 && d->task > 0) {
        return npu_refuse_word(d, index, w, "DPU LUT_ACCESS_DATA: the task before still runs when a chained task fills the LUT");
    }
    state->lut_entries++;
    npu_lut *lut = own_lut(program, state);
    if (lut == NULL) return npu_no_memory(d->error);
    if (npu_lut_port_write(&state->port, lut, w.value) == 0) return 0;
    return npu_refuse_word(d, index, w, "DPU LUT_ACCESS_DATA: more than 513 entries, or not one right after the other");
}

/* The LUT's data have 16 bits; the vendor writes them with their sign. */
static uint32_t named_bits(int reg, npu_word w) {
    bool extended = reg == NPU_REG_DPU_LUT_ACCESS_DATA && w.value >= 0xffff8000u;
    return extended ? UINT32_MAX : npu_registers[reg].mask;
}

static int write_register(npu_program *program, const npu_decoder *d, pc *state, size_t index, npu_word w,
                          pointer_words pointed) {
    int reg = npu_register_find(w.target, w.offset);
    if (reg < 0) return npu_refuse_word(d, index, w, "no register that a task may write");
    if ((w.value & ~named_bits(reg, w)) != 0) {
        char text[96];
        snprintf(text, sizeof text, "%s: reserved bits are set", npu_registers[reg].name);
        return npu_refuse_word(d, index, w, text);
    }
    if (write_lut(program, d, state, reg, index, w) != 0) return -1;
    bool shared = d->config->facts[NPU_FACT_REGISTER_HOLD] == NPU_REGISTER_HOLD_SHARED;
    unsigned block = block_of(w.target);
    if ((enum npu_register)reg == pointers[block]) {
        if (w.value != POINTER_PING_PONG && w.value != POINTER_CLEAR) {
            return npu_refuse_word(d, index, w, "S_POINTER: only 0xe (ping-pong) and 0x30 (off, cleared) are modelled");
        }
        pointed[block] = w.value;
        bool first = d->config->facts[NPU_FACT_POINTER_CLEAR] == NPU_POINTER_CLEAR_FIRST_GROUP;
        if (w.value == POINTER_CLEAR && first) state->next[block] = 0;
    }
    state->values[shared ? 0 : state->next[block]][reg] = w.value;
    return 0;
}

/* Which values the task's blocks see, and the turn of their groups. */
static int start_blocks(const npu_decoder *d, const pointer_words pointed, pc *state, npu_step *step) {
    bool shared = d->config->facts[NPU_FACT_REGISTER_HOLD] == NPU_REGISTER_HOLD_SHARED, runs[BLOCK_COUNT];
    enabled_blocks(step->enables, runs);
    for (int reg = 0; reg < NPU_REGISTER_COUNT; reg++) {
        step->values[reg] = state->values[shared ? 0 : state->next[block_of(npu_registers[reg].target)]][reg];
    }
    for (unsigned block = 0; block < BLOCK_COUNT; block++) {
        if (!runs[block]) continue;
        if (pointers[block] != NPU_REGISTER_COUNT && pointed[block] == 0) {
            const npu_register_info *info = &npu_registers[pointers[block]];
            npu_word w = {info->target, info->offset, 0};
            /* Silicon: such a task does its predecessor's work again. */
            return npu_refuse_word(d, step->words, w, "S_POINTER is not written, but the task starts the block");
        }
        bool stays = pointed[block] == POINTER_CLEAR &&
                     d->config->facts[NPU_FACT_POINTER_CLEAR] == NPU_POINTER_CLEAR_FIRST_GROUP;
        if (!stays) state->next[block] ^= 1;
    }
    step->convolution = runs[BLOCK_CNA];
    step->reader = runs[BLOCK_RDMA];
    step->pooling = runs[BLOCK_PPU];
    step->lut = state->lut;
    step->lut_entries = state->lut_entries;
    step->fills_lut = state->lut_entries > 0 && d->task > 0 && (d->config->flags & NPU_CHAINED) != 0;
    state->lut_in_use = true;
    return 0;
}

static int find_words(const npu_decoder *d, const npu_task *task, npu_extent *stream) {
    npu_word base = {NPU_TARGET_PC, NPU_PC_BASE_ADDRESS, task->regcmd_iova};
    if (task->words <= NPU_TAIL_WORDS || (task->words + 1) / 2 - 1 > 0xffff) {
        npu_word amount = {NPU_TARGET_PC, NPU_PC_REGISTER_AMOUNTS, task->words};
        return npu_refuse_word(d, 0, amount, "PC REGISTER_AMOUNTS: not a number of words that the kernel can start");
    }
    if (task->regcmd_iova % 16 != 0) return npu_refuse_word(d, 0, base, "PC BASE_ADDRESS: not a multiple of 16");
    if (npu_memory_find(d->memory, task->regcmd_iova, (int64_t)task->words * 8, stream) != 0 || stream->data == NULL) {
        return npu_refuse_word(d, 0, base, "PC BASE_ADDRESS: the words are not inside one buffer");
    }
    return 0;
}

static int fetch_task(npu_program *program, const npu_decoder *d, const npu_task *task, pc *state, npu_step *step,
                      npu_tail *tail) {
    npu_extent stream;
    if (find_words(d, task, &stream) != 0) return -1;
    step->words = task->words;
    /* An amount counts pairs of words: the last one of a chained task may be none of its own. */
    bool odd = d->task > 0 && (program->config.flags & NPU_CHAINED) != 0 &&
               npu_word_at(stream.data, step->words - 1).target != NPU_TARGET_OPERATION_ENABLE;
    if (odd && step->words > NPU_TAIL_WORDS + 1) step->words--;
    if (npu_tail_read(d, stream.data, step->words, tail) != 0) return -1;
    bool complete = (program->config.flags & NPU_SELF_CONTAINED) != 0;
    if (complete && npu_words_check_complete(d, stream.data, step->words, tail->enables) != 0) return -1;
    step->enables = tail->enables;
    pointer_words pointed = {0};
    state->lut_entries = 0;
    for (size_t i = 0; i < step->words - NPU_TAIL_WORDS; i++) {
        if (write_register(program, d, state, i, npu_word_at(stream.data, i), pointed) != 0) return -1;
    }
    return start_blocks(d, pointed, state, step);
}

int npu_pc_fetch(npu_program *program, const npu_task *tasks, npu_error *error) {
    pc state;
    memset(&state, 0, sizeof state);
    bool chained = (program->config.flags & NPU_CHAINED) != 0;
    npu_tail tail = {0, 0, 0};
    for (size_t i = 0; i < program->step_count; i++) {
        npu_decoder d = {&program->config, &program->memory, NULL, (uint32_t)i, error};
        npu_task task = tasks[chained ? 0 : i];
        if (chained && program->step_count > NPU_PC_TASK_CON_TASK_NUMBER_MASK) {
            npu_word number = {NPU_TARGET_PC, NPU_PC_TASK_CON, (uint32_t)program->step_count};
            return npu_refuse_word(&d, 0, number, "PC TASK_CON: TASK_NUMBER has 12 bits");
        }
        if (chained && i > 0) {
            npu_word link = {NPU_TARGET_PC, NPU_PC_BASE_ADDRESS, tail.next};
            if (tail.next == 0) {
                return npu_refuse_word(&d, 0, link, "PC BASE_ADDRESS: TASK_NUMBER counts a task that no link leads to");
            }
            task.regcmd_iova = tail.next;
            task.words = tail.next_words;
        }
        if (fetch_task(program, &d, &task, &state, &program->steps[i], &tail) != 0) return -1;
    }
    return 0;
}
