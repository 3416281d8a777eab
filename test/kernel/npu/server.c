/*
 * NPU cores as vfio-user PCI devices (QEMU's vfio-user-pci): each register access of the guest is a message on a socket, the
 * guest's memory comes as a file descriptor, an interrupt is an eventfd. Usage: server CORES SOCKET_PREFIX [verbose]
 * BAR0, 64 KiB, has the windows of a core as on the chip; BAR2, 4 KiB, is for tests (core.h).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "core.h"

enum { VERSION = 1, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION, GET_REGION_FDS, GET_IRQ, SET_IRQS, REGION_READ, REGION_WRITE, DMA_READ, DMA_WRITE, RESET };
enum { FLAG_REPLY = 1, FLAG_NO_REPLY = 0x10, FLAG_ERROR = 0x20 };
enum { REGION_CONFIG = 7, REGION_COUNT = 9, MOST_FDS = 8, MOST_BODY = 1 << 20, MOST_CORES = 8 };
enum { IRQ_DATA_NONE = 1, IRQ_DATA_EVENTFD = 4, IRQ_MASK = 8, IRQ_UNMASK = 0x10, IRQ_TRIGGER = 0x20 };

typedef struct header {
    uint16_t id, command;
    uint32_t size, flags, error;
} header;

typedef struct message {
    header head;
    uint8_t *body; /* MOST_BODY bytes */
    size_t size;
    int fds[MOST_FDS];
    int fd_count;
} message;

static uint32_t u32(const message *m, size_t at) {
    uint32_t value;
    memcpy(&value, m->body + at, sizeof value);
    return value;
}

static uint64_t u64(const message *m, size_t at) {
    uint64_t value;
    memcpy(&value, m->body + at, sizeof value);
    return value;
}

static int receive(int socket, message *m) {
    char control[CMSG_SPACE(MOST_FDS * sizeof(int))];
    struct iovec part = {&m->head, sizeof m->head};
    struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    m->fd_count = 0;
    if (recvmsg(socket, &whole, MSG_WAITALL) != (ssize_t)sizeof m->head) return -1;
    for (struct cmsghdr *one = CMSG_FIRSTHDR(&whole); one != NULL; one = CMSG_NXTHDR(&whole, one)) {
        if (one->cmsg_type != SCM_RIGHTS) continue;
        m->fd_count = (int)((one->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(m->fds, CMSG_DATA(one), (size_t)m->fd_count * sizeof(int));
    }
    m->size = m->head.size - sizeof m->head;
    if (m->head.size < sizeof m->head || m->size > MOST_BODY) return -1;
    memset(m->body, 0, 64);
    for (size_t got = 0; got < m->size;) {
        const ssize_t n = read(socket, m->body + got, m->size - got);
        if (n <= 0) return -1;
        got += (size_t)n;
    }
    return 0;
}

static void reply(const core *c, const message *m, size_t size, int error) {
    if (m->head.flags & FLAG_NO_REPLY) return;
    const size_t sent = error ? 0 : size;
    header head = {m->head.id, m->head.command, (uint32_t)(sizeof head + sent), FLAG_REPLY | (error ? FLAG_ERROR : 0), (uint32_t)error};
    const struct iovec parts[2] = {{&head, sizeof head}, {m->body, sent}};
    if (writev(c->socket, parts, 2) < 0) perror("reply");
}

static void map_memory(core *c, const message *m) {
    if (m->fd_count == 0 || c->ram_count == MOST_RAMS) return;
    ram *r = &c->rams[c->ram_count];
    *r = (ram){.offset = u64(m, 8), .address = u64(m, 16), .size = u64(m, 24), .fd = dup(m->fds[0])};
    r->host = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, (off_t)r->offset);
    if (r->host == MAP_FAILED) perror("mmap of the guest's memory");
    else c->ram_count++;
}

static void unmap_memory(core *c, uint64_t address) {
    for (int i = 0; i < c->ram_count; i++) {
        if (c->rams[i].address != address) continue;
        munmap(c->rams[i].host, c->rams[i].size);
        close(c->rams[i].fd);
        c->rams[i] = c->rams[--c->ram_count];
        return;
    }
}

static void set_interrupt(core *c, const message *m) {
    const uint32_t flags = u32(m, 4);
    if (u32(m, 8) != 0) return;
    if ((flags & IRQ_TRIGGER) && (flags & IRQ_DATA_EVENTFD) && m->fd_count > 0) {
        if (c->interrupt >= 0) close(c->interrupt);
        c->interrupt = dup(m->fds[0]);
        c->masked = 0;
        core_update_line(c);
    } else if ((flags & IRQ_TRIGGER) && (flags & IRQ_DATA_NONE) && u32(m, 16) == 0) {
        if (c->interrupt >= 0) close(c->interrupt);
        c->interrupt = -1;
    } else if (flags & IRQ_UNMASK) {
        /*
         * QEMU unmasks at the first access of any register, mostly the handler's read of the status. A line raised again there,
         * which the handler is about to silence, would be one interrupt too many: the driver's thread takes it for the end of
         * the next task. But the access may be another one, of the IOMMU by the other CPU, and QEMU lowers the line before a
         * CPU took the interrupt. So the line is looked at again a little later (wait_for_work in core.c), and at each write.
         */
        c->masked = 0;
        c->unsure = 1;
        pthread_cond_signal(&c->wake);
    } else if (flags & IRQ_MASK) c->masked = 1;
}

static void access_region(core *c, message *m, int is_write) {
    const uint64_t offset = u64(m, 0);
    const uint32_t region = u32(m, 8), count = u32(m, 12);
    uint8_t *data = m->body + 16;
    if (region == REGION_CONFIG && offset <= sizeof c->config && count <= sizeof c->config - offset) {
        if (is_write) memcpy(c->config + offset, data, count);
        else memcpy(data, c->config + offset, count);
        return;
    }
    uint32_t value = 0;
    if ((region != 0 && region != 2) || count > sizeof value || offset % 4 != 0) {
        fprintf(stderr, "[npu%d] an access of %u bytes at %lx of region %u\n", c->index, count, (unsigned long)offset, region);
        return;
    }
    if (is_write) {
        memcpy(&value, data, count);
        core_write(c, region, (uint32_t)offset, value);
    } else {
        value = core_read(c, region, (uint32_t)offset);
        memcpy(data, &value, count);
    }
}

static void put(message *m, size_t at, uint32_t value) { memcpy(m->body + at, &value, sizeof value); }

static void answer(core *c, message *m) {
    static const char capabilities[] = "{\"capabilities\":{\"max_msg_fds\":8}}";
    static const uint64_t sizes[REGION_COUNT] = {0x10000, 0, 0x1000, 0, 0, 0, 0, 0x1000, 0};
    uint32_t index;
    switch (m->head.command) {
    case VERSION:
        memcpy(m->body + 4, capabilities, sizeof capabilities);
        return reply(c, m, 4 + sizeof capabilities, 0);
    case DMA_MAP: map_memory(c, m); return reply(c, m, 0, 0);
    case DMA_UNMAP: unmap_memory(c, u64(m, 8)); return reply(c, m, m->size, 0);
    case GET_INFO:
        put(m, 0, 16), put(m, 4, 1 | 2), put(m, 8, REGION_COUNT), put(m, 12, 5); /* may be reset; PCI */
        return reply(c, m, 16, 0);
    case GET_REGION:
        index = u32(m, 8);
        put(m, 0, 32), put(m, 4, index < REGION_COUNT && sizes[index] != 0 ? 3 : 0), put(m, 12, 0);
        put(m, 16, index < REGION_COUNT ? (uint32_t)sizes[index] : 0), put(m, 20, 0), put(m, 24, 0), put(m, 28, 0);
        return reply(c, m, 32, 0);
    case GET_IRQ:
        index = u32(m, 8);
        put(m, 0, 16), put(m, 4, index == 0 ? 7 : 0), put(m, 12, index == 0 ? 1 : 0);
        return reply(c, m, 16, 0);
    case SET_IRQS: set_interrupt(c, m); return reply(c, m, 0, 0);
    case REGION_READ: access_region(c, m, 0); return reply(c, m, 16 + u32(m, 12), 0);
    case REGION_WRITE: access_region(c, m, 1); return reply(c, m, 16, 0);
    case RESET:
        core_quiesce(c);
        core_reset(c);
        memset(c->banks, 0, sizeof c->banks);
        return reply(c, m, 0, 0);
    default: core_say(c, "command %u is not known", m->head.command); return reply(c, m, 0, ENOTSUP);
    }
}

static void *serve(void *argument) {
    core *c = argument;
    message m = {.body = malloc(MOST_BODY)};
    while (m.body != NULL && receive(c->socket, &m) == 0) {
        pthread_mutex_lock(&c->lock);
        answer(c, &m);
        pthread_mutex_unlock(&c->lock);
        for (int i = 0; i < m.fd_count; i++) close(m.fds[i]);
    }
    fprintf(stderr, "[npu%d] end: %u tasks, %u resets, %u faults, %u refused\n", c->index, c->tasks, c->reset_count, c->faults, c->refused);
    free(m.body);
    return NULL;
}

static int listen_at(const char *prefix, int index) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s%d", prefix, index);
    unlink(address.sun_path);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0) return listener;
    perror(address.sun_path);
    return -1;
}

