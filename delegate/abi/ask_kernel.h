/* Asks a kernel of TFLite's how it calculates, with tensors of our own: which release's numbers a host has. */
#ifndef PTFE_ASK_KERNEL_H
#define PTFE_ASK_KERNEL_H

#include "tflite_abi.h"

/* How the product of two scales is kept, and how often a sum is rounded on its way to the output; 0 where it is not clear. */
enum kept_product { PRODUCT_UNKNOWN, PRODUCT_FLOAT32, PRODUCT_DOUBLE };
enum roundings { ROUNDINGS_UNKNOWN, ROUNDINGS_ONE, ROUNDINGS_TWO };

/* Whether `ask_product` can ask kernels of this op: uint8 CONV_2D and DEPTHWISE_CONV_2D, int8 FULLY_CONNECTED. */
int can_ask(const tfl_registration *registration);

/*
 * Both run the kernel's init, prepare, invoke and free in a context of their own, on tensors that nobody else has: the graph
 * stays as it is. A kernel that fails, or that gives anything but one of the two answers for every sum, says nothing.
 */
enum kept_product ask_product(tfl_context *context, const tfl_registration *registration);
enum roundings ask_roundings(tfl_context *context, const tfl_registration *registration); /* of FULLY_CONNECTED */

#endif
