/*
 * A pretended rocket driver in the process: the answers of Linux 7.3.4's, as `npm run test:kernel` sees them, with the software
 * NPU as the hardware. Memory is not coherent, as on the board: the NPU has bytes of its own, which only FINI and PREP exchange.
 */
#ifndef PTFE_TEST_ROCKET_KERNEL_H
#define PTFE_TEST_ROCKET_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the tests set by variables: ROCKET_ROOT, and what kernel_settings reads. */
typedef struct settings {
    const char *root;      /* a folder in front of /dev/accel, /sys and /proc; also dmesg, trace, report */
    int64_t limit;         /* ROCKET_LIMIT_MS: a job ends, ns */
    int is_old;            /* ROCKET_OLD: PREP returns what was left of the time */
    unsigned interrupts;   /* ROCKET_EINTR: so often a call is interrupted before it is done */
    int is_traced;         /* ROCKET_TRACE: a line for each SUBMIT */
    const char *drop;      /* DROP_SUBMIT: the n-th, or all */
    const char *fail;      /* ROCKET_FAIL: CALL:N[:ERRNO[:COUNT]], see preload.c */
    int is_stuck;          /* ROCKET_STUCK: no time-out ends a job */
} settings;

extern settings pretended;

int kernel_open(const char *driver);
int kernel_has(int fd);
void kernel_closed(int fd);
int kernel_ioctl(int fd, unsigned number, void *argument);
/* 0 where the pages belong to a BO of the file; else -1 with errno. */
int kernel_mapped(int fd, uint64_t offset, size_t bytes, void *at);
void kernel_unmapped(const void *at);

void kernel_slept(int64_t nanoseconds);

void kernel_log(const char *format, ...);
/* For the program that runs on it. */
__attribute__((visibility("default"))) const char *ioctl_counts(int reset);

#endif
