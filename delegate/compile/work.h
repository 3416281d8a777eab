/*
 * What Prepare, and a change of sizes, share while they look for the plans of a graph. Functions here return 0, or -1 and fill the
 * work's error.
 */
#ifndef PTFE_WORK_H
#define PTFE_WORK_H

#include "cache.h"
#include "../graph/capture.h"
#include "engine.h"
#include "engine_files.h"
#include "prepare.h"

/* One Prepare: everything it holds is released at its end, but for what TFLite took over. */
typedef struct work {
    delegate *delegate;
    tfl_context *context;
    graph graph;
    cache_entry entry;
    engine *engine;
    answer *answer;
    kernel **kernels; /* one for each part of the answer */
    kernel *resized;  /* not NULL: no Prepare, but a part whose tensors have other sizes now */
    ptfe_error error; /* of what follows, where it fails */
    char engine_file[CACHE_PATH_BYTES];
} work;

void work_end(work *w);

/* The supported nodes as TFLite's int array; NULL when there is no memory. */
tfl_int_array *work_supported_nodes(const answer *a);

/* The request to compile what TFLite will hand over of the answer's supported nodes. Parts are theirs and only valid now. */
int work_preview(work *w, bytes *request);

/* Loads every part's plan: from then on nothing but the device can fail. */
int work_load_kernels(work *w);
void work_free_kernels(work *w);

/* The graph's answer with its kernels loaded, from the cache or the engine. */
int work_find_answer(work *w);

/* 1: a whole entry, its kernels loaded. 0: none. -1 and fills the error: the engine would not help. */
int answer_from_cache(work *w);

int answer_from_engine(work *w);

/* The answer is what a file says, for the graph that it was compiled from; no engine is asked. */
int answer_from_plan_file(work *w);

#endif
