#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../util/file_read.h"
#include "../util/sha256.h"

/* Three lists, each with its length. Callers ask for one part after the other: a few bytes each must not make millions. */
#define LEAST_PART_BYTES 12u
#define MOST_PARTS 4096u

answer *answer_new(void) {
    answer *a = calloc(1, sizeof *a);
    if (a == NULL) return NULL;
    a->references = 1;
    a->file = PLAN_NO_FILE;
    return a;
}

answer *answer_keep(answer *a) {
    __atomic_add_fetch(&a->references, 1, __ATOMIC_RELAXED);
    return a;
}

void answer_release(answer *a) {
    if (a == NULL || __atomic_sub_fetch(&a->references, 1, __ATOMIC_ACQ_REL) > 0) return;
    if (a->file != PLAN_NO_FILE) close(a->file);
    free(a->check);
    free(a->request);
    free(a->reply);
    free(a->verdicts);
    free(a->parts);
    free(a);
}

int answer_read_check(answer *a, const uint32_t *nodes, size_t count, ptfe_error *error) {
    cursor c = {a->check, a->check_length, 0, 0};
    if (cursor_u32(&c) != count) return error_set(error, "the engine's verdict is on other nodes");
    free(a->verdicts);
    a->verdicts = calloc(count + 1, sizeof *a->verdicts);
    a->verdict_count = count;
    if (a->verdicts == NULL) {
        a->verdict_count = 0;
        return error_no_memory(error, "the engine's verdict");
    }
    for (size_t i = 0; i < count; i++) {
        verdict *v = &a->verdicts[i];
        verdict_take(&c, v);
        v->supported = v->supported == 1;
        if (c.failed || v->node != nodes[i]) return error_set(error, "the engine's verdict is on other nodes");
    }
    return 0;
}

static int read_request(answer *a, ptfe_error *error) {
    cursor c = {a->request, a->request_length, 0, 0};
    size_t count = cursor_u32(&c);
    if (c.failed || count > a->request_length / LEAST_PART_BYTES) return error_set(error, "parts that are cut off");
    if (count > MOST_PARTS) return error_set(error, "more parts than any graph is cut into");
    free(a->parts);
    a->part_count = 0;
    a->parts = calloc(count + 1, sizeof *a->parts);
    if (a->parts == NULL) return error_no_memory(error, "parts");
    for (size_t i = 0; i < count; i++) {
        part_border border;
        part_border_take(&c, &border);
        a->parts[i] = (answer_part){.nodes = border.nodes, .inputs = border.inputs, .outputs = border.outputs};
    }
    if (c.failed) return error_set(error, "parts that are cut off");
    a->part_count = count;
    return 0;
}

int answer_read_parts(answer *a, ptfe_error *error) {
    if (read_request(a, error) != 0) return -1;
    cursor c = {a->reply, a->reply_length, 0, 0};
    plans_header plans;
    cursor_record(&c, &plans, sizeof plans);
    if (plans.count != a->part_count) return error_set(error, "the engine compiled other parts");
    for (size_t i = 0; i < a->part_count; i++) {
        answer_part *part = &a->parts[i];
        plan_result result;
        cursor_record(&c, &result, sizeof result);
        const int refused = result.refused != 0;
        const uint64_t length = result.length;
        const uint8_t *from = c.failed || length > c.length ? NULL : cursor_take(&c, (size_t)length);
        if (from == NULL) return error_set(error, "a plan that is cut off");
        if (i + 1 < a->part_count) cursor_align(&c, 8);
        part->plan = refused ? NULL : from;
        part->plan_length = refused ? 0 : (size_t)length;
        part->refusals = refused ? from : NULL;
        part->refusals_length = refused ? (size_t)length : 0;
    }
    return 0;
}

