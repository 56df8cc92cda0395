/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/config/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int
put(char *to, size_t room, const char *from, const char *name)
{
	int n = snprintf(to, room, "%s%s", from, name);

	return n >= 0 && (size_t)n < room ? 0 : -ENAMETOOLONG;
}

static int
move_run(struct config_paths *p, const char *directory)
{
	const struct {
		char *to;
		size_t room;
		const char *name;
	} parts[] = {
		{ p->run_directory, sizeof(p->run_directory), "" },
		{ p->control_socket, sizeof(p->control_socket), "/control.sock" },
		{ p->dataplane_socket, sizeof(p->dataplane_socket), "/dataplane.sock" },
		{ p->dataplane_pid, sizeof(p->dataplane_pid), "/dataplane.pid" },
		{ p->control_pid, sizeof(p->control_pid), "/control.pid" },
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
		rc = put(parts[i].to, parts[i].room, directory, parts[i].name);
	return rc;
}

int
instance_move(struct config_paths *p, const char *run, const char *state, const char *log,
    const char *config_file)
{
	int rc = run != NULL ? move_run(p, run) : 0;

	if (rc == 0 && state != NULL)
		rc = put(p->state_directory, sizeof(p->state_directory), state, "");
	if (rc == 0 && log != NULL)
		rc = put(p->log_directory, sizeof(p->log_directory), log, "");
	if (rc == 0 && config_file != NULL)
		rc = put(p->config_file, sizeof(p->config_file), config_file, "");
	return rc;
}

static int
make_one(const char *path)
{
	struct stat st;

	if (mkdir(path, 0755) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int
instance_make_directory(const char *path, char error[CONFIG_ERROR_TEXT_MAX])
{
	char part[512];
	int rc = put(part, sizeof(part), path, "");

	for (char *slash = part + 1; rc == 0 && (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = 0;
		rc = make_one(part);
		*slash = '/';
	}
	if (rc == 0)
		rc = make_one(part);
	if (rc != 0)
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "%s: can't be made a directory: %s", path,
		    strerror(-rc));
	return rc;
}

/* 0: it names none. */
static long
process_in(int fd)
{
	char text[32] = "";
	long pid = 0;

	if (pread(fd, text, sizeof(text) - 1, 0) > 0 && sscanf(text, "%ld", &pid) != 1)
		pid = 0;
	return pid;
}

int
instance_lock(const struct config_paths *p, const char *pid_file, const char *what,
    char error[CONFIG_ERROR_TEXT_MAX])
{
	int fd = open(pid_file, O_RDWR | O_CREAT | O_CLOEXEC, 0644), rc = 0;

	if (fd < 0) {
		rc = -errno;
	} else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX,
		    "instance '%s' already has a %s: process %ld (%s is locked)", p->instance, what,
		    process_in(fd), pid_file);
		close(fd);
		return -EBUSY;
	} else if (ftruncate(fd, 0) != 0 || dprintf(fd, "%d\n", getpid()) < 0) {
		rc = errno != 0 ? -errno : -EIO;
		close(fd);
	}
	if (rc != 0)
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "%s: %s", pid_file, strerror(-rc));
	return rc;
}
