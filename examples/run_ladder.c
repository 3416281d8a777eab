/*
 * The self-test on a board without Node. Elsewhere: `npx ptfe selftest --write FOLDER`; copy FOLDER, the library and this there:
 *     cc -std=c11 -Idelegate/include examples/run_ladder.c build/Release/libptfe.so -Wl,-rpath,'$ORIGIN' -o run_ladder
 *     ./run_ladder FOLDER npu
 * It writes the device's values into FOLDER, which `npx ptfe selftest --read FOLDER` then explains. 0: all as expected.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptfe.h"

enum { MOST_TENSORS = 8, MOST_NAME = 200, MOST_PATH = 1024, ERROR_BYTES = 512 };

typedef struct rung {
    const char *folder;
    char number[16], name[MOST_NAME];
    unsigned inputs, outputs;
} rung;

/* FOLDER/NUMBER.WHATINDEX; no index below 0. */
static void path_of(const rung *r, const char *what, int index, char path[MOST_PATH]) {
    char last[16] = "";
    if (index >= 0) snprintf(last, sizeof last, "%d", index);
    snprintf(path, MOST_PATH, "%s/%s.%s%s", r->folder, r->number, what, last);
}

/* 8-aligned as malloc gives it; NULL where it cannot be read. */
static void *read_file(const rung *r, const char *what, int index, size_t *length) {
    char path[MOST_PATH];
    path_of(r, what, index, path);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    const long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    char *bytes = size >= 0 && fseek(file, 0, SEEK_SET) == 0 ? malloc((size_t)size + 1) : NULL;
    *length = size >= 0 ? (size_t)size : 0;
    if (bytes != NULL && fread(bytes, 1, *length, file) != *length) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

static int write_file(const rung *r, const char *what, int index, const void *bytes, size_t length) {
    char path[MOST_PATH];
    path_of(r, what, index, path);
    FILE *file = fopen(path, "wb");
    if (file == NULL) return -1;
    const int failed = fwrite(bytes, 1, length, file) != length;
    return fclose(file) != 0 || failed ? -1 : 0;
}

static int fail(char *error, const char *text) {
    snprintf(error, ERROR_BYTES, "%s", text);
    return -1;
}

static int run_on(ptfe_session *session, const rung *r, void **inputs, void **outputs, size_t *differing, char *error) {
    ptfe_tensor tensor;
    size_t length;
    if (ptfe_input_count(session) != r->inputs || ptfe_output_count(session) != r->outputs) return fail(error, "another plan than the ladder says");
    for (unsigned i = 0; i < r->inputs; i++) {
        inputs[i] = read_file(r, "in", (int)i, &length);
        if (inputs[i] == NULL || ptfe_input(session, i, &tensor) != 0 || tensor.bytes != length) return fail(error, "an input is missing or cut");
    }
    for (unsigned i = 0; i < r->outputs; i++) {
        if (ptfe_output(session, i, &tensor) != 0 || (outputs[i] = malloc(tensor.bytes + 1)) == NULL) return fail(error, "out of memory");
    }
    if (ptfe_run(session, (const void *const *)inputs, outputs, error, ERROR_BYTES) != 0) return -1;
    for (unsigned i = 0; i < r->outputs; i++) {
        ptfe_output(session, i, &tensor);
        if (write_file(r, "got", (int)i, outputs[i], tensor.bytes) != 0) return fail(error, "the values cannot be written");
        unsigned char *want = read_file(r, "want", (int)i, &length);
        const unsigned char *got = outputs[i];
        for (size_t k = 0; k < tensor.bytes; k++) *differing += want == NULL || k >= length || want[k] != got[k];
        free(want);
    }
    return 0;
}

static int run(const rung *r, const char *device, size_t *differing, char *error) {
    void *inputs[MOST_TENSORS] = {0}, *outputs[MOST_TENSORS] = {0};
    size_t length;
    if (r->inputs > MOST_TENSORS || r->outputs > MOST_TENSORS) return fail(error, "too many tensors");
    void *plan = read_file(r, "plan", -1, &length);
    if (plan == NULL) return fail(error, "its plan cannot be read");
    ptfe_session *session = ptfe_open_on(device, plan, length, error, ERROR_BYTES);
    const int status = session == NULL ? -1 : run_on(session, r, inputs, outputs, differing, error);
    ptfe_close(session);
    for (size_t i = 0; i < MOST_TENSORS; i++) {
        free(inputs[i]);
        free(outputs[i]);
    }
    free(plan);
    return status;
}

/* 1 where the device's values are those of the software NPU. */
static int climb(const rung *r, const char *device) {
    char path[MOST_PATH], error[ERROR_BYTES] = "";
    size_t differing = 0;
    path_of(r, "failed", -1, path);
    remove(path);
    for (unsigned i = 0; i < r->outputs; i++) {
        path_of(r, "got", (int)i, path); /* of an earlier run */
        remove(path);
    }
    if (run(r, device, &differing, error) != 0) {
        write_file(r, "failed", -1, error, strlen(error));
        printf("failed  %s %s: %s\n", r->number, r->name, error);
        return 0;
    }
    if (differing > 0) printf("differs %s %s: %zu values\n", r->number, r->name, differing);
    else printf("same    %s %s\n", r->number, r->name);
    return differing == 0;
}

int main(int count, char **arguments) {
    char path[MOST_PATH], line[MOST_NAME + 64];
    unsigned all = 0, same = 0;
    if (count != 3) {
        fprintf(stderr, "usage: run_ladder FOLDER npu|software|auto\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/ladder.txt", arguments[1]);
    FILE *list = fopen(path, "r");
    if (list == NULL) {
        perror(path);
        return 2;
    }
    while (fgets(line, sizeof line, list) != NULL) {
        rung r = {.folder = arguments[1]};
        if (sscanf(line, "%15s %u %u %199[^\n]", r.number, &r.inputs, &r.outputs, r.name) != 4) continue;
        all++;
        same += climb(&r, arguments[2]) ? 1 : 0;
        fflush(stdout);
    }
    fclose(list);
    printf("%u of %u rungs gave the software NPU's values\n", same, all);
    return all > 0 && same == all ? 0 : 1;
}
