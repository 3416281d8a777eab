/*
 * The rows' loops, for instruction sets with vectors of 16 bytes: v_bytes, v_load, v_store, v_xor, v_and, v_splat and v_mask
 * (ones in the first lanes) are the including file's.
 */
#include "layout_rows.h"

/* Pixels before the first one from whose start fewer than 16 bytes are there. */
static size_t whole_reads(const spread_row *row) {
    const size_t room = (size_t)(row->end - row->from);
    if (room < NPU_ATOM) return 0;
    const size_t whole = (room - NPU_ATOM) / row->step + 1;
    return whole < row->count ? whole : row->count;
}

static void spread(const spread_row *row) {
    const size_t whole = whole_reads(row);
    const v_bytes fill = v_load(row->fill), mask = v_mask(row->lanes);
    const uint8_t *from = row->from;
    uint8_t *to = row->to;
    const size_t step = row->step;
    size_t i = 0;
    for (; i + 4 <= whole; i += 4, from += 4 * step, to += 4 * NPU_ATOM) {
        v_store(to, v_xor(v_and(v_load(from), mask), fill));
        v_store(to + NPU_ATOM, v_xor(v_and(v_load(from + step), mask), fill));
        v_store(to + 2 * NPU_ATOM, v_xor(v_and(v_load(from + 2 * step), mask), fill));
        v_store(to + 3 * NPU_ATOM, v_xor(v_and(v_load(from + 3 * step), mask), fill));
    }
    layout_spread_some(row, i);
}

/* Each atom is written whole: what it has beyond the last channel the next pixel overwrites. */
static void gather(const gather_row *row) {
    const size_t surfaces = (row->channels + NPU_ATOM - 1) / NPU_ATOM, room = (size_t)(row->end - row->to);
    size_t whole = room < surfaces * NPU_ATOM ? 0 : (room - surfaces * NPU_ATOM) / row->channels + 1;
    if (whole > row->count) whole = row->count;
    const v_bytes flip = v_splat(row->flip);
    const uint8_t *from = row->from;
    uint8_t *to = row->to;
    for (size_t i = 0; i < whole; i++, from += NPU_ATOM, to += row->channels) {
        for (size_t s = 0; s < surfaces; s++) v_store(to + s * NPU_ATOM, v_xor(v_load(from + s * row->surface_bytes), flip));
    }
    layout_gather_some(row, whole);
}
