/* Where a checked plan runs. One small vtable, so that the kernel driver and the software NPU look the same. */
#ifndef PTFE_DEVICE_H
#define PTFE_DEVICE_H

#include "../plan/plan.h"
#include "../util/error.h"
#include "settings.h"

typedef struct device_plan device_plan; /* a plan loaded on a device, with its BOs */

/* Told of each job before it is handed over, while those of other cores may already run: what the host has to write for it yet. */
typedef struct device_feed {
    void (*feed)(void *context, uint32_t job);
    void *context;
} device_feed;

typedef struct device_ops {
    const char *name;     /* as the option `device` and ptfe_device have it */
    const char *timed_by; /* whose time task_nanoseconds is, for tables */
    uint32_t chip;        /* number of the chip that its plans are for */
    /* The plan must stay in place until unload; `settings` may be NULL. Allocates BOs, fills in addresses, checks what the device can check. NULL, and fills `error`. */
    device_plan *(*load)(const plan *plan, const device_settings *settings, ptfe_error *error);
    /* Before the host touches a BO. 0, or -1 and fills `error`; with PTFE_ERROR_FORKED nothing of `loaded` may be touched. NULL
       where a fork copies all. */
    int (*begin)(device_plan *loaded, ptfe_error *error);
    /* Start of a BO's bytes for the host; stays valid until unload. */
    uint8_t *(*bo)(device_plan *loaded, uint32_t bo);
    /* Runs some jobs and waits for them, those of different cores at the same time; `feed` may be NULL. 0, or -1 and fills `error`: with PTFE_ERROR_SUSPECT, or it failed
       for good. */
    int (*run)(device_plan *loaded, uint32_t first_job, uint32_t job_count, const device_feed *feed, ptfe_error *error);
    /* Time of a task in the last run, and the device's own estimate for the chip; 0 where unknown. */
    uint64_t (*task_nanoseconds)(const device_plan *loaded, uint32_t task);
    uint64_t (*task_cycles)(const device_plan *loaded, uint32_t task);
    /* Products of its convolution, in a unit that is the same for all tasks of an op. */
    uint64_t (*task_products)(const device_plan *loaded, uint32_t task);
    void (*unload)(device_plan *loaded);
} device_ops;

extern const device_ops device_software, device_rocket;

#endif
