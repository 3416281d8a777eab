#include "addon_values.h"

#include <stdio.h>
#include <string.h>

#if defined(__wasm__)
#include <emnapi.h>
#endif

napi_value addon_throw(napi_env env, const char *text) {
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (!pending) napi_throw_error(env, NULL, text);
    return NULL;
}

int addon_bytes(napi_env env, napi_value value, uint8_t **data, size_t *length) {
    bool is_array = false;
    napi_typedarray_type type;
    if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return -1;
    if (napi_get_typedarray_info(env, value, &type, length, (void **)data, NULL, NULL) != napi_ok) return -1;
    return type == napi_uint8_array ? 0 : -1;
}

static int property(napi_env env, napi_value object, const char *name, napi_valuetype wanted, napi_value *out) {
    napi_valuetype type;
    if (napi_typeof(env, object, &type) != napi_ok || type != napi_object) return -1;
    if (napi_get_named_property(env, object, name, out) != napi_ok) return -1;
    return napi_typeof(env, *out, &type) == napi_ok && type == wanted ? 0 : -1;
}

int addon_facts(napi_env env, napi_value options, char facts[ADDON_FACTS_BYTES]) {
    napi_valuetype type;
    napi_value object, names;
    uint32_t count = 0;
    facts[0] = 0;
    if (napi_typeof(env, options, &type) != napi_ok || type != napi_object) return 0;
    if (napi_get_named_property(env, options, "facts", &object) != napi_ok) return -1;
    if (napi_typeof(env, object, &type) != napi_ok || type != napi_object) return 0;
    if (napi_get_property_names(env, object, &names) != napi_ok || napi_get_array_length(env, names, &count) != napi_ok) return -1;
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        napi_value name, value;
        char key[64], text[64];
        if (napi_get_element(env, names, i, &name) != napi_ok || napi_get_property(env, object, name, &value) != napi_ok) return -1;
        if (napi_get_value_string_utf8(env, name, key, sizeof key, NULL) != napi_ok) return -1;
        if (napi_get_value_string_utf8(env, value, text, sizeof text, NULL) != napi_ok) return -1;
        int wrote = snprintf(facts + used, ADDON_FACTS_BYTES - used, "%s%s=%s", used == 0 ? "" : ",", key, text);
        if (wrote < 0 || (size_t)wrote >= ADDON_FACTS_BYTES - used) return -1;
        used += (size_t)wrote;
    }
    return 0;
}

int addon_u32(napi_env env, napi_value object, const char *name, uint32_t *out) {
    napi_value value;
    double number;
    if (property(env, object, name, napi_number, &value) != 0 || napi_get_value_double(env, value, &number) != napi_ok) return -1;
    if (!(number >= 0) || number > UINT32_MAX || number != (double)(uint32_t)number) return -1;
    *out = (uint32_t)number;
    return 0;
}

int addon_text(napi_env env, napi_value object, const char *name, char *out, size_t size) {
    napi_value value;
    if (property(env, object, name, napi_string, &value) != 0) return -1;
    return napi_get_value_string_utf8(env, value, out, size, NULL) == napi_ok ? 0 : -1;
}

int addon_flag(napi_env env, napi_value object, const char *name, int *out) {
    napi_value value;
    bool flag;
    if (property(env, object, name, napi_boolean, &value) != 0 || napi_get_value_bool(env, value, &flag) != napi_ok) return -1;
    *out = flag;
    return 0;
}

int addon_chip(napi_env env, napi_value options, npu_chip *chip, int *given) {
    napi_value told, cbuf, clocks, dispatch;
    napi_valuetype type;
    *given = 0;
    if (napi_typeof(env, options, &type) != napi_ok || type != napi_object) return 0;
    if (napi_get_named_property(env, options, "chip", &told) != napi_ok || napi_typeof(env, told, &type) != napi_ok) return -1;
    if (type == napi_undefined) return 0;
    *given = 1;
    if (addon_u32(env, told, "number", &chip->number) != 0 || property(env, told, "cbuf", napi_object, &cbuf) != 0 ||
        property(env, told, "clocks", napi_object, &clocks) != 0 || property(env, told, "dispatch", napi_object, &dispatch) != 0) {
        return -1;
    }
    const struct {
        napi_value object;
        const char *name;
        uint32_t *to;
    } numbers[] = {
        {cbuf, "banks", &chip->cbuf_banks},
        {cbuf, "bankBytes", &chip->cbuf_bank_bytes},
        {cbuf, "entryBytes", &chip->cbuf_entry_bytes},
        {clocks, "megahertz", &chip->clock_megahertz},
        {clocks, "bytesPerCycle", &chip->bytes_per_cycle},
        {clocks, "positions", &chip->positions},
        {clocks, "dpuChannels", &chip->dpu_channels},
        {dispatch, "littleMicroseconds", &chip->dispatch_microseconds},
        {dispatch, "jobMilliseconds", &chip->job_milliseconds},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (addon_u32(env, numbers[i].object, numbers[i].name, numbers[i].to) != 0) return -1;
    }
    return 0;
}

napi_value addon_copy(napi_env env, const uint8_t *data, size_t length) {
    void *to = NULL;
    napi_value buffer, array;
    if (napi_create_arraybuffer(env, length, &to, &buffer) != napi_ok || (length > 0 && to == NULL)) {
        return addon_throw(env, "no memory for a result");
    }
    if (length > 0) memcpy(to, data, length);
#if defined(__wasm__)
    /* In WebAssembly an ArrayBuffer's bytes live outside the module's memory. */
    emnapi_sync_memory(env, false, &buffer, 0, NAPI_AUTO_LENGTH);
#endif
    return napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array) == napi_ok ? array
                                                                                           : addon_throw(env, "no memory for a result");
}
