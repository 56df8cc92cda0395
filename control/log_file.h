/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An append-only file of lines that others rotate, truncate and read while it is written. Lines
 * gather in memory and reach the file whole: O_APPEND, one write a flush; what a full disk cut is
 * taken back to the last newline and tried again. Past `room` whole lines are dropped and counted.
 */
#ifndef SLUICE_CONTROL_LOG_FILE_H
#define SLUICE_CONTROL_LOG_FILE_H

#include <stddef.h>
#include <stdint.h>

#define LOG_FILE_ROOM_BYTES \
	(4u << 20) /* a few seconds of a full disk at ten thousand lines a second */

struct log_file {
	char path[512];
	int fd;      /* -1: closed, or it could not be opened; tried again at each flush */
	char *lines; /* whole lines, not yet written */
	size_t used, room;
	uint64_t bytes_max; /* rotated past this; 0: never */
	unsigned keep;      /* rotated files kept: PATH.1 is the newest */
	uint64_t dropped;   /* lines */
	int last_error;     /* errno of the last failure; 0 after a success */
};

/* -ENOMEM, or -errno when the file can't be opened now. */
int log_file_init(struct log_file *f, const char *path);
void log_file_fini(struct log_file *f);
void log_file_limit(struct log_file *f, uint64_t bytes_max, unsigned keep);

/* One whole line, newline included. */
void log_file_put(struct log_file *f, const char *line, size_t bytes);
void log_file_flush(struct log_file *f);
/* Somebody moved it away: writes what there is to the old file and opens the path anew. */
int log_file_reopen(struct log_file *f);

#endif
