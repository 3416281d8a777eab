/*
 * ptfe's own C ABI, beside TFLite's external-delegate entry points: runs a compiled plan without TFLite.
 * Stable within a major version. Nothing here prints, aborts, or keeps state outside the handle. Sentences in `error` are for
 * people, and change; a program goes on by what a function returns.
 */
#ifndef PTFE_H
#define PTFE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PTFE_API __attribute__((visibility("default")))
#else
#define PTFE_API
#endif

typedef struct ptfe_session ptfe_session;

typedef struct ptfe_tensor {
    uint32_t tflite_index;
    uint32_t type; /* TFLite's: 3 uint8, 9 int8 */
    uint32_t shape[4]; /* NHWC; 1, 1, pixels, channels for a tensor that is put together of several */
    float scale;
    int32_t zero_point;
    size_t bytes; /* in TFLite's layout */
} ptfe_tensor;

/* "0.1.0" */
PTFE_API const char *ptfe_version(void);

/*
 * A file of `ptfe compile`, 8-aligned in memory, holds a plan for each part of the model that the NPU takes: that of part
 * `index`, inside `file`. 0, or -1 when there is no such part, or this is no such file.
 */
PTFE_API int ptfe_plan(const void *file, size_t length, uint32_t index, const void **plan, size_t *plan_length);

/*
 * Checks a plan and loads it on a device. `plan` must be 8-aligned and stay in place until ptfe_close. `device`:
 *     "npu"       the NPU behind the kernel driver rocket, or a failure that says why not and what to do
 *     "software"  the software NPU: bit-exact, slow
 *     "auto"      (or NULL) the NPU where it works; the software NPU where there is no Rockchip chip; a failure on a board
 *                 whose NPU cannot be used, and on an arm64 machine of which that is unclear
 * NULL with a message in `error` on failure.
 */
PTFE_API ptfe_session *ptfe_open_on(const char *device, const void *plan, size_t length, char *error, size_t error_size);

/* What computes: "npu" or "software". */
PTFE_API const char *ptfe_device(const ptfe_session *session);

/* The same on the software NPU. `facts`: its switches, "name=value,...", or NULL. */
PTFE_API ptfe_session *ptfe_open(const void *plan, size_t length, const char *facts, char *error, size_t error_size);

PTFE_API uint32_t ptfe_input_count(const ptfe_session *session);
PTFE_API uint32_t ptfe_output_count(const ptfe_session *session);
/* 0, or -1 when there is no such tensor. */
PTFE_API int ptfe_input(const ptfe_session *session, uint32_t index, ptfe_tensor *out);
PTFE_API int ptfe_output(const ptfe_session *session, uint32_t index, ptfe_tensor *out);

/*
 * One inference: the bytes of every input and output in TFLite's layout (NHWC). 0, or -1 with a message: the outputs are
 * not to be used then. One thread at a time. A session on the NPU is of the process that opened it: a forked child opens its
 * own.
 */
PTFE_API int ptfe_run(ptfe_session *session, const void *const *inputs, void *const *outputs, char *error, size_t error_size);

PTFE_API uint32_t ptfe_task_count(const ptfe_session *session);
/* The device's estimate for the chip, and the time of the last run; 0 where unknown. */
PTFE_API uint64_t ptfe_task_cycles(const ptfe_session *session, uint32_t task);
PTFE_API uint64_t ptfe_task_nanoseconds(const ptfe_session *session, uint32_t task);

PTFE_API void ptfe_close(ptfe_session *session);

#ifdef __cplusplus
}
#endif

#endif
