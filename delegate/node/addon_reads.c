#include "addon_reads.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "addon_values.h"

static int take_one(napi_env env, napi_value object, const plan *p, addon_read *read) {
    if (addon_u32(env, object, "step", &read->step) != 0 || addon_u32(env, object, "bo", &read->bo) != 0 ||
        addon_u32(env, object, "offset", &read->offset) != 0 || addon_u32(env, object, "length", &read->length) != 0) {
        return -1;
    }
    if (read->step == 0 || read->step > p->job_count + p->host_count || read->bo >= p->bo_count) return -1;
    if ((uint64_t)read->offset + read->length > p->bos[read->bo].size) return -1;
    read->bytes = malloc((size_t)read->length + 1);
    return read->bytes == NULL ? -1 : 0;
}

int addon_reads_take(napi_env env, napi_value options, const ptfe_session *session, addon_reads *reads) {
    napi_valuetype type;
    napi_value list;
    bool is_array = false;
    uint32_t count = 0;
    if (napi_typeof(env, options, &type) != napi_ok || type != napi_object) return 0;
    if (napi_get_named_property(env, options, "reads", &list) != napi_ok || napi_is_array(env, list, &is_array) != napi_ok) return -1;
    if (!is_array) return 0;
    if (napi_get_array_length(env, list, &count) != napi_ok) return -1;
    reads->list = calloc((size_t)count + 1, sizeof *reads->list);
    if (reads->list == NULL) {
        addon_throw(env, "planRun: no memory for reads");
        return -1;
    }
    for (; reads->count < count; reads->count++) {
        napi_value element;
        if (napi_get_element(env, list, reads->count, &element) == napi_ok &&
            take_one(env, element, &session->plan, &reads->list[reads->count]) == 0) {
            continue;
        }
        addon_throw(env, "planRun: a read must be {step, bo, offset, length} inside the plan");
        return -1;
    }
    return 0;
}

void addon_reads_step(void *context, const ptfe_session *session, uint32_t done) {
    const addon_reads *reads = context;
    for (uint32_t i = 0; i < reads->count; i++) {
        const addon_read *read = &reads->list[i];
        if (read->step == done) memcpy(read->bytes, session->device->bo(session->loaded, read->bo) + read->offset, read->length);
    }
}

void addon_reads_free(addon_reads *reads) {
    for (uint32_t i = 0; reads->list != NULL && i < reads->count; i++) free(reads->list[i].bytes);
    free(reads->list);
}
