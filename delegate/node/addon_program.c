#include "addon_program.h"

#include <stdlib.h>
#include <string.h>

#include "addon_values.h"
#include "../device/facts_option.h"
#include "../npu/npu.h"

typedef struct program {
    npu_region *regions; /* their bytes are owned */
    uint32_t region_count;
    npu_program *npu;
    size_t task_count;
} program;

static void free_program(napi_env env, void *data, void *hint) {
    program *p = data;
    (void)env;
    (void)hint;
    if (p == NULL) return;
    npu_program_free(p->npu);
    for (uint32_t i = 0; i < p->region_count; i++) free(p->regions[i].data);
    free(p->regions);
    free(p);
}

static int refuse_region(ptfe_error *error) { return error_set(error, "programOpen: regions are {iova, bytes, constant}"); }

static int refuse_task(ptfe_error *error) { return error_set(error, "programOpen: tasks are {iova, words}"); }

static int no_memory(ptfe_error *error) { return error_set_code(error, PTFE_ERROR_MEMORY, "programOpen: no memory"); }

static int take_region(napi_env env, napi_value object, npu_region *region, ptfe_error *error) {
    napi_value bytes;
    uint8_t *data;
    size_t length;
    int constant = 0;
    if (addon_u32(env, object, "iova", &region->iova) != 0) return refuse_region(error);
    if (napi_get_named_property(env, object, "bytes", &bytes) != napi_ok || addon_bytes(env, bytes, &data, &length) != 0) {
        return refuse_region(error);
    }
    addon_flag(env, object, "constant", &constant);
    region->data = calloc(1, length + 1);
    if (region->data == NULL) return no_memory(error);
    if (length > 0) memcpy(region->data, data, length);
    region->size = length;
    region->flags = constant ? NPU_REGION_CONSTANT : 0;
    return 0;
}

static int take_regions(napi_env env, napi_value list, program *p, ptfe_error *error) {
    uint32_t count = 0;
    if (napi_get_array_length(env, list, &count) != napi_ok) return refuse_region(error);
    p->regions = calloc((size_t)count + 1, sizeof *p->regions);
    if (p->regions == NULL) return no_memory(error);
    for (; p->region_count < count; p->region_count++) {
        napi_value element;
        if (napi_get_element(env, list, p->region_count, &element) != napi_ok) return refuse_region(error);
        if (take_region(env, element, &p->regions[p->region_count], error) != 0) return -1;
    }
    return 0;
}

static int take_tasks(napi_env env, napi_value list, npu_task **tasks, size_t *task_count, ptfe_error *error) {
    uint32_t count = 0;
    if (napi_get_array_length(env, list, &count) != napi_ok) return refuse_task(error);
    *tasks = calloc((size_t)count + 1, sizeof **tasks);
    *task_count = count;
    if (*tasks == NULL) return no_memory(error);
    for (uint32_t i = 0; i < count; i++) {
        napi_value element;
        if (napi_get_element(env, list, i, &element) != napi_ok || addon_u32(env, element, "iova", &(*tasks)[i].regcmd_iova) != 0 ||
            addon_u32(env, element, "words", &(*tasks)[i].words) != 0) {
            return refuse_task(error);
        }
    }
    return 0;
}

static int take_path(napi_env env, napi_value options, npu_config *config) {
    napi_valuetype type;
    napi_value value;
    char path[16] = "";
    if (napi_typeof(env, options, &type) != napi_ok || type != napi_object) return 0;
    if (napi_get_named_property(env, options, "path", &value) != napi_ok || napi_typeof(env, value, &type) != napi_ok) return -1;
    if (type == napi_undefined) return 0;
    if (napi_get_value_string_utf8(env, value, path, sizeof path, NULL) != napi_ok) return -1;
    if (strcmp(path, "scalar") == 0) config->flags |= NPU_SCALAR;
    else if (strcmp(path, "portable") == 0) config->flags |= NPU_PORTABLE;
    else return -1;
    return 0;
}

