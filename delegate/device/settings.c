#include "settings.h"

#include "facts_option.h"

int device_settings_apply(const device_settings *settings, const npu_chip *chip, npu_config *config, ptfe_error *error) {
    npu_config_default(config);
    config->chip = *chip;
    if (settings == NULL) return 0;
    if (settings->chip != NULL) config->chip = *settings->chip;
    return settings->facts == NULL ? 0 : facts_option_apply(config, settings->facts, error);
}
