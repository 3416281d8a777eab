#include "delegate.h"

#include <stdlib.h>

delegate *delegate_new(void) {
    delegate *d = calloc(1, sizeof *d);
    if (d == NULL || pthread_mutex_init(&d->lock, NULL) != 0) {
        free(d);
        return NULL;
    }
    d->references = 1;
    return d;
}

delegate *delegate_keep(delegate *d) {
    __atomic_add_fetch(&d->references, 1, __ATOMIC_RELAXED);
    return d;
}

void delegate_release(delegate *d) {
    if (d == NULL || __atomic_sub_fetch(&d->references, 1, __ATOMIC_ACQ_REL) > 0) return;
    profile_end(d->profile);
    options_free(&d->options);
    pthread_mutex_destroy(&d->lock);
    free(d);
}
