#define _POSIX_C_SOURCE 200809L
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../npu/chip.h"
#include "bytes.h"
#include "line.h"
#include "signals.h"

/* A trace of more events than this is cut; the table goes on counting. */
#define MOST_EVENTS 200000u
#define NAME_BYTES 48
#define END_OF_TRACE "\n]}\n"

typedef struct operation {
    uint64_t id; /* of the plan, then of the op in it */
    char name[NAME_BYTES];
    uint32_t node, tasks;
    uint64_t runs, nanoseconds, cycles, macs;
    uint64_t products; /* of all its tasks, in the device's unit */
} operation;

struct profile {
    char *file;
    pid_t owner;          /* a process that was forked from it writes a file of its own */
    pthread_mutex_t lock; /* interpreters in several threads */
    operation *operations;
    size_t operation_count, operation_room;
    bytes events;  /* of the run that is being added, as text */
    int trace;     /* -1: not open */
    int streams;   /* it is a pipe: its end is written once */
    off_t written; /* bytes before END_OF_TRACE */
    uint64_t begin, runs, event_count, dropped;
    const char *timed_by; /* the device's; NULL before the first run */
    const npu_chip *chip; /* of the plans */
    int failed; /* an errno: no trace any more */
};

static uint64_t now_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

profile *profile_new(const char *file) {
    profile *p = calloc(1, sizeof *p);
    char *copy = strdup(file);
    if (p == NULL || copy == NULL || pthread_mutex_init(&p->lock, NULL) != 0) {
        free(p);
        free(copy);
        return NULL;
    }
    p->file = copy;
    p->owner = getpid();
    p->trace = -1;
    p->begin = now_nanoseconds();
    return p;
}

uint64_t profile_clock(const profile *p) { return p == NULL ? 0 : now_nanoseconds(); }

/* Position of a plan's op in the table, made when it is new; -1 when there is no memory. */
static int64_t find_operation(profile *p, const ptfe_session *session, uint32_t index) {
    const plan *plan = &session->plan;
    const plan_op *op = &plan->ops[index];
    uint64_t id = plan_hash(plan->bytes + offsetof(plan_header, checksum), sizeof(uint64_t)) ^ index; /* the plan's own checksum tells plans apart */
    for (size_t i = 0; i < p->operation_count; i++) {
        if (p->operations[i].id == id) return (int64_t)i;
    }
    if (p->operation_count == p->operation_room) {
        const size_t room = p->operation_room == 0 ? 64 : p->operation_room * 2;
        operation *grown = realloc(p->operations, room * sizeof *grown);
        if (grown == NULL) return -1;
        p->operations = grown;
        p->operation_room = room;
    }
    operation *made = &p->operations[p->operation_count];
    memset(made, 0, sizeof *made);
    made->id = id;
    made->node = op->tflite_node;
    made->macs = op->macs;
    for (uint32_t i = 0; i < op->task_count; i++) made->products += session->device->task_products(session->loaded, op->first_task + i);
    line_clean(made->name, sizeof made->name, plan->strings + op->name_offset, op->name_bytes);
    return (int64_t)p->operation_count++;
}

/* ---- the trace: Chrome's trace event format, which Perfetto reads ---- */

static void add_text(bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_text(bytes *b, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof text) b->failed = 1;
    else bytes_add(b, text, (size_t)length);
}

