/*
 * Open files of the NPU's node, and BOs on them. A file has an address space and a queue of its own: two partitions on two
 * files run on two cores.
 *
 * No file is closed while the process lives. The driver frees a job *after* it signals its fence; closing the file soon after
 * its last job frees the allocator of the BOs that this job still holds, and the kernel crashes (Linux 7.3.4,
 * drm_sched_free_job_work -> rocket_gem_bo_free; seen, docs/board.md). So files are pooled: a partition takes an idle one and
 * gives it back.
 */
#ifndef PTFE_ROCKET_FILE_H
#define PTFE_ROCKET_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "../util/error.h"
#include "rocket_node.h"

typedef struct rocket_file rocket_file;

typedef struct rocket_bo {
    uint32_t handle, address;
    size_t bytes; /* whole pages */
    uint8_t *data;
} rocket_bo;

/*
 * An idle file, or a new one, or, where there are 16 already, one that is shared; none of the `count` files of `other`. NULL, and
 * fills `error`.
 */
rocket_file *rocket_file_take(const rocket_node *node, rocket_file *const *other, size_t count, ptfe_error *error);

/* The file is idle again once nobody has it. */
void rocket_file_give(rocket_file *file);

/* A job on it did not end in time, or its cores are gone: nobody gets it any more, who shares it stops, and what is on it stays as it is. */
void rocket_file_set_aside(rocket_file *file);
int rocket_file_is_aside(rocket_file *file);

/*
 * 1 where the driver gave a core back since the file was opened (unbound, or bound anew). Linux 7.3.4 then uses memory that it
 * has freed in SUBMIT, and kills the process (docs/board.md).
 */
int rocket_file_is_gone(const rocket_file *file);

int rocket_file_number(const rocket_file *file); /* the descriptor */

/* 1 in the process that opened it; a forked child must not touch its parent's files. */
int rocket_file_is_ours(const rocket_file *file);

/* Memory that the NPU and this process see. 0, or -1 and fills `error`. */
int rocket_bo_new(rocket_file *file, size_t bytes, rocket_bo *bo, ptfe_error *error);
void rocket_bo_free(rocket_file *file, rocket_bo *bo);

/* Remembers when a job last ended: at exit, the process waits until the driver has freed it. */
void rocket_file_note_end(void);

/* ioctl that goes on after signals. 0 or more, or -1 with errno. */
int rocket_ioctl(int fd, unsigned long request, void *argument);

int64_t rocket_now(void); /* ns, CLOCK_MONOTONIC */

#endif
