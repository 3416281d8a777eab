/* Generated from src/wire/plan_file_header.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_PLAN_FILE_HEADER_H
#define PTFE_GENERATED_PLAN_FILE_HEADER_H

#include <stddef.h>
#include <stdint.h>

#define PLAN_FILE_MAGIC "PTFEPLNS"
#define PLAN_FILE_FORMAT 2u

/*
 * Three runs follow: verdicts, parts, plans, each with zeros to a multiple of 8. `key`: SHA-256 of the outline of the
 * graph that it is on, and of the digest of its constants (`outlineOf` in wire/write_message.ts). `engine`: that of
 * the engine that made it, zeros where it does not matter. `digest`: that of the header before it, of the verdicts
 * and the parts; plans carry checksums of their own.
 */
typedef struct plan_file_header {
    char magic[8];
    uint32_t format;
    uint32_t reserved;
    uint8_t key[32];
    uint8_t engine[32];
    uint64_t check_length;
    uint64_t request_length;
    uint64_t reply_length;
    uint8_t digest[32];
} plan_file_header;
_Static_assert(sizeof(plan_file_header) == 136, "plan_file_header");
_Static_assert(offsetof(plan_file_header, magic) == 0, "plan_file_header.magic");
_Static_assert(offsetof(plan_file_header, format) == 8, "plan_file_header.format");
_Static_assert(offsetof(plan_file_header, reserved) == 12, "plan_file_header.reserved");
_Static_assert(offsetof(plan_file_header, key) == 16, "plan_file_header.key");
_Static_assert(offsetof(plan_file_header, engine) == 48, "plan_file_header.engine");
_Static_assert(offsetof(plan_file_header, check_length) == 80, "plan_file_header.check_length");
_Static_assert(offsetof(plan_file_header, request_length) == 88, "plan_file_header.request_length");
_Static_assert(offsetof(plan_file_header, reply_length) == 96, "plan_file_header.reply_length");
_Static_assert(offsetof(plan_file_header, digest) == 104, "plan_file_header.digest");

#endif
