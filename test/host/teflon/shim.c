/*
 * A pretended /dev/accel/accel0 of the kernel driver rocket, with the software NPU behind SUBMIT. Preloaded into a process
 * that opens the real path: Mesa's libteflon, unmodified, or our own device code. BOs are pages of one memfd, so that the
 * caller's mmap of a BO's offset works by itself. Facts: include/uapi/drm/rocket_accel.h; the kernel's order of jobs.
 *   ROCKET_SHIM_FACTS=name=value,...   switches of the software NPU
 *   ROCKET_SHIM_IDLE=nothing|zeros     computes nothing, to time what is around; zeros: a job's last output becomes zeros, for
 *                                      callers that look whether the job ran. The board is then an RK3588.
 *   ROCKET_SHIM_LOG=1                  a line for each submit on stderr
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../delegate/device/facts_option.h"
#include "../../../delegate/npu/npu.h"

#define PAGE 4096u
#define MOST_BOS 4096u
#define DEVICE_BYTES ((off_t)1 << 32)
#define FIRST_ADDRESS 0x10000u

#define DEVICE_TREE "/sys/firmware/devicetree/base/compatible"

enum { DRM_VERSION = 0x00, DRM_GEM_CLOSE = 0x09, DRM_GET_CAP = 0x0c, ROCKET_CREATE_BO = 0x40, ROCKET_SUBMIT, ROCKET_PREP_BO, ROCKET_FINI_BO };

typedef struct bo {
    uint32_t size, iova;
    uint64_t offset;
    uint8_t *data;
} bo;

static bo bos[MOST_BOS];
static uint32_t bo_count = 1; /* handle 0 is none */
static uint64_t next_offset;
static uint32_t next_iova = FIRST_ADDRESS;
static int device = -1;
static uint64_t submits, tasks_done;

static int is_device(const char *path) { return path != NULL && strcmp(path, "/dev/accel/accel0") == 0; }

static int open_device(void) {
    if (device < 0) {
        device = (int)syscall(SYS_memfd_create, "rocket", 0u);
        if (device < 0 || ftruncate(device, DEVICE_BYTES) != 0) return -1;
    }
    return fcntl(device, F_DUPFD_CLOEXEC, 3);
}

static int is_device_fd(int fd) {
    struct stat one, other;
    return device >= 0 && fstat(fd, &one) == 0 && fstat(device, &other) == 0 && one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

static int refuse(int error) {
    errno = error;
    return -1;
}

typedef struct version_request {
    int major, minor, patch;
    size_t name_length;
    char *name;
    size_t date_length;
    char *date;
    size_t text_length;
    char *text;
} version_request;

static int version(version_request *v) {
    static const char name[] = "rocket";
    if (v->name != NULL) memcpy(v->name, name, v->name_length < sizeof name - 1 ? v->name_length : sizeof name - 1);
    v->name_length = sizeof name - 1;
    v->major = v->minor = v->patch = 0;
    v->date_length = v->text_length = 0;
    return 0;
}

/* u32 size in; u32 handle, u64 address, u64 offset for mmap out. */
static int create_bo(uint8_t *request) {
    uint32_t asked;
    memcpy(&asked, request, sizeof asked);
    uint32_t size = (asked + PAGE - 1) / PAGE * PAGE;
    if (size == 0 || bo_count == MOST_BOS || next_offset + size > (uint64_t)DEVICE_BYTES) return refuse(ENOMEM);
    void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, device, (off_t)next_offset);
    if (data == MAP_FAILED) return -1;
    uint32_t handle = bo_count++;
    bos[handle] = (bo){size, next_iova, next_offset, data};
    next_offset += size;
    next_iova += size + PAGE;
    uint64_t iova = bos[handle].iova;
    memcpy(request + 4, &handle, sizeof handle);
    memcpy(request + 8, &iova, sizeof iova);
    memcpy(request + 16, &bos[handle].offset, sizeof bos[handle].offset);
    return 0;
}

static int close_bo(const uint32_t *handle) {
    if (*handle == 0 || *handle >= bo_count || bos[*handle].data == NULL) return refuse(EINVAL);
    munmap(bos[*handle].data, bos[*handle].size);
    bos[*handle].data = NULL;
    return 0;
}

typedef struct job_request {
    uint64_t tasks, in_handles, out_handles;
    uint32_t task_count, task_bytes, in_count, out_count;
} job_request;

typedef struct submit_request {
    uint64_t jobs;
    uint32_t job_count, job_bytes;
    uint64_t reserved;
} submit_request;

/* One job: its tasks one after the other on one core. */
static int run_job(const npu_config *config, const npu_region *regions, size_t region_count, const job_request *job) {
    npu_program *program;
    npu_error error;
    npu_task *tasks = calloc((size_t)job->task_count + 1, sizeof *tasks);
    if (tasks == NULL) return refuse(ENOMEM);
    for (uint32_t t = 0; t < job->task_count; t++) {
        memcpy(&tasks[t], (const uint8_t *)(uintptr_t)job->tasks + (size_t)t * job->task_bytes, sizeof tasks[t]);
    }
    int status = npu_program_load(config, regions, region_count, tasks, job->task_count, &program, &error);
    if (status == 0) status = npu_program_run(program, &error);
    if (status != 0) fprintf(stderr, "rocket shim: %s\n", error.text);
    npu_program_free(program);
    free(tasks);
    tasks_done += job->task_count;
    return status;
}

