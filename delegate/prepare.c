#include "prepare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "line.h"
#include "report.h"
#include "work.h"

/* TFLite itself failed in the middle of replacing nodes: only it can put the graph back, when Prepare reports an error. */
#define HALF_DONE (-2)

int work_fail(work *w, const char *text) {
    snprintf(w->error, sizeof w->error, "%s", text);
    return -1;
}

/* ---- parts: what TFLite makes of the supported nodes ---- */

static int is_feature_map(const tfl_context *context, int32_t tensor) {
    return tensor >= 0 && (size_t)tensor < context->tensors_size && context->tensors[tensor].allocation_type != TFL_MMAP_RO;
}

static void put_ids(bytes *b, const tfl_int_array *list) {
    uint32_t count = list == NULL ? 0 : (uint32_t)list->size;
    bytes_u32(b, count);
    if (count > 0) bytes_add(b, list->data, count * sizeof(uint32_t));
}

static void put_part(bytes *b, const tfl_context *context, const tfl_delegate_params *part) {
    const tfl_int_array *inputs = part->input_tensors;
    uint32_t count = 0;
    for (int32_t i = 0; inputs != NULL && i < inputs->size; i++) count += is_feature_map(context, inputs->data[i]) ? 1 : 0;
    put_ids(b, part->nodes_to_replace);
    bytes_u32(b, count);
    for (int32_t i = 0; inputs != NULL && i < inputs->size; i++) {
        if (is_feature_map(context, inputs->data[i])) bytes_u32(b, (uint32_t)inputs->data[i]);
    }
    put_ids(b, part->output_tensors);
}

/* The supported nodes as TFLite's int array; NULL when there is no memory. */
static tfl_int_array *supported_nodes(const answer *a) {
    tfl_int_array *list = malloc(sizeof *list + (a->verdict_count + 1) * sizeof(int32_t));
    if (list == NULL) return NULL;
    list->size = 0;
    for (size_t i = 0; i < a->verdict_count; i++) {
        if (a->verdicts[i].supported) list->data[list->size++] = (int32_t)a->verdicts[i].node;
    }
    return list;
}

static void put_list(bytes *b, u32_list list) {
    bytes_u32(b, list.count);
    bytes_add(b, list.data, list.count * sizeof(uint32_t));
}

/* After a resize the part is what it was; but a node that is refused now leaves nothing to compile. */
static int preview_resized(work *w, bytes *request) {
    for (size_t i = 0; i < w->answer->verdict_count; i++) {
        const verdict *v = &w->answer->verdicts[i];
        if (v->supported) continue;
        char text[200];
        line_clean(text, sizeof text, v->text, v->length);
        snprintf(w->error, sizeof w->error, "node %" PRIu32 ": %s", v->node, text);
        return -1;
    }
    bytes_u32(request, 1);
    put_list(request, w->resized->nodes);
    put_list(request, w->resized->inputs);
    put_list(request, w->resized->outputs);
    return request->failed ? work_fail(w, "no memory for the request") : 0;
}

/* The request to compile what TFLite will hand over. Parts are theirs and only valid now. */
int work_preview(work *w, bytes *request) {
    if (w->resized != NULL) return preview_resized(w, request);
    tfl_delegate_params *parts = NULL;
    int count = 0;
    tfl_int_array *nodes = supported_nodes(w->answer);
    if (nodes == NULL) return work_fail(w, "no memory for the list of nodes");
    int status = nodes->size == 0 ? TFL_OK : w->context->preview_delegate_partitioning(w->context, nodes, &parts, &count);
    free(nodes);
    if (status != TFL_OK || count < 0) return work_fail(w, "TFLite cannot partition the graph");
    bytes_u32(request, (uint32_t)count);
    for (int i = 0; i < count; i++) put_part(request, w->context, &parts[i]);
    return request->failed ? work_fail(w, "no memory for the request") : 0;
}

/* ---- kernels ---- */

static void free_kernels(work *w) {
    for (size_t i = 0; w->kernels != NULL && i < w->answer->part_count; i++) kernel_free(w->kernels[i]);
    free(w->kernels);
    w->kernels = NULL;
}

/* Loads every part's plan: from here on nothing but the device can fail. */
int work_load_kernels(work *w) {
    delegate *d = w->delegate;
    if (w->resized != NULL) {
        return kernel_load(w->resized, w->answer, &w->answer->parts[0], d->options.value[OPTION_FACTS], w->error, sizeof w->error) != 0
                   ? -1
                   : kernel_matches(w->resized, w->context, w->error, sizeof w->error);
    }
    w->kernels = calloc(w->answer->part_count + 1, sizeof *w->kernels);
    if (w->kernels == NULL) return work_fail(w, "no memory for parts");
    for (size_t i = 0; i < w->answer->part_count; i++) {
        w->kernels[i] = kernel_new(w->answer, &w->answer->parts[i], w->context->get_node_and_registration, d->options.value[OPTION_FACTS],
                                   &d->base, d->profile, w->error, sizeof w->error);
        if (w->kernels[i] == NULL || kernel_matches(w->kernels[i], w->context, w->error, sizeof w->error) != 0) {
            free_kernels(w);
            return -1;
        }
    }
    return 0;
}

