/*
 * What a process calls in place of libc's, with LD_PRELOAD: paths of the NPU lie in the folder ROCKET_ROOT, and a file there
 * under /dev/accel is a node of the driver whose name it holds (nobody may open one of mode 0).
 * ROCKET_FAIL=CALL:N[:ERRNO[:COUNT]]: the N-th call fails, and COUNT - 1 behind it; CALL is open, mmap, ioctl, or one of
 * create, submit, prep, fini, close, version. ROCKET_FAIL with N = 0 counts: `calls` in ROCKET_ROOT has how many there were.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hardware.h"
#include "kernel.h"

enum { LONGEST = 600 };
static char failing[16];
static int fails_from, fails_count = 1, fails_errno = EIO;
static _Atomic int calls;

static long number_of(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtol(text, NULL, 10);
}

__attribute__((constructor)) static void read_settings(void) {
    pretended = (settings){.root = getenv("ROCKET_ROOT"),
                           .limit = number_of("ROCKET_LIMIT_MS", 500) * 1000000,
                           .is_old = getenv("ROCKET_OLD") != NULL,
                           .interrupts = (unsigned)number_of("ROCKET_EINTR", 0),
                           .is_traced = getenv("ROCKET_TRACE") != NULL,
                           .drop = getenv("DROP_SUBMIT"),
                           .is_stuck = getenv("ROCKET_STUCK") != NULL};
    const char *fail = getenv("ROCKET_FAIL");
    if (fail != NULL) sscanf(fail, "%15[a-z]:%d:%d:%d", failing, &fails_from, &fails_errno, &fails_count);
}

static int is_to_fail(const char *call) {
    if (strcmp(call, failing) != 0) return 0;
    const int now = ++calls;
    if (fails_from == 0 || now < fails_from || now >= fails_from + fails_count) return 0;
    errno = fails_errno;
    return 1;
}

__attribute__((destructor)) static void write_calls(void) {
    if (failing[0] == 0 || pretended.root == NULL) return;
    char path[LONGEST], text[32];
    snprintf(path, sizeof path, "%s/calls", pretended.root);
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int length = snprintf(text, sizeof text, "%d", calls);
    if (fd < 0 || write(fd, text, (size_t)length) < 0) abort();
    syscall(SYS_close, fd);
}

/* A path of the NPU, in the test's folder. */
static const char *redirect(const char *path, char buffer[LONGEST]) {
    static const char *const ours[] = {"/dev/accel", "/sys/bus/platform/drivers/rocket", "/sys/module/rocket", "/sys/firmware/devicetree", "/proc/device-tree"};
    for (size_t i = 0; pretended.root != NULL && path != NULL && i < sizeof ours / sizeof *ours; i++) {
        if (strncmp(path, ours[i], strlen(ours[i])) != 0) continue;
        snprintf(buffer, LONGEST, "%s%s", pretended.root, path);
        return buffer;
    }
    return path;
}

static int open_node(const char *path) {
    struct stat status;
    char driver[32] = "";
    if (is_to_fail("open")) return -1;
    if (syscall(SYS_newfstatat, AT_FDCWD, path, &status, 0) != 0) return -1;
    if ((status.st_mode & 0777) == 0) {
        errno = EACCES;
        return -1;
    }
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    const ssize_t got = fd < 0 ? -1 : read(fd, driver, sizeof driver - 1);
    if (fd >= 0) syscall(SYS_close, fd);
    return got < 0 ? -1 : kernel_open(driver);
}

static int open_path(const char *path, int flags, mode_t mode) {
    char buffer[LONGEST];
    int core;
    const char *where = redirect(path, buffer);
    if (where == buffer && strncmp(path, "/dev/accel/", 11) == 0) return open_node(where);
    if (pretended.root != NULL && sscanf(path, "/sys/bus/pci/devices/0000:00:0%d.0/resource2", &core) == 1) return hardware_open_registers(core - 1);
    return (int)syscall(SYS_openat, AT_FDCWD, where, flags, mode);
}

#define OPEN(name)                               \
    int name(const char *path, int flags, ...) { \
        va_list list;                            \
        va_start(list, flags);                   \
        const mode_t mode = va_arg(list, mode_t); \
        va_end(list);                            \
        return open_path(path, flags, mode);     \
    }
OPEN(open)
OPEN(open64)

DIR *opendir(const char *path) {
    char buffer[LONGEST];
    DIR *(*next)(const char *);
    *(void **)&next = dlsym(RTLD_NEXT, "opendir");
    return next(redirect(path, buffer));
}

#define STAT(name, type, flags)                                                              \
    int name(const char *path, struct type *out) {                                           \
        char buffer[LONGEST];                                                                \
        return (int)syscall(SYS_newfstatat, AT_FDCWD, redirect(path, buffer), out, flags);   \
    }
STAT(stat, stat, 0)
STAT(stat64, stat64, 0)
STAT(lstat, stat, AT_SYMLINK_NOFOLLOW)
STAT(lstat64, stat64, AT_SYMLINK_NOFOLLOW)

int close(int fd) {
    kernel_closed(fd);
    return (int)syscall(SYS_close, fd);
}

int ioctl(int fd, unsigned long request, ...) {
    static const char *const names[] = {"create", "submit", "prep", "fini"};
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    if ((request >> 8 & 0xff) != 'd' || !kernel_has(fd)) return (int)syscall(SYS_ioctl, fd, request, argument);
    const unsigned number = request & 0xff;
    const char *name = number == 0 ? "version" : number == 9 ? "close" : number >= 0x40 && number < 0x44 ? names[number - 0x40] : "";
    if ((number != 9 && is_to_fail("ioctl")) || is_to_fail(name)) return -1; /* closing fails for bad handles alone */
    return kernel_ioctl(fd, number, argument);
}

static void *map(void *at, size_t bytes, int protection, int flags, int fd, off_t offset) {
    const int is_ours = fd >= 0 && kernel_has(fd);
    if (is_ours && is_to_fail("mmap")) return MAP_FAILED;
    void *made = (void *)syscall(SYS_mmap, at, bytes, protection, flags, fd, offset);
    if (is_ours && made != MAP_FAILED) madvise(made, bytes, MADV_DONTFORK); /* a child that touches its parent's BO crashes */
    if (!is_ours || made == MAP_FAILED || kernel_mapped(fd, (uint64_t)offset, bytes, made) == 0) return made;
    syscall(SYS_munmap, made, bytes);
    errno = EINVAL;
    return MAP_FAILED;
}

void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset) { return map(at, bytes, protection, flags, fd, offset); }
void *mmap64(void *at, size_t bytes, int protection, int flags, int fd, off_t offset) { return map(at, bytes, protection, flags, fd, offset); }

/* How the library waits at the end of a process, when the destructors here have run. */
int nanosleep(const struct timespec *wanted, struct timespec *left) {
    kernel_slept(wanted->tv_sec * 1000000000 + wanted->tv_nsec);
    return (int)syscall(SYS_nanosleep, wanted, left);
}

int munmap(void *at, size_t bytes) {
    kernel_unmapped(at);
    return (int)syscall(SYS_munmap, at, bytes);
}
