/*
 * TFLite's C API (tensorflow/lite/c/c_api.h), as far as the C programs of the tests use it, without TFLite's headers: functions
 * are looked up in the library that was opened, so that one program runs with any release and under any loader.
 */
#ifndef PTFE_TEST_TFLITE_C_H
#define PTFE_TEST_TFLITE_C_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *tflite_library;

/* 0, or -1 with the loader's reason on stderr. */
static inline int tflite_open(const char *path) {
    tflite_library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (tflite_library == NULL) fprintf(stderr, "%s\n", dlerror());
    return tflite_library == NULL ? -1 : 0;
}

static inline void *tflite_symbol(const char *name) {
    void *found = dlsym(tflite_library, name);
    if (found != NULL) return found;
    fprintf(stderr, "no %s in TFLite's library\n", name);
    exit(1);
}

#define CALL(result, name, ...) ((result(*)(__VA_ARGS__))tflite_symbol(name))

/* TfLiteExternalDelegateOptions. */
typedef struct delegate_options {
    const char *path;
    int count;
    const char *keys[256], *values[256];
    int (*insert)(struct delegate_options *, const char *, const char *);
} delegate_options;

/* A delegate with options of the form key=value; others are left out. */
static inline void *tflite_delegate(const char *path, int count, char **pairs) {
    enum { MOST_PAIRS = 64, MOST_BYTES = 512 };
    delegate_options options = {.path = path};
    char copies[MOST_PAIRS][MOST_BYTES];
    for (int i = 0; i < count && options.count < MOST_PAIRS; i++) {
        char *own = copies[options.count];
        const char *equals = strchr(pairs[i], '=');
        if (equals == NULL || strlen(pairs[i]) >= MOST_BYTES) continue;
        strcpy(own, pairs[i]);
        own[equals - pairs[i]] = 0;
        options.keys[options.count] = own;
        options.values[options.count++] = own + (equals - pairs[i]) + 1;
    }
    return CALL(void *, "TfLiteExternalDelegateCreate", const delegate_options *)(&options);
}

#endif
