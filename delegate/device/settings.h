/* What the software NPU is told of the chip that it stands for. A real one cannot be told what it is or does. */
#ifndef PTFE_SETTINGS_H
#define PTFE_SETTINGS_H

#include "../npu/npu.h"
#include "../util/error.h"

typedef struct device_settings {
    const char *facts;    /* "name=value,...", or NULL */
    const npu_chip *chip; /* NULL: the device's own */
} device_settings;

/* A configuration of the software NPU for `chip` with these settings (NULL: none). 0, or -1 and fills `error`. */
int device_settings_apply(const device_settings *settings, const npu_chip *chip, npu_config *config, ptfe_error *error);

#endif
