/* Generated from src/wire/host_tables.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_HOST_TABLES_H
#define PTFE_GENERATED_HOST_TABLES_H

#include <stddef.h>
#include <stdint.h>

#define PERMUTE_RANK 6u

/* The dimensions of the output, then for each how far apart its values stand in the input. */
typedef struct permute_table {
    uint32_t dims[6];
    uint32_t strides[6];
} permute_table;
_Static_assert(sizeof(permute_table) == 48, "permute_table");
_Static_assert(offsetof(permute_table, dims) == 0, "permute_table.dims");
_Static_assert(offsetof(permute_table, strides) == 24, "permute_table.strides");

/* Where an output row or column lies: between two of the input, `weight` of 1024 is that of the upper one. */
typedef struct fixed_position {
    uint32_t lower;
    uint32_t upper;
    int32_t weight;
} fixed_position;
_Static_assert(sizeof(fixed_position) == 12, "fixed_position");
_Static_assert(offsetof(fixed_position, lower) == 0, "fixed_position.lower");
_Static_assert(offsetof(fixed_position, upper) == 4, "fixed_position.upper");
_Static_assert(offsetof(fixed_position, weight) == 8, "fixed_position.weight");

/* The same with a weight in single precision. */
typedef struct float_position {
    uint32_t lower;
    uint32_t upper;
    float weight;
} float_position;
_Static_assert(sizeof(float_position) == 12, "float_position");
_Static_assert(offsetof(float_position, lower) == 0, "float_position.lower");
_Static_assert(offsetof(float_position, upper) == 4, "float_position.upper");
_Static_assert(offsetof(float_position, weight) == 8, "float_position.weight");

#endif
