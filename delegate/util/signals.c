#define _POSIX_C_SOURCE 200809L
#include "signals.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

static const int numbers[2] = {SIGPIPE, SIGXFSZ};

void signals_hold(signals *s) {
    sigset_t ours, pending;
    sigemptyset(&ours);
    for (size_t i = 0; i < 2; i++) sigaddset(&ours, numbers[i]);
    s->held = pthread_sigmask(SIG_BLOCK, &ours, &s->before) == 0 && sigpending(&pending) == 0;
    /* One that waits already is the host's. */
    for (size_t i = 0; i < 2; i++) s->was_pending[i] = s->held && sigismember(&pending, numbers[i]) == 1;
}

void signals_release(const signals *s) {
    const int saved = errno;
    const struct timespec at_once = {0, 0};
    sigset_t one;
    if (!s->held) return;
    for (size_t i = 0; i < 2; i++) {
        if (s->was_pending[i]) continue;
        sigemptyset(&one);
        sigaddset(&one, numbers[i]);
        while (sigtimedwait(&one, NULL, &at_once) < 0 && errno == EINTR) continue;
    }
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
    errno = saved;
}
