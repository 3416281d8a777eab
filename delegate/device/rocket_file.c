#define _GNU_SOURCE
#include "rocket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "rocket_uapi.h"

enum { MOST_FILES = 16, PAGE_BYTES = 4096 };
#define MOST_BO_BYTES 0x7fffffffu           /* the driver maps a BO by an int */
#define MOST_FILE_BYTES 0xffff0000ull       /* addresses of 32 bits */
#define QUIET_NANOSECONDS 5000000           /* seen: 200 us between the end and the close are enough */

struct rocket_file {
    int fd;
    unsigned users;
    int is_aside;
    pid_t owner;
    uint64_t bytes; /* of its BOs */
    rocket_node node;
};

/*
 * The pool is the process': it is the only state that partitions, and so threads, share. A forked child begins with an empty
 * one; the parent's descriptors, which it inherits, are left alone.
 */
static struct {
    pthread_mutex_t lock;
    rocket_file *files[MOST_FILES];
    size_t count;
} pool;

static _Atomic int64_t last_end;

int64_t rocket_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void rocket_file_note_end(void) { atomic_store(&last_end, rocket_now()); }

/* A process that ends closes its files: not before the driver has freed the last job. */
__attribute__((destructor)) static void wait_for_driver(void) {
    const int64_t end = atomic_load(&last_end);
    const int64_t left = end == 0 ? 0 : end + QUIET_NANOSECONDS - rocket_now();
    if (left > 0 && left <= QUIET_NANOSECONDS) nanosleep(&(struct timespec){.tv_nsec = (long)left}, NULL);
}

int rocket_ioctl(int fd, unsigned long request, void *argument) {
    int status;
    do status = ioctl(fd, request, argument);
    while (status < 0 && (errno == EINTR || errno == EAGAIN));
    return status;
}

/* Registers that nobody wrote point to 0, where the first BO of a file lies: it stays empty, and nobody's. */
static int make_guard(int fd, ptfe_error *error) {
    rocket_create_bo guard = {.size = PAGE_BYTES};
    return rocket_ioctl(fd, ROCKET_IOCTL_CREATE_BO, &guard) == 0 ? 0 : error_errno(error, "the NPU's first buffer (CREATE_BO)", errno);
}

static rocket_file *open_file(const rocket_node *node, ptfe_error *error) {
    rocket_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        error_no_memory(error, "the NPU's file");
        return NULL;
    }
    file->fd = open(node->path, O_RDWR | O_CLOEXEC);
    if (file->fd < 0) {
        error_errno(error, node->path, errno);
        free(file);
        return NULL;
    }
    if (make_guard(file->fd, error) != 0) {
        close(file->fd); /* no job was run on it */
        free(file);
        return NULL;
    }
    file->owner = getpid();
    file->bytes = PAGE_BYTES;
    file->node = *node;
    return file;
}

static int is_among(const rocket_file *file, rocket_file *const *files, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (files[i] == file) return 1;
    }
    return 0;
}

/* Lock held. An idle file of that node, else a new one, else the one with the fewest users; none of `other`. */
static rocket_file *choose(const rocket_node *node, rocket_file *const *other, size_t count, ptfe_error *error) {
    rocket_file *least = NULL;
    for (size_t i = 0; i < pool.count; i++) {
        rocket_file *file = pool.files[i];
        if (rocket_file_is_gone(file)) file->is_aside = 1;
        if (file->is_aside || strcmp(file->node.path, node->path) != 0 || is_among(file, other, count)) continue;
        if (least == NULL || file->users < least->users) least = file;
    }
    if (least != NULL && (least->users == 0 || pool.count == MOST_FILES)) return least;
    if (pool.count == MOST_FILES) {
        error_set(error, "%d files of the NPU were set aside, after time-outs or because its driver was unbound: start the program again", MOST_FILES);
        return NULL;
    }
    rocket_file *file = open_file(node, error);
    if (file != NULL) pool.files[pool.count++] = file;
    return file != NULL ? file : least;
}

