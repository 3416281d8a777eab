/* Regions of memory: every extent that a task reads or writes must lie inside one. */
#ifndef PTFE_NPU_MEMORY_H
#define PTFE_NPU_MEMORY_H

#include "npu.h"

typedef struct npu_memory {
    npu_region *regions;
    size_t count;
} npu_memory;

/* A checked extent. */
typedef struct npu_extent {
    uint8_t *data; /* NULL where the region has no bytes: a program that is only checked */
    uint64_t start; /* address of data[0] */
    uint64_t bytes;
    uint32_t flags; /* of its region */
} npu_extent;

/* 0, or -1 when [start, start + bytes) is not inside one region. */
int npu_memory_find(const npu_memory *memory, int64_t start, int64_t bytes, npu_extent *extent);

/* The region that `start` lies in, or NULL. */
const npu_region *npu_memory_region(const npu_memory *memory, int64_t start);

/* Whether two extents share a byte. */
int npu_extents_overlap(const npu_extent *a, const npu_extent *b);

#endif
