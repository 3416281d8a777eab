/*
 * Digests of files that were read once, kept in the folder of the cache: for as long as a file's stamp stays, its bytes are not read
 * again (file_stamp.h). Nothing here ever fails: what is not known is read.
 */
#ifndef PTFE_MEMO_H
#define PTFE_MEMO_H

#include <stddef.h>
#include <stdint.h>

#include "file_stamp.h"

typedef struct memo {
    int folder; /* -1: nothing is known, and nothing is kept */
    int file;
    char name[80];
    file_stamp stamp;
} memo;

/*
 * What is known of an open file: `what` says what the digest is of, `detail` (may be empty) of which bytes. `folder`: an fd, or -1.
 * Both stay the caller's, for as long as the memo is used.
 */
void memo_of(memo *m, int folder, int file, const char *what, const void *detail, size_t length);

/* 0, or -1: not known. */
int memo_get(const memo *m, uint8_t digest[32]);

/* The bytes were read since memo_of. Kept where the file did not change meanwhile, and where another change would show. */
void memo_put(const memo *m, const uint8_t digest[32]);

#endif
