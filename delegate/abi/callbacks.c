/* What TFLite calls of a partition that the delegate took: init, prepare, invoke, free. */
#include "callbacks.h"

#include <stdlib.h>
#include <string.h>

#include "../compile/work.h"

static int refuse(tfl_context *context, const char *why) {
    if (context->report_error != NULL) context->report_error(context, "ptfe: %s", why);
    return TFL_ERROR;
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
    ptfe_error error;
    kernel *k = node->user_data;
    if (k == NULL) return refuse(context, "a part without a plan");
    k->fallback.prepared = 0;
    if (kernel_matches(k, context, &error) == 0) return TFL_OK;
    if (fallback_prepare(&k->fallback, context, k->nodes, &error) != 0) return refuse(context, error.text);
    if (kernel_matches(k, context, &error) != 0) delegate_resize(k, context);
    return TFL_OK;
}

static int kernel_run(tfl_context *context, tfl_node *node) {
    ptfe_error error;
    return kernel_invoke(node->user_data, context, &error) == 0 ? TFL_OK : refuse(context, error.text);
}

int work_replace(work *w) {
    tfl_int_array *nodes = work_supported_nodes(w->answer);
    if (nodes == NULL) return error_no_memory(&w->error, "the list of nodes");
    tfl_registration registration = {.init = kernel_init, .free = kernel_end, .prepare = kernel_prepare, .invoke = kernel_run,
                                     .custom_name = "ptfe", .version = 1};
    w->delegate->waiting = w->kernels;
    w->delegate->waiting_count = w->answer->part_count;
    int status = w->context->replace_node_subsets(w->context, registration, nodes, &w->delegate->base);
    w->delegate->waiting = NULL;
    w->delegate->waiting_count = 0;
    free(nodes);
    return status == TFL_OK ? 0 : error_set_code(&w->error, PTFE_ERROR_HALF_DONE, "ReplaceNodeSubsetsWithDelegateKernels failed");
}
