/*
 * A file that holds an answer: what `ptfe compile` writes, and an entry of the cache. A header, then three runs of bytes
 * (answer.h), each with zeros to a multiple of 8.
 */
#ifndef PTFE_PLAN_FILE_H
#define PTFE_PLAN_FILE_H

#include "answer.h"

typedef struct plan_file_header {
    char magic[8];
    uint32_t format, reserved;
    uint8_t key[32];    /* hash of what the answer is on */
    uint8_t engine[32]; /* hash of the engine's file that gave it; zeros where it does not matter */
    uint64_t check_length, request_length, reply_length;
    uint8_t digest[32]; /* of the header before it, of check and of request; plans carry checksums of their own */
} plan_file_header;

/* A header of an answer's lengths; key, engine and digest are the caller's. */
void plan_file_start(plan_file_header *h, const answer *a);
void plan_file_digest(const plan_file_header *h, const uint8_t *check, const uint8_t *request, uint8_t digest[32]);

/*
 * Reads a file whole; the answer's three runs are the caller's. 0, or -1 and fills `error`: with PTFE_ERROR_DAMAGED where its bytes
 * are not those that were written; otherwise nothing is known of it, as it cannot be opened or read, or there is no memory for it.
 */
int plan_file_read(const char *path, plan_file_header *h, answer *a, ptfe_error *error);
int plan_file_read_open(int fd, plan_file_header *h, answer *a, ptfe_error *error);

#endif
