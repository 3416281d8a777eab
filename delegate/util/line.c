#define _POSIX_C_SOURCE 200809L
#include "line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "signals.h"

enum { LONGEST = 1024 };

/* One write: lines of several threads do not mix. Nothing can be done where stderr is gone. */
static void print(const char *prefix, const char *format, va_list arguments) {
    char text[LONGEST];
    size_t used = strlen(prefix);
    memcpy(text, prefix, used);
    int length = vsnprintf(text + used, sizeof text - used - 1, format, arguments);
    if (length < 0) return;
    used = used + (size_t)length < sizeof text - 2 ? used + (size_t)length : sizeof text - 2;
    text[used++] = '\n';
    signals held;
    signals_hold(&held);
    const ssize_t wrote = write(STDERR_FILENO, text, used);
    signals_release(&held);
    if (wrote < 0) return;
}

void line_say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print("ptfe: ", format, arguments);
    va_end(arguments);
}

void line_print(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print("", format, arguments);
    va_end(arguments);
}

void line_clean(char *out, size_t size, const char *text, size_t length) {
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < size; i++) {
        unsigned char c = (unsigned char)text[i];
        out[used++] = c >= ' ' && c < 0x7f ? (char)c : ' ';
    }
    out[used] = 0;
}
