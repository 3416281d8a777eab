/* The bytes of a plan, through the gate, onto the software device, and run where that is short work. */
#include <stdlib.h>
#include <string.h>

#include "../../delegate/plan/layout.h"
#include "../../delegate/plan/session.h"
#include "fuzz.h"

enum { ERROR_BYTES = 256 };

/* Length and checksum made right: what is behind them is to be reached. */
static void seal(uint8_t *bytes, size_t size) {
    const uint64_t length = size;
    if (size < 136) return;
    memcpy(bytes + 16, &length, sizeof length);
    const uint64_t hash = plan_hash(bytes + 32, size - 32);
    memcpy(bytes + 24, &hash, sizeof hash);
}

static uint64_t cycles_of(const ptfe_session *s) {
    uint64_t cycles = 0;
    for (uint32_t i = 0; i < ptfe_task_count(s); i++) cycles += ptfe_task_cycles(s, i);
    return cycles;
}

static uint64_t bytes_of(const ptfe_session *s) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < s->plan.tensor_count; i++) bytes += layout_bytes(&s->plan.tensors[i]);
    return bytes;
}

static void run(ptfe_session *s) {
    char error[ERROR_BYTES];
    void *buffers[128] = {NULL};
    const void *inputs[64];
    const uint32_t in = ptfe_input_count(s), out = ptfe_output_count(s);
    if (in > 64 || out > 64) return;
    for (uint32_t i = 0; i < in + out; i++) {
        ptfe_tensor tensor;
        if ((i < in ? ptfe_input(s, i, &tensor) : ptfe_output(s, i - in, &tensor)) != 0) abort();
        buffers[i] = calloc(1, tensor.bytes); /* exactly: a sanitizer sees its end */
        if (buffers[i] == NULL) abort();
        if (i < in) inputs[i] = buffers[i];
    }
    ptfe_run(s, inputs, buffers + in, error, sizeof error);
    for (uint32_t i = 0; i < in + out; i++) free(buffers[i]);
}

static int is_small(const uint8_t *bytes, size_t size) {
    plan p;
    ptfe_error error;
    uint64_t memory = 0;
    const plan_source source = plan_in_memory(bytes, size);
    if (plan_open(&source, &p, &error) != 0) return 1; /* refused again, with all of ptfe_open around it */
    for (uint32_t i = 0; i < p.bo_count; i++) memory += p.bos[i].size;
    for (uint32_t i = 0; i < p.host_count; i++) memory += layout_bytes(&p.tensors[p.hosts[i].input]);
    return memory <= FUZZ_MOST_BYTES;
}

int fuzz_plan(const uint8_t *data, size_t size) {
    char error[ERROR_BYTES];
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL) return 0;
    if (size > 0) memcpy(bytes, data, size);
    seal(bytes, size);
    ptfe_session *s = is_small(bytes, size) ? ptfe_open(bytes, size, NULL, error, sizeof error) : NULL;
    fuzz_taken += s != NULL;
    if (s != NULL && cycles_of(s) <= FUZZ_MOST_CYCLES && bytes_of(s) <= FUZZ_MOST_BYTES) run(s);
    ptfe_close(s);
    free(bytes);
    return 0;
}
