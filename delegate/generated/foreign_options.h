/* Generated from src/wire/delegate_options.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_FOREIGN_OPTIONS_H
#define PTFE_GENERATED_FOREIGN_OPTIONS_H

/* Options and variables of other delegates, which have no effect here. */
enum { FOREIGN_OPTION_COUNT = 3 };

static const struct {
    const char *name, *whose, *instead;
} foreign_options[FOREIGN_OPTION_COUNT] = {
    {"TEFLON_DEBUG", "Mesa's Teflon", "verbose=1 (PTFE_VERBOSE=1) prints what runs where"},
    {"ROCKET_DEBUG", "Mesa's rocket driver", "verbose=1 (PTFE_VERBOSE=1) prints what runs where, ptfe disasm the registers"},
    {"ETNA_MESA_DEBUG", "Mesa's etnaviv driver", "verbose=1 (PTFE_VERBOSE=1) prints what runs where"},
};

#endif
