#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#include "../plan/layout.h"
#include "../compile/delegate.h"
#include "../util/line.h"
#include "border.h"

enum { MOST_SUSPECTS = 3 };

void kernel_unload(kernel *k) {
    ptfe_close(k->session);
    answer_release(k->planned);
    free(k->given);
    free(k->taken);
    k->session = NULL;
    k->planned = NULL;
    k->given = NULL;
    k->taken = NULL;
}

/* Missing leading dimensions count as 1, and more of them must be 1. A tensor that was planned in another shape has as many elements. */
static int has_shape(const tfl_tensor *tensor, const plan_tensor *planned) {
    const int channels_first = planned->layout == PLAN_NCHW;
    const uint32_t shape[4] = {planned->n, channels_first ? planned->c : planned->h, channels_first ? planned->h : planned->w,
                               channels_first ? planned->w : planned->c};
    if (planned->layout == PLAN_FLAT || planned->layout == PLAN_PIECES) return 1; /* as many bytes: border_check */
    if (tensor->dims == NULL) return 0;
    const int32_t rank = tensor->dims->size, *dims = tensor->dims->data;
    /* NCHW of one row may lack the row: a mean over it that does not keep the dimension. */
    if (channels_first && planned->h == 1 && rank == 3 && dims[0] == 1 && (uint32_t)dims[1] == planned->c &&
        (uint32_t)dims[2] == planned->w)
        return planned->n == 1;
    for (int32_t i = rank < 4 ? rank - 4 : 0; i < rank; i++) {
        int32_t size = i < 0 ? 1 : dims[i], place = i + 4 - rank;
        if (size < 0 || (uint32_t)size != (place < 0 ? 1u : shape[place])) return 0;
    }
    return 1;
}

/* Of every source: nothing of a plan runs before its border is the partition's, and every feature map the tensor that it is for. */
static int check_plan(const kernel *k, const tfl_context *context, ptfe_error *error) {
    const plan *p = &k->session->plan;
    if (border_check(p, k->inputs, k->outputs, context, error) != 0) return -1;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        const plan_tensor *planned = &p->tensors[i];
        if (!plan_is_given_or_taken(planned)) continue;
        if (planned->tflite_index < context->tensors_size) {
            const tfl_tensor *tensor = &context->tensors[planned->tflite_index];
            if ((uint32_t)tensor->type == planned->type && has_shape(tensor, planned)) continue;
        }
        return error_set(error, "tensor %u is not %ux%ux%ux%u", (unsigned)planned->tflite_index, (unsigned)planned->n,
                         (unsigned)planned->h, (unsigned)planned->w, (unsigned)planned->c);
    }
    return 0;
}

static int open_session(kernel *k, ptfe_error *error) {
    const delegate *d = k->delegate;
    const device_settings settings = {.facts = d->options.value[OPTION_FACTS]};
    const plan_source source = answer_plan(k->planned, k->planned_part);
    const uint64_t start = profile_clock(d->profile);
    if (session_open(d->device, &source, &settings, &k->session, error) != 0) return -1;
    profile_opened(d->profile, k->session, start);
    return 0;
}

static int open_part(kernel *k, answer *a, const answer_part *part, ptfe_error *error) {
    k->planned = answer_keep(a);
    k->planned_part = part;
    if (open_session(k, error) != 0) return -1;
    k->given = calloc((size_t)ptfe_input_count(k->session) + 1, sizeof *k->given);
    k->taken = calloc((size_t)ptfe_output_count(k->session) + 1, sizeof *k->taken);
    if (k->given != NULL && k->taken != NULL) return 0;
    return error_no_memory(error, "a part");
}

int kernel_load(kernel *k, answer *a, const answer_part *part, const tfl_context *context, ptfe_error *error) {
    kernel_unload(k);
    k->suspects = 0;
    int status = open_part(k, a, part, error);
    if (status == 0) status = check_plan(k, context, error);
    if (status == 0) status = shapes_take(&k->now, context, k->inputs, k->outputs, error);
    if (status != 0) kernel_unload(k);
    return status;
}

int kernel_load_own(kernel *k, const tfl_context *context) {
    ptfe_error error;
    return shapes_compare(&k->own, context, k->inputs, k->outputs, &error) == 0 &&
           kernel_load(k, k->answer, k->part, context, &error) == 0;
}

