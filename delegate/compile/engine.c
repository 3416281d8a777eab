#define _GNU_SOURCE /* dladdr, pipe2 */
#include "engine.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../util/line.h"

#define REQUEST_MAGIC 0x51465450u
#define REPLY_MAGIC 0x52465450u
#define FRAME_BYTES 16u
#define MOST_REPLY_BYTES ((uint64_t)1 << 30)
#define MOST_VARIABLES 64
#define GRACE_MILLISECONDS 300

extern char **environ;

struct engine {
    pid_t pid; /* 0: reaped */
    int to, from, complaints;
    int64_t deadline;
    int seconds;
    size_t said_length;
    char said[2048]; /* the end of what it wrote to stderr */
};

static int64_t now_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- where things are ---- */

static int is_file(const char *path, int mode) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, mode) == 0;
}

int engine_find(const char *option, char *out, size_t out_size, char *error, size_t error_size) {
    static const char *const places[] = {"engine.mjs", "../../dist/engine.mjs", "../dist/engine.mjs", "../share/ptfe/engine.mjs"};
    if (*option != 0) {
        if ((size_t)snprintf(out, out_size, "%s", option) < out_size && is_file(out, R_OK)) return 0;
        snprintf(error, error_size, "no engine at %.200s (option engine)", option);
        return -1;
    }
    Dl_info self;
    const char *slash = NULL;
    if (dladdr((const void *)&engine_find, &self) != 0 && self.dli_fname != NULL) slash = strrchr(self.dli_fname, '/');
    int folder = slash == NULL ? 1 : (int)(slash - self.dli_fname);
    const char *start = slash == NULL ? "." : self.dli_fname;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int length = snprintf(out, out_size, "%.*s/%s", folder, start, places[i]);
        if (length > 0 && (size_t)length < out_size && is_file(out, R_OK)) return 0;
    }
    snprintf(error, error_size, "no engine.mjs beside the library in %.*s (set PTFE_ENGINE)", folder > 150 ? 150 : folder, start);
    return -1;
}

/* The Node program: a path as it is, a name by PATH. */
static int find_node(const char *option, char *out, size_t out_size, char *error, size_t error_size) {
    const char *name = *option == 0 ? "node" : option;
    if (strchr(name, '/') != NULL) {
        if ((size_t)snprintf(out, out_size, "%s", name) < out_size && is_file(out, X_OK)) return 0;
        snprintf(error, error_size, "no program at %.200s (option node)", name);
        return -1;
    }
    const char *path = getenv("PATH");
    while (path != NULL && *path != 0) {
        size_t length = strcspn(path, ":");
        int used = snprintf(out, out_size, "%.*s/%s", (int)length, path, name);
        if (length > 0 && used > 0 && (size_t)used < out_size && is_file(out, X_OK)) return 0;
        path += length + (path[length] == ':');
    }
    snprintf(error, error_size, "no %.60s on the PATH (install Node 20.19 or later, or set PTFE_NODE)", name);
    return -1;
}

/* ---- the process ---- */

/* Kept away from 0, 1 and 2, which the child's redirections overwrite. */
static int moved_up(int fd) {
    if (fd < 0 || fd > 2) return fd;
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    close(fd);
    return higher;
}

static void close_pair(int *pair) {
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) close(pair[i]);
        pair[i] = -1;
    }
}

/* The child's stdin is a socket: writing to it when the child is gone raises no SIGPIPE in the host. */
static int open_pipes(int in[2], int out[2], int complaints[2]) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0) in[0] = in[1] = -1;
    if (pipe2(out, O_CLOEXEC) != 0) out[0] = out[1] = -1;
    if (pipe2(complaints, O_CLOEXEC) != 0) complaints[0] = complaints[1] = -1;
    int *all[] = {in, out, complaints};
    int failed = 0;
    for (size_t i = 0; i < 3; i++) {
        for (int end = 0; end < 2; end++) {
            all[i][end] = moved_up(all[i][end]);
            if (all[i][end] < 0) failed = errno == 0 ? EMFILE : errno;
        }
    }
    if (failed != 0) {
        for (size_t i = 0; i < 3; i++) close_pair(all[i]);
        errno = failed;
        return -1;
    }
    return 0;
}

