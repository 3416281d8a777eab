/* The switches of the software NPU by name. */
#include <string.h>

#include "npu.h"

void npu_config_default(npu_config *config) {
    memset(config, 0, sizeof *config);
    config->chip = npu_chips[0];
}

int npu_config_set(npu_config *config, const char *fact, const char *value) {
    for (size_t f = 0; f < NPU_FACT_COUNT; f++) {
        if (strcmp(npu_facts[f].name, fact) != 0) continue;
        for (uint8_t v = 0; v < npu_facts[f].count; v++) {
            if (strcmp(npu_facts[f].values[v], value) != 0) continue;
            config->facts[f] = v;
            return 0;
        }
        return -1;
    }
    return -1;
}