static int by_number(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* In whatever order, but each as often. */
int answer_next_refusal(const answer_part *part, size_t *at, refusal *refused) {
    cursor c = {part->refusals, part->refusals_length, *at, 0};
    if (c.at == 0) cursor_u32(&c); /* their count: the run ends with the last */
    if (!c.failed && c.at == c.length) return 0;
    refusal_take(&c, refused);
    *at = c.at;
    return c.failed ? -1 : 1;
}

static int has_same_tensors(u32_list a, u32_list b) {
    if (a.count != b.count) return 0;
    const size_t bytes = (size_t)a.count * sizeof(uint32_t);
    uint32_t *sorted = malloc(2 * bytes + 1);
    if (sorted == NULL) return 0;
    if (bytes > 0) {
        memcpy(sorted, a.data, bytes);
        memcpy(sorted + a.count, b.data, bytes);
        qsort(sorted, a.count, sizeof *sorted, by_number);
        qsort(sorted + a.count, b.count, sizeof *sorted, by_number);
    }
    int same = memcmp(sorted, sorted + a.count, bytes) == 0;
    free(sorted);
    return same;
}

static const answer_part *part_of_nodes(const answer *a, u32_list nodes) {
    for (size_t i = 0; i < a->part_count; i++) {
        u32_list own = a->parts[i].nodes;
        if (own.count == nodes.count && memcmp(own.data, nodes.data, nodes.count * sizeof(uint32_t)) == 0) return &a->parts[i];
    }
    return NULL;
}

int answer_has_parts(const answer *a, const bytes *request) {
    answer other = {.request = request->data, .request_length = request->length};
    ptfe_error error;
    int same = read_request(&other, &error) == 0 && other.part_count == a->part_count;
    for (size_t i = 0; same && i < other.part_count; i++) {
        const answer_part *wanted = &other.parts[i], *part = part_of_nodes(a, wanted->nodes);
        same = part != NULL && part->plan != NULL && has_same_tensors(part->inputs, wanted->inputs) &&
               has_same_tensors(part->outputs, wanted->outputs);
    }
    free(other.parts);
    return same;
}

void answer_write_check(const answer *a, bytes *out) {
    bytes_u32(out, (uint32_t)a->verdict_count);
    for (size_t i = 0; i < a->verdict_count; i++) verdict_put(out, &a->verdicts[i]);
}

plan_source answer_plan(const answer *a, const answer_part *part) {
    return (plan_source){part->plan, part->plan_length, a->file, a->reply_at + (uint64_t)(part->plan - a->reply)};
}

/* The first 8 bytes of the digest of what a plan's checksum is of. */
static int sum_of(const plan_source *plan, uint64_t *sum, ptfe_error *error) {
    enum { CHUNK = 1 << 16 };
    uint8_t digest[32], *chunk = malloc(CHUNK);
    sha256 hash;
    int status = chunk == NULL ? error_no_memory(error, "the check of a plan") : 0;
    sha256_start(&hash);
    for (size_t at = PLAN_SUMMED_FROM; status == 0 && at < plan->length; at += CHUNK) {
        const size_t length = plan->length - at < CHUNK ? plan->length - at : CHUNK;
        status = file_read_at(plan->file, plan->offset + at, chunk, length, error);
        if (status == 0) sha256_add(&hash, chunk, length);
    }
    sha256_end(&hash, digest);
    memcpy(sum, digest, sizeof *sum);
    free(chunk);
    return status;
}

int answer_check_plans(const answer *a, ptfe_error *error) {
    for (size_t i = 0; i < a->part_count; i++) {
        if (a->parts[i].plan == NULL) continue;
        const plan_source plan = answer_plan(a, &a->parts[i]);
        uint64_t sum, wanted = 0;
        if (plan.length < sizeof(plan_header)) return error_set_code(error, PTFE_ERROR_DAMAGED, "it is damaged");
        memcpy(&wanted, plan.bytes + offsetof(plan_header, checksum), sizeof wanted);
        if (plan.file == PLAN_NO_FILE) sum = plan_hash(plan.bytes + PLAN_SUMMED_FROM, plan.length - PLAN_SUMMED_FROM);
        else if (sum_of(&plan, &sum, error) != 0) return -1;
        if (sum != wanted) return error_set_code(error, PTFE_ERROR_DAMAGED, "it is damaged");
    }
    return 0;
}
