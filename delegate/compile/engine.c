/* Requests to the engine and its replies: frames (docs/formats.md). */
#define _POSIX_C_SOURCE 200809L
#include "engine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../util/line.h"
#include "complaints.h"
#include "engine_child.h"

#define FRAME_BYTES sizeof(engine_frame)
#define MOST_REPLY_BYTES ((uint64_t)1 << 30)
#define GRACE_MILLISECONDS 300
#define LOOK_MILLISECONDS 100 /* how often its clock is looked at */

struct engine {
    engine_child child;
    int seconds;
    complaints complaints;
};

engine *engine_start(const char *node, const char *file, int seconds, int mebibytes, int folder, ptfe_error *error) {
    engine *e = calloc(1, sizeof *e);
    if (e == NULL) {
        error_no_memory(error, "the engine");
        return NULL;
    }
    e->seconds = seconds;
    if (engine_child_start(&e->child, node, file, mebibytes, folder, error) == 0) return e;
    free(e);
    return NULL;
}

void engine_stop(engine *e) {
    if (e == NULL) return;
    engine_child_end(&e->child);
    free(e);
}

static void take_complaints(engine *e) {
    char chunk[1024];
    ssize_t got;
    int *fd = &e->child.complaints;
    while (*fd >= 0 && (got = read(*fd, chunk, sizeof chunk)) != 0) {
        if (got < 0) {
            if (errno == EINTR) continue;
            return; /* nothing more for now */
        }
        complaints_add(&e->complaints, chunk, (size_t)got);
    }
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* Always -1, with what became of the child. */
static int explain_end(engine *e, ptfe_error *error) {
    int status = engine_child_reap(&e->child, GRACE_MILLISECONDS);
    take_complaints(e);
    const char *said = complaints_line(&e->complaints), *colon = *said == 0 ? "" : ": ";
    if (status != -1 && WIFSIGNALED(status)) {
        return error_set(error, "the engine was ended by signal %d%s%s%s", WTERMSIG(status), colon, said,
                         complaints_cure(&e->complaints, WTERMSIG(status)));
    }
    if (status == -1) return error_set(error, "the engine closed its output%s%s", colon, said);
    return error_set(error, "the engine ended with status %d%s%s%s", WEXITSTATUS(status), colon, said, complaints_cure(&e->complaints, 0));
}

typedef struct outgoing {
    engine_frame header;
    const uint8_t *payload;
    size_t payload_length, sent;
} outgoing;

/* Sends what the socket takes; a child that does not read any more is noticed by what it answers. */
static void send_some(engine *e, outgoing *o) {
    size_t whole = FRAME_BYTES + o->payload_length;
    while (o->sent < whole) {
        const uint8_t *from = o->sent < FRAME_BYTES ? (const uint8_t *)&o->header + o->sent : o->payload + (o->sent - FRAME_BYTES);
        size_t length = o->sent < FRAME_BYTES ? FRAME_BYTES - o->sent : whole - o->sent;
        ssize_t sent = send(e->child.to, from, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        o->sent = sent < 0 ? whole : o->sent + (size_t)sent;
    }
}

typedef struct incoming {
    engine_frame header;
    uint8_t *payload;
    size_t got, capacity;
} incoming;

static int check_header(const incoming *in, ptfe_error *error) {
    if (in->header.magic != ENGINE_REPLY_MAGIC) return error_set(error, "the engine wrote something that is no reply");
    if (in->header.length > MOST_REPLY_BYTES) {
        return error_set(error, "the engine announced a reply of %llu bytes", (unsigned long long)in->header.length);
    }
    return 0;
}

/* Room grows with what arrives: an announced length alone allocates nothing. */
static int make_room(incoming *in, ptfe_error *error) {
    if (in->got - FRAME_BYTES < in->capacity || in->capacity == in->header.length) return 0;
    size_t capacity = in->capacity == 0 ? 65536 : in->capacity * 4;
    if (capacity > in->header.length) capacity = (size_t)in->header.length;
    uint8_t *grown = realloc(in->payload, capacity);
    if (grown == NULL) return error_no_memory(error, "the engine's reply");
    in->payload = grown;
    in->capacity = capacity;
    return 0;
}

/* 1 when the frame is whole, 0 when more must come, -1 and fills `error`. */
static int receive_some(engine *e, incoming *in, ptfe_error *error) {
    for (;;) {
        if (in->got >= FRAME_BYTES && in->got - FRAME_BYTES == in->header.length) return 1;
        if (in->got >= FRAME_BYTES && make_room(in, error) != 0) return -1;
        uint8_t *to = in->got < FRAME_BYTES ? (uint8_t *)&in->header + in->got : in->payload + (in->got - FRAME_BYTES);
        size_t room = in->got < FRAME_BYTES ? FRAME_BYTES - in->got : in->capacity - (in->got - FRAME_BYTES);
        ssize_t got = read(e->child.from, to, room);
        if (got == 0) return explain_end(e, error);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
        if (got < 0) return error_errno(error, "cannot read from the engine", errno);
        size_t before = in->got;
        in->got += (size_t)got;
        if (before < FRAME_BYTES && in->got == FRAME_BYTES && check_header(in, error) != 0) return -1;
    }
}

static int exchange(engine *e, outgoing *out, incoming *in, ptfe_error *error) {
    for (;;) {
        send_some(e, out);
        int done = receive_some(e, in, error);
        if (done != 0) return done;
        if (engine_child_is_late(&e->child, e->seconds, error)) return -1;
        short sending = out->sent < FRAME_BYTES + out->payload_length ? POLLOUT : 0;
        struct pollfd fds[] = {{e->child.from, POLLIN, 0}, {e->child.complaints, POLLIN, 0}, {sending != 0 ? e->child.to : -1, sending, 0}};
        poll(fds, 3, LOOK_MILLISECONDS);
        if (fds[1].revents != 0) take_complaints(e);
    }
}

int engine_ask(engine *e, enum engine_kind kind, const void *payload, size_t length, uint8_t **reply, size_t *reply_length,
               ptfe_error *error) {
    outgoing out = {.header = {ENGINE_REQUEST_MAGIC, (uint32_t)kind, length}, .payload = payload, .payload_length = length};
    incoming in = {.payload = NULL};
    if (exchange(e, &out, &in, error) < 0) {
        free(in.payload);
        return -1;
    }
    uint32_t got = in.header.kind;
    if (got == (uint32_t)kind) {
        *reply = in.payload;
        *reply_length = (size_t)in.header.length;
        return 0;
    }
    if (got == ENGINE_ERROR) {
        char text[200];
        line_clean(text, sizeof text, (const char *)in.payload, (size_t)in.header.length);
        error_set(error, "the engine says: %s", text);
    } else {
        error_set(error, "the engine answered with a frame of kind %u", (unsigned)got);
    }
    free(in.payload);
    return -1;
}
