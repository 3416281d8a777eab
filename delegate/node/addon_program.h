/*
 * Programs that no plan holds (recorded streams, tests), step by step:
 *   programOpen(regions: {iova, bytes, constant?}[], tasks: {iova, words}[], {facts?, path?: 'scalar' | 'portable'}): program
 *   programRun(program, first, count)      some tasks, in order
 *   programRead(program, iova, length): Uint8Array
 *   programWrite(program, iova, bytes)
 * Errors are exceptions with the NPU's own text. A program is freed with its last reference.
 */
#ifndef PTFE_ADDON_PROGRAM_H
#define PTFE_ADDON_PROGRAM_H

#include <node_api.h>

napi_value addon_program_open(napi_env env, napi_callback_info info);
napi_value addon_program_run(napi_env env, napi_callback_info info);
napi_value addon_program_read(napi_env env, napi_callback_info info);
napi_value addon_program_write(napi_env env, napi_callback_info info);

#endif
