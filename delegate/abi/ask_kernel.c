#include "ask_kernel.h"

#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 8, INPUT = 0, FILTER = 1, BIAS = 2, OUTPUT = 3, TENSORS = 4, CPU_BACKEND = 3 };

/* Later releases append fields to what kernels read: there are zeros behind ours. */
enum { ROOM_BEHIND = 256 };

typedef void *(*get_external)(tfl_context *, int type);

typedef struct question {
    float input_scale, filter_scale, output_scale;
    int32_t sums[CHANNELS];
} question;

/* A context of one node. Weights are all zero: a sum is what its bias says. */
typedef struct bench {
    tfl_context context;
    uint8_t behind_context[ROOM_BEHIND];
    tfl_context *host;
    tfl_tensor tensors[TENSORS];
    uint8_t behind_tensors[ROOM_BEHIND];
    tfl_node node;
    uint8_t behind_node[ROOM_BEHIND];
    union {
        tfl_conv_2d_options conv;
        tfl_depthwise_conv_2d_options depthwise;
        tfl_fully_connected_options fully_connected;
        uint8_t bytes[ROOM_BEHIND];
    } params;
    tfl_affine_quantization quantization[TENSORS];
    tfl_float_array *scales[TENSORS];
    tfl_int_array *zero_points[TENSORS];
    /* Optimized kernels read and write whole vectors. */
    _Alignas(64) uint8_t data[TENSORS][ROOM_BEHIND];
} bench;

static int resize(tfl_context *context, tfl_tensor *tensor, tfl_int_array *dims) {
    bench *b = (bench *)context;
    int64_t count = 1;
    for (int32_t i = 0; i < dims->size; i++) count = dims->data[i] < 0 || count > CHANNELS ? CHANNELS + 1 : count * dims->data[i];
    if (tensor != &b->tensors[OUTPUT] || count != CHANNELS) {
        free(dims);
        return TFL_ERROR;
    }
    free((void *)(uintptr_t)tensor->dims);
    tensor->dims = dims;
    return TFL_OK;
}

static void say_nothing(tfl_context *context, const char *format, ...) {
    (void)context;
    (void)format;
}

static int no_tensors(tfl_context *context, int count, int *first) {
    (void)context;
    (void)count;
    (void)first;
    return TFL_ERROR;
}

static int no_node(tfl_context *context, int index, tfl_node **node, tfl_registration **registration) {
    (void)context;
    (void)index;
    (void)node;
    (void)registration;
    return TFL_ERROR;
}

/* Optimized kernels want TFLite's threads. */
static void *external_of_host(tfl_context *context, int type) {
    tfl_context *host = ((bench *)context)->host;
    return ((get_external)host->get_external_context)(host, type);
}

/* TFLite's kernels free such lists. */
static tfl_int_array *ints(int32_t size, const int32_t *values) {
    tfl_int_array *list = calloc(1, sizeof *list + 8 * sizeof(int32_t));
    if (list == NULL) return NULL;
    list->size = size;
    if (size > 0) memcpy(list->data, values, (size_t)size * sizeof *values);
    return list;
}

static int set_tensor(bench *b, int at, int32_t type, float scale, int32_t zero, int32_t rank, const int32_t *dims, size_t bytes) {
    tfl_tensor *t = &b->tensors[at];
    b->scales[at] = calloc(1, sizeof *b->scales[at] + sizeof(float));
    b->zero_points[at] = ints(1, &zero);
    *t = (tfl_tensor){.type = type, .data = b->data[at], .dims = ints(rank, dims), .scale = scale, .zero_point = zero,
                      .allocation_type = TFL_ARENA_RW, .bytes = bytes, .quantization_type = TFL_AFFINE_QUANTIZATION,
                      .quantization = &b->quantization[at], .name = "ptfe"};
    if (b->scales[at] == NULL || b->zero_points[at] == NULL || t->dims == NULL) return -1;
    b->scales[at]->size = 1;
    b->scales[at]->data[0] = scale;
    b->quantization[at] = (tfl_affine_quantization){b->scales[at], b->zero_points[at], 0};
    return 0;
}

