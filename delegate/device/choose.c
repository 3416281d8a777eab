#include "choose.h"

#include <stdio.h>
#include <string.h>

#include "rocket_node.h"

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
