/* Plans -> kernels that can run. */
#include <stdlib.h>

#include "../abi/border.h"
#include "work.h"

void work_free_kernels(work *w) {
    for (size_t i = 0; w->kernels != NULL && i < w->answer->part_count; i++) kernel_free(w->kernels[i]);
    free(w->kernels);
    w->kernels = NULL;
}

/* Of every source: nothing of a plan runs before its border is the partition's. */
static int accept(work *w, const kernel *k) {
    if (border_check(&k->session->plan, k->inputs, k->outputs, w->context, w->error, sizeof w->error) != 0) return -1;
    return kernel_matches(k, w->context, w->error, sizeof w->error);
}

int work_load_kernels(work *w) {
    delegate *d = w->delegate;
    if (w->resized != NULL) {
        return kernel_load(w->resized, w->answer, &w->answer->parts[0], d->options.value[OPTION_FACTS], w->error, sizeof w->error) != 0
                   ? -1
                   : accept(w, w->resized);
    }
    w->kernels = calloc(w->answer->part_count + 1, sizeof *w->kernels);
    if (w->kernels == NULL) return work_fail(w, "no memory for parts");
    for (size_t i = 0; i < w->answer->part_count; i++) {
        w->kernels[i] = kernel_new(w->answer, &w->answer->parts[i], w->context->get_node_and_registration, d->options.value[OPTION_FACTS],
                                   &d->base, d->profile, w->error, sizeof w->error);
        if (w->kernels[i] == NULL || accept(w, w->kernels[i]) != 0) {
            work_free_kernels(w);
            return -1;
        }
    }
    return 0;
}