int kernel_new(answer *a, const answer_part *part, const tfl_context *context, delegate *d, kernel **out, ptfe_error *error) {
    kernel *k = calloc(1, sizeof *k);
    *out = k;
    if (k == NULL) return error_no_memory(error, "a part");
    k->answer = answer_keep(a);
    k->delegate = delegate_keep(d);
    k->part = part;
    k->nodes = part->nodes;
    k->inputs = part->inputs;
    k->outputs = part->outputs;
    k->fallback.get_node = context->get_node_and_registration;
    int status = kernel_load(k, a, part, context, error);
    if (status == 0) status = shapes_take(&k->own, context, k->inputs, k->outputs, error);
    if (status == 0) return 0;
    kernel_free(k);
    *out = NULL;
    return status;
}

void kernel_free(kernel *k) {
    if (k == NULL) return;
    kernel_unload(k);
    fallback_free(&k->fallback);
    shapes_free(&k->own);
    shapes_free(&k->now);
    answer_release(k->answer);
    delegate_release(k->delegate);
    free(k);
}

int kernel_matches(const kernel *k, const tfl_context *context, ptfe_error *error) {
    if (k->session != NULL) return shapes_compare(&k->now, context, k->inputs, k->outputs, error);
    return error_set(error, "no plan");
}

/* The tensors of one run, in the plan's order. */
static int collect(kernel *k, const tfl_context *context, ptfe_error *error) {
    const plan *p = &k->session->plan;
    uint32_t in = 0, out = 0;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        const plan_tensor *planned = &p->tensors[i];
        if (!plan_is_given_or_taken(planned)) continue;
        const tfl_tensor *tensor = &context->tensors[planned->tflite_index];
        if (tensor->data == NULL || tensor->bytes != layout_bytes(planned)) {
            return error_set(error, "tensor %u has %s%zu bytes, not %zu", (unsigned)planned->tflite_index,
                             tensor->data == NULL ? "no memory for its " : "", tensor->bytes, layout_bytes(planned));
        }
        if (planned->direction == PLAN_IN) k->given[in++] = tensor->data;
        else k->taken[out++] = tensor->data;
    }
    return 0;
}

/* A forked child never touches its parent's device: the plan is loaded again, on a device of its own. */
static int load_again(kernel *k, ptfe_error *error) {
    ptfe_close(k->session);
    return open_session(k, error);
}

/* Once more where the device is not sure of the values. `start`: of the run that counts, for the profile. */
static int run_session(kernel *k, uint64_t *start, ptfe_error *error) {
    *start = profile_clock(k->delegate->profile);
    int status = session_run(k->session, k->given, k->taken, NULL, error);
    if (status != 0 && error->code == PTFE_ERROR_FORKED) {
        status = load_again(k, error);
        if (status == 0) status = session_run(k->session, k->given, k->taken, NULL, error);
    }
    if (status == 0 || error->code != PTFE_ERROR_SUSPECT) return status;
    *start = profile_clock(k->delegate->profile);
    return session_run(k->session, k->given, k->taken, NULL, error);
}

/* An invoke that the device did not do. After some in a row it is left alone. */
static void give_up(kernel *k, const ptfe_error *error) {
    if (error->code == PTFE_ERROR_SUSPECT && ++k->suspects < MOST_SUSPECTS) {
        line_say("this invoke of %u nodes is done by TFLite's kernels: %s", (unsigned)k->nodes.count, error->text);
        return;
    }
    line_say("a part of %u nodes goes on with TFLite's kernels: %s", (unsigned)k->nodes.count, error->text);
    kernel_unload(k);
}

int kernel_invoke(kernel *k, tfl_context *context, ptfe_error *error) {
    if (k->session == NULL) return fallback_run(&k->fallback, context, k->nodes, k->outputs, error);
    if (collect(k, context, error) != 0) return -1;
    uint64_t start;
    if (run_session(k, &start, error) != 0) {
        give_up(k, error);
        return fallback_run(&k->fallback, context, k->nodes, k->outputs, error);
    }
    k->suspects = 0;
    profile_add(k->delegate->profile, k->session, start);
    return 0;
}
