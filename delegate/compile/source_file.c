/* The answer on a graph from a file of `ptfe compile`, or from a folder of them (option plan), where no engine is. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../graph/capture.h"
#include "graph_key.h"
#include "memo.h"
#include "plan_file.h"
#include "../util/line.h"
#include "../util/paths.h"
#include "work.h"

/* The nodes of all parts, in the order of the graph: 0 with their number, or -1. `all`: the graph's. */
static int covered_nodes(const answer *a, const tfl_int_array *all, uint32_t *nodes, size_t *count) {
    size_t wanted = 0;
    *count = 0;
    for (size_t p = 0; p < a->part_count; p++) wanted += a->parts[p].nodes.count;
    if (wanted > (size_t)all->size) return -1;
    for (int32_t i = 0; i < all->size; i++) {
        int covered = 0;
        for (size_t p = 0; !covered && p < a->part_count; p++) {
            const u32_list list = a->parts[p].nodes;
            for (uint32_t n = 0; !covered && n < list.count; n++) covered = list.data[n] == (uint32_t)all->data[i];
        }
        if (covered) nodes[(*count)++] = (uint32_t)all->data[i];
    }
    return *count == wanted ? 0 : -1;
}

static int is_of_another_model(work *w) { return error_set_code(&w->error, PTFE_ERROR_OTHER_MODEL, "it was compiled from another model, or for other sizes"); }

/* Whether the covered nodes of TFLite's graph are those that the plan was made from. */
static int check_key(work *w, const tfl_int_array *all, const uint8_t key[32]) {
    uint8_t found[32];
    size_t count;
    uint32_t *nodes = calloc((size_t)all->size + 1, sizeof *nodes);
    if (nodes == NULL) return error_no_memory(&w->error, "the list of nodes");
    int status = covered_nodes(w->answer, all, nodes, &count);
    if (status == 0) {
        status = graph_capture_nodes(w->context, w->context->get_node_and_registration, nodes, count, NULL, &w->graph, &w->error);
    }
    free(nodes);
    w->graph.all = (size_t)all->size;
    if (status == 0) graph_key(&w->graph, "", cache_opened(&w->entry), found);
    if (status != 0 && w->error.code == PTFE_ERROR_MEMORY) return -1;
    return status == 0 && memcmp(found, key, sizeof found) == 0 ? 0 : is_of_another_model(w);
}

/* Whose numbers the plan gives; the host's, unless a part gives another release's. */
static enum numerics numerics_of_plan(const work *w) {
    const enum numerics wanted = w->delegate->options.numerics;
    for (size_t i = 0; i < w->answer->part_count; i++) {
        const enum numerics own = (enum numerics)w->kernels[i]->session->plan.numerics;
        if (own != wanted) return own;
    }
    return wanted;
}

static int has_the_hosts_numerics(const work *w) { return numerics_of_plan(w) == w->delegate->options.numerics; }

/* A plan for another release is off by 1 LSB here and there: taken, unless the numbers were asked for. */
static int check_numerics(work *w, const char *path) {
    const options *o = &w->delegate->options;
    if (has_the_hosts_numerics(w)) return 0;
    const enum numerics own = numerics_of_plan(w);
    if (strcmp(o->value[OPTION_NUMERICS], "auto") != 0) {
        return error_set(&w->error, "it gives the numbers of %s, and the option numerics asks for %s (ptfe compile --numerics %s)",
                         numerics_name(own), numerics_name(o->numerics), numerics_name(o->numerics));
    }
    line_say("the plan %.180s gives the numbers of %s, where this host has those of %s: some values differ by 1 LSB "
             "(ptfe compile --numerics %s)",
             path, numerics_name(own), numerics_name(o->numerics), numerics_name(o->numerics));
    return 0;
}

/* A file that is known to be whole is not read again. */
static int check_plans(work *w) {
    memo known;
    uint8_t digest[32] = {0};
    if (w->answer->file == PLAN_NO_FILE) return 0; /* small: each plan is checked where it is opened */
    memo_of(&known, cache_opened(&w->entry), w->answer->file, "plan file", NULL, 0);
    if (memo_get(&known, digest) == 0) return 0;
    if (answer_check_plans(w->answer, &w->error) != 0) return -1;
    memo_put(&known, digest);
    return 0;
}

