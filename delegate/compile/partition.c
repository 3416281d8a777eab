/* What TFLite makes of the supported nodes: its partitions, as a request to compile them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../util/line.h"
#include "work.h"

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

tfl_int_array *work_supported_nodes(const answer *a) {
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
        return error_set(&w->error, "node %" PRIu32 ": %s", v->node, text);
    }
    bytes_u32(request, 1);
    put_list(request, w->resized->nodes);
    put_list(request, w->resized->inputs);
    put_list(request, w->resized->outputs);
    return request->failed ? error_no_memory(&w->error, "the request") : 0;
}

int work_preview(work *w, bytes *request) {
    if (w->resized != NULL) return preview_resized(w, request);
    tfl_delegate_params *parts = NULL;
    int count = 0;
    tfl_int_array *nodes = work_supported_nodes(w->answer);
    if (nodes == NULL) return error_no_memory(&w->error, "the list of nodes");
    int status = nodes->size == 0 ? TFL_OK : w->context->preview_delegate_partitioning(w->context, nodes, &parts, &count);
    free(nodes);
    if (status != TFL_OK || count < 0) return error_set(&w->error, "TFLite cannot partition the graph");
    bytes_u32(request, (uint32_t)count);
    for (int i = 0; i < count; i++) put_part(request, w->context, &parts[i]);
    return request->failed ? error_no_memory(&w->error, "the request") : 0;
}
