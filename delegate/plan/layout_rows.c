/* Choice of the rows' loops, and the portable ones. */
#include "layout_rows.h"

#include <string.h>

void layout_spread_some(const spread_row *row, size_t first) {
    const uint8_t *from = row->from + first * row->step;
    uint8_t *to = row->to + first * NPU_ATOM;
    for (size_t i = first; i < row->count; i++, from += row->step, to += NPU_ATOM) {
        uint8_t atom[NPU_ATOM];
        memcpy(atom, row->fill, sizeof atom);
        for (unsigned lane = 0; lane < row->lanes; lane++) atom[lane] ^= from[lane];
        memcpy(to, atom, sizeof atom);
    }
}

void layout_gather_some(const gather_row *row, size_t first) {
    uint8_t *to = row->to + first * row->channels;
    for (size_t i = first; i < row->count; i++) {
        const uint8_t *from = row->from + i * NPU_ATOM;
        for (size_t c = 0; c < row->channels; c += NPU_ATOM, from += row->surface_bytes) {
            const size_t lanes = row->channels - c < NPU_ATOM ? row->channels - c : NPU_ATOM;
            for (size_t lane = 0; lane < lanes; lane++) *to++ = from[lane] ^ row->flip;
        }
    }
}

static void spread(const spread_row *row) { layout_spread_some(row, 0); }
static void gather(const gather_row *row) { layout_gather_some(row, 0); }

const layout_rows *layout_rows_portable(void) {
    static const layout_rows rows = {"portable", spread, gather};
    return &rows;
}

const layout_rows *layout_rows_best(void) {
    const layout_rows *best = layout_rows_sse2();
    if (best == NULL) best = layout_rows_neon();
    return best == NULL ? layout_rows_portable() : best;
}
