/* A plan on the NPU behind the kernel driver: its files, its BOs, its jobs. */
#ifndef PTFE_ROCKET_PLAN_H
#define PTFE_ROCKET_PLAN_H

#include "device.h"
#include "rocket_file.h"
#include "rocket_uapi.h"

enum { ROCKET_CORES = 3, OF_CORE = 2, MOST_BOS = OF_CORE * ROCKET_CORES + PLAN_MAX_BOS };

/* Where a BO of the plan lies. */
typedef struct rocket_place {
    uint32_t bo;
    size_t offset;
} rocket_place;

/* A job's BOs, those that it reads before those that it writes. */
typedef struct rocket_handles {
    uint32_t handles[OF_CORE + PLAN_MAX_BOS];
} rocket_handles;

/* What a core works on. */
typedef struct rocket_side {
    rocket_file *file;
    uint64_t pattern[2];
    int64_t start; /* of its job */
    uint64_t nanoseconds; /* of the last run */
} rocket_side;

/* BOs: program and arena of each core, then each one that the host touches. */
struct device_plan {
    const plan *plan;
    rocket_side sides[ROCKET_CORES];
    rocket_bo bos[MOST_BOS];
    uint32_t core_of[MOST_BOS];
    uint32_t bo_count;
    rocket_place places[PLAN_MAX_BOS];
    rocket_task *tasks;
    rocket_job *jobs;
    rocket_handles *lists;
    int64_t limit; /* ns */
};

/* As device_ops has it. */
device_plan *rocket_load(const plan *p, const device_settings *settings, ptfe_error *error);
void rocket_unload(device_plan *d);

/* A job may still run on that core, or the driver's device is gone: nothing of its file is touched again. */
void rocket_leave_behind(device_plan *d, uint32_t core);

/* A BO of the driver's to the device. 0, or -1 with errno. */
int rocket_finish(const device_plan *d, uint32_t bo);

/* Whether the host touches a BO of the plan, and the job does. */
int rocket_is_io_of(const device_plan *d, const plan_job *job, uint32_t bo);

/* Start of a BO of the plan. */
uint8_t *rocket_bo_of(device_plan *d, uint32_t bo);

#endif
