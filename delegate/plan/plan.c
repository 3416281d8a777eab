/* The gate before a device: a plan is read in place only after every byte that anything relies on was checked. */
#include "plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "../npu/cna.h"
#include "blocks.h"
#include "../npu/decode.h"
#include "../generated/element_types.h"
#include "../util/file_read.h"
#include "../util/options.h"
#include "../util/sha256.h"

#define ADDRESS_SPACE ((uint64_t)1 << 32)
/* Left free by devices: addresses from 0 on, which registers that nobody wrote hold. */
#define GUARD_BYTES ((uint64_t)1 << 20)

typedef struct reader {
    const uint8_t *bytes;
    size_t length;
    plan *plan;
    ptfe_error *error;
} reader;

__attribute__((format(printf, 2, 3))) static int refuse(const reader *r, const char *format, ...) {
    va_list arguments;
    error_set_code(r->error, PTFE_ERROR_DAMAGED, "damaged plan: ");
    va_start(arguments, format);
    error_append_list(r->error, format, arguments);
    va_end(arguments);
    return -1;
}

uint64_t plan_hash(const uint8_t *bytes, size_t length) {
    uint8_t digest[32];
    uint64_t hash;
    sha256_of(bytes, length, digest);
    memcpy(&hash, digest, sizeof hash);
    return hash;
}

static uint64_t u64_at(const reader *r, size_t at) {
    uint64_t value;
    memcpy(&value, r->bytes + at, sizeof value);
    return value;
}

/* The header, once its length is known. */
static const plan_header *header_of(const reader *r) { return (const void *)r->bytes; }

static int check_header(const reader *r) {
    if ((uintptr_t)r->bytes % _Alignof(plan_header) != 0) return refuse(r, "not 8-aligned in memory");
    if (r->length < sizeof(plan_header)) return refuse(r, "%zu bytes, shorter than its header", r->length);
    const plan_header *h = header_of(r);
    if (memcmp(h->magic, PLAN_MAGIC, sizeof h->magic) != 0) return refuse(r, "wrong magic");
    if (h->version != PLAN_VERSION) return refuse(r, "version %" PRIu32 ", not %u", h->version, PLAN_VERSION);
    if (h->header_bytes != sizeof *h) return refuse(r, "a header of %" PRIu32 " bytes", h->header_bytes);
    if (h->file_bytes != r->length) return refuse(r, "%zu bytes, not %" PRIu64, r->length, h->file_bytes);
    if (r->plan->source.file == PLAN_NO_FILE && h->checksum != plan_hash(r->bytes + PLAN_SUMMED_FROM, r->length - PLAN_SUMMED_FROM)) {
        return refuse(r, "wrong checksum");
    }
    if (h->numerics >= NUMERICS_COUNT) return refuse(r, "numerics %" PRIu32, h->numerics);
    if (h->cores < 1 || h->cores > 3) return refuse(r, "%" PRIu32 " cores", h->cores);
    r->plan->chip = h->chip;
    r->plan->cores = h->cores;
    r->plan->numerics = h->numerics;
    return 0;
}

/* Where the records of a section stand; NULL when they are not inside the file. */
static const void *section(const reader *r, const plan_section *s, size_t record_bytes, uint32_t *count) {
    *count = s->count;
    if (s->offset < sizeof(plan_header) || s->offset % 8 != 0 || s->offset > r->length) return NULL;
    return (uint64_t)s->count * record_bytes <= r->length - s->offset ? r->bytes + s->offset : NULL;
}

static int find_sections(const reader *r) {
    plan *p = r->plan;
    const plan_sections *s = &header_of(r)->sections;
    p->tensors = section(r, &s->tensors, sizeof *p->tensors, &p->tensor_count);
    p->bos = section(r, &s->bos, sizeof *p->bos, &p->bo_count);
    p->relocations = section(r, &s->relocations, sizeof *p->relocations, &p->relocation_count);
    p->tasks = section(r, &s->tasks, sizeof *p->tasks, &p->task_count);
    p->jobs = section(r, &s->jobs, sizeof *p->jobs, &p->job_count);
    p->ops = section(r, &s->ops, sizeof *p->ops, &p->op_count);
    p->facts = section(r, &s->facts, sizeof *p->facts, &p->fact_count);
    p->strings = section(r, &s->strings, sizeof *p->strings, &p->string_bytes);
    p->hosts = section(r, &s->hosts, sizeof *p->hosts, &p->host_count);
    if (p->tensors == NULL || p->bos == NULL || p->relocations == NULL || p->tasks == NULL || p->jobs == NULL ||
        p->ops == NULL || p->facts == NULL || p->strings == NULL || p->hosts == NULL) {
        return refuse(r, "a section is not inside the file");
    }
    return 0;
}

