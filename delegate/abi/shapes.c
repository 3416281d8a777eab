#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t tensor_at(u32_list first, u32_list second, uint32_t i) {
    return i < first.count ? first.data[i] : second.data[i - first.count];
}

static int32_t rank_of(const tfl_tensor *tensor) { return tensor->dims == NULL || tensor->dims->size < 0 ? 0 : tensor->dims->size; }

static int is_missing(const tfl_context *context, uint32_t tensor, ptfe_error *error) {
    if (tensor < context->tensors_size) return 0;
    error_set(error, "tensor %u is not there", (unsigned)tensor);
    return 1;
}

int shapes_take(shapes *s, const tfl_context *context, u32_list first, u32_list second, ptfe_error *error) {
    size_t length = 0, at = 0;
    for (uint32_t i = 0; i < first.count + second.count; i++) {
        const uint32_t index = tensor_at(first, second, i);
        if (is_missing(context, index, error)) return -1;
        length += 2 + (size_t)rank_of(&context->tensors[index]);
    }
    int32_t *data = malloc((length + 1) * sizeof *data);
    if (data == NULL) return error_no_memory(error, "shapes");
    for (uint32_t i = 0; i < first.count + second.count; i++) {
        const tfl_tensor *tensor = &context->tensors[tensor_at(first, second, i)];
        const int32_t rank = rank_of(tensor);
        data[at++] = tensor->type;
        data[at++] = rank;
        if (rank > 0) memcpy(data + at, tensor->dims->data, (size_t)rank * sizeof *data);
        at += (size_t)rank;
    }
    free(s->data);
    *s = (shapes){data, length};
    return 0;
}

/* "1x8x8x4" */
static void describe(const int32_t *dims, int32_t rank, char *out, size_t size) {
    size_t used = 0;
    snprintf(out, size, "%s", rank == 0 ? "a scalar" : "");
    for (int32_t i = 0; i < rank && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, i == 0 ? "%d" : "x%d", (int)dims[i]);
    }
}

int shapes_compare(const shapes *s, const tfl_context *context, u32_list first, u32_list second, ptfe_error *error) {
    size_t at = 0;
    for (uint32_t i = 0; i < first.count + second.count && at < s->length; i++) {
        const uint32_t index = tensor_at(first, second, i);
        if (is_missing(context, index, error)) return -1;
        const tfl_tensor *tensor = &context->tensors[index];
        const int32_t type = s->data[at], rank = s->data[at + 1], *dims = s->data + at + 2;
        at += 2 + (size_t)rank;
        if (tensor->type == type && rank_of(tensor) == rank &&
            (rank == 0 || memcmp(tensor->dims->data, dims, (size_t)rank * sizeof *dims) == 0)) {
            continue;
        }
        char text[80];
        describe(dims, rank, text, sizeof text);
        return error_set(error, "tensor %u is not %s any more", (unsigned)index, text);
    }
    if (at == s->length) return 0;
    return error_set(error, "no shapes");
}

void shapes_free(shapes *s) {
    free(s->data);
    *s = (shapes){NULL, 0};
}
