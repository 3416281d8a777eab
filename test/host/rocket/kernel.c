#define _GNU_SOURCE
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../../../delegate/device/rocket_uapi.h"
#include "hardware.h"

enum { MOST_FILES = 64, PAGE = 4096, MOST_MAPPINGS = 4096 };
#define FIRST_OFFSET 0x100000000ull

settings pretended;

typedef struct mapping {
    void *at;
    file *of;
    bo *which;
} mapping;

static file *files[MOST_FILES];
static mapping mappings[MOST_MAPPINGS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    unsigned create, submit, prep, fini, tasks;
    uint64_t synced, bytes;
} counts;
static struct {
    unsigned opens, create, closed, submit, prep, fini, maps, unmaps, most_bos;
} all;
static int64_t last_end;
static unsigned submits;

static int refuse(int error) {
    errno = error;
    return -1;
}

/* ---- words to the test ---- */

static void append(const char *name, const char *text) {
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
    append("dmesg", text);
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
    if (last_end != 0) append("waits", text);
}

static unsigned count_bos(const file *f) {
    unsigned count = 0;
    for (const bo *one = f->bos; one != NULL; one = one->next) count += one->handle != 0;
    return count;
}

/* What is left at the end of the process. */
__attribute__((destructor)) static void report(void) {
    char text[400];
    unsigned left = 0, mapped = 0, open = 0;
    for (int i = 0; i < MOST_FILES; i++) {
        if (files[i] == NULL || files[i]->owner != getpid()) continue;
        open += files[i]->guarded;
        left += count_bos(files[i]);
    }
    for (int i = 0; i < MOST_MAPPINGS; i++) mapped += mappings[i].at != NULL && mappings[i].of->owner == getpid();
    if (pretended.root == NULL || all.opens == 0) return;
    snprintf(text, sizeof text,
             "{\"files\":%u,\"opens\":%u,\"bos\":%u,\"mapped\":%u,\"create\":%u,\"close\":%u,\"submit\":%u,\"prep\":%u,\"fini\":%u,\"mostBos\":%u}\n", open,
             all.opens, left, mapped, all.create, all.closed, all.submit, all.prep, all.fini, all.most_bos);
    append("report", text);
}

/* ---- files ---- */

static file *file_of(int fd) {
    for (int i = 0; i < MOST_FILES; i++) {
        if (files[i] != NULL && files[i]->fd == fd) return files[i];
    }
    return NULL;
}

int kernel_has(int fd) {
    pthread_mutex_lock(&lock);
    const int has = file_of(fd) != NULL;
    pthread_mutex_unlock(&lock);
    return has;
}

static void before_fork(void) { pthread_mutex_lock(&lock); }
static void after_fork(void) { pthread_mutex_unlock(&lock); }
static void in_child(void) {
    pthread_mutex_unlock(&lock);
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
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MOST_FILES; i++) {
        if (files[i] != NULL) continue;
        f->core = i % CORES;
        files[i] = f;
        break;
    }
    all.opens++;
    pthread_mutex_unlock(&lock);
    return fd;
}

/* Behind a job the driver still holds its BOs: they outlive the file's allocator. */
void kernel_closed(int fd) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MOST_FILES; i++) {
        file *f = files[i];
        if (f == NULL || f->fd != fd) continue;
        files[i] = NULL;
        if (f->owner == getpid() && (f->jobs != NULL || f->was_used)) kernel_log("WARNING: a file that jobs were run on is closed");
    }
    pthread_mutex_unlock(&lock);
}

/* ---- BOs ---- */

static bo *bo_of(file *f, uint32_t handle) {
    for (bo *one = f->bos; one != NULL && handle != 0; one = one->next) {
        if (one->handle == handle) return one;
    }
    return NULL;
}

/* The lowest free addresses. */
static int64_t place(const file *f, uint64_t bytes) {
    uint64_t at = 0;
    for (const bo *one = f->bos; one != NULL;) {
        if (one->iova < at + bytes && at < one->iova + one->bytes) {
            at = one->iova + one->bytes;
            one = f->bos;
        } else one = one->next;
    }
    return at + bytes <= 0x100000000ull ? (int64_t)at : -1;
}

static uint32_t lowest_handle(file *f) {
    uint32_t handle = 1;
    while (bo_of(f, handle) != NULL) handle++;
    return handle;
}

