/* The C ABI's choice of a device. Not in the addon, which has the software NPU alone. */
#include <string.h>

#include "../device/choose.h"
#include "../plan/session.h"

static int is_known(const char *device) {
    return strcmp(device, "auto") == 0 || strcmp(device, "npu") == 0 || strcmp(device, "software") == 0;
}

static ptfe_session *open_on(const char *name, const void *plan, size_t length, ptfe_error *error) {
    const device_ops *device;
    ptfe_session *session;
    if (!is_known(name)) {
        error_set(error, "device \"%.40s\": not one of auto, npu, software", name);
        return NULL;
    }
    /* Only a program knows what it has instead of the NPU: there are no kernels of TFLite to go on with, and the note is the error. */
    if (device_choose(name, &device, error) != 0 || device == NULL) return NULL;
    const plan_source source = plan_in_memory(plan, length);
    session_open(device, &source, NULL, &session, error);
    return session;
}

ptfe_session *ptfe_open_on(const char *device, const void *plan, size_t length, char *text, size_t size) {
    ptfe_error error;
    ptfe_session *session = open_on(device == NULL ? "auto" : device, plan, length, &error);
    if (session == NULL) error_give(&error, text, size);
    return session;
}
