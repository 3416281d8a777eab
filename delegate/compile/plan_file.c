#define _POSIX_C_SOURCE 200809L
#include "plan_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../include/ptfe.h"
#include "plan_gaps.h"
#include "../util/sha256.h"

#define MOST_BYTES ((uint64_t)1 << 31)

void plan_file_start(plan_file_header *h, const answer *a) {
    *h = (plan_file_header){
        .format = PLAN_FILE_FORMAT, .check_length = a->check_length, .request_length = a->request_length, .reply_length = a->reply_length};
    memcpy(h->magic, PLAN_FILE_MAGIC, sizeof h->magic);
}

void plan_file_digest(const plan_file_header *h, const uint8_t *check, const uint8_t *request, uint8_t digest[32]) {
    sha256 hash;
    sha256_start(&hash);
    sha256_add(&hash, h, offsetof(plan_file_header, digest));
    sha256_add(&hash, check, h->check_length);
    sha256_add(&hash, request, h->request_length);
    sha256_end(&hash, digest);
}

static int is_other(ptfe_error *error) { return error_set_code(error, PTFE_ERROR_DAMAGED, "not a ptfe plan file (ptfe compile writes one)"); }

static int is_damaged(ptfe_error *error) { return error_set_code(error, PTFE_ERROR_DAMAGED, "it is damaged"); }

static uint64_t padded(uint64_t length) { return (length + 7) / 8 * 8; }

static int check_header(const plan_file_header *h, uint64_t file_bytes, ptfe_error *error) {
    if (memcmp(h->magic, PLAN_FILE_MAGIC, sizeof h->magic) != 0) return is_other(error);
    if (h->format != PLAN_FILE_FORMAT) return error_set_code(error, PTFE_ERROR_DAMAGED, "it is of another version of ptfe");
    if (h->check_length > MOST_BYTES || h->request_length > MOST_BYTES || h->reply_length > MOST_BYTES ||
        file_bytes != sizeof *h + padded(h->check_length) + padded(h->request_length) + padded(h->reply_length)) {
        return is_damaged(error);
    }
    return 0;
}

/* 0; an errno, or ENODATA where the file ends before. */
static int read_whole(int fd, void *to, size_t length) {
    uint8_t *at = to;
    while (length > 0) {
        ssize_t got = read(fd, at, length);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got < 0 ? errno : ENODATA;
        at += got;
        length -= (size_t)got;
    }
    return 0;
}

/* A run of bytes and what pads it. Nothing is mapped: a file that somebody cuts would kill the host. 0 or an errno. */
static int read_run(int fd, uint64_t length, uint8_t **out) {
    size_t whole = (size_t)padded(length);
    *out = malloc(whole + 8);
    return *out == NULL ? ENOMEM : read_whole(fd, *out, whole);
}

static int unread(ptfe_error *error, int failed) {
    return failed == ENODATA ? is_damaged(error) : error_set_code(error, error_code_of(failed), "%s", strerror(failed));
}

/* Of a file that stays open where something is left in it. */
static int read_reply(int fd, const plan_file_header *h, answer *a, ptfe_error *error) {
    int gaps;
    a->reply_at = sizeof *h + padded(h->check_length) + padded(h->request_length);
    if (plan_gaps_read(fd, a->reply_at, (size_t)padded(h->reply_length), &a->reply, &gaps, error) != 0) return -1;
    if (!gaps) return 0;
    a->file = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return a->file < 0 ? error_set_code(error, error_code_of(errno), "%s", strerror(errno)) : 0;
}

int plan_file_read_open(int fd, plan_file_header *h, answer *a, ptfe_error *error) {
    struct stat status;
    uint8_t digest[32];
    if (fstat(fd, &status) != 0) return unread(error, errno);
    int failed = S_ISREG(status.st_mode) ? read_whole(fd, h, sizeof *h) : ENODATA;
    if (failed != 0) return failed == ENODATA ? is_other(error) : unread(error, failed);
    if (check_header(h, (uint64_t)status.st_size, error) != 0) return -1;
    failed = read_run(fd, h->check_length, &a->check);
    if (failed == 0) failed = read_run(fd, h->request_length, &a->request);
    if (failed != 0) return unread(error, failed);
    if (read_reply(fd, h, a, error) != 0) return -1;
    plan_file_digest(h, a->check, a->request, digest);
    if (memcmp(digest, h->digest, sizeof digest) != 0) return unread(error, ENODATA);
    a->check_length = (size_t)h->check_length;
    a->request_length = (size_t)h->request_length;
    a->reply_length = (size_t)h->reply_length;
    return 0;
}

int plan_file_read(const char *path, plan_file_header *h, answer *a, ptfe_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return unread(error, errno);
    const int status = plan_file_read_open(fd, h, a, error);
    close(fd);
    return status;
}

int ptfe_plan(const void *file, size_t length, uint32_t index, const void **plan, size_t *plan_length) {
    plan_file_header h;
    answer a = {0};
    ptfe_error error;
    if (length < sizeof h || (uintptr_t)file % 8 != 0) return -1;
    memcpy(&h, file, sizeof h);
    if (check_header(&h, length, &error) != 0) return -1;
    /* Only read, and not freed with the answer. */
    a.request = (uint8_t *)(uintptr_t)file + sizeof h + padded(h.check_length);
    a.request_length = (size_t)h.request_length;
    a.reply = a.request + padded(h.request_length);
    a.reply_length = (size_t)h.reply_length;
    int found = answer_read_parts(&a, &error) == 0 && index < a.part_count && a.parts[index].plan != NULL;
    if (found) {
        *plan = a.parts[index].plan;
        *plan_length = a.parts[index].plan_length;
    }
    free(a.parts);
    return found ? 0 : -1;
}
