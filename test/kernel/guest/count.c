/*
 * Preloaded into a program of the guest: counts what goes to the driver, and can drop the n-th SUBMIT as the driver does
 * (returns 0, runs nothing): DROP_SUBMIT=n, or all. For host.c: ioctl_counts(reset) gives a JSON object.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CREATE = 0x40, SUBMIT, PREP, FINI, MOST_HANDLES = 65536 };
static unsigned counts[4], jobs_done, tasks, submits;
static uint64_t synced, made;
static uint32_t sizes[MOST_HANDLES];

const char *ioctl_counts(int reset);

const char *ioctl_counts(int reset) {
    static char text[256];
    snprintf(text, sizeof text, "{\"create\":%u,\"submit\":%u,\"prep\":%u,\"fini\":%u,\"jobs\":%u,\"tasks\":%u,\"synced\":%llu,\"bytes\":%llu}", counts[0], counts[1],
             counts[2], counts[3], jobs_done, tasks, (unsigned long long)synced, (unsigned long long)made);
    if (reset) {
        memset(counts, 0, sizeof counts);
        jobs_done = tasks = 0;
        synced = made = 0;
    }
    return text;
}

static int is_dropped(void) {
    const char *wanted = getenv("DROP_SUBMIT");
    submits++;
    return wanted != NULL && (strcmp(wanted, "all") == 0 || (unsigned)atoi(wanted) == submits);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list list;
    va_start(list, request);
    uint32_t *argument = va_arg(list, uint32_t *);
    va_end(list);
    const unsigned number = request & 0xff, is_ours = (request >> 8 & 0xff) == 'd' && number >= CREATE && number <= FINI;
    if (is_ours) counts[number - CREATE]++;
    if (is_ours && number == SUBMIT) {
        const uint64_t jobs = *(uint64_t *)(void *)argument;
        jobs_done += argument[2];
        for (uint32_t i = 0; i < argument[2]; i++) tasks += *(uint32_t *)(uintptr_t)(jobs + (uint64_t)i * argument[3] + 24);
        if (is_dropped()) return 0;
    }
    const long status = syscall(SYS_ioctl, fd, request, argument);
    if (is_ours && status >= 0 && number == CREATE && argument[1] < MOST_HANDLES) {
        sizes[argument[1]] = argument[0];
        made += argument[0];
    }
    if (is_ours && (number == PREP || number == FINI) && argument[0] < MOST_HANDLES) synced += sizes[argument[0]];
    return (int)status;
}