static int create(file *f, rocket_create_bo *request) {
    const uint64_t bytes = ((uint64_t)request->size + PAGE - 1) / PAGE * PAGE;
    const int64_t iova = bytes == 0 ? -1 : place(f, bytes);
    if (iova < 0) return refuse(ENOSPC);
    bo *made = calloc(1, sizeof *made);
    uint8_t *device = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == NULL || device == MAP_FAILED) abort();
    *made = (bo){.handle = lowest_handle(f), .iova = (uint64_t)iova, .bytes = bytes, .offset = f->next_offset, .device = device, .references = 1};
    made->next = f->bos;
    f->bos = made;
    f->next_offset += bytes;
    f->guarded = 1;
    *request = (rocket_create_bo){request->size, made->handle, made->iova, made->offset};
    all.create++;
    counts.create++;
    counts.bytes += bytes;
    if (count_bos(f) > all.most_bos) all.most_bos = count_bos(f);
    return 0;
}

/* Addresses are free when handle, mappings and jobs are gone. */
static void drop(file *f, bo *b) {
    if (--b->references > 0) return;
    for (bo **at = &f->bos; *at != NULL; at = &(*at)->next) {
        if (*at != b) continue;
        *at = b->next;
        break;
    }
    fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)b->offset, (off_t)b->bytes);
    syscall(SYS_munmap, b->device, b->bytes); /* not preload.c's own: the lock is held */
    free(b);
}

static int close_bo(file *f, const rocket_gem_close *request) {
    bo *b = bo_of(f, request->handle);
    if (b == NULL) return refuse(EINVAL);
    b->handle = 0;
    all.closed++;
    drop(f, b);
    return 0;
}

int kernel_mapped(int fd, uint64_t offset, size_t bytes, void *at) {
    int found = 0;
    pthread_mutex_lock(&lock);
    file *f = file_of(fd);
    for (bo *b = f == NULL ? NULL : f->bos; b != NULL; b = b->next) {
        if (b->offset != offset || bytes > b->bytes || b->handle == 0) continue;
        for (int i = 0; i < MOST_MAPPINGS && !found; i++) {
            if (mappings[i].at != NULL) continue;
            mappings[i] = (mapping){at, f, b};
            b->references++;
            all.maps++;
            found = 1;
        }
    }
    pthread_mutex_unlock(&lock);
    return found ? 0 : refuse(EINVAL);
}

void kernel_unmapped(const void *at) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MOST_MAPPINGS; i++) {
        if (mappings[i].at != at || at == NULL) continue;
        mappings[i].at = NULL;
        all.unmaps++;
        drop(mappings[i].of, mappings[i].which);
    }
    pthread_mutex_unlock(&lock);
}

/* ---- jobs ---- */

static void to_device(file *f, bo *b) {
    if (pread(f->fd, b->device, b->bytes, (off_t)b->offset) != (ssize_t)b->bytes) abort();
    counts.synced += b->bytes;
}

static void to_host(file *f, bo *b) {
    if (pwrite(f->fd, b->device, b->bytes, (off_t)b->offset) != (ssize_t)b->bytes) abort();
    counts.synced += b->bytes;
}

/* As copy_from_user: an address that is none is EFAULT. */
static int copy_in(void *out, uint64_t from, size_t bytes) {
    const struct iovec own = {out, bytes}, theirs = {(void *)(uintptr_t)from, bytes};
    return bytes == 0 || process_vm_readv(getpid(), &own, 1, &theirs, 1, 0) == (ssize_t)bytes ? 0 : refuse(EFAULT);
}

static void free_job(file *f, job *j) {
    for (uint32_t i = 0; i < j->bo_count; i++) drop(f, j->bos[i]);
    free(j->bos);
    free(j->tasks);
    free(j);
}

static int take_handles(file *f, job *j, uint64_t from, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t handle;
        if (copy_in(&handle, from + (uint64_t)i * sizeof handle, sizeof handle) != 0) return -1;
        bo *b = bo_of(f, handle);
        if (b == NULL) return refuse(ENOENT);
        for (uint32_t k = 0; k < j->bo_count; k++) {
            if (j->bos[k] == b) return refuse(EALREADY); /* its reservation is locked already */
        }
        b->references++;
        j->bos[j->bo_count++] = b;
    }
    return 0;
}

static job *job_of(file *f, const rocket_job *asked) {
    job *j = calloc(1, sizeof *j);
    if (j == NULL) abort();
    j->bos = calloc((size_t)asked->in_bo_handle_count + asked->out_bo_handle_count + 1, sizeof(bo *));
    j->tasks = calloc((size_t)asked->task_count + 1, sizeof *j->tasks);
    j->task_count = asked->task_count;
    int is_good = j->bos != NULL && j->tasks != NULL && asked->task_count > 0 && asked->task_struct_size >= sizeof(rocket_task);
    for (uint32_t i = 0; is_good && i < asked->task_count; i++) {
        rocket_task task;
        is_good = copy_in(&task, asked->tasks + (uint64_t)i * asked->task_struct_size, sizeof task) == 0 && task.regcmd_count > 0;
        /* The kernel counts pairs: with an odd number the word behind the last is fetched too. */
        if (is_good) j->tasks[i] = (npu_task){task.regcmd, (task.regcmd_count + 1) / 2 * 2};
    }
    is_good = is_good && take_handles(f, j, asked->in_bo_handles, asked->in_bo_handle_count) == 0;
    j->in_count = j->bo_count;
    is_good = is_good && take_handles(f, j, asked->out_bo_handles, asked->out_bo_handle_count) == 0;
    if (is_good) return j;
    free_job(f, j);
    return NULL;
}

