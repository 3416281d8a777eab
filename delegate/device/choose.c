#include "choose.h"

#include <stdio.h>
#include <string.h>

#include "rocket_node.h"
#include "../plan/session.h"

int device_choose(const char *option, enum device_choice *choice, char *text, size_t size) {
    rocket_node node;
    *text = 0;
    *choice = CHOICE_NONE;
    if (strcmp(option, "none") == 0) return 0;
    if (strcmp(option, "software") == 0) {
        *choice = CHOICE_SOFTWARE;
        return 0;
    }
    rocket_find(&node, "");
    if (node.presence == ROCKET_READY) {
        *choice = CHOICE_NPU;
        return 0;
    }
    if (strcmp(option, "npu") == 0) {
        snprintf(text, size, "device=npu: %s", node.presence == ROCKET_ABSENT ? "no Rockchip NPU on this machine" : node.text);
        return -1;
    }
    if (node.presence == ROCKET_ABSENT) {
        *choice = CHOICE_SOFTWARE;
        snprintf(text, size, "no NPU on this machine: the software NPU computes, bit-exact and slow (device=none for TFLite's kernels)");
    } else {
        snprintf(text, size, "the NPU is not used, TFLite's kernels compute: %s", node.text);
    }
    return 0;
}

const device_ops *device_of(enum device_choice choice) {
    switch (choice) {
    case CHOICE_NPU: return &device_rocket;
    case CHOICE_SOFTWARE: return &device_software;
    case CHOICE_NONE: break;
    }
    return NULL;
}

ptfe_session *ptfe_open_on(const char *name, const void *bytes, size_t length, char *error, size_t size) {
    static const char *const names[] = {"auto", "npu", "software"};
    enum device_choice choice;
    char text[400];
    int is_known = 0;
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++) is_known |= strcmp(name, names[i]) == 0;
    if (!is_known) {
        snprintf(error, size, "no device \"%.40s\" (devices: auto npu software)", name == NULL ? "" : name);
        return NULL;
    }
    if (device_choose(name, &choice, text, sizeof text) != 0 || choice == CHOICE_NONE) {
        snprintf(error, size, "%s", text);
        return NULL;
    }
    return session_open(device_of(choice), bytes, length, NULL, error, size);
}
