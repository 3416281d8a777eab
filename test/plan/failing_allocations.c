/*
 * The n-th allocation of loading and running a plan fails, for every n: refused for want of memory or done, nothing lost, nothing
 * used that is not there (AddressSanitizer, LeakSanitizer). Linked with --wrap. usage: failing_allocations PLAN...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../delegate/plan/session.h"

enum { MOST = 64, ERROR_BYTES = 256 };

static long left = -1; /* -1: none fails */
static int failed;

static int fails(void) {
    if (left < 0 || left-- > 0) return 0;
    failed = 1;
    return 1;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *from, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *from, size_t size);

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *from, size_t size) { return fails() ? NULL : __real_realloc(from, size); }

static void *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) exit(2);
    *length = (size_t)ftell(file);
    rewind(file);
    void *bytes = __real_malloc(*length + 1);
    if (bytes == NULL || fread(bytes, 1, *length, file) != *length) exit(2);
    fclose(file);
    return bytes;
}

/* 1 loaded and run, 0 refused. */
static int open_and_run(const void *bytes, size_t length, long nth) {
    char error[ERROR_BYTES] = "";
    void *buffers[MOST] = {NULL};
    left = nth;
    ptfe_session *session;
    ptfe_error why = {.code = PTFE_ERROR_NONE};
    const plan_source source = plan_in_memory(bytes, length);
    session_open(&device_software, &source, NULL, &session, &why);
    const long rest = left;
    left = -1;
    if (session == NULL && (why.code != PTFE_ERROR_MEMORY || *why.text == 0)) exit((fprintf(stderr, "refused for: %s\n", why.text), 1));
    if (session == NULL) return 0;
    const uint32_t in = ptfe_input_count(session), out = ptfe_output_count(session);
    for (uint32_t i = 0; i < in + out && i < MOST; i++) {
        ptfe_tensor tensor;
        if ((i < in ? ptfe_input(session, i, &tensor) : ptfe_output(session, i - in, &tensor)) != 0) exit(1);
        buffers[i] = __real_calloc(1, tensor.bytes);
    }
    left = rest;
    const int status = ptfe_run(session, (const void *const *)buffers, buffers + in, error, sizeof error);
    left = -1;
    ptfe_close(session);
    for (uint32_t i = 0; i < in + out && i < MOST; i++) free(buffers[i]);
    if (status != 0 && !failed) exit((fprintf(stderr, "%s\n", error), 1));
    return status == 0;
}

int main(int argc, char **argv) {
    long tried = 0;
    for (int i = 1; i < argc; i++) {
        size_t length;
        void *bytes = read_file(argv[i], &length);
        for (long nth = 0;; nth++, tried++) {
            failed = 0;
            const int done = open_and_run(bytes, length, nth);
            if (!failed && !done) return fprintf(stderr, "%s: refused without need\n", argv[i]), 1;
            if (!failed) break;
        }
        free(bytes);
    }
    printf("%d plans, %ld failing allocations\n", argc - 1, tried);
    return 0;
}
