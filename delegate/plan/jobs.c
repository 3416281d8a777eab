#include "jobs.h"

#include <inttypes.h>
#include <stdio.h>

#include "../npu/cna.h"

static int refuse(npu_error *error, uint32_t task, const char *what, uint32_t job) {
    error->task = task;
    snprintf(error->text, sizeof error->text, "task %" PRIu32 ": %s of job %" PRIu32, task, what, job);
    return -1;
}

static const plan_job *job_of(const jobs_check *check) { return &check->plan->jobs[check->job]; }

static uint32_t last_task(const plan_job *job) { return job->first_task + job->task_count - 1; }

static int has_proof(const plan_job *job) { return job->proof_bo != PLAN_NONE; }

/* The tasks before `task` have been seen. */
static int go_to(jobs_check *check, uint32_t task, npu_error *error) {
    while (check->job < check->plan->job_count && task > last_task(job_of(check))) {
        if (has_proof(job_of(check)) && !check->is_written) return refuse(error, last_task(job_of(check)), "it does not write the proof", check->job);
        check->job++;
        check->is_written = 0;
    }
    return 0;
}

int jobs_visit(jobs_check *check, const npu_access *access, npu_error *error) {
    if (go_to(check, access->task, error) != 0) return -1;
    const plan_job *job = job_of(check);
    if (access->writes && (job->out_bos >> access->region & 1) == 0) return refuse(error, access->task, "it writes to a buffer that is not an output", check->job);
    const uint64_t from = job->proof_offset, to = from + PLAN_PROOF_BYTES;
    if (!has_proof(job) || access->region != job->proof_bo || access->to <= from || access->from >= to) return 0;
    if (access->task != last_task(job) || !access->writes) return refuse(error, access->task, "it touches the proof", check->job);
    if (access->from != from) return refuse(error, access->task, "its first atom is not the proof", check->job);
    check->is_written = 1;
    return 0;
}

int jobs_end(jobs_check *check, npu_error *error) { return go_to(check, UINT32_MAX, error); }
