/* Which NPU this machine has, and whether it can be opened: found by names, never by trial. */
#ifndef PTFE_ROCKET_NODE_H
#define PTFE_ROCKET_NODE_H

#include <stddef.h>
#include <stdint.h>

enum rocket_presence {
    ROCKET_READY,    /* a node of the driver that can be opened */
    ROCKET_UNUSABLE, /* a Rockchip NPU, or a board that has one, but it cannot be used: `text` says why and names the cure */
    ROCKET_UNCLEAR,  /* arm64, and nothing tells whether this is a board */
    ROCKET_ABSENT    /* no Rockchip chip here */
};

enum { ROCKET_MOST_CORES = 3 };

/* A core that the driver has bound: its folder under the driver, and the number of that entry, which a new binding renews. */
typedef struct rocket_core {
    char path[128];
    uint64_t inode;
} rocket_core;

typedef struct rocket_node {
    enum rocket_presence presence;
    char path[128];  /* of the node, where it is ready */
    char chip[16];  /* "rk3588", or empty where nothing tells */
    unsigned cores; /* bound by the driver; 0 where nothing tells */
    rocket_core bound[ROCKET_MOST_CORES]; /* the first of them */
    char text[256]; /* why it cannot be used, and what to do */
} rocket_node;

/* @param root a folder in front of /dev, /sys and /proc: empty, or a test's */
void rocket_find(rocket_node *node, const char *root);

/* Whether all cores that the driver had bound are still bound as they were; 1 where nothing tells. */
int rocket_cores_stay(const rocket_node *node);

#endif
