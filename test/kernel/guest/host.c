/*
 * A TFLite program in C for the guest, and for qemu-user beside it. One JSON line for each thing that it did.
 *   host run LIBRARY MODEL DELEGATE|- ROUNDS [key=value ...]       create, allocate, ROUNDS invokes, delete
 *   host cycle LIBRARY MODEL DELEGATE TIMES [key=value ...]        the same with one invoke, TIMES times in one process
 *   host threads LIBRARY MODEL DELEGATE ROUNDS [key=value ...]     two interpreters in two threads at once
 *   host fork LIBRARY MODEL DELEGATE ROUNDS [key=value ...]        prepare, invoke, fork; the child invokes too, then the parent
 *   host many LIBRARY MODEL DELEGATE COUNT [key=value ...]         COUNT interpreters at once, an invoke each; then all that again
 *   host exit LIBRARY MODEL DELEGATE ROUNDS [key=value ...]        _exit right behind the last invoke
 *   host unbind LIBRARY MODEL DELEGATE ROUNDS [key=value ...]      takes all cores from the driver before the second half of the invokes
 *   host show LIBRARY MODEL DELEGATE|- ROUNDS [key=value ...]      all bytes of the outputs of each invoke
 *   host mode MODE MILLISECONDS COUNT                              what the NPU's next COUNT tasks do wrong (npu/core.h)
 *   host counters                                                  tasks, resets, faults and refusals of the NPU
 * Inputs are a fixed sequence for each round.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../host/tflite_c.h"

enum { CORES = 3, INPUTS = 2 /* that take turns */ };
enum { TEST_MODE = 0, TEST_MILLISECONDS = 1, TEST_COUNT = 2, TEST_TASKS = 4, TEST_RESETS, TEST_FAULTS, TEST_REFUSED, TEST_TOGETHER, TEST_WORDS };

typedef struct job {
    const char *model, *delegate;
    int rounds, pairs, number;
    char **pair;
    int failed;
} job;

/* ---- the NPU's own registers for tests, through PCI's BAR2; none under qemu-user ---- */

