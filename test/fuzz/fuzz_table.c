/*
 * Tables of the host's kernels. data: u8 kernel, then height, width and channels of input and output (u8 each), their layouts;
 * the rest is the table. What host_check takes must run inside its memory.
 */
#include <stdlib.h>
#include <string.h>

#include "../../delegate/generated/element_types.h"
#include "../../delegate/plan/host_kernels.h"
#include "../../delegate/plan/layout.h"
#include "fuzz.h"

enum { HEAD = 10 };

struct device_plan {
    uint8_t *memory[2]; /* a BO for each feature map, of its very bytes */
};

static uint8_t *bo_of(device_plan *loaded, uint32_t bo) { return loaded->memory[bo]; }

static plan_tensor map(const uint8_t *shape, uint8_t form, uint32_t bo) {
    plan_tensor t = {.direction = PLAN_INSIDE, .n = 1, .bo = bo, .layout = form % 3, .h = 1u + shape[0] % 64, .w = 1u + shape[1] % 64, .c = 1u + shape[2] % 64};
    t.type = form & 4 ? TFL_INT8 : TFL_UINT8;
    t.flip = form & 4 ? 0 : 0x80;
    t.step = t.c;
    t.line_bytes = t.w * 16;
    t.surface_bytes = t.h * t.line_bytes;
    t.surfaces = (t.c + 15) / 16;
    return t;
}

int fuzz_table(const uint8_t *data, size_t size) {
    ptfe_error error;
    if (size < HEAD) return 0;
    plan_tensor tensors[2] = {map(data + 1, data[7], 0), map(data + 4, data[7], 1)};
    const size_t bytes = size - HEAD;
    uint8_t *table = malloc(bytes + 1);
    if (table == NULL) abort();
    if (bytes > 0) memcpy(table, data + HEAD, bytes);
    const plan_bo constants = {.kind = PLAN_BO_CONSTANTS, .size = bytes, .data_bytes = bytes};
    const plan_host step = {.kernel = data[0] % 4, .input = 0, .output = 1, .table_bytes = (uint32_t)bytes};
    const plan p = {.bytes = table, .length = bytes, .tensors = tensors, .tensor_count = 2, .bos = &constants, .bo_count = 1, .hosts = &step, .host_count = 1};
    if (host_check(&p, 0, &error) == 0) {
        fuzz_taken++;
        const device_ops device = {.bo = bo_of};
        device_plan memory;
        uint8_t *scratch = malloc(host_scratch_bytes(&p, 0));
        for (int i = 0; i < 2; i++) memory.memory[i] = calloc(tensors[i].surfaces, tensors[i].surface_bytes);
        if (scratch == NULL || memory.memory[0] == NULL || memory.memory[1] == NULL) abort();
        host_run(&p, 0, &device, &memory, scratch);
        for (int i = 0; i < 2; i++) free(memory.memory[i]);
        free(scratch);
    }
    free(table);
    return 0;
}
