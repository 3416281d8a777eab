/* What stands on the engine's pipe: a program that writes the input in place of Node, asked once. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../delegate/compile/engine.h"
#include "fuzz.h"

enum { PATH_BYTES = 128 };

static char input[PATH_BYTES], program[PATH_BYTES];

static void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) abort();
}

static void remove_files(void) {
    unlink(input);
    unlink(program);
}

static void make_program(void) {
    char script[2 * PATH_BYTES];
    snprintf(input, sizeof input, "/tmp/ptfe-fuzz-frames-%d.bin", (int)getpid());
    snprintf(program, sizeof program, "/tmp/ptfe-fuzz-frames-%d.sh", (int)getpid());
    const int length = snprintf(script, sizeof script, "#!/bin/sh\nexec cat %s\n", input);
    write_file(program, script, (size_t)length);
    if (chmod(program, 0700) != 0) abort();
    atexit(remove_files);
}

int fuzz_frames(const uint8_t *data, size_t size) {
    static const uint8_t question[64];
    ptfe_error error;
    uint8_t *reply = NULL;
    size_t length = 0;
    if (*program == 0) make_program();
    write_file(input, data, size);
    engine *e = engine_start(program, program, 5, 256, -1, &error);
    if (e == NULL) abort();
    if (engine_ask(e, ENGINE_CHECK, question, sizeof question, &reply, &length, &error) == 0) {
        if (length > size) abort();
        fuzz_taken++;
        uint64_t sum = 0;
        for (size_t i = 0; i < length; i++) sum += reply[i];
        error.text[0] = (char)sum;
    }
    engine_stop(e);
    free(reply);
    return 0;
}
