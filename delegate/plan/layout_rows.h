/* Rows of pixels between TFLite's bytes and atoms, once for each instruction set; all give the same bytes. */
#ifndef PTFE_LAYOUT_ROWS_H
#define PTFE_LAYOUT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "../npu/cna.h"

/* Pixels of up to 16 channels, which become atoms. */
typedef struct spread_row {
    const uint8_t *from, *end; /* nothing is read from `end` on */
    size_t step;               /* bytes from a pixel to the next */
    size_t count;
    unsigned lanes;            /* channels; the other lanes get what `fill` says */
    uint8_t fill[NPU_ATOM];    /* flips the channels */
    uint8_t *to;
} spread_row;

/* Atoms of all surfaces, which become pixels without gaps. */
typedef struct gather_row {
    const uint8_t *from; /* of the first surface */
    size_t surface_bytes;
    size_t count, channels;
    uint8_t flip;
    uint8_t *to, *end; /* nothing is written from `end` on; what stands behind the row's last pixel may be */
} gather_row;

typedef struct layout_rows {
    const char *name;
    void (*spread)(const spread_row *row);
    void (*gather)(const gather_row *row);
} layout_rows;

/* The best that was built. */
const layout_rows *layout_rows_best(void);

const layout_rows *layout_rows_portable(void);
const layout_rows *layout_rows_sse2(void); /* NULL where it was not built: every x86-64 has it */
const layout_rows *layout_rows_neon(void); /* NULL where it was not built: every aarch64 has it */

/* In plain C, for the last pixels. */
void layout_spread_some(const spread_row *row, size_t first);
void layout_gather_some(const gather_row *row, size_t first);

#endif
