/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/config/cpus.h"
#include "control/control.h"

#define ARGUMENTS_FIXED 22   /* beside lists and sources */
#define NICE            "10" /* a tenth of what control itself gets where both want one CPU */

void
compiler_init(struct compiler *p, struct control *c, void (*done)(struct compiler *p, bool good))
{
	memset(p, 0, sizeof(*p));
	p->control = c;
	p->done = done;
	p->said = -1;
}

static void
forget_said(struct compiler *p)
{
	if (p->said >= 0)
		close(p->said);
	p->said = -1;
}

/* Its first line on standard error, FILE:LINE: what; of one that was given no time to say anything,
 * how it ended. */
static void
take_error(struct compiler *p, int64_t status, int signal_number)
{
	ssize_t n = pread(p->said, p->error, sizeof(p->error) - 1, 0);
	const char *name = sigabbrev_np(signal_number);

	p->error[n > 0 ? n : 0] = 0;
	p->error[strcspn(p->error, "\n")] = 0;
	if (p->error[0] != 0)
		return;
	if (signal_number != 0)
		snprintf(p->error, sizeof(p->error), "the compiler was ended by SIG%s",
		    name != NULL ? name : "?");
	else
		snprintf(p->error, sizeof(p->error),
		    "the compiler ended with code %lld and said nothing", (long long)status);
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
		take_error(p, status, signal_number);
	p->failed += !p->good;
	forget_said(p);
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

/* What it says is kept in memory: a disk that is full is one of the things it may have to tell. */
static int
open_said(struct compiler *p)
{
	p->said = memfd_create("sluice-sigc-said", MFD_CLOEXEC);
	if (p->said >= 0)
		return p->said;
	snprintf(p->error, sizeof(p->error), "no memory for what the compiler says: %s",
	    strerror(errno));
	return -errno;
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

/* The process, its output opened; `report`: -1, or where the report goes. */
static int
begin(struct compiler *p, char **arguments, int report)
{
	uv_stdio_container_t stdio[3] = { { .flags = UV_IGNORE }, { .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = p->said } };
	uv_process_options_t options = {
		.exit_cb = on_exited,
		.file = p->control->compiler,
		.args = arguments,
		.stdio = stdio,
		.stdio_count = 3,
	};
	int rc;

	if (report >= 0)
		stdio[1] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = report };
	p->process.data = p;
	p->running = true;
	p->error[0] = 0;
	rc = spawn(p, &options);
	if (rc == 0)
		return 0;
	snprintf(p->error, sizeof(p->error), "%.200s: %s", p->control->compiler, uv_strerror(rc));
	uv_close((uv_handle_t *)&p->process, on_unused_closed);
	return rc;
}

int
compiler_start(struct compiler *p, const struct compiler_work *work)
{
	char numbers[2][32], **arguments;
	int report = -1, rc = -ENOMEM;

	if (p->running) { /* one that never began, whose handle is not out of the loop yet */
		snprintf(p->error, sizeof(p->error), "the compiler is at work; try again");
		return -EBUSY;
	}
	p->runs++;
	snprintf(p->error, sizeof(p->error), "out of memory");
	arguments = make_arguments(p->control, work, numbers);
	if (arguments != NULL)
		rc = open_said(p);
	if (rc >= 0 && work->report != NULL)
		rc = report = open_output(p, work->report);
	if (rc >= 0)
		rc = begin(p, arguments, report);
	if (rc != 0) {
		p->failed++;
		forget_said(p);
	}
	free(arguments);
	if (report >= 0)
		close(report);
	return rc;
}
