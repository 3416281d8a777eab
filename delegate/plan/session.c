#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "accesses.h"
#include "host_kernels.h"
#include "layout.h"
#include "../npu/chip.h"
#include "../npu/clock.h"

const char *ptfe_version(void) { return PTFE_VERSION; }

/* Samples of a batch share a table; a file full of steps that share its largest must not be read for minutes. */
#define MOST_TABLE_READS 64u

/* Checks the steps of the host, and gets the memory that the largest one needs. */
static int prepare_host(ptfe_session *session, char *error, size_t size) {
    const plan *p = &session->plan;
    size_t scratch = 0;
    uint64_t tables = (uint64_t)p->length * MOST_TABLE_READS;
    if (p->host_count == 0) return 0;
    for (uint32_t i = 0; i < p->host_count; i++) {
        if (p->hosts[i].table_bytes > tables) {
            snprintf(error, size, "damaged plan: host step %" PRIu32 ": more tables than the file explains", i);
            return -1;
        }
        tables -= p->hosts[i].table_bytes;
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

/* Lists of inputs and outputs, in one allocation. */
static int list_tensors(ptfe_session *session, char *error, size_t size) {
    const plan *p = &session->plan;
    session->inputs = calloc((size_t)p->tensor_count + 1, sizeof *session->inputs);
    if (session->inputs == NULL) {
        snprintf(error, size, "no memory for the plan's tensors");
        return -1;
    }
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (p->tensors[i].direction == PLAN_IN) session->inputs[session->input_count++] = &p->tensors[i];
    }
    session->outputs = session->inputs + session->input_count;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (p->tensors[i].direction == PLAN_OUT) session->outputs[session->output_count++] = &p->tensors[i];
    }
    return 0;
}

/* What the device is: the software NPU what it is told. NULL with a sentence for a device that cannot be told. */
static const npu_chip *chip_of(const device_ops *device, const device_settings *settings, char *error, size_t size) {
    if (settings == NULL || settings->chip == NULL) return npu_chip_of_number(device->chip);
    if (device == &device_software) return settings->chip;
    snprintf(error, size, "device %s is the chip that it is: only the software NPU can be told", device->name);
    return NULL;
}

static int check_chip(const ptfe_session *session, const npu_chip *chip, char *error, size_t size) {
    if (session->plan.chip == chip->number) return 0;
    snprintf(error, size, "the plan is for chip RK%" PRIu32 ", the device is an RK%" PRIu32, session->plan.chip, chip->number);
    return -1;
}

/* Everything that can be known of a plan is checked before the device sees it: a real one checks nothing. */
static int prepare(ptfe_session *session, const void *bytes, size_t length, const device_settings *settings, char *error, size_t size) {
    const npu_chip *chip = chip_of(session->device, settings, error, size);
    if (chip == NULL || plan_open(bytes, length, &session->plan, error, size) != 0) return -1;
    if (check_chip(session, chip, error, size) != 0) return -1;
    if (plan_check_accesses(&session->plan, chip, settings, error, size) != 0) return -1;
    return list_tensors(session, error, size) != 0 ? -1 : prepare_host(session, error, size);
}

int session_open(const device_ops *device, const void *bytes, size_t length, const device_settings *settings, ptfe_session **out,
                 char *error, size_t size) {
    ptfe_session *session = calloc(1, sizeof *session);
    *out = NULL;
    if (session == NULL) {
        snprintf(error, size, "no memory for a session");
        return -1;
    }
    session->device = device;
    int status = prepare(session, bytes, length, settings, error, size);
    if (status == 0) {
        session->loaded = device->load(&session->plan, settings, error, size);
        if (session->loaded == NULL) status = SESSION_NO_DEVICE;
    }
    if (status == 0) *out = session;
    else ptfe_close(session);
    return status;
}

ptfe_session *ptfe_open(const void *bytes, size_t length, const char *facts, char *error, size_t size) {
    ptfe_session *session;
    const device_settings settings = {.facts = facts};
    session_open(&device_software, bytes, length, &settings, &session, error, size);
    return session;
}

static int describe(const plan_tensor *t, ptfe_tensor *out) {
    const int channels_first = t->layout == PLAN_NCHW;
    *out = (ptfe_tensor){t->tflite_index, t->type,
                         {t->n, channels_first ? t->c : t->h, channels_first ? t->h : t->w, channels_first ? t->w : t->c}, t->scale, t->zero_point, layout_bytes(t)};
    return 0;
}

uint32_t ptfe_input_count(const ptfe_session *session) { return session->input_count; }
uint32_t ptfe_output_count(const ptfe_session *session) { return session->output_count; }

int ptfe_input(const ptfe_session *session, uint32_t index, ptfe_tensor *out) {
    return index < session->input_count ? describe(session->inputs[index], out) : -1;
}

int ptfe_output(const ptfe_session *session, uint32_t index, ptfe_tensor *out) {
    return index < session->output_count ? describe(session->outputs[index], out) : -1;
}

/* Some jobs; one by one where somebody looks on. */
static int run_jobs(ptfe_session *session, uint32_t first, uint32_t end, const session_watch *watch, uint32_t *done, char *error,
                    size_t size) {
    if (watch == NULL) return end > first ? session->device->run(session->loaded, first, end - first, error, size) : 0;
    for (uint32_t job = first; job < end; job++) {
        const int status = session->device->run(session->loaded, job, 1, error, size);
        if (status != DEVICE_OK) return status;
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
        const int status = run_jobs(session, job, end, watch, &done, error, size);
        if (status != DEVICE_OK) return status;
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
    const int begun = session->device->begin == NULL ? DEVICE_OK : session->device->begin(session->loaded, error, size);
    if (begun != DEVICE_OK) return begun;
    for (uint32_t i = 0; i < session->input_count; i++) {
        const plan_tensor *t = session->inputs[i];
        layout_to_cube(t, inputs[i], session->device->bo(session->loaded, t->bo));
    }
    const int status = run_steps(session, watch, error, size);
    if (status != DEVICE_OK) return status;
    for (uint32_t i = 0; i < session->output_count; i++) {
        const plan_tensor *t = session->outputs[i];
        layout_from_cube(t, session->device->bo(session->loaded, t->bo), outputs[i]);
    }
    return 0;
}

/* Once more where the device is not sure of the values. */
int ptfe_run(ptfe_session *session, const void *const *inputs, void *const *outputs, char *error, size_t size) {
    int status = session_run(session, inputs, outputs, NULL, error, size);
    if (status == DEVICE_SUSPECT) status = session_run(session, inputs, outputs, NULL, error, size);
    return status == DEVICE_OK ? 0 : -1;
}

const char *ptfe_device(const ptfe_session *session) { return session->device == &device_software ? "software" : "npu"; }

uint32_t ptfe_task_count(const ptfe_session *session) { return session->plan.task_count; }
uint64_t ptfe_task_cycles(const ptfe_session *session, uint32_t task) { return session->device->task_cycles(session->loaded, task); }
uint64_t ptfe_task_nanoseconds(const ptfe_session *session, uint32_t task) {
    return session->device->task_nanoseconds(session->loaded, task);
}

void ptfe_close(ptfe_session *session) {
    if (session == NULL) return;
    session->device->unload(session->loaded);
    free(session->inputs);
    free(session->scratch);
    free(session->host_nanoseconds);
    free(session);
}
