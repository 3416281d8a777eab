/*
 * Writes of this library must not end the host: a broken pipe or a limit on file sizes is an error here, no signal.
 * Between hold and release this thread does not get SIGPIPE and SIGXFSZ; those that its writes raised are taken away.
 */
#ifndef PTFE_SIGNALS_H
#define PTFE_SIGNALS_H

#include <signal.h>

typedef struct signals {
    sigset_t before;
    int held, was_pending[2];
} signals;

void signals_hold(signals *s);
void signals_release(const signals *s); /* keeps errno */

#endif
