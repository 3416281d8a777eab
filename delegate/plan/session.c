#include "session.h"

#include <inttypes.h>
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
static int prepare_host(ptfe_session *session, ptfe_error *error) {
    const plan *p = &session->plan;
    size_t scratch = 0;
    uint64_t tables = (uint64_t)p->length * MOST_TABLE_READS;
    if (p->host_count == 0) return 0;
    for (uint32_t i = 0; i < p->host_count; i++) {
        if (p->hosts[i].table_bytes > tables) return error_set_code(error, PTFE_ERROR_DAMAGED, "damaged plan: host step %" PRIu32 ": more tables than the file explains", i);
        tables -= p->hosts[i].table_bytes;
        if (host_check(p, i, error) != 0) return -1;
        size_t wanted = host_scratch_bytes(p, i);
        scratch = wanted > scratch ? wanted : scratch;
    }
    session->scratch = malloc(scratch + 1); /* copies need none */
    session->host_nanoseconds = calloc(p->host_count, sizeof *session->host_nanoseconds);
    if (session->scratch != NULL && session->host_nanoseconds != NULL) return 0;
    return error_no_memory(error, "steps of the host");
}

/* Lists of inputs and outputs, in one allocation. */
static int list_tensors(ptfe_session *session, ptfe_error *error) {
    const plan *p = &session->plan;
    session->inputs = calloc((size_t)p->tensor_count + 1, sizeof *session->inputs);
    if (session->inputs == NULL) return error_no_memory(error, "the plan's tensors");
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (p->tensors[i].direction == PLAN_IN) session->inputs[session->input_count++] = &p->tensors[i];
    }
    session->outputs = session->inputs + session->input_count;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (p->tensors[i].direction == PLAN_OUT) session->outputs[session->output_count++] = &p->tensors[i];
    }
    return 0;
}

/* What the device is: the software NPU what it is told. NULL, and fills `error`, for a device that cannot be told. */
static const npu_chip *chip_of(const device_ops *device, const device_settings *settings, ptfe_error *error) {
    if (settings == NULL || settings->chip == NULL) return npu_chip_of_number(device->chip);
    if (device == &device_software) return settings->chip;
    error_set(error, "device %s is the chip that it is: only the software NPU can be told", device->name);
    return NULL;
}

static int check_chip(const ptfe_session *session, const npu_chip *chip, ptfe_error *error) {
    if (session->plan.chip == chip->number) return 0;
    return error_set(error, "the plan is for chip RK%" PRIu32 ", the device is an RK%" PRIu32, session->plan.chip, chip->number);
}

/* Everything that can be known of a plan is checked before the device sees it: a real one checks nothing. */
static int prepare(ptfe_session *session, const plan_source *source, const device_settings *settings, ptfe_error *error) {
    const npu_chip *chip = chip_of(session->device, settings, error);
    if (chip == NULL || plan_open(source, &session->plan, error) != 0 || check_chip(session, chip, error) != 0) return -1;
    if (plan_check_accesses(&session->plan, chip, settings, error) != 0) return -1;
    return list_tensors(session, error) != 0 ? -1 : prepare_host(session, error);
}

int session_open(const device_ops *device, const plan_source *source, const device_settings *settings, ptfe_session **out,
                 ptfe_error *error) {
    ptfe_session *session = calloc(1, sizeof *session);
    *out = NULL;
    if (session == NULL) return error_no_memory(error, "a session");
    session->device = device;
    if (prepare(session, source, settings, error) == 0) {
        session->loaded = device->load(&session->plan, settings, error);
        /* Whatever a device has against a plan that was checked. */
        if (session->loaded == NULL && error->code != PTFE_ERROR_MEMORY) error->code = PTFE_ERROR_DEVICE;
    }
    if (session->loaded == NULL) {
        ptfe_close(session);
        return -1;
    }
    *out = session;
    return 0;
}

