/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROTATED_MAX 1000 /* log.keep's most */
#define LOOK_MS     100

/* Copies what the file has beyond its position. False: stdout is closed. */
static bool
copy_on(int fd)
{
	char bytes[65536];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(STDOUT_FILENO, bytes + done, (size_t)(n - done));
			if (w < 0)
				return false;
		}
	}
	return true;
}

/* Moves the position before the last `lines` lines. */
static void
seek_last_lines(int fd, unsigned lines)
{
	char block[4096];
	off_t at = lseek(fd, 0, SEEK_END), start = 0;
	unsigned seen = 0;

	while (at > 0 && start == 0) {
		size_t bytes = at < (off_t)sizeof(block) ? (size_t)at : sizeof(block);

		at -= (off_t)bytes;
		if (pread(fd, block, bytes, at) != (ssize_t)bytes)
			break;
		for (size_t i = bytes; i > 0 && start == 0; i--) {
			if (block[i - 1] == '\n' && seen++ == lines)
				start = at + (off_t)i;
		}
	}
	lseek(fd, start, SEEK_SET);
}

static bool
same_file(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	       ours.st_dev == theirs.st_dev;
}

/*
 * N of the PATH.N that the open file is now; 0: it is none of them. While a rotation goes on one
 * number is missing: only two in a row are the end.
 */
static unsigned
rotation_of(int fd, const char *path)
{
	unsigned missing = 0;
	char name[4096];

	for (unsigned n = 1; n <= ROTATED_MAX && missing < 2; n++) {
		snprintf(name, sizeof(name), "%s.%u", path, n);
		if (same_file(fd, name))
			return n;
		missing = access(name, F_OK) == 0 ? 0 : missing + 1;
	}
	return 0;
}

/* The file that was written after this one. -1: it is not there yet, or a rotation came between. */
static int
open_next(int fd, const char *path)
{
	char name[4096];
	unsigned n = rotation_of(fd, path);
	int next;

	if (n > 1)
		snprintf(name, sizeof(name), "%s.%u", path, n - 1);
	else
		snprintf(name, sizeof(name), "%s", path);
	next = open(name, O_RDONLY | O_CLOEXEC);
	if (next >= 0 && rotation_of(fd, path) != n) {
		close(next);
		return -1;
	}
	return next;
}

int
follow(const char *path, unsigned lines)
{
	const struct timespec look = { 0, LOOK_MS * 1000000 };
	int fd = open(path, O_RDONLY | O_CLOEXEC), next;

	if (fd < 0) {
		fprintf(stderr, "sluicectl: %s: %s\n", path, strerror(errno));
		return 1;
	}
	seek_last_lines(fd, lines);
	while (copy_on(fd)) {
		if (same_file(fd, path)) {
			nanosleep(&look, NULL);
			continue;
		}
		next = open_next(fd, path);
		if (next < 0) {
			nanosleep(&look, NULL);
			continue;
		}
		if (!copy_on(fd)) /* what came between the last look and its rotation */
			break;
		close(fd);
		fd = next;
	}
	close(fd);
	return 0;
}
