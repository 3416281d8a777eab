#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../generated/operator_names.h"
#include "../generated/registers.h"
#include "line.h"

enum { CELL = 160 };

static const char *type_name(int32_t type) {
    static const char *const names[] = {"none", "f32",  "i32", "u8",  "i64", "str", "bool", "i16", "c64",
                                        "i8",   "f16", "f64", "c128", "u64", "res", "var",  "u32"};
    return type >= 0 && (size_t)type < sizeof names / sizeof names[0] ? names[type] : "?";
}

/* "CONV_2D"; custom ops by their own name. */
static void op_name(const tfl_registration *registration, char *out, size_t size) {
    int32_t code = registration->builtin_code;
    if (code == TFL_CUSTOM && registration->custom_name != NULL) line_clean(out, size, registration->custom_name, strlen(registration->custom_name));
    else if (code >= 0 && code < TFL_OPERATOR_COUNT) snprintf(out, size, "%s", tfl_operator_names[code]);
    else snprintf(out, size, "op %" PRId32, code);
}

/* 0 with the node and its name; -1 where TFLite has none. */
static int find_node(tfl_context *context, uint32_t index, tfl_node **node, tfl_registration **registration, char *name, size_t size) {
    if (context->get_node_and_registration(context, (int)index, node, registration) != TFL_OK) return -1;
    op_name(*registration, name, size);
    return 0;
}

/* " 4(u8) 7(i32)", as far as it fits. */
static void list_tensors(const tfl_context *context, const tfl_int_array *list, char *out, size_t size) {
    size_t used = 0;
    out[0] = 0;
    for (int32_t i = 0; list != NULL && i < list->size && used < size; i++) {
        int32_t index = list->data[i];
        if (index < 0 || (size_t)index >= context->tensors_size) continue;
        used += (size_t)snprintf(out + used, size - used, " %" PRId32 "(%s)", index, type_name(context->tensors[index].type));
    }
}

static const char *activation_of(const tfl_node *node, int32_t code) {
    int32_t activation = 0;
    if (node->builtin_data == NULL) return "";
    if (code == TFL_CONV_2D) activation = ((const tfl_conv_2d_options *)node->builtin_data)->activation;
    if (code == TFL_DEPTHWISE_CONV_2D) activation = ((const tfl_depthwise_conv_2d_options *)node->builtin_data)->activation;
    if (code == TFL_ADD) activation = ((const tfl_add_options *)node->builtin_data)->activation;
    return activation == TFL_ACTIVATION_RELU ? " ReLU" : activation == TFL_ACTIVATION_RELU6 ? " ReLU6" : activation != 0 ? " other activation" : "";
}

void report_nodes(tfl_context *context, const answer *a) {
    char name[48], in[CELL], out[CELL];
    tfl_node *node;
    tfl_registration *registration;
    line_print("%4s %-24s %-4s %-12s %s", "idx", "type", "ver", "support", "inputs");
    line_print("================================================================================================");
    for (size_t i = 0; i < a->verdict_count; i++) {
        const verdict *v = &a->verdicts[i];
        if (find_node(context, v->node, &node, &registration, name, sizeof name) != 0) continue;
        list_tensors(context, node->inputs, in, sizeof in);
        list_tensors(context, node->outputs, out, sizeof out);
        line_print("%4" PRIu32 " %-24s v%-3" PRId32 " %-12s in:%s out:%s%s", v->node, name, registration->version,
                   v->supported ? "supported" : "unsupported", in, out, activation_of(node, registration->builtin_code));
    }
}

static void refusal_line(tfl_context *context, const verdict *v, const char *prefix) {
    char name[48], text[400];
    tfl_node *node;
    tfl_registration *registration;
    if (find_node(context, v->node, &node, &registration, name, sizeof name) != 0) return;
    line_clean(text, sizeof text, v->text.data, v->text.length);
    line_say("%s%s #%" PRIu32 " stays on the CPU: %s", prefix, name, v->node, text);
}

void report_refusals(tfl_context *context, const answer *a) {
    for (size_t i = 0; i < a->verdict_count; i++) {
        if (!a->verdicts[i].supported) refusal_line(context, &a->verdicts[i], "");
    }
}

static void tensor_row(const tfl_tensor *tensor, uint32_t index) {
    uint32_t shape[4] = {1, 1, 1, 1};
    for (int32_t i = 0; tensor->dims != NULL && i < tensor->dims->size && i < 4; i++) {
        shape[3 - i] = (uint32_t)tensor->dims->data[tensor->dims->size - 1 - i];
    }
    line_print("%4" PRIu32 " %8f %4x   %-8s %" PRIu32 "x%" PRIu32 "x%" PRIu32 "x%" PRIu32, index, (double)tensor->scale,
               (unsigned)tensor->zero_point & 0xffu, tensor->allocation_type == TFL_MMAP_RO ? "yes" : "no", shape[0], shape[1], shape[2], shape[3]);
}

