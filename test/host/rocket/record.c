/* What tests read of the driver: its log, what a process left, how often it was called. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parts.h"

ioctl_totals counts;
process_totals all;
int64_t last_end;

void record(const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", pretended.root, name);
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return;
    if (write(fd, text, strlen(text)) < 0) abort();
    syscall(SYS_close, fd);
}

void kernel_log(const char *format, ...) {
    char text[600];
    va_list list;
    va_start(list, format);
    const int length = vsnprintf(text, sizeof text - 1, format, list);
    va_end(list);
    if (length < 0) return;
    strcat(text, "\n");
    record("dmesg", text);
}

const char *ioctl_counts(int reset) {
    static char text[256];
    snprintf(text, sizeof text, "{\"create\":%u,\"submit\":%u,\"prep\":%u,\"fini\":%u,\"tasks\":%u,\"synced\":%llu,\"bytes\":%llu}", counts.create,
             counts.submit, counts.prep, counts.fini, counts.tasks, (unsigned long long)counts.synced, (unsigned long long)counts.bytes);
    if (reset) memset(&counts, 0, sizeof counts);
    return text;
}

void kernel_slept(int64_t nanoseconds) {
    char text[80];
    snprintf(text, sizeof text, "{\"since\":%lld,\"slept\":%lld}\n", (long long)(hardware_now() - last_end), (long long)nanoseconds);
    if (last_end != 0) record("waits", text);
}

/* What is left at the end of the process. */
__attribute__((destructor)) static void report(void) {
    char text[400];
    unsigned left = 0, open = 0;
    for (int i = 0; i < MOST_FILES; i++) {
        if (kernel_files[i] == NULL || kernel_files[i]->owner != getpid()) continue;
        open += kernel_files[i]->guarded;
        left += count_bos(kernel_files[i]);
    }
    if (pretended.root == NULL || all.opens == 0) return;
    snprintf(text, sizeof text,
             "{\"files\":%u,\"opens\":%u,\"bos\":%u,\"mapped\":%u,\"create\":%u,\"close\":%u,\"submit\":%u,\"prep\":%u,\"fini\":%u,\"mostBos\":%u}\n", open,
             all.opens, left, count_mappings(), all.create, all.closed, all.submit, all.prep, all.fini, all.most_bos);
    record("report", text);
}
