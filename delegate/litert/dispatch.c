/*
 * LiteRT's CompiledModel on the NPU: the dispatch library of models in which `ptfe compile --litert` put DISPATCH_OPs. The code of such
 * an op is a plan file, its name the number of the part. LiteRT has no way back to the CPU from here: what cannot run fails when the
 * model is compiled, with a line, and not when it is run.
 */
#include "litert_abi.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../include/ptfe.h"
#include "../util/error.h"
#include "../util/line.h"
#include "../util/options.h"

#define EXPORT __attribute__((visibility("default")))

struct litert_device {
    char name[16]; /* the option device */
};

struct litert_invocation {
    const litert_runtime *runtime;
    ptfe_session *session;
    uint64_t *file; /* 8-aligned copy: the model's memory may be anywhere, and may go */
    uint32_t input_count, output_count;
    litert_tensor_buffer *buffers; /* inputs, then outputs */
    void **memory;                 /* of a run, in the same order */
};

static int has_what_is_used(const litert_runtime *r) {
    return r != NULL && r->header.major_version == LITERT_ABI_MAJOR && r->header.struct_size >= sizeof *r;
}

static int initialize(const litert_runtime *runtime, void *environment, void *options) {
    (void)environment, (void)options;
    if (has_what_is_used(runtime)) return LITERT_OK;
    line_say("this release of LiteRT has another dispatch interface: the NPU is not used");
    return LITERT_WRONG_VERSION;
}

static int get_vendor_id(const char **id) {
    *id = "Rockchip";
    return LITERT_OK;
}

static int get_build_id(const char **id) {
    *id = ptfe_version();
    return LITERT_OK;
}

static int get_capabilities(int *capabilities) {
    *capabilities = LITERT_CAPABILITY_BASIC;
    return LITERT_OK;
}

static int check_runtime(litert_api_version version, void *environment_options, void *options) {
    (void)version, (void)environment_options, (void)options;
    return LITERT_OK;
}

/* LiteRT passes options on as text of the vendor's own format: the variables do instead. */
static int device_create(const litert_runtime *runtime, void *unused, litert_device **out) {
    options o;
    ptfe_error error;
    (void)runtime, (void)unused;
    *out = NULL;
    if (options_read(&o, NULL, NULL, 0, &error) == 0) {
        *out = calloc(1, sizeof **out);
        if (*out == NULL) error_no_memory(&error, "a device");
        else strncpy((*out)->name, o.value[OPTION_DEVICE], sizeof (*out)->name - 1);
    }
    options_free(&o);
    if (*out == NULL) line_say("%s", error.text);
    return *out != NULL ? LITERT_OK : LITERT_RUNTIME_FAILURE;
}

static int device_destroy(litert_device *device) {
    free(device);
    return LITERT_OK;
}

static int invocation_destroy(litert_invocation *i) {
    if (i == NULL) return LITERT_OK;
    ptfe_close(i->session);
    free(i->file);
    free(i->buffers);
    free(i->memory);
    free(i);
    return LITERT_OK;
}

/* "3": the part of the plan file. */
static int part_of(const char *name, uint32_t *part) {
    char *end = NULL;
    const unsigned long number = name == NULL || *name < '0' || *name > '9' ? UINT32_MAX : strtoul(name, &end, 10);
    *part = (uint32_t)number;
    return number < UINT32_MAX && *end == 0 ? 0 : -1;
}

static int open_plan(litert_invocation *i, const litert_device *device, const litert_mem_buffer *code, const char *name, ptfe_error *error) {
    const void *plan;
    uint32_t part;
    size_t length;
    i->file = code->base == NULL || code->size > SIZE_MAX - 8 ? NULL : malloc(code->size + 8);
    if (i->file == NULL) return error_no_memory(error, "a plan");
    memcpy(i->file, (const uint8_t *)code->base + code->offset, code->size);
    if (part_of(name, &part) != 0 || ptfe_plan(i->file, code->size, part, &plan, &length) != 0) {
        return error_set(error, "the model has no plan of this version of ptfe: compile it again (ptfe compile --litert)");
    }
    i->session = ptfe_open_on(device->name, plan, length, error->text, sizeof error->text);
    return i->session == NULL ? -1 : 0;
}

static int hold_border(litert_invocation *i, int inputs, int outputs, ptfe_error *error) {
    i->input_count = ptfe_input_count(i->session);
    i->output_count = ptfe_output_count(i->session);
    if (inputs < 0 || outputs < 0 || (uint32_t)inputs != i->input_count || (uint32_t)outputs != i->output_count) {
        return error_set(error, "the model gives a plan %d inputs and %d outputs, where it has %" PRIu32 " and %" PRIu32, inputs, outputs, i->input_count,
                         i->output_count);
    }
    const size_t count = (size_t)i->input_count + i->output_count;
    i->buffers = calloc(count + 1, sizeof *i->buffers);
    i->memory = calloc(count + 1, sizeof *i->memory);
    return i->buffers == NULL || i->memory == NULL ? error_no_memory(error, "tensors") : 0;
}

