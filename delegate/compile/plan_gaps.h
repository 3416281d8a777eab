/* Reads the plans of a file, but for the bytes of constants: those go from the file straight to where a device wants them. */
#ifndef PTFE_PLAN_GAPS_H
#define PTFE_PLAN_GAPS_H

#include <stddef.h>
#include <stdint.h>

#include "../util/error.h"

/*
 * `length` bytes of a run of plans (plans_header and what follows) from `at` on. What is left out is zeros, and costs no memory.
 * Nothing of what is read is trusted. 0 with malloc'ed bytes, and in `gaps` whether something was left out; or -1 and fills `error`.
 */
int plan_gaps_read(int fd, uint64_t at, size_t length, uint8_t **out, int *gaps, ptfe_error *error);

#endif
