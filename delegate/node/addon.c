/*
 * Node-API over the plan reader and the software NPU, the same source native and as WebAssembly:
 *   planRun(plan: Uint8Array, inputs: Uint8Array[],
 *           {facts?: {name: value}, chip?: Chip, reads?: {step, bo, offset, length}[], device?: 'software' | 'npu'}): Uint8Array[]
 * Inputs and outputs are the tensors' bytes in TFLite's layout, in the plan's order. Behind the outputs come the reads: bytes
 * of a BO as they are when `step` jobs and steps of the host have run. Programs: addon_program.c. Plans that stay on the NPU for
 * many runs: addon_session.c; what the delegate makes of a machine: addon_machine.c; both native only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__wasm__)
#include "addon_machine.h"
#include "addon_session.h"
#endif
#include "addon_program.h"
#include "addon_reads.h"
#include "addon_values.h"
#include "../include/ptfe.h"

/* What one call holds; freed at its end, whatever happened. */
typedef struct call {
    napi_env env;
    uint64_t *plan; /* 8-aligned copy: a JavaScript array may start anywhere, and its memory may move */
    char facts[ADDON_FACTS_BYTES];
    npu_chip chip;
    int has_chip;
    ptfe_session *session;
    uint8_t **inputs, **outputs; /* owned, each */
    uint32_t input_count, output_count;
    addon_reads reads;
} call;

static void end_call(call *c) {
    for (uint32_t i = 0; c->inputs != NULL && i < c->input_count; i++) free(c->inputs[i]);
    for (uint32_t i = 0; c->outputs != NULL && i < c->output_count; i++) free(c->outputs[i]);
    free(c->inputs);
    free(c->outputs);
    addon_reads_free(&c->reads);
    ptfe_close(c->session);
    free(c->plan);
}

#if defined(__wasm__)
static const device_ops *addon_device(napi_env env, napi_value options) {
    (void)env;
    (void)options;
    return &device_software;
}
#endif

static int open_session(call *c, napi_value plan, const device_ops *device) {
    uint8_t *bytes;
    size_t length;
    ptfe_error error;
    if (addon_bytes(c->env, plan, &bytes, &length) != 0) {
        addon_throw(c->env, "planRun: the plan must be a Uint8Array");
        return -1;
    }
    c->plan = malloc(length + sizeof *c->plan);
    if (c->plan == NULL) {
        addon_throw(c->env, "planRun: no memory for the plan");
        return -1;
    }
    if (length > 0) memcpy(c->plan, bytes, length);
    const device_settings settings = {c->facts, c->has_chip ? &c->chip : NULL};
    const plan_source source = plan_in_memory(c->plan, length);
    if (session_open(device, &source, &settings, &c->session, &error) == 0) return 0;
    addon_throw(c->env, error.text);
    return -1;
}

/* Copies: another allocation may move what WebAssembly lends. */
static int take_inputs(call *c, napi_value inputs) {
    uint32_t given = 0;
    char text[ADDON_TEXT_BYTES];
    c->input_count = ptfe_input_count(c->session);
    if (napi_get_array_length(c->env, inputs, &given) != napi_ok || given != c->input_count) {
        snprintf(text, sizeof text, "planRun: the plan takes %u inputs, not %u", (unsigned)c->input_count, (unsigned)given);
        addon_throw(c->env, text);
        return -1;
    }
    c->inputs = calloc((size_t)given + 1, sizeof *c->inputs);
    for (uint32_t i = 0; c->inputs != NULL && i < given; i++) {
        napi_value element;
        ptfe_tensor tensor;
        uint8_t *data;
        size_t length;
        if (napi_get_element(c->env, inputs, i, &element) != napi_ok || addon_bytes(c->env, element, &data, &length) != 0) {
            addon_throw(c->env, "planRun: every input must be a Uint8Array");
            return -1;
        }
        if (ptfe_input(c->session, i, &tensor) != 0 || tensor.bytes != length) {
            snprintf(text, sizeof text, "planRun: input %u has %zu bytes, the plan wants %zu", (unsigned)i, length, tensor.bytes);
            addon_throw(c->env, text);
            return -1;
        }
        c->inputs[i] = malloc(length + 1);
        if (c->inputs[i] == NULL) break;
        memcpy(c->inputs[i], data, length);
    }
    if (c->inputs != NULL && (given == 0 || c->inputs[given - 1] != NULL)) return 0;
    addon_throw(c->env, "planRun: no memory for inputs");
    return -1;
}

