#include "graph_key.h"

#include <string.h>
#include <unistd.h>

#include "../util/sha256.h"
#include "mapped_file.h"
#include "memo.h"

/* Fewer bytes are hashed sooner than their file is found. */
#define LEAST_BYTES ((uint64_t)1 << 15)

static void hash_constants(const graph *g, uint8_t digest[32]) {
    sha256 hash;
    sha256_start(&hash);
    for (size_t i = 0; i < g->constant_count; i++) sha256_add(&hash, g->constants[i].data, g->constants[i].length);
    sha256_end(&hash, digest);
}

/* Which bytes of the file they are; -1 where one lies elsewhere. */
static int hash_places(const graph *g, const mapped_file *file, uint8_t digest[32]) {
    sha256 hash;
    sha256_start(&hash);
    for (size_t i = 0; i < g->constant_count; i++) {
        const uintptr_t at = (uintptr_t)g->constants[i].data;
        if (at < file->from || at >= file->to || g->constants[i].length > file->to - at) return -1;
        const uint64_t place[2] = {file->offset + (at - file->from), g->constants[i].length};
        sha256_add(&hash, place, sizeof place);
    }
    sha256_end(&hash, digest);
    return 0;
}

static int open_file(const graph *g, int folder, mapped_file *file) {
    uint64_t bytes = 0;
    const byte_run *largest = NULL;
    for (size_t i = 0; i < g->constant_count; i++) {
        bytes += g->constants[i].length;
        if (largest == NULL || g->constants[i].length > largest->length) largest = &g->constants[i];
    }
    return folder < 0 || bytes < LEAST_BYTES ? -1 : mapped_file_open(largest->data, file);
}

static void digest_of_constants(const graph *g, int folder, uint8_t digest[32]) {
    mapped_file file;
    memo known;
    uint8_t places[32];
    const int fd = open_file(g, folder, &file);
    memo_of(&known, fd >= 0 && hash_places(g, &file, places) == 0 ? folder : -1, fd, "constants", places, sizeof places);
    if (memo_get(&known, digest) != 0) {
        hash_constants(g, digest);
        memo_put(&known, digest);
    }
    if (fd >= 0) close(fd);
}

void graph_key(const graph *g, const char *of, int folder, uint8_t key[32]) {
    uint8_t constants[32];
    sha256 hash;
    digest_of_constants(g, folder, constants);
    sha256_start(&hash);
    sha256_add(&hash, of, strlen(of));
    sha256_add(&hash, g->outline.data, g->outline.length);
    sha256_add(&hash, constants, sizeof constants);
    sha256_end(&hash, key);
}
