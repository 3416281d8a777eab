/* A plan file or an entry of the cache: from memory as a C host has it, and from a file as the delegate reads it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../delegate/compile/plan_file.h"
#include "../../delegate/include/ptfe.h"
#include "fuzz.h"

/* The digest made right, where the lengths say what is there. */
static void seal(uint8_t *bytes, size_t size) {
    plan_file_header h;
    if (size < sizeof h) return;
    memcpy(&h, bytes, sizeof h);
    const uint64_t room = size - sizeof h;
    if (h.check_length > room || h.request_length > room) return;
    const uint64_t request = (h.check_length + 7) / 8 * 8;
    if (request > room || h.request_length > room - request) return;
    plan_file_digest(&h, bytes + sizeof h, bytes + sizeof h + request, h.digest);
    memcpy(bytes, &h, sizeof h);
}

/* Parts with a plan each, and no two of the same nodes: then an answer has its own parts. */
static int all_planned(const answer *a) {
    for (size_t i = 0; i < a->part_count; i++) {
        if (a->parts[i].plan == NULL || i > 0) return 0;
    }
    return 1;
}

static void from_file(const uint8_t *data, size_t size) {
    char path[64];
    ptfe_error error;
    const int fd = memfd_create("plan", MFD_CLOEXEC);
    answer *a = answer_new();
    plan_file_header h;
    uint32_t nodes[64];
    for (uint32_t i = 0; i < 64; i++) nodes[i] = i;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (a != NULL && fd >= 0 && write(fd, data, size) == (ssize_t)size && plan_file_read(path, &h, a, &error) == 0 &&
        answer_read_parts(a, &error) == 0) {
        for (size_t count = 0; count < 64; count++) answer_read_check(a, nodes, count, &error);
        fuzz_taken++;
        const bytes request = {.data = a->request, .length = a->request_length};
        if (!answer_has_parts(a, &request) && all_planned(a)) abort();
    }
    answer_release(a);
    if (fd >= 0) close(fd);
}

int fuzz_file(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size + 8);
    const void *plan;
    size_t length;
    if (bytes == NULL) return 0;
    if (size > 0) memcpy(bytes, data, size);
    seal(bytes, size);
    for (uint32_t part = 0; ptfe_plan(bytes, size, part, &plan, &length) == 0; part++) {
        const uint8_t *from = plan;
        if (from < bytes || from > bytes + size || length > (size_t)(bytes + size - from)) abort();
    }
    from_file(bytes, size);
    free(bytes);
    return 0;
}
