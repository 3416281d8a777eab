#include "work.h"

/* Where several processes start at once, one compiles, and the others take what it keeps. */
static int compile_once(work *w, int seconds) {
    int waited;
    const int lock = cache_lock(&w->entry, seconds, &waited);
    const int found = waited ? answer_from_cache(w) : 0;
    const int status = found > 0 ? 0 : found < 0 ? -1 : answer_from_engine(w);
    cache_unlock(&w->entry, lock);
    return status;
}

int work_find_answer(work *w) {
    const options *o = &w->delegate->options;
    ptfe_error looked = {.code = PTFE_ERROR_NONE};
    if (o->privileged) {
        return error_set(&w->error, "this program has more rights than its user: no compiler and no cache are used, only a plan file (option plan)");
    }
    if (engine_find(o->value[OPTION_ENGINE], w->engine_file, sizeof w->engine_file, &looked) != 0) w->engine_file[0] = 0;
    cache_choose(&w->entry, o->value[OPTION_CACHE]);
    cache_find(&w->entry, w->engine_file[0] == 0 ? NULL : w->engine_file, &w->graph);
    const int found = answer_from_cache(w);
    if (found != 0) return found > 0 ? 0 : -1;
    w->error = looked;
    return w->engine_file[0] == 0 ? -1 /* the error says where it was looked for */ : compile_once(w, o->timeout_seconds);
}

void work_end(work *w) {
    engine_stop(w->engine);
    cache_close(&w->entry);
    work_free_kernels(w);
    answer_release(w->answer);
    graph_free(&w->graph);
}
