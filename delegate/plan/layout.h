/* Between TFLite's NHWC bytes and the NPU's cubes (NC1HWC2, 16 channels in an atom). */
#ifndef PTFE_LAYOUT_H
#define PTFE_LAYOUT_H

#include "plan.h"

/* `bo` is the start of the tensor's BO. The plan's checks make sure that the cube lies inside. */
void layout_to_cube(const plan_tensor *tensor, const uint8_t *nhwc, uint8_t *bo);
void layout_from_cube(const plan_tensor *tensor, const uint8_t *bo, uint8_t *nhwc);

/* Bytes of the tensor in TFLite's layout. */
size_t layout_bytes(const plan_tensor *tensor);

#endif