static int set_up(bench *b, tfl_context *host, int32_t code, const question *q) {
    static const int32_t pixel[] = {1, 1, 1, 1}, channels[] = {1, 1, 1, CHANNELS}, kernels[] = {CHANNELS, 1, 1, 1};
    static const int32_t three[] = {INPUT, FILTER, BIAS}, one[] = {OUTPUT};
    const int fully = code == TFL_FULLY_CONNECTED, depthwise = code == TFL_DEPTHWISE_CONV_2D;
    const int32_t type = fully ? TFL_INT8 : TFL_UINT8, zero = fully ? 0 : 128, count = CHANNELS;
    b->host = host;
    b->context = (tfl_context){.tensors_size = TENSORS, .tensors = b->tensors, .resize_tensor = resize, .report_error = say_nothing,
                               .add_tensors = no_tensors, .get_node_and_registration = no_node, .recommended_num_threads = 1};
    get_external external = external_of_host;
    memcpy(&b->context.get_external_context, &external, sizeof external);
    if (fully) {
        b->params.fully_connected = (tfl_fully_connected_options){0};
    } else if (depthwise) {
        b->params.depthwise = (tfl_depthwise_conv_2d_options){TFL_PADDING_VALID, 1, 1, CHANNELS, 0, 1, 1};
    } else {
        b->params.conv = (tfl_conv_2d_options){TFL_PADDING_VALID, 1, 1, 0, 1, 1};
    }
    const float bias_scale = q->input_scale * q->filter_scale;
    const int32_t *filter = depthwise ? channels : fully ? (const int32_t[]){CHANNELS, 1} : kernels;
    int failed = set_tensor(b, INPUT, type, q->input_scale, zero, fully ? 2 : 4, pixel, 1);
    failed |= set_tensor(b, FILTER, type, q->filter_scale, zero, fully ? 2 : 4, filter, CHANNELS);
    failed |= set_tensor(b, BIAS, TFL_INT32, bias_scale, 0, 1, &count, sizeof q->sums);
    failed |= set_tensor(b, OUTPUT, type, q->output_scale, zero, fully ? 2 : 4, fully ? channels + 2 : channels, CHANNELS);
    memset(b->data[INPUT], zero, sizeof b->data[INPUT]);
    memset(b->data[FILTER], zero, sizeof b->data[FILTER]);
    memcpy(b->data[BIAS], q->sums, sizeof q->sums);
    b->node = (tfl_node){.inputs = ints(3, three), .outputs = ints(1, one), .intermediates = ints(0, NULL),
                         .temporaries = ints(0, NULL), .builtin_data = &b->params};
    failed |= b->node.inputs == NULL || b->node.outputs == NULL || b->node.intermediates == NULL || b->node.temporaries == NULL;
    return failed ? -1 : 0;
}

static void tear_down(bench *b) {
    for (int i = 0; i < TENSORS; i++) {
        free((void *)(uintptr_t)b->tensors[i].dims);
        free(b->scales[i]);
        free(b->zero_points[i]);
    }
    free((void *)(uintptr_t)b->node.inputs);
    free((void *)(uintptr_t)b->node.outputs);
    free((void *)(uintptr_t)b->node.intermediates);
    free((void *)(uintptr_t)b->node.temporaries);
    free(b);
}

