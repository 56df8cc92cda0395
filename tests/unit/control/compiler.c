/* SPDX-License-Identifier: BSD-3-Clause */
/* A compiler that can't be started: told, and its handle is not used again before it left the loop.
 * One that runs takes no time from what objects wait for. One that fails is told by what it says,
 * on whatever disk, or by how it ended. */
#include "control/compiler.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/control/rig.h"

static void
on_done(struct compiler *p, bool good)
{
	(void)p;
	(void)good;
	CHECK(false); /* nothing began */
}

TEST(a_compiler_that_cannot_be_started_is_told_each_time)
{
	struct compiler compiler;
	char output[128];
	struct compiler_work work = { .output = output };
	struct rig r;

	rig_make(&r);
	snprintf(output, sizeof(output), "%s/out.gen", r.directory);
	r.control.compiler = "/none/sluice-sigc";
	compiler_init(&compiler, &r.control, on_done);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(compiler_start(&compiler, &work) == -ENOENT);
		CHECK(strcmp(compiler.error, "/none/sluice-sigc: no such file or directory") == 0);
		CHECK(compiler_start(&compiler, &work) == -EBUSY); /* the loop has not turned */
		CHECK(strstr(compiler.error, "at work") != NULL);
		rig_turn(&r);
	}
	rig_remove(&r);
}

static bool ended;

static void
on_ended(struct compiler *p, bool good)
{
	(void)p;
	CHECK(good);
	ended = true;
}

/* A program that writes its arguments and its CPUs where its output is wanted. */
static void
write_program(const char *path)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL);
	fputs("#!/bin/sh\nfor a; do [ \"$before\" = --output ] && out=$a; before=$a; done\n"
	      "{ echo \"$*\"; grep Cpus_allowed_list: /proc/self/status; } >\"$out\"\n",
	    f);
	fclose(f);
	CHECK(chmod(path, 0700) == 0);
}

/* The first two CPUs of `all`; of a machine with one CPU that one, twice. */
static void
keep_two(const cpu_set_t *all, cpu_set_t *two, int *first, int *second)
{
	CPU_ZERO(two);
	*first = *second = -1;
	for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(two) < 2; cpu++) {
		if (!CPU_ISSET(cpu, all))
			continue;
		CPU_SET(cpu, two);
		*first = *first < 0 ? cpu : *first;
		*second = cpu;
	}
}

TEST(a_compiler_steps_back_and_keeps_off_the_cores)
{
	char program[160], output[160], text[1024] = "", allowed[64];
	struct compiler_work work = { .output = output };
	struct compiler compiler;
	cpu_set_t whole, before, after;
	int first, second;
	struct rig r;
	FILE *f;

	rig_make(&r);
	snprintf(program, sizeof(program), "%s/sigc", r.directory);
	snprintf(output, sizeof(output), "%s/out.gen", r.directory);
	write_program(program);
	CHECK(sched_getaffinity(0, sizeof(whole), &whole) == 0);
	keep_two(&whole, &before, &first, &second);
	CHECK(sched_setaffinity(0, sizeof(before), &before) == 0);
	r.control.compiler = program;
	r.control.config->dataplane.first_cpu = (uint16_t)second;
	compiler_init(&compiler, &r.control, on_ended);
	CHECK(compiler_start(&compiler, &work) == 0);
	while (!ended)
		rig_turn(&r);
	f = fopen(output, "r");
	CHECK(f != NULL && fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	CHECK(strstr(text, " --nice 10 ") != NULL || strstr(text, " --nice 10\n") != NULL);
	snprintf(allowed, sizeof(allowed), "Cpus_allowed_list:\t%d\n", first);
	CHECK(strstr(text, allowed) != NULL);
	CHECK(sched_getaffinity(0, sizeof(after), &after) == 0 && CPU_EQUAL(&before, &after));
	CHECK(sched_setaffinity(0, sizeof(whole), &whole) == 0);
	rig_remove(&r);
}

static bool failed;

static void
on_failed(struct compiler *p, bool good)
{
	(void)p;
	CHECK(!good);
	failed = true;
}

TEST(a_compiler_that_fails_is_told_by_its_words_or_its_end)
{
	static const struct {
		const char *program, *error;
	} rows[] = {
		{ "echo 'sluice-sigc: a.ndb:7: no pattern' >&2; exit 2",
		    "sluice-sigc: a.ndb:7: no pattern" },
		{ "printf 'first\\nsecond\\n' >&2; exit 1", "first" },
		{ "echo 'sluice-sigc: a.ndb:7: a limit' >&2; kill -9 $$",
		    "sluice-sigc: a.ndb:7: a limit" },
		{ "kill -9 $$", "the compiler was ended by SIGKILL" },
		{ "kill -XCPU $$", "the compiler was ended by SIGXCPU" },
		{ "exit 3", "the compiler ended with code 3 and said nothing" },
		{ "echo >&2; exit 2", "the compiler ended with code 2 and said nothing" },
	};
	struct compiler compiler;
	struct compiler_work work = { .output = "/nonexistent/out.gen" };
	char program[160], text[256];
	struct rig r;

	rig_make(&r);
	snprintf(program, sizeof(program), "%s/sigc", r.directory);
	r.control.compiler = program;
	/* Nothing is written beside the state, which may be on a full disk. */
	strcpy(r.control.paths.state_directory, "/nonexistent");
	compiler_init(&compiler, &r.control, on_failed);
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		FILE *f = fopen(program, "w");

		snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", rows[i].program);
		CHECK_ROW(rows[i].error, f != NULL && fputs(text, f) > 0);
		fclose(f);
		CHECK_ROW(rows[i].error, chmod(program, 0700) == 0);
		failed = false;
		CHECK_ROW(rows[i].error, compiler_start(&compiler, &work) == 0);
		while (!failed)
			rig_turn(&r);
		CHECK_ROW(compiler.error, strcmp(compiler.error, rows[i].error) == 0);
	}
	CHECK(compiler.runs == COUNT_OF(rows) && compiler.failed == COUNT_OF(rows));
	rig_remove(&r);
}
