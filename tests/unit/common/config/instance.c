/* SPDX-License-Identifier: BSD-3-Clause */
/* Directories made, paths moved, and one process of a kind: also after one that was killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/config/instance.h"
#include "tests/unit/harness.h"

static char place[64];

static void
make_place(void)
{
	strcpy(place, "/tmp/sluice-instance-XXXXXX");
	CHECK(mkdtemp(place) != NULL);
}

static const char *
in_place(const char *name)
{
	static char path[2][128];
	static unsigned turn;

	turn = (turn + 1) % 2;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", place, name);
	return path[turn];
}

TEST(what_lies_in_the_run_directory_moves_along)
{
	struct config_paths p;

	CHECK(config_paths_of("x", &p) == 0);
	CHECK(instance_move(&p, "/r", NULL, "/l", "/c.yaml") == 0);
	CHECK(strcmp(p.run_directory, "/r") == 0);
	CHECK(strcmp(p.control_socket, "/r/control.sock") == 0);
	CHECK(strcmp(p.dataplane_socket, "/r/dataplane.sock") == 0);
	CHECK(strcmp(p.dataplane_pid, "/r/dataplane.pid") == 0);
	CHECK(strcmp(p.control_pid, "/r/control.pid") == 0);
	CHECK(strcmp(p.state_directory, "/var/lib/sluice/x") == 0);
	CHECK(strcmp(p.log_directory, "/l") == 0);
	CHECK(strcmp(p.config_file, "/c.yaml") == 0);
}

TEST(a_path_too_long_is_refused_not_cut)
{
	char path[400];
	struct config_paths p;

	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = 0;
	CHECK(config_paths_of("x", &p) == 0);
	CHECK(instance_move(&p, path, NULL, NULL, NULL) == -ENAMETOOLONG);
	CHECK(instance_move(&p, NULL, path, NULL, NULL) == -ENAMETOOLONG);
	CHECK(instance_move(&p, NULL, NULL, NULL, path) == -ENAMETOOLONG);
}

TEST(directories_are_made_with_those_above_them)
{
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct stat st;

	make_place();
	CHECK(instance_make_directory(in_place("a/b/c"), error) == 0);
	CHECK(instance_make_directory(in_place("a/b/c"), error) == 0);
	CHECK(stat(in_place("a/b/c"), &st) == 0 && S_ISDIR(st.st_mode));
	CHECK(close(creat(in_place("file"), 0644)) == 0);
	CHECK(instance_make_directory(in_place("file"), error) == -ENOTDIR);
	CHECK(strstr(error, in_place("file")) != NULL);
	CHECK(instance_make_directory(in_place("file/below"), error) == -ENOTDIR);
	CHECK(unlink(in_place("file")) == 0 && rmdir(in_place("a/b/c")) == 0);
	CHECK(rmdir(in_place("a/b")) == 0 && rmdir(in_place("a")) == 0 && rmdir(place) == 0);
}

/* A process that takes the lock and keeps it until it is killed. */
static pid_t
other_holder(const struct config_paths *p, const char *file)
{
	char error[CONFIG_ERROR_TEXT_MAX], byte = 0;
	int ends[2];
	pid_t pid;

	CHECK(pipe(ends) == 0);
	pid = fork();
	if (pid == 0) {
		byte = instance_lock(p, file, "dataplane", error) == 0;
		if (write(ends[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	CHECK(read(ends[0], &byte, 1) == 1 && byte == 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

TEST(a_second_one_is_told_who_runs_and_a_killed_one_stops_nobody)
{
	char error[CONFIG_ERROR_TEXT_MAX] = "", expected[64];
	struct config_paths p;
	const char *file;
	pid_t other;

	make_place();
	CHECK(config_paths_of("two", &p) == 0);
	file = in_place("dataplane.pid");
	other = other_holder(&p, file);
	CHECK(instance_lock(&p, file, "dataplane", error) == -EBUSY);
	snprintf(expected, sizeof(expected), "process %d ", other);
	CHECK(strstr(error, expected) != NULL && strstr(error, "'two'") != NULL);
	CHECK(kill(other, SIGKILL) == 0 && waitpid(other, NULL, 0) == other);
	CHECK(access(file, F_OK) == 0);
	CHECK(instance_lock(&p, file, "dataplane", error) == 0);
	CHECK(unlink(file) == 0 && rmdir(place) == 0);
}

TEST(a_lock_that_cannot_be_made_is_told)
{
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct config_paths p;

	CHECK(config_paths_of("x", &p) == 0);
	CHECK(instance_lock(&p, "/nonexistent/x.pid", "dataplane", error) == -ENOENT);
	CHECK(strstr(error, "/nonexistent/x.pid: ") == error);
}
