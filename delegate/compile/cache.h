/* Plans on disk: one file for each graph, named by a hash of all that a plan depends on. Nothing here is ever fatal. */
#ifndef PTFE_CACHE_H
#define PTFE_CACHE_H

#include "../graph/capture.h"
#include "answer.h"

#define CACHE_PATH_BYTES 4096

typedef struct cache_entry {
    char folder[CACHE_PATH_BYTES]; /* empty: no cache */
    char name[80];
    uint8_t key[32];
    uint8_t engine[32]; /* hash of the engine's file; zeros where there is none: then any entry's engine will do */
    int opened;         /* an fd of the folder where it is not -1; only where `folder` is not empty */
    int told;           /* a line has said already what is wrong with the cache */
} cache_entry;

/* The folder: the option (`off`, a path, or empty for the user's cache folder). It is made where it is not there yet. */
void cache_choose(cache_entry *entry, const char *folder);
void cache_choose_for_memos(cache_entry *entry, const char *folder); /* one that is there; nothing is said of it */
void cache_close(cache_entry *entry);

/* The open folder; -1 where there is none. */
int cache_opened(const cache_entry *entry);

/* The entry of a graph in the folder that was chosen; `engine_file` may be NULL. */
void cache_find(cache_entry *entry, const char *engine_file, const graph *g);

/*
 * Fills the three runs of an answer. `checked`: nothing changed in the file since the plans' checksums were held against their bytes.
 * 0, or -1 and fills `error`: there is no such entry, or none of use; a damaged
 * one is removed.
 */
int cache_load(cache_entry *entry, answer *a, int *checked, ptfe_error *error);

/* The plans of a loaded answer were found to be whole. */
void cache_note_checked(const cache_entry *entry, const answer *a);

/* Waits until no other process compiles for this entry; for cache_unlock, -1 where there is no lock. `waited`: it may be there now. */
int cache_lock(cache_entry *entry, int seconds, int *waited);
void cache_unlock(cache_entry *entry, int lock);

/* Publishes an answer at once or not at all, and keeps the folder small. */
void cache_store(cache_entry *entry, const answer *a);

/* Removes an entry whose bytes turned out to be spoilt. */
void cache_drop(const cache_entry *entry);

#endif
