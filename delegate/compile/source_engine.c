/* The answer on a graph from the engine: a check of its nodes, then plans for the partitions that TFLite makes of them. */
#include <stdlib.h>

#include "work.h"

static int ask(work *w, enum engine_kind kind, const bytes *request, uint8_t **reply, size_t *length) {
    return engine_ask(w->engine, kind, request->data, request->length, reply, length, &w->error);
}

static int has_node(u32_list nodes, uint32_t node) {
    for (uint32_t i = 0; i < nodes.count; i++) {
        if (nodes.data[i] == node) return 1;
    }
    return 0;
}

/* 1 when the node was one of those that are supported. */
static int refuse_node(answer *a, const refusal *refused) {
    for (size_t i = 0; i < a->verdict_count; i++) {
        verdict *v = &a->verdicts[i];
        if (v->node != refused->node || !v->supported) continue;
        v->supported = 0;
        v->text = refused->text;
        return 1;
    }
    return 0;
}

/* Nodes for which a part was refused go back to the CPU, each with its reason. How many there were; -1 when a refusal names none. */
static int drop_refused_nodes(work *w) {
    answer *a = w->answer;
    int dropped = 0;
    for (size_t p = 0; p < a->part_count; p++) {
        const answer_part *part = &a->parts[p];
        if (part->plan != NULL) continue;
        refusal refused;
        size_t at = 0;
        int status, own = 0;
        while ((status = answer_next_refusal(part, &at, &refused)) > 0) {
            if (has_node(part->nodes, refused.node)) own += refuse_node(a, &refused);
        }
        /* Without one the same part would come again. */
        if (status < 0 || own == 0) return error_set(&w->error, "the engine refused a part without naming a node of it");
        dropped += own;
    }
    return dropped;
}

/* The verdicts as bytes of the answer's own: refusals point into a reply that is about to go. */
static int settle_verdicts(work *w) {
    bytes check = {0};
    answer_write_check(w->answer, &check);
    if (check.failed) {
        bytes_free(&check);
        return error_no_memory(&w->error, "the verdicts");
    }
    free(w->answer->check);
    w->answer->check = check.data;
    w->answer->check_length = check.length;
    return answer_read_check(w->answer, w->graph.nodes, w->graph.count, &w->error);
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
        if (answer_read_parts(a, &w->error) != 0) return -1;
        const int dropped = drop_refused_nodes(w);
        if (dropped <= 0) return dropped;
        if (settle_verdicts(w) != 0) return -1;
    }
}

static int check(work *w) {
    bytes message = {0};
    int status = graph_message(w->context, &w->graph, &message, &w->error);
    if (status == 0) status = ask(w, ENGINE_CHECK, &message, &w->answer->check, &w->answer->check_length);
    bytes_free(&message);
    return status;
}

int answer_from_engine(work *w) {
    const options *o = &w->delegate->options;
    w->engine = engine_start(o->value[OPTION_NODE], w->engine_file, o->timeout_seconds, o->memory_mebibytes, cache_opened(&w->entry), &w->error);
    if (w->engine == NULL) return -1;
    w->answer = answer_new();
    if (w->answer == NULL) return error_no_memory(&w->error, "the engine's answer");
    if (check(w) != 0) return -1;
    if (answer_read_check(w->answer, w->graph.nodes, w->graph.count, &w->error) != 0) return -1;
    if (compile(w) != 0 || work_load_kernels(w) != 0) return -1;
    cache_store(&w->entry, w->answer);
    return 0;
}
