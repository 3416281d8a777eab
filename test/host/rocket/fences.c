/* PREP and FINI: who waits for which job, and when bytes go from one memory to the other. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "parts.h"

static void to_device(file *f, bo *b) {
    if (pread(f->fd, b->device, b->bytes, (off_t)b->offset) != (ssize_t)b->bytes) abort();
    counts.synced += b->bytes;
}

static void to_host(file *f, bo *b) {
    if (pwrite(f->fd, b->device, b->bytes, (off_t)b->offset) != (ssize_t)b->bytes) abort();
    counts.synced += b->bytes;
}

/* Everything that ended by now, in order. */
static void settle(file *f) {
    while (f->jobs != NULL && f->jobs->end <= hardware_now()) {
        job *j = f->jobs;
        hardware_finish(f, j);
        f->jobs = j->next;
        free_job(f, j);
        last_end = hardware_now();
    }
}

/* Of the last job that writes the BO; 0 where none does. */
static int64_t fence_of(const file *f, const bo *b) {
    int64_t end = 0;
    for (const job *j = f->jobs; j != NULL; j = j->next) {
        for (uint32_t i = j->in_count; i < j->bo_count; i++) {
            if (j->bos[i] == b) end = j->end;
        }
    }
    return end;
}

/* The lock is open while it waits. */
int prep_bo(file *f, const rocket_prep_bo *request) {
    bo *b = bo_of(f, request->handle);
    int has_waited = 0;
    all.prep++;
    counts.prep++;
    if (request->reserved != 0) return refuse(EINVAL);
    if (b == NULL) return refuse(ENOENT);
    for (;;) {
        settle(f);
        const int64_t end = fence_of(f, b), now = hardware_now();
        if (end == 0) break;
        if (request->timeout_ns <= now) {
            to_host(f, b);
            return refuse(has_waited ? ETIMEDOUT : EBUSY);
        }
        const int64_t until = end < request->timeout_ns ? end : request->timeout_ns;
        has_waited = 1;
        pthread_mutex_unlock(&kernel_lock);
        const struct timespec to = {until / 1000000000, until % 1000000000};
        const int interrupted = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &to, NULL);
        pthread_mutex_lock(&kernel_lock);
        if (interrupted != 0) return refuse(EINTR);
    }
    to_host(f, b);
    return pretended.is_old ? (int)((request->timeout_ns - hardware_now()) / 4000000 & 0xffff) | 1 : 0;
}

int fini_bo(file *f, const rocket_fini_bo *request) {
    bo *b = bo_of(f, request->handle);
    all.fini++;
    counts.fini++;
    if (request->reserved != 0) return refuse(EINVAL);
    if (b == NULL) return refuse(ENOENT);
    settle(f);
    if (fence_of(f, b) != 0) kernel_log("FINI_BO of a BO that a job writes");
    to_device(f, b);
    return 0;
}
