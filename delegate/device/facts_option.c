#include "facts_option.h"

#include <string.h>

enum { LONGEST = 64 };

/* Why a pair was not taken: the values of a fact that exists, or all facts. Always -1. */
static int refuse(const char *name, const char *value, ptfe_error *error) {
    for (size_t f = 0; f < NPU_FACT_COUNT; f++) {
        if (strcmp(npu_facts[f].name, name) != 0) continue;
        error_set(error, "option facts: %s has no value \"%s\" (allowed:", name, value);
        for (uint8_t v = 0; v < npu_facts[f].count; v++) error_append(error, " %s", npu_facts[f].values[v]);
        error_append(error, ")");
        return -1;
    }
    error_set(error, "option facts: no fact \"%s\" (facts:", name);
    for (size_t f = 0; f < NPU_FACT_COUNT; f++) error_append(error, " %s", npu_facts[f].name);
    error_append(error, ")");
    return -1;
}

int facts_option_apply(npu_config *config, const char *facts, ptfe_error *error) {
    while (*facts != 0) {
        char name[LONGEST], value[LONGEST] = "";
        size_t length = strcspn(facts, ",");
        const char *equals = memchr(facts, '=', length);
        size_t name_length = equals == NULL ? length : (size_t)(equals - facts);
        size_t value_length = equals == NULL ? 0 : length - name_length - 1;
        if (name_length >= LONGEST || value_length >= LONGEST) return error_set(error, "option facts: want name=value,...");
        memcpy(name, facts, name_length);
        name[name_length] = 0;
        if (equals != NULL) memcpy(value, equals + 1, value_length);
        value[value_length] = 0;
        if (npu_config_set(config, name, value) != 0) return refuse(name, value, error);
        facts += length + (facts[length] == ',');
    }
    return 0;
}

int facts_option_check(const char *facts, ptfe_error *error) {
    npu_config config;
    npu_config_default(&config);
    return facts_option_apply(&config, facts, error);
}