static int check_bos(const reader *r) {
    const plan *p = r->plan;
    uint64_t total = GUARD_BYTES, data_end = 0;
    if (p->bo_count == 0 || p->bo_count > PLAN_MAX_BOS) return refuse(r, "%" PRIu32 " buffers", p->bo_count);
    for (uint32_t i = 0; i < p->bo_count; i++) {
        const plan_bo *bo = &p->bos[i];
        if (bo->core >= p->cores) return refuse(r, "buffer %" PRIu32 " is of core %" PRIu32 " of %" PRIu32, i, bo->core, p->cores);
        if (bo->kind > PLAN_BO_IO) return refuse(r, "buffer %" PRIu32 " is of kind %" PRIu32, i, bo->kind);
        if (bo->size == 0 || bo->size > ADDRESS_SPACE - total) return refuse(r, "buffer %" PRIu32 " is empty or too large", i);
        total += bo->size + GUARD_BYTES; /* the device aligns buffers */
        if (total > ADDRESS_SPACE) return refuse(r, "more than 4 GiB of buffers");
        if (bo->data_bytes > bo->size || bo->data_offset > r->length || bo->data_bytes > r->length - bo->data_offset) {
            return refuse(r, "the bytes of buffer %" PRIu32 " are not inside the file", i);
        }
        const int is_bytes = !plan_bo_is_written(bo);
        if (is_bytes && bo->data_offset % 8 != 0) return refuse(r, "the bytes of buffer %" PRIu32 " are not aligned", i);
        if (is_bytes && bo->size - bo->data_bytes > PLAN_MOST_FILLER_BYTES) {
            return refuse(r, "the file has %" PRIu64 " of the %" PRIu64 " bytes of buffer %" PRIu32, bo->data_bytes, bo->size, i);
        }
        if (!is_bytes && bo->data_bytes > 0) return refuse(r, "buffer %" PRIu32 " has bytes, and is written by tasks", i);
        if (bo->data_bytes == 0) continue;
        if (bo->data_offset < data_end) return refuse(r, "the bytes of buffer %" PRIu32 " do not stand behind those of the one before", i);
        data_end = bo->data_offset + bo->data_bytes;
    }
    return 0;
}

/* Those that follow a tensor in pieces lie in it, and all of one that the caller takes is written. */
static int check_pieces(const reader *r, uint32_t index) {
    const plan_tensor *whole = &r->plan->tensors[index];
    const uint64_t bytes = (uint64_t)whole->h * whole->w * whole->c;
    uint64_t written = 0;
    if ((uint64_t)whole->h * whole->w > ADDRESS_SPACE || bytes > ADDRESS_SPACE) return refuse(r, "feature map %" PRIu32 ": a dimension", index);
    uint32_t i = index + 1;
    for (; i < r->plan->tensor_count && r->plan->tensors[i].direction == PLAN_PIECE; i++) {
        const plan_tensor *t = &r->plan->tensors[i];
        if (t->tflite_index != whole->tflite_index || t->type != whole->type) return refuse(r, "feature map %" PRIu32 " is a piece of another tensor", i);
        if ((uint64_t)t->h * t->w > ADDRESS_SPACE) return refuse(r, "feature map %" PRIu32 ": a dimension", i);
        const uint64_t pixels = (uint64_t)t->h * t->w;
        /* The first is not 0 where a dimension is: check_tensor refuses that. */
        const uint64_t last = pixels == 0 ? 0 : (pixels - 1) * t->step;
        if (last > bytes || t->start > bytes - last || t->c > bytes - last - t->start) {
            return refuse(r, "feature map %" PRIu32 " reaches out of the tensor that it is a piece of", i);
        }
        if (t->layout == PLAN_BLOCKS && whole->direction != PLAN_IN) return refuse(r, "feature map %" PRIu32 " is written in blocks", i);
        written += pixels * t->c;
    }
    if (i == index + 1) return refuse(r, "feature map %" PRIu32 " has no pieces", index);
    return whole->direction == PLAN_IN || written == bytes ? 0 : refuse(r, "the pieces of feature map %" PRIu32 " are not all of it", index);
}

