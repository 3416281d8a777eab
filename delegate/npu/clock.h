/* Wall time in nanoseconds, for what took how long; 0 where there is no clock. */
#ifndef PTFE_NPU_CLOCK_H
#define PTFE_NPU_CLOCK_H

#include <stdint.h>
#include <time.h>

/* A WebAssembly host offers no clock without imports. */
static inline uint64_t npu_clock_nanoseconds(void) {
#if defined(__wasm__)
    return 0;
#else
    struct timespec now;
    if (timespec_get(&now, TIME_UTC) == 0) return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

/* What has passed since `start`; 0 where the clock was set back. */
static inline uint64_t npu_clock_since(uint64_t start) {
    const uint64_t end = npu_clock_nanoseconds();
    return end > start ? end - start : 0;
}

#endif