/* What a job writes last: the plane that its last task names. */
static void write_zeros(const job_request *job) {
    enum { DST_BASE_ADDR = 0x4020, DST_SURF_STRIDE = 0x4024, DATA_CUBE_CHANNEL = 0x403c, ATOM = 16 };
    uint32_t last[2], base = 0, stride = 0, channels = 0;
    if (job->task_count == 0) return;
    memcpy(last, (const uint8_t *)(uintptr_t)job->tasks + (size_t)(job->task_count - 1) * job->task_bytes, sizeof last);
    const uint8_t *words = NULL;
    for (uint32_t i = 1; i < bo_count; i++) {
        if (bos[i].data != NULL && last[0] >= bos[i].iova && last[0] - bos[i].iova < bos[i].size) words = bos[i].data + (last[0] - bos[i].iova);
    }
    for (uint32_t w = 0; words != NULL && w < last[1]; w++) {
        uint64_t word;
        memcpy(&word, words + (size_t)w * sizeof word, sizeof word);
        const uint32_t value = (uint32_t)(word >> 16);
        if ((word & 0xffff) == DST_BASE_ADDR) base = value;
        if ((word & 0xffff) == DST_SURF_STRIDE) stride = value;
        if ((word & 0xffff) == DATA_CUBE_CHANNEL) channels = (value & 0x1fff) + 1;
    }
    const uint64_t bytes = (uint64_t)stride * ((channels + ATOM - 1) / ATOM);
    for (uint32_t i = 1; i < bo_count; i++) {
        if (bos[i].data == NULL || base < bos[i].iova || base - bos[i].iova >= bos[i].size) continue;
        const uint64_t room = bos[i].size - (base - bos[i].iova);
        memset(bos[i].data + (base - bos[i].iova), 0, (size_t)(bytes < room ? bytes : room));
    }
}

static int submit_to_nobody(const submit_request *request, int is_zeros) {
    for (uint32_t j = 0; is_zeros && j < request->job_count; j++) {
        job_request job;
        memcpy(&job, (const uint8_t *)(uintptr_t)request->jobs + (size_t)j * request->job_bytes, sizeof job);
        write_zeros(&job);
    }
    return 0;
}

static int submit(const submit_request *request) {
    const char *idle = getenv("ROCKET_SHIM_IDLE");
    if (idle != NULL) return submit_to_nobody(request, strcmp(idle, "zeros") == 0);
    npu_region regions[MOST_BOS];
    npu_config config;
    ptfe_error error;
    size_t count = 0;
    const char *facts = getenv("ROCKET_SHIM_FACTS");
    npu_config_default(&config);
    if (facts != NULL && facts_option_apply(&config, facts, &error) != 0) {
        fprintf(stderr, "rocket shim: %s\n", error.text);
        return refuse(EINVAL);
    }
    for (uint32_t i = 1; i < bo_count; i++) {
        if (bos[i].data != NULL) regions[count++] = (npu_region){bos[i].iova, 0, bos[i].size, bos[i].data};
    }
    for (uint32_t j = 0; j < request->job_count; j++) {
        job_request job;
        memcpy(&job, (const uint8_t *)(uintptr_t)request->jobs + (size_t)j * request->job_bytes, sizeof job);
        /* The kernel drops a job that fails, and SUBMIT is none the wiser. */
        run_job(&config, regions, count, &job);
    }
    submits++;
    if (getenv("ROCKET_SHIM_LOG") != NULL) {
        fprintf(stderr, "rocket shim: submit %llu, %u jobs, %llu tasks so far\n", (unsigned long long)submits, request->job_count,
                (unsigned long long)tasks_done);
    }
    return 0;
}

static int control(unsigned number, void *argument) {
    switch (number) {
    case DRM_VERSION: return version(argument);
    case DRM_GEM_CLOSE: return close_bo(argument);
    case DRM_GET_CAP: ((uint64_t *)argument)[1] = 0; return 0;
    case ROCKET_CREATE_BO: return create_bo(argument);
    case ROCKET_SUBMIT: return submit(argument);
    case ROCKET_PREP_BO: /* everything is done when SUBMIT returns */
    case ROCKET_FINI_BO: return 0;
    default: return refuse(EINVAL);
    }
}

/* ---- what the process calls in place of libc's ---- */

int ioctl(int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if ((request >> 8 & 0xff) == 'd' && is_device_fd(fd)) return control(request & 0xff, argument);
    return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* The board's name, for callers that ask which chip it is. */
static int open_device_tree(void) {
    static const char name[] = "rockchip,rk3588";
    const int fd = (int)syscall(SYS_memfd_create, "compatible", 1u /* close on exec */);
    if (fd < 0 || write(fd, name, sizeof name) != (ssize_t)sizeof name) return -1;
    return lseek(fd, 0, SEEK_SET) == 0 ? fd : -1;
}

static int open_path(const char *path, int flags, mode_t mode) {
    if (path != NULL && getenv("ROCKET_SHIM_IDLE") != NULL && strcmp(path, DEVICE_TREE) == 0) return open_device_tree();
    return is_device(path) ? open_device() : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define OPEN(name)                                     \
    int name(const char *path, int flags, ...) {       \
        va_list arguments;                             \
        va_start(arguments, flags);                    \
        mode_t mode = va_arg(arguments, mode_t);       \
        va_end(arguments);                             \
        return open_path(path, flags, mode);           \
    }
OPEN(open)
OPEN(open64)
