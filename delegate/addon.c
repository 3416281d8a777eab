/*
 * Node-API over the plan reader and the software NPU:
 *   planRun(plan: Uint8Array, inputs: Uint8Array[], {facts?: {name: value}}): Uint8Array[]
 * Inputs and outputs are the tensors' bytes in TFLite's layout, in the plan's order.
 */
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/ptfe.h"

#if defined(__wasm__)
#include <emnapi.h>
#endif

enum { TEXT_BYTES = 512, FACTS_BYTES = 2048 };

/* What one call holds; freed at its end, whatever happened. */
typedef struct call {
    napi_env env;
    uint64_t *plan; /* 8-aligned copy: a JavaScript array may start anywhere, and its memory may move */
    char facts[FACTS_BYTES];
    ptfe_session *session;
    const void **inputs;
    void **outputs;
    napi_value *arrays;
} call;

/* Throws once and returns NULL; a pending exception of JavaScript's own is left as it is. */
static napi_value refuse(const call *c, const char *text) {
    bool pending = false;
    napi_is_exception_pending(c->env, &pending);
    if (!pending) napi_throw_error(c->env, NULL, text);
    return NULL;
}

static int bytes_of(napi_env env, napi_value value, uint8_t **data, size_t *length) {
    bool is_array = false;
    napi_typedarray_type type;
    if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return -1;
    if (napi_get_typedarray_info(env, value, &type, length, (void **)data, NULL, NULL) != napi_ok) return -1;
    return type == napi_uint8_array ? 0 : -1;
}

/* {name: value} as "name=value,". */
static int read_facts(call *c, napi_value options) {
    napi_valuetype type;
    napi_value facts, names;
    uint32_t count = 0;
    if (napi_typeof(c->env, options, &type) != napi_ok || type != napi_object) return 0;
    if (napi_get_named_property(c->env, options, "facts", &facts) != napi_ok) return -1;
    if (napi_typeof(c->env, facts, &type) != napi_ok || type != napi_object) return 0;
    if (napi_get_property_names(c->env, facts, &names) != napi_ok || napi_get_array_length(c->env, names, &count) != napi_ok) return -1;
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        napi_value name, value;
        char key[64], text[64];
        if (napi_get_element(c->env, names, i, &name) != napi_ok || napi_get_property(c->env, facts, name, &value) != napi_ok) return -1;
        if (napi_get_value_string_utf8(c->env, name, key, sizeof key, NULL) != napi_ok) return -1;
        if (napi_get_value_string_utf8(c->env, value, text, sizeof text, NULL) != napi_ok) return -1;
        int wrote = snprintf(c->facts + used, sizeof c->facts - used, "%s%s=%s", used == 0 ? "" : ",", key, text);
        if (wrote < 0 || (size_t)wrote >= sizeof c->facts - used) return -1;
        used += (size_t)wrote;
    }
    return 0;
}

static napi_value open_session(call *c, napi_value plan) {
    uint8_t *bytes;
    size_t length;
    char error[TEXT_BYTES] = "";
    if (bytes_of(c->env, plan, &bytes, &length) != 0) return refuse(c, "planRun: the plan must be a Uint8Array");
    c->plan = malloc(length + sizeof *c->plan);
    if (c->plan == NULL) return refuse(c, "planRun: no memory for the plan");
    if (length > 0) memcpy(c->plan, bytes, length);
    c->session = ptfe_open(c->plan, length, c->facts, error, sizeof error);
    return c->session == NULL ? refuse(c, error) : plan;
}

static napi_value take_inputs(call *c, napi_value inputs) {
    uint32_t given = 0, wanted = ptfe_input_count(c->session);
    char text[TEXT_BYTES];
    if (napi_get_array_length(c->env, inputs, &given) != napi_ok || given != wanted) {
        snprintf(text, sizeof text, "planRun: the plan takes %u inputs, not %u", (unsigned)wanted, (unsigned)given);
        return refuse(c, text);
    }
    c->inputs = calloc((size_t)wanted + 1, sizeof *c->inputs);
    if (c->inputs == NULL) return refuse(c, "planRun: no memory for inputs");
    for (uint32_t i = 0; i < wanted; i++) {
        napi_value element;
        ptfe_tensor tensor;
        uint8_t *data;
        size_t length;
        if (napi_get_element(c->env, inputs, i, &element) != napi_ok || bytes_of(c->env, element, &data, &length) != 0) {
            return refuse(c, "planRun: every input must be a Uint8Array");
        }
        if (ptfe_input(c->session, i, &tensor) != 0 || tensor.bytes != length) {
            snprintf(text, sizeof text, "planRun: input %u has %zu bytes, the plan wants %zu", (unsigned)i, length, tensor.bytes);
            return refuse(c, text);
        }
        c->inputs[i] = data;
    }
    return inputs;
}

static napi_value make_outputs(call *c) {
    uint32_t count = ptfe_output_count(c->session);
    napi_value list;
    c->outputs = calloc((size_t)count + 1, sizeof *c->outputs);
    c->arrays = calloc((size_t)count + 1, sizeof *c->arrays);
    if (c->outputs == NULL || c->arrays == NULL) return refuse(c, "planRun: no memory for outputs");
    if (napi_create_array_with_length(c->env, count, &list) != napi_ok) return refuse(c, "planRun: no array");
    for (uint32_t i = 0; i < count; i++) {
        ptfe_tensor tensor;
        napi_value array;
        if (ptfe_output(c->session, i, &tensor) != 0 ||
            napi_create_arraybuffer(c->env, tensor.bytes, &c->outputs[i], &c->arrays[i]) != napi_ok ||
            napi_create_typedarray(c->env, napi_uint8_array, tensor.bytes, c->arrays[i], 0, &array) != napi_ok ||
            napi_set_element(c->env, list, i, array) != napi_ok) {
            return refuse(c, "planRun: no memory for outputs");
        }
    }
    return list;
}

/* In WebAssembly an ArrayBuffer's bytes live outside the module's memory. */
static void publish_outputs(call *c) {
#if defined(__wasm__)
    for (uint32_t i = 0; i < ptfe_output_count(c->session); i++) {
        emnapi_sync_memory(c->env, false, &c->arrays[i], 0, NAPI_AUTO_LENGTH);
    }
#else
    (void)c;
#endif
}

static napi_value run(call *c, napi_value *arguments) {
    char error[TEXT_BYTES] = "";
    if (read_facts(c, arguments[2]) != 0) return refuse(c, "planRun: facts must be {name: value} of short strings");
    if (open_session(c, arguments[0]) == NULL || take_inputs(c, arguments[1]) == NULL) return NULL;
    napi_value outputs = make_outputs(c);
    if (outputs == NULL) return NULL;
    if (ptfe_run(c->session, c->inputs, c->outputs, error, sizeof error) != 0) return refuse(c, error);
    publish_outputs(c);
    return outputs;
}

static napi_value plan_run(napi_env env, napi_callback_info info) {
    call c = {.env = env};
    napi_value arguments[3];
    size_t count = 3;
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
    napi_value result = run(&c, arguments);
    ptfe_close(c.session);
    free(c.plan);
    free(c.inputs);
    free(c.outputs);
    free(c.arrays);
    return result;
}

NAPI_MODULE_INIT() {
    napi_value function;
    if (napi_create_function(env, "planRun", NAPI_AUTO_LENGTH, plan_run, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, "planRun", function) != napi_ok) {
        return NULL;
    }
    return exports;
}
