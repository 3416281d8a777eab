/* A plan: the flat file that the compiler makes (ARCHITECTURE.md). Checked once, then read in place. */
#ifndef PTFE_PLAN_H
#define PTFE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "../util/error.h"

/* Plans are read in place, and the layouts of TFLite's and the kernel's structures are those of 64-bit machines. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "ptfe is for little-endian machines");
#ifndef __wasm__ /* the addon alone: no TFLite, no kernel */
_Static_assert(sizeof(void *) == 8, "ptfe is for 64-bit machines");
#endif

#define PLAN_NONE 0xffffffffu

/* PLAN_INSIDE: read or written by a step of the host. */
enum plan_direction { PLAN_IN = 0, PLAN_OUT = 1, PLAN_INSIDE = 2 };
/* TFLite's bytes: NHWC of the cube's shape, NHWC of another shape with as many, NCHW. */
enum plan_layout { PLAN_NHWC = 0, PLAN_FLAT = 1, PLAN_NCHW = 2 };
enum plan_host_kernel { PLAN_HOST_PERMUTE = 0, PLAN_HOST_RESIZE_FIXED = 1, PLAN_HOST_RESIZE_FLOAT = 2 };
/* PLAN_BO_IO: what the host reads and writes, apart from the arena because the kernel driver syncs a whole BO. */
enum plan_bo_kind { PLAN_BO_CONSTANTS = 0, PLAN_BO_ARENA = 1, PLAN_BO_REGCMD = 2, PLAN_BO_IO = 3 };

/* Feature maps in and out. Strides in bytes; `flip` is XORed into every byte, `pad_byte` fills lanes without a channel. */
typedef struct plan_tensor {
    uint32_t tflite_index, direction, type;
    uint32_t n, h, w, c;
    float scale;
    int32_t zero_point;
    uint32_t layout, bo, offset, line_bytes, surface_bytes, flip, pad_byte, surfaces;
    uint32_t reserved[3];
} plan_tensor;

typedef struct plan_bo {
    uint32_t kind, reserved;
    uint64_t size, data_offset, data_bytes;
} plan_bo;

/* Tasks write such a BO, so the file has none of its bytes; all others are constant, and whole in the file. */
static inline int plan_bo_is_written(const plan_bo *bo) { return bo->kind == PLAN_BO_ARENA || bo->kind == PLAN_BO_IO; }

/* Word `word` of regcmd BO `bo`: its value field becomes the address of `target_bo` plus `addend`. */
typedef struct plan_relocation {
    uint32_t bo, word, target_bo, addend;
} plan_relocation;

typedef struct plan_task {
    uint32_t op, regcmd_bo, regcmd_offset, words, cycles;
    uint32_t reserved[3];
} plan_task;

/* The atom at `proof_offset` is written by the job's last task, and no other task of the job touches it. */
typedef struct plan_job {
    uint32_t first_task, task_count, core, depends;
    uint64_t in_bos, out_bos;
    uint32_t proof_bo, proof_offset;
} plan_job;

typedef struct plan_op {
    uint32_t tflite_node, fused_node, name_offset, name_bytes;
    uint64_t macs;
    uint32_t first_task, task_count, facts, mismatch_ppm;
    uint32_t reserved[2];
} plan_op;

typedef struct plan_fact {
    uint32_t name_offset, name_bytes;
} plan_fact;

/* A kernel of the host, on two of the plan's tensors; it runs before job `before_job`, behind all where that is their count. */
typedef struct plan_host {
    uint32_t op, before_job, kernel, input, output, table_bo, table_offset, table_bytes;
} plan_host;

/* A checked plan: pointers into the caller's bytes, which must outlive it and be 8-aligned. */
typedef struct plan {
    const uint8_t *bytes;
    size_t length;
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

/* Most BOs that a plan may have: jobs name them in 64-bit masks. */
#define PLAN_MAX_BOS 64u

/*
 * Checks every byte that anything later relies on. 0, or -1 and fills `error`.
 * What tasks read and write is plan_check_accesses's (accesses.h).
 */
int plan_open(const void *bytes, size_t length, plan *out, ptfe_error *error);

uint64_t plan_hash(const uint8_t *bytes, size_t length);

#endif