static int make_outputs(call *c) {
    c->output_count = ptfe_output_count(c->session);
    c->outputs = calloc((size_t)c->output_count + 1, sizeof *c->outputs);
    for (uint32_t i = 0; c->outputs != NULL && i < c->output_count; i++) {
        ptfe_tensor tensor;
        if (ptfe_output(c->session, i, &tensor) != 0) break;
        c->outputs[i] = malloc(tensor.bytes + 1);
        if (c->outputs[i] == NULL) break;
    }
    if (c->outputs != NULL && (c->output_count == 0 || c->outputs[c->output_count - 1] != NULL)) return 0;
    addon_throw(c->env, "planRun: no memory for outputs");
    return -1;
}

static napi_value give_outputs(const call *c) {
    napi_value list;
    if (napi_create_array_with_length(c->env, c->output_count + c->reads.count, &list) != napi_ok) return addon_throw(c->env, "planRun: no array");
    for (uint32_t i = 0; i < c->output_count; i++) {
        ptfe_tensor tensor;
        ptfe_output(c->session, i, &tensor);
        napi_value array = addon_copy(c->env, c->outputs[i], tensor.bytes);
        if (array == NULL || napi_set_element(c->env, list, i, array) != napi_ok) return NULL;
    }
    for (uint32_t i = 0; i < c->reads.count; i++) {
        const addon_read *read = &c->reads.list[i];
        napi_value array = addon_copy(c->env, read->bytes, read->length);
        if (array == NULL || napi_set_element(c->env, list, c->output_count + i, array) != napi_ok) return NULL;
    }
    return list;
}

static napi_value run(call *c, napi_value *arguments) {
    ptfe_error error;
    if (addon_facts(c->env, arguments[2], c->facts) != 0) {
        return addon_throw(c->env, "planRun: facts must be {name: value} of short strings");
    }
    if (addon_chip(c->env, arguments[2], &c->chip, &c->has_chip) != 0) {
        return addon_throw(c->env, "planRun: a chip is one of src/hardware/chips.ts");
    }
    const device_ops *device = addon_device(c->env, arguments[2]);
    if (device == NULL || open_session(c, arguments[0], device) != 0 || take_inputs(c, arguments[1]) != 0 || make_outputs(c) != 0) return NULL;
    if (addon_reads_take(c->env, arguments[2], c->session, &c->reads) != 0) return NULL;
    const session_watch watch = {addon_reads_step, &c->reads};
    if (session_run(c->session, (const void *const *)c->inputs, (void *const *)c->outputs, c->reads.count > 0 ? &watch : NULL, &error) != 0) {
        return addon_throw(c->env, error.text);
    }
    return give_outputs(c);
}

static napi_value plan_run(napi_env env, napi_callback_info info) {
    call c = {.env = env};
    napi_value arguments[3];
    size_t count = 3;
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
    napi_value result = run(&c, arguments);
    end_call(&c);
    return result;
}

NAPI_MODULE_INIT() {
    static const struct {
        const char *name;
        napi_callback function;
    } functions[] = {
        {"planRun", plan_run},
        {"programOpen", addon_program_open},
        {"programRun", addon_program_run},
        {"programRead", addon_program_read},
        {"programWrite", addon_program_write},
#if !defined(__wasm__)
        {"findNpu", addon_find_npu},
        {"checkOption", addon_check_option},
        {"sessionOpen", addon_session_open},
        {"sessionDevice", addon_session_device},
        {"sessionRun", addon_session_run},
        {"sessionTimes", addon_session_times},
        {"sessionClose", addon_session_close},
#endif
    };
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        napi_value function;
        if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function) != napi_ok ||
            napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) {
            return NULL;
        }
    }
    return exports;
}
