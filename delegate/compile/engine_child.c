/* The engine's process: started with nothing of the host's but what it needs, ended with all that it started. */
#define _GNU_SOURCE /* pipe2, RTLD_DEFAULT */
#include "engine_child.h"

#include <dirent.h>
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine_files.h"

#define MOST_VARIABLES 64
#define ENGINE_FOLDER 3 /* scripts/engine-loader.mjs */
#define IDLE_STEP_MILLISECONDS 5
#define WALL_FACTOR 10 /* of the time-out: a machine that is this busy is no good for compiling */

extern char **environ;

static int64_t milliseconds_of(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) return -1;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t now_milliseconds(void) { return milliseconds_of(CLOCK_MONOTONIC); }

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

typedef int (*add_closefrom)(posix_spawn_file_actions_t *, int);

/* Files, sockets and devices that the host has open are none of the child's business. */
static int close_inherited(posix_spawn_file_actions_t *actions, int first) {
    add_closefrom add; /* glibc 2.34 and later */
    *(void **)&add = dlsym(RTLD_DEFAULT, "posix_spawn_file_actions_addclosefrom_np");
    if (add != NULL) return add(actions, first) == 0 ? 0 : -1;
    DIR *folder = opendir("/proc/self/fd");
    int failed = 0;
    for (struct dirent *entry = folder == NULL ? NULL : readdir(folder); entry != NULL; entry = readdir(folder)) {
        const int fd = (int)strtol(entry->d_name, NULL, 10);
        if (fd >= first && fd != dirfd(folder)) failed |= posix_spawn_file_actions_addclose(actions, fd) != 0;
    }
    if (folder != NULL) closedir(folder);
    return failed ? -1 : 0;
}

static int set_up_child(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const int *ends, int folder) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    for (int fd = 0; fd < 3; fd++) {
        if (posix_spawn_file_actions_adddup2(actions, ends[fd], fd) != 0) return -1;
    }
    if (folder >= 0 && posix_spawn_file_actions_adddup2(actions, folder, ENGINE_FOLDER) != 0) return -1;
    if (close_inherited(actions, folder >= 0 ? ENGINE_FOLDER + 1 : ENGINE_FOLDER) != 0) return -1;
    /* Its own process group: it can be ended with all that it started, and Ctrl-C stays the host's. */
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    return posix_spawnattr_setflags(attributes, flags) != 0 || posix_spawnattr_setpgroup(attributes, 0) != 0 ||
                   posix_spawnattr_setsigmask(attributes, &none) != 0 || posix_spawnattr_setsigdefault(attributes, &all) != 0
               ? -1
               : 0;
}

/* An errno, 0 when the child runs. */
static int spawn(pid_t *pid, const char *node, const char *file, int mebibytes, const int *ends, int folder) {
    static const char serve[] = "serve", code[] = "code";
    char heap[48];
    snprintf(heap, sizeof heap, "--max-old-space-size=%d", mebibytes);
    char *arguments[] = {(char *)(uintptr_t)node, heap, (char *)(uintptr_t)file, (char *)(uintptr_t)serve,
                         folder >= 0 ? (char *)(uintptr_t)code : NULL, NULL};
    char *variables[MOST_VARIABLES + 1];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    choose_environment(variables);
    if (posix_spawn_file_actions_init(&actions) != 0) return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    int status = set_up_child(&actions, &attributes, ends, folder) != 0 ? ENOMEM
                                                                : posix_spawn(pid, node, &actions, &attributes, arguments, variables);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

static int set_up(engine_child *c, const char *program, const char *file, int mebibytes, int folder, ptfe_error *error) {
    int in[2], out[2], complaints[2];
    if (open_pipes(in, out, complaints) != 0) return error_errno(error, "no pipes for the engine", errno);
    const int ends[3] = {in[0], out[1], complaints[1]};
    int status = spawn(&c->pid, program, file, mebibytes, ends, folder);
    if (status != 0) c->pid = 0;
    for (int i = 0; i < 3; i++) close(ends[i]);
    c->to = in[1];
    c->from = out[0];
    c->complaints = complaints[0];
    if (status == 0 && fcntl(c->from, F_SETFL, O_NONBLOCK) == 0 && fcntl(c->complaints, F_SETFL, O_NONBLOCK) == 0) return 0;
    error_set(error, "cannot start %.200s: %s", program, strerror(status == 0 ? errno : status));
    engine_child_end(c);
    return -1;
}

int engine_child_start(engine_child *c, const char *node, const char *file, int mebibytes, int folder, ptfe_error *error) {
    char program[4096];
    *c = (engine_child){.to = -1, .from = -1, .complaints = -1};
    if (engine_find_node(node, program, sizeof program, error) != 0) return -1;
    /* 0, 1 and 2 are the pipes'. */
    if (set_up(c, program, file, mebibytes, folder > 2 ? folder : -1, error) != 0) return -1;
    c->started = c->moved = now_milliseconds();
    if (clock_getcpuclockid(c->pid, &c->clock) != 0) c->clock = CLOCK_MONOTONIC;
    return 0;
}

int engine_child_reap(engine_child *e, int grace_milliseconds) {
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

void engine_child_end(engine_child *c) {
    int saved = errno;
    int *const fds[] = {&c->to, &c->from, &c->complaints};
    for (size_t i = 0; i < 3; i++) {
        if (*fds[i] >= 0) close(*fds[i]);
        *fds[i] = -1;
    }
    engine_child_reap(c, 0);
    errno = saved;
}

int engine_child_is_late(engine_child *c, int seconds, ptfe_error *error) {
    const int64_t now = now_milliseconds(), limit = (int64_t)seconds * 1000, used = milliseconds_of(c->clock);
    if (used < 0 || used >= c->used + IDLE_STEP_MILLISECONDS) {
        c->used = used < 0 ? c->used : used;
        c->moved = now;
    }
    if (c->clock != CLOCK_MONOTONIC && used >= limit) {
        error_set(error, "the engine gave no answer within %d s of processor time (option timeout)", seconds);
    } else if (now - c->moved >= limit) {
        error_set(error, "the engine gave no answer and did nothing for %d s (option timeout)", seconds);
    } else if (now - c->started >= limit * (c->clock == CLOCK_MONOTONIC ? 1 : WALL_FACTOR)) {
        error_set(error, "the engine gave no answer within %d s (option timeout)", (int)((now - c->started) / 1000));
    } else {
        return 0;
    }
    return 1;
}