ptfe_session *ptfe_open(const void *bytes, size_t length, const char *facts, char *text, size_t size) {
    ptfe_session *session;
    ptfe_error error;
    const device_settings settings = {.facts = facts};
    const plan_source source = plan_in_memory(bytes, length);
    if (session_open(&device_software, &source, &settings, &session, &error) != 0) error_give(&error, text, size);
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

/* The cubes of a tensor of TFLite's: itself, or the pieces that follow it. */
static const plan_tensor *first_cube(const plan_tensor *t) { return t->layout == PLAN_PIECES ? t + 1 : t; }

/* NULL behind the last. */
static const plan_tensor *next_cube(const plan *p, const plan_tensor *t) {
    const plan_tensor *next = t + 1;
    return t->direction == PLAN_PIECE && next < p->tensors + p->tensor_count && next->direction == PLAN_PIECE ? next : NULL;
}

/* Inputs of one run, and the BOs into which they were written already. */
typedef struct feeding {
    ptfe_session *session;
    const void *const *inputs;
    uint64_t fed;
} feeding;

static void put_inputs(feeding *f, uint64_t bos) {
    const ptfe_session *s = f->session;
    const uint64_t start = npu_clock_nanoseconds(), left = bos & ~f->fed;
    if (left == 0) return;
    f->fed |= left;
    for (uint32_t i = 0; i < s->input_count; i++) {
        for (const plan_tensor *t = first_cube(s->inputs[i]); t != NULL; t = next_cube(&s->plan, t)) {
            if ((left >> t->bo & 1) != 0) layout_to_cube(t, (const uint8_t *)f->inputs[i] + t->start, s->device->bo(s->loaded, t->bo));
        }
    }
    f->session->input_nanoseconds += npu_clock_since(start);
}

/* One core's job runs while the inputs of the next one's are written. */
static void feed_job(void *context, uint32_t job) {
    feeding *f = context;
    const plan_job *j = &f->session->plan.jobs[job];
    put_inputs(f, j->in_bos | j->out_bos);
}

static void feed_host(feeding *f, const plan_host *host) {
    const plan_tensor *tensors = f->session->plan.tensors;
    put_inputs(f, (uint64_t)1 << tensors[host->input].bo | (uint64_t)1 << tensors[host->output].bo);
}

/* Some jobs; one by one where somebody looks on. */
static int run_jobs(feeding *f, uint32_t first, uint32_t end, const session_watch *watch, uint32_t *done, ptfe_error *error) {
    ptfe_session *session = f->session;
    const device_feed feed = {feed_job, f};
    if (watch == NULL) return end > first ? session->device->run(session->loaded, first, end - first, &feed, error) : 0;
    for (uint32_t job = first; job < end; job++) {
        if (session->device->run(session->loaded, job, 1, &feed, error) != 0) return -1;
        watch->step(watch->context, session, ++*done);
    }
    return 0;
}

/* Jobs up to each step of the host, the step, and the jobs that are left. */
static int run_steps(feeding *f, const session_watch *watch, ptfe_error *error) {
    ptfe_session *session = f->session;
    const plan *p = &session->plan;
    uint32_t job = 0, done = 0;
    for (uint32_t i = 0; i <= p->host_count; i++) {
        const uint32_t end = i < p->host_count ? p->hosts[i].before_job : p->job_count;
        if (run_jobs(f, job, end, watch, &done, error) != 0) return -1;
        job = end;
        if (i == p->host_count) break;
        feed_host(f, &p->hosts[i]);
        const uint64_t start = npu_clock_nanoseconds();
        host_run(p, i, session->device, session->loaded, session->scratch);
        session->host_nanoseconds[i] = npu_clock_since(start);
        if (watch != NULL) watch->step(watch->context, session, ++done);
    }
    return 0;
}

static void take_outputs(ptfe_session *session, void *const *outputs) {
    const uint64_t start = npu_clock_nanoseconds();
    for (uint32_t i = 0; i < session->output_count; i++) {
        for (const plan_tensor *t = first_cube(session->outputs[i]); t != NULL; t = next_cube(&session->plan, t)) {
            layout_from_cube(t, session->device->bo(session->loaded, t->bo), (uint8_t *)outputs[i] + t->start);
        }
    }
    session->output_nanoseconds = npu_clock_since(start);
}

int session_run(ptfe_session *session, const void *const *inputs, void *const *outputs, const session_watch *watch, ptfe_error *error) {
    if (session->device->begin != NULL && session->device->begin(session->loaded, error) != 0) return -1;
    feeding f = {session, inputs, 0};
    session->input_nanoseconds = 0;
    /* With one core nothing would run meanwhile. */
    if (session->plan.cores == 1) put_inputs(&f, UINT64_MAX);
    if (run_steps(&f, watch, error) != 0) return -1;
    take_outputs(session, outputs);
    return 0;
}

/* Once more where the device is not sure of the values. */
int ptfe_run(ptfe_session *session, const void *const *inputs, void *const *outputs, char *text, size_t size) {
    ptfe_error error;
    int status = session_run(session, inputs, outputs, NULL, &error);
    if (status != 0 && error.code == PTFE_ERROR_SUSPECT) status = session_run(session, inputs, outputs, NULL, &error);
    if (status != 0) error_give(&error, text, size);
    return status;
}

const char *ptfe_device(const ptfe_session *session) { return session->device->name; }

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
