/* Which device computes: the option `device`, and what this machine has. */
#ifndef PTFE_CHOOSE_H
#define PTFE_CHOOSE_H

#include "device.h"

/* The device of that name, "npu" or "software"; NULL for any other. */
const device_ops *device_named(const char *name);

/*
 * The device that a value of the option means: NULL in *device for none, TFLite's kernels. `auto` takes an NPU that works. On a
 * board whose NPU cannot be used, or on an arm64 machine of which that is unclear, it takes none: TFLite's kernels are quicker
 * than an emulation. Elsewhere it takes the software NPU. 0, with a line for the user in `note`, or none (PTFE_ERROR_NONE); -1
 * and fills `note` where `npu` is wanted and cannot be had.
 */
int device_choose(const char *option, const device_ops **device, ptfe_error *note);

#endif