/* ---- where the answer comes from ---- */

/* 1: a whole entry, its kernels loaded. 0: none. */
static int answer_from_cache(work *w) {
    bytes request = {0};
    w->answer = answer_new();
    int good = w->answer != NULL && cache_load(&w->entry, w->answer) == 0;
    if (good) {
        good = answer_read_check(w->answer, w->graph.nodes, w->graph.count, w->error, sizeof w->error) == 0 &&
               work_preview(w, &request) == 0 && request.length == w->answer->request_length &&
               memcmp(request.data, w->answer->request, request.length) == 0 &&
               answer_read_parts(w->answer, w->error, sizeof w->error) == 0 && work_load_kernels(w) == 0;
        if (!good) cache_drop(&w->entry);
    }
    bytes_free(&request);
    if (good) return 1;
    answer_release(w->answer);
    w->answer = NULL;
    return 0;
}

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

static int answer_from_engine(work *w) {
    const options *o = &w->delegate->options;
    if (w->engine_file[0] == 0) return -1; /* the error says where it was looked for */
    w->engine = engine_start(o->value[OPTION_NODE], w->engine_file, o->timeout_seconds, w->error, sizeof w->error);
    if (w->engine == NULL) return -1;
    w->answer = answer_new();
    if (w->answer == NULL) return work_fail(w, "no memory for the engine's answer");
    if (ask(w, ENGINE_CHECK, &w->graph.message, &w->answer->check, &w->answer->check_length) != 0) return -1;
    if (answer_read_check(w->answer, w->graph.nodes, w->graph.count, w->error, sizeof w->error) != 0) return -1;
    if (compile(w) != 0 || work_load_kernels(w) != 0) return -1;
    char kept[ERROR_BYTES];
    if (cache_store(&w->entry, w->answer, kept, sizeof kept) != 0) line_say("%s", kept);
    return 0;
}

/* ---- TFLite's side ---- */

static void delegate_resize(kernel *k, tfl_context *context);

static void report_error(tfl_context *context, const char *text) {
    if (context->report_error != NULL) context->report_error(context, "ptfe: %s", text);
}

static int same_nodes(const kernel *k, const tfl_int_array *nodes) {
    return nodes != NULL && (uint32_t)nodes->size == k->nodes.count &&
           memcmp(nodes->data, k->nodes.data, k->nodes.count * sizeof(uint32_t)) == 0;
}

/* Called for each part inside replace_node_subsets, with the delegate locked. */
static void *kernel_init(tfl_context *context, const char *buffer, size_t length) {
    const tfl_delegate_params *params = (const void *)buffer;
    (void)context;
    (void)length;
    delegate *d = (delegate *)params->delegate;
    for (size_t i = 0; i < d->waiting_count; i++) {
        kernel *k = d->waiting[i];
        if (k == NULL || !same_nodes(k, params->nodes_to_replace)) continue;
        d->waiting[i] = NULL;
        return k;
    }
    return NULL;
}

static void kernel_end(tfl_context *context, void *user_data) {
    (void)context;
    kernel_free(user_data);
}

/* TFLite calls this for every size that the tensors get; all but the first sizes are compiled here. */
static int kernel_prepare(tfl_context *context, tfl_node *node) {
    char error[ERROR_BYTES] = "a part without a plan";
    kernel *k = node->user_data;
    if (k == NULL) {
        report_error(context, error);
        return TFL_ERROR;
    }
    k->fallback.prepared = 0;
    if (kernel_matches(k, context, error, sizeof error) == 0) return TFL_OK;
    if (fallback_prepare(&k->fallback, context, k->nodes, error, sizeof error) != 0) {
        report_error(context, error);
        return TFL_ERROR;
    }
    if (kernel_matches(k, context, error, sizeof error) != 0) delegate_resize(k, context);
    return TFL_OK;
}

static int kernel_run(tfl_context *context, tfl_node *node) {
    char error[ERROR_BYTES] = "";
    if (kernel_invoke(node->user_data, context, error, sizeof error) == 0) return TFL_OK;
    report_error(context, error);
    return TFL_ERROR;
}

