#include "capture.h"

#include <stdlib.h>
#include <string.h>

#include "../generated/graph_message.h"
#include "../generated/operator_options.h"

/* Every option as 32 bits; those of a later op version are 0. */
static i32_list builtin_options(int32_t code, int32_t version, const uint8_t *data, int32_t values[TFL_MOST_OPTIONS]) {
    const tfl_operator_options *op = NULL;
    for (size_t i = 0; data != NULL && i < sizeof tfl_operators_with_options / sizeof tfl_operators_with_options[0]; i++) {
        if (tfl_operators_with_options[i].code == code) op = &tfl_operators_with_options[i];
    }
    for (uint32_t i = 0; op != NULL && i < op->count; i++) {
        const tfl_option *one = &op->options[i];
        values[i] = 0;
        if (version >= one->since && one->is_bool) values[i] = data[one->offset] != 0;
        else if (version >= one->since) memcpy(&values[i], data + one->offset, sizeof values[i]);
    }
    return (i32_list){values, op == NULL ? 0 : op->count};
}

static int is_tensor(const tfl_context *context, int32_t index) { return index >= 0 && (size_t)index < context->tensors_size; }

/* A context, and how it gives its nodes. */
typedef struct source {
    tfl_context *context;
    tfl_get_node get_node;
} source;

static int get_node(const source *from, uint32_t index, tfl_node **node, tfl_registration **registration) {
    return from->get_node(from->context, (int)index, node, registration) == TFL_OK && *node != NULL && *registration != NULL ? 0 : -1;
}

/*
 * Looks at what the nodes make, up to the first tensor of unknown shape. TFLite calls the handle of a variable dynamic too,
 * but nothing behind it is: what is read from a variable has the shape that the file says.
 */
static int survey(const source *from, const uint32_t *nodes, graph *g) {
    const tfl_context *context = from->context;
    for (size_t i = 0; i < g->all && !g->has_dynamic; i++) {
        tfl_node *node;
        tfl_registration *registration;
        if (get_node(from, nodes[i], &node, &registration) != 0) return -1;
        for (int32_t o = 0; node->outputs != NULL && o < node->outputs->size; o++) {
            if (!is_tensor(context, node->outputs->data[o])) continue;
            const tfl_tensor *tensor = &context->tensors[node->outputs->data[o]];
            g->has_bytes |= tensor->type == TFL_INT8 || tensor->type == TFL_UINT8;
            g->has_dynamic |= tensor->allocation_type == TFL_DYNAMIC && tensor->type != TFL_RESOURCE;
        }
        if (!g->has_dynamic) g->nodes[g->count++] = nodes[i];
    }
    return 0;
}

/* Notes for each tensor that the i-th node makes where it stands in the order. */
static void note_outputs(const tfl_context *context, const tfl_node *node, int32_t i, int32_t *maker) {
    for (int32_t t = 0; node->outputs != NULL && t < node->outputs->size; t++) {
        if (is_tensor(context, node->outputs->data[t])) maker[node->outputs->data[t]] = i;
    }
}

/* The first input of the i-th node that it or a later one makes, or -1. A variable holds what was written before. */
static int32_t unmade_input(const tfl_context *context, const tfl_node *node, int32_t i, const int32_t *maker) {
    for (int32_t t = 0; node->inputs != NULL && t < node->inputs->size; t++) {
        const int32_t tensor = node->inputs->data[t];
        if (is_tensor(context, tensor) && !context->tensors[tensor].is_variable && maker[tensor] >= i) return tensor;
    }
    return -1;
}

int graph_is_cyclic(tfl_context *context, const tfl_int_array *nodes, ptfe_error *error) {
    const source from = {context, context->get_node_and_registration};
    tfl_node *node;
    tfl_registration *registration;
    int32_t tensor = -1;
    int32_t *maker = malloc((context->tensors_size + 1) * sizeof *maker);
    if (maker == NULL) {
        error_no_memory(error, "the graph");
        return 1; /* not known to be safe */
    }
    for (size_t t = 0; t < context->tensors_size; t++) maker[t] = -1;
    for (int32_t i = 0; i < nodes->size; i++) {
        if (get_node(&from, (uint32_t)nodes->data[i], &node, &registration) == 0) note_outputs(context, node, i, maker);
    }
    for (int32_t i = 0; i < nodes->size && tensor < 0; i++) {
        if (get_node(&from, (uint32_t)nodes->data[i], &node, &registration) != 0) continue;
        tensor = unmade_input(context, node, i, maker);
        if (tensor < 0) continue;
        error_set(error, "node %d reads tensor %d, which node %d makes later", (int)nodes->data[i], (int)tensor,
                  (int)nodes->data[maker[tensor]]);
    }
    free(maker);
    return tensor >= 0;
}

