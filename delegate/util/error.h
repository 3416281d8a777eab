/* Why something failed: a message for people, and a code for callers that go on in another way after one kind of failure. */
#ifndef PTFE_ERROR_H
#define PTFE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

/* A kind has a code because a caller asks for it. */
enum ptfe_error_code {
    PTFE_ERROR_NONE = 0,  /* nothing failed */
    PTFE_ERROR_OTHER,     /* the text says it all: nobody goes on in another way */
    PTFE_ERROR_MEMORY,    /* no memory: nothing is said of what was looked at */
    PTFE_ERROR_MISSING,   /* no such file or folder */
    PTFE_ERROR_DAMAGED,   /* bytes that are not those that were written */
    PTFE_ERROR_OTHER_MODEL, /* a whole plan, of another graph */
    PTFE_ERROR_DEVICE,    /* the plan is good, but the device does not take it: compiling again would not help */
    PTFE_ERROR_SUSPECT,   /* the values may not be what the jobs make: another run may do better */
    PTFE_ERROR_FORKED,    /* the device was loaded by the process that this one was forked from */
    PTFE_ERROR_HALF_DONE, /* TFLite failed in the middle of replacing nodes: only it can put the graph back */
};

/* The last argument of what can fail: such a function returns 0, or -1 (NULL for a pointer) and fills it. */
typedef struct ptfe_error {
    enum ptfe_error_code code;
    char text[1024]; /* cut where it does not fit */
} ptfe_error;

/* Fill `error`; an argument may point into its text. Always -1. */
int error_set(ptfe_error *error, const char *format, ...) __attribute__((format(printf, 2, 3))); /* PTFE_ERROR_OTHER */
int error_set_code(ptfe_error *error, enum ptfe_error_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "no memory for WHAT". Always -1. */
int error_no_memory(ptfe_error *error, const char *what);

/* "WHAT: " and what `number` means, an errno; with the code where that says one. Always -1. */
int error_errno(ptfe_error *error, const char *what, int number);
enum ptfe_error_code error_code_of(int number);

/* The sentence for a caller of the C ABI, cut to `size`; nothing where that is 0. */
void error_give(const ptfe_error *error, char *text, size_t size);

/* More of the sentence; the code stays. */
void error_append(ptfe_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_append_list(ptfe_error *error, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

#endif
