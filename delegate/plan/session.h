/* A plan on a device, ready to run: what the delegate's kernel, the C ABI and the addon share. */
#ifndef PTFE_SESSION_H
#define PTFE_SESSION_H

#include "../device/device.h"
#include "../include/ptfe.h"

struct ptfe_session {
    plan plan;
    const device_ops *device;
    device_plan *loaded;
    const plan_tensor **inputs; /* of the plan, in its order; the outputs stand behind them */
    const plan_tensor **outputs;
    uint32_t input_count, output_count;
    uint8_t *scratch;           /* for steps of the host; NULL where the plan has none */
    uint64_t *host_nanoseconds; /* of each of them, in the last run */
    uint64_t input_nanoseconds, output_nanoseconds; /* of the conversions between TFLite's tensors and cubes, in the last run */
};

/*
 * ptfe_open on a given device; what `source` points to must outlive the session, `settings` may be NULL. 0, or -1, fills `error` and gives no session: with PTFE_ERROR_DEVICE where the plan is good, but
 * the device does not take it.
 */
int session_open(const device_ops *device, const plan_source *source, const device_settings *settings, ptfe_session **out,
                 ptfe_error *error);

/* Called behind each job and each step of the host, with their count so far: for tools that look into the arena. */
typedef struct session_watch {
    void (*step)(void *context, const ptfe_session *session, uint32_t done);
    void *context;
} session_watch;

/* One run; somebody looks on (NULL: nobody). 0, or -1 and fills `error` as the device does. */
int session_run(ptfe_session *session, const void *const *inputs, void *const *outputs, const session_watch *watch, ptfe_error *error);

#endif