/* Sizes whose products stay far below 2^64; none where there are no blocks. */
static int check_blocks(const reader *r, uint32_t index) {
    const plan_tensor *t = &r->plan->tensors[index];
    if (t->layout != PLAN_BLOCKS) {
        return (t->block_size | t->block_top | t->block_left) == 0 ? 0 : refuse(r, "feature map %" PRIu32 " has blocks, and is not in them", index);
    }
    const uint32_t size = t->block_size;
    if (size < 2 || size > PLAN_MOST_BLOCK || t->block_top >= size || t->block_left >= size || t->c > PLAN_MOST_BLOCK_CHANNELS) {
        return refuse(r, "feature map %" PRIu32 " is in blocks of %" PRIu32 " by %" PRIu32 ", from %" PRIu32 ", %" PRIu32, index, size, size, t->block_top, t->block_left);
    }
    return 0;
}

static int check_tensor(const reader *r, uint32_t index) {
    const plan_tensor *t = &r->plan->tensors[index];
    const int in_pieces = t->layout == PLAN_PIECES, is_piece = t->direction == PLAN_PIECE;
    if (t->direction > PLAN_PIECE || t->layout > PLAN_BLOCKS || t->pad_byte > 0xff ||
        (is_piece && t->layout != PLAN_NHWC && t->layout != PLAN_BLOCKS) || (t->layout == PLAN_BLOCKS && t->direction != PLAN_IN && !is_piece) ||
        (in_pieces && t->direction != PLAN_IN && t->direction != PLAN_OUT)) {
        return refuse(r, "feature map %" PRIu32 ": unknown form", index);
    }
    if (!(t->type == TFL_UINT8 && t->flip == 0x80) && !(t->type == TFL_INT8 && t->flip == 0)) {
        return refuse(r, "feature map %" PRIu32 " is of type %" PRIu32 ", flip %" PRIu32, index, t->type, t->flip);
    }
    if (t->n != 1 || t->h == 0 || t->w == 0 || t->c == 0) return refuse(r, "feature map %" PRIu32 ": a dimension", index);
    if (t->step < t->c || (!is_piece && (t->start != 0 || t->step != t->c))) {
        return refuse(r, "feature map %" PRIu32 ": its pixels are %" PRIu32 " bytes apart", index, t->step);
    }
    if (in_pieces) return check_pieces(r, index);
    if (check_blocks(r, index) != 0) return -1;
    if (t->bo >= r->plan->bo_count || r->plan->bos[t->bo].kind != PLAN_BO_IO) {
        return refuse(r, "feature map %" PRIu32 " is not where the host reads and writes", index);
    }
    const cube_shape cube = cube_shape_of(t);
    if (t->surfaces != cube.channels / NPU_ATOM + (cube.channels % NPU_ATOM != 0)) return refuse(r, "feature map %" PRIu32 ": its surfaces", index);
    uint64_t line = cube.width * NPU_ATOM, plane = (cube.height - 1) * t->line_bytes + line;
    if (t->line_bytes < line || (t->surfaces > 1 && t->surface_bytes < plane)) {
        return refuse(r, "feature map %" PRIu32 ": its strides overlap", index);
    }
    uint64_t size = r->plan->bos[t->bo].size, before = (uint64_t)(t->surfaces - 1) * t->surface_bytes;
    if (t->offset > size || before > size - t->offset || plane > size - t->offset - before) {
        return refuse(r, "feature map %" PRIu32 " is not inside its buffer", index);
    }
    return 0;
}

static int check_tensors(const reader *r) {
    uint64_t bytes = 0;
    if (r->plan->tensor_count > PLAN_MOST_TENSORS) return refuse(r, "%" PRIu32 " feature maps", r->plan->tensor_count);
    for (uint32_t i = 0; i < r->plan->tensor_count; i++) {
        const plan_tensor *t = &r->plan->tensors[i];
        if (check_tensor(r, i) != 0) return -1;
        if (t->direction == PLAN_PIECE && (i == 0 || (t[-1].direction != PLAN_PIECE && t[-1].layout != PLAN_PIECES))) {
            return refuse(r, "feature map %" PRIu32 " is a piece of no tensor", i);
        }
        if (t->direction == PLAN_IN || t->direction == PLAN_OUT) bytes += (uint64_t)t->h * t->w * t->c; /* each lies in a buffer: under 4 GiB */
    }
    return bytes <= ADDRESS_SPACE ? 0 : refuse(r, "inputs and outputs of more than 4 GiB");
}

