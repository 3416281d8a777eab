/* Names of files that stay right when the host changes its folder, and where this library itself is. */
#ifndef PTFE_PATHS_H
#define PTFE_PATHS_H

#include <stddef.h>

#define PATH_BYTES 4096

/* A relative name from the folder where the host is now, "~/" from the user's own; malloc'ed, NULL when there is no memory. */
char *path_absolute(const char *path);

/* FOLDER/NAME; malloc'ed, NULL when there is no memory. */
char *path_joined(const char *folder, const char *name);

/* The folders in which the library may be meant to stand: where its file is, and where the name points by which it was loaded. */
typedef struct path_library {
    char real[PATH_BYTES], named[PATH_BYTES]; /* empty where unknown */
} path_library;

void path_of_library(path_library *out);

#endif