static volatile uint32_t *test_registers(int index) {
    char path[80];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/0000:00:0%d.0/resource2", index + 1);
    const int fd = open(path, O_RDWR | O_SYNC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    return at == MAP_FAILED ? NULL : at;
}

static void read_counters(uint32_t out[TEST_WORDS]) {
    memset(out, 0, TEST_WORDS * sizeof *out);
    for (int i = 0; i < CORES; i++) {
        volatile uint32_t *at = test_registers(i);
        for (int k = TEST_TASKS; at != NULL && k < TEST_WORDS; k++) out[k] += at[k];
        if (at != NULL) munmap((void *)(uintptr_t)at, 4096);
    }
}

/* Tasks by core. */
static int show_counters(void) {
    uint32_t now[TEST_WORDS];
    read_counters(now);
    printf("{\"what\":\"counters\",\"tasks\":[");
    for (int i = 0; i < CORES; i++) {
        volatile uint32_t *at = test_registers(i);
        printf("%s%u", i == 0 ? "" : ",", at == NULL ? 0 : at[TEST_TASKS]);
        if (at != NULL) munmap((void *)(uintptr_t)at, 4096);
    }
    printf("],\"resets\":%u,\"faults\":%u,\"refused\":%u,\"together\":%u}\n", now[TEST_RESETS], now[TEST_FAULTS], now[TEST_REFUSED], now[TEST_TOGETHER]);
    return 0;
}

static int set_mode(char **values) {
    for (int i = 0; i < CORES; i++) {
        volatile uint32_t *at = test_registers(i);
        if (at == NULL) return 1;
        at[TEST_MILLISECONDS] = (uint32_t)atoi(values[1]);
        at[TEST_COUNT] = (uint32_t)atoi(values[2]);
        at[TEST_MODE] = (uint32_t)atoi(values[0]);
    }
    return 0;
}

/* ---- TFLite ---- */

/*
 * Whether the library makes a delegate with device=npu. TFLite 2.14's TfLiteExternalDelegateCreate does not look: where a
 * library made none, it hands out a wrapper whose Prepare was never set, and TfLiteInterpreterCreate jumps there.
 */
static int is_made(const job *j) {
    for (int i = 0; i < j->pairs; i++) {
        if (strcmp(j->pair[i], "device=npu") != 0) continue;
        char key[] = "device", value[] = "npu", *keys[] = {key}, *values[] = {value};
        void *plugin = dlopen(j->delegate, RTLD_NOW), *(*create)(char **, char **, size_t, void *), (*destroy)(void *);
        if (plugin == NULL) return 0;
        *(void **)&create = dlsym(plugin, "tflite_plugin_create_delegate");
        *(void **)&destroy = dlsym(plugin, "tflite_plugin_destroy_delegate");
        void *made = create(keys, values, 1, NULL);
        if (made != NULL) destroy(made);
        return made != NULL;
    }
    return 1;
}

typedef struct interpreter {
    void *model, *options, *delegate, *self;
} interpreter;

static int open_interpreter(const job *j, interpreter *t) {
    if (!is_made(j)) return -1;
    t->model = CALL(void *, "TfLiteModelCreateFromFile", const char *)(j->model);
    t->options = CALL(void *, "TfLiteInterpreterOptionsCreate", void)();
    CALL(void, "TfLiteInterpreterOptionsSetNumThreads", void *, int32_t)(t->options, 1);
    t->delegate = strcmp(j->delegate, "-") == 0 ? NULL : tflite_delegate(j->delegate, j->pairs, j->pair);
    if (strcmp(j->delegate, "-") != 0 && t->delegate == NULL) return -1;
    if (t->delegate != NULL) CALL(void, "TfLiteInterpreterOptionsAddDelegate", void *, void *)(t->options, t->delegate);
    t->self = CALL(void *, "TfLiteInterpreterCreate", const void *, const void *)(t->model, t->options);
    return t->self != NULL && CALL(int, "TfLiteInterpreterAllocateTensors", void *)(t->self) == 0 ? 0 : -1;
}

static void close_interpreter(interpreter *t) {
    if (t->self != NULL) CALL(void, "TfLiteInterpreterDelete", void *)(t->self);
    if (t->delegate != NULL) CALL(void, "TfLiteExternalDelegateDelete", void *)(t->delegate);
    if (t->options != NULL) CALL(void, "TfLiteInterpreterOptionsDelete", void *)(t->options);
    if (t->model != NULL) CALL(void, "TfLiteModelDelete", void *)(t->model);
}

static void fill_inputs(void *self, int round) {
    uint64_t state = 88172645463325252ull + (uint64_t)(round % INPUTS);
    const int count = CALL(int32_t, "TfLiteInterpreterGetInputTensorCount", const void *)(self);
    for (int i = 0; i < count; i++) {
        void *tensor = CALL(void *, "TfLiteInterpreterGetInputTensor", const void *, int32_t)(self, i);
        uint8_t *data = CALL(void *, "TfLiteTensorData", const void *)(tensor);
        const size_t bytes = CALL(size_t, "TfLiteTensorByteSize", const void *)(tensor);
        for (size_t k = 0; k < bytes; k++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            data[k] = (uint8_t)(state >> 32);
        }
    }
}

/* FNV-1a over all outputs. */
static uint64_t hash_outputs(void *self) {
    uint64_t hash = 14695981039346656037ull;
    const int count = CALL(int32_t, "TfLiteInterpreterGetOutputTensorCount", const void *)(self);
    for (int i = 0; i < count; i++) {
        const void *tensor = CALL(const void *, "TfLiteInterpreterGetOutputTensor", const void *, int32_t)(self, i);
        const uint8_t *data = CALL(void *, "TfLiteTensorData", const void *)(tensor);
        const size_t bytes = CALL(size_t, "TfLiteTensorByteSize", const void *)(tensor);
        for (size_t k = 0; k < bytes; k++) hash = (hash ^ data[k]) * 1099511628211ull;
    }
    return hash;
}

static double milliseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* CPU time of child processes that have ended. */
static double children_milliseconds(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_CHILDREN, &usage) != 0) return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/* Counts of ioctls that a preloaded library keeps; NULL without it. */
static const char *ioctl_counts(int reset) {
    const char *(*report)(int) = (const char *(*)(int))dlsym(RTLD_DEFAULT, "ioctl_counts");
    return report == NULL ? NULL : report(reset);
}

