#define _GNU_SOURCE
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Windows of BAR0, 4 KiB each. */
enum { WINDOW_PC = 0, WINDOW_CNA = 1, WINDOW_CORE = 3, WINDOW_MMU = 9, WINDOW_MMU_2 = 10, WINDOW_RESET = 11 };
/* BAR2: what the next tasks do, milliseconds, how many tasks (0: all that follow); counters. */
enum { TEST_MODE = 0, TEST_MILLISECONDS = 4, TEST_COUNT = 8, TEST_TASKS = 0x10, TEST_RESETS = 0x14, TEST_FAULTS = 0x18, TEST_REFUSED = 0x1c, TEST_TOGETHER = 0x20 };
#define CHIP_VERSION 0x46495245u /* as boards say: 1179210309 in the kernel's log */

int verbose;

void core_say(const core *c, const char *format, ...) {
    if (!verbose) return;
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fprintf(stderr, "[npu%d] %s\n", c->index, text);
}

void core_show(const core *c, int is_locked) {
    fprintf(stderr, "[npu%d] %s%s%s, %u tasks, mode %u, generation %u; causes %x of mask %x; IOMMU %x/%x: causes %x of %x; in reset %x; line: %s%s%s\n", c->index,
            is_locked ? "" : "LOCKED, ", c->is_executing ? "executing" : "idle", c->start ? ", a task waits" : "", c->tasks, c->mode, c->generation, c->pc[PC_RAW / 4],
            c->pc[PC_MASK / 4], c->banks[0].status, c->banks[1].status, c->banks[0].raw, c->banks[0].mask, c->resets, c->masked ? "raised" : "low",
            c->unsure ? ", unsure" : "", c->extra ? ", one more" : "");
}

core *core_new(int index) {
    static const uint8_t config[64] = {0x87, 0x1d, 0x88, 0x35, 0, 0, 0, 0, 1, 0, 0x80, 0x08, [0x3d] = 1};
    core *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    c->index = index;
    c->interrupt = -1;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    pthread_cond_init(&c->idle, NULL);
    memcpy(c->config, config, sizeof config);
    c->window = mmap(NULL, (size_t)1 << 32, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    c->pages = calloc((size_t)1 << 20, sizeof *c->pages);
    if (c->window != MAP_FAILED && c->pages != NULL) return c;
    perror("the window of the IOVA space");
    return NULL;
}

int core_is_raised(const core *c) {
    return (c->pc[PC_RAW / 4] & c->pc[PC_MASK / 4]) != 0 || (c->banks[0].raw & c->banks[0].mask) != 0 ||
           (c->banks[1].raw & c->banks[1].mask) != 0;
}

static void raise_line(core *c) {
    const uint64_t one = 1;
    c->masked = 1;
    if (write(c->interrupt, &one, sizeof one) != (ssize_t)sizeof one) perror("eventfd");
}

void core_update_line(core *c) {
    if (core_is_raised(c) && !c->masked && c->interrupt >= 0) raise_line(c);
}

uint8_t *core_ram(core *c, uint64_t address, const ram **which) {
    for (int i = 0; i < c->ram_count; i++) {
        const ram *r = &c->rams[i];
        if (address < r->address || address - r->address >= r->size) continue;
        if (which != NULL) *which = r;
        return r->host + (address - r->address);
    }
    return NULL;
}

void core_reset(core *c) {
    memset(c->pc, 0, sizeof c->pc);
    memset(c->cna, 0, sizeof c->cna);
    memset(c->units, 0, sizeof c->units);
    c->start = 0;
    c->generation++;
}

static uint32_t read_test(const core *c, uint32_t offset) {
    switch (offset) {
    case TEST_MODE: return c->mode;
    case TEST_TASKS: return c->tasks;
    case TEST_RESETS: return c->reset_count;
    case TEST_FAULTS: return c->faults;
    case TEST_REFUSED: return c->refused;
    case TEST_TOGETHER: return c->together;
    default: return 0;
    }
}

uint32_t core_read(core *c, uint32_t bar, uint32_t offset) {
    const uint32_t window = offset >> 12, at = offset & 0xfff;
    if (bar == 2) return read_test(c, offset);
    if (window == WINDOW_RESET) return c->resets;
    if (window == WINDOW_MMU || window == WINDOW_MMU_2) return iommu_read(&c->banks[window - WINDOW_MMU], at);
    if (at >= sizeof c->pc) return 0;
    if (window == WINDOW_CNA) return c->cna[at / 4];
    if (window == WINDOW_CORE) return c->units[at / 4];
    if (window != WINDOW_PC) return 0;
    if (at == PC_VERSION) return CHIP_VERSION;
    if (at == PC_STATUS) return c->pc[PC_RAW / 4] & c->pc[PC_MASK / 4];
    return c->pc[at / 4];
}

static void write_pc(core *c, uint32_t at, uint32_t value) {
    if (at == PC_CLEAR && c->extra) { /* the thread of the driver has begun: what comes now counts for the next task */
        c->extra = 0;
        if (c->interrupt >= 0) raise_line(c);
        return;
    }
    if (at == PC_CLEAR) {
        c->pc[PC_RAW / 4] &= ~value;
        return;
    }
    if (at == PC_RAW || at == PC_STATUS || at == PC_VERSION || at == PC_VERSION_NUMBER) return;
    c->pc[at / 4] = value;
    if (at != PC_ENABLE || (value & 1) == 0) return;
    if (c->resets) {
        core_say(c, "started while in reset");
        return;
    }
    c->start = 1;
    pthread_cond_signal(&c->wake);
}

static void write_test(core *c, uint32_t offset, uint32_t value) {
    if (offset == TEST_MODE) c->mode = value;
    if (offset == TEST_MILLISECONDS) c->milliseconds = value;
    if (offset == TEST_COUNT) c->count = value;
}

void core_write(core *c, uint32_t bar, uint32_t offset, uint32_t value) {
    const uint32_t window = offset >> 12, at = offset & 0xfff;
    if (bar == 2) {
        write_test(c, offset, value);
        return;
    }
    if (window == WINDOW_RESET) {
        if (value & ~c->resets) {
            core_quiesce(c);
            core_reset(c);
            c->reset_count++;
        }
        c->resets = value;
    } else if (window == WINDOW_MMU || window == WINDOW_MMU_2) {
        if (iommu_stops_tasks(at, value)) core_quiesce(c);
        if (iommu_write(&c->banks[window - WINDOW_MMU], at, value)) c->history_count = 0;
    } else if (at < sizeof c->pc) {
        if (window == WINDOW_PC) write_pc(c, at, value);
        if (window == WINDOW_CNA) c->cna[at / 4] = value;
        if (window == WINDOW_CORE) c->units[at / 4] = value;
    }
    core_update_line(c);
}
