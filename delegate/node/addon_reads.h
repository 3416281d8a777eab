/* What a caller of planRun wants to see of a plan's memory while it runs. */
#ifndef PTFE_ADDON_READS_H
#define PTFE_ADDON_READS_H

#include <node_api.h>

#include "../plan/session.h"

typedef struct addon_read {
    uint32_t step, bo, offset, length;
    uint8_t *bytes; /* owned */
} addon_read;

typedef struct addon_reads {
    addon_read *list; /* owned */
    uint32_t count;
} addon_reads;

/* The property `reads` of the options, checked against the plan; none where it is absent. -1 with an exception. */
int addon_reads_take(napi_env env, napi_value options, const ptfe_session *session, addon_reads *reads);

/* A session_watch's step: copies what is due. */
void addon_reads_step(void *reads, const ptfe_session *session, uint32_t done);

void addon_reads_free(addon_reads *reads);

#endif
