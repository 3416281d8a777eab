/* Open files of a node, and what a fork does to them. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parts.h"

#define FIRST_OFFSET 0x100000000ull

pthread_mutex_t kernel_lock = PTHREAD_MUTEX_INITIALIZER;
file *kernel_files[MOST_FILES];

file *file_of(int fd) {
    for (int i = 0; i < MOST_FILES; i++) {
        if (kernel_files[i] != NULL && kernel_files[i]->fd == fd) return kernel_files[i];
    }
    return NULL;
}

int kernel_has(int fd) {
    pthread_mutex_lock(&kernel_lock);
    const int has = file_of(fd) != NULL;
    pthread_mutex_unlock(&kernel_lock);
    return has;
}

static void before_fork(void) { pthread_mutex_lock(&kernel_lock); }
static void after_fork(void) { pthread_mutex_unlock(&kernel_lock); }
static void in_child(void) {
    pthread_mutex_unlock(&kernel_lock);
    memset(&all, 0, sizeof all);
    last_end = 0;
}
__attribute__((constructor)) static void set_up(void) { pthread_atfork(before_fork, after_fork, in_child); }

int kernel_open(const char *driver) {
    const int fd = (int)syscall(SYS_memfd_create, "accel", 1u /* close on exec */);
    file *f = calloc(1, sizeof *f);
    if (fd < 0 || f == NULL || ftruncate(fd, (off_t)(FIRST_OFFSET * 8)) != 0) abort();
    *f = (file){.fd = fd, .owner = getpid(), .next_offset = FIRST_OFFSET};
    snprintf(f->driver, sizeof f->driver, "%s", driver);
    pthread_mutex_lock(&kernel_lock);
    for (int i = 0; i < MOST_FILES; i++) {
        if (kernel_files[i] != NULL) continue;
        f->core = i % CORES;
        kernel_files[i] = f;
        break;
    }
    all.opens++;
    pthread_mutex_unlock(&kernel_lock);
    return fd;
}

/* Behind a job the driver still holds its BOs: they outlive the file's allocator. */
void kernel_closed(int fd) {
    pthread_mutex_lock(&kernel_lock);
    for (int i = 0; i < MOST_FILES; i++) {
        file *f = kernel_files[i];
        if (f == NULL || f->fd != fd) continue;
        kernel_files[i] = NULL;
        if (f->owner == getpid() && (f->jobs != NULL || f->was_used)) kernel_log("WARNING: a file that jobs were run on is closed");
    }
    pthread_mutex_unlock(&kernel_lock);
}
