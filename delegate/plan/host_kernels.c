#include "host_kernels.h"

#include <inttypes.h>
#include <string.h>

#include "layout.h"
#include "../npu/cna.h"
#include "../generated/element_types.h"
#include "../generated/host_tables.h"

/* Of one size; which it is says the kernel. */
typedef union position {
    fixed_position fixed;
    float_position real;
} position;

static const plan_tensor *input_of(const plan *p, const plan_host *h) { return &p->tensors[h->input]; }
static const plan_tensor *output_of(const plan *p, const plan_host *h) { return &p->tensors[h->output]; }
/* In the plan's own bytes: constants, which nothing writes. */
static const void *table_of(const plan *p, const plan_host *h) { return p->bytes + p->bos[h->table_bo].data_offset + h->table_offset; }

static int refuse(ptfe_error *error, uint32_t step, const char *text) {
    return error_set_code(error, PTFE_ERROR_DAMAGED, "damaged plan: host step %" PRIu32 ": %s", step, text);
}

static int check_permute(const plan *p, const plan_host *h) {
    uint64_t count = layout_bytes(input_of(p, h)), product = 1, last = 0;
    if (h->table_bytes != sizeof(permute_table) || count != layout_bytes(output_of(p, h))) return -1;
    const permute_table *t = table_of(p, h);
    for (size_t i = 0; i < PERMUTE_RANK; i++) {
        if (t->dims[i] == 0 || t->dims[i] > count / product) return -1;
        product *= t->dims[i];
        if (t->dims[i] > 1 && t->strides[i] > (count - 1 - last) / (t->dims[i] - 1)) return -1;
        last += (uint64_t)(t->dims[i] - 1) * t->strides[i];
    }
    return product == count ? 0 : -1;
}

static int check_positions(const position *positions, uint32_t count, uint32_t size, int fixed) {
    for (uint32_t i = 0; i < count; i++) {
        const position *at = &positions[i];
        if (at->fixed.lower >= size || at->fixed.upper >= size) return -1;
        if (fixed ? at->fixed.weight < 0 || at->fixed.weight > 1024 : !(at->real.weight >= -1 && at->real.weight <= 2)) return -1;
    }
    return 0;
}

static int check_resize(const plan *p, const plan_host *h) {
    const plan_tensor *in = input_of(p, h), *out = output_of(p, h);
    const int fixed = h->kernel == PLAN_HOST_RESIZE_FIXED;
    if ((!fixed && in->type != TFL_UINT8) || in->c != out->c || h->table_bytes != ((uint64_t)out->h + out->w) * sizeof(position)) return -1;
    const position *rows = table_of(p, h);
    return check_positions(rows, out->h, in->h, fixed) == 0 && check_positions(rows + out->h, out->w, in->w, fixed) == 0 ? 0 : -1;
}

static int check_copy(const plan *p, const plan_host *h) {
    const plan_tensor *in = input_of(p, h), *out = output_of(p, h);
    return h->table_bytes == 0 && in->h == out->h && in->w == out->w && in->c == out->c ? 0 : -1;
}

int host_check(const plan *p, uint32_t step, ptfe_error *error) {
    const plan_host *h = &p->hosts[step];
    int status = h->kernel == PLAN_HOST_PERMUTE ? check_permute(p, h) : h->kernel == PLAN_HOST_COPY ? check_copy(p, h) : check_resize(p, h);
    return status == 0 ? 0 : refuse(error, step, "its table does not fit its feature maps");
}

size_t host_scratch_bytes(const plan *p, uint32_t step) {
    if (p->hosts[step].kernel == PLAN_HOST_COPY) return 0;
    return layout_bytes(input_of(p, &p->hosts[step])) + layout_bytes(output_of(p, &p->hosts[step]));
}

static void permute(const permute_table *t, const uint8_t *from, uint8_t *to) {
    enum { LAST = PERMUTE_RANK - 1 };
    uint32_t at[PERMUTE_RANK] = {0};
    const uint32_t inner = t->dims[LAST], step = t->strides[LAST];
    for (;;) {
        size_t start = 0;
        for (size_t i = 0; i < LAST; i++) start += (size_t)at[i] * t->strides[i];
        if (step == 1) memcpy(to, from + start, inner);
        else for (uint32_t i = 0; i < inner; i++) to[i] = from[start + (size_t)i * step];
        to += inner;
        size_t dim = LAST;
        while (dim > 0 && ++at[dim - 1] == t->dims[dim - 1]) at[--dim] = 0;
        if (dim == 0) return;
    }
}

