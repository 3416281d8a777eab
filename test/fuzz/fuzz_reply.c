/*
 * What the engine says, as its frames hold it (those are fuzz_frames's): verdicts on nodes, and plans or refusals of the parts
 * that were asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "../../delegate/compile/answer.h"
#include "fuzz.h"

enum { MOST_NODES = 8 };

static uint8_t *copy(const uint8_t *from, size_t size) {
    uint8_t *made = malloc(size + 1);
    if (made == NULL) abort();
    if (size > 0) memcpy(made, from, size);
    return made;
}

/* data: u8 nodes, u8 and u16 lengths of the verdicts and of the request; then the three runs. */
int fuzz_reply(const uint8_t *data, size_t size) {
    ptfe_error error;
    uint32_t nodes[MOST_NODES];
    if (size < 5) return 0;
    const size_t count = data[0] % (MOST_NODES + 1), rest = size - 5;
    size_t check = data[1] | (size_t)data[2] << 8, request = data[3] | (size_t)data[4] << 8;
    check = check > rest ? rest : check;
    request = request > rest - check ? rest - check : request;
    answer *a = answer_new();
    if (a == NULL) abort();
    for (uint32_t i = 0; i < MOST_NODES; i++) nodes[i] = i;
    a->check = copy(data + 5, a->check_length = check);
    a->request = copy(data + 5 + check, a->request_length = request);
    a->reply = copy(data + 5 + check + request, a->reply_length = rest - check - request);
    if (answer_read_check(a, nodes, count, &error) == 0) {
        bytes again = {0};
        answer_write_check(a, &again);
        for (size_t i = 0; i < a->verdict_count; i++) {
            if (a->verdicts[i].text.length > 0 && a->verdicts[i].text.data[a->verdicts[i].text.length - 1] == 1) error.text[0] = 0;
        }
        bytes_free(&again);
    }
    if (answer_read_parts(a, &error) == 0) {
        uint64_t sum = 0;
        fuzz_taken++;
        for (size_t i = 0; i < a->part_count; i++) {
            const answer_part *p = &a->parts[i];
            for (uint32_t n = 0; n < p->nodes.count; n++) sum += p->nodes.data[n];
            for (uint32_t n = 0; n < p->inputs.count; n++) sum += p->inputs.data[n];
            for (uint32_t n = 0; n < p->outputs.count; n++) sum += p->outputs.data[n];
            if (p->plan != NULL && p->plan_length > 0) sum += p->plan[p->plan_length - 1];
            if (p->plan != NULL && (uintptr_t)(p->plan - a->reply) % 8 != 0) abort();
            refusal refused;
            size_t at = 0;
            while (p->plan == NULL && answer_next_refusal(p, &at, &refused) > 0) {
                for (size_t n = 0; n < refused.text.length; n++) sum += (uint8_t)refused.text.data[n];
            }
        }
        const bytes own = {.data = a->request, .length = a->request_length};
        answer_has_parts(a, &own);
        error.text[0] = (char)sum;
    }
    answer_release(a);
    return 0;
}