/* Whether one of the first `before` nodes of the part names the tensor already. */
static int named_before(tfl_context *context, const answer_part *part, uint32_t before, const tfl_int_array *here, int32_t position, int32_t tensor) {
    for (int32_t i = 0; here != NULL && i < position; i++) {
        if (here->data[i] == tensor) return 1;
    }
    for (uint32_t n = 0; n < before; n++) {
        tfl_node *node;
        tfl_registration *registration;
        if (context->get_node_and_registration(context, (int)part->nodes.data[n], &node, &registration) != TFL_OK) continue;
        const tfl_int_array *lists[] = {node->inputs, node->outputs};
        for (size_t l = 0; l < 2; l++) {
            for (int32_t i = 0; lists[l] != NULL && i < lists[l]->size; i++) {
                if (lists[l]->data[i] == tensor) return 1;
            }
        }
    }
    return 0;
}

void report_part(tfl_context *context, const answer_part *part) {
    char name[48], in[CELL], out[CELL];
    tfl_node *node;
    tfl_registration *registration;
    line_say("compiling graph: %" PRIu32 " operations", part->nodes.count);
    line_print("%4s %8s %4s   %-8s %s", "idx", "scale", "zp", "has_data", "size");
    line_print("=======================================");
    for (uint32_t i = 0; i < part->nodes.count; i++) {
        if (context->get_node_and_registration(context, (int)part->nodes.data[i], &node, &registration) != TFL_OK) continue;
        const tfl_int_array *lists[] = {node->inputs, node->outputs};
        for (size_t l = 0; l < 2; l++) {
            for (int32_t t = 0; lists[l] != NULL && t < lists[l]->size; t++) {
                int32_t tensor = lists[l]->data[t];
                if (tensor < 0 || (size_t)tensor >= context->tensors_size) continue;
                if (!named_before(context, part, i, lists[l], t, tensor)) tensor_row(&context->tensors[tensor], (uint32_t)tensor);
            }
        }
    }
    line_print("%4s %-24s %-16s %s", "idx", "type", "inputs", "outputs");
    line_print("================================================================================================");
    for (uint32_t i = 0; i < part->nodes.count; i++) {
        if (find_node(context, part->nodes.data[i], &node, &registration, name, sizeof name) != 0) continue;
        list_tensors(context, node->inputs, in, sizeof in);
        list_tensors(context, node->outputs, out, sizeof out);
        line_print("%4" PRIu32 " %-24s %-16s %s", part->nodes.data[i], name, in, out);
    }
}

/* Nodes of a part that run on the host: samples of a batch are steps of one node. */
static uint64_t host_nodes(const plan *p) {
    uint64_t nodes = 0;
    for (uint32_t i = 0; i < p->host_count; i++) {
        nodes += i == 0 || p->ops[p->hosts[i].op].tflite_node != p->ops[p->hosts[i - 1].op].tflite_node;
    }
    return nodes;
}

void report_summary(const graph *g, const answer *a, kernel *const *kernels, const npu_chip *chip) {
    uint64_t nodes = 0, host = 0, tasks = 0, cycles = 0;
    char beside[48] = "";
    for (size_t i = 0; i < a->part_count; i++) {
        nodes += a->parts[i].nodes.count;
        host += host_nodes(&kernels[i]->session->plan);
        tasks += ptfe_task_count(kernels[i]->session);
        for (uint32_t t = 0; t < ptfe_task_count(kernels[i]->session); t++) cycles += ptfe_task_cycles(kernels[i]->session, t);
    }
    const double milliseconds = (double)cycles / chip->clock_megahertz / 1000 + (double)(tasks * chip->dispatch_microseconds) / 1000;
    if (host > 0) snprintf(beside, sizeof beside, " and %" PRIu64 " on the host", host);
    line_say("%" PRIu64 " of %zu nodes on the NPU%s in %zu partition%s, %" PRIu64 " task%s, estimated %.3f ms on rk%" PRIu32 " (one core, %" PRIu32 " MHz)", nodes - host,
             g->all, beside, a->part_count, a->part_count == 1 ? "" : "s", tasks, tasks == 1 ? "" : "s", milliseconds, chip->number, chip->clock_megahertz);
}

void report_nothing(tfl_context *context, const graph *g, const answer *a) {
    char prefix[120];
    for (size_t i = 0; i < a->verdict_count; i++) {
        if (a->verdicts[i].supported) continue;
        snprintf(prefix, sizeof prefix, "all %zu nodes stay on TFLite's kernels (verbose=1 says why of each): ", g->all);
        refusal_line(context, &a->verdicts[i], prefix);
        return;
    }
}
