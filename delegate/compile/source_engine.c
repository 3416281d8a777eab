/* The answer on a graph from the engine: a check of its nodes, then plans for the partitions that TFLite makes of them. */
#include <stdlib.h>

#include "work.h"

static int ask(work *w, enum engine_kind kind, const bytes *request, uint8_t **reply, size_t *length) {
    return engine_ask(w->engine, kind, request->data, request->length, reply, length, w->error, sizeof w->error);
}

/* Nodes of refused parts go back to the CPU, with the refusal as their reason. 1 when there were any. */
static int drop_refused_parts(work *w) {
    answer *a = w->answer;
    int dropped = 0;
    for (size_t p = 0; p < a->part_count; p++) {
        if (a->parts[p].plan != NULL) continue;
        dropped = 1;
        for (uint32_t n = 0; n < a->parts[p].nodes.count; n++) {
            for (size_t i = 0; i < a->verdict_count; i++) {
                verdict *v = &a->verdicts[i];
                if (v->node != a->parts[p].nodes.data[n]) continue;
                v->supported = 0;
                v->text = a->parts[p].refusal;
                v->length = (uint32_t)a->parts[p].refusal_length;
            }
        }
    }
    return dropped;
}

/* The verdicts as bytes of the answer's own: refusals point into a reply that is about to go. */
static int settle_verdicts(work *w) {
    bytes check = {0};
    answer_write_check(w->answer, &check);
    if (check.failed) {
        bytes_free(&check);
        return work_fail(w, "no memory for the verdicts");
    }
    free(w->answer->check);
    w->answer->check = check.data;
    w->answer->check_length = check.length;
    return answer_read_check(w->answer, w->graph.nodes, w->graph.count, w->error, sizeof w->error);
}

static int compile(work *w) {
    answer *a = w->answer;
    for (;;) {
        bytes request = {0};
        free(a->reply);
        free(a->request);
        a->reply = a->request = NULL;
        if (work_preview(w, &request) != 0 || ask(w, ENGINE_COMPILE, &request, &a->reply, &a->reply_length) != 0) {
            bytes_free(&request);
            return -1;
        }
        a->request = request.data;
        a->request_length = request.length;
        if (answer_read_parts(a, w->error, sizeof w->error) != 0) return -1;
        if (!drop_refused_parts(w)) return 0;
        if (settle_verdicts(w) != 0) return -1;
    }
}

int answer_from_engine(work *w) {
    const options *o = &w->delegate->options;
    w->engine = engine_start(o->value[OPTION_NODE], w->engine_file, o->timeout_seconds, o->memory_mebibytes, w->error, sizeof w->error);
    if (w->engine == NULL) return -1;
    w->answer = answer_new();
    if (w->answer == NULL) return work_fail(w, "no memory for the engine's answer");
    if (ask(w, ENGINE_CHECK, &w->graph.message, &w->answer->check, &w->answer->check_length) != 0) return -1;
    if (answer_read_check(w->answer, w->graph.nodes, w->graph.count, w->error, sizeof w->error) != 0) return -1;
    if (compile(w) != 0 || work_load_kernels(w) != 0) return -1;
    cache_store(&w->entry, w->answer);
    return 0;
}