static void trace(file *f, const job *j) {
    char text[8192];
    size_t used = (size_t)snprintf(text, sizeof text, "{\"file\":%d,\"tasks\":%u,\"in\":[", f->fd, j->task_count);
    for (uint32_t i = 0; i < j->bo_count; i++) {
        const char *between = i == 0 || i == j->in_count ? "" : ",";
        if (i == j->in_count) used += (size_t)snprintf(text + used, sizeof text - used, "],\"out\":[");
        used += (size_t)snprintf(text + used, sizeof text - used, "%s{\"handle\":%u,\"iova\":%llu,\"written\":%s}", between, j->bos[i]->handle,
                                 (unsigned long long)j->bos[i]->iova, hardware_writes(f, j, j->bos[i]) ? "true" : "false");
    }
    if (j->in_count == j->bo_count) used += (size_t)snprintf(text + used, sizeof text - used, "],\"out\":[");
    snprintf(text + used, sizeof text - used, "],\"unlisted\":%s}\n", hardware_writes(f, j, NULL) ? "true" : "false");
    append("trace", text);
}

static int is_dropped(void) {
    submits++;
    return pretended.drop != NULL && (strcmp(pretended.drop, "all") == 0 || (unsigned)atoi(pretended.drop) == submits);
}

/* Returns 0 whatever became of the jobs. */
static int submit(file *f, const rocket_submit *request) {
    all.submit++;
    counts.submit++;
    if (request->job_struct_size < sizeof(rocket_job) || request->reserved != 0) return refuse(EINVAL);
    for (uint32_t i = 0; i < request->job_count; i++) {
        rocket_job asked;
        if (copy_in(&asked, request->jobs + (uint64_t)i * request->job_struct_size, sizeof asked) != 0) return -1;
        counts.tasks += asked.task_count;
        job *j = is_dropped() ? NULL : job_of(f, &asked);
        if (j == NULL) continue;
        if (pretended.is_traced) trace(f, j);
        f->was_used = 1;
        hardware_start(f, j);
        job **end = &f->jobs;
        while (*end != NULL) end = &(*end)->next;
        *end = j;
    }
    return 0;
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
static int prep(file *f, const rocket_prep_bo *request) {
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
        pthread_mutex_unlock(&lock);
        const struct timespec to = {until / 1000000000, until % 1000000000};
        const int interrupted = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &to, NULL);
        pthread_mutex_lock(&lock);
        if (interrupted != 0) return refuse(EINTR);
    }
    to_host(f, b);
    return pretended.is_old ? (int)((request->timeout_ns - hardware_now()) / 4000000 & 0xffff) | 1 : 0;
}

static int fini(file *f, const rocket_fini_bo *request) {
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

static int version(const file *f, rocket_drm_version *v) {
    const size_t length = strlen(f->driver);
    if (v->name != NULL) memcpy(v->name, f->driver, v->name_len < length ? v->name_len : length);
    v->name_len = length;
    v->version_major = v->version_minor = v->version_patchlevel = 0;
    v->date_len = v->desc_len = 0;
    return 0;
}

static int control(file *f, unsigned number, void *argument) {
    if (number != 0 && f->owner != getpid()) kernel_log("a child uses its parent's file");
    switch (number) {
    case 0x00: return version(f, argument);
    case 0x09: return close_bo(f, argument);
    case 0x40: return create(f, argument);
    case 0x41: return submit(f, argument);
    case 0x42: return prep(f, argument);
    case 0x43: return fini(f, argument);
    default: return refuse(EINVAL);
    }
}

int kernel_ioctl(int fd, unsigned number, void *argument) {
    static __thread unsigned interrupted;
    if (interrupted < pretended.interrupts) {
        interrupted++;
        return refuse(EINTR);
    }
    interrupted = 0;
    pthread_mutex_lock(&lock);
    file *f = file_of(fd);
    const int status = f == NULL ? refuse(EBADF) : control(f, number, argument);
    const int why = errno;
    pthread_mutex_unlock(&lock);
    errno = why;
    return status;
}
