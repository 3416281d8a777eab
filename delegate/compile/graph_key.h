/* A hash of all of a graph that a plan depends on. */
#ifndef PTFE_GRAPH_KEY_H
#define PTFE_GRAPH_KEY_H

#include <stdint.h>

#include "../graph/capture.h"

/*
 * SHA-256 of `of` (may be empty), the graph's outline, and the digest of its constants. `folder`: the cache's, where the constants of a
 * mapped model are remembered; or -1.
 */
void graph_key(const graph *g, const char *of, int folder, uint8_t key[32]);

#endif
