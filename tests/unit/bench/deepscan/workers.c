/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that are run for a figure: what they say decides whether it is one. */
#include "bench/deepscan/workers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define HIGH_FD 64

/* A program of one shell command; the caller removes it. */
static void
write_program(char path[64], const char *command)
{
	FILE *f;

	snprintf(path, 64, "/tmp/sluice-bench-worker-%d", (int)getpid());
	f = fopen(path, "we");
	CHECK(f != NULL && fprintf(f, "#!/bin/sh\n%s\n", command) > 0 && fclose(f) == 0);
	CHECK(chmod(path, 0700) == 0);
}

static int
object_of(const char *text)
{
	int fd = memfd_create("object", MFD_CLOEXEC), high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);

	CHECK(high >= HIGH_FD && write(high, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	return high;
}

static const char *
run(const char *command, unsigned repeats, unsigned at_once, struct workers_times *t)
{
	char path[64];
	int objects[2] = { object_of("one"), object_of("two") }, generation = object_of("rules");
	struct workers_plan p = { path, generation, objects, 2, repeats, at_once };
	const char *why;

	write_program(path, command);
	why = workers_run(&p, t);
	unlink(path);
	close(objects[0]);
	close(objects[1]);
	close(generation);
	return why;
}

TEST(every_object_is_judged_as_often_as_asked)
{
	struct workers_times t;

	for (unsigned at_once = 1; at_once <= 4; at_once++) {
		CHECK_SEED(at_once, run("echo clean sandbox - - -", 3, at_once, &t) == NULL);
		CHECK_SEED(at_once, t.objects == 6 && t.cpu > 0 && t.wall > 0);
	}
}

TEST(a_worker_has_its_object_and_the_generation)
{
	static const char looks[] =
	    "case $(cat /proc/self/fd/3)-$(cat /proc/self/fd/4)-$* in\n"
	    "one-rules-5\\ *|two-rules-5\\ *) echo clean sandbox - - -;;\nesac";
	struct workers_times t;

	CHECK(run(looks, 2, 2, &t) == NULL && t.objects == 4);
}

TEST(a_worker_that_says_anything_else_makes_no_figure)
{
	struct workers_times t;
	const char *why;

	why = run("echo bad sandbox Some.Name - 3", 2, 2, &t);
	CHECK(why != NULL && strcmp(why, "bad sandbox Some.Name - 3\n") == 0);
	CHECK(run("kill -9 $$", 1, 1, &t) != NULL);
	CHECK(run("exit 0", 8, 4, &t) != NULL);
}

TEST(a_program_that_is_not_there_makes_no_figure)
{
	struct workers_times t;
	int object = object_of("one");
	struct workers_plan p = { "/nonexistent/worker", object, &object, 1, 4, 4 };

	CHECK(workers_run(&p, &t) != NULL);
	close(object);
}
