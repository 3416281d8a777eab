/*
 * A file that holds an answer: what `ptfe compile` writes, and an entry of the cache. A header, then three runs of bytes
 * (answer.h), each with zeros to a multiple of 8.
 */
#ifndef PTFE_PLAN_FILE_H
#define PTFE_PLAN_FILE_H

#include "../generated/plan_file_header.h"
#include "answer.h"

/* A header of an answer's lengths; key, engine and digest are the caller's. */
void plan_file_start(plan_file_header *h, const answer *a);
void plan_file_digest(const plan_file_header *h, const uint8_t *check, const uint8_t *request, uint8_t digest[32]);

enum plan_file_state {
    PLAN_FILE_WHOLE = 0,
    PLAN_FILE_SPOILT = -1, /* its bytes are not those that were written */
    PLAN_FILE_UNREAD = -2  /* nothing is known of it: it cannot be opened or read, or there is no memory for it */
};

/* Reads a file whole; the answer's three runs are the caller's. Where it is not whole, with what is wrong ("it is damaged"). */
enum plan_file_state plan_file_read(const char *path, plan_file_header *h, answer *a, char *error, size_t error_size);
enum plan_file_state plan_file_read_open(int fd, plan_file_header *h, answer *a, char *error, size_t error_size);

#endif
