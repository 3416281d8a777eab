#define _POSIX_C_SOURCE 200809L
#include "profile.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../generated/registers.h"
#include "line.h"

/* A trace of more events than this is cut; the table goes on counting. */
#define MOST_EVENTS 200000u
#define NAME_BYTES 48

typedef struct operation {
    uint64_t id; /* of the plan, then of the op in it */
    char name[NAME_BYTES];
    uint32_t node, tasks;
    uint64_t runs, nanoseconds, cycles, macs;
} operation;

typedef struct event {
    uint32_t operation, task;
    uint64_t start, nanoseconds, cycles;
} event;

struct profile {
    char *file;
    pthread_mutex_t lock; /* interpreters in several threads */
    operation *operations;
    size_t operation_count, operation_room;
    event *events;
    size_t event_count, event_room;
    uint64_t begin, runs, dropped;
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
    p->begin = now_nanoseconds();
    return p;
}

uint64_t profile_clock(const profile *p) { return p == NULL ? 0 : now_nanoseconds(); }

/* One more record of `bytes` at the end of a list that doubles; -1 when there is no memory. */
static int make_room(void **list, size_t count, size_t *room, size_t bytes) {
    if (count < *room) return 0;
    size_t wanted = *room == 0 ? 64 : *room * 2;
    void *grown = realloc(*list, wanted * bytes);
    if (grown == NULL) return -1;
    *list = grown;
    *room = wanted;
    return 0;
}

/* Position of a plan's op in the table, made when it is new; -1 when there is no memory. */
static int64_t find_operation(profile *p, const plan *plan, uint32_t index) {
    const plan_op *op = &plan->ops[index];
    uint64_t id = plan_hash(plan->bytes + 24, 8) ^ index; /* the plan's own checksum tells plans apart */
    for (size_t i = 0; i < p->operation_count; i++) {
        if (p->operations[i].id == id) return (int64_t)i;
    }
    if (make_room((void **)&p->operations, p->operation_count, &p->operation_room, sizeof *p->operations) != 0) return -1;
    operation *made = &p->operations[p->operation_count];
    memset(made, 0, sizeof *made);
    made->id = id;
    made->node = op->tflite_node;
    made->macs = op->macs;
    line_clean(made->name, sizeof made->name, plan->strings + op->name_offset, op->name_bytes);
    return (int64_t)p->operation_count++;
}

/* One stretch of time of an op: a task, or a step of the host, which is none. */
static void add_time(profile *p, const plan *plan, uint32_t index, uint32_t task, uint64_t nanoseconds, uint64_t cycles, uint64_t *at) {
    int64_t found = find_operation(p, plan, index);
    *at += nanoseconds;
    if (found < 0) return;
    operation *op = &p->operations[found];
    op->tasks += task != PLAN_NONE;
    op->nanoseconds += nanoseconds;
    op->cycles += cycles;
    if (p->event_count >= MOST_EVENTS ||
        make_room((void **)&p->events, p->event_count, &p->event_room, sizeof *p->events) != 0) {
        p->dropped++;
        return;
    }
    p->events[p->event_count++] = (event){(uint32_t)found, task, *at - nanoseconds - p->begin, nanoseconds, cycles};
}

void profile_add(profile *p, const ptfe_session *session, uint64_t start) {
    if (p == NULL) return;
    pthread_mutex_lock(&p->lock);
    uint64_t at = start;
    p->runs++;
    const plan *plan = &session->plan;
    uint32_t host = 0;
    for (uint32_t job = 0; job <= plan->job_count; job++) {
        for (; host < plan->host_count && plan->hosts[host].before_job == job; host++) {
            add_time(p, plan, plan->hosts[host].op, PLAN_NONE, session->host_nanoseconds[host], 0, &at);
        }
        if (job == plan->job_count) break;
        for (uint32_t i = 0, task = plan->jobs[job].first_task; i < plan->jobs[job].task_count; i++, task++) {
            add_time(p, plan, plan->tasks[task].op, task, ptfe_task_nanoseconds(session, task), ptfe_task_cycles(session, task), &at);
        }
    }
    for (uint32_t op = 0; op < session->plan.op_count; op++) {
        int64_t found = find_operation(p, &session->plan, op);
        if (found >= 0) p->operations[found].runs++;
    }
    pthread_mutex_unlock(&p->lock);
}

/* Chrome's trace event format, which Perfetto reads. Names come from the operator table: plain ASCII, nothing to escape. */
static void write_trace(const profile *p, FILE *file) {
    fprintf(file, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
                  "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"ptfe\"}},\n"
                  "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"NPU (software)\"}},\n"
                  "{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"host\"}}");
    for (size_t i = 0; i < p->event_count; i++) {
        const event *e = &p->events[i];
        const operation *op = &p->operations[e->operation];
        fprintf(file,
                ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"name\":\"%s #%" PRIu32 "\",\"ts\":%.3f,\"dur\":%.3f,"
                "\"args\":{\"task\":%" PRId64 ",\"estimated_cycles\":%" PRIu64 ",\"macs\":%" PRIu64 "}}",
                e->task == PLAN_NONE ? 2 : 1, op->name, op->node, (double)e->start / 1000, (double)e->nanoseconds / 1000,
                e->task == PLAN_NONE ? (int64_t)-1 : (int64_t)e->task, e->cycles, op->macs);
    }
    fprintf(file, "\n]}\n");
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
    line_say("%" PRIu64 " runs of %zu operations; us: the software NPU on this machine; cycles: the model of one %s core at %u MHz",
             p->runs, p->operation_count, "RK3588", NPU_CLOCK_MEGAHERTZ);
}

void profile_end(profile *p) {
    if (p == NULL) return;
    if (p->runs > 0) {
        FILE *file = fopen(p->file, "w");
        int failed = file == NULL;
        if (file != NULL) {
            write_trace(p, file);
            failed = ferror(file) != 0;
            failed |= fclose(file) != 0;
        }
        if (failed) {
            line_say("the profile is not written to %.200s: %s", p->file, strerror(errno));
        }
        print_table(p);
        if (p->dropped > 0) line_say("the trace holds the first %u tasks only", MOST_EVENTS);
    }
    pthread_mutex_destroy(&p->lock);
    free(p->file);
    free(p->operations);
    free(p->events);
    free(p);
}
