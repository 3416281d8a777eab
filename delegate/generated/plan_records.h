/* Generated from src/wire/plan_records.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_PLAN_RECORDS_H
#define PTFE_GENERATED_PLAN_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#define PLAN_MAGIC "PTFEPLAN"
#define PLAN_VERSION 6u
#define PLAN_NONE 4294967295u
#define PLAN_MOST_TENSORS 65536u
#define PLAN_MOST_NAME_BYTES 1024u
#define PLAN_MOST_FILLER_BYTES 64u
#define PLAN_MOST_BLOCK 64u
#define PLAN_MOST_BLOCK_CHANNELS 4096u
#define PLAN_MAX_BOS 64u
#define PLAN_MOST_FACTS 32u
#define PLAN_TAIL_WORDS 4u
#define PLAN_PROOF_BYTES 16u

/*
 * Whether the caller gives a feature map, takes it, or a step of the host reads or writes it (inside); a piece of the
 * tensor before it.
 */
enum plan_direction {
    PLAN_IN = 0,
    PLAN_OUT = 1,
    PLAN_INSIDE = 2,
    PLAN_PIECE = 3,
};

/*
 * What TFLite's bytes are: NHWC of the cube's shape, NHWC of another shape with as many elements (flat), NCHW; no
 * cube of its own, but pieces; NHWC of a picture whose blocks are the cube's pixels.
 */
enum plan_layout {
    PLAN_NHWC = 0,
    PLAN_FLAT = 1,
    PLAN_NCHW = 2,
    PLAN_PIECES = 3,
    PLAN_BLOCKS = 4,
};

/* The host's kernels (plan/host_kernels.c). */
enum plan_host_kernel {
    PLAN_HOST_PERMUTE = 0,
    PLAN_HOST_RESIZE_FIXED = 1,
    PLAN_HOST_RESIZE_FLOAT = 2,
    PLAN_HOST_COPY = 3,
};

/* Of a BO. io: what the host reads and writes, apart from the arena because the kernel driver syncs a whole BO. */
enum plan_bo_kind {
    PLAN_BO_CONSTANTS = 0,
    PLAN_BO_ARENA = 1,
    PLAN_BO_REGCMD = 2,
    PLAN_BO_IO = 3,
};

/* Where the records of a section are, and how many. */
typedef struct plan_section {
    uint32_t offset;
    uint32_t count;
} plan_section;
_Static_assert(sizeof(plan_section) == 8, "plan_section");
_Static_assert(offsetof(plan_section, offset) == 0, "plan_section.offset");
_Static_assert(offsetof(plan_section, count) == 4, "plan_section.count");

/* In the order of the file, each 8-aligned. */
typedef struct plan_sections {
    plan_section tensors;
    plan_section bos;
    plan_section relocations;
    plan_section tasks;
    plan_section jobs;
    plan_section ops;
    plan_section facts;
    plan_section strings;
    plan_section hosts;
} plan_sections;
_Static_assert(sizeof(plan_sections) == 72, "plan_sections");
_Static_assert(offsetof(plan_sections, tensors) == 0, "plan_sections.tensors");
_Static_assert(offsetof(plan_sections, bos) == 8, "plan_sections.bos");
_Static_assert(offsetof(plan_sections, relocations) == 16, "plan_sections.relocations");
_Static_assert(offsetof(plan_sections, tasks) == 24, "plan_sections.tasks");
_Static_assert(offsetof(plan_sections, jobs) == 32, "plan_sections.jobs");
_Static_assert(offsetof(plan_sections, ops) == 40, "plan_sections.ops");
_Static_assert(offsetof(plan_sections, facts) == 48, "plan_sections.facts");
_Static_assert(offsetof(plan_sections, strings) == 56, "plan_sections.strings");
_Static_assert(offsetof(plan_sections, hosts) == 64, "plan_sections.hosts");

