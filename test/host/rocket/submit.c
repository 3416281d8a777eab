/* SUBMIT: which jobs the driver takes, and what it tells of them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "parts.h"

static unsigned submits;

/* As copy_from_user: an address that is none is EFAULT. */
static int copy_in(void *out, uint64_t from, size_t bytes) {
    const struct iovec own = {out, bytes}, theirs = {(void *)(uintptr_t)from, bytes};
    return bytes == 0 || process_vm_readv(getpid(), &own, 1, &theirs, 1, 0) == (ssize_t)bytes ? 0 : refuse(EFAULT);
}

void free_job(file *f, job *j) {
    for (uint32_t i = 0; i < j->bo_count; i++) drop_bo(f, j->bos[i]);
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
    record("trace", text);
}

static int is_dropped(void) {
    submits++;
    return pretended.drop != NULL && (strcmp(pretended.drop, "all") == 0 || (unsigned)atoi(pretended.drop) == submits);
}

/* Returns 0 whatever became of the jobs. */
int submit_jobs(file *f, const rocket_submit *request) {
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
