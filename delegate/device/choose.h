/* Which device computes: the option `device`, and what this machine has. */
#ifndef PTFE_CHOOSE_H
#define PTFE_CHOOSE_H

#include "device.h"

enum device_choice {
    CHOICE_NPU,
    CHOICE_SOFTWARE,
    CHOICE_NONE /* TFLite's kernels */
};

/*
 * `auto` takes an NPU that works. On a board whose NPU cannot be used, or on an arm64 machine of which that is unclear, it takes
 * none: TFLite's kernels are quicker than an emulation. Elsewhere it takes the software NPU. `text` gets a line for the user,
 * or stays empty. -1, with the reason in `text`, where `npu` is wanted and cannot be had.
 */
int device_choose(const char *option, enum device_choice *choice, char *text, size_t size);

/* NULL for CHOICE_NONE. */
const device_ops *device_of(enum device_choice choice);

#endif
