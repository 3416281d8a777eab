/* The ioctls of the pretended driver. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "parts.h"

settings pretended;

int refuse(int error) {
    errno = error;
    return -1;
}

static int version(const file *f, rocket_drm_version *v) {
    const size_t length = strlen(f->driver);
    if (v->name != NULL) memcpy(v->name, f->driver, v->name_len < length ? v->name_len : length);
    v->name_len = length;
    v->version_major = v->version_minor = v->version_patchlevel = 0;
    v->date_len = v->desc_len = 0;
    return 0;
}

static int control(file *f, unsigned number, void *argument) {
    if (number != 0 && f->owner != getpid()) kernel_log("a child uses its parent's file");
    switch (number) {
    case 0x00: return version(f, argument);
    case 0x09: return close_bo(f, argument);
    case 0x40: return create_bo(f, argument);
    case 0x41: return submit_jobs(f, argument);
    case 0x42: return prep_bo(f, argument);
    case 0x43: return fini_bo(f, argument);
    default: return refuse(EINVAL);
    }
}

int kernel_ioctl(int fd, unsigned number, void *argument) {
    static __thread unsigned interrupted;
    if (interrupted < pretended.interrupts) {
        interrupted++;
        return refuse(EINTR);
    }
    interrupted = 0;
    pthread_mutex_lock(&kernel_lock);
    file *f = file_of(fd);
    const int status = f == NULL ? refuse(EBADF) : control(f, number, argument);
    const int why = errno;
    pthread_mutex_unlock(&kernel_lock);
    errno = why;
    return status;
}