/* The outputs less their zero-point. 0, or -1. */
static int ask(tfl_context *host, const tfl_registration *registration, const question *q, int32_t answers[CHANNELS]) {
    size_t size = (sizeof(bench) + 63) / 64 * 64;
    bench *b = aligned_alloc(64, size);
    if (b == NULL) return -1;
    memset(b, 0, size);
    int status = -1;
    if (set_up(b, host, registration->builtin_code, q) == 0) {
        b->node.user_data = registration->init(&b->context, NULL, 0);
        if (registration->prepare(&b->context, &b->node) == TFL_OK && registration->invoke(&b->context, &b->node) == TFL_OK) status = 0;
        registration->free(&b->context, b->node.user_data);
        for (int i = 0; i < CHANNELS; i++) {
            const uint8_t byte = b->data[OUTPUT][i];
            answers[i] = registration->builtin_code == TFL_FULLY_CONNECTED ? (int8_t)byte : byte - 128;
        }
    }
    tear_down(b);
    return status;
}

int can_ask(const tfl_registration *r) {
    const int known = r->builtin_code == TFL_CONV_2D || r->builtin_code == TFL_DEPTHWISE_CONV_2D || r->builtin_code == TFL_FULLY_CONNECTED;
    return known && r->init != NULL && r->free != NULL && r->prepare != NULL && r->invoke != NULL;
}

/* TFLite ends the process where a kernel finds no threads. */
static int has_threads(tfl_context *host) {
    return host->get_external_context != NULL && ((get_external)host->get_external_context)(host, CPU_BACKEND) != NULL;
}

/*
 * Two scales of 1 + 2^-12: their product is 1 + 2^-11 as float32, and 2^-24 more as double. The sums are those nearest to the
 * middle between the two numbers that make them a tie: one product leaves them 2^-19 counts below it, the other as far above
 * it, a whole step of the grid of a first rounding, which no second one takes back.
 */
enum kept_product ask_product(tfl_context *host, const tfl_registration *registration) {
    static const int32_t counts[CHANNELS] = {80, 88, 97, 104, -82, -91, -99, -107};
    const double one = 1 + 0x1p-12;
    question q = {(float)one, (float)(one * 0x1p-20), 1, {0}};
    int32_t answers[CHANNELS], further = 0, nearer = 0;
    if (!can_ask(registration) || !has_threads(host)) return PRODUCT_UNKNOWN;
    for (int i = 0; i < CHANNELS; i++) {
        const double tie = counts[i] + (counts[i] > 0 ? 0.5 : -0.5);
        q.sums[i] = (int32_t)(tie / ((one * one - 0x1p-25) * 0x1p-20) + (tie > 0 ? 0.5 : -0.5));
    }
    if (ask(host, registration, &q, answers) != 0) return PRODUCT_UNKNOWN;
    for (int i = 0; i < CHANNELS; i++) {
        nearer += answers[i] == counts[i];
        further += answers[i] == counts[i] + (counts[i] > 0 ? 1 : -1);
    }
    return nearer == CHANNELS ? PRODUCT_FLOAT32 : further == CHANNELS ? PRODUCT_DOUBLE : PRODUCT_UNKNOWN;
}

/* A scale of 0.3: these sums end in 0.3, which is 0.5 on the grid of the first of two roundings, and then 1 LSB more. */
enum roundings ask_roundings(tfl_context *host, const tfl_registration *registration) {
    question q = {0.5f, 0.6f, 1, {1, 11, 21, 101, 201, -1, -11, -301}};
    int32_t answers[CHANNELS], once = 0, twice = 0;
    if (registration->builtin_code != TFL_FULLY_CONNECTED || !can_ask(registration) || !has_threads(host)) return ROUNDINGS_UNKNOWN;
    if (ask(host, registration, &q, answers) != 0) return ROUNDINGS_UNKNOWN;
    for (int i = 0; i < CHANNELS; i++) {
        const int32_t toward = q.sums[i] / 10 * 3;
        once += answers[i] == toward;
        twice += answers[i] == toward + (q.sums[i] > 0 ? 1 : -1);
    }
    return once == CHANNELS ? ROUNDINGS_ONE : twice == CHANNELS ? ROUNDINGS_TWO : ROUNDINGS_UNKNOWN;
}
