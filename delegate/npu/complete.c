/* Whether a task says everything that the blocks which it starts go by. */
#include <stdio.h>

#include "words.h"

static bool starts(uint32_t enables, uint32_t target) {
    switch (target) {
    case NPU_TARGET_CNA: return (enables >> NPU_ENABLE_BIT_CNA & 1) != 0;
    case NPU_TARGET_CORE: return (enables >> NPU_ENABLE_BIT_CORE & 1) != 0;
    case NPU_TARGET_DPU: return (enables >> NPU_ENABLE_BIT_DPU & 1) != 0;
    case NPU_TARGET_PPU: return (enables >> NPU_ENABLE_BIT_PPU & 1) != 0;
    case NPU_TARGET_PPU_RDMA: return (enables >> NPU_ENABLE_BIT_PPU_RDMA & 1) != 0;
    default: return (enables >> NPU_ENABLE_BIT_DPU_RDMA & 1) != 0;
    }
}

/* The port through which the LUT's tables are filled: no setting, and a task that only reads them leaves it alone. */
static bool is_port(int reg) { return reg == NPU_REG_DPU_LUT_ACCESS_CFG || reg == NPU_REG_DPU_LUT_ACCESS_DATA; }

/* Registers are mostly written in the table's order: `near` is tried before the table is searched. */
static int find_near(npu_word w, int near) {
    bool there = near < NPU_REGISTER_COUNT && npu_registers[near].offset == w.offset && npu_registers[near].target == w.target;
    return there ? near : npu_register_find(w.target, w.offset);
}

int npu_words_check_complete(const npu_decoder *d, const uint8_t *stream, size_t words, uint32_t enables) {
    bool written[NPU_REGISTER_COUNT] = {false};
    int last = -1;
    for (size_t i = 0; i < words - NPU_TAIL_WORDS; i++) {
        int reg = find_near(npu_word_at(stream, i), last + 1);
        if (reg < 0) continue;
        written[reg] = true;
        last = reg;
    }
    for (int reg = 0; reg < NPU_REGISTER_COUNT; reg++) {
        const npu_register_info *info = &npu_registers[reg];
        if (written[reg] || is_port(reg) || !starts(enables, info->target)) continue;
        npu_word w = {info->target, info->offset, 0};
        char text[120];
        snprintf(text, sizeof text, "%s is not written by the task that starts the block", info->name);
        return npu_refuse_word(d, words, w, text);
    }
    return 0;
}
