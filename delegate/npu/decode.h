/* What all units need to turn a task's register values into settings, or into a refusal that names a register. */
#ifndef PTFE_NPU_DECODE_H
#define PTFE_NPU_DECODE_H

#include <stdbool.h>

#include "../generated/registers.h"
#include "memory.h"

typedef struct npu_decoder {
    const npu_config *config;
    const npu_memory *memory;
    const uint32_t *values; /* by enum npu_register */
    uint32_t task;
    npu_error *error;
} npu_decoder;

#define NPU_VALUE(d, reg) ((d)->values[NPU_REG_##reg])
#define NPU_FIELD(d, reg, field) ((NPU_VALUE(d, reg) >> NPU_##reg##_##field##_SHIFT) & NPU_##reg##_##field##_MASK)

/* Position in npu_registers of a register that a task may write; -1 for any other. */
int npu_register_find(uint32_t target, uint32_t offset);

/* Fills the error; always -1. */
int npu_refuse(const npu_decoder *decoder, enum npu_register reg, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* -1 unless the register holds this very value: nothing else is modelled. */
int npu_expect(const npu_decoder *decoder, enum npu_register reg, uint32_t value);

/* Finds [start, start + bytes) or refuses, naming the register that holds the address. */
int npu_find(const npu_decoder *decoder, enum npu_register reg, int64_t start, int64_t bytes, npu_extent *extent);

#endif
