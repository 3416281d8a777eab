#include "complaints.h"

#include <signal.h>
#include <string.h>

#include "../util/line.h"
#include "engine_files.h"

enum { RANK_NONE, RANK_LAST, RANK_ERROR, RANK_CHECK, RANK_FATAL };

static int starts_with(const char *line, const char *with) { return strncmp(line, with, strlen(with)) == 0; }

/*
 * V8 frames its own fatal errors in lines of "#", "# Fatal error in , line 0" and a stack of machine code; what happened stands
 * between them, or behind "FATAL ERROR:". JavaScript's errors have a line with "Error".
 */
static int rank_of(const char *line) {
    if (line[strspn(line, "# \t-<>")] == 0) return RANK_NONE;
    if (strstr(line, "FATAL ERROR:") != NULL) return RANK_FATAL;
    if (starts_with(line, "# Fatal error in") || starts_with(line, "#FailureMessage") || starts_with(line, "----") || starts_with(line, "<---")) {
        return RANK_NONE;
    }
    if (starts_with(line, "# ")) return RANK_CHECK;
    return strstr(line, "Error") != NULL ? RANK_ERROR : RANK_LAST;
}

/* The first of the highest rank counts; of those that say nothing special, the last. */
static void end_line(complaints *c) {
    c->line[c->length] = 0;
    const int rank = rank_of(c->line);
    if (rank > c->rank || (rank == RANK_LAST && c->rank == RANK_LAST)) {
        line_clean(c->best, sizeof c->best, c->line, c->length);
        c->rank = rank;
    }
    c->length = 0;
}

void complaints_add(complaints *c, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') end_line(c);
        else if (c->length < sizeof c->line - 1) c->line[c->length++] = text[i] == 0 ? ' ' : text[i];
    }
}

const char *complaints_line(complaints *c) {
    if (c->length > 0) end_line(c);
    return c->best;
}

static int says_any(const complaints *c, const char *const *words) {
    for (; *words != NULL; words++) {
        if (strstr(c->best, *words) != NULL) return 1;
    }
    return 0;
}

const char *complaints_cure(const complaints *c, int signal) {
    static const char *const heap[] = {"heap limit", "heap out of memory", "Array buffer allocation failed", NULL};
    static const char *const memory[] = {"OOM", "out of memory", "Out of memory", NULL};
    static const char *const old[] = {"SyntaxError", "ERR_REQUIRE_ESM", "ERR_UNKNOWN_BUILTIN_MODULE", "ERR_UNKNOWN_FILE_EXTENSION",
                                      "Cannot find module 'node:", "is not a function", NULL};
    if (says_any(c, heap)) return "; give it more memory (option memory), or compile elsewhere (ptfe compile, option plan)";
    if (says_any(c, memory)) return "; too little memory for Node here: compile elsewhere (ptfe compile, option plan)";
    if (says_any(c, old)) return "; the engine needs Node " ENGINE_NODE " or later (option node)";
    if (signal == SIGKILL) return "; was it out of memory? compile elsewhere (ptfe compile, option plan)";
    /* Where memory cannot be made executable, V8 ends itself. */
    return signal != 0 ? "; Node does not run here: compile elsewhere (ptfe compile, option plan)" : "";
}
