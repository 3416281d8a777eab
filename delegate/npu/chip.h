/* Chips that programs are made for, by what names them. */
#ifndef PTFE_NPU_CHIP_H
#define PTFE_NPU_CHIP_H

#include "../generated/chips.h"

/* By the number in a plan's header; NULL for any other. */
const npu_chip *npu_chip_of_number(uint32_t number);

/* By its name in device trees or options ("rk3588", "rk3588s"); NULL for any other. */
const npu_chip *npu_chip_of_name(const char *name);

#endif
