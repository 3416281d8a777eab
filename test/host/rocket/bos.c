/* BOs: handles, addresses in the space of their file, and mappings of the host. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parts.h"

enum { MOST_MAPPINGS = 4096 };

typedef struct mapping {
    void *at;
    file *of;
    bo *which;
} mapping;

static mapping mappings[MOST_MAPPINGS];

unsigned count_bos(const file *f) {
    unsigned count = 0;
    for (const bo *one = f->bos; one != NULL; one = one->next) count += one->handle != 0;
    return count;
}

unsigned count_mappings(void) {
    unsigned count = 0;
    for (int i = 0; i < MOST_MAPPINGS; i++) count += mappings[i].at != NULL && mappings[i].of->owner == getpid();
    return count;
}

bo *bo_of(file *f, uint32_t handle) {
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

int create_bo(file *f, rocket_create_bo *request) {
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
void drop_bo(file *f, bo *b) {
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

int close_bo(file *f, const rocket_gem_close *request) {
    bo *b = bo_of(f, request->handle);
    if (b == NULL) return refuse(EINVAL);
    b->handle = 0;
    all.closed++;
    drop_bo(f, b);
    return 0;
}

int kernel_mapped(int fd, uint64_t offset, size_t bytes, void *at) {
    int found = 0;
    pthread_mutex_lock(&kernel_lock);
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
    pthread_mutex_unlock(&kernel_lock);
    return found ? 0 : refuse(EINVAL);
}

void kernel_unmapped(const void *at) {
    pthread_mutex_lock(&kernel_lock);
    for (int i = 0; i < MOST_MAPPINGS; i++) {
        if (mappings[i].at != at || at == NULL) continue;
        mappings[i].at = NULL;
        all.unmaps++;
        drop_bo(mappings[i].of, mappings[i].which);
    }
    pthread_mutex_unlock(&kernel_lock);
}
