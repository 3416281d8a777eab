/* What a job says of its tasks, held against what they read and write. */
#ifndef PTFE_JOBS_H
#define PTFE_JOBS_H

#include "../npu/npu.h"
#include "plan.h"

typedef struct jobs_check {
    const plan *plan;
    uint32_t job;
    int is_written; /* the proof of that job, by its last task */
} jobs_check;

/*
 * Called for each access, task by task in their order: a BO that is written is one of the job's `out_bos`, and the atom of its
 * proof is touched by nobody but the last task, which writes it. 0, or -1 with *error filled.
 */
int jobs_visit(jobs_check *check, const npu_access *access, npu_error *error);

/* Behind the last access. */
int jobs_end(jobs_check *check, npu_error *error);

#endif
