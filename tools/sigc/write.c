/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generation's file comes to be in one rename: what was there before is whole until then, and
 * stays where writing fails. The file beside it, OUTPUT.new, is locked while it is written, so that
 * two compilers with one output write one after the other; what one that was killed left of it is
 * written over, and what one that failed wrote is taken away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/sigc/sigc.h"

/* A device or a directory is nothing that a file may take the place of. */
static int
check_output(const char *output)
{
	struct stat st;

	if (stat(output, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -ENOTSUP;
}

/* Whether the path still names what was opened: who held the lock before may have renamed it. */
static bool
is_named(int fd, const char *path)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Locked and the caller's; -errno. */
static int
open_partial(const char *partial)
{
	for (;;) {
		int fd =
		    open(partial, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX) != 0) {
			int rc = -errno;

			close(fd);
			return rc;
		}
		if (is_named(fd, partial))
			return fd;
		close(fd);
	}
}

static int
write_all(int fd, struct span file)
{
	if (ftruncate(fd, 0) != 0)
		return -errno;
	while (file.bytes > 0) {
		ssize_t n = write(fd, file.data, file.bytes);

		if (n < 0)
			return -errno;
		file = span_from(file, (size_t)n);
	}
	return fsync(fd) == 0 ? 0 : -errno;
}

static int
write_file(const char *output, struct span file)
{
	char partial[4096];
	int fd, rc = check_output(output);

	if (rc != 0)
		return rc;
	if ((size_t)snprintf(partial, sizeof(partial), "%s.new", output) >= sizeof(partial))
		return -ENAMETOOLONG;
	fd = open_partial(partial);
	if (fd < 0)
		return fd;
	rc = write_all(fd, file);
	if (rc == 0 && rename(partial, output) != 0)
		rc = -errno;
	if (rc != 0)
		unlink(partial);
	close(fd);
	return rc;
}

int
sigc_write(struct sigc *s, const char *output, struct span file)
{
	int rc = write_file(output, file);

	if (rc != 0)
		snprintf(s->error, sizeof(s->error), "%.300s: %s", output,
		    rc == -ENOTSUP ? "not a regular file" : strerror(-rc));
	return rc;
}
