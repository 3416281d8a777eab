#define _GNU_SOURCE /* secure_getenv */
#include "option_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../generated/foreign_options.h"
#include "../generated/option_table.h"

enum { LONGEST = 40, MOST_CHANGES = 2 };

static int least(int a, int b) { return a < b ? a : b; }

/* Letters to insert, leave out, replace, or exchange with the next one, to make one name of the other. */
static int changes(const char *a, const char *b) {
    const size_t m = strlen(a), n = strlen(b);
    int rows[3][LONGEST + 1];
    if (m > LONGEST || n > LONGEST) return LONGEST;
    for (size_t j = 0; j <= n; j++) rows[0][j] = (int)j;
    for (size_t i = 1; i <= m; i++) {
        int *now = rows[i % 3];
        const int *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[m % 3][n];
}

const char *option_near(const char *name) {
    const char *nearest = NULL;
    int fewest = MOST_CHANGES + 1;
    for (int id = 0; id < OPTION_COUNT; id++) {
        const int needed = changes(name, option_table[id].name);
        /* A name of which hardly a letter is left is another word. */
        if (needed >= fewest || (size_t)needed * 2 >= strlen(option_table[id].name)) continue;
        fewest = needed;
        nearest = option_table[id].name;
    }
    return nearest;
}

int option_is_foreign(const char *name) {
    for (int i = 0; i < FOREIGN_OPTION_COUNT; i++) {
        if (strcmp(name, foreign_options[i].name) == 0) return 1;
    }
    return 0;
}

static int is_given(const char *name, char **keys, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (keys[i] != NULL && strcmp(keys[i], name) == 0) return 1;
    }
    const char *variable = secure_getenv(name);
    return variable != NULL && *variable != 0;
}

int option_foreign_note(char **keys, size_t count, char *out, size_t size) {
    for (int i = 0; i < FOREIGN_OPTION_COUNT; i++) {
        if (!is_given(foreign_options[i].name, keys, count)) continue;
        snprintf(out, size, "%s is an option of %s and has no effect here: %s", foreign_options[i].name, foreign_options[i].whose, foreign_options[i].instead);
        return 1;
    }
    return 0;
}
