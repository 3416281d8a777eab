#define _GNU_SOURCE /* dl_iterate_phdr */
#include "numerics.h"

#include <ctype.h>
#include <dirent.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../abi/ask_kernel.h"
#include "../util/line.h"

enum { NAME_BYTES = 160, MOST_FOLDERS = 6, UNKNOWN = -1 };

/* ---- versions ---- */

static int starts_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

int numerics_of_version(const char *package, const char *version) {
    char *end;
    if (!isdigit((unsigned char)*version)) return UNKNOWN;
    const long major = strtol(version, &end, 10);
    if (*end != '.' || !isdigit((unsigned char)end[1])) return UNKNOWN; /* "libtensorflow_cc.so.2" */
    const long minor = strtol(end + 1, NULL, 10);
    if (major > 1000 || minor > 1000) return UNKNOWN;
    const long release = major * 1000 + minor;
    if (starts_with(package, "ai_edge_litert")) {
        return release < 1003 ? NUMERICS_TFLITE_2_14 : release < 2004 ? NUMERICS_LITERT_2_3 : NUMERICS_LITERT_2_4;
    }
    /* TensorFlow and what is built from it took over what LiteRT 1.3 brought in 2.20. */
    if (starts_with(package, "tflite_runtime") || starts_with(package, "tensorflow") || starts_with(package, "libtensorflow")) {
        return release < 2020 ? NUMERICS_TFLITE_2_14 : NUMERICS_LITERT_2_3;
    }
    return UNKNOWN;
}

/* A version that was found, and where. */
typedef struct found {
    int numerics;
    char text[2 * NAME_BYTES];
} found;

/* The one package in `folder` that `inside` belongs to, by the name of its metadata: "ai_edge_litert-2.3.0.dist-info". */
static int package_in(const char *folder, const char *inside, found *out) {
    DIR *entries = opendir(folder);
    char name[NAME_BYTES] = "";
    int count = 0;
    if (entries == NULL) return 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        const char *dash = strchr(entry->d_name, '-'), *end = strstr(entry->d_name, ".dist-info");
        if (end == NULL || end[strlen(".dist-info")] != 0 || end - entry->d_name >= NAME_BYTES) continue;
        /* "-info" has a dash too. */
        if (dash == NULL || dash >= end || !starts_with(entry->d_name, inside)) continue;
        const char after = entry->d_name[strlen(inside)];
        if (after != '-' && after != '_') continue;
        snprintf(name, sizeof name, "%.*s", (int)(end - entry->d_name), entry->d_name);
        *strchr(name, '-') = 0;
        const char *version = name + strlen(name) + 1;
        const int numerics = numerics_of_version(name, version);
        if (numerics == UNKNOWN) continue;
        count++;
        out->numerics = count > 1 && out->numerics != numerics ? UNKNOWN : numerics;
        snprintf(out->text, sizeof out->text, "%s %s", name, version);
    }
    closedir(entries);
    return count > 0 && out->numerics != UNKNOWN;
}

/* "libtensorflow-lite.so.2.14.1" */
static int library_says(const char *file, found *out) {
    const char *version = strstr(file, ".so.");
    if (version == NULL) return 0;
    out->numerics = numerics_of_version(file, version + 4);
    snprintf(out->text, sizeof out->text, "%.150s", file);
    return out->numerics != UNKNOWN;
}

/* A file that is loaded, by an address in it. dladdr would look through all of its symbols too. */
typedef struct loaded_file {
    uintptr_t address, base;
    char path[4096];
} loaded_file;

static int is_loaded_here(struct dl_phdr_info *info, size_t size, void *context) {
    loaded_file *file = context;
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type != PT_LOAD || file->address < from || file->address - from >= info->dlpi_phdr[i].p_memsz) continue;
        file->base = info->dlpi_addr;
        snprintf(file->path, sizeof file->path, "%s", *info->dlpi_name == 0 ? "/proc/self/exe" : info->dlpi_name);
        return 1;
    }
    return 0;
}

static int find_file(const void *code, loaded_file *out) {
    out->address = (uintptr_t)code;
    return dl_iterate_phdr(is_loaded_here, out) != 0;
}

/* The file of TFLite's own code. */
static int find_tflite(const tfl_context *context, loaded_file *out) {
    const void *code;
    memcpy(&code, &context->get_execution_plan, sizeof code);
    return find_file(code, out);
}

/* What the file that TFLite's code stands in is called, or the package that it came with. */
static int version_beside(tfl_context *context, found *out) {
    loaded_file library;
    out->numerics = UNKNOWN;
    if (!find_tflite(context, &library)) return 0;
    char *path = realpath(library.path, NULL);
    if (path == NULL) return 0;
    const char *file = strrchr(path, '/');
    int done = file != NULL && library_says(file + 1, out);
    for (int i = 0; i < MOST_FOLDERS && !done; i++) {
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path) break;
        *slash = 0;
        const char *inside = strrchr(path, '/');
        if (inside == NULL || inside == path) break;
        char *folder = strndup(path, (size_t)(inside - path));
        done = folder != NULL && package_in(folder, inside + 1, out);
        free(folder);
    }
    free(path);
    return done;
}

/* ---- kernels ---- */

typedef struct evidence {
    int possible; /* bit set of releases */
    int prefers_oldest;
    char text[2 * NAME_BYTES];
} evidence;

