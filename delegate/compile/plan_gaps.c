#include "plan_gaps.h"

#include <stdlib.h>
#include <string.h>

#include "../generated/engine_protocol.h"
#include "../generated/plan_records.h"
#include "../util/file_read.h"

/* Fewer constants are as quickly read as left out. */
#define LEAST_BYTES ((size_t)1 << 15)

typedef struct run {
    int fd;
    uint64_t at; /* of the run, in the file */
    uint8_t *bytes;
    size_t length;
    ptfe_error *error;
} run;

/* Bytes of the run, to their place. */
static int fetch(const run *r, size_t from, size_t to) {
    return from < to ? file_read_at(r->fd, r->at + from, r->bytes + from, to - from, r->error) : 0;
}

/* A plan in the run, and the bytes of it that are left out. */
typedef struct gap {
    size_t plan, end; /* of the plan, in the run */
    uint32_t bo;
    size_t from, to; /* none: equal */
} gap;

/* Where a section of the plan stands in the run; 0 where the plan does not hold all of it. */
static size_t place_of(const gap *g, const plan_section *s, size_t record_bytes) {
    const size_t length = g->end - g->plan;
    return s->offset <= length && s->count <= (length - s->offset) / record_bytes ? g->plan + s->offset : 0;
}

static int find_gap(const run *r, gap *g, plan_header *h) {
    if (g->end - g->plan < sizeof *h) return 0;
    if (fetch(r, g->plan, g->plan + sizeof *h) != 0) return -1;
    memcpy(h, r->bytes + g->plan, sizeof *h);
    const size_t bos = place_of(g, &h->sections.bos, sizeof(plan_bo));
    if (bos == 0 || h->sections.bos.count > PLAN_MAX_BOS) return 0;
    if (fetch(r, bos, bos + h->sections.bos.count * sizeof(plan_bo)) != 0) return -1;
    for (uint32_t i = 0; i < h->sections.bos.count; i++) {
        plan_bo bo;
        memcpy(&bo, r->bytes + bos + i * sizeof bo, sizeof bo);
        const size_t room = g->end - g->plan;
        if (bo.kind != PLAN_BO_CONSTANTS || bo.data_bytes < LEAST_BYTES || bo.data_offset > room || bo.data_bytes > room - bo.data_offset) continue;
        g->bo = i;
        g->from = g->plan + bo.data_offset;
        g->to = g->from + bo.data_bytes;
        return 0;
    }
    return 0;
}

/* Tables of the host's steps are constants that no device needs. As many bytes of them as the gap has, at most. */
static int fetch_tables(const run *r, const gap *g, const plan_header *h) {
    const size_t hosts = place_of(g, &h->sections.hosts, sizeof(plan_host)), room = g->to - g->from;
    size_t left = room;
    for (uint32_t i = 0; hosts != 0 && i < h->sections.hosts.count; i++) {
        plan_host host;
        memcpy(&host, r->bytes + hosts + i * sizeof host, sizeof host);
        if (host.table_bo != g->bo || host.table_offset > room || host.table_bytes > room - host.table_offset) continue;
        if (host.table_bytes > left) return fetch(r, g->from, g->to);
        left -= host.table_bytes;
        if (fetch(r, g->from + host.table_offset, g->from + host.table_offset + host.table_bytes) != 0) return -1;
    }
    return 0;
}

static int read_plan(const run *r, size_t from, size_t end, int *gaps) {
    gap g = {.plan = from, .end = end, .from = end, .to = end};
    plan_header h = {0};
    if (find_gap(r, &g, &h) != 0 || fetch(r, from, g.from) != 0 || fetch(r, g.to, end) != 0) return -1;
    if (g.from == g.to) return 0;
    *gaps = 1;
    return fetch_tables(r, &g, &h);
}

/* One after the other, as far as they are what they should be; the rest as it is. */
static int read_plans(const run *r, int *gaps) {
    plans_header plans;
    size_t at = sizeof plans;
    if (r->length < sizeof plans) return fetch(r, 0, r->length);
    if (fetch(r, 0, sizeof plans) != 0) return -1;
    memcpy(&plans, r->bytes, sizeof plans);
    for (uint32_t i = 0; i < plans.count && r->length - at >= sizeof(plan_result); i++) {
        plan_result result;
        if (fetch(r, at, at + sizeof result) != 0) return -1;
        memcpy(&result, r->bytes + at, sizeof result);
        at += sizeof result;
        if (result.refused != 0 || result.length > r->length - at) break;
        const size_t end = at + (size_t)result.length;
        if (read_plan(r, at, end, gaps) != 0) return -1;
        at = end;
        const size_t next = (end + 7) / 8 * 8;
        if (next > r->length) break;
        if (fetch(r, end, next) != 0) return -1;
        at = next;
    }
    return fetch(r, at, r->length);
}

int plan_gaps_read(int fd, uint64_t at, size_t length, uint8_t **out, int *gaps, ptfe_error *error) {
    const run r = {fd, at, calloc(1, length + 8), length, error}; /* zeros that nobody writes are no memory */
    *gaps = 0;
    *out = r.bytes;
    return r.bytes == NULL ? error_no_memory(error, "the plans") : read_plans(&r, gaps);
}
