#define _GNU_SOURCE
#include "core.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Registers of PC; windows of BAR0, 4 KiB each. */
enum { PC_VERSION = 0, PC_VERSION_NUMBER = 4, PC_ENABLE = 8, PC_BASE = 0x10, PC_AMOUNT = 0x14, PC_MASK = 0x20, PC_CLEAR = 0x24, PC_STATUS = 0x28, PC_RAW = 0x2c };
enum { WINDOW_PC = 0, WINDOW_CNA = 1, WINDOW_CORE = 3, WINDOW_MMU = 9, WINDOW_MMU_2 = 10, WINDOW_RESET = 11 };
enum { CAUSE_DPU_0 = 0x100, CAUSE_DPU_1 = 0x200, CAUSE_PPU_0 = 0x400, CAUSE_PPU_1 = 0x800, CAUSE_READ_ERROR = 0x1000, CAUSE_WRITE_ERROR = 0x2000, CAUSE_CNA_0 = 1 };
/* BAR2: what the next tasks do, milliseconds, how many tasks (0: all that follow); counters. */
enum { TEST_MODE = 0, TEST_MILLISECONDS = 4, TEST_COUNT = 8, TEST_TASKS = 0x10, TEST_RESETS = 0x14, TEST_FAULTS = 0x18, TEST_REFUSED = 0x1c };
#define CHIP_VERSION 0x46495245u /* as boards say: 1179210309 in the kernel's log */
#define UNMAPPED 0xc0000000u

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
            is_locked ? "" : "LOCKED, ", c->is_busy ? "at work" : "idle", c->start ? ", a task waits" : "", c->tasks, c->mode, c->generation, c->pc[PC_RAW / 4],
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
    memcpy(c->config, config, sizeof config);
    c->window = mmap(NULL, (size_t)1 << 32, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    c->pages = calloc((size_t)1 << 20, sizeof *c->pages);
    if (c->window != MAP_FAILED && c->pages != NULL) return c;
    perror("the window of the IOVA space");
    return NULL;
}

static int is_raised(const core *c) {
    return (c->pc[PC_RAW / 4] & c->pc[PC_MASK / 4]) != 0 || (c->banks[0].raw & c->banks[0].mask) != 0 ||
           (c->banks[1].raw & c->banks[1].mask) != 0;
}

