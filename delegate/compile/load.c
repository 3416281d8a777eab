/* Plans -> kernels that can run. */
#include <stdlib.h>
#include <string.h>

#include "work.h"

void work_free_kernels(work *w) {
    for (size_t i = 0; w->kernels != NULL && i < w->answer->part_count; i++) kernel_free(w->kernels[i]);
    free(w->kernels);
    w->kernels = NULL;
}

int plan_is_unchanged(const uint8_t *bytes_of_plan, size_t length) {
    enum { CHECKSUM = offsetof(plan_header, checksum), SUMMED = PLAN_SUMMED_FROM };
    uint64_t sum;
    if (length < SUMMED) return 0;
    memcpy(&sum, bytes_of_plan + CHECKSUM, sizeof sum);
    return sum == plan_hash(bytes_of_plan + SUMMED, length - SUMMED);
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
