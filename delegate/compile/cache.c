#define _GNU_SOURCE /* secure_getenv */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../include/ptfe.h"
#include "../util/line.h"
#include "../util/sha256.h"
#include "../util/signals.h"
#include "cache_folder.h"
#include "plan_file.h"

#define KEY_OF "PTFECACH" PTFE_VERSION

/* ---- names ---- */

/* 0; -1 when the file cannot be read to its end. */
static int hash_file(const char *path, uint8_t digest[32]) {
    uint8_t chunk[16384];
    sha256 hash;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    sha256_start(&hash);
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR)) {
        if (got > 0) sha256_add(&hash, chunk, (size_t)got);
    }
    close(fd);
    if (got != 0) return -1;
    sha256_end(&hash, digest);
    return 0;
}

static int choose_folder(char *out, size_t size, const char *option) {
    const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
    int used;
    if (*option != 0) used = snprintf(out, size, "%s", option);
    else if (cache != NULL && *cache == '/') used = snprintf(out, size, "%s/ptfe", cache);
    else if (home != NULL && *home == '/') used = snprintf(out, size, "%s/.cache/ptfe", home);
    else return -1;
    return used > 0 && (size_t)used < size ? 0 : -1;
}

void cache_find(cache_entry *entry, const char *option, const char *engine_file, const void *message, size_t length) {
    static const char digits[] = "0123456789abcdef";
    sha256 hash;
    memset(entry, 0, sizeof *entry);
    /* An engine that cannot be read is none whose plans are known. */
    if (engine_file != NULL && hash_file(engine_file, entry->engine) != 0) return;
    if (strcmp(option, "off") == 0 || choose_folder(entry->folder, sizeof entry->folder, option) != 0) {
        entry->folder[0] = 0;
        return;
    }
    sha256_start(&hash);
    sha256_add(&hash, KEY_OF, sizeof KEY_OF);
    sha256_add(&hash, message, length);
    sha256_end(&hash, entry->key);
    for (size_t i = 0; i < 32; i++) {
        entry->name[2 * i] = digits[entry->key[i] >> 4];
        entry->name[2 * i + 1] = digits[entry->key[i] & 15];
    }
    memcpy(entry->name + 64, ".plan", sizeof ".plan");
}

/* One line of what is wrong with the cache, no matter how often it is. */
static void tell(cache_entry *entry, const char *format, const char *why) {
    if (!entry->told) line_say(format, (int)strlen(entry->folder) > 200 ? 200 : (int)strlen(entry->folder), entry->folder, why);
    entry->told = 1;
}

/* The folder's fd, or -1; one that is not to be trusted is not looked at again. */
static int open_folder(cache_entry *entry, int make, ptfe_error *error) {
    if (entry->folder[0] == 0) return error_set_code(error, PTFE_ERROR_MISSING, "no cache");
    const int fd = cache_folder_open(entry->folder, make, error);
    if (fd < 0 && error->code != PTFE_ERROR_MISSING) {
        tell(entry, "the cache %.*s is not used: %s", error->text);
        entry->folder[0] = 0;
    }
    return fd;
}

/* ---- reading ---- */

static int is_of(const cache_entry *entry, const plan_file_header *h) {
    static const uint8_t none[32];
    return memcmp(entry->engine, none, sizeof none) == 0 || memcmp(h->engine, entry->engine, sizeof h->engine) == 0;
}

static int read_entry(const cache_entry *entry, int fd, answer *a, ptfe_error *error) {
    plan_file_header h;
    if (plan_file_read_open(fd, &h, a, error) != 0) return -1;
    if (memcmp(h.key, entry->key, sizeof h.key) != 0) return error_set_code(error, PTFE_ERROR_DAMAGED, "it is of another graph");
    return is_of(entry, &h) ? 0 : error_set(error, "it is of another engine");
}

/* An open entry; removed where its bytes are spoilt. */
static int load(cache_entry *entry, int folder, int fd, answer *a, ptfe_error *error) {
    struct stat status;
    if (fstat(fd, &status) != 0) return error_errno(error, entry->name, errno);
    if (cache_check_owner(&status, error) != 0) {
        tell(entry, "a plan in the cache %.*s is not used: %s", error->text);
        return -1;
    }
    if (read_entry(entry, fd, a, error) == 0) {
        futimens(fd, NULL); /* used now */
        return 0;
    }
    if (error->code == PTFE_ERROR_DAMAGED) unlinkat(folder, entry->name, 0);
    return -1;
}

