/* The answer on a graph from the cache. */
#include <string.h>

#include "work.h"

/* Whether the entry is for what TFLite makes of this graph. */
static int fits(work *w) {
    bytes request = {0};
    const int fits = answer_read_check(w->answer, w->graph.nodes, w->graph.count, &w->error) == 0 && work_preview(w, &request) == 0 &&
                     request.length == w->answer->request_length && memcmp(request.data, w->answer->request, request.length) == 0 &&
                     answer_read_parts(w->answer, &w->error) == 0;
    bytes_free(&request);
    return fits;
}

/* Whether the bytes of its plans are those that the compiler wrote; a spoilt entry goes. */
static int is_whole(work *w) {
    if (answer_check_plans(w->answer, &w->error) == 0) return 1;
    if (w->error.code == PTFE_ERROR_DAMAGED) cache_drop(&w->entry);
    return 0;
}

/* Plans that are in memory whole are checked where they are opened. What else keeps an entry from use is no fault of its own. */
static int takes(work *w) {
    int checked;
    if (cache_load(&w->entry, w->answer, &checked, &w->error) != 0 || !fits(w)) return 0;
    if (w->answer->file != PLAN_NO_FILE && !checked) {
        if (!is_whole(w)) return 0;
        cache_note_checked(&w->entry, w->answer);
    }
    if (work_load_kernels(w) == 0) return 1;
    if (w->error.code != PTFE_ERROR_DEVICE && w->error.code != PTFE_ERROR_MEMORY) is_whole(w);
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
