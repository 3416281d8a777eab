/*
 * A TFLite program in C for any processor: host LIBRARY MODEL DELEGATE|- INPUT OUTPUT_PREFIX [key=value ...]
 * LIBRARY is TFLite's C library; INPUT the bytes of the first input; each output goes to OUTPUT_PREFIX<n>. Prints one JSON
 * line of CPU times.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tflite_c.h"

static double cpu_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int fill(void *tensor, const char *path) {
    size_t bytes = CALL(size_t, "TfLiteTensorByteSize", const void *)(tensor);
    uint8_t *data = calloc(1, bytes + 1);
    FILE *file = fopen(path, "rb");
    int good = data != NULL && file != NULL && fread(data, 1, bytes, file) == bytes &&
               CALL(int, "TfLiteTensorCopyFromBuffer", void *, const void *, size_t)(tensor, data, bytes) == 0;
    if (file != NULL) fclose(file);
    free(data);
    return good ? 0 : -1;
}

static void save(const void *tensor, const char *prefix, int number) {
    char path[1024];
    snprintf(path, sizeof path, "%s%d", prefix, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL) return;
    fwrite(CALL(void *, "TfLiteTensorData", const void *)(tensor), 1, CALL(size_t, "TfLiteTensorByteSize", const void *)(tensor), file);
    fclose(file);
}

int main(int argc, char **argv) {
    if (argc < 6) fprintf(stderr, "host LIBRARY MODEL DELEGATE|- INPUT OUTPUT_PREFIX [key=value ...]\n");
    if (argc < 6 || tflite_open(argv[1]) != 0) return 2;
    void *model = CALL(void *, "TfLiteModelCreateFromFile", const char *)(argv[2]);
    void *options = CALL(void *, "TfLiteInterpreterOptionsCreate", void)();
    CALL(void, "TfLiteInterpreterOptionsSetNumThreads", void *, int32_t)(options, 1);
    void *delegate = strcmp(argv[3], "-") == 0 ? NULL : tflite_delegate(argv[3], argc - 6, argv + 6);
    if (strcmp(argv[3], "-") != 0 && delegate == NULL) {
        fprintf(stderr, "host: %s gives no delegate\n", argv[3]);
        return 1;
    }
    if (delegate != NULL) CALL(void, "TfLiteInterpreterOptionsAddDelegate", void *, void *)(options, delegate);
    double start = cpu_milliseconds();
    void *interpreter = CALL(void *, "TfLiteInterpreterCreate", const void *, const void *)(model, options);
    if (interpreter == NULL || CALL(int, "TfLiteInterpreterAllocateTensors", void *)(interpreter) != 0) return 1;
    double prepared = cpu_milliseconds();
    if (fill(CALL(void *, "TfLiteInterpreterGetInputTensor", const void *, int32_t)(interpreter, 0), argv[4]) != 0) return 1;
    double filled = cpu_milliseconds();
    if (CALL(int, "TfLiteInterpreterInvoke", void *)(interpreter) != 0) return 1;
    printf("{\"prepare\":%.3f,\"invoke\":%.3f}\n", prepared - start, cpu_milliseconds() - filled);
    int count = CALL(int32_t, "TfLiteInterpreterGetOutputTensorCount", const void *)(interpreter);
    for (int i = 0; i < count; i++) {
        save(CALL(const void *, "TfLiteInterpreterGetOutputTensor", const void *, int32_t)(interpreter, i), argv[5], i);
    }
    CALL(void, "TfLiteInterpreterDelete", void *)(interpreter);
    if (delegate != NULL) CALL(void, "TfLiteExternalDelegateDelete", void *)(delegate);
    CALL(void, "TfLiteInterpreterOptionsDelete", void *)(options);
    CALL(void, "TfLiteModelDelete", void *)(model);
    return 0;
}
