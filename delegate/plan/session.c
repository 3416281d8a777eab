#include "session.h"

#include <stdio.h>
#include <stdlib.h>

#include "host_kernels.h"
#include "layout.h"
#include "../npu/clock.h"

const char *ptfe_version(void) { return PTFE_VERSION; }

/* Checks the steps of the host, and gets the memory that the largest one needs. */
static int prepare_host(ptfe_session *session, char *error, size_t size) {
    const plan *p = &session->plan;
    size_t scratch = 0;
    if (p->host_count == 0) return 0;
    for (uint32_t i = 0; i < p->host_count; i++) {
        if (host_check(p, i, error, size) != 0) return -1;
        size_t wanted = host_scratch_bytes(p, i);
        scratch = wanted > scratch ? wanted : scratch;
    }
    session->scratch = malloc(scratch);
    session->host_nanoseconds = calloc(p->host_count, sizeof *session->host_nanoseconds);
    if (session->scratch != NULL && session->host_nanoseconds != NULL) return 0;
    snprintf(error, size, "no memory for steps of the host");
    return -1;
}

ptfe_session *session_open(const device_ops *device, const void *bytes, size_t length, const char *facts, char *error, size_t size) {
    ptfe_session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        snprintf(error, size, "no memory for a session");
        return NULL;
    }
    session->device = device;
    if (plan_open(bytes, length, &session->plan, error, size) == 0 && prepare_host(session, error, size) == 0) {
        session->loaded = device->load(&session->plan, facts, error, size);
    }
    if (session->loaded != NULL) return session;
    ptfe_close(session);
    return NULL;
}

ptfe_session *ptfe_open(const void *bytes, size_t length, const char *facts, char *error, size_t size) {
    return session_open(&device_software, bytes, length, facts, error, size);
}

const plan_tensor *session_tensor(const ptfe_session *session, enum plan_direction direction, uint32_t index) {
    for (uint32_t i = 0; i < session->plan.tensor_count; i++) {
        const plan_tensor *tensor = &session->plan.tensors[i];
        if (tensor->direction == (uint32_t)direction && index-- == 0) return tensor;
    }
    return NULL;
}

static uint32_t count(const ptfe_session *session, enum plan_direction direction) {
    uint32_t n = 0;
    while (session_tensor(session, direction, n) != NULL) n++;
    return n;
}

static int describe(const ptfe_session *session, enum plan_direction direction, uint32_t index, ptfe_tensor *out) {
    const plan_tensor *t = session_tensor(session, direction, index);
    if (t == NULL) return -1;
    const int channels_first = t->layout == PLAN_NCHW;
    *out = (ptfe_tensor){t->tflite_index, t->type,
                         {t->n, channels_first ? t->c : t->h, channels_first ? t->h : t->w, channels_first ? t->w : t->c}, t->scale, t->zero_point, layout_bytes(t)};
    return 0;
}

uint32_t ptfe_input_count(const ptfe_session *session) { return count(session, PLAN_IN); }
uint32_t ptfe_output_count(const ptfe_session *session) { return count(session, PLAN_OUT); }
int ptfe_input(const ptfe_session *session, uint32_t index, ptfe_tensor *out) { return describe(session, PLAN_IN, index, out); }
int ptfe_output(const ptfe_session *session, uint32_t index, ptfe_tensor *out) { return describe(session, PLAN_OUT, index, out); }

/* Some jobs; one by one where somebody looks on. */
static int run_jobs(ptfe_session *session, uint32_t first, uint32_t end, const session_watch *watch, uint32_t *done, char *error,
                    size_t size) {
    if (watch == NULL) return end > first ? session->device->run(session->loaded, first, end - first, error, size) : 0;
    for (uint32_t job = first; job < end; job++) {
        if (session->device->run(session->loaded, job, 1, error, size) != 0) return -1;
        watch->step(watch->context, session, ++*done);
    }
    return 0;
}

/* Jobs up to each step of the host, the step, and the jobs that are left. */
static int run_steps(ptfe_session *session, const session_watch *watch, char *error, size_t size) {
    const plan *p = &session->plan;
    uint32_t job = 0, done = 0;
    for (uint32_t i = 0; i <= p->host_count; i++) {
        const uint32_t end = i < p->host_count ? p->hosts[i].before_job : p->job_count;
        if (run_jobs(session, job, end, watch, &done, error, size) != 0) return -1;
        job = end;
        if (i == p->host_count) break;
        const uint64_t start = npu_clock_nanoseconds();
        host_run(p, i, session->device, session->loaded, session->scratch);
        session->host_nanoseconds[i] = npu_clock_since(start);
        if (watch != NULL) watch->step(watch->context, session, ++done);
    }
    return 0;
}

int session_run(ptfe_session *session, const void *const *inputs, void *const *outputs, const session_watch *watch, char *error,
                size_t size) {
    const plan *p = &session->plan;
    uint32_t in = 0, out = 0;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        const plan_tensor *t = &p->tensors[i];
        if (t->direction == PLAN_IN) layout_to_cube(t, inputs[in++], session->device->bo(session->loaded, t->bo));
    }
    if (run_steps(session, watch, error, size) != 0) return -1;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        const plan_tensor *t = &p->tensors[i];
        if (t->direction == PLAN_OUT) layout_from_cube(t, session->device->bo(session->loaded, t->bo), outputs[out++]);
    }
    return 0;
}

int ptfe_run(ptfe_session *session, const void *const *inputs, void *const *outputs, char *error, size_t size) {
    return session_run(session, inputs, outputs, NULL, error, size);
}

uint32_t ptfe_task_count(const ptfe_session *session) { return session->plan.task_count; }
uint64_t ptfe_task_cycles(const ptfe_session *session, uint32_t task) { return session->device->task_cycles(session->loaded, task); }
uint64_t ptfe_task_nanoseconds(const ptfe_session *session, uint32_t task) {
    return session->device->task_nanoseconds(session->loaded, task);
}

void ptfe_close(ptfe_session *session) {
    if (session == NULL) return;
    session->device->unload(session->loaded);
    free(session->scratch);
    free(session->host_nanoseconds);
    free(session);
}