void core_update_line(core *c) {
    const uint64_t one = 1;
    if (!is_raised(c) || c->masked || c->interrupt < 0) return;
    c->masked = 1;
    if (write(c->interrupt, &one, sizeof one) != (ssize_t)sizeof one) perror("eventfd");
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

static void sleep_milliseconds(uint32_t milliseconds) {
    const struct timespec time = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static int attempt(const npu_region *regions, size_t count, const npu_task *tasks, size_t task_count, npu_error *error) {
    npu_config config;
    npu_program *program = NULL;
    npu_config_default(&config);
    const int failed = npu_program_load(&config, regions, count, tasks, task_count, &program, error) != 0 ||
                       npu_program_run_some(program, task_count - 1, 1, error) != 0;
    npu_program_free(program);
    return failed;
}

/*
 * What the tasks before it in the same job left in CBUF and in registers matters, so those stand before it in the program
 * where it does not load alone. The driver counts words in pairs: a stream with an odd number of them is read one word too
 * far. Here that word is zero behind Mesa's streams and ours, and such a stream is refused: the plan's gate promises even ones.
 */
static int execute(core *c, const npu_region *regions, size_t count, const npu_task *task, npu_error *error) {
    npu_task *own = &c->history[c->history_count];
    *own = *task;
    int failed = attempt(regions, count, own, 1, error);
    if (failed && c->history_count > 0) failed = attempt(regions, count, c->history, c->history_count + 1, error);
    if (c->history_count < MOST_TASKS_OF_A_JOB - 1) c->history_count++;
    return failed;
}

/* The first page of the stream that is not mapped, or 0 with `*mapped`. */
static uint32_t missing_page(const core *c, const npu_task *task, int *mapped) {
    const uint64_t last = (uint64_t)task->regcmd_iova + (uint64_t)task->words * 8 - 1;
    for (uint64_t page = task->regcmd_iova >> 12; page <= last >> 12; page++) {
        *mapped = page < (1u << 20) && c->pages[page] != 0;
        if (!*mapped) return page == task->regcmd_iova >> 12 ? task->regcmd_iova : (uint32_t)(page << 12);
    }
    return 0;
}

/* The causes that the end of a task raises; 0 for none. */
static uint32_t causes_of(core *c, uint32_t mode) {
    const int second = (int)(c->group++ & 1);
    const uint32_t dpu = second ? CAUSE_DPU_1 : CAUSE_DPU_0;
    switch (mode) {
    case MISBEHAVE_READ_ERROR: return dpu | CAUSE_READ_ERROR;
    case MISBEHAVE_WRITE_ERROR: return dpu | CAUSE_WRITE_ERROR;
    case MISBEHAVE_OTHER_CAUSE: return CAUSE_CNA_0;
    case MISBEHAVE_PPU: return second ? CAUSE_PPU_1 : CAUSE_PPU_0;
    case MISBEHAVE_SILENT: return 0;
    default: return dpu;
    }
}

/* One task; the lock is held at the start and at the end. A stream that starts with 0 or ~0 is a test's own: nothing to compute. */
static void run_task(core *c, npu_region *regions, int most) {
    const uint32_t generation = c->generation, mode = c->mode, milliseconds = c->milliseconds;
    if (c->mode != MISBEHAVE_NOT && c->count > 0 && --c->count == 0) c->mode = MISBEHAVE_NOT;
    const npu_task task = {c->pc[PC_BASE / 4] & ~15u, (c->pc[PC_AMOUNT / 4] + 1) * 2};
    int mapped = 0;
    c->tasks++;
    core_say(c, "task at IOVA %x, %u words, mode %u", task.regcmd_iova, task.words, mode);
    const int count = iommu_map(c, regions, most);
    if (mode == MISBEHAVE_HANG || count < 0) return;
    const uint32_t missing = mode == MISBEHAVE_FAULT ? UNMAPPED : missing_page(c, &task, &mapped);
    if (!mapped) {
        iommu_fault(c, missing, 0);
        core_update_line(c);
        return;
    }
    pthread_mutex_unlock(&c->lock);
    uint64_t first_word;
    memcpy(&first_word, c->window + task.regcmd_iova, sizeof first_word);
    npu_error error = {0};
    int failed = 0;
    if (mode == MISBEHAVE_LATE) sleep_milliseconds(milliseconds);
    if (mode != MISBEHAVE_SKIP && first_word != 0 && first_word != UINT64_MAX) failed = execute(c, regions, (size_t)count, &task, &error);
    pthread_mutex_lock(&c->lock);
    if (generation != c->generation) {
        core_say(c, "the result of a task from before a reset is dropped");
        return;
    }
    if (failed) {
        c->refused++;
        fprintf(stderr, "[npu%d] refused: %s (target %x offset %x value %x)\n", c->index, error.text, error.target, error.offset, error.value);
        return;
    }
    if (mode == MISBEHAVE_RESET) {
        core_reset(c);
        return;
    }
    c->pc[PC_RAW / 4] |= causes_of(c, mode);
    if (mode == MISBEHAVE_EXTRA) c->extra = 1;
    core_update_line(c);
}

/* Until something happens, or until a line that QEMU lowered must have been silenced by its handler: else it is raised again. */
static void wait_for_work(core *c) {
    enum { HANDLED_WITHIN_NANOSECONDS = 50000000 };
    if (!c->unsure || !is_raised(c)) {
        c->unsure = 0;
        pthread_cond_wait(&c->wake, &c->lock);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += HANDLED_WITHIN_NANOSECONDS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (pthread_cond_timedwait(&c->wake, &c->lock, &until) != ETIMEDOUT) return;
    c->unsure = 0;
    if (is_raised(c)) core_say(c, "an interrupt that no CPU took is raised again");
    core_update_line(c);
}

void *core_worker(void *argument) {
    enum { MOST_REGIONS = 4096 };
    core *c = argument;
    npu_region *regions = calloc(MOST_REGIONS, sizeof *regions);
    if (regions == NULL) return NULL;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (!c->start) wait_for_work(c);
        c->start = 0;
        c->is_busy = 1;
        run_task(c, regions, MOST_REGIONS);
        c->is_busy = 0;
    }
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
            core_reset(c);
            c->reset_count++;
        }
        c->resets = value;
    } else if (window == WINDOW_MMU || window == WINDOW_MMU_2) {
        if (iommu_write(&c->banks[window - WINDOW_MMU], at, value)) c->history_count = 0;
    } else if (at < sizeof c->pc) {
        if (window == WINDOW_PC) write_pc(c, at, value);
        if (window == WINDOW_CNA) c->cna[at / 4] = value;
        if (window == WINDOW_CORE) c->units[at / 4] = value;
    }
    core_update_line(c);
}
