/* Where the compiler's file and the Node program are. */
#ifndef PTFE_ENGINE_FILES_H
#define PTFE_ENGINE_FILES_H

#include <stddef.h>

#include "../util/error.h"

#define ENGINE_NODE "20.19" /* the oldest Node that runs it (package.json, engines) */

/*
 * The engine's file: `option` when it is not empty, else beside the library or where a build leaves it.
 * 0 with the path in `out`, or -1 and fills `error` with where it was looked for.
 */
int engine_find(const char *option, char *out, size_t out_size, ptfe_error *error);

/* The Node program: a path as it is, a name by PATH, empty for "node". */
int engine_find_node(const char *option, char *out, size_t out_size, ptfe_error *error);

#endif
