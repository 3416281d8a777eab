/* The option `facts`: switches of the software NPU as "name=value,name=value". */
#ifndef PTFE_FACTS_OPTION_H
#define PTFE_FACTS_OPTION_H

#include <stddef.h>

#include "../npu/npu.h"

/* Sets the named switches. 0, or -1 with a sentence that names what is allowed. */
int facts_option_apply(npu_config *config, const char *facts, char *error, size_t error_size);
int facts_option_check(const char *facts, char *error, size_t error_size);

#endif
