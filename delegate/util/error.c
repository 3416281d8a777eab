#include "error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static int set(ptfe_error *error, enum ptfe_error_code code, const char *format, va_list arguments) {
    char text[sizeof error->text] = "";
    vsnprintf(text, sizeof text, format, arguments);
    error->code = code;
    memcpy(error->text, text, sizeof text);
    return -1;
}

int error_set(ptfe_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set(error, PTFE_ERROR_OTHER, format, arguments);
    va_end(arguments);
    return -1;
}

int error_set_code(ptfe_error *error, enum ptfe_error_code code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set(error, code, format, arguments);
    va_end(arguments);
    return -1;
}

int error_no_memory(ptfe_error *error, const char *what) { return error_set_code(error, PTFE_ERROR_MEMORY, "no memory for %s", what); }

enum ptfe_error_code error_code_of(int number) {
    switch (number) {
    case ENOMEM: return PTFE_ERROR_MEMORY;
    case ENOENT: return PTFE_ERROR_MISSING;
    default: return PTFE_ERROR_OTHER;
    }
}

int error_errno(ptfe_error *error, const char *what, int number) {
    return error_set_code(error, error_code_of(number), "%s: %s", what, strerror(number));
}

void error_append_list(ptfe_error *error, const char *format, va_list arguments) {
    const size_t used = strlen(error->text);
    vsnprintf(error->text + used, sizeof error->text - used, format, arguments);
}

void error_append(ptfe_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error_append_list(error, format, arguments);
    va_end(arguments);
}

void error_give(const ptfe_error *error, char *text, size_t size) { snprintf(text, size, "%s", error->text); }
