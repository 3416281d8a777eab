#define _GNU_SOURCE
#include "mapped_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* A line of /proc/self/maps. */
typedef struct map_line {
    uint64_t from, to, offset, inode;
    unsigned major, minor;
    char permissions[5];
    char *path;
} map_line;

static int read_line(char *line, map_line *out) {
    int path = 0;
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &out->from, &out->to, out->permissions, &out->offset,
               &out->major, &out->minor, &out->inode, &path) < 7 || path == 0) {
        return -1;
    }
    out->path = line + path;
    out->path[strcspn(out->path, "\n")] = 0;
    return 0;
}

static int find_line(uint64_t address, char *line, size_t size, map_line *out) {
    FILE *maps = fopen("/proc/self/maps", "re");
    int found = 0;
    while (maps != NULL && !found && fgets(line, (int)size, maps) != NULL) {
        found = read_line(line, out) == 0 && address >= out->from && address < out->to;
    }
    if (maps != NULL) fclose(maps);
    return found ? 0 : -1;
}

/* Pages of a private mapping that somebody wrote before it was made read-only are no longer the file's. */
static int has_own_pages(const map_line *line) {
    enum { CHUNK = 512 };
    const uint64_t is_present = UINT64_C(1) << 63, is_swapped = UINT64_C(1) << 62, is_of_file = UINT64_C(1) << 61;
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t entries[CHUNK];
    const int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    int own = fd < 0;
    for (uint64_t at = line->from / page; !own && at < line->to / page;) {
        const uint64_t left = line->to / page - at;
        const ssize_t wanted = (ssize_t)((left < CHUNK ? left : CHUNK) * sizeof *entries);
        own = pread(fd, entries, (size_t)wanted, (off_t)(at * sizeof *entries)) != wanted;
        for (size_t i = 0; !own && i < (size_t)wanted / sizeof *entries; i++) {
            own = (entries[i] & (is_present | is_swapped)) != 0 && (entries[i] & is_of_file) == 0;
        }
        at += (uint64_t)wanted / sizeof *entries;
    }
    if (fd >= 0) close(fd);
    return own;
}

/* Of the very inode that is mapped, which its mapping keeps from being any other's. */
static int open_same(const map_line *line) {
    struct stat status;
    if (line->path[0] != '/') return -1;
    const int fd = open(line->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -1;
    if (fstat(fd, &status) == 0 && status.st_dev == makedev(line->major, line->minor) && status.st_ino == line->inode) return fd;
    close(fd);
    return -1;
}

int mapped_file_open(const void *address, mapped_file *out) {
    char text[PATH_MAX + 200];
    map_line line;
    if (find_line((uintptr_t)address, text, sizeof text, &line) != 0 || line.permissions[0] != 'r' || line.permissions[1] == 'w') return -1;
    if (line.permissions[3] == 'p' && has_own_pages(&line)) return -1;
    *out = (mapped_file){(uintptr_t)line.from, (uintptr_t)line.to, line.offset};
    return open_same(&line);
}
