/* Generated from src/wire/memo_record.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_MEMO_RECORD_H
#define PTFE_GENERATED_MEMO_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define MEMO_MAGIC "PTFEMEMO"

/*
 * All of a memo, which is named after the file and the bytes of it that count. `digest`: SHA-256 of those bytes while
 * size and times (ns) were these; `check`: that of what stands before it, behind the name.
 */
typedef struct memo_record {
    char magic[8];
    uint64_t size;
    uint64_t modified;
    uint64_t changed;
    uint8_t digest[32];
    uint8_t check[32];
} memo_record;
_Static_assert(sizeof(memo_record) == 96, "memo_record");
_Static_assert(offsetof(memo_record, magic) == 0, "memo_record.magic");
_Static_assert(offsetof(memo_record, size) == 8, "memo_record.size");
_Static_assert(offsetof(memo_record, modified) == 16, "memo_record.modified");
_Static_assert(offsetof(memo_record, changed) == 24, "memo_record.changed");
_Static_assert(offsetof(memo_record, digest) == 32, "memo_record.digest");
_Static_assert(offsetof(memo_record, check) == 64, "memo_record.check");

#endif