static int read_plan_file(work *w, const char *path) {
    plan_file_header h;
    tfl_int_array *all = NULL;
    bytes request = {0};
    w->answer = answer_new();
    if (w->answer == NULL) return error_no_memory(&w->error, "it");
    if (plan_file_read(path, &h, w->answer, &w->error) != 0) return -1;
    if (answer_read_parts(w->answer, &w->error) != 0) return -1;
    if (w->context->get_execution_plan(w->context, &all) != TFL_OK || all == NULL || all->size < 0) {
        return error_set(&w->error, "TFLite gives no execution plan");
    }
    if (graph_is_cyclic(w->context, all, &w->error) || graph_is_resized(w->context, all, &w->error)) return -1;
    if (check_key(w, all, h.key) != 0) return -1;
    if (answer_read_check(w->answer, (const uint32_t *)all->data, (size_t)all->size, &w->error) != 0) {
        return w->error.code == PTFE_ERROR_MEMORY ? -1 : is_of_another_model(w);
    }
    const int previewed = work_preview(w, &request), same = previewed == 0 && answer_has_parts(w->answer, &request);
    bytes_free(&request);
    if (previewed != 0) return -1;
    if (!same) return error_set_code(&w->error, PTFE_ERROR_OTHER_MODEL, "TFLite cuts the graph into other parts");
    return check_plans(w) != 0 ? -1 : work_load_kernels(w);
}

static int use_plan_file(work *w, const char *path) { return read_plan_file(w, path) != 0 ? -1 : check_numerics(w, path); }

/* What a file left that was not the one. */
static void forget(work *w) {
    work_free_kernels(w);
    answer_release(w->answer);
    w->answer = NULL;
    graph_free(&w->graph);
}

static int is_plan(const struct dirent *entry) {
    const char *end = strrchr(entry->d_name, '.');
    return end != NULL && strcmp(end, ".plan") == 0;
}

/* 1: a plan of this graph that gives the host's numbers, loaded. 0: none; `near` is then one that gives another release's, or NULL. */
static int find_plan(work *w, const char *folder, struct dirent **names, int count, char **near, int *damaged) {
    for (int i = 0; i < count; i++) {
        char *path = path_joined(folder, names[i]->d_name);
        if (path == NULL) return error_no_memory(&w->error, "the name of a plan");
        const int fits = read_plan_file(w, path) == 0;
        if (fits && has_the_hosts_numerics(w)) {
            if (w->delegate->options.verbose > 0) line_say("plan %s", path);
            free(path);
            return 1;
        }
        forget(w);
        if (fits && *near == NULL) *near = path;
        else free(path);
        if (fits || w->error.code == PTFE_ERROR_OTHER_MODEL) continue;
        if (w->error.code != PTFE_ERROR_DAMAGED) return -1;
        (*damaged)++;
    }
    return 0;
}

static int none_fits(work *w, int count, int damaged) {
    if (count == 0) return error_set(&w->error, "there is no file NAME.plan in this folder");
    error_set(&w->error, "none of the %d plans in this folder was compiled from this model, for these sizes", count);
    if (damaged > 0) error_append(&w->error, " (%d damaged, or no plan file of this version)", damaged);
    return -1;
}

/* Of the files NAME.plan in a folder the first, by name, that is this graph's. */
static int use_folder(work *w, const char *folder) {
    struct dirent **names = NULL;
    char *near = NULL;
    int damaged = 0;
    const int count = scandir(folder, &names, is_plan, alphasort);
    if (count < 0) return error_set_code(&w->error, error_code_of(errno), "%s", strerror(errno));
    int found = find_plan(w, folder, names, count, &near, &damaged);
    if (found == 0 && near != NULL) found = use_plan_file(w, near) == 0 ? 1 : -1;
    if (found == 0) found = none_fits(w, count, damaged);
    free(near);
    for (int i = 0; i < count; i++) free(names[i]);
    free(names);
    return found > 0 ? 0 : -1;
}

static int is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int answer_from_plan_file(work *w) {
    const char *path = w->delegate->options.value[OPTION_PLAN];
    if (w->resized != NULL) return error_set(&w->error, "a plan file (option plan) is for one size");
    if (!w->delegate->options.privileged) cache_choose_for_memos(&w->entry, w->delegate->options.value[OPTION_CACHE]);
    if ((is_folder(path) ? use_folder(w, path) : use_plan_file(w, path)) == 0) return 0;
    return error_set_code(&w->error, w->error.code, "the plan %.180s: %s", path, w->error.text);
}
