#include "fallback.h"

#include <stdlib.h>
#include <string.h>

/* TFLite's kernels want 64-byte alignment, and may read a vector past the end. */
enum { ALIGNMENT = 64 };

/*
 * TFLite's vector of tensors has room for this many more when it calls a kernel: a kernel that adds temporary tensors still
 * holds pointers into it. None adds more than a few.
 */
enum { ROOM_FOR_TENSORS = 16, MOST_OF_ONE_NODE = 8, MOST_TRIES = 1 << 16 };

#define MOST_BYTES ((size_t)1 << 40)

static fallback_buffer *buffer_of(fallback *f, int32_t tensor) {
    for (size_t i = 0; i < f->count; i++) {
        if (f->buffers[i].tensor == tensor) return &f->buffers[i];
    }
    if (f->count == f->room) {
        size_t room = f->room == 0 ? 16 : f->room * 2;
        fallback_buffer *grown = realloc(f->buffers, room * sizeof *grown);
        if (grown == NULL) return NULL;
        f->buffers = grown;
        f->room = room;
    }
    f->buffers[f->count] = (fallback_buffer){.tensor = tensor};
    return &f->buffers[f->count++];
}

/* The bytes that type and dimensions ask for. 0, or -1 for no size that memory can have. */
static int wanted_bytes(const tfl_tensor *tensor, size_t *out) {
    size_t wanted = tfl_element_bytes(tensor->type);
    for (int32_t i = 0; i < tensor->dims->size; i++) {
        if (tensor->dims->data[i] < 0) return -1;
        const size_t dim = (size_t)tensor->dims->data[i];
        if (dim > 0 && wanted > MOST_BYTES / dim) return -1;
        wanted *= dim;
    }
    *out = wanted;
    return 0;
}

static int is_in_arena(const tfl_tensor *tensor) {
    return tensor->allocation_type == TFL_ARENA_RW || tensor->allocation_type == TFL_ARENA_RW_PERSISTENT;
}

static int holds(u32_list list, int32_t tensor) {
    for (uint32_t i = 0; i < list.count; i++) {
        if (list.data[i] == (uint32_t)tensor) return 1;
    }
    return 0;
}

/* Memory for a tensor that TFLite plans none for; what it holds stays for the next run. */
static int lend(fallback *f, tfl_context *context, int32_t index) {
    tfl_tensor *tensor = &context->tensors[index];
    size_t wanted;
    if (tensor->dims == NULL || tfl_element_bytes(tensor->type) == 0) return 0; /* TFLite would plan nothing for it either */
    if (wanted_bytes(tensor, &wanted) != 0) return -1;
    fallback_buffer *buffer = buffer_of(f, index);
    if (buffer == NULL) return -1;
    if (buffer->lent && tensor->data == buffer->data) return 0; /* named twice */
    const size_t room = (wanted + 2 * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (buffer->data == NULL || buffer->bytes < room) {
        free(buffer->data);
        buffer->bytes = 0;
        buffer->data = aligned_alloc(ALIGNMENT, room);
        if (buffer->data == NULL) return -1;
        memset(buffer->data, 0, room);
        buffer->bytes = room;
    }
    buffer->lent = 1;
    buffer->data_before = tensor->data;
    buffer->bytes_before = tensor->bytes;
    tensor->data = buffer->data;
    tensor->bytes = wanted;
    return 0;
}

static int lend_all(fallback *f, tfl_context *context, const tfl_int_array *list, u32_list outputs) {
    for (int32_t i = 0; list != NULL && i < list->size; i++) {
        const int32_t index = list->data[i];
        if (index < 0 || (size_t)index >= context->tensors_size) continue;
        if (!is_in_arena(&context->tensors[index]) || (holds(outputs, index) && context->tensors[index].data != NULL)) continue;
        if (lend(f, context, index) != 0) return -1;
    }
    return 0;
}

/* TFLite plans memory again at the next resize: it must find its tensors as it left them. */
static void take_back(fallback *f, tfl_context *context) {
    for (size_t i = 0; i < f->count; i++) {
        fallback_buffer *buffer = &f->buffers[i];
        tfl_tensor *tensor = &context->tensors[buffer->tensor];
        if (buffer->lent && tensor->data == buffer->data) {
            tensor->data = buffer->data_before;
            tensor->bytes = buffer->bytes_before;
        }
        buffer->lent = 0;
    }
}

static int find_node(const fallback *f, tfl_context *context, uint32_t index, tfl_node **node, tfl_registration **registration,
                     ptfe_error *error) {
    *node = NULL;
    *registration = NULL;
    if (f->get_node(context, (int)index, node, registration) == TFL_OK && *node != NULL && *registration != NULL &&
        (*registration)->invoke != NULL) {
        return 0;
    }
    return error_set(error, "node %u has no kernel of TFLite's to fall back to", (unsigned)index);
}

/* Adds nameless tensors until the vector moves: one that grows gets room for half as many again, at least. */
static int make_room(tfl_context *context, size_t *room) {
    for (int i = 0; i < MOST_TRIES; i++) {
        const tfl_tensor *before = context->tensors;
        int first;
        if (context->add_tensors(context, 1, &first) != TFL_OK) return -1;
        *room = context->tensors_size / 2;
        if (context->tensors != before && *room > ROOM_FOR_TENSORS) return 0;
    }
    return -1;
}

int fallback_prepare(fallback *f, tfl_context *context, u32_list nodes, ptfe_error *error) {
    size_t start = context->tensors_size, room = ROOM_FOR_TENSORS;
    tfl_node *node;
    tfl_registration *registration;
    for (uint32_t i = 0; i < nodes.count; i++) {
        if (find_node(f, context, nodes.data[i], &node, &registration, error) != 0) return -1;
        if (context->tensors_size - start > room - MOST_OF_ONE_NODE) {
            if (make_room(context, &room) != 0) return error_set(error, "no room for the temporary tensors of node %u", (unsigned)nodes.data[i]);
            start = context->tensors_size;
        }
        if (registration->prepare != NULL && registration->prepare(context, node) != TFL_OK) {
            return error_set(error, "node %u cannot be prepared by TFLite's kernel", (unsigned)nodes.data[i]);
        }
    }
    f->prepared = 1;
    return 0;
}

static int run_node(fallback *f, tfl_context *context, uint32_t index, u32_list outputs, ptfe_error *error) {
    tfl_node *node;
    tfl_registration *registration;
    if (find_node(f, context, index, &node, &registration, error) != 0) return -1;
    if (lend_all(f, context, node->outputs, outputs) != 0 || lend_all(f, context, node->temporaries, (u32_list){NULL, 0}) != 0) {
        return error_set_code(error, PTFE_ERROR_MEMORY, "no memory to run node %u on TFLite's kernels", (unsigned)index);
    }
    if (registration->invoke(context, node) == TFL_OK) return 0;
    return error_set(error, "node %u failed on TFLite's kernels", (unsigned)index);
}

int fallback_run(fallback *f, tfl_context *context, u32_list nodes, u32_list outputs, ptfe_error *error) {
    int status = f->prepared ? 0 : fallback_prepare(f, context, nodes, error);
    for (uint32_t i = 0; i < nodes.count && status == 0; i++) status = run_node(f, context, nodes.data[i], outputs, error);
    take_back(f, context);
    return status;
}

void fallback_free(fallback *f) {
    for (size_t i = 0; i < f->count; i++) free(f->buffers[i].data);
    free(f->buffers);
    memset(f, 0, sizeof *f);
}
