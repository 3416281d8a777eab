/*
 * What tasks touch against what npu_program_check says that they do. Built with AddressSanitizer: while a task runs, all memory
 * but the ranges that were told of it is poisoned, so that any other byte ends the program.
 * Run: accesses random FIRST_SEED COUNT, or accesses plans FILE... Each memory is then made shorter by an atom: refused.
 */
#include <inttypes.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../delegate/plan/accesses.h"
#include "../../delegate/plan/session.h"
#include "random_task.h"

enum { ATOM = 16 };

typedef struct accesses {
    npu_access *list;
    size_t count, room;
} accesses;

static int keep(void *context, const npu_access *access, npu_error *error) {
    accesses *a = context;
    (void)error;
    if (a->count == a->room) {
        a->room = a->room == 0 ? 64 : a->room * 2;
        a->list = realloc(a->list, a->room * sizeof *a->list);
        if (a->list == NULL) exit(3);
    }
    a->list[a->count++] = *access;
    return 0;
}

static int stop(const char *what, const char *why) {
    printf("%s: %s\n", what, why);
    return 1;
}

/* The ranges that tasks from `first` on touch, and no other byte of the memories. */
static void open_ranges(const accesses *a, uint8_t *const *data, uint32_t first, uint32_t count) {
    for (size_t i = 0; i < a->count; i++) {
        const npu_access *one = &a->list[i];
        if (one->task < first || one->task - first >= count) continue;
        ASAN_UNPOISON_MEMORY_REGION(data[one->region] + one->from, (size_t)(one->to - one->from));
    }
}

static void close_memory(uint8_t *const *data, const uint64_t *sizes, size_t count) {
    for (size_t i = 0; i < count; i++) ASAN_POISON_MEMORY_REGION(data[i], (size_t)sizes[i]);
}

static void open_memory(uint8_t *const *data, const uint64_t *sizes, size_t count) {
    for (size_t i = 0; i < count; i++) ASAN_UNPOISON_MEMORY_REGION(data[i], (size_t)sizes[i]);
}

static uint64_t end_of(const accesses *a, uint32_t region) {
    uint64_t end = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (a->list[i].region == region && a->list[i].to > end) end = a->list[i].to;
    }
    return end;
}

/* ---- random programs ---- */

static int check(const npu_config *config, const random_program *p, accesses *a, npu_error *error) {
    return npu_program_check(config, p->regions, p->region_count, p->tasks, p->task_count, a == NULL ? NULL : keep, a, error);
}

static int run_guarded(npu_config config, uint32_t flags, const random_program *p, const accesses *a) {
    uint8_t *data[RANDOM_REGIONS];
    uint64_t sizes[RANDOM_REGIONS];
    npu_program *loaded;
    npu_error error;
    config.flags = flags;
    for (size_t i = 0; i < p->region_count; i++) data[i] = p->regions[i].data, sizes[i] = p->regions[i].size;
    /* Loading reads the command words, and weights and operands of all tasks. */
    close_memory(data, sizes, p->region_count);
    open_ranges(a, data, 0, UINT32_MAX);
    for (size_t t = 0; t < p->task_count; t++) {
        for (size_t i = 0; i < p->region_count; i++) {
            if (p->regions[i].iova == p->tasks[t].regcmd_iova) ASAN_UNPOISON_MEMORY_REGION(data[i], (size_t)sizes[i]);
        }
    }
    int status = npu_program_load(&config, p->regions, p->region_count, p->tasks, p->task_count, &loaded, &error);
    for (uint32_t t = 0; status == 0 && t < p->task_count; t++) {
        close_memory(data, sizes, p->region_count);
        open_ranges(a, data, t, 1);
        status = npu_program_run_some(loaded, t, 1, &error);
    }
    open_memory(data, sizes, p->region_count);
    if (status == 0 || loaded != NULL) npu_program_free(loaded);
    return status == 0 ? 0 : stop("a program that was checked", error.text);
}

static void fill_outputs(const random_program *p, const accesses *a, int byte) {
    for (size_t i = 0; i < a->count; i++) {
        if (a->list[i].writes) memset(p->regions[a->list[i].region].data, byte, (size_t)p->regions[a->list[i].region].size);
    }
}

/* The first and the last byte of what a task is said to write are written. */
static int is_tight(const npu_config *config, const random_program *p, const accesses *a) {
    uint8_t ends[2][64][2];
    for (int round = 0; round < 2; round++) {
        fill_outputs(p, a, round == 0 ? 0 : 0xff);
        if (run_guarded(*config, 0, p, a) != 0) return 1;
        for (size_t i = 0; i < a->count && i < 64; i++) {
            const uint8_t *data = p->regions[a->list[i].region].data;
            ends[round][i][0] = data[a->list[i].from];
            ends[round][i][1] = data[a->list[i].to - 1];
        }
    }
    for (size_t i = 0; i < a->count && i < 64; i++) {
        if (!a->list[i].writes) continue;
        for (int end = 0; end < 2; end++) {
            if (ends[0][i][end] == 0 && ends[1][i][end] == 0xff) return stop("a range that is said to be written", "its end is not");
        }
    }
    return 0;
}