/*
 * The beginning of a plan. `checksum`: the first 8 bytes of SHA-256 of all from `chip` on. `numerics`: position in
 * src/graph/numerics.ts.
 */
typedef struct plan_header {
    char magic[8];
    uint32_t version;
    uint32_t header_bytes;
    uint64_t file_bytes;
    uint64_t checksum;
    uint32_t chip;
    uint32_t cores;
    char engine_version[20];
    uint32_t numerics;
    plan_sections sections;
} plan_header;
_Static_assert(sizeof(plan_header) == 136, "plan_header");
_Static_assert(offsetof(plan_header, magic) == 0, "plan_header.magic");
_Static_assert(offsetof(plan_header, version) == 8, "plan_header.version");
_Static_assert(offsetof(plan_header, header_bytes) == 12, "plan_header.header_bytes");
_Static_assert(offsetof(plan_header, file_bytes) == 16, "plan_header.file_bytes");
_Static_assert(offsetof(plan_header, checksum) == 24, "plan_header.checksum");
_Static_assert(offsetof(plan_header, chip) == 32, "plan_header.chip");
_Static_assert(offsetof(plan_header, cores) == 36, "plan_header.cores");
_Static_assert(offsetof(plan_header, engine_version) == 40, "plan_header.engine_version");
_Static_assert(offsetof(plan_header, numerics) == 60, "plan_header.numerics");
_Static_assert(offsetof(plan_header, sections) == 64, "plan_header.sections");

/*
 * A feature map in or out, or one that a step of the host reads or writes. Strides in bytes; `flip` is XORed into
 * every byte, `pad_byte` fills lanes without a channel. A tensor in pieces is followed by these: each is a cube,
 * whose first pixel stands at byte `start` of TFLite's tensor, and the next ones `step` bytes apart. In blocks, `n`
 * to `c` are those of the picture: a pixel of the cube holds the values of `block_size` rows and columns of it, row
 * by row, and the first block begins `block_top` rows above the picture and `block_left` columns to its left, where
 * `pad_byte` stands.
 */
typedef struct plan_tensor {
    uint32_t tflite_index;
    uint32_t direction;
    uint32_t type;
    uint32_t n;
    uint32_t h;
    uint32_t w;
    uint32_t c;
    float scale;
    int32_t zero_point;
    uint32_t layout;
    uint32_t bo;
    uint32_t offset;
    uint32_t line_bytes;
    uint32_t surface_bytes;
    uint32_t flip;
    uint32_t pad_byte;
    uint32_t surfaces;
    uint32_t start;
    uint32_t step;
    uint32_t block_size;
    uint32_t block_top;
    uint32_t block_left;
} plan_tensor;
_Static_assert(sizeof(plan_tensor) == 88, "plan_tensor");
_Static_assert(offsetof(plan_tensor, tflite_index) == 0, "plan_tensor.tflite_index");
_Static_assert(offsetof(plan_tensor, direction) == 4, "plan_tensor.direction");
_Static_assert(offsetof(plan_tensor, type) == 8, "plan_tensor.type");
_Static_assert(offsetof(plan_tensor, n) == 12, "plan_tensor.n");
_Static_assert(offsetof(plan_tensor, h) == 16, "plan_tensor.h");
_Static_assert(offsetof(plan_tensor, w) == 20, "plan_tensor.w");
_Static_assert(offsetof(plan_tensor, c) == 24, "plan_tensor.c");
_Static_assert(offsetof(plan_tensor, scale) == 28, "plan_tensor.scale");
_Static_assert(offsetof(plan_tensor, zero_point) == 32, "plan_tensor.zero_point");
_Static_assert(offsetof(plan_tensor, layout) == 36, "plan_tensor.layout");
_Static_assert(offsetof(plan_tensor, bo) == 40, "plan_tensor.bo");
_Static_assert(offsetof(plan_tensor, offset) == 44, "plan_tensor.offset");
_Static_assert(offsetof(plan_tensor, line_bytes) == 48, "plan_tensor.line_bytes");
_Static_assert(offsetof(plan_tensor, surface_bytes) == 52, "plan_tensor.surface_bytes");
_Static_assert(offsetof(plan_tensor, flip) == 56, "plan_tensor.flip");
_Static_assert(offsetof(plan_tensor, pad_byte) == 60, "plan_tensor.pad_byte");
_Static_assert(offsetof(plan_tensor, surfaces) == 64, "plan_tensor.surfaces");
_Static_assert(offsetof(plan_tensor, start) == 68, "plan_tensor.start");
_Static_assert(offsetof(plan_tensor, step) == 72, "plan_tensor.step");
_Static_assert(offsetof(plan_tensor, block_size) == 76, "plan_tensor.block_size");
_Static_assert(offsetof(plan_tensor, block_top) == 80, "plan_tensor.block_top");
_Static_assert(offsetof(plan_tensor, block_left) == 84, "plan_tensor.block_left");

