#include "choose.h"

#include <string.h>

#include "rocket_node.h"

const device_ops *device_named(const char *name) {
    static const device_ops *const all[] = {&device_rocket, &device_software};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i]->name, name) == 0) return all[i];
    }
    return NULL;
}

int device_choose(const char *option, const device_ops **device, ptfe_error *note) {
    rocket_node node;
    *note = (ptfe_error){.code = PTFE_ERROR_NONE};
    *device = NULL;
    if (strcmp(option, "none") == 0) return 0;
    if (strcmp(option, "software") == 0) {
        *device = &device_software;
        return 0;
    }
    rocket_find(&node, "");
    if (node.presence == ROCKET_READY) {
        *device = &device_rocket;
        return 0;
    }
    if (strcmp(option, "npu") == 0) {
        return error_set_code(note, PTFE_ERROR_DEVICE, "device=npu: %s",
                              node.presence == ROCKET_ABSENT ? "no Rockchip NPU on this machine" : node.text);
    }
    if (node.presence == ROCKET_ABSENT) {
        *device = &device_software;
        error_set(note, "no NPU on this machine: the software NPU computes, bit-exact and slow (device=none for TFLite's kernels)");
    } else {
        error_set(note, "the NPU is not used, TFLite's kernels compute: %s", node.text);
    }
    return 0;
}
