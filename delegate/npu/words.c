#include "words.h"

#include <inttypes.h>
#include <stdio.h>

npu_word npu_word_at(const uint8_t *stream, size_t index) {
    const uint8_t *at = stream + index * 8;
    npu_word w = {at[6] | (uint32_t)at[7] << 8, at[0] | (uint32_t)at[1] << 8,
                  at[2] | (uint32_t)at[3] << 8 | (uint32_t)at[4] << 16 | (uint32_t)at[5] << 24};
    return w;
}

void npu_word_set_value(uint8_t *stream, size_t index, uint32_t value) {
    uint8_t *at = stream + index * 8 + 2;
    for (unsigned byte = 0; byte < 4; byte++) at[byte] = (uint8_t)(value >> 8 * byte);
}

int npu_refuse_word(const npu_decoder *d, size_t index, npu_word w, const char *why) {
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

static bool starts_known_blocks(uint32_t enables) {
    return enables == NPU_ENABLE_CONVOLUTION || enables == NPU_ENABLE_CONVOLUTION_WITHOUT_READER ||
           enables == NPU_ENABLE_DPU_ONLY || enables == NPU_ENABLE_POOLING;
}

/*
 * A link (or nothing), its amount, the barrier, the start. Driver: an amount of n stands for 2 (n + 1) words: Mesa and the
 * vendor write values that this covers, the kernel programs the first task so.
 */
int npu_tail_read(const npu_decoder *d, const uint8_t *stream, size_t words, npu_tail *tail) {
    size_t at = words - NPU_TAIL_WORDS;
    npu_word link = npu_word_at(stream, at), amount = npu_word_at(stream, at + 1);
    npu_word barrier = npu_word_at(stream, at + 2), start = npu_word_at(stream, at + 3);
    bool none = link.target == 0 && link.offset == 0 && link.value == 0;
    if (!none && (link.target != NPU_TARGET_PC || link.offset != NPU_PC_BASE_ADDRESS || link.value % 16 != 0)) {
        return npu_refuse_word(d, at, link, "not a link to the next task");
    }
    uint32_t cores = amount.value >> NPU_PC_REGISTER_AMOUNTS_RENDEZVOUS_SHIFT;
    if (amount.target == NPU_TARGET_PC && amount.offset == NPU_PC_REGISTER_AMOUNTS && cores >= 1 && cores <= 3) {
        char text[112];
        snprintf(text, sizeof text,
                 "PC REGISTER_AMOUNTS: RENDEZVOUS of %" PRIu32 " cores: one core is modelled, which waits for none", cores + 1);
        return npu_refuse_word(d, at + 1, amount, text);
    }
    if (amount.target != NPU_TARGET_PC || amount.offset != NPU_PC_REGISTER_AMOUNTS || amount.value > 0xffff) {
        return npu_refuse_word(d, at + 1, amount, "not the next task's amount");
    }
    if (barrier.target != NPU_TARGET_BARRIER || barrier.offset != 0 || barrier.value != 0) {
        return npu_refuse_word(d, at + 2, barrier, "not the barrier before the start");
    }
    if (start.target != NPU_TARGET_OPERATION_ENABLE || start.offset != NPU_PC_OPERATION_ENABLE) {
        return npu_refuse_word(d, at + 3, start, "not the word that starts the blocks");
    }
    if (!starts_known_blocks(start.value)) {
        return npu_refuse_word(d, at + 3, start, "PC OPERATION_ENABLE: these blocks together are not modelled");
    }
    tail->enables = start.value;
    tail->next = none ? 0 : link.value;
    tail->next_words = (amount.value + 1) * 2;
    return 0;
}
