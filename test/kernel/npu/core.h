/*
 * One NPU core of an RK3588 as the rocket driver sees it: the registers of PC, CNA and CORE, the two banks of its IOMMU and
 * two reset lines. The software NPU executes the command words. Offsets and bits: src/hardware, and Linux 7.3's
 * drivers/accel/rocket and drivers/iommu/rockchip-iommu.c for what the driver expects of them.
 */
#ifndef PTFE_TEST_CORE_H
#define PTFE_TEST_CORE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../delegate/npu/npu.h"

enum { MOST_RAMS = 16, MOST_TASKS_OF_A_JOB = 4096, PAGE = 4096 };

/* What the next tasks do wrong, as a test asks in BAR2. */
enum misbehaviour {
    MISBEHAVE_NOT,
    MISBEHAVE_HANG,        /* never ends */
    MISBEHAVE_SKIP,        /* ends without a write */
    MISBEHAVE_LATE,        /* takes some milliseconds more */
    MISBEHAVE_READ_ERROR,  /* DMA_READ_ERROR beside the end of the DPU */
    MISBEHAVE_WRITE_ERROR, /* DMA_WRITE_ERROR beside it */
    MISBEHAVE_OTHER_CAUSE, /* an interrupt, but not the DPU's */
    MISBEHAVE_PPU,         /* the PPU's bits in place of the DPU's */
    MISBEHAVE_SILENT,      /* computes, but raises no interrupt */
    MISBEHAVE_FAULT,       /* reads an address that is not mapped */
    MISBEHAVE_EXTRA,       /* one interrupt too many */
    MISBEHAVE_RESET        /* computes, and then the core has lost its registers */
};

/* The guest's memory, as QEMU hands it over. */
typedef struct ram {
    uint64_t address, size, offset;
    uint8_t *host;
    int fd;
} ram;

typedef struct iommu_bank {
    uint32_t table, status, fault, raw, mask, gating;
} iommu_bank;

typedef struct core {
    int index, socket;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    uint32_t pc[64], cna[64], units[64], resets;
    iommu_bank banks[2];
    ram rams[MOST_RAMS];
    int ram_count;
    int interrupt, masked; /* an eventfd or -1; QEMU masks the line at each trigger */
    int unsure;            /* QEMU lowered the line at some access: did a CPU take the interrupt? */
    int extra;             /* the line is raised again before its handler silences it: one interrupt too many */
    int start, is_busy;    /* a task waits for the worker; it is at work */
    uint32_t generation;   /* counts resets: the result of an older task is dropped */
    uint32_t group;
    uint32_t mode, milliseconds, count;
    uint32_t tasks, reset_count, faults, refused;
    uint8_t config[4096];
    uint8_t *window; /* 4 GiB: the IOVA space with the guest's pages mapped in place */
    uint32_t *pages; /* what is mapped there */
    npu_task history[MOST_TASKS_OF_A_JOB];
    size_t history_count;
} core;

extern int verbose;

void core_say(const core *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Its state on stderr, the lock held or not. */
void core_show(const core *c, int is_locked);

/* A core without a socket; NULL when there is no memory. */
core *core_new(int index);

/* All registers as after a reset. */
void core_reset(core *c);

/* A register of BAR0 or BAR2; the lock is held. */
uint32_t core_read(core *c, uint32_t bar, uint32_t offset);
void core_write(core *c, uint32_t bar, uint32_t offset, uint32_t value);

/* Raises the interrupt line where a cause is pending and nobody masked it; the lock is held. */
void core_update_line(core *c);

/* The thread that executes tasks. */
void *core_worker(void *argument);

/* Memory of the guest at a physical address, or NULL. */
uint8_t *core_ram(core *c, uint64_t address, const ram **which);

/*
 * Brings the window in line with the guest's page tables. @returns runs of mapped pages in `regions`, or -1 where no table is
 * in use.
 */
int iommu_map(core *c, npu_region *regions, int most);

void iommu_fault(core *c, uint32_t iova, int is_write);
uint32_t iommu_read(const iommu_bank *bank, uint32_t offset);

/* 1 where a new page table was set: the kernel attaches it at the start of a job. */
int iommu_write(iommu_bank *bank, uint32_t offset, uint32_t value);

#endif
