/* Where a checked plan runs. One small vtable, so that the kernel driver and the software NPU look the same. */
#ifndef PTFE_DEVICE_H
#define PTFE_DEVICE_H

#include "../plan/plan.h"
#include "settings.h"

typedef struct device_plan device_plan; /* a plan loaded on a device, with its BOs */

enum device_result {
    DEVICE_OK = 0,
    DEVICE_FAILED = -1,  /* for good */
    DEVICE_SUSPECT = -2, /* the values may not be what the jobs make; another run may do better */
    DEVICE_FORKED = -3   /* loaded by the process that this one was forked from */
};

typedef struct device_ops {
    const char *name;
    uint32_t chip; /* number of the chip that its plans are for */
    /* The plan must stay in place until unload; `settings` may be NULL. Allocates BOs, fills in addresses, checks what the device can check. NULL with a sentence in `error` on failure. */
    device_plan *(*load)(const plan *plan, const device_settings *settings, char *error, size_t error_size);
    /* Before the host touches a BO: 0, or DEVICE_FORKED, and nothing of `loaded` may be touched. NULL where a fork copies all. */
    int (*begin)(device_plan *loaded, char *error, size_t error_size);
    /* Start of a BO's bytes for the host; stays valid until unload. */
    uint8_t *(*bo)(device_plan *loaded, uint32_t bo);
    /* Runs some jobs, one after the other, and waits for them. A device_result, with a sentence unless it is 0. */
    int (*run)(device_plan *loaded, uint32_t first_job, uint32_t job_count, char *error, size_t error_size);
    /* Time of a task in the last run, and the device's own estimate for the chip; 0 where unknown. */
    uint64_t (*task_nanoseconds)(const device_plan *loaded, uint32_t task);
    uint64_t (*task_cycles)(const device_plan *loaded, uint32_t task);
    /* Products of its convolution, in a unit that is the same for all tasks of an op. */
    uint64_t (*task_products)(const device_plan *loaded, uint32_t task);
    void (*unload)(device_plan *loaded);
} device_ops;

extern const device_ops device_software, device_rocket;

#endif
