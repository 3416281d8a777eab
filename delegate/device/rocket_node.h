/* Which NPU this machine has, and whether it can be opened: found by names, never by trial. */
#ifndef PTFE_ROCKET_NODE_H
#define PTFE_ROCKET_NODE_H

#include <stddef.h>

enum rocket_presence {
    ROCKET_READY,    /* a node of the driver that can be opened */
    ROCKET_UNUSABLE, /* a Rockchip NPU, or a board that has one, but it cannot be used: `text` says why and names the cure */
    ROCKET_UNCLEAR,  /* arm64, and nothing tells whether this is a board */
    ROCKET_ABSENT    /* no Rockchip chip here */
};

typedef struct rocket_node {
    enum rocket_presence presence;
    char path[128];  /* of the node, where it is ready */
    char chip[16];  /* "rk3588", or empty where nothing tells */
    unsigned cores; /* bound by the driver; 0 where nothing tells */
    char text[256]; /* why it cannot be used, and what to do */
} rocket_node;

/* @param root a folder in front of /dev, /sys and /proc: empty, or a test's */
void rocket_find(rocket_node *node, const char *root);

#endif
