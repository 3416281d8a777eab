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

/* Registers of PC. */
enum { PC_VERSION = 0, PC_VERSION_NUMBER = 4, PC_ENABLE = 8, PC_BASE = 0x10, PC_AMOUNT = 0x14, PC_MASK = 0x20, PC_CLEAR = 0x24, PC_STATUS = 0x28, PC_RAW = 0x2c };

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
    pthread_cond_t wake, idle;
    uint32_t pc[64], cna[64], units[64], resets;
    iommu_bank banks[2];
    ram rams[MOST_RAMS];
    int ram_count;
    int interrupt, masked; /* an eventfd or -1; QEMU masks the line at each trigger */
    int unsure;            /* QEMU lowered the line at some access: did a CPU take the interrupt? */
    int extra;             /* at the next clear: one interrupt too many */
    int start;             /* a task waits for the worker */
    int is_executing;      /* it reads and writes the guest's memory */
    uint32_t generation;   /* counts resets: the result of an older task is dropped */
    uint32_t group;
    uint32_t mode, milliseconds, count;
    uint32_t tasks, reset_count, faults, refused;
    uint32_t together; /* tasks that began while another core was at one */
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

/* Whether a cause is pending that nobody masked. */
int core_is_raised(const core *c);

/* Raises the interrupt line where a cause is pending and nobody masked it; the lock is held. */
void core_update_line(core *c);

/*
 * Waits until no task reads or writes the guest's memory; the lock is held. A reset and a stalled IOMMU end a task's accesses,
 * and behind them the kernel gives the pages to others: a task that still wrote there would write into page tables.
 */
void core_quiesce(core *c);

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

/* Whether behind this write no task may reach memory by the old tables. */
int iommu_stops_tasks(uint32_t offset, uint32_t value);

/* 1 where a new page table was set: the kernel attaches it at the start of a job. */
int iommu_write(iommu_bank *bank, uint32_t offset, uint32_t value);

#endif
