#include "border.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../plan/layout.h"

typedef struct border {
    const char *what; /* "input" or "output" */
    uint32_t *planned, *wanted; /* tensor numbers, ascending */
    uint32_t planned_count, wanted_count;
} border;

static int by_number(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static int collect(border *b, const plan *p, enum plan_direction direction, u32_list wanted) {
    b->planned = malloc(((size_t)p->tensor_count + 1) * sizeof *b->planned);
    b->wanted = malloc(((size_t)wanted.count + 1) * sizeof *b->wanted);
    if (b->planned == NULL || b->wanted == NULL) return -1;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (p->tensors[i].direction == (uint32_t)direction) b->planned[b->planned_count++] = p->tensors[i].tflite_index;
    }
    b->wanted_count = wanted.count;
    if (wanted.count > 0) memcpy(b->wanted, wanted.data, wanted.count * sizeof *b->wanted);
    qsort(b->planned, b->planned_count, sizeof *b->planned, by_number);
    qsort(b->wanted, b->wanted_count, sizeof *b->wanted, by_number);
    return 0;
}

static int compare(const border *b, ptfe_error *error) {
    for (uint32_t i = 0; i < b->planned_count || i < b->wanted_count; i++) {
        const int more = i < b->planned_count, missing = i < b->wanted_count;
        if (more && missing && b->planned[i] == b->wanted[i]) continue;
        if (missing && (!more || b->wanted[i] < b->planned[i])) {
            return error_set(error, "the plan lacks tensor %" PRIu32 ", an %s of the partition", b->wanted[i], b->what);
        }
        if (i > 0 && b->planned[i] == b->planned[i - 1]) {
            return error_set(error, "the plan has the %s tensor %" PRIu32 " twice", b->what, b->planned[i]);
        }
        return error_set(error, "the plan has the %s tensor %" PRIu32 ", which is no %s of the partition", b->what, b->planned[i], b->what);
    }
    return 0;
}

static int check_lists(const plan *p, enum plan_direction direction, const char *what, u32_list wanted, ptfe_error *error) {
    border b = {.what = what};
    int status = collect(&b, p, direction, wanted) == 0 ? compare(&b, error) : error_no_memory(error, "the comparison of the plan's tensors");
    free(b.planned);
    free(b.wanted);
    return status;
}

/* Of dimensions and type: TFLite may have reset the field `bytes`. */
static uint64_t bytes_of(const tfl_tensor *tensor) {
    uint64_t bytes = 1;
    for (int32_t i = 0; tensor->dims != NULL && i < tensor->dims->size; i++) {
        const int32_t size = tensor->dims->data[i];
        if (size < 0 || (size > 0 && bytes > (UINT64_MAX >> 1) / (uint64_t)size)) return UINT64_MAX;
        bytes *= (uint64_t)size;
    }
    return tensor->dims == NULL ? UINT64_MAX : bytes;
}

static int check_tensor(const plan_tensor *planned, const tfl_context *context, ptfe_error *error) {
    const uint32_t index = planned->tflite_index;
    if (index >= context->tensors_size) return error_set(error, "the graph has no tensor %" PRIu32, index);
    const tfl_tensor *tensor = &context->tensors[index];
    if (tensor->allocation_type == TFL_MMAP_RO) return error_set(error, "tensor %" PRIu32 " is a constant", index);
    if ((uint32_t)tensor->type != planned->type) {
        return error_set(error, "tensor %" PRIu32 " is of type %d, planned as %" PRIu32, index, (int)tensor->type, planned->type);
    }
    if (bytes_of(tensor) != layout_bytes(planned)) {
        return error_set(error, "tensor %" PRIu32 " does not have the %zu bytes of the plan", index, layout_bytes(planned));
    }
    return 0;
}

int border_check(const plan *p, u32_list inputs, u32_list outputs, const tfl_context *context, ptfe_error *error) {
    if (check_lists(p, PLAN_IN, "input", inputs, error) != 0 || check_lists(p, PLAN_OUT, "output", outputs, error) != 0) return -1;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (plan_is_given_or_taken(&p->tensors[i]) && check_tensor(&p->tensors[i], context, error) != 0) return -1;
    }
    return 0;
}
