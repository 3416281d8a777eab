/* Bytes of an open file, from a place on. */
#ifndef PTFE_FILE_READ_H
#define PTFE_FILE_READ_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* 0, or -1 and fills `error`: with PTFE_ERROR_DAMAGED where the file ends before. The fd's own position stays. */
int file_read_at(int fd, uint64_t offset, void *to, size_t length, ptfe_error *error);

#endif
