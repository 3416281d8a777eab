/* The option `facts`: switches of the software NPU as "name=value,name=value". */
#ifndef PTFE_FACTS_OPTION_H
#define PTFE_FACTS_OPTION_H

#include "../npu/npu.h"
#include "../util/error.h"

/* Sets the named switches. 0, or -1 and fills `error` with what is allowed. */
int facts_option_apply(npu_config *config, const char *facts, ptfe_error *error);
int facts_option_check(const char *facts, ptfe_error *error);

#endif
