/* SPDX-License-Identifier: BSD-3-Clause */
/* Every line once, however fast the file is rotated. */
#include "tools/sluicectl/follow.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define LINES 3000
#define KEPT  1000

static char place[64], path[128];

/* As control does it: PATH.n becomes PATH.n+1, PATH becomes PATH.1. */
static void
rotate(unsigned rotations)
{
	char from[160], to[160];

	for (unsigned n = rotations; n > 0; n--) {
		snprintf(from, sizeof(from), "%s.%u", path, n);
		snprintf(to, sizeof(to), "%s.%u", path, n + 1);
		rename(from, to);
	}
	snprintf(to, sizeof(to), "%s.1", path);
	rename(path, to);
}

static void
write_line(unsigned number)
{
	FILE *f = fopen(path, "ae");

	fprintf(f, "line %06u\n", number);
	fclose(f);
}

/* In a process of its own, its output on a pipe. */
static pid_t
start_follower(unsigned lines, FILE **out)
{
	int ends[2];
	pid_t pid;

	CHECK(pipe(ends) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		_exit(follow(path, lines));
	}
	close(ends[1]);
	*out = fdopen(ends[0], "r");
	return pid;
}

static bool
next_is(FILE *out, unsigned number)
{
	char line[64] = "", expected[64];

	snprintf(expected, sizeof(expected), "line %06u\n", number);
	return fgets(line, sizeof(line), out) != NULL && strcmp(line, expected) == 0;
}

TEST(no_line_is_passed_over)
{
	unsigned rotations = 0, wrong = 0;
	char name[160];
	FILE *out;
	pid_t pid;

	strcpy(place, "/tmp/sluice-follow-XXXXXX");
	CHECK(mkdtemp(place) != NULL);
	snprintf(path, sizeof(path), "%s/sluice.log", place);
	for (unsigned i = 0; i < 20; i++)
		write_line(i);
	pid = start_follower(3, &out);
	for (unsigned i = 17; i < 20; i++)
		CHECK(next_is(out, i));
	for (unsigned i = 20; i < LINES; i++) {
		if (i % 7 == 0)
			rotate(rotations++);
		write_line(i);
	}
	for (unsigned i = 20; i < LINES; i++)
		wrong += !next_is(out, i);
	CHECK(wrong == 0);
	CHECK(kill(pid, SIGTERM) == 0 && waitpid(pid, NULL, 0) == pid);
	fclose(out);
	unlink(path);
	for (unsigned n = 1; n <= KEPT; n++) {
		snprintf(name, sizeof(name), "%s.%u", path, n);
		unlink(name);
	}
	CHECK(rmdir(place) == 0);
}

TEST(a_log_that_is_not_there_is_told)
{
	CHECK(follow("/nonexistent/sluice.log", 0) == 1);
}
