/* The compiler as a child process: `node engine.mjs serve`, frames on its stdin and stdout (docs/formats.md). */
#ifndef PTFE_ENGINE_H
#define PTFE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "../generated/engine_protocol.h"
#include "../util/error.h"

typedef struct engine engine;

/*
 * Starts the engine; `node` is a path, a name for PATH, or empty for "node". `seconds` of processor time bound everything
 * until engine_stop, `mebibytes` its heap; `folder` is the cache's, open, or -1. NULL, and fills `error`.
 */
engine *engine_start(const char *node, const char *file, int seconds, int mebibytes, int folder, ptfe_error *error);

/* One request, one reply of the same kind, malloc'ed. 0, or -1 and fills `error`; the engine is then of no more use. */
int engine_ask(engine *e, enum engine_kind kind, const void *payload, size_t length, uint8_t **reply, size_t *reply_length,
               ptfe_error *error);

/* Ends the process, whatever it does, and waits for it. NULL is fine. */
void engine_stop(engine *e);

#endif
