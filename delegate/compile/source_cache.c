/* The answer on a graph from the cache. */
#include <string.h>

#include "work.h"

/* Whether the bytes of a plan are others than the compiler wrote. What else keeps an entry from use is no fault of its own. */
static int has_spoilt_plan(const answer *a) {
    for (size_t i = 0; i < a->part_count; i++) {
        const answer_part *part = &a->parts[i];
        if (part->plan != NULL && !plan_is_unchanged(part->plan, part->plan_length)) return 1;
    }
    return 0;
}

/* Whether the entry is for what TFLite makes of this graph. */
static int fits(work *w) {
    bytes request = {0};
    const int fits = answer_read_check(w->answer, w->graph.nodes, w->graph.count, &w->error) == 0 && work_preview(w, &request) == 0 &&
                     request.length == w->answer->request_length && memcmp(request.data, w->answer->request, request.length) == 0 &&
                     answer_read_parts(w->answer, &w->error) == 0;
    bytes_free(&request);
    return fits;
}

static int takes(work *w) {
    if (cache_load(&w->entry, w->answer, &w->error) != 0 || !fits(w)) return 0;
    if (work_load_kernels(w) == 0) return 1;
    if (w->error.code != PTFE_ERROR_DEVICE && w->error.code != PTFE_ERROR_MEMORY && has_spoilt_plan(w->answer)) cache_drop(&w->entry);
    return 0;
}

int answer_from_cache(work *w) {
    w->error.code = PTFE_ERROR_NONE;
    w->answer = answer_new();
    if (w->answer == NULL) return error_no_memory(&w->error, "the graph's plans");
    if (takes(w)) return 1;
    answer_release(w->answer);
    w->answer = NULL;
    /* What the engine would make has the same fate. */
    return w->error.code == PTFE_ERROR_DEVICE || w->error.code == PTFE_ERROR_MEMORY ? -1 : 0;
}
