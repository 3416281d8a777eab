/*
 * The software NPU: executes register command streams of a chip's core (npu_chip; all are of the RK3588's kind), bit for bit.
 * It knows regions of memory, tasks and registers; nothing of models or plans.
 */
#ifndef PTFE_NPU_H
#define PTFE_NPU_H

#include <stddef.h>
#include <stdint.h>

#include "../generated/chips.h"
#include "../generated/facts.h"

#define NPU_REGION_CONSTANT 1u /* its bytes do not change after load, and no task writes it */

/* Memory that tasks may reach. `data` must stay valid and in place until npu_program_free. */
typedef struct npu_region {
    uint32_t iova;
    uint32_t flags;
    uint64_t size;
    uint8_t *data;
} npu_region;

typedef struct npu_task {
    uint32_t regcmd_iova;
    uint32_t words; /* 64-bit words, tail included */
} npu_task;

/* Why a program was refused: the register that names it (target, offset, value) and a message. */
typedef struct npu_error {
    uint32_t task;
    uint32_t target;
    uint32_t offset;
    uint32_t value;
    int is_memory; /* no memory: nothing is said of the program */
    char text[256];
} npu_error;

#define NPU_SCALAR 1u   /* the plain reference path: slow, the same bits */
#define NPU_PORTABLE 2u /* the fast path without vector instructions */
/*
 * Not the stock kernel, which starts each task by itself: one start with TASK_CON's TASK_NUMBER = task count. Only the
 * first task is taken from the list; the tail words lead to the others.
 */
#define NPU_CHAINED 4u

/* A task must write all registers of the blocks that it starts: nothing that an earlier one left there may count. */
#define NPU_SELF_CONTAINED 8u

typedef struct npu_config {
    npu_chip chip;
    uint8_t facts[NPU_FACT_COUNT];
    uint32_t flags;
} npu_config;

typedef struct npu_program npu_program;

/* The first chip of npu_chips, the first reading of every fact. */
void npu_config_default(npu_config *config);

/* Sets a fact by name; -1 when fact or value is unknown. */
int npu_config_set(npu_config *config, const char *fact, const char *value);

/* A range of memory that a task reads or writes: bytes `from` to `to` (exclusive) of a region. `reg` holds its address. */
typedef struct npu_access {
    uint32_t task, region;
    uint32_t reg; /* position in npu_registers */
    int writes;
    uint64_t from, to;
} npu_access;

/* What is told of each access; another value than 0 ends the check with it, with *error filled. */
typedef int (*npu_visit)(void *context, const npu_access *access, npu_error *error);

/*
 * Decodes and checks all tasks, and no more: registers that npu_program_load would refuse, and every access that is not inside
 * one region, are refused here. Regions need no bytes, but for those with register commands. `visit` may be NULL.
 */
int npu_program_check(const npu_config *config, const npu_region *regions, size_t region_count, const npu_task *tasks,
                      size_t task_count, npu_visit visit, void *context, npu_error *error);

/* Decodes and checks all tasks and prepares constant weights. 0, or -1 with *error filled. */
int npu_program_load(const npu_config *config, const npu_region *regions, size_t region_count, const npu_task *tasks,
                     size_t task_count, npu_program **program, npu_error *error);

/* Executes all tasks in order. 0, or -1 with *error filled: operands that changed after load broke a rule. */
int npu_program_run(npu_program *program, npu_error *error);

/* The same for some of them: those before have run, or the memory holds what they would have left. */
int npu_program_run_some(npu_program *program, size_t first, size_t count, npu_error *error);

void npu_program_free(npu_program *program);

/* Estimated cycles of a task; 0 for a task that does not exist. */
uint64_t npu_program_task_cycles(const npu_program *program, size_t task);

/* Products that a task's convolution takes, those with padding channels too; 0 for any other task. */
uint64_t npu_program_task_products(const npu_program *program, size_t task);

/* Wall time that the last run spent on a task. */
uint64_t npu_program_task_nanoseconds(const npu_program *program, size_t task);

#endif
