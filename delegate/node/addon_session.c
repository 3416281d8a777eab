#include "addon_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../device/choose.h"
#include "../npu/clock.h"
#include "../plan/session.h"
#include "addon_values.h"

enum { MOST_NAME = 64 };

typedef struct opened {
    uint64_t *plan; /* 8-aligned copy, owned */
    ptfe_session *session;
    uint64_t prepare; /* nanoseconds */
} opened;

static void end_session(opened *o) {
    ptfe_close(o->session);
    free(o->plan);
    o->session = NULL;
    o->plan = NULL;
}

static void free_opened(napi_env env, void *data, void *hint) {
    (void)env;
    (void)hint;
    end_session(data);
    free(data);
}

/* NULL with an exception where it is no session, or a closed one. */
static opened *opened_of(napi_env env, napi_value value) {
    void *data = NULL;
    napi_valuetype type;
    if (napi_typeof(env, value, &type) == napi_ok && type == napi_external && napi_get_value_external(env, value, &data) == napi_ok) {
        opened *o = data;
        if (o->session != NULL) return o;
        addon_throw(env, "the session is closed");
        return NULL;
    }
    addon_throw(env, "not a session");
    return NULL;
}

/* NULL, and fills `error`, where there is none of that name, or it cannot be used. */
static const device_ops *wanted_device(napi_env env, napi_value options, ptfe_error *error) {
    const device_ops *device = NULL;
    char name[MOST_NAME] = "auto";
    napi_valuetype type;
    if (napi_typeof(env, options, &type) == napi_ok && type == napi_object) addon_text(env, options, "device", name, sizeof name);
    if (strcmp(name, "auto") != 0 && strcmp(name, "npu") != 0 && strcmp(name, "software") != 0) {
        error_set(error, "device \"%.40s\": not one of auto, npu, software", name);
        return NULL;
    }
    /* As in the C ABI, a device that is there and cannot be used is an error: there are no kernels of TFLite to go on with. */
    return device_choose(name, &device, error) == 0 ? device : NULL;
}

static int open_plan(napi_env env, napi_value *arguments, opened *o, ptfe_error *error) {
    char facts[ADDON_FACTS_BYTES];
    uint8_t *bytes;
    size_t length;
    const uint64_t start = npu_clock_nanoseconds();
    if (addon_bytes(env, arguments[0], &bytes, &length) != 0) return error_set(error, "sessionOpen: the plan must be a Uint8Array");
    if (addon_facts(env, arguments[1], facts) != 0) return error_set(error, "sessionOpen: facts must be {name: value} of short strings");
    const device_ops *device = wanted_device(env, arguments[1], error);
    if (device == NULL) return -1;
    o->plan = malloc(length + sizeof *o->plan);
    if (o->plan == NULL) return error_no_memory(error, "the plan");
    if (length > 0) memcpy(o->plan, bytes, length);
    const device_settings settings = {.facts = facts};
    const plan_source source = plan_in_memory(o->plan, length);
    if (session_open(device, &source, &settings, &o->session, error) != 0) return -1;
    o->prepare = npu_clock_since(start);
    return 0;
}

napi_value addon_session_open(napi_env env, napi_callback_info info) {
    napi_value arguments[2], external;
    size_t count = 2;
    ptfe_error error = {.code = PTFE_ERROR_NONE};
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
    opened *o = calloc(1, sizeof *o);
    if (o == NULL) return addon_throw(env, "sessionOpen: no memory");
    const int status = open_plan(env, arguments, o, &error);
    if (status == 0 && napi_create_external(env, o, free_opened, NULL, &external) == napi_ok) return external;
    if (status == 0) error_no_memory(&error, "a session");
    free_opened(env, o, NULL);
    return addon_throw(env, error.text);
}

napi_value addon_session_device(napi_env env, napi_callback_info info) {
    napi_value argument, name;
    size_t count = 1;
    if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok) return NULL;
    const opened *o = opened_of(env, argument);
    if (o == NULL || napi_create_string_utf8(env, ptfe_device(o->session), NAPI_AUTO_LENGTH, &name) != napi_ok) return NULL;
    return name;
}

/* One run's pointers: inputs are JavaScript's own bytes, which nothing moves while this thread is here. */
typedef struct run_call {
    const void **inputs;
    void **outputs;
    napi_value *arrays;
} run_call;

static int byte_array(napi_env env, napi_value value, const void **data, size_t *length) {
    bool is_array = false;
    napi_typedarray_type type;
    void *bytes;
    if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return -1;
    if (napi_get_typedarray_info(env, value, &type, length, &bytes, NULL, NULL) != napi_ok) return -1;
    *data = bytes;
    return type == napi_uint8_array || type == napi_int8_array ? 0 : -1;
}