/* Four pixels around each of the output; channels contiguous. */
typedef struct corners {
    const uint8_t *upper_left, *lower_left, *upper_right, *lower_right;
} corners;

/* Signed codes, weights of 1024 on each axis: the sum stays below 2^28. Half away from zero. */
static void pixel_fixed(const corners *c, int32_t y, int32_t x, uint32_t channels, uint8_t *to) {
    const int32_t above = (1024 - y) * (1024 - x), below = y * (1024 - x), above_right = (1024 - y) * x, below_right = y * x;
    for (uint32_t i = 0; i < channels; i++) {
        int32_t sum = (int8_t)c->upper_left[i] * above + (int8_t)c->lower_left[i] * below + (int8_t)c->upper_right[i] * above_right +
                      (int8_t)c->lower_right[i] * below_right;
        to[i] = (uint8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
    }
}

/* Unsigned codes, in TFLite's order of operations, single precision: the sum of four products of three factors, half up. */
static void pixel_float(const corners *c, float y, float x, uint32_t channels, uint8_t *to) {
    const float above = 1 - y, before = 1 - x;
    for (uint32_t i = 0; i < channels; i++) {
        float upper_left = (float)c->upper_left[i] * above * before, lower_left = (float)c->lower_left[i] * y * before;
        float upper_right = (float)c->upper_right[i] * above * x, lower_right = (float)c->lower_right[i] * y * x;
        to[i] = (uint8_t)(int32_t)(upper_left + lower_left + upper_right + lower_right + 0.5f);
    }
}

static void resize(const plan_host *h, const plan_tensor *in, const plan_tensor *out, const position *rows, const uint8_t *from, uint8_t *to) {
    const position *columns = rows + out->h;
    const size_t line = (size_t)in->w * in->c;
    for (uint32_t y = 0; y < out->h; y++) {
        const uint8_t *above = from + rows[y].fixed.lower * line, *below = from + rows[y].fixed.upper * line;
        for (uint32_t x = 0; x < out->w; x++, to += out->c) {
            const size_t left = (size_t)columns[x].fixed.lower * in->c, right = (size_t)columns[x].fixed.upper * in->c;
            const corners c = {above + left, below + left, above + right, below + right};
            if (h->kernel == PLAN_HOST_RESIZE_FIXED) pixel_fixed(&c, rows[y].fixed.weight, columns[x].fixed.weight, out->c, to);
            else pixel_float(&c, rows[y].real.weight, columns[x].real.weight, out->c, to);
        }
    }
}

/*
 * Whole atoms, from the memory of one core to that of another: the lanes behind the last channel mean nothing in either. What
 * nobody compiled may name one memory twice.
 */
static void copy(const plan_tensor *in, const plan_tensor *out, const uint8_t *from, uint8_t *to) {
    const size_t row = (size_t)in->w * NPU_ATOM;
    const int is_solid = in->line_bytes == row && out->line_bytes == row;
    for (uint32_t surface = 0; surface < in->surfaces; surface++) {
        const uint8_t *source = from + in->offset + (size_t)surface * in->surface_bytes;
        uint8_t *target = to + out->offset + (size_t)surface * out->surface_bytes;
        if (is_solid) {
            memmove(target, source, in->h * row);
            continue;
        }
        for (uint32_t y = 0; y < in->h; y++) memmove(target + (size_t)y * out->line_bytes, source + (size_t)y * in->line_bytes, row);
    }
}

void host_run(const plan *p, uint32_t step, const device_ops *device, device_plan *loaded, uint8_t *scratch) {
    const plan_host *h = &p->hosts[step];
    const plan_tensor *in = input_of(p, h), *out = output_of(p, h);
    if (h->kernel == PLAN_HOST_COPY) {
        copy(in, out, device->bo(loaded, in->bo), device->bo(loaded, out->bo));
        return;
    }
    uint8_t *result = scratch + layout_bytes(in);
    layout_from_cube(in, device->bo(loaded, in->bo), scratch);
    if (h->kernel == PLAN_HOST_PERMUTE) {
        permute(table_of(p, h), scratch, result);
    } else {
        resize(h, in, out, table_of(p, h), scratch, result);
    }
    layout_to_cube(out, result, device->bo(loaded, out->bo));
}
