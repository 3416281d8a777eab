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

/*
 * Reads a file, but for what the answer leaves in it (plan_gaps.h); the answer's three runs are the caller's. 0, or -1 and fills `error`: with PTFE_ERROR_DAMAGED where its bytes
 * are not those that were written; otherwise nothing is known of it, as it cannot be opened or read, or there is no memory for it.
 */
int plan_file_read(const char *path, plan_file_header *h, answer *a, ptfe_error *error);
int plan_file_read_open(int fd, plan_file_header *h, answer *a, ptfe_error *error);

#endif
