/* Plans -> kernels that can run. */
#include <stdlib.h>

#include "work.h"

void work_free_kernels(work *w) {
    for (size_t i = 0; w->kernels != NULL && i < w->answer->part_count; i++) kernel_free(w->kernels[i]);
    free(w->kernels);
    w->kernels = NULL;
}

int work_load_kernels(work *w) {
    delegate *d = w->delegate;
    if (w->resized != NULL) {
        return kernel_load(w->resized, w->answer, &w->answer->parts[0], d->options.value[OPTION_FACTS], w->error, sizeof w->error) != 0
                   ? -1
                   : kernel_matches(w->resized, w->context, w->error, sizeof w->error);
    }
    w->kernels = calloc(w->answer->part_count + 1, sizeof *w->kernels);
    if (w->kernels == NULL) return work_fail(w, "no memory for parts");
    for (size_t i = 0; i < w->answer->part_count; i++) {
        w->kernels[i] = kernel_new(w->answer, &w->answer->parts[i], w->context->get_node_and_registration, d->options.value[OPTION_FACTS],
                                   &d->base, d->profile, w->error, sizeof w->error);
        if (w->kernels[i] == NULL || kernel_matches(w->kernels[i], w->context, w->error, sizeof w->error) != 0) {
            work_free_kernels(w);
            return -1;
        }
    }
    return 0;
}
