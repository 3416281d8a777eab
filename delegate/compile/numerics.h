/*
 * Whose numbers plans are compiled for: TFLite's kernels differ by 1 LSB here and there from release to release
 * (src/graph/numerics.ts says where).
 */
#ifndef PTFE_NUMERICS_H
#define PTFE_NUMERICS_H

#include <stddef.h>

#include "../abi/tflite_abi.h"
#include "../util/options.h"

/* The release whose numbers this host's kernels give, and a message of how that was found out. */
enum numerics numerics_of_host(tfl_context *context, char *how, size_t size);

/* The release that a version of a package or library stands for; -1 where nobody knows. For `numerics_of_host`, and tests. */
int numerics_of_version(const char *package, const char *version);

#endif
