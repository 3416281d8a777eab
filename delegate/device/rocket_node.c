#define _GNU_SOURCE
#include "rocket_node.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../npu/chip.h"
#include "rocket_file.h"
#include "rocket_uapi.h"

enum { MOST_NODES = 64, MOST_PATH = 512 };

static void say(rocket_node *node, enum rocket_presence presence, const char *format, ...) {
    va_list list;
    node->presence = presence;
    va_start(list, format);
    vsnprintf(node->text, sizeof node->text, format, list);
    va_end(list);
}

/* A small file's bytes; 0 where it cannot be read. */
static size_t read_file(const char *path, char *out, size_t size) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    const ssize_t got = read(fd, out, size - 1);
    close(fd);
    out[got > 0 ? got : 0] = 0;
    return got > 0 ? (size_t)got : 0;
}

/* ---- the chip and its cores ---- */

/* "rockchip,rk3588-rknn-core" -> "rk3588". */
static void chip_of(const char *compatible, char chip[16]) {
    static const char vendor[] = "rockchip,";
    const char *name = strstr(compatible, vendor);
    if (name == NULL) return;
    name += sizeof vendor - 1;
    const size_t length = strcspn(name, "-,\n");
    if (length == 0 || length > 15) return;
    memcpy(chip, name, length);
    chip[length] = 0;
}

/* 0 where there is none. */
static uint64_t inode_of(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_ino : 0;
}

static void note_core(rocket_node *node, const char *folder, const char *name) {
    if (node->cores < ROCKET_MOST_CORES) {
        rocket_core *core = &node->bound[node->cores];
        const int length = snprintf(core->path, sizeof core->path, "%s/%s", folder, name);
        core->inode = length < (int)sizeof core->path ? inode_of(core->path) : 0;
    }
    node->cores++;
}

int rocket_cores_stay(const rocket_node *node) {
    for (unsigned i = 0; i < node->cores && i < ROCKET_MOST_CORES; i++) {
        if (node->bound[i].inode != 0 && node->bound[i].inode != inode_of(node->bound[i].path)) return 0;
    }
    return 1;
}

/* The cores that the driver has bound, by their devices' OF_COMPATIBLE: readable in containers, where /proc/device-tree is not. */
static void find_bound_cores(rocket_node *node, const char *root) {
    char folder[MOST_PATH], path[MOST_PATH + 300], text[2048];
    snprintf(folder, sizeof folder, "%s/sys/bus/platform/drivers/rocket", root);
    DIR *drivers = opendir(folder);
    if (drivers == NULL) return;
    for (const struct dirent *one; (one = readdir(drivers)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s/uevent", folder, one->d_name);
        if (one->d_name[0] == '.' || read_file(path, text, sizeof text) == 0) continue;
        const char *compatible = strstr(text, "OF_COMPATIBLE_0=");
        if (compatible == NULL || strstr(compatible, "rknn-core") == NULL) continue;
        chip_of(compatible, node->chip);
        note_core(node, folder, one->d_name);
    }
    closedir(drivers);
}

/* The board's chip by the device tree: a list of strings with zeros between them, the chip last. */
static void find_board(rocket_node *node, const char *root) {
    static const char *const places[] = {"/sys/firmware/devicetree/base/compatible", "/proc/device-tree/compatible"};
    char path[MOST_PATH], text[512];
    for (size_t i = 0; node->chip[0] == 0 && i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s%s", root, places[i]);
        const size_t length = read_file(path, text, sizeof text);
        for (size_t at = 0; at < length; at += strlen(text + at) + 1) {
            if (strncmp(text + at, "rockchip,rk", 11) == 0) chip_of(text + at, node->chip);
        }
    }
}

/* ---- the node ---- */

static int is_rocket(int fd) {
    char name[16] = "";
    rocket_drm_version version = {.name_len = sizeof name - 1, .name = name};
    return rocket_ioctl(fd, ROCKET_IOCTL_VERSION, &version) == 0 && strcmp(name, "rocket") == 0;
}

/* 0 with the node's path; else errno of the node that stands in the way, or ENOENT for none. */
static int find_node(rocket_node *node, const char *root) {
    int why = ENOENT;
    for (int i = 0; i < MOST_NODES; i++) {
        snprintf(node->path, sizeof node->path, "%.80s/dev/accel/accel%d", root, i);
        const int fd = open(node->path, O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            if (errno != ENOENT) why = errno;
            continue;
        }
        const int found = is_rocket(fd);
        close(fd); /* no BO was made and no job was run on it: closing is safe */
        if (found) return 0;
    }
    node->path[0] = 0;
    return why;
}

/* A driver that is built into the kernel has no folder under /sys/module. */
static int driver_is_here(const char *root) {
    static const char *const places[] = {"/sys/module/rocket", "/sys/bus/platform/drivers/rocket"};
    char path[MOST_PATH];
    struct stat status;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s%s", root, places[i]);
        if (stat(path, &status) == 0) return 1;
    }
    return 0;
}

/* Why a board with a chip that is served has no node that can be opened. */
static void explain(rocket_node *node, const char *root, int why) {
    if (why == EACCES || why == EPERM) {
        say(node, ROCKET_UNUSABLE, "no permission to open /dev/accel/accel*: add the user to the group that owns it (often render), or pass the device into the container");
    } else if (why != ENOENT) {
        say(node, ROCKET_UNUSABLE, "/dev/accel/accel* cannot be opened: %s", strerror(why));
    } else if (!driver_is_here(root)) {
        say(node, ROCKET_UNUSABLE, "the kernel module rocket is not loaded: modprobe rocket (Linux 6.18 or later with CONFIG_DRM_ACCEL_ROCKET)");
    } else if (node->cores == 0) {
        say(node, ROCKET_UNUSABLE, "the module rocket is loaded but found no core: the NPU's nodes are disabled in this board's device tree (status = \"okay\" is needed)");
    } else {
        say(node, ROCKET_UNUSABLE, "no /dev/accel/accel* of the driver here: pass it into the container (--device /dev/accel/accel0), or allow it in the sandbox");
    }
}

void rocket_find(rocket_node *node, const char *root) {
    *node = (rocket_node){.presence = ROCKET_ABSENT};
    find_bound_cores(node, root);
    find_board(node, root);
    const npu_chip *chip = npu_chip_of_name(node->chip);
    const int is_known = chip != NULL;
    const int why = find_node(node, root);
    if (why == 0) {
        if (is_known) node->presence = ROCKET_READY;
        else if (node->chip[0] == 0) say(node, ROCKET_UNUSABLE, "the driver rocket is here, but nothing tells which chip: /sys/bus/platform/drivers/rocket is not readable");
        else say(node, ROCKET_UNUSABLE, "the chip is %s, and programs are made for " NPU_CHIP_OPTIONS " so far", node->chip);
        if (is_known) snprintf(node->chip, sizeof node->chip, "rk%" PRIu32, chip->number);
        return;
    }
    if (is_known || node->cores > 0) explain(node, root, why);
    else if (node->chip[0] != 0) say(node, ROCKET_UNUSABLE, "the chip is %s, and programs are made for " NPU_CHIP_OPTIONS " so far", node->chip);
#if defined(__aarch64__)
    else {
        say(node, ROCKET_UNCLEAR, "no NPU is seen, and nothing tells which board this is (device=software takes the emulation)");
    }
#endif
}
