/* The delegate's options: one table for load_delegate's options and for the environment. */
#ifndef PTFE_OPTIONS_H
#define PTFE_OPTIONS_H

#include <stddef.h>

#include "error.h"

enum option_id {
    OPTION_DEVICE,
    OPTION_CHIP,
    OPTION_CACHE,
    OPTION_NODE,
    OPTION_ENGINE,
    OPTION_TIMEOUT,
    OPTION_MEMORY,
    OPTION_VERBOSE,
    OPTION_PROFILE,
    OPTION_TRUST,
    OPTION_PARTS,
    OPTION_PRECISION,
    OPTION_NUMERICS,
    OPTION_FACTS,
    OPTION_PLAN,
    OPTION_COUNT
};

/* The releases of TFLite whose numbers plans can give, in the order of src/graph/numerics.ts. */
enum numerics { NUMERICS_TFLITE_2_14, NUMERICS_LITERT_2_3, NUMERICS_LITERT_2_4, NUMERICS_COUNT };

/* Values as text, owned; empty where there is no default. */
typedef struct options {
    char *value[OPTION_COUNT];
    int timeout_seconds, memory_mebibytes, verbose;
    int privileged; /* the host has more rights than who started it: no engine, no cache, no variables */
    enum numerics numerics; /* where the option says auto, what was found out last */
} options;

const char *option_name(enum option_id id);
const char *numerics_name(enum numerics n);

/*
 * Defaults, then PTFE_<OPTION> variables, then keys and values; names of files are absolute afterwards. 0, or -1 and fills
 * `error` with what is allowed; options_free is safe either way.
 */
int options_read(options *out, char **keys, char **values, size_t count, ptfe_error *error);
void options_free(options *o);

/* What options_read would say of one option by its name; 0 where it would take the value. */
int options_check(const char *name, const char *value, ptfe_error *error);

#endif
