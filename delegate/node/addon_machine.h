/*
 * What the delegate makes of this machine and of its options, by its own code; native builds only:
 *   findNpu(root): {presence: 'ready' | 'unusable' | 'unclear' | 'absent', path, chip, cores, text}
 *   checkOption(name, value): string     empty where the delegate would take the value
 */
#ifndef PTFE_ADDON_MACHINE_H
#define PTFE_ADDON_MACHINE_H

#include <node_api.h>

#include "../device/device.h"

napi_value addon_find_npu(napi_env env, napi_callback_info info);
napi_value addon_check_option(napi_env env, napi_callback_info info);

/* The property `device` of planRun's options: 'software' (default) or 'npu'. NULL with an exception for anything else. */
const device_ops *addon_device(napi_env env, napi_value options);

#endif
