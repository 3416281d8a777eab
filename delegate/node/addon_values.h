/* What the addon's functions share: reading arguments, throwing, and memory that JavaScript sees. */
#ifndef PTFE_ADDON_VALUES_H
#define PTFE_ADDON_VALUES_H

#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

#include "../generated/chips.h"

enum { ADDON_TEXT_BYTES = 512, ADDON_FACTS_BYTES = 2048 };

/* Throws unless an exception is pending; always NULL. */
napi_value addon_throw(napi_env env, const char *text);

/* The bytes of a Uint8Array; -1 for anything else. */
int addon_bytes(napi_env env, napi_value value, uint8_t **data, size_t *length);

/* {facts: {name: value}} as "name=value,..."; nothing where the property is absent. -1 where it is something else. */
int addon_facts(napi_env env, napi_value options, char facts[ADDON_FACTS_BYTES]);

/* A property of a plain object; -1 when it is absent or no number in 0..UINT32_MAX, or no boolean. */
int addon_u32(napi_env env, napi_value object, const char *name, uint32_t *out);
/* A string, cut where it does not fit; -1 when the property is absent or something else. */
int addon_text(napi_env env, napi_value object, const char *name, char *out, size_t size);
int addon_flag(napi_env env, napi_value object, const char *name, int *out);

/*
 * {chip: {number, cbuf: {banks, bankBytes, entryBytes}, ...}} (src/hardware/chips.ts): what the software NPU is. `given` is 0 where
 * the property is absent, and `chip` as it was. -1 where it is something else, or lacks a number.
 */
int addon_chip(napi_env env, napi_value options, npu_chip *chip, int *given);

/* A new Uint8Array with a copy of the bytes; NULL with an exception when there is no memory. */
napi_value addon_copy(napi_env env, const uint8_t *data, size_t length);

#endif