static int invocation_create(const litert_runtime *runtime, litert_device *device, int type, const litert_mem_buffer *code, const char *name,
                             int inputs, int outputs, litert_invocation **out) {
    ptfe_error error = {.code = PTFE_ERROR_NONE};
    *out = NULL;
    if (!has_what_is_used(runtime) || device == NULL || code == NULL || type != LITERT_ML_MODEL) return LITERT_INVALID_ARGUMENT;
    litert_invocation *i = calloc(1, sizeof *i);
    if (i == NULL) return LITERT_NO_MEMORY;
    i->runtime = runtime;
    if (open_plan(i, device, code, name, &error) != 0 || hold_border(i, inputs, outputs, &error) != 0) {
        line_say("%s", error.text);
        invocation_destroy(i);
        return LITERT_RUNTIME_FAILURE;
    }
    *out = i;
    return LITERT_OK;
}

static int requirements_of(const litert_invocation *i, size_t bytes, litert_requirements *out) {
    static const int types[] = {LITERT_HOST_MEMORY};
    return i->runtime->create_requirements(1, types, bytes, 0, NULL, out);
}

static int get_input_requirements(litert_invocation *i, int index, const void *type, litert_requirements *out) {
    ptfe_tensor tensor;
    (void)type;
    if (index < 0 || ptfe_input(i->session, (uint32_t)index, &tensor) != 0) return LITERT_INVALID_ARGUMENT;
    return requirements_of(i, tensor.bytes, out);
}

static int get_output_requirements(litert_invocation *i, int index, const void *type, litert_requirements *out) {
    ptfe_tensor tensor;
    (void)type;
    if (index < 0 || ptfe_output(i->session, (uint32_t)index, &tensor) != 0) return LITERT_INVALID_ARGUMENT;
    return requirements_of(i, tensor.bytes, out);
}

static int register_buffer(litert_device *device, litert_tensor_buffer buffer, litert_buffer_handle *handle) {
    (void)device;
    *handle = (litert_buffer_handle)(uintptr_t)buffer;
    return LITERT_OK;
}

static int unregister_buffer(litert_device *device, litert_buffer_handle handle) {
    (void)device, (void)handle;
    return LITERT_OK;
}

static int attach(litert_invocation *i, uint32_t first, uint32_t count, int index, litert_tensor_buffer buffer) {
    if (index < 0 || (uint32_t)index >= count) return LITERT_INVALID_ARGUMENT;
    i->buffers[first + (uint32_t)index] = buffer;
    return LITERT_OK;
}

static litert_tensor_buffer buffer_of(litert_buffer_handle handle) { return (litert_tensor_buffer)(uintptr_t)handle; }

static int attach_input(litert_invocation *i, int index, litert_buffer_handle handle) { return attach(i, 0, i->input_count, index, buffer_of(handle)); }

static int attach_output(litert_invocation *i, int index, litert_buffer_handle handle) {
    return attach(i, i->input_count, i->output_count, index, buffer_of(handle));
}

static int detach_input(litert_invocation *i, int index, litert_buffer_handle handle) {
    (void)handle;
    return attach(i, 0, i->input_count, index, NULL);
}

static int detach_output(litert_invocation *i, int index, litert_buffer_handle handle) {
    (void)handle;
    return attach(i, i->input_count, i->output_count, index, NULL);
}

/* Of `buffers` so many as could be locked. */
static uint32_t lock_all(litert_invocation *i) {
    const uint32_t count = i->input_count + i->output_count;
    for (uint32_t n = 0; n < count; n++) {
        const int mode = n < i->input_count ? LITERT_LOCK_READ : LITERT_LOCK_WRITE;
        if (i->buffers[n] == NULL || i->runtime->lock(i->buffers[n], &i->memory[n], mode) != LITERT_OK) return n;
    }
    return count;
}

static int invoke(litert_invocation *i) {
    ptfe_error error = {.text = "a tensor of LiteRT's cannot be reached"};
    const uint32_t locked = lock_all(i);
    int status = -1;
    if (locked == i->input_count + i->output_count) {
        status = ptfe_run(i->session, (const void *const *)i->memory, i->memory + i->input_count, error.text, sizeof error.text);
    }
    for (uint32_t n = 0; n < locked; n++) i->runtime->unlock(i->buffers[n]);
    if (status != 0) line_say("%s", error.text);
    return status == 0 ? LITERT_OK : LITERT_RUNTIME_FAILURE;
}

static const litert_interface interface = {
    .initialize = initialize,
    .get_vendor_id = get_vendor_id,
    .get_build_id = get_build_id,
    .get_capabilities = get_capabilities,
    .device_create = device_create,
    .device_destroy = device_destroy,
    .get_input_requirements = get_input_requirements,
    .get_output_requirements = get_output_requirements,
    .register_buffer = register_buffer,
    .unregister_buffer = unregister_buffer,
    .invocation_create = invocation_create,
    .invocation_destroy = invocation_destroy,
    .attach_input = attach_input,
    .attach_output = attach_output,
    .detach_input = detach_input,
    .detach_output = detach_output,
    .invoke = invoke,
    .check_runtime = check_runtime,
};

EXPORT int LiteRtDispatchGetApi(litert_dispatch_api *api);

int LiteRtDispatchGetApi(litert_dispatch_api *api) {
    *api = (litert_dispatch_api){
        .header = {.struct_size = sizeof *api, .major_version = LITERT_ABI_MAJOR},
        .version = {0, 1, 0}, /* of the interface, not of LiteRT */
        .interface = &interface,
    };
    return LITERT_OK;
}
