/* profile=FILE: every task of every inference as a Perfetto trace, and a table of times by operation. */
#ifndef PTFE_PROFILE_H
#define PTFE_PROFILE_H

#include "../plan/session.h"

typedef struct profile profile;

/* NULL when there is no memory. */
profile *profile_new(const char *file);

/* The time now; 0 where `p` is NULL. */
uint64_t profile_clock(const profile *p);

/* A session was opened, from `start` until now: the first slice of its trace. NULL does nothing. */
void profile_opened(profile *p, const ptfe_session *session, uint64_t start);

/* Takes the times of the run that began at `start`, and writes them behind those of the runs before. NULL does nothing. */
void profile_add(profile *p, const ptfe_session *session, uint64_t start);

/* Prints the table, frees. NULL is fine. */
void profile_end(profile *p);

#endif