int graph_is_resized(tfl_context *context, const tfl_int_array *nodes, ptfe_error *error) {
    const source from = {context, context->get_node_and_registration};
    int with = 0, without = 0;
    for (int32_t i = 0; i < nodes->size; i++) {
        tfl_node *node;
        tfl_registration *registration;
        if (get_node(&from, (uint32_t)nodes->data[i], &node, &registration) != 0) return 0;
        const tfl_int_array *lists[] = {node->inputs, node->outputs};
        for (size_t l = 0; l < 2; l++) {
            for (int32_t t = 0; lists[l] != NULL && t < lists[l]->size; t++) {
                if (!is_tensor(context, lists[l]->data[t])) continue;
                const tfl_tensor *tensor = &context->tensors[lists[l]->data[t]];
                if (tensor->allocation_type != TFL_ARENA_RW || tensor->bytes == 0) continue;
                with |= tensor->data != NULL;
                without |= tensor->data == NULL;
            }
        }
    }
    if (with && without) error_set(error, "an input was resized; allocate tensors before the delegate is applied");
    return with && without;
}

static i32_list ints_of(const tfl_int_array *list) {
    return list == NULL || list->size < 0 ? (i32_list){NULL, 0} : (i32_list){list->data, (uint32_t)list->size};
}

/* What the compiler calculates with. Of floats one alone, the operand of an op between codes: not the weights of float models. */
static int holds_numbers(const tfl_tensor *tensor) {
    if (tensor->type == TFL_FLOAT32) return tensor->bytes == sizeof(float);
    return tensor->type == TFL_INT8 || tensor->type == TFL_UINT8 || tensor->type == TFL_INT32 || tensor->type == TFL_INT64;
}

/* The bytes of a constant. */
static byte_run data_of(const tfl_tensor *tensor) {
    const int constant = tensor->allocation_type == TFL_MMAP_RO;
    const int with_data = constant && tensor->data != NULL && tensor->sparsity == NULL && holds_numbers(tensor);
    return (byte_run){tensor->data, with_data ? tensor->bytes : 0};
}

/* A per-tensor zero-point may stand for the scales of all channels. */
static void put_tensor(bytes *b, const tfl_tensor *tensor, uint32_t index, byte_run data) {
    const tfl_affine_quantization *q = tensor->quantization_type == TFL_AFFINE_QUANTIZATION ? tensor->quantization : NULL;
    const int constant = tensor->allocation_type == TFL_MMAP_RO;
    message_tensor m = {
        .index = index,
        .type = (uint32_t)tensor->type,
        .flags = (constant ? TENSOR_CONSTANT : 0u) | (tensor->is_variable ? TENSOR_VARIABLE : 0u) |
                 (tensor->allocation_type == TFL_DYNAMIC ? TENSOR_DYNAMIC : 0u),
        .shape = ints_of(tensor->dims),
        .name = byte_run_of(tensor->name == NULL ? "" : tensor->name),
        .data = data,
    };
    if (q != NULL && q->scale != NULL && q->scale->size > 0) {
        m.scales = (f32_list){q->scale->data, (uint32_t)q->scale->size};
        m.zero_points = ints_of(q->zero_point);
        m.axis = q->quantized_dimension;
    }
    message_tensor_put(b, &m);
}

static void put_node(bytes *b, uint32_t index, const tfl_node *node, const tfl_registration *registration) {
    const int custom = registration->builtin_code == TFL_CUSTOM && registration->custom_name != NULL;
    int32_t values[TFL_MOST_OPTIONS];
    message_node_put(b, &(message_node){
                            .index = index,
                            .code = registration->builtin_code,
                            .version = registration->version,
                            .custom_name = byte_run_of(custom ? registration->custom_name : ""),
                            .inputs = ints_of(node->inputs),
                            .outputs = ints_of(node->outputs),
                            .options = builtin_options(registration->builtin_code, registration->version, node->builtin_data, values),
                        });
}

static void put_options(bytes *b, const options *o) {
    uint32_t count = 0;
    for (int id = 0; o != NULL && id < OPTION_COUNT; id++) count += option_to_send(o, (enum option_id)id) != NULL;
    bytes_u32(b, count);
    for (int id = 0; count > 0 && id < OPTION_COUNT; id++) {
        const char *value = option_to_send(o, (enum option_id)id);
        if (value != NULL) message_option_put(b, &(message_option){byte_run_of(option_name((enum option_id)id)), byte_run_of(value)});
    }
}

/* Marks the tensors that a list names; -1 when one is not there. */
static int mark(const tfl_context *context, const tfl_int_array *list, uint8_t *marks, uint32_t *count) {
    for (int32_t i = 0; list != NULL && i < list->size; i++) {
        if (list->data[i] == -1) continue; /* an optional tensor that is absent */
        if (!is_tensor(context, list->data[i])) return -1;
        if (!marks[list->data[i]]) (*count)++;
        marks[list->data[i]] = 1;
    }
    return 0;
}