typedef struct server {
    core *cores[MOST_CORES];
    sigset_t signals;
} server;

/* At SIGUSR1: what each core does and waits for. The test asks where the guest hangs. */
static void *show_cores(void *argument) {
    server *s = argument;
    for (int signal; sigwait(&s->signals, &signal) == 0;) {
        for (int i = 0; i < MOST_CORES && s->cores[i] != NULL; i++) {
            core *c = s->cores[i];
            const int is_free = pthread_mutex_trylock(&c->lock) == 0;
            core_show(c, is_free);
            if (is_free) pthread_mutex_unlock(&c->lock);
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    static server all;
    const int cores = argc < 3 ? 0 : atoi(argv[1]);
    int listeners[MOST_CORES];
    pthread_t threads[MOST_CORES], worker, shower;
    if (cores < 1 || cores > MOST_CORES) {
        fprintf(stderr, "server CORES SOCKET_PREFIX [verbose]\n");
        return 2;
    }
    verbose = argc > 3 ? atoi(argv[3]) : 0;
    sigemptyset(&all.signals);
    sigaddset(&all.signals, SIGUSR1);
    if (pthread_sigmask(SIG_BLOCK, &all.signals, NULL) != 0 || pthread_create(&shower, NULL, show_cores, &all) != 0) return 1;
    for (int i = 0; i < cores; i++) {
        listeners[i] = listen_at(argv[2], i);
        if (listeners[i] < 0) return 1;
    }
    for (int i = 0; i < cores; i++) {
        core *c = core_new(i);
        if (c == NULL) return 1;
        c->socket = accept(listeners[i], NULL, NULL);
        all.cores[i] = c;
        if (pthread_create(&worker, NULL, core_worker, c) != 0 || pthread_create(&threads[i], NULL, serve, c) != 0) return 1;
    }
    for (int i = 0; i < cores; i++) pthread_join(threads[i], NULL);
    return 0;
}
