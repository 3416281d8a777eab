/* What TFLite makes of the supported nodes: its partitions, as a request to compile them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../util/line.h"
#include "work.h"

static int is_feature_map(const tfl_context *context, int32_t tensor) {
    return tensor >= 0 && (size_t)tensor < context->tensors_size && context->tensors[tensor].allocation_type != TFL_MMAP_RO;
}

/* Indices are not negative. */
static u32_list ids_of(const tfl_int_array *list) {
    if (list == NULL || list->size < 0) return (u32_list){NULL, 0};
    return (u32_list){(const uint32_t *)list->data, (uint32_t)list->size};
}

/* Its inputs without constants. */
static void put_part(bytes *b, const tfl_context *context, const tfl_delegate_params *part) {
    const u32_list all = ids_of(part->input_tensors);
    uint32_t *maps = malloc((all.count + 1) * sizeof *maps), count = 0;
    if (maps == NULL) {
        b->failed = 1;
        return;
    }
    for (uint32_t i = 0; i < all.count; i++) {
        if (is_feature_map(context, (int32_t)all.data[i])) maps[count++] = all.data[i];
    }
    part_border_put(b, &(part_border){ids_of(part->nodes_to_replace), {maps, count}, ids_of(part->output_tensors)});
    free(maps);
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

/* After a resize the part is what it was; but a node that is refused now leaves nothing to compile. */
static int preview_resized(work *w, bytes *request) {
    for (size_t i = 0; i < w->answer->verdict_count; i++) {
        const verdict *v = &w->answer->verdicts[i];
        if (v->supported) continue;
        char text[200];
        line_clean(text, sizeof text, v->text.data, v->text.length);
        return error_set(&w->error, "node %" PRIu32 ": %s", v->node, text);
    }
    bytes_u32(request, 1);
    part_border_put(request, &(part_border){w->resized->nodes, w->resized->inputs, w->resized->outputs});
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