/*
 * Memory of the device, and where in the file its bytes are. `core`: in whose address space; nothing of a job is on
 * another one.
 */
typedef struct plan_bo {
    uint32_t kind;
    uint32_t core;
    uint64_t size;
    uint64_t data_offset;
    uint64_t data_bytes;
} plan_bo;
_Static_assert(sizeof(plan_bo) == 32, "plan_bo");
_Static_assert(offsetof(plan_bo, kind) == 0, "plan_bo.kind");
_Static_assert(offsetof(plan_bo, core) == 4, "plan_bo.core");
_Static_assert(offsetof(plan_bo, size) == 8, "plan_bo.size");
_Static_assert(offsetof(plan_bo, data_offset) == 16, "plan_bo.data_offset");
_Static_assert(offsetof(plan_bo, data_bytes) == 24, "plan_bo.data_bytes");

/* Word `word` of the register commands in `bo`: its value becomes the address of `target_bo` plus `addend`. */
typedef struct plan_relocation {
    uint32_t bo;
    uint32_t word;
    uint32_t target_bo;
    uint32_t addend;
} plan_relocation;
_Static_assert(sizeof(plan_relocation) == 16, "plan_relocation");
_Static_assert(offsetof(plan_relocation, bo) == 0, "plan_relocation.bo");
_Static_assert(offsetof(plan_relocation, word) == 4, "plan_relocation.word");
_Static_assert(offsetof(plan_relocation, target_bo) == 8, "plan_relocation.target_bo");
_Static_assert(offsetof(plan_relocation, addend) == 12, "plan_relocation.addend");

/* Register commands, in the order in which the NPU runs them. */
typedef struct plan_task {
    uint32_t op;
    uint32_t regcmd_bo;
    uint32_t regcmd_offset;
    uint32_t words;
    uint32_t cycles;
    uint32_t reserved[3];
} plan_task;
_Static_assert(sizeof(plan_task) == 32, "plan_task");
_Static_assert(offsetof(plan_task, op) == 0, "plan_task.op");
_Static_assert(offsetof(plan_task, regcmd_bo) == 4, "plan_task.regcmd_bo");
_Static_assert(offsetof(plan_task, regcmd_offset) == 8, "plan_task.regcmd_offset");
_Static_assert(offsetof(plan_task, words) == 12, "plan_task.words");
_Static_assert(offsetof(plan_task, cycles) == 16, "plan_task.cycles");
_Static_assert(offsetof(plan_task, reserved) == 20, "plan_task.reserved");

/*
 * Tasks that are handed over together. `depends`: 0, or 1 + the job that must end before. The atom at `proof_offset`
 * is written by the job's last task, and no other task of the job touches it.
 */
