#include "facts_option.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 64 };

/* Why a pair was not taken: the values of a fact that exists, or all facts. Always -1. */
static int refuse(const char *name, const char *value, char *error, size_t size) {
    for (size_t f = 0; f < NPU_FACT_COUNT; f++) {
        if (strcmp(npu_facts[f].name, name) != 0) continue;
        size_t used = (size_t)snprintf(error, size, "option facts: %s has no value \"%s\" (allowed:", name, value);
        for (uint8_t v = 0; v < npu_facts[f].count && used < size; v++) {
            used += (size_t)snprintf(error + used, size - used, " %s", npu_facts[f].values[v]);
        }
        if (used < size) snprintf(error + used, size - used, ")");
        return -1;
    }
    size_t used = (size_t)snprintf(error, size, "option facts: no fact \"%s\" (facts:", name);
    for (size_t f = 0; f < NPU_FACT_COUNT && used < size; f++) {
        used += (size_t)snprintf(error + used, size - used, " %s", npu_facts[f].name);
    }
    if (used < size) snprintf(error + used, size - used, ")");
    return -1;
}

int facts_option_apply(npu_config *config, const char *facts, char *error, size_t size) {
    while (*facts != 0) {
        char name[LONGEST], value[LONGEST] = "";
        size_t length = strcspn(facts, ",");
        const char *equals = memchr(facts, '=', length);
        size_t name_length = equals == NULL ? length : (size_t)(equals - facts);
        size_t value_length = equals == NULL ? 0 : length - name_length - 1;
        if (name_length >= LONGEST || value_length >= LONGEST) {
            snprintf(error, size, "option facts: want name=value,...");
            return -1;
        }
        memcpy(name, facts, name_length);
        name[name_length] = 0;
        if (equals != NULL) memcpy(value, equals + 1, value_length);
        value[value_length] = 0;
        if (npu_config_set(config, name, value) != 0) return refuse(name, value, error, size);
        facts += length + (facts[length] == ',');
    }
    return 0;
}

int facts_option_check(const char *facts, char *error, size_t size) {
    npu_config config;
    npu_config_default(&config);
    return facts_option_apply(&config, facts, error, size);
}
