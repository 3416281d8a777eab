/* Command words as memory holds them, and the four that end a task. */
#ifndef PTFE_NPU_WORDS_H
#define PTFE_NPU_WORDS_H

#include "decode.h"

#define NPU_TAIL_WORDS 4u

typedef struct npu_word {
    uint32_t target, offset, value;
} npu_word;

/* What a tail says: the blocks that start, and where the next task's words stand (0: nowhere). */
typedef struct npu_tail {
    uint32_t enables;
    uint32_t next;
    uint32_t next_words;
} npu_tail;

npu_word npu_word_at(const uint8_t *stream, size_t index);

/* Fills in an address: [63:48] target, [47:16] value, [15:0] offset. */
void npu_word_set_value(uint8_t *stream, size_t index, uint32_t value);

/* Refuses a word that is no register of the table; always -1. */
int npu_refuse_word(const npu_decoder *decoder, size_t index, npu_word word, const char *why);

/*
 * Refuses a task that starts a block without writing all of the block's registers: the hardware would take what an earlier
 * task left there, of another program perhaps (complete.c).
 */
int npu_words_check_complete(const npu_decoder *decoder, const uint8_t *stream, size_t words, uint32_t enables);

/* Reads the tail of a task of `words` words. */
int npu_tail_read(const npu_decoder *decoder, const uint8_t *stream, size_t words, npu_tail *tail);

#endif
