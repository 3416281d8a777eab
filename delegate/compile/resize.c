/* A partition whose tensors got other sizes: compiled again, or run by TFLite's kernels. */
#include <inttypes.h>

#include "../util/line.h"
#include "work.h"

/* @param asked what its plan is compiled with */
static int compile_resized(work *w, const options *asked) {
    const u32_list nodes = w->resized->nodes;
    if (graph_capture_nodes(w->context, w->resized->fallback.get_node, nodes.data, nodes.count, asked, &w->graph, &w->error) != 0) return -1;
    if (w->graph.count != nodes.count || w->graph.outline.length == 0) return error_set(&w->error, "dynamically shaped tensors are not supported");
    return *asked->value[OPTION_PLAN] != 0 ? answer_from_plan_file(w) : work_find_answer(w);
}

void delegate_resize(kernel *k, tfl_context *context) {
    if (kernel_load_own(k, context)) return; /* back to the first size: no engine is needed */
    delegate *d = k->delegate;
    work w = {.delegate = d, .context = context, .resized = k};
    /* TFLite has cut the graph: the partition is compiled as it is, whether or not it is worth it in the new size. */
    char all[] = "all";
    pthread_mutex_lock(&d->lock);
    options asked = d->options;
    if (*asked.value[OPTION_PLAN] == 0) asked.value[OPTION_PARTS] = all;
    if (compile_resized(&w, &asked) != 0) {
        kernel_unload(k);
        line_say("with the new sizes %" PRIu32 " nodes run on TFLite's kernels: %s", k->nodes.count, w.error.text);
    }
    work_end(&w);
    pthread_mutex_unlock(&d->lock);
}
