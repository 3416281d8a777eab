/* The answer on a graph from the cache. */
#include <string.h>

#include "work.h"

int answer_from_cache(work *w) {
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
