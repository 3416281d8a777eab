/* Generated from src/wire/delegate_options.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_OPTION_TABLE_H
#define PTFE_GENERATED_OPTION_TABLE_H

#include <stddef.h>

#include "option_ids.h"

enum option_kind { OPTION_KIND_WORDS, OPTION_KIND_NUMBER, OPTION_KIND_FILE, OPTION_KIND_FACTS };

typedef struct option_info {
    const char *name, *variable, *initial;
    const char *alias;   /* another key, or NULL */
    const char *allowed; /* for people */
    enum option_kind kind;
    const char *const *words; /* to NULL */
    const char *const *later; /* what is refused with another sentence, or NULL */
    long least, most;
    const char *no_file; /* a word in place of a file, or NULL */
    int searched;        /* a name without a slash is for PATH */
    int sent;            /* goes to the engine */
} option_info;

static const char *const option_device_words[] = {"auto", "npu", "software", "none", NULL};
static const char *const option_chip_words[] = {"rk3588", NULL};
static const char *const option_chip_later[] = {"rk3576", "rk3568", NULL};
static const char *const option_cores_words[] = {"1", "2", "3", "auto", NULL};
static const char *const option_verbose_words[] = {"0", "1", NULL};
static const char *const option_trust_words[] = {"inferred", "seen", NULL};
static const char *const option_parts_words[] = {"worthwhile", "all", NULL};
static const char *const option_precision_words[] = {"fastest", "fast", "best", NULL};
static const char *const option_numerics_words[] = {"auto", "tflite-2.14", "litert-2.3", "litert-2.4", NULL};
static const char *const numerics_names[NUMERICS_COUNT] = {"tflite-2.14", "litert-2.3", "litert-2.4"};

static const option_info option_table[OPTION_COUNT] = {
    [OPTION_DEVICE] = {
        .name = "device", .variable = "PTFE_DEVICE", .initial = "auto",
        .allowed = "auto|npu|software|none",
        .kind = OPTION_KIND_WORDS, .words = option_device_words,
    },
    [OPTION_CHIP] = {
        .name = "chip", .variable = "PTFE_CHIP", .initial = "rk3588",
        .allowed = "rk3588",
        .kind = OPTION_KIND_WORDS, .words = option_chip_words, .later = option_chip_later, .sent = 1,
    },
    [OPTION_CORES] = {
        .name = "cores", .variable = "PTFE_CORES", .initial = "1",
        .allowed = "1|2|3|auto",
        .kind = OPTION_KIND_WORDS, .words = option_cores_words, .sent = 1,
    },
    [OPTION_CACHE] = {
        .name = "cache", .variable = "PTFE_CACHE", .initial = "",
        .allowed = "<folder>|off",
        .kind = OPTION_KIND_FILE, .no_file = "off",
    },
    [OPTION_NODE] = {
        .name = "node", .variable = "PTFE_NODE", .initial = "",
        .allowed = "<path of Node>",
        .kind = OPTION_KIND_FILE, .searched = 1,
    },
    [OPTION_ENGINE] = {
        .name = "engine", .variable = "PTFE_ENGINE", .initial = "",
        .allowed = "<path of engine.mjs>",
        .kind = OPTION_KIND_FILE,
    },
    [OPTION_TIMEOUT] = {
        .name = "timeout", .variable = "PTFE_TIMEOUT", .initial = "60",
        .allowed = "<seconds, 1 to 86400>",
        .kind = OPTION_KIND_NUMBER, .least = 1, .most = 86400,
    },
    [OPTION_MEMORY] = {
        .name = "memory", .variable = "PTFE_MEMORY", .initial = "1024",
        .allowed = "<MiB, 64 to 65536>",
        .kind = OPTION_KIND_NUMBER, .least = 64, .most = 65536,
    },
    [OPTION_VERBOSE] = {
        .name = "verbose", .variable = "PTFE_VERBOSE", .initial = "0",
        .allowed = "0|1",
        .kind = OPTION_KIND_WORDS, .words = option_verbose_words,
    },
    [OPTION_PROFILE] = {
        .name = "profile", .variable = "PTFE_PROFILE", .initial = "",
        .allowed = "<file>",
        .kind = OPTION_KIND_FILE,
    },
    [OPTION_TRUST] = {
        .name = "trust", .variable = "PTFE_TRUST", .initial = "inferred",
        .allowed = "inferred|seen",
        .kind = OPTION_KIND_WORDS, .words = option_trust_words, .sent = 1,
    },
    [OPTION_PARTS] = {
        .name = "parts", .variable = "PTFE_PARTS", .initial = "worthwhile",
        .allowed = "worthwhile|all",
        .kind = OPTION_KIND_WORDS, .words = option_parts_words, .sent = 1,
    },
    [OPTION_PRECISION] = {
        .name = "precision", .variable = "PTFE_PRECISION", .initial = "fast",
        .allowed = "fastest|fast|best",
        .kind = OPTION_KIND_WORDS, .words = option_precision_words, .sent = 1,
    },
    [OPTION_NUMERICS] = {
        .name = "numerics", .variable = "PTFE_NUMERICS", .initial = "auto",
        .allowed = "auto|tflite-2.14|litert-2.3|litert-2.4",
        .kind = OPTION_KIND_WORDS, .words = option_numerics_words, .sent = 1,
    },
    [OPTION_FACTS] = {
        .name = "facts", .variable = "PTFE_FACTS", .initial = "",
        .alias = "fact",
        .allowed = "<name=value,... of the software NPU>",
        .kind = OPTION_KIND_FACTS,
    },
    [OPTION_PLAN] = {
        .name = "plan", .variable = "PTFE_PLAN", .initial = "",
        .allowed = "<file of ptfe compile, or a folder of them>",
        .kind = OPTION_KIND_FILE,
    },
};

#endif