/* KiB that this process holds. */
static long resident(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1) pages = 0;
    if (file != NULL) fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int invoke(void *self, const job *j, int round) {
    uint32_t before[TEST_WORDS], after[TEST_WORDS];
    fill_inputs(self, round);
    read_counters(before);
    ioctl_counts(1);
    const double wall = milliseconds(CLOCK_MONOTONIC), cpu = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
    const int status = CALL(int, "TfLiteInterpreterInvoke", void *)(self);
    const double wall_end = milliseconds(CLOCK_MONOTONIC), cpu_end = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
    const char *ioctls = ioctl_counts(0);
    read_counters(after);
    printf("{\"what\":\"invoke\",\"number\":%d,\"round\":%d,\"status\":%d,\"hash\":\"%016" PRIx64 "\",\"ms\":%.3f,\"cpu\":%.3f,\"tasks\":%u,\"resets\":%u,\"faults\":%u,\"refused\":%u,\"ioctls\":%s}\n",
           j->number, round, status, status == 0 ? hash_outputs(self) : 0, wall_end - wall, cpu_end - cpu, after[TEST_TASKS] - before[TEST_TASKS],
           after[TEST_RESETS] - before[TEST_RESETS], after[TEST_FAULTS] - before[TEST_FAULTS], after[TEST_REFUSED] - before[TEST_REFUSED],
           ioctls == NULL ? "null" : ioctls);
    fflush(stdout);
    return status;
}

static void *run(void *argument) {
    job *j = argument;
    interpreter t = {0};
    const double cpu = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
    j->failed = open_interpreter(j, &t);
    const char *ioctls = ioctl_counts(0);
    printf("{\"what\":\"prepare\",\"number\":%d,\"status\":%d,\"cpu\":%.3f,\"children\":%.3f,\"resident\":%ld,\"ioctls\":%s}\n", j->number, j->failed,
           milliseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, children_milliseconds(), resident(), ioctls == NULL ? "null" : ioctls);
    for (int i = 0; i < j->rounds && j->failed == 0; i++) j->failed = invoke(t.self, j, i);
    close_interpreter(&t);
    return NULL;
}

static int run_threads(job *j) {
    pthread_t threads[2];
    job jobs[2] = {*j, *j};
    for (int i = 0; i < 2; i++) {
        jobs[i].number = i;
        pthread_create(&threads[i], NULL, run, &jobs[i]);
    }
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return jobs[0].failed | jobs[1].failed;
}

static int run_fork(job *j) {
    interpreter t = {0};
    int status = open_interpreter(j, &t);
    if (status == 0) status = invoke(t.self, j, 0);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        j->number = 1;
        status = invoke(t.self, j, 1);
        close_interpreter(&t);
        exit(status);
    }
    int ended;
    waitpid(child, &ended, 0);
    if (status == 0) status = invoke(t.self, j, 1);
    close_interpreter(&t);
    return status | ended;
}

static int run_many(job *j) {
    enum { MOST = 64 };
    interpreter all[MOST] = {0};
    const int count = j->rounds < MOST ? j->rounds : MOST;
    int status = 0;
    for (int again = 0; again < 2; again++) {
        for (int i = 0; i < count && status == 0; i++) status = open_interpreter(j, &all[i]);
        for (int i = 0; i < count && status == 0; i++) {
            j->number = i;
            status = invoke(all[i].self, j, i);
        }
        for (int i = 0; i < count; i++) close_interpreter(&all[i]);
        memset(all, 0, sizeof all);
    }
    return status;
}

