/* The file behind a read-only mapping of this process: where TFLite maps a model, its constants are the file's own bytes. */
#ifndef PTFE_MAPPED_FILE_H
#define PTFE_MAPPED_FILE_H

#include <stddef.h>
#include <stdint.h>

typedef struct mapped_file {
    uintptr_t from, to; /* of the mapping that was asked for */
    uint64_t offset;    /* of `from` in the file */
} mapped_file;

/*
 * The mapping that `address` lies in. An fd of its file, or -1: no file, one that is gone or replaced, bytes that can be written
 * through the mapping, or were.
 */
int mapped_file_open(const void *address, mapped_file *out);

#endif