typedef struct plan_job {
    uint32_t first_task;
    uint32_t task_count;
    uint32_t core;
    uint32_t depends;
    uint64_t in_bos;
    uint64_t out_bos;
    uint32_t proof_bo;
    uint32_t proof_offset;
} plan_job;
_Static_assert(sizeof(plan_job) == 40, "plan_job");
_Static_assert(offsetof(plan_job, first_task) == 0, "plan_job.first_task");
_Static_assert(offsetof(plan_job, task_count) == 4, "plan_job.task_count");
_Static_assert(offsetof(plan_job, core) == 8, "plan_job.core");
_Static_assert(offsetof(plan_job, depends) == 12, "plan_job.depends");
_Static_assert(offsetof(plan_job, in_bos) == 16, "plan_job.in_bos");
_Static_assert(offsetof(plan_job, out_bos) == 24, "plan_job.out_bos");
_Static_assert(offsetof(plan_job, proof_bo) == 32, "plan_job.proof_bo");
_Static_assert(offsetof(plan_job, proof_offset) == 36, "plan_job.proof_offset");

/* What a node, or two that are fused, became. */
typedef struct plan_op {
    uint32_t tflite_node;
    uint32_t fused_node;
    uint32_t name_offset;
    uint32_t name_bytes;
    uint64_t macs;
    uint32_t first_task;
    uint32_t task_count;
    uint32_t facts;
    uint32_t mismatch_ppm;
    uint32_t reserved[2];
} plan_op;
_Static_assert(sizeof(plan_op) == 48, "plan_op");
_Static_assert(offsetof(plan_op, tflite_node) == 0, "plan_op.tflite_node");
_Static_assert(offsetof(plan_op, fused_node) == 4, "plan_op.fused_node");
_Static_assert(offsetof(plan_op, name_offset) == 8, "plan_op.name_offset");
_Static_assert(offsetof(plan_op, name_bytes) == 12, "plan_op.name_bytes");
_Static_assert(offsetof(plan_op, macs) == 16, "plan_op.macs");
_Static_assert(offsetof(plan_op, first_task) == 24, "plan_op.first_task");
_Static_assert(offsetof(plan_op, task_count) == 28, "plan_op.task_count");
_Static_assert(offsetof(plan_op, facts) == 32, "plan_op.facts");
_Static_assert(offsetof(plan_op, mismatch_ppm) == 36, "plan_op.mismatch_ppm");
_Static_assert(offsetof(plan_op, reserved) == 40, "plan_op.reserved");

/* The name of an inferred fact; operations say in a mask on which they rest. */
typedef struct plan_fact {
    uint32_t name_offset;
    uint32_t name_bytes;
} plan_fact;
_Static_assert(sizeof(plan_fact) == 8, "plan_fact");
_Static_assert(offsetof(plan_fact, name_offset) == 0, "plan_fact.name_offset");
_Static_assert(offsetof(plan_fact, name_bytes) == 4, "plan_fact.name_bytes");

/*
 * A kernel of the host on two of the plan's tensors. It runs before job `before_job`, behind all where that is their
 * count. Jobs with no step between them run at the same time where they are of different cores.
 */
typedef struct plan_host {
    uint32_t op;
    uint32_t before_job;
    uint32_t kernel;
    uint32_t input;
    uint32_t output;
    uint32_t table_bo;
    uint32_t table_offset;
    uint32_t table_bytes;
} plan_host;
_Static_assert(sizeof(plan_host) == 32, "plan_host");
_Static_assert(offsetof(plan_host, op) == 0, "plan_host.op");
_Static_assert(offsetof(plan_host, before_job) == 4, "plan_host.before_job");
_Static_assert(offsetof(plan_host, kernel) == 8, "plan_host.kernel");
_Static_assert(offsetof(plan_host, input) == 12, "plan_host.input");
_Static_assert(offsetof(plan_host, output) == 16, "plan_host.output");
_Static_assert(offsetof(plan_host, table_bo) == 20, "plan_host.table_bo");
_Static_assert(offsetof(plan_host, table_offset) == 24, "plan_host.table_offset");
_Static_assert(offsetof(plan_host, table_bytes) == 28, "plan_host.table_bytes");

#endif
