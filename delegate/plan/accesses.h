/* What the tasks of a plan read and write, proved to lie in the plan's BOs before any device sees them. */
#ifndef PTFE_ACCESSES_H
#define PTFE_ACCESSES_H

#include "plan.h"
#include "../device/settings.h"

/*
 * Decodes the register commands of all tasks of an opened plan as the hardware would, without executing them: each range of
 * memory that a unit reads or writes must lie inside one BO, and inside no BO of another kind than it may be. `chip` is the
 * plan's; `settings`: what a software NPU is told beside that, or NULL. 0, or -1 and fills `error` with task, unit and bytes.
 */
int plan_check_accesses(const plan *p, const npu_chip *chip, const device_settings *settings, ptfe_error *error);

/* The same, and tells `visit` of every access; a region is the BO of that number. */
int plan_visit_accesses(const plan *p, const npu_chip *chip, const device_settings *settings, npu_visit visit, void *context, ptfe_error *error);

#endif
