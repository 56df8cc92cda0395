/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See log_file.h. Invariant: `lines` holds whole lines only, and the file ends with a newline (or
 * is empty) after every flush, whatever the write did.
 */
#include "control/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_path(struct log_file *f)
{
	f->fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	f->last_error = f->fd < 0 ? errno : 0;
	return -f->last_error;
}

int
log_file_init(struct log_file *f, const char *path)
{
	*f = (struct log_file){ .fd = -1, .room = LOG_FILE_ROOM_BYTES };
	if (snprintf(f->path, sizeof(f->path), "%s", path) >= (int)sizeof(f->path))
		return -ENAMETOOLONG;
	f->lines = malloc(f->room);
	if (f->lines == NULL)
		return -ENOMEM;
	return open_path(f);
}

void
log_file_fini(struct log_file *f)
{
	if (f->lines != NULL)
		log_file_flush(f);
	if (f->fd >= 0)
		close(f->fd);
	free(f->lines);
	*f = (struct log_file){ .fd = -1 };
}

void
log_file_limit(struct log_file *f, uint64_t bytes_max, unsigned keep)
{
	f->bytes_max = bytes_max;
	f->keep = keep;
}

/* PATH.keep goes, each other moves up by one, PATH becomes PATH.1 (or goes, when none is kept). */
static void
rotate(struct log_file *f)
{
	char from[600], to[600];

	for (unsigned n = f->keep; n > 0; n--) {
		if (n == 1)
			snprintf(from, sizeof(from), "%s", f->path);
		else
			snprintf(from, sizeof(from), "%s.%u", f->path, n - 1);
		snprintf(to, sizeof(to), "%s.%u", f->path, n);
		rename(from, to);
	}
	if (f->keep == 0)
		unlink(f->path);
	close(f->fd);
	open_path(f);
}

static off_t
size_now(const struct log_file *f)
{
	struct stat st;

	return fstat(f->fd, &st) == 0 ? st.st_size : 0;
}

/* The length of the whole lines among the first `bytes`. */
static size_t
whole_lines(const char *lines, size_t bytes)
{
	const char *newline = bytes > 0 ? memrchr(lines, '\n', bytes) : NULL;

	return newline != NULL ? (size_t)(newline - lines) + 1 : 0;
}

/* Forgets the written lines; takes what was cut in the middle of a line off the file again. */
static void
settle(struct log_file *f, size_t written)
{
	size_t whole = whole_lines(f->lines, written);

	if (whole < written) {
		off_t end = size_now(f) - (off_t)(written - whole);

		if (end >= 0 && ftruncate(f->fd, end) != 0)
			f->last_error = errno;
	}
	memmove(f->lines, f->lines + whole, f->used - whole);
	f->used -= whole;
}

static void
write_lines(struct log_file *f)
{
	ssize_t written;

	do
		written = write(f->fd, f->lines, f->used);
	while (written < 0 && errno == EINTR);
	if (written < 0) {
		f->last_error = errno;
		return;
	}
	f->last_error = (size_t)written < f->used ? ENOSPC : 0;
	settle(f, (size_t)written);
}

void
log_file_flush(struct log_file *f)
{
	if (f->used == 0)
		return;
	if (f->fd < 0 && open_path(f) != 0)
		return;
	if (f->bytes_max > 0) {
		off_t size = size_now(f);

		if (size > 0 && (uint64_t)size + f->used > f->bytes_max)
			rotate(f);
	}
	if (f->fd >= 0)
		write_lines(f);
}

void
log_file_put(struct log_file *f, const char *line, size_t bytes)
{
	if (bytes > f->room - f->used)
		log_file_flush(f);
	if (bytes > f->room - f->used) {
		f->dropped++;
		return;
	}
	memcpy(f->lines + f->used, line, bytes);
	f->used += bytes;
}

int
log_file_reopen(struct log_file *f)
{
	/* No rotation here: what is moved away already must get its lines as it is. */
	if (f->used > 0 && f->fd >= 0)
		write_lines(f);
	if (f->fd >= 0)
		close(f->fd);
	return open_path(f);
}
