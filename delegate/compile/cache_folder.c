#define _GNU_SOURCE /* O_PATH, F_OFD_SETLK */
#include "cache_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS_TO_WRITE = 3600, SECONDS_OF_MEMO = 90 * 86400, LOCK_STEP_MILLISECONDS = 20, NAME_DIGITS = 64 };

#define MOST_BYTES ((off_t)512 << 20)

int cache_check_owner(const struct stat *status, ptfe_error *error) {
    if (status->st_uid != geteuid() && status->st_uid != 0) return error_set(error, "it belongs to user %u", (unsigned)status->st_uid);
    if ((status->st_mode & (S_IWGRP | S_IWOTH)) == 0) return 0;
    return error_set(error, "others can write to it (mode %04o)", (unsigned)status->st_mode & 07777u);
}

/* One step down the path; a link is followed only where this user or root made it. An fd, or -1 with errno. */
static int step_down(int from, const char *name) {
    struct stat status;
    int fd = openat(from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return -1;
    if (fstat(fd, &status) == 0 && S_ISLNK(status.st_mode)) {
        close(fd);
        if (status.st_uid != geteuid() && status.st_uid != 0) {
            errno = ELOOP;
            return -1;
        }
        fd = openat(from, name, O_PATH | O_CLOEXEC);
    }
    return fd;
}

/* An fd of the folder for openat only, or -1 with errno. */
static int walk(const char *path, int make) {
    char name[256];
    int at = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0) {
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        if (length == 0) return at;
        int next = -1;
        if (length >= sizeof name) {
            errno = ENAMETOOLONG;
        } else {
            memcpy(name, path, length);
            name[length] = 0;
            next = step_down(at, name);
            /* Not writable for others, whatever the umask. */
            if (next < 0 && errno == ENOENT && make && (mkdirat(at, name, 0755) == 0 || errno == EEXIST)) next = step_down(at, name);
        }
        int failed = errno;
        close(at);
        errno = failed;
        at = next;
        path += length;
    }
    return -1;
}

int cache_folder_open(const char *path, int make, ptfe_error *error) {
    struct stat status;
    int place = walk(path, make), fd = -1;
    if (place >= 0) fd = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = errno;
    if (place >= 0) close(place);
    if (fd < 0) {
        return error_set_code(error, error_code_of(failed), "%s", failed == ELOOP ? "a link of another user leads there" : strerror(failed));
    }
    if (fstat(fd, &status) != 0) error_set(error, "%s", strerror(errno));
    else if (cache_check_owner(&status, error) == 0) return fd;
    close(fd);
    return -1;
}

void cache_folder_name(const uint8_t digest[32], const char *ending, char name[80]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        name[2 * i] = digits[digest[i] >> 4];
        name[2 * i + 1] = digits[digest[i] & 15];
    }
    snprintf(name + NAME_DIGITS, 80 - NAME_DIGITS, "%s", ending);
}

int cache_folder_create(int folder, const char *name, char *unfinished, size_t size) {
    for (int i = 0; i < 100; i++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(unfinished, size, "%s.%ld.%ld", name, (long)getpid(), now.tv_nsec + i);
        const int fd = openat(folder, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

/* ---- tidying ---- */

typedef struct kept_entry {
    char name[NAME_DIGITS + sizeof ".plan"];
    off_t bytes;
    struct timespec used;
} kept_entry;

enum kind { OTHER, ENTRY, MEMO /* or V8's code */, UNFINISHED /* of all: "<name>.<anything>" */ };

static enum kind kind_of(const char *name) {
    if (strspn(name, "0123456789abcdef") != NAME_DIGITS) return OTHER;
    const char *ending = name + NAME_DIGITS;
    const int is_entry = strncmp(ending, ".plan", 5) == 0;
    if (!is_entry && strncmp(ending, ".memo", 5) != 0 && strncmp(ending, ".code", 5) != 0) return OTHER;
    if (ending[5] == '.') return UNFINISHED;
    return ending[5] != 0 ? OTHER : is_entry ? ENTRY : MEMO;
}

/* A memo is made again when its file is read the next time, code when the engine runs. */
static long most_seconds(enum kind kind) { return kind == MEMO ? SECONDS_OF_MEMO : SECONDS_TO_WRITE; }

static int by_use(const void *a, const void *b) {
    const struct timespec *x = &((const kept_entry *)a)->used, *y = &((const kept_entry *)b)->used;
    if (x->tv_sec != y->tv_sec) return x->tv_sec < y->tv_sec ? -1 : 1;
    return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

/* Looks at every file; old unfinished ones go. The entries' list, malloc'ed. */
static kept_entry *list_entries(int folder, DIR *open_folder, size_t *count, off_t *total) {
    kept_entry *list = NULL;
    size_t room = 0;
    struct stat status;
    for (struct dirent *file = readdir(open_folder); file != NULL; file = readdir(open_folder)) {
        const enum kind kind = kind_of(file->d_name);
        if (kind == OTHER || fstatat(folder, file->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) continue;
        if (kind != ENTRY) {
            if (time(NULL) - status.st_mtim.tv_sec > most_seconds(kind)) unlinkat(folder, file->d_name, 0);
            continue;
        }
        if (*count == room) {
            room = room == 0 ? 64 : room * 2;
            kept_entry *grown = realloc(list, room * sizeof *list);
            if (grown == NULL) break;
            list = grown;
        }
        list[*count] = (kept_entry){.bytes = status.st_size, .used = status.st_mtim};
        memcpy(list[*count].name, file->d_name, sizeof list->name);
        *total += status.st_size;
        (*count)++;
    }
    return list;
}

void cache_folder_tidy(int folder, const char *kept) {
    size_t count = 0;
    off_t total = 0;
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *open_folder = copy < 0 ? NULL : fdopendir(copy);
    if (open_folder == NULL) {
        if (copy >= 0) close(copy);
        return;
    }
    kept_entry *list = list_entries(folder, open_folder, &count, &total);
    if (list != NULL) qsort(list, count, sizeof *list, by_use);
    for (size_t i = 0; list != NULL && i < count && total > MOST_BYTES; i++) {
        if (strcmp(list[i].name, kept) != 0 && unlinkat(folder, list[i].name, 0) == 0) total -= list[i].bytes;
    }
    free(list);
    closedir(open_folder);
}

/* ---- who compiles ---- */

static int64_t now_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int is_same_file(int folder, const char *name, int fd) {
    struct stat open_one, named;
    return fstat(fd, &open_one) == 0 && fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && open_one.st_ino == named.st_ino;
}

int cache_folder_lock(int folder, const char *name, int seconds, int *waited) {
    const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const int64_t end = now_milliseconds() + (int64_t)seconds * 1000;
    *waited = 0;
    for (;;) {
        struct flock lock = whole;
        int fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd < 0) return -1;
        const int got = fcntl(fd, F_OFD_SETLK, &lock) == 0;
        const int busy = !got && (errno == EAGAIN || errno == EACCES || errno == EINTR);
        /* Whoever had it before removes the file with it. */
        if (got && is_same_file(folder, name, fd)) return fd;
        close(fd);
        if ((!got && !busy) || now_milliseconds() >= end) return -1;
        *waited = 1;
        if (busy) poll(NULL, 0, LOCK_STEP_MILLISECONDS);
    }
}

void cache_folder_unlock(int folder, const char *name, int lock) {
    unlinkat(folder, name, 0);
    close(lock);
}
