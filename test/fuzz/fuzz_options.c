/* Options of the delegate: lines of a key, '=' and a value; and facts as the option of that name has them. */
#include <stdlib.h>
#include <string.h>

#include "../../delegate/device/facts_option.h"
#include "../../delegate/util/options.h"
#include "fuzz.h"

enum { MOST_OPTIONS = 16 };

int fuzz_options(const uint8_t *data, size_t size) {
    char *keys[MOST_OPTIONS], *values[MOST_OPTIONS], *text = malloc(size + 1);
    size_t count = 0;
    if (text == NULL) abort();
    if (size > 0) memcpy(text, data, size);
    text[size] = 0;
    ptfe_error *own = malloc(sizeof *own); /* a sanitizer sees its end */
    if (own == NULL) abort();
    facts_option_check(text, own);
    free(own);
    for (char *line = text; line != NULL && count < MOST_OPTIONS; count++) {
        char *next = strchr(line, '\n');
        if (next != NULL) *next++ = 0;
        char *equals = strchr(line, '=');
        keys[count] = *line == '-' ? NULL : line;
        values[count] = equals == NULL ? NULL : equals + 1;
        if (equals != NULL) *equals = 0;
        line = next;
    }
    options o;
    ptfe_error error;
    fuzz_taken += options_read(&o, keys, values, count, &error) == 0;
    options_free(&o);
    free(text);
    return 0;
}
