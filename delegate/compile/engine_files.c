/* Where the compiler's file and the Node program are. */
#include "engine_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../util/paths.h"

static int is_file(const char *path, int mode) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, mode) == 0;
}

/* Beside the library, where a build leaves it, and where packages put it: lib/ and lib/<multiarch>/ have a share/ beside them. */
static int find_from(const char *folder, char *out, size_t size) {
    static const char *const places[] = {"engine.mjs", "../../dist/engine.mjs", "../dist/engine.mjs", "../share/ptfe/engine.mjs",
                                         "../../share/ptfe/engine.mjs"};
    for (size_t i = 0; *folder != 0 && i < sizeof places / sizeof places[0]; i++) {
        int length = snprintf(out, size, "%s/%s", folder, places[i]);
        if (length > 0 && (size_t)length < size && is_file(out, R_OK)) return 0;
    }
    return -1;
}

int engine_find(const char *option, char *out, size_t out_size, ptfe_error *error) {
    path_library library;
    if (*option != 0) {
        if ((size_t)snprintf(out, out_size, "%s", option) < out_size && is_file(out, R_OK)) return 0;
        return error_set(error, "no engine at %.200s (option engine)", option);
    }
    path_of_library(&library);
    if (find_from(library.real, out, out_size) == 0 || find_from(library.named, out, out_size) == 0) return 0;
    return error_set(error, "no engine.mjs beside the library in %.150s (set PTFE_ENGINE)", library.real);
}

int engine_find_node(const char *option, char *out, size_t out_size, ptfe_error *error) {
    const char *name = *option == 0 ? "node" : option;
    if (strchr(name, '/') != NULL) {
        if ((size_t)snprintf(out, out_size, "%s", name) < out_size && is_file(out, X_OK)) return 0;
        return error_set(error, "no program at %.200s (option node)", name);
    }
    const char *path = getenv("PATH");
    while (path != NULL && *path != 0) {
        size_t length = strcspn(path, ":");
        int used = snprintf(out, out_size, "%.*s/%s", (int)length, path, name);
        if (length > 0 && used > 0 && (size_t)used < out_size && is_file(out, X_OK)) return 0;
        path += length + (path[length] == ':');
    }
    return error_set(error, "no %.60s on the PATH (install Node " ENGINE_NODE " or later, or set PTFE_NODE)", name);
}