static int check_relocations(const reader *r) {
    const plan *p = r->plan;
    for (uint32_t i = 0; i < p->relocation_count; i++) {
        const plan_relocation *one = &p->relocations[i], *before = i == 0 ? NULL : one - 1;
        if (one->bo >= p->bo_count || p->bos[one->bo].kind != PLAN_BO_REGCMD ||
            one->word >= p->bos[one->bo].data_bytes / 8) {
            return refuse(r, "relocation %" PRIu32 " is not in register commands", i);
        }
        if (one->target_bo >= p->bo_count || p->bos[one->target_bo].kind == PLAN_BO_REGCMD ||
            one->addend >= p->bos[one->target_bo].size) {
            return refuse(r, "relocation %" PRIu32 " points outside its buffer", i);
        }
        if (p->bos[one->bo].core != p->bos[one->target_bo].core) return refuse(r, "relocation %" PRIu32 " points to another core's buffer", i);
        if (before != NULL && (before->bo > one->bo || (before->bo == one->bo && before->word >= one->word))) {
            return refuse(r, "relocations are not in order");
        }
    }
    return 0;
}

/* Relocations are sorted: whether one fills in this word. */
static int is_relocated(const plan *p, uint32_t bo, uint64_t word) {
    uint32_t low = 0, high = p->relocation_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const plan_relocation *one = &p->relocations[middle];
        if (one->bo == bo && one->word == word) return 1;
        if (one->bo < bo || (one->bo == bo && one->word < word)) low = middle + 1;
        else high = middle;
    }
    return 0;
}

/* A register that a task may write; an address comes from a relocation or is 0, and nothing else is relocated. */
static int check_word(const reader *r, uint32_t task, uint32_t bo, uint64_t word) {
    uint64_t bits = u64_at(r, r->plan->bos[bo].data_offset + word * 8);
    uint32_t target = (uint32_t)(bits >> 48), offset = (uint32_t)(bits & 0xffff), value = (uint32_t)(bits >> 16);
    int reg = npu_register_find(target, offset);
    if (reg < 0 || (npu_registers[reg].flags & NPU_REGISTER_POOLING) != 0) {
        return refuse(r, "task %" PRIu32 " writes target 0x%04" PRIx32 " register 0x%04" PRIx32, task, target, offset);
    }
    int relocated = is_relocated(r->plan, bo, word), holds = (npu_registers[reg].flags & NPU_REGISTER_HOLDS_ADDRESS) != 0;
    if (relocated != holds && (relocated || value != 0)) {
        return refuse(r, "task %" PRIu32 ": %s %s", task, npu_registers[reg].name,
                      relocated ? "holds no address, but is filled in with one" : "holds an address of its own");
    }
    if ((value & ~npu_registers[reg].mask) != 0) {
        return refuse(r, "task %" PRIu32 ": %s = 0x%08" PRIx32 ": reserved bits", task, npu_registers[reg].name, value);
    }
    return 0;
}

/* The last words start the blocks; a link to another task is not used by any plan. */
static int check_tail(const reader *r, uint32_t task, uint32_t bo, uint64_t word) {
    const uint64_t amount = (uint64_t)NPU_TARGET_PC << 48 | NPU_PC_REGISTER_AMOUNTS, barrier = (uint64_t)NPU_TARGET_BARRIER << 48;
    const uint64_t start = (uint64_t)NPU_TARGET_OPERATION_ENABLE << 48 | NPU_PC_OPERATION_ENABLE;
    uint64_t words[PLAN_TAIL_WORDS];
    memcpy(words, r->bytes + r->plan->bos[bo].data_offset + word * 8, sizeof words);
    if (words[0] != 0 || words[1] != amount || words[2] != barrier || (words[3] & ~((uint64_t)0x7f << 16)) != start) {
        return refuse(r, "task %" PRIu32 " does not end with the four words that start it", task);
    }
    for (uint64_t i = 0; i < PLAN_TAIL_WORDS; i++) {
        if (is_relocated(r->plan, bo, word + i)) return refuse(r, "task %" PRIu32 ": its end is relocated", task);
    }
    return 0;
}

/* In the order of their words, and no word in two tasks: as many of either as the file has bytes for. */
static int check_order(const reader *r, uint32_t index) {
    const plan_task *task = &r->plan->tasks[index], *before = task - 1;
    if (index == 0 || task->regcmd_bo > before->regcmd_bo) return 0;
    if (task->regcmd_bo == before->regcmd_bo && task->regcmd_offset >= before->regcmd_offset &&
        task->regcmd_offset - before->regcmd_offset >= (uint64_t)before->words * 8) {
        return 0;
    }
    return refuse(r, "the words of task %" PRIu32 " do not stand behind those of the task before", index);
}

