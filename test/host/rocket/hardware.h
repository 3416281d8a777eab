/* The NPU behind the pretended driver: cores that run jobs, and misbehave as a test asks (../../kernel/npu/core.h has the same list). */
#ifndef PTFE_TEST_ROCKET_HARDWARE_H
#define PTFE_TEST_ROCKET_HARDWARE_H

#include <stdint.h>
#include <sys/types.h>

#include "../../../delegate/npu/npu.h"

enum { CORES = 3 };

typedef struct bo {
    struct bo *next;
    uint32_t handle; /* 0: closed, and something still holds it */
    unsigned references;
    uint64_t iova, bytes, offset;
    uint8_t *device;
} bo;

typedef struct job {
    struct job *next;
    npu_task *tasks;
    bo **bos; /* first those that it reads */
    uint32_t task_count, bo_count, in_count;
    uint32_t done; /* tasks that run to their end */
    int64_t end;
    uint32_t skipped; /* tasks that end without a write, all from here on; task_count for none */
    const char *complaint; /* of the kernel, besides the time-out */
    int is_timed_out;
} job;

typedef struct file {
    int fd, core, guarded, was_used;
    pid_t owner;
    char driver[32];
    uint64_t next_offset;
    bo *bos;
    job *jobs;
} file;

int64_t hardware_now(void);
void hardware_start(file *f, job *j);  /* says when it ends */
void hardware_finish(file *f, job *j); /* its values */
/* Whether a task writes the BO; NULL: one that the job does not list. */
int hardware_writes(file *f, const job *j, const bo *b);

/* The registers for tests of a core; a file in ROCKET_ROOT, which processes share. */
int hardware_open_registers(int core);

#endif
