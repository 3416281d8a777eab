#include "prepare.h"

#include <string.h>

#include "../abi/callbacks.h"
#include "../npu/chip.h"
#include "../util/line.h"
#include "../util/report.h"
#include "numerics.h"
#include "work.h"

static void report(const work *w) {
    if (w->delegate->options.verbose == 0) {
        if (w->answer->part_count == 0) report_nothing(w->context, &w->graph, w->answer);
        return;
    }
    report_nodes(w->context, w->answer);
    report_refusals(w->context, w->answer);
    for (size_t i = 0; i < w->answer->part_count; i++) report_part(w->context, &w->answer->parts[i]);
    report_summary(&w->graph, w->answer, w->kernels, npu_chip_of_name(w->delegate->options.value[OPTION_CHIP]));
}

static int take(work *w) {
    report(w);
    if (w->answer->part_count > 0 && !w->delegate->has_parts) w->delegate->first = w->context;
    w->delegate->has_parts |= w->answer->part_count > 0;
    return w->answer->part_count == 0 ? 0 : work_replace(w);
}

static void find_numerics(work *w) {
    options *o = &w->delegate->options;
    char how[512] = "option numerics";
    if (strcmp(o->value[OPTION_NUMERICS], "auto") == 0) o->numerics = numerics_of_host(w->context, how, sizeof how);
    if (o->verbose > 0) line_say("numerics %s: %s", numerics_name(o->numerics), how);
}

/* 0: delegated, or nothing to delegate. -1 and fills the error: left as it was, or PTFE_ERROR_HALF_DONE. */
static int run_prepare(work *w) {
    find_numerics(w);
    if (*w->delegate->options.value[OPTION_PLAN] != 0) {
        if (answer_from_plan_file(w) != 0) return -1;
        return take(w);
    }
    if (graph_capture(w->context, &w->delegate->options, &w->graph, &w->error) != 0) return -1;
    if (w->graph.outline.length == 0) {
        /* Graphs behind the first are called by it: branches, or what gives variables their first value. */
        if (w->graph.all > 0 && (w->delegate->options.verbose > 0 || !w->delegate->has_parts)) line_say("no int8 or uint8 operations of fixed shape here: all %zu nodes stay on TFLite's kernels", w->graph.all);
        return 0;
    }
    return work_find_answer(w) != 0 ? -1 : take(w);
}

int delegate_prepare(tfl_context *context, tfl_delegate *base) {
    delegate *d = (delegate *)base;
    if (d->device == NULL) return TFL_OK; /* a line said why, when the delegate was made */
    work w = {.delegate = d, .context = context};
    pthread_mutex_lock(&d->lock);
    int status = run_prepare(&w);
    /* A plan file holds the first graph; those that it calls stay on the CPU. */
    const int called = d->has_parts && context != d->first && d->options.verbose == 0 && *d->options.value[OPTION_PLAN] != 0;
    if (status != 0 && !called) line_say("falling back to CPU: %s", w.error.text);
    work_end(&w);
    pthread_mutex_unlock(&d->lock);
    return status != 0 && w.error.code == PTFE_ERROR_HALF_DONE ? TFL_DELEGATE_ERROR : TFL_OK;
}
