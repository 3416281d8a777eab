/*
 * Rows of pixels of every number of channels and of many lengths, in every way that was built: each must give what one byte after
 * the other gives, and touch nothing beside its row. Buffers end where the row may: a sanitizer sees what lies behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../delegate/plan/layout_rows.h"

static uint32_t seed = 1;
static uint8_t noise(void) { return (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24); }

static uint8_t *noisy(size_t bytes) {
    uint8_t *made = malloc(bytes == 0 ? 1 : bytes);
    for (size_t i = 0; i < bytes; i++) made[i] = noise();
    return made;
}

static int check_spread(const layout_rows *rows, size_t count, unsigned lanes, size_t step, uint8_t flip, uint8_t pad) {
    const size_t bytes = (count - 1) * step + lanes;
    uint8_t *from = noisy(bytes), *to = noisy(count * NPU_ATOM);
    spread_row row = {.from = from, .end = from + bytes, .step = step, .count = count, .lanes = lanes, .to = to};
    memset(row.fill, pad, sizeof row.fill);
    memset(row.fill, flip, lanes);
    rows->spread(&row);
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned lane = 0; lane < NPU_ATOM; lane++) wrong |= to[i * NPU_ATOM + lane] != (lane < lanes ? from[i * step + lane] ^ flip : pad);
    }
    free(from);
    free(to);
    return wrong;
}

/* `more`: bytes of the tensor behind the row, which may be written; `around`: bytes before it, which may not. */
static int check_gather(const layout_rows *rows, size_t count, size_t channels, size_t more, uint8_t flip) {
    enum { AROUND = 5 };
    const size_t surfaces = (channels + NPU_ATOM - 1) / NPU_ATOM, surface = count * NPU_ATOM + 32;
    uint8_t *from = noisy((surfaces - 1) * surface + count * NPU_ATOM), *to = noisy(AROUND + count * channels + more), before[AROUND];
    memcpy(before, to, AROUND);
    uint8_t *out = to + AROUND;
    const gather_row row = {from, surface, count, channels, flip, out, out + count * channels + more};
    rows->gather(&row);
    int wrong = memcmp(before, to, AROUND) != 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < channels; c++) {
            wrong |= out[i * channels + c] != (from[c / NPU_ATOM * surface + i * NPU_ATOM + c % NPU_ATOM] ^ flip);
        }
    }
    free(from);
    free(to);
    return wrong;
}

static int check(const layout_rows *rows) {
    static const size_t counts[] = {1, 2, 3, 5, 6, 7, 16, 17, 40};
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        for (unsigned lanes = 1; lanes <= NPU_ATOM; lanes++) {
            for (size_t gap = 0; gap < 20; gap += lanes == 3 ? 1 : 7) {
                if (check_spread(rows, counts[n], lanes, lanes + gap, noise(), noise())) return printf("spread %zu %u %zu\n", counts[n], lanes, gap);
            }
        }
        for (size_t channels = 1; channels < 70; channels++) {
            for (size_t more = 0; more < 40; more += 13) {
                if (check_gather(rows, counts[n], channels, more, noise())) return printf("gather %zu %zu %zu\n", counts[n], channels, more);
            }
        }
    }
    return 0;
}

int main(void) {
    const layout_rows *all[] = {layout_rows_portable(), layout_rows_sse2(), layout_rows_neon()};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i] == NULL) continue;
        if (check(all[i]) != 0) return 1;
        printf("%s\n", all[i]->name);
    }
    return 0;
}
