/* libFuzzer's entry, for the target that the build names. */
#include "fuzz.h"

unsigned long fuzz_taken;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return FUZZ_TARGET(data, size); }