enum {
    ONLY_2_14 = 1 << NUMERICS_TFLITE_2_14,
    ONLY_2_3 = 1 << NUMERICS_LITERT_2_3,
    ONLY_2_4 = 1 << NUMERICS_LITERT_2_4,
    ANY_RELEASE = ONLY_2_14 | ONLY_2_3 | ONLY_2_4
};

static void note(evidence *e, int possible, const char *format, int node) {
    const size_t used = strlen(e->text);
    e->possible &= possible;
    snprintf(e->text + used, sizeof e->text - used, used == 0 ? "" : ", ");
    const size_t at = strlen(e->text);
    snprintf(e->text + at, sizeof e->text - at, "%s #%d", format, node);
}

/* TFLite's own kernel, not one that a program brought along: in the same file as TFLite's code. */
static int is_of_tflite(tfl_context *context, const tfl_registration *registration) {
    loaded_file tflite, kernel;
    const void *invoke;
    memcpy(&invoke, &registration->invoke, sizeof invoke);
    return find_tflite(context, &tflite) && find_file(invoke, &kernel) && tflite.base == kernel.base;
}

static void ask_convolution(tfl_context *context, const tfl_registration *registration, int node, evidence *e) {
    const enum kept_product product = ask_product(context, registration);
    if (product == PRODUCT_FLOAT32) note(e, ONLY_2_14 | ONLY_2_3, "float32 products of scales in the convolution", node);
    if (product == PRODUCT_DOUBLE) note(e, ONLY_2_4, "double products of scales in the convolution", node);
}

/*
 * The reference kernels round once and with a double product from LiteRT 1.3 on. The optimized ones, which are as they were,
 * keep float32 products until 2.4, and round once or twice as the processor has it: they leave 2.14 and 2.3 open.
 */
static void ask_fully_connected(tfl_context *context, const tfl_registration *registration, int node, evidence *e) {
    const enum roundings roundings = ask_roundings(context, registration);
    const enum kept_product product = ask_product(context, registration);
    if (roundings == ROUNDINGS_UNKNOWN || product == PRODUCT_UNKNOWN) return;
    e->prefers_oldest |= roundings == ROUNDINGS_TWO;
    if (product == PRODUCT_FLOAT32) {
        note(e, ONLY_2_14 | ONLY_2_3, roundings == ROUNDINGS_TWO ? "two roundings in FULLY_CONNECTED" : "float32 products of scales in FULLY_CONNECTED", node);
    } else {
        note(e, roundings == ROUNDINGS_TWO ? ONLY_2_4 : ONLY_2_3 | ONLY_2_4, "one rounding in FULLY_CONNECTED", node);
    }
}

static void ask_kernels(tfl_context *context, evidence *e) {
    tfl_int_array *plan = NULL;
    int convolution = 0, fully_connected = 0;
    if (context->get_execution_plan(context, &plan) != TFL_OK || plan == NULL) return;
    for (int32_t i = 0; i < plan->size && !(convolution && fully_connected); i++) {
        tfl_node *node = NULL;
        tfl_registration *registration = NULL;
        if (context->get_node_and_registration(context, plan->data[i], &node, &registration) != TFL_OK || registration == NULL) continue;
        if (!can_ask(registration) || !is_of_tflite(context, registration)) continue;
        if (registration->builtin_code == TFL_FULLY_CONNECTED) {
            if (!fully_connected) ask_fully_connected(context, registration, plan->data[i], e);
            fully_connected = 1;
        } else {
            if (!convolution) ask_convolution(context, registration, plan->data[i], e);
            convolution = 1;
        }
    }
}

/* ---- both ---- */

/* A version that kernels contradict is off by little: a development version, say. */
static int nearest(int possible, int release) {
    for (int apart = 0;; apart++) {
        if (release >= apart && (possible >> (release - apart) & 1) != 0) return release - apart;
        if ((possible >> (release + apart) & 1) != 0) return release + apart;
    }
}

enum numerics numerics_of_host(tfl_context *context, char *how, size_t size) {
    found beside = {UNKNOWN, ""};
    evidence asked = {ANY_RELEASE, 0, ""};
    const int has_version = version_beside(context, &beside);
    ask_kernels(context, &asked);
    if (asked.possible == 0) asked = (evidence){ANY_RELEASE, 0, ""}; /* kernels of two minds */
    const int fits = has_version && (asked.possible >> beside.numerics & 1) != 0;
    int chosen = NUMERICS_COUNT - 1;
    if (has_version) chosen = nearest(asked.possible, beside.numerics);
    else if (asked.prefers_oldest && (asked.possible & ONLY_2_14) != 0) chosen = NUMERICS_TFLITE_2_14;
    else {
        while ((asked.possible >> chosen & 1) == 0) chosen--;
    }
    char text[4 * NAME_BYTES + 80];
    const int has_kernels = asked.text[0] != 0;
    if (has_kernels && has_version) snprintf(text, sizeof text, "%s; %s%s", asked.text, fits ? "" : "not what fits ", beside.text);
    else if (has_kernels || has_version) snprintf(text, sizeof text, "%s", has_kernels ? asked.text : beside.text);
    else snprintf(text, sizeof text, "the newest release, as neither kernels nor a version of TFLite tell");
    line_clean(how, size, text, strlen(text));
    return (enum numerics)chosen;
}
