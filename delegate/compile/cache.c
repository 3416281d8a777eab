#define _GNU_SOURCE /* mkostemp */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan_file.h"
#include "../util/sha256.h"

#define KEY_OF "PTFECACH" PTFE_VERSION

/* ---- names ---- */

static void hash_file(const char *path, uint8_t digest[32]) {
    uint8_t chunk[16384];
    sha256 hash;
    memset(digest, 0, 32);
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    sha256_start(&hash);
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR)) {
        if (got > 0) sha256_add(&hash, chunk, (size_t)got);
    }
    close(fd);
    if (got == 0) sha256_end(&hash, digest);
}

static int choose_folder(char *out, size_t size, const char *option) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int used;
    if (*option != 0) used = snprintf(out, size, "%s", option);
    else if (cache != NULL && *cache == '/') used = snprintf(out, size, "%s/ptfe", cache);
    else if (home != NULL && *home == '/') used = snprintf(out, size, "%s/.cache/ptfe", home);
    else return -1;
    return used > 0 && (size_t)used < size ? 0 : -1;
}

void cache_find(cache_entry *entry, const char *option, const char *engine_file, const void *message, size_t length) {
    static const char digits[] = "0123456789abcdef";
    char folder[CACHE_PATH_BYTES - 80], name[2 * 32 + 1];
    sha256 hash;
    memset(entry, 0, sizeof *entry);
    if (strcmp(option, "off") == 0 || choose_folder(folder, sizeof folder, option) != 0) return;
    sha256_start(&hash);
    sha256_add(&hash, KEY_OF, sizeof KEY_OF);
    sha256_add(&hash, message, length);
    sha256_end(&hash, entry->key);
    hash_file(engine_file, entry->engine);
    for (size_t i = 0; i < 32; i++) {
        name[2 * i] = digits[entry->key[i] >> 4];
        name[2 * i + 1] = digits[entry->key[i] & 15];
    }
    name[64] = 0;
    snprintf(entry->path, sizeof entry->path, "%s/%s.plan", folder, name);
}

/* ---- reading ---- */

int cache_load(const cache_entry *entry, answer *a) {
    static const uint8_t none[32];
    plan_file_header h;
    char error[80];
    if (entry->path[0] == 0 || plan_file_read(entry->path, &h, a, error, sizeof error) != 0) return -1;
    if (memcmp(h.key, entry->key, sizeof h.key) != 0) return -1;
    return memcmp(entry->engine, none, sizeof none) == 0 || memcmp(h.engine, entry->engine, sizeof h.engine) == 0 ? 0 : -1;
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

/* Makes the folders above the entry, for this user only. */
static int make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        *slash = '/';
        if (failed) return -1;
    }
    return 0;
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

int cache_store(const cache_entry *entry, const answer *a, char *error, size_t size) {
    if (entry->path[0] == 0) return 0;
    char path[CACHE_PATH_BYTES], unfinished[CACHE_PATH_BYTES + 16];
    memcpy(path, entry->path, sizeof path);
    snprintf(unfinished, sizeof unfinished, "%s.XXXXXX", path);
    int fd = make_folders(path) != 0 ? -1 : mkostemp(unfinished, O_CLOEXEC);
    if (fd >= 0) {
        int failed = write_entry(fd, entry, a) != 0 ? errno : 0;
        if (close(fd) != 0 && failed == 0) failed = errno;
        if (failed == 0 && rename(unfinished, path) != 0) failed = errno;
        if (failed == 0) return 0;
        unlink(unfinished);
        errno = failed;
    }
    const char *name = strrchr(path, '/');
    int folder = name == NULL ? 0 : (int)(name - path);
    snprintf(error, size, "the plan is not kept in %.*s: %s", folder > 200 ? 200 : folder, path, strerror(errno));
    return -1;
}

void cache_drop(const cache_entry *entry) {
    if (entry->path[0] != 0) unlink(entry->path);
}
