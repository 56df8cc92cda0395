/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of the process's own in pages as large as the kernel gives, for tables that are looked up
 * in no order: with pages of 4 KiB most look-ups in tens of megabytes wait for the page's address
 * besides the bytes. Without transparent huge pages it is memory like any other.
 */
#ifndef SLUICE_BASE_HUGE_H
#define SLUICE_BASE_HUGE_H

#include <stddef.h>

/*
 * A file's bytes as they are now, in memory that can't be written: what becomes of the file
 * afterwards changes nothing. `bytes` is the file's size. -errno; -ENODATA: it is empty or became
 * shorter meanwhile. The caller gives it back by huge_free().
 */
int huge_read(int fd, void **memory, size_t *bytes);

/* Gives back what lies wholly inside [at, at + bytes) of it; nobody may read there any more. */
void huge_drop(void *memory, size_t at, size_t bytes);
void huge_free(void *memory, size_t bytes);

#endif
