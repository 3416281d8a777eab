/* What changes with a file's bytes, as git's index has it: by this a file is known again without being read. */
#ifndef PTFE_FILE_STAMP_H
#define PTFE_FILE_STAMP_H

#include <stdint.h>

typedef struct file_stamp {
    uint64_t device, inode, size;
    int64_t modified, changed; /* ns: of the bytes, of the inode (which nobody can set) */
} file_stamp;

/* 0; -1 where it is no regular file, or of a file system whose stamps and numbers do not tell all (network, FUSE, overlay, FAT). */
int file_stamp_of(int fd, file_stamp *out);

/*
 * Whether another change of the file would be seen in its stamp: the clock of file systems is coarse, and a file that was changed
 * just now may be changed once more at the same time ("racily clean" in git).
 */
int file_stamp_is_settled(const file_stamp *stamp);

int file_stamp_is(const file_stamp *a, const file_stamp *b);

#endif