/* The pool of a forked child: another thread of the parent may have held the lock, and the files are the parent's. */
static void begin_pool(pid_t own) {
    static _Atomic pid_t owner; /* negative: being set up */
    for (pid_t seen = atomic_load(&owner); seen != own; seen = atomic_load(&owner)) {
        if (seen == -own) sched_yield();
        else if (atomic_compare_exchange_strong(&owner, &seen, -own)) {
            pthread_mutex_init(&pool.lock, NULL);
            pool.count = 0;
            atomic_store(&owner, own);
        }
    }
}

static void lock_pool(void) {
    begin_pool(getpid());
    pthread_mutex_lock(&pool.lock);
}

rocket_file *rocket_file_take(const rocket_node *node, rocket_file *const *other, size_t count, ptfe_error *error) {
    lock_pool();
    rocket_file *file = choose(node, other, count, error);
    if (file != NULL) file->users++;
    pthread_mutex_unlock(&pool.lock);
    return file;
}

void rocket_file_give(rocket_file *file) {
    if (file == NULL || !rocket_file_is_ours(file)) return;
    lock_pool();
    file->users--;
    pthread_mutex_unlock(&pool.lock);
}

void rocket_file_set_aside(rocket_file *file) {
    lock_pool();
    file->is_aside = 1;
    pthread_mutex_unlock(&pool.lock);
}

int rocket_file_is_aside(rocket_file *file) {
    lock_pool();
    const int is_aside = file->is_aside;
    pthread_mutex_unlock(&pool.lock);
    return is_aside;
}

int rocket_file_is_gone(const rocket_file *file) { return !rocket_cores_stay(&file->node); }

int rocket_file_number(const rocket_file *file) { return file->fd; }

int rocket_file_is_ours(const rocket_file *file) { return file->owner == getpid(); }

static int reserve(rocket_file *file, uint64_t bytes) {
    lock_pool();
    const int fits = file->bytes + bytes <= MOST_FILE_BYTES;
    if (fits) file->bytes += bytes;
    pthread_mutex_unlock(&pool.lock);
    return fits;
}

static void release(rocket_file *file, uint64_t bytes) {
    lock_pool();
    file->bytes -= bytes;
    pthread_mutex_unlock(&pool.lock);
}

int rocket_bo_new(rocket_file *file, size_t bytes, rocket_bo *bo, ptfe_error *error) {
    *bo = (rocket_bo){0};
    if (bytes == 0 || bytes > MOST_BO_BYTES - PAGE_BYTES) return error_set(error, "a buffer of %zu bytes: the driver takes less than 2 GiB", bytes);
    const size_t whole = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    if (!reserve(file, whole)) return error_set(error, "the NPU's address space of 4 GiB is full");
    rocket_create_bo made = {.size = (uint32_t)whole};
    if (rocket_ioctl(file->fd, ROCKET_IOCTL_CREATE_BO, &made) != 0) {
        error_errno(error, "memory for the NPU (CREATE_BO)", errno);
        release(file, whole);
        return -1;
    }
    void *data = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, (off_t)made.offset);
    const int mapped = data != MAP_FAILED;
    if (!mapped) error_errno(error, "the NPU's memory (mmap)", errno);
    else if (made.dma_address > UINT32_MAX - whole) error_set(error, "the NPU's memory lies beyond 4 GiB");
    *bo = (rocket_bo){made.handle, (uint32_t)made.dma_address, whole, mapped ? data : NULL};
    if (mapped && made.dma_address <= UINT32_MAX - whole) return 0;
    rocket_bo_free(file, bo);
    return -1;
}

void rocket_bo_free(rocket_file *file, rocket_bo *bo) {
    if (bo->bytes == 0) return;
    rocket_gem_close closing = {.handle = bo->handle};
    if (bo->data != NULL) munmap(bo->data, bo->bytes);
    rocket_ioctl(file->fd, ROCKET_IOCTL_GEM_CLOSE, &closing);
    release(file, bo->bytes);
    *bo = (rocket_bo){0};
}
