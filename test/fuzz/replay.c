/* Runs files through a target without libFuzzer: replay TARGET FILE... An input that is cut short anywhere is tried as well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

unsigned long fuzz_taken;

static const struct {
    const char *name;
    int (*run)(const uint8_t *data, size_t size);
} targets[] = {{"plan", fuzz_plan}, {"file", fuzz_file}, {"reply", fuzz_reply}, {"frames", fuzz_frames},
               {"npu", fuzz_npu},     {"table", fuzz_table}, {"options", fuzz_options}};

static int replay(int (*run)(const uint8_t *data, size_t size), const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) return -1;
    const size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL || fread(bytes, 1, size, file) != size) return -1;
    fclose(file);
    run(bytes, size);
    const unsigned long taken = fuzz_taken;
    for (size_t cut = 1; cut < size; cut += 1 + size / 7) run(bytes, size - cut);
    fuzz_taken = taken;
    free(bytes);
    return 0;
}

int main(int argc, char **argv) {
    for (size_t t = 0; argc > 1 && t < sizeof targets / sizeof targets[0]; t++) {
        if (strcmp(argv[1], targets[t].name) != 0) continue;
        for (int i = 2; i < argc; i++) {
            if (replay(targets[t].run, argv[i]) != 0) return fprintf(stderr, "%s cannot be read\n", argv[i]), 2;
        }
        printf("%s: %d inputs, %lu taken\n", argv[1], argc - 2, fuzz_taken);
        return 0;
    }
    fprintf(stderr, "replay TARGET FILE...\n");
    return 2;
}
