#define _GNU_SOURCE
#include "memo.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../generated/memo_record.h"
#include "../util/file_read.h"
#include "../util/sha256.h"
#include "../util/signals.h"
#include "cache_folder.h"

void memo_of(memo *m, int folder, int file, const char *what, const void *detail, size_t length) {
    uint8_t digest[32];
    sha256 hash;
    *m = (memo){.folder = -1, .file = file};
    if (folder < 0 || file_stamp_of(file, &m->stamp) != 0) return;
    m->folder = folder;
    sha256_start(&hash);
    sha256_add(&hash, what, strlen(what) + 1);
    sha256_add(&hash, &m->stamp.device, sizeof m->stamp.device);
    sha256_add(&hash, &m->stamp.inode, sizeof m->stamp.inode);
    sha256_add(&hash, detail, length);
    sha256_end(&hash, digest);
    cache_folder_name(digest, ".memo", m->name);
}

static void sum(const memo *m, const memo_record *r, uint8_t check[32]) {
    sha256 hash;
    sha256_start(&hash);
    sha256_add(&hash, m->name, strlen(m->name));
    sha256_add(&hash, r, offsetof(memo_record, check));
    sha256_end(&hash, check);
}

static memo_record record_of(const memo *m, const uint8_t digest[32]) {
    memo_record r = {.size = m->stamp.size, .modified = (uint64_t)m->stamp.modified, .changed = (uint64_t)m->stamp.changed};
    memcpy(r.magic, MEMO_MAGIC, sizeof r.magic);
    memcpy(r.digest, digest, sizeof r.digest);
    sum(m, &r, r.check);
    return r;
}

int memo_get(const memo *m, uint8_t digest[32]) {
    memo_record r;
    struct stat status;
    ptfe_error error;
    if (m->folder < 0) return -1;
    const int fd = openat(m->folder, m->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) return -1;
    const int is_read = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == sizeof r &&
                        cache_check_owner(&status, &error) == 0 && file_read_at(fd, 0, &r, sizeof r, &error) == 0;
    close(fd);
    if (!is_read) return -1;
    const memo_record own = record_of(m, r.digest);
    if (memcmp(&own, &r, sizeof r) != 0) return -1;
    memcpy(digest, r.digest, sizeof r.digest);
    return 0;
}

void memo_put(const memo *m, const uint8_t digest[32]) {
    file_stamp now;
    char unfinished[160];
    signals held;
    if (m->folder < 0 || file_stamp_of(m->file, &now) != 0 || !file_stamp_is(&now, &m->stamp) || !file_stamp_is_settled(&now)) return;
    const memo_record r = record_of(m, digest);
    signals_hold(&held);
    const int fd = cache_folder_create(m->folder, m->name, unfinished, sizeof unfinished);
    if (fd >= 0) {
        const int is_written = write(fd, &r, sizeof r) == (ssize_t)sizeof r;
        if (close(fd) != 0 || !is_written || renameat(m->folder, unfinished, m->folder, m->name) != 0) unlinkat(m->folder, unfinished, 0);
    }
    signals_release(&held);
}
