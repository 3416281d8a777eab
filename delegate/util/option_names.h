/* Names of options that are not ours: misspelt ones, and those of other delegates. */
#ifndef PTFE_OPTION_NAMES_H
#define PTFE_OPTION_NAMES_H

#include <stddef.h>

/* The option that a misspelt name is nearest to; NULL where none is near. */
const char *option_near(const char *name);

/* Users of Mesa's Teflon bring some along (src/wire/delegate_options.ts): they have no effect, and are no error. */
int option_is_foreign(const char *name);

/* The first of these that is among the keys, or a variable; as a sentence in `out`. 0 where there is none. */
int option_foreign_note(char **keys, size_t count, char *out, size_t size);

#endif
