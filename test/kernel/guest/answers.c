/*
 * What the driver answers to single calls, a line each: "NAME: ANSWER". The NPU hangs meanwhile (host mode 1 0 0), so that a
 * job takes the driver's whole limit. Run on the real driver and on the pretended one: scenarios.ts has what is expected.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef struct create_bo {
    uint32_t size, handle;
    uint64_t address, offset;
} create_bo;
typedef struct task {
    uint32_t regcmd, count;
} task;
typedef struct job {
    uint64_t tasks, in, out;
    uint32_t task_count, task_size, in_count, out_count;
} job;
typedef struct submit {
    uint64_t jobs;
    uint32_t job_count, job_size;
    uint64_t reserved;
} submit;
typedef struct prep_bo {
    uint32_t handle, reserved;
    int64_t timeout;
} prep_bo;
typedef struct fini_bo {
    uint32_t handle, reserved;
} fini_bo;

#define CREATE _IOWR('d', 0x40, create_bo)
#define SUBMIT _IOW('d', 0x41, submit)
#define PREP _IOW('d', 0x42, prep_bo)
#define FINI _IOW('d', 0x43, fini_bo)
#define CLOSE _IOW('d', 0x09, fini_bo)

static int fd;

static const char *errno_name(int number) {
    switch (number) {
    case ENOENT: return "ENOENT";
    case EFAULT: return "EFAULT";
    case EBUSY: return "EBUSY";
    case EINVAL: return "EINVAL";
    case ENOSPC: return "ENOSPC";
    case ETIMEDOUT: return "ETIMEDOUT";
    default: return strerror(number);
    }
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static const char *call(unsigned long request, void *argument) {
    int status;
    do status = ioctl(fd, request, argument);
    while (status < 0 && errno == EINTR);
    return status < 0 ? errno_name(errno) : status == 0 ? "0" : "positive";
}

static create_bo create(const char *name, uint32_t size) {
    create_bo bo = {.size = size};
    const char *answer = call(CREATE, &bo);
    if (strcmp(answer, "0") == 0) printf("%s: handle %u at 0x%" PRIx64 "\n", name, bo.handle, bo.address);
    else printf("%s: %s\n", name, answer);
    return bo;
}

/* A deadline from now; what it took, in steps that a slow machine does not blur. */
static void wait_for(const char *name, uint32_t handle, int64_t milliseconds) {
    const int64_t start = now();
    prep_bo prep = {.handle = handle, .timeout = milliseconds == INT64_MAX ? INT64_MAX : start + milliseconds * 1000000};
    const char *answer = call(PREP, &prep);
    const int64_t took = (now() - start) / 1000000;
    printf("%s: %s %s\n", name, answer, took < 70 ? "at once" : took < 300 ? "after a while" : "after the limit");
}

static void try_job(const char *name, job one, submit all, uint32_t waits_for) {
    if (all.job_size == 0) all = (submit){.jobs = (uintptr_t)&one, .job_count = 1, .job_size = sizeof one};
    else if (all.jobs == 0) all.jobs = (uintptr_t)&one;
    const char *answer = call(SUBMIT, &all);
    char text[80];
    snprintf(text, sizeof text, "%s: %s, and PREP", name, answer);
    wait_for(text, waits_for, 5000);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    fd = open("/dev/accel/accel0", O_RDWR | O_CLOEXEC);
    if (fd < 0) return 1;
    create("CREATE_BO of 0 bytes", 0);
    const create_bo first = create("the first BO", 4096), second = create("the second", 10000), third = create("behind 10000 bytes", 4096);
    uint8_t *bytes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)third.offset);
    printf("mmap: %s\n", bytes == MAP_FAILED ? "fails" : bytes[0] == 0 && bytes[4095] == 0 ? "zeros" : "bytes");
    fini_bo close_third = {third.handle, 0}, none = {999, 0}, reserved = {first.handle, 1};
    printf("GEM_CLOSE while it is mapped: %s\n", call(CLOSE, &close_third));
    create("its address is not free", 4096);
    munmap(bytes, 4096);
    create("behind munmap it is", 4096);
    printf("GEM_CLOSE of no handle: %s\n", call(CLOSE, &none));
    printf("FINI_BO: %s, of no handle: %s, ", call(FINI, &(fini_bo){first.handle, 0}), call(FINI, &none));
    printf("reserved: %s\n", call(FINI, &reserved));
    call(PREP, &(prep_bo){.handle = first.handle}); /* QEMU is slow where it runs for the first time */
    wait_for("PREP_BO of an idle BO", first.handle, 0);
    wait_for("PREP_BO of no handle", 999, 0);

    uint32_t in[2] = {first.handle, first.handle}, out[2] = {second.handle, second.handle}, unknown[1] = {999};
    task tasks[1] = {{(uint32_t)first.address, 8}}, empty[1] = {{(uint32_t)first.address, 0}};
    const job good = {(uintptr_t)tasks, (uintptr_t)in, (uintptr_t)out, 1, sizeof *tasks, 1, 1};
    const submit usual = {0};
    job bad = good;
    bad.task_count = 0, try_job("no task", bad, usual, second.handle), bad = good;
    bad.task_size = 4, try_job("tasks of 4 bytes", bad, usual, second.handle), bad = good;
    bad.tasks = (uintptr_t)empty, try_job("a task without words", bad, usual, second.handle), bad = good;
    bad.tasks = 8, try_job("tasks at address 8", bad, usual, second.handle), bad = good;
    bad.in = (uintptr_t)unknown, try_job("an unknown in", bad, usual, second.handle), bad = good;
    bad.out = (uintptr_t)unknown, try_job("an unknown out", bad, usual, second.handle), bad = good;
    bad.out_count = 2, try_job("a BO twice in out", bad, usual, second.handle), bad = good;
    bad.in = (uintptr_t)out, try_job("a BO in in and out", bad, usual, second.handle), bad = good;
    try_job("jobs of 39 bytes", good, (submit){.job_count = 1, .job_size = 39}, second.handle);
    try_job("reserved 1", good, (submit){.job_count = 1, .job_size = sizeof good, .reserved = 1}, second.handle);
    try_job("jobs at address 8", good, (submit){.jobs = 8, .job_count = 1, .job_size = sizeof good}, second.handle);
    try_job("no job", good, (submit){.job_count = 0, .job_size = sizeof good}, second.handle);

    submit hanging = {.jobs = (uintptr_t)&good, .job_count = 1, .job_size = sizeof good};
    printf("a job that hangs: %s\n", call(SUBMIT, &hanging));
    wait_for("PREP_BO, deadline now", second.handle, 0);
    wait_for("PREP_BO of what it only reads", first.handle, 0);
    wait_for("PREP_BO, 80 ms", second.handle, 80);
    wait_for("PREP_BO without end", second.handle, INT64_MAX);
    wait_for("PREP_BO afterwards, deadline now", second.handle, 0);
    usleep(50000); /* behind a job's end, for the sake of the real driver */
    return 0;
}
