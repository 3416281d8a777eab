/*
 * The uAPI of the kernel driver rocket, as far as it is used here (Linux 6.18 to 7.3.4, include/uapi/drm/rocket_accel.h and
 * drm.h; layouts checked against the running driver by `npm run test:kernel`). The driver has no version and no flags: longer
 * structures of later trees are never sent.
 */
#ifndef PTFE_ROCKET_UAPI_H
#define PTFE_ROCKET_UAPI_H

#include <stdint.h>
#include <stddef.h>
#include <sys/ioctl.h>

typedef struct rocket_create_bo {
    uint32_t size, handle;        /* handle: out */
    uint64_t dma_address, offset; /* out: in the fd's own address space, 0 is valid; for mmap */
} rocket_create_bo;

typedef struct rocket_task {
    uint32_t regcmd, regcmd_count; /* address; 64-bit words, which the driver rounds up to pairs */
} rocket_task;

typedef struct rocket_job {
    uint64_t tasks, in_bo_handles, out_bo_handles;
    uint32_t task_count, task_struct_size, in_bo_handle_count, out_bo_handle_count;
} rocket_job;

typedef struct rocket_submit {
    uint64_t jobs;
    uint32_t job_count, job_struct_size;
    uint64_t reserved;
} rocket_submit;

typedef struct rocket_prep_bo {
    uint32_t handle, reserved;
    int64_t timeout_ns; /* CLOCK_MONOTONIC, absolute */
} rocket_prep_bo;

typedef struct rocket_fini_bo {
    uint32_t handle, reserved;
} rocket_fini_bo;

typedef struct rocket_gem_close {
    uint32_t handle, pad;
} rocket_gem_close;

typedef struct rocket_drm_version {
    int version_major, version_minor, version_patchlevel;
    size_t name_len;
    char *name;
    size_t date_len;
    char *date;
    size_t desc_len;
    char *desc;
} rocket_drm_version;

#define ROCKET_IOCTL_VERSION _IOWR('d', 0x00, rocket_drm_version)
#define ROCKET_IOCTL_GEM_CLOSE _IOW('d', 0x09, rocket_gem_close)
#define ROCKET_IOCTL_CREATE_BO _IOWR('d', 0x40, rocket_create_bo)
#define ROCKET_IOCTL_SUBMIT _IOW('d', 0x41, rocket_submit)
#define ROCKET_IOCTL_PREP_BO _IOW('d', 0x42, rocket_prep_bo)
#define ROCKET_IOCTL_FINI_BO _IOW('d', 0x43, rocket_fini_bo)

_Static_assert(sizeof(rocket_create_bo) == 24 && offsetof(rocket_create_bo, dma_address) == 8, "uAPI");
_Static_assert(sizeof(rocket_submit) == 24 && offsetof(rocket_submit, job_count) == 8, "uAPI");
_Static_assert(sizeof(rocket_job) == 40 && offsetof(rocket_job, task_count) == 24, "uAPI");
_Static_assert(sizeof(rocket_task) == 8 && sizeof(rocket_fini_bo) == 8, "uAPI");
_Static_assert(sizeof(rocket_prep_bo) == 16 && offsetof(rocket_prep_bo, timeout_ns) == 8, "uAPI");
_Static_assert(ROCKET_IOCTL_CREATE_BO == 0xc0186440u && ROCKET_IOCTL_SUBMIT == 0x40186441u, "uAPI");
_Static_assert(ROCKET_IOCTL_PREP_BO == 0x40106442u && ROCKET_IOCTL_FINI_BO == 0x40086443u, "uAPI");

#endif