/* Names come from plans: text that may hold anything that is printable. */
static void add_name(bytes *b, const char *name) {
    for (; *name != 0; name++) add_text(b, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
}

/* Microseconds; printf's own point would be the locale's. */
static void add_time_of(bytes *b, const char *key, uint64_t nanoseconds) {
    add_text(b, ",\"%s\":%" PRIu64 ".%03u", key, nanoseconds / 1000, (unsigned)(nanoseconds % 1000));
}

static int write_at(const profile *p, const void *from, size_t length, off_t at) {
    const uint8_t *rest = from;
    while (length > 0) {
        ssize_t wrote = p->streams ? write(p->trace, rest, length) : pwrite(p->trace, rest, length, at);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return wrote < 0 ? errno : EIO;
        rest += wrote;
        at += wrote;
        length -= (size_t)wrote;
    }
    return 0;
}

static int open_trace(profile *p) {
    static const char head[] = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
                               "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"ptfe\"}},\n"
                               "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"NPU (software)\"}},\n"
                               "{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"host\"}}";
    p->trace = open(p->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0644);
    if (p->trace < 0 || fcntl(p->trace, F_SETFL, 0) != 0) return errno; /* only a pipe without a reader is not waited for */
    p->streams = lseek(p->trace, 0, SEEK_SET) != 0;
    int failed = write_at(p, head, sizeof head - 1, 0);
    p->written = sizeof head - 1;
    return failed;
}

/* A process that was forked after the first run must not write into its parent's file. */
static void own_file(profile *p) {
    if (getpid() == p->owner) return;
    const size_t length = strlen(p->file) + 24;
    char *name = malloc(length);
    p->owner = getpid();
    if (p->trace >= 0) close(p->trace);
    p->trace = -1;
    if (name == NULL) {
        p->failed = ENOMEM;
        return;
    }
    snprintf(name, length, "%s.%ld", p->file, (long)p->owner);
    free(p->file);
    p->file = name;
}

/* After each run the file is whole: a process may end without a word. */
static void write_trace(profile *p) {
    signals held;
    if (p->failed != 0) return;
    signals_hold(&held);
    own_file(p);
    int failed = p->events.failed ? ENOMEM : p->failed;
    if (failed == 0 && p->trace < 0) failed = open_trace(p);
    const size_t length = p->events.length;
    if (!p->streams) bytes_add(&p->events, END_OF_TRACE, sizeof END_OF_TRACE - 1);
    if (failed == 0) failed = p->events.failed ? ENOMEM : write_at(p, p->events.data, p->events.length, p->written);
    p->written += (off_t)length;
    signals_release(&held);
    if (failed == 0) return;
    p->failed = failed;
    line_say("the profile is not written to %.200s: %s", p->file, strerror(failed));
}

/* A task's own share of what its op multiplies. */
static uint64_t macs_of(const operation *op, const ptfe_session *session, uint32_t task) {
    if (task == PLAN_NONE || op->products == 0) return 0;
    const uint64_t products = session->device->task_products(session->loaded, task);
    return (uint64_t)((double)op->macs * ((double)products / (double)op->products) + 0.5);
}

static void end_trace(profile *p) {
    signals held;
    signals_hold(&held);
    if (p->streams && p->failed == 0) write_at(p, END_OF_TRACE, sizeof END_OF_TRACE - 1, 0);
    signals_release(&held);
    close(p->trace);
    p->trace = -1;
}

/* One stretch of time of an op: a task, or a step of the host, which is none. */
static void add_time(profile *p, const ptfe_session *session, uint32_t index, uint32_t task, uint64_t nanoseconds, uint64_t *at) {
    const int64_t found = find_operation(p, session, index);
    const int is_task = task != PLAN_NONE;
    const uint64_t start = *at - p->begin, cycles = is_task ? ptfe_task_cycles(session, task) : 0;
    *at += nanoseconds;
    if (found < 0) return;
    operation *op = &p->operations[found];
    op->tasks += is_task ? 1 : 0;
    op->nanoseconds += nanoseconds;
    op->cycles += cycles;
    if (p->event_count >= MOST_EVENTS) {
        p->dropped++;
        return;
    }
    p->event_count++;
    bytes *b = &p->events;
    add_text(b, ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"name\":\"", is_task ? 1 : 2);
    add_name(b, op->name);
    add_text(b, " #%" PRIu32 "\"", op->node);
    add_time_of(b, "ts", start);
    add_time_of(b, "dur", nanoseconds);
    add_text(b, ",\"args\":{\"task\":%" PRId64 ",\"estimated_cycles\":%" PRIu64 ",\"macs\":%" PRIu64 "}}",
             is_task ? (int64_t)task : (int64_t)-1, cycles, macs_of(op, session, task));
}

/* What is no op: the opening of a plan, conversions. */
static void add_around(profile *p, const char *name, uint64_t nanoseconds, uint64_t *at) {
    const uint64_t start = *at - p->begin;
    *at += nanoseconds;
    if (p->event_count >= MOST_EVENTS) {
        p->dropped++;
        return;
    }
    p->event_count++;
    add_text(&p->events, ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":2,\"name\":\"%s\"", name);
    add_time_of(&p->events, "ts", start);
    add_time_of(&p->events, "dur", nanoseconds);
    add_text(&p->events, "}");
}

/* The file is written behind the next run. */
void profile_opened(profile *p, const ptfe_session *session, uint64_t start) {
    if (p == NULL) return;
    char name[NAME_BYTES];
    uint64_t at = start;
    snprintf(name, sizeof name, "prepare %" PRIu32 " tasks", session->plan.task_count);
    pthread_mutex_lock(&p->lock);
    add_around(p, name, now_nanoseconds() - start, &at);
    pthread_mutex_unlock(&p->lock);
}

void profile_add(profile *p, const ptfe_session *session, uint64_t start) {
    if (p == NULL) return;
    pthread_mutex_lock(&p->lock);
    uint64_t at = start;
    p->runs++;
    p->timed_by = session->device->timed_by;
    p->chip = npu_chip_of_number(session->plan.chip);
    const plan *plan = &session->plan;
    uint32_t host = 0;
    add_around(p, "inputs to cubes", session->input_nanoseconds, &at);
    for (uint32_t job = 0; job <= plan->job_count; job++) {
        for (; host < plan->host_count && plan->hosts[host].before_job == job; host++) {
            add_time(p, session, plan->hosts[host].op, PLAN_NONE, session->host_nanoseconds[host], &at);
        }
        if (job == plan->job_count) break;
        for (uint32_t i = 0, task = plan->jobs[job].first_task; i < plan->jobs[job].task_count; i++, task++) {
            add_time(p, session, plan->tasks[task].op, task, ptfe_task_nanoseconds(session, task), &at);
        }
    }
    add_around(p, "cubes to outputs", session->output_nanoseconds, &at);
    for (uint32_t op = 0; op < session->plan.op_count; op++) {
        int64_t found = find_operation(p, session, op);
        if (found >= 0) p->operations[found].runs++;
    }
    write_trace(p);
    p->events.length = 0;
    p->events.failed = 0;
    pthread_mutex_unlock(&p->lock);
}

static void print_table(const profile *p) {
    uint64_t nanoseconds = 0, cycles = 0;
    for (size_t i = 0; i < p->operation_count; i++) {
        nanoseconds += p->operations[i].nanoseconds;
        cycles += p->operations[i].cycles;
    }
    line_print("%-28s %6s %6s %12s %6s %14s %6s", "operation", "node", "tasks", "us a run", "%", "cycles (est.)", "%");
    for (size_t i = 0; i < p->operation_count; i++) {
        const operation *op = &p->operations[i];
        double runs = op->runs == 0 ? 1 : (double)op->runs;
        line_print("%-28s %6" PRIu32 " %6.0f %12.1f %6.1f %14.0f %6.1f", op->name, op->node, op->tasks / runs,
                   (double)op->nanoseconds / 1000 / runs, nanoseconds == 0 ? 0 : 100.0 * (double)op->nanoseconds / (double)nanoseconds,
                   (double)op->cycles / runs, cycles == 0 ? 0 : 100.0 * (double)op->cycles / (double)cycles);
    }
    line_say("%" PRIu64 " runs of %zu operations; us: %s; cycles: the model of one RK%" PRIu32 " core at %" PRIu32 " MHz",
             p->runs, p->operation_count, p->timed_by, p->chip->number, p->chip->clock_megahertz);
}

void profile_end(profile *p) {
    if (p == NULL) return;
    if (p->runs > 0) {
        print_table(p);
        if (p->dropped > 0) line_say("the trace holds the first %u slices only", MOST_EVENTS);
    }
    if (p->trace >= 0) end_trace(p);
    bytes_free(&p->events);
    pthread_mutex_destroy(&p->lock);
    free(p->file);
    free(p->operations);
    free(p);
}
