#include "memory.h"

int npu_memory_find(const npu_memory *memory, int64_t start, int64_t bytes, npu_extent *extent) {
    if (start < 0 || bytes <= 0) return -1;
    for (size_t i = 0; i < memory->count; i++) {
        const npu_region *region = &memory->regions[i];
        uint64_t from = (uint64_t)start;
        if (from < region->iova || from - region->iova >= region->size) continue;
        if ((uint64_t)bytes > region->size - (from - region->iova)) continue;
        extent->data = region->data == NULL ? NULL : region->data + (from - region->iova);
        extent->start = from;
        extent->bytes = (uint64_t)bytes;
        extent->flags = region->flags;
        return 0;
    }
    return -1;
}

const npu_region *npu_memory_region(const npu_memory *memory, int64_t start) {
    for (size_t i = 0; start >= 0 && i < memory->count; i++) {
        const npu_region *region = &memory->regions[i];
        if ((uint64_t)start >= region->iova && (uint64_t)start - region->iova < region->size) return region;
    }
    return NULL;
}

int npu_extents_overlap(const npu_extent *a, const npu_extent *b) {
    if (a->bytes == 0 || b->bytes == 0) return 0;
    return a->start < b->start + b->bytes && b->start < a->start + a->bytes;
}