static int take_inputs(napi_env env, napi_value list, const ptfe_session *session, const void **inputs) {
    char text[ADDON_TEXT_BYTES];
    uint32_t given = 0;
    const uint32_t wanted = ptfe_input_count(session);
    if (napi_get_array_length(env, list, &given) != napi_ok || given != wanted) {
        snprintf(text, sizeof text, "sessionRun: the plan takes %u inputs, not %u", (unsigned)wanted, (unsigned)given);
        addon_throw(env, text);
        return -1;
    }
    for (uint32_t i = 0; i < wanted; i++) {
        napi_value element;
        ptfe_tensor tensor;
        size_t length = 0;
        if (napi_get_element(env, list, i, &element) != napi_ok || byte_array(env, element, &inputs[i], &length) != 0) {
            addon_throw(env, "sessionRun: every input must be a Uint8Array or an Int8Array");
            return -1;
        }
        if (ptfe_input(session, i, &tensor) != 0 || tensor.bytes != length) {
            snprintf(text, sizeof text, "sessionRun: input %u has %zu bytes, the plan wants %zu", (unsigned)i, length, tensor.bytes);
            addon_throw(env, text);
            return -1;
        }
    }
    return 0;
}

static int make_outputs(napi_env env, const ptfe_session *session, run_call *call) {
    for (uint32_t i = 0; i < ptfe_output_count(session); i++) {
        ptfe_tensor tensor;
        napi_value buffer;
        if (ptfe_output(session, i, &tensor) != 0 || napi_create_arraybuffer(env, tensor.bytes, &call->outputs[i], &buffer) != napi_ok ||
            napi_create_typedarray(env, napi_uint8_array, tensor.bytes, buffer, 0, &call->arrays[i]) != napi_ok) {
            addon_throw(env, "sessionRun: no memory for outputs");
            return -1;
        }
    }
    return 0;
}

static napi_value run(napi_env env, ptfe_session *session, napi_value list, run_call *call) {
    char error[ADDON_TEXT_BYTES];
    napi_value result;
    if (take_inputs(env, list, session, call->inputs) != 0 || make_outputs(env, session, call) != 0) return NULL;
    if (ptfe_run(session, call->inputs, call->outputs, error, sizeof error) != 0) return addon_throw(env, error);
    const uint32_t count = ptfe_output_count(session);
    if (napi_create_array_with_length(env, count, &result) != napi_ok) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (napi_set_element(env, result, i, call->arrays[i]) != napi_ok) return NULL;
    }
    return result;
}

napi_value addon_session_run(napi_env env, napi_callback_info info) {
    napi_value arguments[2], result = NULL;
    size_t count = 2;
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
    opened *o = opened_of(env, arguments[0]);
    if (o == NULL) return NULL;
    const size_t inputs = ptfe_input_count(o->session), outputs = ptfe_output_count(o->session);
    run_call call = {calloc(inputs + 1, sizeof *call.inputs), calloc(outputs + 1, sizeof *call.outputs), calloc(outputs + 1, sizeof *call.arrays)};
    if (call.inputs == NULL || call.outputs == NULL || call.arrays == NULL) addon_throw(env, "sessionRun: no memory");
    else result = run(env, o->session, arguments[1], &call);
    free(call.inputs);
    free(call.outputs);
    free(call.arrays);
    return result;
}

static int set_number(napi_env env, napi_value object, const char *name, uint64_t number) {
    napi_value value;
    return napi_create_double(env, (double)number, &value) == napi_ok && napi_set_named_property(env, object, name, value) == napi_ok ? 0 : -1;
}

static int set_task(napi_env env, napi_value list, const ptfe_session *session, uint32_t task) {
    napi_value times;
    if (napi_create_object(env, &times) != napi_ok) return -1;
    if (set_number(env, times, "nanoseconds", ptfe_task_nanoseconds(session, task)) != 0) return -1;
    if (set_number(env, times, "cycles", ptfe_task_cycles(session, task)) != 0) return -1;
    if (set_number(env, times, "products", session->device->task_products(session->loaded, task)) != 0) return -1;
    return napi_set_element(env, list, task, times) == napi_ok ? 0 : -1;
}

static int set_host(napi_env env, napi_value list, const ptfe_session *session, uint32_t step) {
    napi_value value;
    return napi_create_double(env, (double)session->host_nanoseconds[step], &value) == napi_ok && napi_set_element(env, list, step, value) == napi_ok
               ? 0
               : -1;
}

napi_value addon_session_times(napi_env env, napi_callback_info info) {
    napi_value argument, result, tasks, hosts;
    size_t count = 1;
    if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok) return NULL;
    const opened *o = opened_of(env, argument);
    if (o == NULL) return NULL;
    const ptfe_session *session = o->session;
    if (napi_create_object(env, &result) != napi_ok || napi_create_array(env, &tasks) != napi_ok || napi_create_array(env, &hosts) != napi_ok) {
        return NULL;
    }
    for (uint32_t i = 0; i < session->plan.task_count; i++) {
        if (set_task(env, tasks, session, i) != 0) return NULL;
    }
    for (uint32_t i = 0; i < session->plan.host_count; i++) {
        if (set_host(env, hosts, session, i) != 0) return NULL;
    }
    if (set_number(env, result, "prepare", o->prepare) != 0 || set_number(env, result, "inputs", session->input_nanoseconds) != 0 ||
        set_number(env, result, "outputs", session->output_nanoseconds) != 0 ||
        napi_set_named_property(env, result, "tasks", tasks) != napi_ok || napi_set_named_property(env, result, "hosts", hosts) != napi_ok) {
        return NULL;
    }
    return result;
}

napi_value addon_session_close(napi_env env, napi_callback_info info) {
    napi_value argument;
    size_t count = 1;
    if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok) return NULL;
    opened *o = opened_of(env, argument);
    if (o != NULL) end_session(o);
    return NULL;
}