static int run_exit(job *j) {
    interpreter t = {0};
    int status = open_interpreter(j, &t);
    for (int i = 0; i < j->rounds && status == 0; i++) status = invoke(t.self, j, i);
    _exit(status);
}

/* All bytes of the outputs. */
static void show_outputs(const void *self, int round) {
    const int count = CALL(int32_t, "TfLiteInterpreterGetOutputTensorCount", const void *)(self);
    for (int i = 0; i < count; i++) {
        const void *tensor = CALL(const void *, "TfLiteInterpreterGetOutputTensor", const void *, int32_t)(self, i);
        const uint8_t *data = CALL(void *, "TfLiteTensorData", const void *)(tensor);
        const size_t bytes = CALL(size_t, "TfLiteTensorByteSize", const void *)(tensor);
        printf("{\"what\":\"output\",\"round\":%d,\"number\":%d,\"bytes\":\"", round, i);
        for (size_t k = 0; k < bytes; k++) printf("%02x", data[k]);
        printf("\"}\n");
    }
}

static int run_show(const job *j) {
    interpreter t = {0};
    int status = open_interpreter(j, &t);
    for (int i = 0; i < j->rounds && status == 0; i++) {
        status = invoke(t.self, j, i);
        if (status == 0) show_outputs(t.self, i);
    }
    close_interpreter(&t);
    return status;
}

/* As hot-unplug, or an administrator, does it. */
static int unbind_driver(void) {
    const char *folder = "/sys/bus/platform/drivers/rocket";
    DIR *devices = opendir(folder);
    if (devices == NULL) return -1;
    int found = 0;
    for (struct dirent *entry; (entry = readdir(devices)) != NULL;) {
        if (strstr(entry->d_name, ".npu") == NULL) continue;
        char path[400];
        struct stat status;
        snprintf(path, sizeof path, "%s/unbind", folder);
        const int fd = open(path, O_WRONLY);
        if (fd < 0) continue;
        found += dprintf(fd, "%s\n", entry->d_name) > 0;
        close(fd);
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        while (stat(path, &status) == 0) usleep(1000); /* the pretended driver takes a moment */
    }
    closedir(devices);
    return found > 0 ? 0 : -1;
}

static int run_unbind(job *j) {
    interpreter t = {0};
    int status = open_interpreter(j, &t);
    for (int i = 0; i < j->rounds && status == 0; i++) {
        if (i == j->rounds / 2) status = unbind_driver();
        if (status == 0) status = invoke(t.self, j, i);
    }
    close_interpreter(&t);
    return status;
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "mode") == 0 && argc == 5) return set_mode(argv + 2);
    if (strcmp(what, "counters") == 0) return show_counters();
    if (argc < 6) fprintf(stderr, "host WHAT LIBRARY MODEL DELEGATE|- ROUNDS [key=value ...]\n");
    if (argc < 6 || tflite_open(argv[2]) != 0) return 2;
    job j = {.model = argv[3], .delegate = argv[4], .rounds = atoi(argv[5]), .pairs = argc - 6, .pair = argv + 6};
    if (strcmp(what, "threads") == 0) return run_threads(&j);
    if (strcmp(what, "fork") == 0) return run_fork(&j);
    if (strcmp(what, "many") == 0) return run_many(&j);
    if (strcmp(what, "exit") == 0) return run_exit(&j);
    if (strcmp(what, "show") == 0) return run_show(&j);
    if (strcmp(what, "unbind") == 0) return run_unbind(&j);
    const int times = strcmp(what, "cycle") == 0 ? j.rounds : 1;
    if (times > 1) j.rounds = 1;
    for (int i = 0; i < times && j.failed == 0; i++) run(&j);
    return j.failed != 0;
}
