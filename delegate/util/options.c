#define _GNU_SOURCE /* secure_getenv */
#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/auxv.h>

#include "../device/facts_option.h"
#include "../generated/option_table.h"
#include "option_names.h"
#include "paths.h"

const char *option_name(enum option_id id) { return option_table[id].name; }

const char *numerics_name(enum numerics n) { return numerics_names[n]; }

static enum numerics numerics_of(const char *value) {
    for (int n = 0; n < NUMERICS_COUNT; n++) {
        if (strcmp(value, numerics_names[n]) == 0) return (enum numerics)n;
    }
    return NUMERICS_COUNT - 1;
}

const char *option_to_send(const options *o, enum option_id id) {
    if (!option_table[id].sent) return NULL;
    return id == OPTION_NUMERICS ? numerics_names[o->numerics] : o->value[id];
}

/* @param words to NULL, or NULL for none */
static int is_listed(const char *const *words, const char *value) {
    while (words != NULL && *words != NULL) {
        if (strcmp(*words++, value) == 0) return 1;
    }
    return 0;
}

static int is_between(const char *value, long least, long most) {
    char *end = NULL;
    const long number = strtol(value, &end, 10);
    return isdigit((unsigned char)*value) && *end == 0 && number >= least && number <= most;
}

static int check(const option_info *option, const char *value, ptfe_error *error) {
    switch (option->kind) {
    case OPTION_KIND_WORDS:
        if (is_listed(option->words, value)) return 0;
        if (is_listed(option->later, value)) {
            return error_set(error, "option %s: nothing is compiled for %s yet (allowed: %s)", option->name, value, option->allowed);
        }
        break;
    case OPTION_KIND_NUMBER:
        if (is_between(value, option->least, option->most)) return 0;
        break;
    case OPTION_KIND_FILE:
        /* "~/" is the home folder (paths.c); a folder called "~" in the current one is what nobody means. */
        if (strcmp(value, "~") != 0) return 0;
        return error_set(error, "option %s: \"~\" is no file: give the whole path", option->name);
    case OPTION_KIND_FACTS: return facts_option_check(value, error);
    }
    return error_set(error, "option %s: \"%.80s\" is not a value (allowed: %s)", option->name, value, option->allowed);
}

/* The host may go to another folder before the file is used. */
static int names_file(const option_info *option, const char *value) {
    if (option->kind != OPTION_KIND_FILE || *value == 0) return 0;
    if (option->no_file != NULL && strcmp(value, option->no_file) == 0) return 0;
    return !option->searched || strchr(value, '/') != NULL;
}

static int set(options *o, enum option_id id, const char *value, ptfe_error *error) {
    const option_info *option = &option_table[id];
    if (check(option, value, error) != 0) return -1;
    char *copy = names_file(option, value) ? path_absolute(value) : strdup(value);
    if (copy == NULL) return error_no_memory(error, "options");
    free(o->value[id]);
    o->value[id] = copy;
    return 0;
}

static int set_from_environment(options *o, enum option_id id, ptfe_error *error) {
    const char *value = secure_getenv(option_table[id].variable);
    if (value == NULL || *value == 0 || set(o, id, value, error) == 0) return 0;
    error_append(error, ", from %s", option_table[id].variable);
    return -1;
}

static int refuse_unknown(const char *key, ptfe_error *error) {
    const char *near = option_near(key);
    error_set(error, "unknown option \"%.40s\"", key);
    if (near != NULL) error_append(error, ": did you mean \"%s\"?", near);
    error_append(error, " (options:");
    for (int id = 0; id < OPTION_COUNT; id++) error_append(error, " %s=%s", option_table[id].name, option_table[id].allowed);
    error_append(error, ")");
    return -1;
}

/* By name or alias; OPTION_COUNT for none. */
static int find(const char *key) {
    for (int id = 0; id < OPTION_COUNT; id++) {
        const char *alias = option_table[id].alias;
        if (strcmp(key, option_table[id].name) == 0 || (alias != NULL && strcmp(key, alias) == 0)) return id;
    }
    return OPTION_COUNT;
}

int options_check(const char *name, const char *value, ptfe_error *error) {
    const int id = find(name);
    return id == OPTION_COUNT ? refuse_unknown(name, error) : check(&option_table[id], value, error);
}

int options_read(options *out, char **keys, char **values, size_t count, ptfe_error *error) {
    memset(out, 0, sizeof *out);
    out->privileged = getauxval(AT_SECURE) != 0;
    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((out->value[id] = strdup(option_table[id].initial)) == NULL) return error_no_memory(error, "options");
    }
    /* A variable is not looked at where an option is given. */
    for (int id = 0; id < OPTION_COUNT; id++) {
        int given = 0;
        for (size_t i = 0; i < count; i++) given |= keys[i] != NULL && find(keys[i]) == id;
        if (!given && set_from_environment(out, (enum option_id)id, error) != 0) return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const char *key = keys[i] == NULL ? "" : keys[i];
        const int id = find(key);
        if (id == OPTION_COUNT && option_is_foreign(key)) continue; /* a line says so (option_names.h) */
        if (id == OPTION_COUNT) return refuse_unknown(key, error);
        if (set(out, (enum option_id)id, values[i] == NULL ? "" : values[i], error) != 0) return -1;
    }
    out->timeout_seconds = (int)strtol(out->value[OPTION_TIMEOUT], NULL, 10);
    out->memory_mebibytes = (int)strtol(out->value[OPTION_MEMORY], NULL, 10);
    out->verbose = (int)strtol(out->value[OPTION_VERBOSE], NULL, 10);
    out->numerics = numerics_of(out->value[OPTION_NUMERICS]);
    return 0;
}

void options_free(options *o) {
    for (int id = 0; id < OPTION_COUNT; id++) {
        free(o->value[id]);
        o->value[id] = NULL;
    }
}