static int shorten(const npu_config *config, random_program *p, const accesses *a) {
    for (uint32_t i = 0; i < p->region_count; i++) {
        const uint64_t size = p->regions[i].size, end = end_of(a, i);
        npu_error error;
        if (end == 0) continue;
        p->regions[i].size = end > ATOM ? end - ATOM : end - 1;
        int status = check(config, p, NULL, &error);
        p->regions[i].size = size;
        if (status == 0) return stop("a memory that is an atom too short", "not refused");
        if (strstr(error.text, "not inside one buffer") == NULL) return stop("refused for another reason", error.text);
    }
    return 0;
}

static int random_programs(uint64_t first, uint64_t count) {
    static const uint32_t paths[] = {NPU_SCALAR, NPU_PORTABLE, 0};
    random_counts counts;
    uint64_t ranges = 0;
    memset(&counts, 0, sizeof counts);
    for (uint64_t seed = first; seed < first + count; seed++) {
        random_state r = random_start(seed);
        random_program p;
        npu_config config;
        npu_error error;
        accesses a = {NULL, 0, 0};
        npu_config_default(&config);
        config.facts[NPU_FACT_ZERO_MULTIPLIER] = NPU_ZERO_MULTIPLIER_PLAIN;
        random_program_draw(&r, &p, &counts);
        int wrong = check(&config, &p, &a, &error) != 0 && stop("a random program", error.text);
        for (size_t path = 0; !wrong && path < 3; path++) wrong = run_guarded(config, paths[path], &p, &a);
        wrong = wrong || is_tight(&config, &p, &a) || shorten(&config, &p, &a);
        ranges += a.count;
        free(a.list);
        random_program_free(&p);
        if (wrong) return printf("seed %" PRIu64 "\n", seed), 1;
    }
    printf("%" PRIu64 " programs, %" PRIu64 " ranges: nothing else touched, each end written, each shorter memory refused\n", count, ranges);
    return 0;
}

/* ---- plans ---- */

static uint8_t *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) exit(2);
    *length = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*length + 1);
    if (bytes == NULL || fread(bytes, 1, *length, file) != *length) exit(2);
    fclose(file);
    return bytes;
}

/* Job after job, on whatever the arena holds. */
static int run_jobs(ptfe_session *s, const accesses *a, ptfe_error *error) {
    uint8_t *data[PLAN_MAX_BOS];
    uint64_t sizes[PLAN_MAX_BOS];
    const plan *p = &s->plan;
    int status = 0;
    for (uint32_t i = 0; i < p->bo_count; i++) {
        data[i] = s->device->bo(s->loaded, i);
        sizes[i] = p->bos[i].kind == PLAN_BO_CONSTANTS ? p->bos[i].data_bytes : p->bos[i].size;
    }
    for (uint32_t job = 0; status == 0 && job < p->job_count; job++) {
        close_memory(data, sizes, p->bo_count);
        open_ranges(a, data, p->jobs[job].first_task, p->jobs[job].task_count);
        status = s->device->run(s->loaded, job, 1, NULL, error);
    }
    open_memory(data, sizes, p->bo_count);
    return status;
}

static int shorten_plan(uint8_t *bytes, size_t length, const plan *p, const accesses *a) {
    for (uint32_t i = 0; i < p->bo_count; i++) {
        char error[256] = "";
        const uint64_t end = end_of(a, i);
        plan_bo *bo = (plan_bo *)(uintptr_t)&p->bos[i], kept = *bo;
        if (end <= ATOM) continue;
        bo->size = end - ATOM;
        if (bo->data_bytes > bo->size) bo->data_bytes = bo->size;
        uint64_t hash = plan_hash(bytes + 32, length - 32);
        memcpy(bytes + 24, &hash, sizeof hash);
        ptfe_session *s = ptfe_open(bytes, length, NULL, error, sizeof error);
        ptfe_close(s);
        *bo = kept;
        if (s != NULL) return stop("a BO that is an atom too short", "not refused");
        if (strstr(error, "not inside") == NULL && strstr(error, "outside its buffer") == NULL) return stop("refused for another reason", error);
    }
    return 0;
}

static int check_plan(const char *path, uint64_t *ranges) {
    size_t length;
    uint8_t *bytes = read_file(path, &length);
    ptfe_error error;
    accesses a = {NULL, 0, 0};
    ptfe_session *s;
    const plan_source source = plan_in_memory(bytes, length);
    int wrong = session_open(&device_software, &source, NULL, &s, &error) != 0 ? stop(path, error.text) : 0;
    if (!wrong && plan_visit_accesses(&s->plan, &npu_chips[0], NULL, keep, &a, &error) != 0) wrong = stop(path, error.text);
    if (!wrong && run_jobs(s, &a, &error) != 0) wrong = stop(path, error.text);
    plan p = s == NULL ? (plan){0} : s->plan;
    ptfe_close(s);
    if (!wrong) wrong = shorten_plan(bytes, length, &p, &a);
    *ranges += a.count;
    free(a.list);
    free(bytes);
    return wrong;
}

int main(int argc, char **argv) {
    if (argc > 3 && strcmp(argv[1], "random") == 0) return random_programs(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    uint64_t ranges = 0;
    for (int i = 2; i < argc; i++) {
        if (check_plan(argv[i], &ranges) != 0) return printf("%s\n", argv[i]), 1;
    }
    printf("%d plans, %" PRIu64 " ranges: nothing else touched, each shorter BO refused\n", argc - 2, ranges);
    return 0;
}
