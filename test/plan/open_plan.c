/*
 * Opens plans as a C host does: open_plan FILE... Prints for each a line: milliseconds of processor time, kilobytes of memory
 * that stayed in use at most, then what was refused, or nothing. A plan file is asked for all of its parts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "../../delegate/include/ptfe.h"

static const void *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) exit(2);
    *length = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*length + 1);
    if (bytes == NULL || fread(bytes, 1, *length, file) != *length) exit(2);
    fclose(file);
    return bytes;
}

static void open_one(const void *bytes, size_t length, char *error, size_t size) {
    ptfe_session *session = ptfe_open(bytes, length, NULL, error, size);
    ptfe_tensor tensor;
    if (session == NULL) return;
    for (uint32_t i = 0; i < ptfe_input_count(session); i++) ptfe_input(session, i, &tensor);
    for (uint32_t i = 0; i < ptfe_output_count(session); i++) ptfe_output(session, i, &tensor);
    for (uint32_t i = 0; i < ptfe_task_count(session); i++) ptfe_task_cycles(session, i);
    ptfe_close(session);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        size_t length, plan_length;
        char error[512] = "";
        const void *bytes = read_file(argv[i], &length), *plan;
        const clock_t start = clock();
        uint32_t parts = 0;
        for (; ptfe_plan(bytes, length, parts, &plan, &plan_length) == 0; parts++) open_one(plan, plan_length, error, sizeof error);
        if (parts == 0) open_one(bytes, length, error, sizeof error);
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        printf("%ld %ld %s\n", (long)((clock() - start) * 1000 / CLOCKS_PER_SEC), usage.ru_maxrss, error);
        free((void *)(uintptr_t)bytes);
    }
    return 0;
}
