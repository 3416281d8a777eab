#define _GNU_SOURCE /* dladdr, secure_getenv */
#include "paths.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *path_joined(const char *folder, const char *name) {
    const size_t length = strlen(folder) + strlen(name) + 2;
    char *out = malloc(length);
    if (out != NULL) snprintf(out, length, "%s%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/", name);
    return out;
}

char *path_absolute(const char *path) {
    char here[PATH_BYTES];
    const char *home = secure_getenv("HOME");
    if (path[0] == '~' && path[1] == '/' && home != NULL && *home == '/') return path_joined(home, path + 2);
    return *path == '/' || getcwd(here, sizeof here) == NULL ? strdup(path) : path_joined(here, path);
}

static void keep_folder(char out[PATH_BYTES], const char *file) {
    const char *slash = file == NULL ? NULL : strrchr(file, '/');
    const size_t length = slash == NULL ? 0 : slash == file ? 1 : (size_t)(slash - file);
    if (length == 0 || length >= PATH_BYTES) return;
    memcpy(out, file, length);
    out[length] = 0;
}

/* The kernel knows the file that is mapped at an address, whatever name it was loaded by and wherever the host has gone. */
static void find_mapped(char out[PATH_BYTES], uintptr_t address) {
    char line[PATH_BYTES + 256];
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;
        char *name = strchr(line, '/');
        if (name == NULL || sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2 || address < from || address >= to) continue;
        name[strcspn(name, "\n")] = 0;
        keep_folder(out, name);
        break;
    }
    if (maps != NULL) fclose(maps);
}

void path_of_library(path_library *out) {
    Dl_info self;
    out->real[0] = out->named[0] = 0;
    find_mapped(out->real, (uintptr_t)&path_of_library);
    if (dladdr((const void *)&path_of_library, &self) == 0 || self.dli_fname == NULL) return;
    keep_folder(out->named, self.dli_fname);
    if (out->real[0] != 0) return;
    char *real = realpath(self.dli_fname, NULL);
    keep_folder(out->real, real);
    free(real);
}
