/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/cpus.h"
#include "control/control.h"

#define ARGUMENTS_FIXED 22   /* beside lists and sources */
#define NICE            "10" /* a tenth of what control itself gets where both want one CPU */

void
compiler_init(struct compiler *p, struct control *c, const char *errors,
    void (*done)(struct compiler *p, bool good))
{
	memset(p, 0, sizeof(*p));
	p->control = c;
	p->errors = errors;
	p->done = done;
}

static void
errors_path(const struct compiler *p, char out[512])
{
	snprintf(out, 512, "%s/%s", p->control->paths.state_directory, p->errors);
}

/* Its first line on standard error: FILE:LINE: what. */
static void
take_error(struct compiler *p)
{
	char path[512];
	FILE *f;

	errors_path(p, path);
	f = fopen(path, "re");
	if (f == NULL || fgets(p->error, sizeof(p->error), f) == NULL)
		snprintf(p->error, sizeof(p->error), "the compiler was ended by its limits");
	p->error[strcspn(p->error, "\n")] = 0;
	if (f != NULL)
		fclose(f);
}

/* Only now may the handle serve again. */
static void
on_closed(uv_handle_t *process)
{
	struct compiler *p = process->data;

	p->running = false;
	p->done(p, p->good);
}

/* One that never began: nobody waits for it, but its handle is in the loop until now. */
static void
on_unused_closed(uv_handle_t *process)
{
	struct compiler *p = process->data;

	p->running = false;
}

static void
on_exited(uv_process_t *process, int64_t status, int signal_number)
{
	struct compiler *p = process->data;

	p->good = status == 0 && signal_number == 0;
	p->error[0] = 0;
	if (!p->good)
		take_error(p);
	uv_close((uv_handle_t *)process, on_closed);
}

static void
add_pairs(char **arguments, unsigned *n, const char *flag, char *const *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (flag != NULL)
			arguments[(*n)++] = (char *)(uintptr_t)flag;
		arguments[(*n)++] = values[i];
	}
}

/* The words of its command line, ended by NULL; the numbers' texts are lent by `numbers`. */
static char **
make_arguments(struct control *c, const struct compiler_work *work, char numbers[2][32])
{
	const struct config *f = c->config;
	char **arguments =
	    calloc(ARGUMENTS_FIXED + f->signatures.sources_count + work->more_count +
		       2 * ((size_t)f->reputation.bad_count + f->reputation.good_count),
		sizeof(*arguments));
	unsigned n = 0;

	if (arguments == NULL)
		return NULL;
	snprintf(numbers[0], 32, "%u", f->signatures.compile_memory_mib);
	snprintf(numbers[1], 32, "%u", f->signatures.compile_timeout_s);
	arguments[n++] = (char *)(uintptr_t)c->compiler;
	arguments[n++] = "--output";
	arguments[n++] = (char *)(uintptr_t)work->output;
	arguments[n++] = "--memory-mib";
	arguments[n++] = numbers[0];
	arguments[n++] = "--timeout-s";
	arguments[n++] = numbers[1];
	arguments[n++] = "--nice";
	arguments[n++] = NICE;
	if (work->earlier != NULL) {
		arguments[n++] = "--reuse";
		arguments[n++] = (char *)(uintptr_t)work->earlier;
	}
	if (work->report != NULL) {
		arguments[n++] = "--report";
		arguments[n++] = "json";
	}
	if (f->signatures.unsigned_databases)
		arguments[n++] = "--unsigned";
	if (f->sandbox.kind != SANDBOX_NONE)
		arguments[n++] = "--sandbox";
	if (work->with_configured) {
		add_pairs(arguments, &n, "--bad", f->reputation.bad, f->reputation.bad_count);
		add_pairs(arguments, &n, "--good", f->reputation.good, f->reputation.good_count);
		add_pairs(arguments, &n, NULL, f->signatures.sources, f->signatures.sources_count);
	}
	add_pairs(arguments, &n, NULL, work->more, work->more_count);
	return arguments;
}

/* A file that the process writes to; -errno with the sentence. */
static int
open_output(struct compiler *p, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd >= 0)
		return fd;
	fd = -errno;
	snprintf(p->error, sizeof(p->error), "%.200s: %s", path, strerror(-fd));
	return fd;
}

/* What this thread starts keeps off the CPUs that poll, until it is given back `before`. */
static void
keep_off_cores(const struct config *c, cpu_set_t *before)
{
	cpu_set_t beside;

	if (sched_getaffinity(0, sizeof(*before), before) != 0) {
		CPU_ZERO(before); /* which nobody may be given */
		return;
	}
	beside = cpus_beside_cores(c, before);
	sched_setaffinity(0, sizeof(beside), &beside);
}

static int
spawn(struct compiler *p, const uv_process_options_t *options)
{
	struct control *c = p->control;
	cpu_set_t before;
	int rc;

	keep_off_cores(c->config, &before);
	rc = uv_spawn(&c->loop, &p->process, options);
	sched_setaffinity(0, sizeof(before), &before);
	return rc;
}

int
compiler_start(struct compiler *p, const struct compiler_work *work)
{
	struct control *c = p->control;
	char errors[512], numbers[2][32], **arguments = make_arguments(c, work, numbers);
	uv_stdio_container_t stdio[3] = { { .flags = UV_IGNORE }, { .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = -1 } };
	uv_process_options_t options = {
		.exit_cb = on_exited,
		.file = c->compiler,
		.args = arguments,
		.stdio = stdio,
		.stdio_count = 3,
	};
	int report = -1, rc = -ENOMEM;

	if (p->running) { /* one that never began, whose handle is not out of the loop yet */
		snprintf(p->error, sizeof(p->error), "the compiler is at work; try again");
		free(arguments);
		return -EBUSY;
	}
	snprintf(p->error, sizeof(p->error), "out of memory");
	if (arguments == NULL)
		return rc;
	errors_path(p, errors);
	rc = stdio[2].data.fd = open_output(p, errors);
	if (rc >= 0 && work->report != NULL) {
		rc = report = open_output(p, work->report);
		stdio[1] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = report };
	}
	if (rc >= 0) {
		p->process.data = p;
		p->running = true;
		p->error[0] = 0;
		rc = spawn(p, &options);
		if (rc != 0) {
			snprintf(
			    p->error, sizeof(p->error), "%.200s: %s", c->compiler, uv_strerror(rc));
			uv_close((uv_handle_t *)&p->process, on_unused_closed);
		}
	}
	free(arguments);
	if (stdio[2].data.fd >= 0)
		close(stdio[2].data.fd);
	if (report >= 0)
		close(report);
	return rc;
}