/* Marks all tensors of the nodes, and counts them; -1 as above. */
static int mark_all(const source *from, const graph *g, uint8_t *marks, uint32_t *count) {
    tfl_node *node;
    tfl_registration *registration;
    *count = 0;
    for (size_t i = 0; i < g->count; i++) {
        if (get_node(from, g->nodes[i], &node, &registration) != 0) return -1;
        if (mark(from->context, node->inputs, marks, count) != 0 || mark(from->context, node->outputs, marks, count) != 0) return -1;
    }
    return 0;
}

static int put_message(const source *from, const graph *g, const uint8_t *marks, uint32_t count, int with_constants, bytes *b) {
    const tfl_context *context = from->context;
    tfl_node *node;
    tfl_registration *registration;
    const message_header header = {MESSAGE_MAGIC, MESSAGE_VERSION};
    bytes_add(b, &header, sizeof header);
    put_options(b, g->options);
    bytes_u32(b, count);
    for (size_t t = 0; t < context->tensors_size; t++) {
        if (marks[t]) put_tensor(b, &context->tensors[t], (uint32_t)t, with_constants ? data_of(&context->tensors[t]) : (byte_run){NULL, 0});
    }
    bytes_u32(b, (uint32_t)g->count);
    for (size_t i = 0; i < g->count; i++) {
        if (get_node(from, g->nodes[i], &node, &registration) != 0) return -1;
        put_node(b, g->nodes[i], node, registration);
    }
    return 0;
}

/* Of each tensor how many bytes it has as a constant, and which. */
static int list_constants(const tfl_context *context, const uint8_t *marks, uint32_t count, graph *g) {
    g->constants = calloc((size_t)count + 1, sizeof *g->constants);
    if (g->constants == NULL) return -1;
    bytes_u32(&g->outline, count);
    for (size_t t = 0; t < context->tensors_size; t++) {
        if (!marks[t]) continue;
        const byte_run data = data_of(&context->tensors[t]);
        const uint64_t length = data.length;
        bytes_add(&g->outline, &length, sizeof length);
        if (data.length > 0) g->constants[g->constant_count++] = data;
    }
    return 0;
}

static int is_no_tensor(ptfe_error *error) { return error_set(error, "a node names a tensor that is not there"); }

static int put_outline(const source *from, graph *g, uint8_t *marks, ptfe_error *error) {
    uint32_t count;
    if (mark_all(from, g, marks, &count) != 0 || put_message(from, g, marks, count, 0, &g->outline) != 0) return is_no_tensor(error);
    if (list_constants(from->context, marks, count, g) != 0 || g->outline.failed) return error_no_memory(error, "the graph");
    return 0;
}

int graph_message(tfl_context *context, const graph *g, bytes *message, ptfe_error *error) {
    const source from = {context, g->get_node};
    uint32_t count;
    uint8_t *marks = calloc(context->tensors_size + 1, 1);
    if (marks == NULL) return error_no_memory(error, "the graph message");
    const int status = mark_all(&from, g, marks, &count) != 0 || put_message(&from, g, marks, count, 1, message) != 0;
    free(marks);
    if (status != 0) return is_no_tensor(error);
    return message->failed ? error_no_memory(error, "the graph message") : 0;
}

int graph_capture_nodes(tfl_context *context, tfl_get_node get_node_of, const uint32_t *nodes, size_t count, const options *o, graph *g,
                        ptfe_error *error) {
    const source from = {context, get_node_of};
    memset(g, 0, sizeof *g);
    g->all = count;
    g->get_node = get_node_of;
    g->options = o;
    g->nodes = calloc(g->all + 1, sizeof *g->nodes);
    if (g->nodes == NULL) return error_no_memory(error, "the graph");
    if (survey(&from, nodes, g) != 0) return error_set(error, "TFLite names a node that is not there");
    if (!g->has_bytes || g->count == 0) return 0;
    uint8_t *marks = calloc(context->tensors_size + 1, 1);
    if (marks == NULL) return error_no_memory(error, "the graph");
    const int status = put_outline(&from, g, marks, error);
    free(marks);
    return status;
}

int graph_capture(tfl_context *context, const options *o, graph *g, ptfe_error *error) {
    tfl_int_array *plan = NULL;
    memset(g, 0, sizeof *g);
    if (context->get_execution_plan(context, &plan) != TFL_OK || plan == NULL || plan->size < 0) {
        return error_set(error, "TFLite gives no execution plan");
    }
    if (graph_is_cyclic(context, plan, error) || graph_is_resized(context, plan, error)) return -1;
    return graph_capture_nodes(context, context->get_node_and_registration, (const uint32_t *)plan->data, (size_t)plan->size, o, g, error);
}

void graph_free(graph *g) {
    free(g->nodes);
    free(g->constants);
    bytes_free(&g->outline);
    memset(g, 0, sizeof *g);
}
