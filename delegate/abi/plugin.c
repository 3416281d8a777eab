/* TFLite's external-delegate entry points. Nothing here aborts or prints more than a line. */
#include <stdatomic.h>

#include "../util/line.h"
#include "../util/option_names.h"
#include "../compile/prepare.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT tfl_delegate *tflite_plugin_create_delegate(char **keys, char **values, size_t count, void (*report_error)(const char *));
EXPORT void tflite_plugin_destroy_delegate(tfl_delegate *base);

static void complain(void (*report_error)(const char *), const char *text) {
    if (report_error != NULL) report_error(text);
    else line_say("%s", text);
}

/* What computes is no secret: a line, once in a process. */
static int choose(delegate *d, ptfe_error *error) {
    static atomic_flag is_said = ATOMIC_FLAG_INIT;
    if (device_choose(d->options.value[OPTION_DEVICE], &d->device, error) != 0) return -1;
    if (error->code != PTFE_ERROR_NONE && !atomic_flag_test_and_set(&is_said)) line_say("%s", error->text);
    return 0;
}

/* Who comes from Mesa's Teflon gets a line, once in a process, and a delegate. */
static void note_foreign(char **keys, size_t count) {
    static atomic_flag is_said = ATOMIC_FLAG_INIT;
    char note[256];
    if (option_foreign_note(keys, count, note, sizeof note) && !atomic_flag_test_and_set(&is_said)) line_say("%s", note);
}

static int set_up(delegate *d, char **keys, char **values, size_t count, ptfe_error *error) {
    note_foreign(keys, count);
    if (options_read(&d->options, keys, values, count, error) != 0) return -1;
    if (choose(d, error) != 0) return -1;
    const char *file = d->options.value[OPTION_PROFILE];
    if (*file == 0) return 0;
    d->profile = profile_new(file);
    return d->profile == NULL ? error_no_memory(error, "the profile") : 0;
}

tfl_delegate *tflite_plugin_create_delegate(char **keys, char **values, size_t count, void (*report_error)(const char *)) {
    ptfe_error error;
    delegate *d = delegate_new();
    if (d == NULL) {
        complain(report_error, "no memory for a delegate");
        return NULL;
    }
    d->base.data = d;
    d->base.prepare = delegate_prepare;
    d->base.flags = TFL_ALLOW_DYNAMIC_TENSORS | TFL_REQUIRE_PROPAGATED_SHAPES;
    if (set_up(d, keys, values, keys == NULL || values == NULL ? 0 : count, &error) == 0) return &d->base;
    complain(report_error, error.text);
    tflite_plugin_destroy_delegate(&d->base);
    return NULL;
}

void tflite_plugin_destroy_delegate(tfl_delegate *base) {
    delegate_release((delegate *)base);
}
