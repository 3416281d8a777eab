/* Steps of a plan that run on the host between two jobs: what the silicon cannot do and would cut a part in two. */
#ifndef PTFE_HOST_H
#define PTFE_HOST_H

#include "../device/device.h"

/* Checks the table of step `step`, whose record plan_open has checked. 0, or -1 and fills `error`. */
int host_check(const plan *p, uint32_t step, ptfe_error *error);

/* Bytes of scratch memory that the step needs: its input and its output as NHWC. */
size_t host_scratch_bytes(const plan *p, uint32_t step);

/* Runs a checked step on the BOs of a loaded plan. */
void host_run(const plan *p, uint32_t step, const device_ops *device, device_plan *loaded, uint8_t *scratch);

#endif
