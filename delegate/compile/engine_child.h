/* The engine's process and the pipes to it. */
#ifndef PTFE_ENGINE_CHILD_H
#define PTFE_ENGINE_CHILD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "../util/error.h"

typedef struct engine_child {
    pid_t pid; /* 0: reaped */
    int to, from, complaints; /* -1: closed */
    clockid_t clock;          /* its processor time */
    int64_t started, moved, used; /* milliseconds: when it started, when it last used processor time, how much it used by then */
} engine_child;

/*
 * Runs `node FILE serve` with a heap of so many MiB; `node` as engine_find_node takes it. `folder`: an fd of the cache's, where the
 * engine keeps V8's code; or -1. 0, or -1 and fills `error`.
 */
int engine_child_start(engine_child *c, const char *node, const char *file, int mebibytes, int folder, ptfe_error *error);

/*
 * Whether it has had its time: `seconds` of processor time (other work on the machine does not count), as many without any
 * use of it, or far more by the clock on the wall. 1 and fills `error` then.
 */
int engine_child_is_late(engine_child *c, int seconds, ptfe_error *error);

/* Ends its process group and waits for it; its status, or -1 where it did not end by itself within the grace time. */
int engine_child_reap(engine_child *c, int grace_milliseconds);

/* Closes the pipes, then reaps. */
void engine_child_end(engine_child *c);

#endif
