/* The folder of the plan cache: whose it is, what it may hold, and who compiles first. */
#ifndef PTFE_CACHE_FOLDER_H
#define PTFE_CACHE_FOLDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "../util/error.h"

/*
 * Opens the folder (made where `make` says so) if nobody but this user and root can write to it, and no link of anybody else
 * leads there. An fd, or -1 and fills `error`: with PTFE_ERROR_MISSING, or it is not to be trusted.
 */
int cache_folder_open(const char *path, int make, ptfe_error *error);

/* The same of a file that is open: 0, or -1 and fills `error`. */
int cache_check_owner(const struct stat *status, ptfe_error *error);

/* A digest in hexadecimal digits, and what stands behind them: at most 15 characters. */
void cache_folder_name(const uint8_t digest[32], const char *ending, char name[80]);

/* A file of a new name beside `name`, with the mode that the umask leaves; an fd, or -1 with errno. It is renamed when it is whole. */
int cache_folder_create(int folder, const char *name, char *unfinished, size_t size);

/* Removes what processes left that ended while they wrote, and the entries that were used least lately, but not `kept`. */
void cache_folder_tidy(int folder, const char *kept);

/*
 * Waits until no other process holds the lock of that name, at most `seconds`. An fd that holds it, to the end of the process
 * at most; -1 when there is none to be had. `waited`: somebody else had it before.
 */
int cache_folder_lock(int folder, const char *name, int seconds, int *waited);
void cache_folder_unlock(int folder, const char *name, int lock);

#endif
