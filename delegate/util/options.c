#define _GNU_SOURCE /* secure_getenv */
#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/auxv.h>

#include "../device/facts_option.h"
#include "../generated/chips.h"
#include "paths.h"

enum { MOST_SECONDS = 86400, LEAST_MEBIBYTES = 64, MOST_MEBIBYTES = 65536 };

typedef struct option_info {
    const char *name;
    const char *alias; /* another name that is taken, or NULL */
    const char *initial;
    const char *allowed; /* values between '|', or a description in <> */
} option_info;

static const option_info table[OPTION_COUNT] = {
    [OPTION_DEVICE] = {"device", NULL, "auto", "auto|npu|software|none"},
    [OPTION_CHIP] = {"chip", NULL, NPU_CHIP_OPTION, NPU_CHIP_OPTIONS},
    [OPTION_CACHE] = {"cache", NULL, "", "<folder>|off"},
    [OPTION_NODE] = {"node", NULL, "", "<path of Node>"},
    [OPTION_ENGINE] = {"engine", NULL, "", "<path of engine.mjs>"},
    [OPTION_TIMEOUT] = {"timeout", NULL, "60", "<seconds, 1 to 86400>"},
    [OPTION_MEMORY] = {"memory", NULL, "1024", "<MiB, 64 to 65536>"},
    [OPTION_VERBOSE] = {"verbose", NULL, "0", "0|1"},
    [OPTION_PROFILE] = {"profile", NULL, "", "<file>"},
    [OPTION_TRUST] = {"trust", NULL, "inferred", "inferred|seen"},
    [OPTION_PARTS] = {"parts", NULL, "worthwhile", "worthwhile|all"},
    [OPTION_PRECISION] = {"precision", NULL, "fast", "fast|best"},
    [OPTION_NUMERICS] = {"numerics", NULL, "auto", "auto|tflite-2.14|litert-2.3|litert-2.4"},
    [OPTION_FACTS] = {"facts", "fact", "", "<name=value,... of the software NPU>"},
    [OPTION_PLAN] = {"plan", NULL, "", "<file of ptfe compile>"},
};

const char *option_name(enum option_id id) { return table[id].name; }

const char *numerics_name(enum numerics n) {
    static const char *const names[NUMERICS_COUNT] = {"tflite-2.14", "litert-2.3", "litert-2.4"};
    return names[n];
}

static enum numerics numerics_of(const char *value) {
    for (int n = 0; n < NUMERICS_COUNT; n++) {
        if (strcmp(value, numerics_name((enum numerics)n)) == 0) return (enum numerics)n;
    }
    return NUMERICS_COUNT - 1;
}

static int is_listed(const char *list, const char *value) {
    size_t length = strlen(value);
    while (length > 0) {
        if (strncmp(list, value, length) == 0 && (list[length] == 0 || list[length] == '|')) return 1;
        list = strchr(list, '|');
        if (list == NULL) return 0;
        list++;
    }
    return 0;
}

static int is_between(const char *value, long least, long most) {
    char *end = NULL;
    const long number = strtol(value, &end, 10);
    return isdigit((unsigned char)*value) && *end == 0 && number >= least && number <= most;
}

static int check(enum option_id id, const char *value, ptfe_error *error) {
    switch (id) {
    case OPTION_TIMEOUT:
        if (is_between(value, 1, MOST_SECONDS)) return 0;
        break;
    case OPTION_MEMORY:
        if (is_between(value, LEAST_MEBIBYTES, MOST_MEBIBYTES)) return 0;
        break;
    case OPTION_FACTS: return facts_option_check(value, error);
    case OPTION_CHIP:
        if (is_listed(NPU_OTHER_CHIPS, value)) {
            return error_set(error, "option chip: nothing is compiled for %s yet (allowed: %s)", value, table[id].allowed);
        }
        if (is_listed(table[id].allowed, value)) return 0;
        break;
    default:
        /* "~/" is the home folder (paths.c); a folder called "~" in the current one is what nobody means. */
        if (table[id].allowed[0] == '<' && strcmp(value, "~") == 0) {
            return error_set(error, "option %s: \"~\" is no file: give the whole path", table[id].name);
        }
        if (table[id].allowed[0] == '<' || is_listed(table[id].allowed, value)) return 0;
    }
    return error_set(error, "option %s: \"%.80s\" is not a value (allowed: %s)", table[id].name, value, table[id].allowed);
}

/* The host may go to another folder before the file is used. "off" is no file; a Node without a slash is a name for PATH. */
static int names_file(enum option_id id, const char *value) {
    if (*value == 0) return 0;
    if (id == OPTION_NODE) return strchr(value, '/') != NULL;
    if (id == OPTION_CACHE) return strcmp(value, "off") != 0;
    return id == OPTION_ENGINE || id == OPTION_PROFILE || id == OPTION_PLAN;
}

static int set(options *o, enum option_id id, const char *value, ptfe_error *error) {
    if (check(id, value, error) != 0) return -1;
    char *copy = names_file(id, value) ? path_absolute(value) : strdup(value);
    if (copy == NULL) return error_no_memory(error, "options");
    free(o->value[id]);
    o->value[id] = copy;
    return 0;
}

static int set_from_environment(options *o, enum option_id id, ptfe_error *error) {
    char name[32] = "PTFE_";
    size_t at = strlen(name);
    for (const char *c = table[id].name; *c != 0 && at < sizeof name - 1; c++) name[at++] = (char)toupper((unsigned char)*c);
    name[at] = 0;
    const char *value = secure_getenv(name);
    if (value == NULL || *value == 0 || set(o, id, value, error) == 0) return 0;
    error_append(error, ", from %s", name);
    return -1;
}

static int refuse_unknown(const char *key, ptfe_error *error) {
    error_set(error, "unknown option \"%.40s\" (options:", key);
    for (int id = 0; id < OPTION_COUNT; id++) error_append(error, " %s=%s", table[id].name, table[id].allowed);
    error_append(error, ")");
    return -1;
}

/* By name or alias; OPTION_COUNT for none. */
static int find(const char *key) {
    int id = 0;
    while (id < OPTION_COUNT && strcmp(key, table[id].name) != 0 && (table[id].alias == NULL || strcmp(key, table[id].alias) != 0)) id++;
    return id;
}

int options_check(const char *name, const char *value, ptfe_error *error) {
    const int id = find(name);
    return id == OPTION_COUNT ? refuse_unknown(name, error) : check((enum option_id)id, value, error);
}

int options_read(options *out, char **keys, char **values, size_t count, ptfe_error *error) {
    memset(out, 0, sizeof *out);
    out->privileged = getauxval(AT_SECURE) != 0;
    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((out->value[id] = strdup(table[id].initial)) == NULL) return error_no_memory(error, "options");
    }
    /* A variable is not looked at where an option is given. */
    for (int id = 0; id < OPTION_COUNT; id++) {
        int given = 0;
        for (size_t i = 0; i < count; i++) given |= keys[i] != NULL && strcmp(keys[i], table[id].name) == 0;
        if (!given && set_from_environment(out, (enum option_id)id, error) != 0) return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const char *key = keys[i] == NULL ? "" : keys[i];
        const int id = find(key);
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