static int open_program(napi_env env, napi_value *arguments, program *p, ptfe_error *error) {
    char facts[ADDON_FACTS_BYTES];
    npu_config config;
    npu_error npu = {0};
    npu_task *tasks = NULL;
    int has_chip;
    npu_config_default(&config);
    if (addon_facts(env, arguments[2], facts) != 0 || take_path(env, arguments[2], &config) != 0 ||
        addon_chip(env, arguments[2], &config.chip, &has_chip) != 0) {
        return error_set(error, "programOpen: options are {facts: {name: value}, path: 'scalar' or 'portable', chip}");
    }
    if (facts_option_apply(&config, facts, error) != 0 || take_regions(env, arguments[0], p, error) != 0) return -1;
    int status = take_tasks(env, arguments[1], &tasks, &p->task_count, error);
    if (status == 0 && npu_program_load(&config, p->regions, p->region_count, tasks, p->task_count, &p->npu, &npu) != 0) {
        status = npu.is_memory ? no_memory(error) : error_set(error, "%s", npu.text);
    }
    free(tasks);
    return status;
}

napi_value addon_program_open(napi_env env, napi_callback_info info) {
    napi_value arguments[3], external;
    size_t count = 3;
    ptfe_error error;
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
    program *p = calloc(1, sizeof *p);
    if (p == NULL) return addon_throw(env, "programOpen: no memory");
    const int status = open_program(env, arguments, p, &error);
    if (status == 0 && napi_create_external(env, p, free_program, NULL, &external) == napi_ok) return external;
    if (status == 0) no_memory(&error);
    free_program(env, p, NULL);
    return addon_throw(env, error.text);
}

static program *program_of(napi_env env, napi_value value) {
    void *data = NULL;
    napi_valuetype type;
    if (napi_typeof(env, value, &type) == napi_ok && type == napi_external && napi_get_value_external(env, value, &data) == napi_ok) {
        return data;
    }
    addon_throw(env, "not a program");
    return NULL;
}

napi_value addon_program_run(napi_env env, napi_callback_info info) {
    napi_value arguments[3];
    size_t count = 3;
    uint32_t first, tasks;
    npu_error error;
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
    program *p = program_of(env, arguments[0]);
    if (p == NULL) return NULL;
    if (napi_get_value_uint32(env, arguments[1], &first) != napi_ok || napi_get_value_uint32(env, arguments[2], &tasks) != napi_ok ||
        first > p->task_count || tasks > p->task_count - first) {
        return addon_throw(env, "programRun: (program, first, count) of its tasks");
    }
    return npu_program_run_some(p->npu, first, tasks, &error) == 0 ? NULL : addon_throw(env, error.text);
}

/* [iova, iova + length) as memory; NULL when it is not inside one region. */
static uint8_t *find(const program *p, uint32_t iova, uint64_t length) {
    for (uint32_t i = 0; i < p->region_count; i++) {
        const npu_region *region = &p->regions[i];
        if (iova >= region->iova && iova - region->iova <= region->size && length <= region->size - (iova - region->iova)) {
            return region->data + (iova - region->iova);
        }
    }
    return NULL;
}

napi_value addon_program_read(napi_env env, napi_callback_info info) {
    napi_value arguments[3];
    size_t count = 3;
    uint32_t iova, length;
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
    program *p = program_of(env, arguments[0]);
    if (p == NULL) return NULL;
    if (napi_get_value_uint32(env, arguments[1], &iova) != napi_ok || napi_get_value_uint32(env, arguments[2], &length) != napi_ok) {
        return addon_throw(env, "programRead: (program, iova, length)");
    }
    const uint8_t *data = find(p, iova, length);
    return data == NULL ? addon_throw(env, "programRead: not inside one region") : addon_copy(env, data, length);
}

napi_value addon_program_write(napi_env env, napi_callback_info info) {
    napi_value arguments[3];
    size_t count = 3, length;
    uint32_t iova;
    uint8_t *bytes;
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
    program *p = program_of(env, arguments[0]);
    if (p == NULL) return NULL;
    if (napi_get_value_uint32(env, arguments[1], &iova) != napi_ok || addon_bytes(env, arguments[2], &bytes, &length) != 0) {
        return addon_throw(env, "programWrite: (program, iova, bytes)");
    }
    uint8_t *to = find(p, iova, length);
    if (to == NULL) return addon_throw(env, "programWrite: not inside one region");
    if (length > 0) memcpy(to, bytes, length);
    return NULL;
}
