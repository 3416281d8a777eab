/*
 * Inputs of the delegate that strangers may write, one function each, as libFuzzer wants it. `npm run fuzz` builds one program
 * for each with clang; replay.c runs the corpus through all of them, built by any compiler.
 */
#ifndef PTFE_FUZZ_H
#define PTFE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int fuzz_plan(const uint8_t *data, size_t size);
int fuzz_file(const uint8_t *data, size_t size);
int fuzz_reply(const uint8_t *data, size_t size);
int fuzz_frames(const uint8_t *data, size_t size);
int fuzz_npu(const uint8_t *data, size_t size);
int fuzz_table(const uint8_t *data, size_t size);
int fuzz_options(const uint8_t *data, size_t size);

/* Inputs that were taken: a corpus of which all is refused at the door tests the door alone. */
extern unsigned long fuzz_taken;

/* Estimated cycles beyond which a program is only loaded: some milliseconds of the software NPU. */
#define FUZZ_MOST_CYCLES 60000u
/* Memory beyond which a program is not loaded. */
#define FUZZ_MOST_BYTES ((uint64_t)1 << 24)

#endif
