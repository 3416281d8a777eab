/* What the engine writes to stderr, boiled down to the one line that says most, and what a user can do about it. */
#ifndef PTFE_COMPLAINTS_H
#define PTFE_COMPLAINTS_H

#include <stddef.h>

typedef struct complaints {
    char line[256], best[200];
    size_t length;
    int rank; /* of `best` */
} complaints;

void complaints_add(complaints *c, const char *text, size_t length);

/* The line, printable; "" when nothing was written. */
const char *complaints_line(complaints *c);

/* What to do, as the end of a sentence; "" where the line speaks for itself. `signal`: the one that ended the engine, or 0. */
const char *complaints_cure(const complaints *c, int signal);

#endif
