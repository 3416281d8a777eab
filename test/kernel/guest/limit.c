/*
 * A script with a time limit: limit STALL MOST SCRIPT. It hangs when its processes have used no CPU for STALL seconds, and is
 * too slow behind MOST seconds. Then what each of them waits for is printed, and they are killed. Exit: 0 where they are gone.
 * Every few seconds a mark says that the guest itself is alive.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BEAT_SECONDS = 5, SECONDS_TO_DIE = 5 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void nap(long milliseconds) { nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL); }

/* A file of /proc, its lines joined. */
static const char *text_of(const char *pid, const char *name) {
    static char text[1024];
    char path[64];
    snprintf(path, sizeof path, "/proc/%.16s/%s", pid, name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    while (got > 0 && isspace((unsigned char)text[got - 1])) got--;
    text[got > 0 ? got : 0] = 0;
    for (char *at = text; *at != 0; at++) *at = *at == '\n' ? ' ' : *at;
    return text;
}

typedef struct process {
    char state;
    int session;
    unsigned long ticks;
} process;

static process look(const char *pid) {
    process p = {0};
    unsigned long user, system;
    const char *behind_name = strrchr(text_of(pid, "stat"), ')');
    if (behind_name != NULL && sscanf(behind_name + 1, " %c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &p.state, &p.session, &user, &system) == 4) {
        p.ticks = user + system;
    }
    return p;
}

static void show(const char *pid) {
    printf("@@ waits %s", text_of(pid, "comm"));
    printf(" %c: in %s,", look(pid).state, text_of(pid, "wchan"));
    printf(" system call %s,", text_of(pid, "syscall"));
    printf(" %s\n", text_of(pid, "stack"));
}

/* Of all processes of the session: CPU time so far; shown or killed. @returns how many there are */
static int visit(int session, unsigned long *ticks, int is_shown, int is_killed) {
    int count = 0;
    DIR *all = opendir("/proc");
    for (const struct dirent *one; all != NULL && (one = readdir(all)) != NULL;) {
        if (!isdigit((unsigned char)one->d_name[0])) continue;
        const process p = look(one->d_name);
        if (p.session != session || p.state == 'Z') continue;
        count++;
        if (ticks != NULL) *ticks += p.ticks;
        if (is_shown) show(one->d_name);
        if (is_killed) kill(atoi(one->d_name), SIGKILL);
    }
    if (all != NULL) closedir(all);
    return count;
}

static int end(int session, const char *why, double took) {
    printf("@@ limit %s after %.0f s\n", why, took);
    visit(session, NULL, 1, 0);
    for (const double start = seconds(); seconds() - start < SECONDS_TO_DIE; nap(100)) {
        visit(session, NULL, 0, 1);
        while (waitpid(-1, NULL, WNOHANG) > 0) continue;
        if (visit(session, NULL, 0, 0) == 0) return 0;
    }
    printf("@@ waits still, though killed:\n");
    visit(session, NULL, 1, 0);
    return 1;
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 4) return 2;
    const double stall = atof(argv[1]), most = atof(argv[2]), start = seconds();
    const pid_t child = fork();
    if (child == 0) {
        setsid();
        execl("/bin/sh", "sh", argv[3], (char *)NULL);
        _exit(127);
    }
    unsigned long last = 0;
    double moved = start, beat = start;
    while (waitpid(child, NULL, WNOHANG) != child) {
        nap(50);
        const double now = seconds();
        if (now - beat < BEAT_SECONDS) continue;
        beat = now;
        printf("@@ alive\n");
        unsigned long ticks = 0;
        visit(child, &ticks, 0, 0);
        if (ticks != last) moved = now;
        last = ticks;
        if (now - moved > stall) return end(child, "hangs", now - start);
        if (now - start > most) return end(child, "is too slow", now - start);
    }
    return 0;
}
