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
#include "graph_key.h"
#include "memo.h"
#include "plan_file.h"

#define KEY_OF "PTFECACH" PTFE_VERSION

enum { SECONDS_BETWEEN_NOTES = 86400 };

/* ---- names ---- */

/* 0; -1 when the file cannot be read to its end. */
static int hash_open_file(int fd, uint8_t digest[32]) {
    uint8_t chunk[16384];
    sha256 hash;
    ssize_t got;
    sha256_start(&hash);
    while ((got = read(fd, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR)) {
        if (got > 0) sha256_add(&hash, chunk, (size_t)got);
    }
    if (got != 0) return -1;
    sha256_end(&hash, digest);
    return 0;
}

static int hash_file(const char *path, int folder, uint8_t digest[32]) {
    memo known;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    memo_of(&known, folder, fd, "file", NULL, 0);
    int status = memo_get(&known, digest);
    if (status != 0 && (status = hash_open_file(fd, digest)) == 0) memo_put(&known, digest);
    close(fd);
    return status;
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

static void choose(cache_entry *entry, const char *option, int make) {
    ptfe_error error;
    if (strcmp(option, "off") == 0 || choose_folder(entry->folder, sizeof entry->folder, option) != 0) {
        entry->folder[0] = 0;
        return;
    }
    entry->opened = open_folder(entry, make, &error);
}

void cache_choose(cache_entry *entry, const char *option) {
    memset(entry, 0, sizeof *entry);
    choose(entry, option, 1);
}

void cache_choose_for_memos(cache_entry *entry, const char *option) {
    memset(entry, 0, sizeof *entry);
    entry->told = 1;
    choose(entry, option, 0);
}

void cache_close(cache_entry *entry) {
    if (entry->folder[0] != 0 && entry->opened >= 0) close(entry->opened);
    entry->folder[0] = 0;
}

int cache_opened(const cache_entry *entry) { return entry->folder[0] == 0 ? -1 : entry->opened; }

void cache_find(cache_entry *entry, const char *engine_file, const graph *g) {
    /* An engine that cannot be read is none whose plans are known. */
    if (engine_file != NULL && hash_file(engine_file, cache_opened(entry), entry->engine) != 0) cache_close(entry);
    if (entry->folder[0] == 0) return;
    graph_key(g, KEY_OF, cache_opened(entry), entry->key);
    cache_folder_name(entry->key, ".plan", entry->name);
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

/* The memo of an entry says that its plans are whole. */
#define MEMO_OF_ENTRY "entry"

/* Once a day: whatever changes the file's times makes its bytes be read again. */
static void note_use(int fd, const struct stat *status) {
    if (time(NULL) - status->st_mtime > SECONDS_BETWEEN_NOTES) futimens(fd, NULL);
}

void cache_note_checked(const cache_entry *entry, const answer *a) {
    memo known;
    memo_of(&known, a->file == PLAN_NO_FILE ? -1 : cache_opened(entry), a->file, MEMO_OF_ENTRY, NULL, 0);
    memo_put(&known, entry->key);
}

/* An open entry; removed where its bytes are spoilt. */
static int load(cache_entry *entry, int folder, int fd, answer *a, int *checked, ptfe_error *error) {
    struct stat status;
    memo known;
    uint8_t digest[32];
    if (fstat(fd, &status) != 0) return error_errno(error, entry->name, errno);
    if (cache_check_owner(&status, error) != 0) {
        tell(entry, "a plan in the cache %.*s is not used: %s", error->text);
        return -1;
    }
    if (read_entry(entry, fd, a, error) == 0) {
        note_use(fd, &status);
        memo_of(&known, cache_opened(entry), fd, MEMO_OF_ENTRY, NULL, 0);
        *checked = a->file != PLAN_NO_FILE && memo_get(&known, digest) == 0 && memcmp(digest, entry->key, sizeof digest) == 0;
        return 0;
    }
    if (error->code == PTFE_ERROR_DAMAGED) unlinkat(folder, entry->name, 0);
    return -1;
}

int cache_load(cache_entry *entry, answer *a, int *checked, ptfe_error *error) {
    *checked = 0;
    const int folder = cache_opened(entry);
    if (folder < 0) return error_set_code(error, PTFE_ERROR_MISSING, "no cache");
    const int fd = openat(folder, entry->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW), failed = fd < 0 ? errno : 0;
    const int status = fd < 0 ? error_errno(error, entry->name, failed) : load(entry, folder, fd, a, checked, error);
    if (failed != 0 && failed != ENOENT) tell(entry, "a plan in the cache %.*s cannot be read: %s", strerror(failed));
    if (fd >= 0) close(fd);
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

/* 0, or an errno. */
static int publish(int folder, const cache_entry *entry, const answer *a) {
    char unfinished[160];
    int fd = cache_folder_create(folder, entry->name, unfinished, sizeof unfinished);
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
