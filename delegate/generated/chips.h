/* Generated from src/hardware/chips.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_CHIPS_H
#define PTFE_GENERATED_CHIPS_H

#include <stdint.h>

/* The same for all chips that programs are made for. */
#define NPU_ATOM 16u /* channels in an atom, bytes */
#define NPU_KERNEL_GROUP 32u /* kernels in a weight group */
#define NPU_CHANNEL_GROUP 32u /* channels in a weight group, direct */
#define NPU_DEPTHWISE_GROUP 64u /* channels in a weight group, depthwise */
#define NPU_OPERAND_GROUP 8u /* channels in a group of operands */
#define NPU_PLANE_ATOMS 4u /* planes start at multiples of so many atoms */
#define NPU_TASK_BYTES 64u /* command words of a task start at multiples of this */

typedef struct npu_chip {
    uint32_t number; /* in the header of plans */
    uint32_t cbuf_banks;
    uint32_t cbuf_bank_bytes;
    uint32_t cbuf_entry_bytes;
    uint32_t clock_megahertz; /* for estimates: under the mainline kernel */
    uint32_t bytes_per_cycle;
    uint32_t positions; /* output positions are computed in groups of so many */
    uint32_t dpu_channels; /* channels of a position that the DPU takes in a cycle */
    uint32_t dispatch_microseconds; /* what its interrupt costs between two tasks, on the CPU that serves it as Linux boots */
    uint32_t job_milliseconds; /* it ends a job that takes longer */
} npu_chip;

/* Numbers of the chips that programs are made for; the first one where nothing is said. */
enum { NPU_CHIP_RK3588 = 3588 };
#define NPU_CHIP_COUNT 1u
static const npu_chip npu_chips[NPU_CHIP_COUNT] = {
    {.number = 3588, .cbuf_banks = 12, .cbuf_bank_bytes = 32768, .cbuf_entry_bytes = 64, .clock_megahertz = 200, .bytes_per_cycle = 16, .positions = 16, .dpu_channels = 8, .dispatch_microseconds = 51, .job_milliseconds = 500},
};

/* Their names in device trees, behind "rockchip,". */
#define NPU_CHIP_NAME_COUNT 2u
typedef struct npu_chip_name {
    const char *name;
    uint32_t number;
} npu_chip_name;
static const npu_chip_name npu_chip_names[NPU_CHIP_NAME_COUNT] = {
    {"rk3588", 3588},
    {"rk3588s", 3588},
};

/* As options call those that programs are made for. */
#define NPU_CHIP_OPTIONS "rk3588"

#endif
