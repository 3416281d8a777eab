/* The delegate's options: one table for load_delegate's options and for the environment (src/wire/delegate_options.ts). */
#ifndef PTFE_OPTIONS_H
#define PTFE_OPTIONS_H

#include <stddef.h>

#include "../generated/option_ids.h"
#include "error.h"

/* Values as text, owned; empty where there is no default. */
typedef struct options {
    char *value[OPTION_COUNT];
    int timeout_seconds, memory_mebibytes, verbose;
    int privileged; /* the host has more rights than who started it: no engine, no cache, no variables */
    enum numerics numerics; /* where the option says auto, what was found out last */
} options;

const char *option_name(enum option_id id);
const char *numerics_name(enum numerics n);

/* What the engine is told of an option, or NULL for one that is not sent. */
const char *option_to_send(const options *o, enum option_id id);

/*
 * Defaults, then PTFE_<OPTION> variables, then keys and values; names of files are absolute afterwards. 0, or -1 and fills
 * `error` with what is allowed; options_free is safe either way.
 */
int options_read(options *out, char **keys, char **values, size_t count, ptfe_error *error);
void options_free(options *o);

/* What options_read would say of one option by its name; 0 where it would take the value. */
int options_check(const char *name, const char *value, ptfe_error *error);

#endif