int cache_load(cache_entry *entry, answer *a, ptfe_error *error) {
    const int folder = open_folder(entry, 0, error);
    if (folder < 0) return -1;
    const int fd = openat(folder, entry->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW), failed = fd < 0 ? errno : 0;
    const int status = fd < 0 ? error_errno(error, entry->name, failed) : load(entry, folder, fd, a, error);
    if (failed != 0 && failed != ENOENT) tell(entry, "a plan in the cache %.*s cannot be read: %s", strerror(failed));
    if (fd >= 0) close(fd);
    close(folder);
    return status;
}

int cache_lock(cache_entry *entry, int seconds, int *waited) {
    *waited = 0;
    ptfe_error error;
    int folder = open_folder(entry, 1, &error);
    if (folder < 0) return -1;
    char name[sizeof entry->name + 8];
    snprintf(name, sizeof name, "%s.lock", entry->name);
    int fd = cache_folder_lock(folder, name, seconds, waited);
    close(folder);
    return fd;
}

void cache_unlock(cache_entry *entry, int lock) {
    ptfe_error error;
    int folder = lock < 0 ? -1 : open_folder(entry, 0, &error);
    char name[sizeof entry->name + 8];
    snprintf(name, sizeof name, "%s.lock", entry->name);
    if (folder >= 0) cache_folder_unlock(folder, name, lock);
    else if (lock >= 0) close(lock);
    if (folder >= 0) close(folder);
}

/* ---- writing ---- */

static int write_whole(int fd, const void *from, size_t length) {
    const uint8_t *at = from;
    while (length > 0) {
        ssize_t wrote = write(fd, at, length);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return -1;
        at += wrote;
        length -= (size_t)wrote;
    }
    return 0;
}

static int write_run(int fd, const uint8_t *run, size_t length) {
    static const uint8_t zeros[8];
    return write_whole(fd, run, length) != 0 || write_whole(fd, zeros, (8 - length % 8) % 8) != 0 ? -1 : 0;
}

static int write_entry(int fd, const cache_entry *entry, const answer *a) {
    plan_file_header h;
    plan_file_start(&h, a);
    memcpy(h.key, entry->key, sizeof h.key);
    memcpy(h.engine, entry->engine, sizeof h.engine);
    plan_file_digest(&h, a->check, a->request, h.digest);
    if (write_whole(fd, &h, sizeof h) != 0 || write_run(fd, a->check, a->check_length) != 0 ||
        write_run(fd, a->request, a->request_length) != 0 || write_run(fd, a->reply, a->reply_length) != 0) {
        return -1;
    }
    /* A rename must not overtake the bytes when the power goes. */
    return fsync(fd) == 0 || errno == EINVAL ? 0 : -1;
}

/* A file of a new name beside the entry, with the mode that the umask leaves; an fd, or -1 with errno. */
static int create_unfinished(int folder, const cache_entry *entry, char *name, size_t size) {
    for (int i = 0; i < 100; i++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(name, size, "%s.%ld.%ld", entry->name, (long)getpid(), now.tv_nsec + i);
        int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

/* 0, or an errno. */
static int publish(int folder, const cache_entry *entry, const answer *a) {
    char unfinished[160];
    int fd = create_unfinished(folder, entry, unfinished, sizeof unfinished);
    if (fd < 0) return errno;
    int failed = write_entry(fd, entry, a) != 0 ? errno : 0;
    if (close(fd) != 0 && failed == 0) failed = errno;
    if (failed == 0 && renameat(folder, unfinished, folder, entry->name) != 0) failed = errno;
    if (failed != 0) unlinkat(folder, unfinished, 0);
    return failed;
}

void cache_store(cache_entry *entry, const answer *a) {
    signals held;
    ptfe_error error;
    int folder = open_folder(entry, 1, &error);
    if (folder < 0) {
        if (entry->folder[0] != 0) tell(entry, "the plan is not kept in %.*s: %s", strerror(ENOENT));
        return;
    }
    signals_hold(&held);
    int failed = publish(folder, entry, a);
    signals_release(&held);
    if (failed != 0) tell(entry, "the plan is not kept in %.*s: %s", strerror(failed));
    cache_folder_tidy(folder, entry->name);
    close(folder);
}

void cache_drop(const cache_entry *entry) {
    ptfe_error error;
    int folder = entry->folder[0] == 0 ? -1 : cache_folder_open(entry->folder, 0, &error);
    if (folder < 0) return;
    unlinkat(folder, entry->name, 0);
    close(folder);
}
