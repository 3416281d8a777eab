/* Pictures whose blocks are the pixels of a cube: what a convolution with a stride reads is laid out for one without. */
#ifndef PTFE_BLOCKS_H
#define PTFE_BLOCKS_H

#include "plan.h"

/* Height, width and channels of a tensor's cube: the tensor's own, but where it is in blocks. */
typedef struct cube_shape {
    uint64_t height, width, channels;
} cube_shape;
cube_shape cube_shape_of(const plan_tensor *tensor);

/* As layout_to_cube, of a tensor in blocks. */
void blocks_to_cube(const plan_tensor *tensor, const uint8_t *nhwc, uint8_t *bo);

#endif
