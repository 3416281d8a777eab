/*
 * A plan that stays on its device for many runs; native builds only:
 *   sessionOpen(plan: Uint8Array, {device?: 'auto' | 'npu' | 'software', facts?: {name: value}}): session
 *   sessionDevice(session): 'npu' | 'software'
 *   sessionRun(session, inputs: (Uint8Array | Int8Array)[]): Uint8Array[]
 *   sessionTimes(session): {prepare, inputs, outputs, hosts: number[], tasks: {nanoseconds, cycles, products}[]}
 *   sessionClose(session)
 * Tensors are bytes in TFLite's layout, in the plan's order. Times are nanoseconds: `prepare` of the opening, the others of the
 * last run. A session is of the thread that opened it, and ends with its last reference where nobody closes it.
 */
#ifndef PTFE_ADDON_SESSION_H
#define PTFE_ADDON_SESSION_H

#include <node_api.h>

napi_value addon_session_open(napi_env env, napi_callback_info info);
napi_value addon_session_device(napi_env env, napi_callback_info info);
napi_value addon_session_run(napi_env env, napi_callback_info info);
napi_value addon_session_times(napi_env env, napi_callback_info info);
napi_value addon_session_close(napi_env env, napi_callback_info info);

#endif
