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

/* 1, 0 or -1 as answer_from_cache. 1: it is for what TFLite makes of this graph, and its kernels are loaded. */
static int takes(work *w) {
    bytes request = {0};
    int good = answer_read_check(w->answer, w->graph.nodes, w->graph.count, w->error, sizeof w->error) == 0 &&
               work_preview(w, &request) == 0 && request.length == w->answer->request_length &&
               memcmp(request.data, w->answer->request, request.length) == 0 &&
               answer_read_parts(w->answer, w->error, sizeof w->error) == 0;
    bytes_free(&request);
    const int status = good ? work_load_kernels(w) : -1;
    if (status == SESSION_NO_DEVICE) return -1;
    if (!good || status == 0) return good;
    if (has_spoilt_plan(w->answer)) cache_drop(&w->entry);
    return 0;
}

int answer_from_cache(work *w) {
    w->answer = answer_new();
    const int taken = w->answer != NULL && cache_load(&w->entry, w->answer) == 0 ? takes(w) : 0;
    if (taken > 0) return 1;
    answer_release(w->answer);
    w->answer = NULL;
    return taken;
}
