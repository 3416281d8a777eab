/*
 * Runs a part of a compiled model with ptfe's C ABI alone: no TFLite, no Node, no Python.
 *
 *     npx ptfe compile model.tflite -o model.plan                      (on any machine with Node)
 *     cc -I delegate/include examples/run_plan.c build/Release/libptfe.so -Wl,-rpath,build/Release -o run_plan
 *     ./run_plan model.plan PART OUTPUT_PREFIX INPUT...                (on the NPU where it works)
 *     ./run_plan --device npu|software|auto model.plan PART OUTPUT_PREFIX INPUT...
 *
 * INPUT: a file with the bytes of each input of the part, as TFLite has them (NHWC). Output n goes to OUTPUT_PREFIXn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptfe.h"

enum { MOST_TENSORS = 64, ERROR_BYTES = 512 };

/* The whole file, 8-aligned as malloc gives it; NULL where it cannot be read. */
static void *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    char *bytes = NULL;
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (size >= 0 && fseek(file, 0, SEEK_SET) == 0) bytes = malloc((size_t)size + 1);
    *length = (size_t)size;
    if (bytes != NULL && fread(bytes, 1, *length, file) != *length) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

static int write_file(const char *prefix, uint32_t number, const void *bytes, size_t length) {
    char path[1024];
    snprintf(path, sizeof path, "%s%" PRIu32, prefix, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL) return -1;
    int failed = fwrite(bytes, 1, length, file) != length;
    return fclose(file) != 0 || failed ? -1 : 0;
}

static int stop(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    return 1;
}

static int run(ptfe_session *session, const char *prefix, int given, char **files) {
    const void *inputs[MOST_TENSORS];
    void *outputs[MOST_TENSORS];
    char error[ERROR_BYTES];
    ptfe_tensor tensor;
    size_t length;
    if (ptfe_input_count(session) != (uint32_t)given || given > MOST_TENSORS || ptfe_output_count(session) > MOST_TENSORS) {
        fprintf(stderr, "the part takes %" PRIu32 " inputs, not %d\n", ptfe_input_count(session), given);
        return 1;
    }
    for (uint32_t i = 0; ptfe_input(session, i, &tensor) == 0; i++) {
        inputs[i] = read_file(files[i], &length);
        if (inputs[i] == NULL || length != tensor.bytes) return stop(files[i], "not the bytes of this input");
    }
    for (uint32_t i = 0; ptfe_output(session, i, &tensor) == 0; i++) {
        outputs[i] = malloc(tensor.bytes);
        if (outputs[i] == NULL) return stop("output", "no memory");
    }
    if (ptfe_run(session, inputs, outputs, error, sizeof error) != 0) return stop("run", error);
    printf("device: %s\n", ptfe_device(session));
    for (uint32_t i = 0; ptfe_output(session, i, &tensor) == 0; i++) {
        printf("tensor %" PRIu32 ": %ux%ux%ux%u, scale %g, zero-point %" PRId32 "\n", tensor.tflite_index, tensor.shape[0],
               tensor.shape[1], tensor.shape[2], tensor.shape[3], (double)tensor.scale, tensor.zero_point);
        if (write_file(prefix, i, outputs[i], tensor.bytes) != 0) return stop(prefix, "cannot be written");
    }
    return 0; /* the buffers go with the process */
}

int main(int count, char **arguments) {
    const char *device = "auto";
    if (count > 2 && strcmp(arguments[1], "--device") == 0) {
        device = arguments[2];
        arguments += 2;
        count -= 2;
    }
    if (count < 4) return stop("usage", "run_plan [--device auto|npu|software] PLAN PART OUTPUT_PREFIX INPUT...");
    size_t length, plan_length;
    const void *plan;
    char error[ERROR_BYTES];
    void *file = read_file(arguments[1], &length);
    if (file == NULL) return stop(arguments[1], "cannot be read");
    char *end;
    const unsigned long part = strtoul(arguments[2], &end, 10);
    if (*arguments[2] < '0' || *arguments[2] > '9' || *end != 0 || part > UINT32_MAX) {
        return stop(arguments[2], "not the number of a part (the first one is 0)");
    }
    if (ptfe_plan(file, length, (uint32_t)part, &plan, &plan_length) != 0) {
        return stop(arguments[1], "no such part in it, or no file of ptfe compile");
    }
    ptfe_session *session = ptfe_open_on(device, plan, plan_length, error, sizeof error);
    if (session == NULL) return stop(arguments[1], error);
    int status = run(session, arguments[3], count - 4, arguments + 4);
    ptfe_close(session);
    free(file);
    return status;
}
