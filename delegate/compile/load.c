/* Plans -> kernels that can run. */
#include <stdlib.h>

#include "work.h"

void work_free_kernels(work *w) {
    for (size_t i = 0; w->kernels != NULL && i < w->answer->part_count; i++) kernel_free(w->kernels[i]);
    free(w->kernels);
    w->kernels = NULL;
}

int work_load_kernels(work *w) {
    if (w->resized != NULL) {
        return kernel_load(w->resized, w->answer, &w->answer->parts[0], w->context, &w->error);
    }
    w->kernels = calloc(w->answer->part_count + 1, sizeof *w->kernels);
    if (w->kernels == NULL) return error_no_memory(&w->error, "parts");
    for (size_t i = 0; i < w->answer->part_count; i++) {
        if (kernel_new(w->answer, &w->answer->parts[i], w->context, w->delegate, &w->kernels[i], &w->error) == 0) continue;
        work_free_kernels(w);
        return -1;
    }
    return 0;
}
