/* A plan: the flat file that the compiler makes (docs/formats.md). Checked once, then read in place. */
#ifndef PTFE_PLAN_H
#define PTFE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "../generated/plan_records.h"
#include "../util/error.h"

/* Plans are read in place, and the layouts of TFLite's and the kernel's structures are those of 64-bit machines. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "ptfe is for little-endian machines");
#ifndef __wasm__ /* the addon alone: no TFLite, no kernel */
_Static_assert(sizeof(void *) == 8, "ptfe is for 64-bit machines");
#endif

/* Tasks write such a BO, so the file has none of its bytes; all others are constant, and whole in the file. */
static inline int plan_bo_is_written(const plan_bo *bo) { return bo->kind == PLAN_BO_ARENA || bo->kind == PLAN_BO_IO; }

/* TFLite's tensors, not cubes inside. */
static inline int plan_is_given_or_taken(const plan_tensor *t) { return t->direction == PLAN_IN || t->direction == PLAN_OUT; }

/*
 * Where a plan's bytes stand: in memory, 8-aligned, all of them; or, with a file, those of its constants from `offset` on in the
 * file alone, where a device reads them straight into its own memory. Whoever reads the file has looked at the checksum.
 */
typedef struct plan_source {
    const uint8_t *bytes;
    size_t length;
    int file; /* an fd, or PLAN_NO_FILE */
    uint64_t offset;
} plan_source;

#define PLAN_NO_FILE (-1)

static inline plan_source plan_in_memory(const void *bytes, size_t length) { return (plan_source){bytes, length, PLAN_NO_FILE, 0}; }

/* A checked plan: pointers into the caller's bytes, which must outlive it; the file too, where there is one. */
typedef struct plan {
    const uint8_t *bytes;
    size_t length;
    plan_source source;
    uint32_t chip, cores;
    uint32_t numerics; /* enum numerics */
    const plan_tensor *tensors;
    const plan_bo *bos;
    const plan_relocation *relocations;
    const plan_task *tasks;
    const plan_job *jobs;
    const plan_op *ops;
    const plan_fact *facts;
    const char *strings;
    const plan_host *hosts;
    uint32_t tensor_count, bo_count, relocation_count, task_count, job_count, op_count, fact_count, string_bytes, host_count;
} plan;

/*
 * Checks every byte that anything later relies on. 0, or -1 and fills `error`.
 * What tasks read and write is plan_check_accesses's (accesses.h).
 */
int plan_open(const plan_source *source, plan *out, ptfe_error *error);

/* The bytes that the plan has of a BO, to memory with room for them. 0, or -1 and fills `error`. */
int plan_copy_bo(const plan *p, uint32_t bo, uint8_t *to, ptfe_error *error);

/* Of the bytes from here on the header's checksum is the hash. */
#define PLAN_SUMMED_FROM offsetof(plan_header, chip)

/* SHA-256's first 8 bytes, little-endian. */
uint64_t plan_hash(const uint8_t *bytes, size_t length);

#endif