static int check_tasks(const reader *r) {
    const plan *p = r->plan;
    for (uint32_t i = 0; i < p->task_count; i++) {
        const plan_task *task = &p->tasks[i];
        if (task->op >= p->op_count) return refuse(r, "task %" PRIu32 " is of no operation", i);
        if (task->regcmd_bo >= p->bo_count || p->bos[task->regcmd_bo].kind != PLAN_BO_REGCMD) {
            return refuse(r, "task %" PRIu32 " has no register commands", i);
        }
        /* The kernel starts (words + 1) / 2 - 1 pairs, in a field of 16 bits. */
        uint64_t room = p->bos[task->regcmd_bo].data_bytes;
        if (task->words % 2 != 0) return refuse(r, "task %" PRIu32 " has an odd number of words, and the driver counts pairs", i);
        if (task->regcmd_offset % 16 != 0 || task->words <= PLAN_TAIL_WORDS || task->words > 0x20000 ||
            task->regcmd_offset > room || (uint64_t)task->words * 8 > room - task->regcmd_offset) {
            return refuse(r, "the words of task %" PRIu32 " are not inside their buffer", i);
        }
        if (check_order(r, i) != 0) return -1;
        uint64_t first = task->regcmd_offset / 8;
        for (uint64_t w = 0; w < task->words - PLAN_TAIL_WORDS; w++) {
            if (check_word(r, i, task->regcmd_bo, first + w) != 0) return -1;
        }
        if (check_tail(r, i, task->regcmd_bo, first + task->words - PLAN_TAIL_WORDS) != 0) return -1;
    }
    return 0;
}

/* All that a job names is in the address space of its core. */
static int check_core(const reader *r, uint32_t index) {
    const plan *p = r->plan;
    const plan_job *job = &p->jobs[index];
    for (uint32_t i = 0; i < p->bo_count; i++) {
        if (((job->in_bos | job->out_bos) >> i & 1) != 0 && p->bos[i].core != job->core) return refuse(r, "job %" PRIu32 " names a buffer of another core", index);
    }
    for (uint32_t i = 0; i < job->task_count; i++) {
        if (p->bos[p->tasks[job->first_task + i].regcmd_bo].core != job->core) return refuse(r, "job %" PRIu32 " has commands of another core", index);
    }
    if (job->proof_bo != PLAN_NONE && p->bos[job->proof_bo].core != job->core) return refuse(r, "the proof of job %" PRIu32 " is another core's", index);
    return 0;
}

/* Jobs take the tasks one after the other and wait for earlier ones only. */
static int check_jobs(const reader *r) {
    const plan *p = r->plan;
    uint64_t all = p->bo_count == 64 ? UINT64_MAX : ((uint64_t)1 << p->bo_count) - 1;
    uint32_t next = 0;
    for (uint32_t i = 0; i < p->job_count; i++) {
        const plan_job *job = &p->jobs[i];
        if (job->first_task != next || job->task_count == 0 || job->task_count > p->task_count - next) {
            return refuse(r, "the tasks of job %" PRIu32, i);
        }
        next += job->task_count;
        if (job->core >= p->cores || job->depends > i) return refuse(r, "job %" PRIu32 " waits for a later one", i);
        if (job->proof_bo == PLAN_NONE) {
            /* for tools: the kernel driver's device takes no such plan */
        } else if (job->proof_bo >= p->bo_count || p->bos[job->proof_bo].kind != PLAN_BO_IO || job->proof_offset % PLAN_PROOF_BYTES != 0 ||
            (uint64_t)job->proof_offset + PLAN_PROOF_BYTES > p->bos[job->proof_bo].size) {
            return refuse(r, "the proof of job %" PRIu32, i);
        }
        if ((job->in_bos & job->out_bos) != 0) return refuse(r, "a buffer of job %" PRIu32 " is both input and output", i);
        if (((job->in_bos | job->out_bos) & ~all) != 0) return refuse(r, "job %" PRIu32 " names a buffer that is not there", i);
        if (check_core(r, i) != 0) return -1;
    }
    if (next != p->task_count) return refuse(r, "tasks without a job");
    return 0;
}

