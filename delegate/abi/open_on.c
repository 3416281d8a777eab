/* The C ABI's choice of a device. Not in the addon, which has the software NPU alone. */
#include <stdio.h>
#include <string.h>

#include "../device/choose.h"
#include "../plan/session.h"

static int is_known(const char *device) {
    return strcmp(device, "auto") == 0 || strcmp(device, "npu") == 0 || strcmp(device, "software") == 0;
}

ptfe_session *ptfe_open_on(const char *device, const void *plan, size_t length, char *error, size_t error_size) {
    enum device_choice choice;
    char text[400];
    if (device == NULL) device = "auto";
    if (!is_known(device)) {
        snprintf(error, error_size, "device \"%.40s\": not one of auto, npu, software", device);
        return NULL;
    }
    if (device_choose(device, &choice, text, sizeof text) != 0) {
        snprintf(error, error_size, "%s", text);
        return NULL;
    }
    if (choice != CHOICE_NONE) {
        ptfe_session *session;
        session_open(device_of(choice), plan, length, NULL, &session, error, error_size);
        return session;
    }
    /* Only a program knows what it has instead of the NPU: there are no kernels of TFLite to go on with. */
    snprintf(error, error_size, "%s", text);
    return NULL;
}
