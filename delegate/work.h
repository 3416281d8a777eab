/* What Prepare, and a change of sizes, share while they look for the plans of a graph. */
#ifndef PTFE_WORK_H
#define PTFE_WORK_H

#include "cache.h"
#include "capture.h"
#include "engine.h"
#include "prepare.h"

enum { ERROR_BYTES = 512 };

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
    char error[ERROR_BYTES];
    char engine_file[CACHE_PATH_BYTES];
} work;

int work_fail(work *w, const char *text); /* -1 */

/* The request to compile what TFLite will hand over of the answer's supported nodes. Parts are theirs and only valid now. */
int work_preview(work *w, bytes *request);

/* Loads every part's plan: from then on nothing but the device can fail. */
int work_load_kernels(work *w);

/* The answer is what a file says, for the graph that it was compiled from; no engine is asked. 0, or -1 with a sentence. */
int answer_from_plan_file(work *w);

#endif
