/* What the parts of the pretended driver share. Under the lock, while other threads run. */
#ifndef PTFE_TEST_ROCKET_PARTS_H
#define PTFE_TEST_ROCKET_PARTS_H

#include <pthread.h>

#include "../../../delegate/device/rocket_uapi.h"
#include "hardware.h"
#include "kernel.h"

enum { MOST_FILES = 64, PAGE = 4096 };

/* Since a test last asked, and in the life of the process. */
typedef struct ioctl_totals {
    unsigned create, submit, prep, fini, tasks;
    uint64_t synced, bytes;
} ioctl_totals;
typedef struct process_totals {
    unsigned opens, create, closed, submit, prep, fini, maps, unmaps, most_bos;
} process_totals;

extern pthread_mutex_t kernel_lock;
extern file *kernel_files[MOST_FILES];
extern ioctl_totals counts;
extern process_totals all;
extern int64_t last_end; /* of a job; 0: none ended */

int refuse(int error); /* -1, with errno */

/* A line behind those of a file in ROCKET_ROOT. */
void record(const char *name, const char *text);

file *file_of(int fd); /* NULL where it is none of the driver's */

/* bos.c. Addresses are free when handle, mappings and jobs are gone. */
bo *bo_of(file *f, uint32_t handle);
int create_bo(file *f, rocket_create_bo *request);
int close_bo(file *f, const rocket_gem_close *request);
void drop_bo(file *f, bo *b);
unsigned count_bos(const file *f);
unsigned count_mappings(void); /* of this process */

/* submit.c. SUBMIT returns 0 whatever became of the jobs. */
int submit_jobs(file *f, const rocket_submit *request);
void free_job(file *f, job *j);

/* fences.c */
int prep_bo(file *f, const rocket_prep_bo *request);
int fini_bo(file *f, const rocket_fini_bo *request);

#endif
