#define _POSIX_C_SOURCE 200809L
#include "file_read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifdef __wasm__ /* the addon alone: no files */
int file_read_at(int fd, uint64_t offset, void *to, size_t length, ptfe_error *error) {
    (void)fd, (void)offset, (void)to, (void)length;
    return error_set(error, "no files here");
}
#else
int file_read_at(int fd, uint64_t offset, void *to, size_t length, ptfe_error *error) {
    uint8_t *at = to;
    while (length > 0) {
        const ssize_t got = pread(fd, at, length, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return error_set_code(error, error_code_of(errno), "%s", strerror(errno));
        if (got == 0) return error_set_code(error, PTFE_ERROR_DAMAGED, "it is damaged");
        at += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return 0;
}
#endif
