/* Lines for people: one at a time on stderr, with nothing in them that could spoil a terminal or a log. */
#ifndef PTFE_LINE_H
#define PTFE_LINE_H

#include <stddef.h>

/* "ptfe: ..." in one piece. */
void line_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A whole line without the name before it, for tables. */
void line_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text that another process wrote, as one printable line, cut to `size`. */
void line_clean(char *out, size_t size, const char *text, size_t length);

#endif