static int replace(work *w) {
    tfl_int_array *nodes = supported_nodes(w->answer);
    if (nodes == NULL) return work_fail(w, "no memory for the list of nodes");
    tfl_registration registration = {.init = kernel_init, .free = kernel_end, .prepare = kernel_prepare, .invoke = kernel_run,
                                     .custom_name = "ptfe", .version = 1};
    w->delegate->waiting = w->kernels;
    w->delegate->waiting_count = w->answer->part_count;
    int status = w->context->replace_node_subsets(w->context, registration, nodes, &w->delegate->base);
    w->delegate->waiting = NULL;
    w->delegate->waiting_count = 0;
    free(nodes);
    if (status == TFL_OK) return 0;
    work_fail(w, "TFLite did not take the kernels");
    return HALF_DONE;
}

static void report(const work *w) {
    if (w->delegate->options.verbose == 0) {
        if (w->answer->part_count == 0) report_nothing(w->context, &w->graph, w->answer);
        return;
    }
    report_nodes(w->context, w->answer);
    report_refusals(w->context, w->answer);
    for (size_t i = 0; i < w->answer->part_count; i++) report_part(w->context, &w->answer->parts[i]);
    report_summary(&w->graph, w->answer, w->kernels, w->delegate->options.value[OPTION_CHIP]);
}

/* The graph's answer with its kernels loaded, from the cache or the engine. */
static int find_answer(work *w) {
    const options *o = &w->delegate->options;
    char looked[ERROR_BYTES] = "";
    if (engine_find(o->value[OPTION_ENGINE], w->engine_file, sizeof w->engine_file, looked, sizeof looked) != 0) w->engine_file[0] = 0;
    cache_find(&w->entry, o->value[OPTION_CACHE], w->engine_file[0] == 0 ? NULL : w->engine_file, w->graph.message.data,
               w->graph.message.length);
    if (answer_from_cache(w)) return 0;
    snprintf(w->error, sizeof w->error, "%s", looked);
    return answer_from_engine(w);
}

static void end_work(work *w) {
    engine_stop(w->engine);
    free_kernels(w);
    answer_release(w->answer);
    graph_free(&w->graph);
}

static int take(work *w) {
    report(w);
    w->delegate->has_parts |= w->answer->part_count > 0;
    return w->answer->part_count == 0 ? 0 : replace(w);
}

/* 0: delegated, or nothing to delegate. -1 with a sentence: left as it was, or HALF_DONE. */
static int run_prepare(work *w) {
    if (*w->delegate->options.value[OPTION_PLAN] != 0) {
        if (answer_from_plan_file(w) != 0) return -1;
        return take(w);
    }
    if (graph_capture(w->context, &w->delegate->options, &w->graph, w->error, sizeof w->error) != 0) return -1;
    if (w->graph.message.length == 0) {
        /* Graphs behind the first are called by it: branches, or what gives variables their first value. */
        if (w->graph.all > 0 && (w->delegate->options.verbose > 0 || !w->delegate->has_parts)) line_say("no int8 or uint8 operations of fixed shape here: all %zu nodes stay on TFLite's kernels", w->graph.all);
        return 0;
    }
    return find_answer(w) != 0 ? -1 : take(w);
}

int delegate_prepare(tfl_context *context, tfl_delegate *base) {
    delegate *d = (delegate *)base;
    work w = {.delegate = d, .context = context};
    pthread_mutex_lock(&d->lock);
    int status = run_prepare(&w);
    /* A plan file holds the first graph; those that it calls stay on the CPU. */
    const int called = d->has_parts && d->options.verbose == 0 && *d->options.value[OPTION_PLAN] != 0;
    if (status != 0 && !called) line_say("everything stays on TFLite's kernels: %s", w.error);
    end_work(&w);
    pthread_mutex_unlock(&d->lock);
    return status == HALF_DONE ? TFL_DELEGATE_ERROR : TFL_OK;
}

static int compile_resized(work *w) {
    const u32_list nodes = w->resized->nodes;
    if (graph_capture_nodes(w->context, w->resized->fallback.get_node, nodes.data, nodes.count, &w->delegate->options, &w->graph, w->error,
                            sizeof w->error) != 0) {
        return -1;
    }
    if (w->graph.count != nodes.count || w->graph.message.length == 0) return work_fail(w, "tensors of a size that is known only later");
    return *w->delegate->options.value[OPTION_PLAN] != 0 ? answer_from_plan_file(w) : find_answer(w);
}

static void delegate_resize(kernel *k, tfl_context *context) {
    delegate *d = (delegate *)k->delegate;
    work w = {.delegate = d, .context = context, .resized = k};
    pthread_mutex_lock(&d->lock);
    if (compile_resized(&w) != 0) {
        kernel_unload(k);
        line_say("with the new sizes %" PRIu32 " nodes run on TFLite's kernels: %s", k->nodes.count, w.error);
    }
    end_work(&w);
    pthread_mutex_unlock(&d->lock);
}
