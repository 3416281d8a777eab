#include "addon_machine.h"

#include <stdio.h>

#include "../device/choose.h"
#include "../device/rocket_node.h"
#include "../util/options.h"
#include "addon_values.h"

enum { MOST_NAME = 64, MOST_VALUE = 4096 };

static const char *name_of(enum rocket_presence presence) {
    switch (presence) {
    case ROCKET_READY: return "ready";
    case ROCKET_UNUSABLE: return "unusable";
    case ROCKET_UNCLEAR: return "unclear";
    case ROCKET_ABSENT: break;
    }
    return "absent";
}

static int set_text(napi_env env, napi_value object, const char *name, const char *text) {
    napi_value value;
    return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok && napi_set_named_property(env, object, name, value) == napi_ok
               ? 0
               : -1;
}

/* -1 where the argument is no string, or does not fit. */
static int argument_text(napi_env env, napi_value argument, char *out, size_t size) {
    size_t length = 0;
    if (napi_get_value_string_utf8(env, argument, NULL, 0, &length) != napi_ok || length >= size) return -1;
    return napi_get_value_string_utf8(env, argument, out, size, NULL) == napi_ok ? 0 : -1;
}

napi_value addon_find_npu(napi_env env, napi_callback_info info) {
    rocket_node node;
    char root[MOST_VALUE];
    napi_value argument, result, cores;
    size_t count = 1;
    if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok) return NULL;
    if (argument_text(env, argument, root, sizeof root) != 0) return addon_throw(env, "findNpu: the root must be a string");
    rocket_find(&node, root);
    if (napi_create_object(env, &result) != napi_ok || napi_create_uint32(env, node.cores, &cores) != napi_ok) return NULL;
    if (set_text(env, result, "presence", name_of(node.presence)) != 0 || set_text(env, result, "path", node.path) != 0 ||
        set_text(env, result, "chip", node.chip) != 0 || set_text(env, result, "text", node.text) != 0 ||
        napi_set_named_property(env, result, "cores", cores) != napi_ok) {
        return NULL;
    }
    return result;
}

napi_value addon_check_option(napi_env env, napi_callback_info info) {
    char name[MOST_NAME], value[MOST_VALUE];
    ptfe_error error = {.code = PTFE_ERROR_NONE};
    napi_value arguments[2], result;
    size_t count = 2;
    if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
    if (argument_text(env, arguments[0], name, sizeof name) != 0 || argument_text(env, arguments[1], value, sizeof value) != 0) {
        return addon_throw(env, "checkOption: a name and a value, both short strings");
    }
    options_check(name, value, &error);
    return napi_create_string_utf8(env, error.text, NAPI_AUTO_LENGTH, &result) == napi_ok ? result : NULL;
}

const device_ops *addon_device(napi_env env, napi_value options) {
    char name[MOST_NAME];
    const device_ops *device = device_named(addon_text(env, options, "device", name, sizeof name) == 0 ? name : "software");
    if (device == NULL) addon_throw(env, "planRun: device must be 'software' or 'npu'");
    return device;
}
