#include "decode.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* The table is sorted by offset. */
int npu_register_find(uint32_t target, uint32_t offset) {
    int low = 0, high = NPU_REGISTER_COUNT - 1;
    while (low <= high) {
        int middle = (low + high) / 2;
        if (npu_registers[middle].offset == offset) return npu_registers[middle].target == target ? middle : -1;
        if (npu_registers[middle].offset < offset) low = middle + 1;
        else high = middle - 1;
    }
    return -1;
}

int npu_refuse(const npu_decoder *decoder, enum npu_register reg, const char *format, ...) {
    const npu_register_info *info = &npu_registers[reg];
    npu_error *error = decoder->error;
    error->task = decoder->task;
    error->target = info->target;
    error->offset = info->offset;
    error->value = decoder->values[reg];
    int used = snprintf(error->text, sizeof error->text, "task %" PRIu32 ": %s (0x%04x) = 0x%08" PRIx32 ": ",
                        decoder->task, info->name, (unsigned)info->offset, error->value);
    if (used < 0 || (size_t)used >= sizeof error->text) return -1;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text + used, sizeof error->text - (size_t)used, format, arguments);
    va_end(arguments);
    return -1;
}

int npu_expect(const npu_decoder *decoder, enum npu_register reg, uint32_t value) {
    if (decoder->values[reg] == value) return 0;
    return npu_refuse(decoder, reg, "not modelled (only 0x%08" PRIx32 " is)", value);
}

/* The two registers that a unit writes to; all others that hold addresses are read from. */
static int is_written(enum npu_register reg) { return reg == NPU_REG_DPU_DST_BASE_ADDR || reg == NPU_REG_PPU_DST_BASE_ADDR; }

int npu_find(const npu_decoder *decoder, enum npu_register reg, int64_t start, int64_t bytes, npu_extent *extent) {
    if (npu_memory_find(decoder->memory, start, bytes, extent) == 0) return 0;
    const npu_region *region = npu_memory_region(decoder->memory, start);
    const char *verb = is_written(reg) ? "writes" : "reads";
    if (region == NULL) {
        return npu_refuse(decoder, reg, "%s [0x%" PRIx64 ", +%" PRId64 "), which is not inside one buffer", verb, (uint64_t)start, bytes);
    }
    const int64_t first = start - region->iova;
    return npu_refuse(decoder, reg, "%s bytes %" PRId64 " to %" PRId64 " of buffer %zu, which has %" PRIu64 ": that is not inside one buffer",
                      verb, first, first + bytes - 1, (size_t)(region - decoder->memory->regions), region->size);
}
