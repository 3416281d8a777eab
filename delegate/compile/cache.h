/* Plans on disk: one file for each graph, named by a hash of all that a plan depends on. Nothing here is ever fatal. */
#ifndef PTFE_CACHE_H
#define PTFE_CACHE_H

#include "answer.h"

#define CACHE_PATH_BYTES 4096

typedef struct cache_entry {
    char path[CACHE_PATH_BYTES]; /* empty: no cache */
    uint8_t key[32];
    uint8_t engine[32]; /* hash of the engine's file; zeros where there is none: then any entry's engine will do */
} cache_entry;

/*
 * The entry of a graph message. `folder`: the option (`off`, a path, or empty for the user's cache folder); `engine_file`
 * may be NULL.
 */
void cache_find(cache_entry *entry, const char *folder, const char *engine_file, const void *message, size_t length);

/* Fills the three runs of an answer. 0; -1 when there is no such entry, or none that is whole. */
int cache_load(const cache_entry *entry, answer *a);

/* Publishes an answer at once or not at all. 0, or -1 with a sentence. */
int cache_store(const cache_entry *entry, const answer *a, char *error, size_t error_size);

/* Removes an entry that turned out to be spoilt. */
void cache_drop(const cache_entry *entry);

#endif