static int check_name(const reader *r, uint32_t offset, uint32_t bytes) {
    if (bytes > PLAN_MOST_NAME_BYTES) return refuse(r, "a name of %" PRIu32 " bytes", bytes);
    return offset <= r->plan->string_bytes && bytes <= r->plan->string_bytes - offset ? 0 : refuse(r, "a name is not inside the file");
}

/* Stops at the first task of another operation, so that no task is looked at twice. */
static int check_own_tasks(const reader *r, uint32_t index) {
    const plan *p = r->plan;
    const plan_op *op = &p->ops[index];
    if (op->first_task > p->task_count || op->task_count > p->task_count - op->first_task) {
        return refuse(r, "the tasks of operation %" PRIu32, index);
    }
    for (uint32_t i = 0; i < op->task_count; i++) {
        const uint32_t task = op->first_task + i;
        if (p->tasks[task].op != index) return refuse(r, "task %" PRIu32 " is not of operation %" PRIu32, task, index);
    }
    return 0;
}

static int check_ops(const reader *r) {
    const plan *p = r->plan;
    uint64_t tasks = 0;
    if (p->fact_count > PLAN_MOST_FACTS) return refuse(r, "%" PRIu32 " facts", p->fact_count);
    for (uint32_t i = 0; i < p->fact_count; i++) {
        if (check_name(r, p->facts[i].name_offset, p->facts[i].name_bytes) != 0) return -1;
    }
    for (uint32_t i = 0; i < p->op_count; i++) {
        const plan_op *op = &p->ops[i];
        if (check_name(r, op->name_offset, op->name_bytes) != 0 || check_own_tasks(r, i) != 0) return -1;
        tasks += op->task_count;
        if (p->fact_count < PLAN_MOST_FACTS && op->facts >> p->fact_count != 0) return refuse(r, "the facts of operation %" PRIu32, i);
    }
    return tasks == p->task_count ? 0 : refuse(r, "tasks that no operation has");
}

/* What the kernel itself says of its table is checked by host_check. */
static int check_hosts(const reader *r) {
    const plan *p = r->plan;
    uint32_t job = 0;
    for (uint32_t i = 0; i < p->host_count; i++) {
        const plan_host *host = &p->hosts[i];
        if (host->op >= p->op_count || host->kernel > PLAN_HOST_COPY) return refuse(r, "host step %" PRIu32 ": unknown form", i);
        if (host->before_job < job || host->before_job > p->job_count) return refuse(r, "host step %" PRIu32 " is out of order", i);
        job = host->before_job;
        if (host->input >= p->tensor_count || host->output >= p->tensor_count || p->tensors[host->input].direction != PLAN_INSIDE ||
            p->tensors[host->output].direction != PLAN_INSIDE || p->tensors[host->input].type != p->tensors[host->output].type) {
            return refuse(r, "the feature maps of host step %" PRIu32, i);
        }
        if (host->table_bo >= p->bo_count || p->bos[host->table_bo].kind != PLAN_BO_CONSTANTS) return refuse(r, "the table of host step %" PRIu32, i);
        uint64_t room = p->bos[host->table_bo].data_bytes;
        if (host->table_offset % 4 != 0 || host->table_offset > room || host->table_bytes > room - host->table_offset) {
            return refuse(r, "the table of host step %" PRIu32 " is not inside its buffer", i);
        }
    }
    return 0;
}

int plan_open(const plan_source *source, plan *out, ptfe_error *error) {
    memset(out, 0, sizeof *out);
    out->bytes = source->bytes;
    out->length = source->length;
    out->source = *source;
    const reader r = {source->bytes, source->length, out, error};
    if (check_header(&r) != 0 || find_sections(&r) != 0 || check_bos(&r) != 0 || check_tensors(&r) != 0) return -1;
    if (check_relocations(&r) != 0 || check_ops(&r) != 0 || check_tasks(&r) != 0) return -1;
    return check_jobs(&r) != 0 ? -1 : check_hosts(&r);
}

int plan_copy_bo(const plan *p, uint32_t bo, uint8_t *to, ptfe_error *error) {
    const plan_bo *from = &p->bos[bo];
    if (p->source.file == PLAN_NO_FILE || from->kind != PLAN_BO_CONSTANTS) {
        if (from->data_bytes > 0) memcpy(to, p->bytes + from->data_offset, from->data_bytes);
        return 0;
    }
    return file_read_at(p->source.file, p->source.offset + from->data_offset, to, from->data_bytes, error);
}