/* What the engine gets of the environment: enough to run, nothing that changes how Node behaves. */
static void choose_environment(char **chosen) {
    static const char *const names[] = {"PATH=", "HOME=", "TMPDIR=", "LANG=", "LC_ALL=", "LD_LIBRARY_PATH=", "PTFE_"};
    size_t count = 0;
    for (char **variable = environ; variable != NULL && *variable != NULL && count < MOST_VARIABLES; variable++) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (strncmp(*variable, names[i], strlen(names[i])) == 0) {
                chosen[count++] = *variable;
                break;
            }
        }
    }
    chosen[count] = NULL;
}

static int set_up_child(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const int *ends) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    for (int fd = 0; fd < 3; fd++) {
        if (posix_spawn_file_actions_adddup2(actions, ends[fd], fd) != 0) return -1;
    }
    /* Its own process group: it can be ended with all that it started, and Ctrl-C stays the host's. */
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    return posix_spawnattr_setflags(attributes, flags) != 0 || posix_spawnattr_setpgroup(attributes, 0) != 0 ||
                   posix_spawnattr_setsigmask(attributes, &none) != 0 || posix_spawnattr_setsigdefault(attributes, &all) != 0
               ? -1
               : 0;
}

/* An errno, 0 when the child runs. */
static int spawn(pid_t *pid, const char *node, const char *file, const int *ends) {
    static const char heap[] = "--max-old-space-size=4096", serve[] = "serve";
    char *arguments[] = {(char *)(uintptr_t)node, (char *)(uintptr_t)heap, (char *)(uintptr_t)file, (char *)(uintptr_t)serve, NULL};
    char *variables[MOST_VARIABLES + 1];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    choose_environment(variables);
    if (posix_spawn_file_actions_init(&actions) != 0) return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    int status = set_up_child(&actions, &attributes, ends) != 0 ? ENOMEM
                                                                : posix_spawn(pid, node, &actions, &attributes, arguments, variables);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

engine *engine_start(const char *node, const char *file, int seconds, char *error, size_t size) {
    char program[4096];
    int in[2], out[2], complaints[2];
    if (find_node(node, program, sizeof program, error, size) != 0) return NULL;
    engine *e = calloc(1, sizeof *e);
    if (e == NULL) {
        snprintf(error, size, "no memory for the engine");
        return NULL;
    }
    if (open_pipes(in, out, complaints) != 0) {
        snprintf(error, size, "no pipes for the engine: %s", strerror(errno));
        free(e);
        return NULL;
    }
    const int ends[3] = {in[0], out[1], complaints[1]};
    int status = spawn(&e->pid, program, file, ends);
    for (int i = 0; i < 3; i++) close(ends[i]);
    e->to = in[1];
    e->from = out[0];
    e->complaints = complaints[0];
    e->seconds = seconds;
    e->deadline = now_milliseconds() + (int64_t)seconds * 1000;
    if (status == 0 && fcntl(e->from, F_SETFL, O_NONBLOCK) == 0 && fcntl(e->complaints, F_SETFL, O_NONBLOCK) == 0) return e;
    if (status != 0) e->pid = 0;
    snprintf(error, size, "cannot start %.200s: %s", program, strerror(status == 0 ? errno : status));
    engine_stop(e);
    return NULL;
}

/* Ends the child's group and reaps the child; its status, or -1 where somebody else reaped it. */
static int reap(engine *e, int grace_milliseconds) {
    int status = -1;
    if (e->pid == 0) return -1;
    int64_t end = now_milliseconds() + grace_milliseconds;
    pid_t ended = waitpid(e->pid, &status, WNOHANG);
    while (ended == 0 && now_milliseconds() < end) {
        poll(NULL, 0, 5);
        ended = waitpid(e->pid, &status, WNOHANG);
    }
    int ended_by_itself = ended == e->pid;
    kill(-e->pid, SIGKILL);
    while (ended == 0 || (ended < 0 && errno == EINTR)) ended = waitpid(e->pid, &status, 0);
    e->pid = 0;
    return ended_by_itself ? status : -1;
}

void engine_stop(engine *e) {
    if (e == NULL) return;
    int saved = errno;
    const int fds[] = {e->to, e->from, e->complaints};
    for (size_t i = 0; i < 3; i++) {
        if (fds[i] >= 0) close(fds[i]);
    }
    reap(e, 0);
    free(e);
    errno = saved;
}

/* ---- requests ---- */

/* Keeps the end of what the child complains about. */
static void take_complaints(engine *e) {
    char chunk[1024];
    ssize_t got;
    while (e->complaints >= 0 && (got = read(e->complaints, chunk, sizeof chunk)) != 0) {
        if (got < 0) {
            if (errno == EINTR) continue;
            return; /* nothing more for now */
        }
        size_t length = (size_t)got, room = sizeof e->said - 1 - e->said_length;
        if (length > room) {
            size_t drop = length - room;
            memmove(e->said, e->said + drop, e->said_length - drop);
            e->said_length -= drop;
        }
        memcpy(e->said + e->said_length, chunk, length);
        e->said_length += length;
    }
    if (e->complaints >= 0) close(e->complaints);
    e->complaints = -1;
}

/* The line of its stderr that says most: one with "Error", else the last. */
static void telling_line(engine *e, char *out, size_t size) {
    e->said[e->said_length] = 0;
    const char *best = "";
    size_t best_length = 0;
    for (const char *line = e->said; *line != 0;) {
        size_t length = strcspn(line, "\n");
        if (length > 0) {
            best = line;
            best_length = length;
            if (memmem(line, length, "Error", 5) != NULL) break;
        }
        line += length + (line[length] == '\n');
    }
    line_clean(out, size, best, best_length);
}

/* Always -1, with what became of the child. */
static int explain_end(engine *e, char *error, size_t size) {
    char said[160];
    int status = reap(e, GRACE_MILLISECONDS);
    take_complaints(e);
    telling_line(e, said, sizeof said);
    const char *colon = *said == 0 ? "" : ": ";
    if (status != -1 && WIFSIGNALED(status)) {
        snprintf(error, size, "the engine was ended by signal %d%s%s", WTERMSIG(status), colon, said);
    } else if (status != -1) {
        snprintf(error, size, "the engine ended with status %d%s%s", WEXITSTATUS(status), colon, said);
    } else {
        snprintf(error, size, "the engine closed its output%s%s", colon, said);
    }
    return -1;
}

typedef struct outgoing {
    uint8_t header[FRAME_BYTES];
    const uint8_t *payload;
    size_t payload_length, sent;
} outgoing;

/* Sends what the socket takes; a child that does not read any more is noticed by what it answers. */
static void send_some(engine *e, outgoing *o) {
    size_t whole = FRAME_BYTES + o->payload_length;
    while (o->sent < whole) {
        const uint8_t *from = o->sent < FRAME_BYTES ? o->header + o->sent : o->payload + (o->sent - FRAME_BYTES);
        size_t length = o->sent < FRAME_BYTES ? FRAME_BYTES - o->sent : whole - o->sent;
        ssize_t sent = send(e->to, from, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        o->sent = sent < 0 ? whole : o->sent + (size_t)sent;
    }
}

typedef struct incoming {
    uint8_t header[FRAME_BYTES];
    uint8_t *payload;
    size_t got, capacity;
    uint64_t length; /* of the payload, once the header is there */
} incoming;

static uint32_t header_u32(const incoming *in, size_t at) {
    uint32_t value;
    memcpy(&value, in->header + at, sizeof value);
    return value;
}

static int check_header(incoming *in, char *error, size_t size) {
    memcpy(&in->length, in->header + 8, sizeof in->length);
    if (header_u32(in, 0) != REPLY_MAGIC) {
        snprintf(error, size, "the engine wrote something that is no reply");
        return -1;
    }
    if (in->length > MOST_REPLY_BYTES) {
        snprintf(error, size, "the engine announced a reply of %llu bytes", (unsigned long long)in->length);
        return -1;
    }
    return 0;
}

/* Room grows with what arrives: an announced length alone allocates nothing. */
static int make_room(incoming *in, char *error, size_t size) {
    if (in->got - FRAME_BYTES < in->capacity || in->capacity == in->length) return 0;
    size_t capacity = in->capacity == 0 ? 65536 : in->capacity * 4;
    if (capacity > in->length) capacity = (size_t)in->length;
    uint8_t *grown = realloc(in->payload, capacity);
    if (grown == NULL) {
        snprintf(error, size, "no memory for the engine's reply");
        return -1;
    }
    in->payload = grown;
    in->capacity = capacity;
    return 0;
}

/* 1 when the frame is whole, 0 when more must come, -1 with a sentence. */
static int receive_some(engine *e, incoming *in, char *error, size_t size) {
    for (;;) {
        if (in->got >= FRAME_BYTES && in->got - FRAME_BYTES == in->length) return 1;
        if (in->got >= FRAME_BYTES && make_room(in, error, size) != 0) return -1;
        uint8_t *to = in->got < FRAME_BYTES ? in->header + in->got : in->payload + (in->got - FRAME_BYTES);
        size_t room = in->got < FRAME_BYTES ? FRAME_BYTES - in->got : in->capacity - (in->got - FRAME_BYTES);
        ssize_t got = read(e->from, to, room);
        if (got == 0) return explain_end(e, error, size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
        if (got < 0) {
            snprintf(error, size, "cannot read from the engine: %s", strerror(errno));
            return -1;
        }
        size_t before = in->got;
        in->got += (size_t)got;
        if (before < FRAME_BYTES && in->got == FRAME_BYTES && check_header(in, error, size) != 0) return -1;
    }
}

static int exchange(engine *e, outgoing *out, incoming *in, char *error, size_t size) {
    for (;;) {
        send_some(e, out);
        int done = receive_some(e, in, error, size);
        if (done != 0) return done;
        int64_t left = e->deadline - now_milliseconds();
        if (left <= 0) {
            snprintf(error, size, "the engine gave no answer within %d s (option timeout)", e->seconds);
            return -1;
        }
        short sending = out->sent < FRAME_BYTES + out->payload_length ? POLLOUT : 0;
        struct pollfd fds[] = {{e->from, POLLIN, 0}, {e->complaints, POLLIN, 0}, {sending != 0 ? e->to : -1, sending, 0}};
        poll(fds, 3, left > 1000 ? 1000 : (int)left);
        if (fds[1].revents != 0) take_complaints(e);
    }
}

int engine_ask(engine *e, enum engine_kind kind, const void *payload, size_t length, uint8_t **reply, size_t *reply_length,
               char *error, size_t size) {
    outgoing out = {.payload = payload, .payload_length = length};
    incoming in = {.payload = NULL};
    const uint32_t words[4] = {REQUEST_MAGIC, (uint32_t)kind, (uint32_t)length, (uint32_t)((uint64_t)length >> 32)};
    memcpy(out.header, words, sizeof out.header);
    if (exchange(e, &out, &in, error, size) < 0) {
        free(in.payload);
        return -1;
    }
    uint32_t got = header_u32(&in, 4);
    if (got == (uint32_t)kind) {
        *reply = in.payload;
        *reply_length = (size_t)in.length;
        return 0;
    }
    if (got == ENGINE_ERROR) {
        char text[200];
        line_clean(text, sizeof text, (const char *)in.payload, (size_t)in.length);
        snprintf(error, size, "the engine says: %s", text);
    } else {
        snprintf(error, size, "the engine answered with a frame of kind %u", (unsigned)got);
    }
    free(in.payload);
    return -1;
}
