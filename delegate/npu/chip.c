#include "chip.h"

#include <stddef.h>
#include <string.h>

const npu_chip *npu_chip_of_number(uint32_t number) {
    for (size_t i = 0; i < NPU_CHIP_COUNT; i++) {
        if (npu_chips[i].number == number) return &npu_chips[i];
    }
    return NULL;
}

const npu_chip *npu_chip_of_name(const char *name) {
    for (size_t i = 0; i < NPU_CHIP_NAME_COUNT; i++) {
        if (strcmp(npu_chip_names[i].name, name) == 0) return npu_chip_of_number(npu_chip_names[i].number);
    }
    return NULL;
}
