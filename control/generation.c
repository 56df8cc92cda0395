/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generations: sluice-sigc compiles in a process of its own, within limits; what it wrote is handed
 * to the dataplane, and named in STATE/generation once the dataplane serves it, for its next start.
 * If compiling fails, or the dataplane refuses the file, the old generation stays and status says
 * why. A file that is refused, as one that was damaged on disk, is made anew once.
 *
 * One compiler at a time; what is asked meanwhile is done when it has ended, once however often it
 * was asked. A configuration that names no source compiles too where a file exists: the dataplane
 * may serve what earlier sources made, and must come back to the built-in signatures.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/channel/attend.h"
#include "control/control.h"

#define ARGUMENTS_FIXED 16 /* of the compiler, beside lists and sources */

static void
path_of(const struct control *c, const char *name, char out[512])
{
	snprintf(out, 512, "%s/%s", c->paths.state_directory, name);
}

void
generation_push(struct control *c)
{
	struct attend_message m = { .version = ATTEND_VERSION, .kind = ATTEND_GENERATION };
	char path[512];
	int fd;

	path_of(c, "current.gen", path);
	fd = c->attend >= 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	m.serial = ++c->attend_serial;
	c->generation_serial = m.serial;
	attend_send(c->attend, &m, fd);
	close(fd);
}

void
generation_served(struct control *c)
{
	char path[512], name[512], partial[512];
	FILE *f;

	c->made_anew = false;
	path_of(c, "current.gen", path);
	path_of(c, "generation", name);
	path_of(c, "generation.new", partial);
	f = fopen(partial, "we");
	if (f == NULL)
		return;
	fprintf(f, "%s\n", path);
	if (fclose(f) == 0)
		rename(partial, name);
}

void
generation_refused(struct control *c)
{
	if (c->made_anew || c->compiling)
		return;
	c->made_anew = true;
	fprintf(stderr, "WRN signatures: the stored generation was refused: %s; compiling anew\n",
	    c->last_error);
	generation_compile(c);
}

/* The compiler's first line on standard error: FILE:LINE: what. */
static void
take_error(struct control *c)
{
	char path[512];
	FILE *f;

	path_of(c, "compile.err", path);
	f = fopen(path, "re");
	if (f == NULL || fgets(c->compile_error, sizeof(c->compile_error), f) == NULL)
		snprintf(c->compile_error, sizeof(c->compile_error),
		    "the compiler was ended by its limits");
	c->compile_error[strcspn(c->compile_error, "\n")] = 0;
	if (f != NULL)
		fclose(f);
}

/* Only now may the handle serve again. */
static void
on_closed(uv_handle_t *process)
{
	struct control *c = process->data;

	c->compiling = false;
	if (c->compile_again)
		generation_compile(c);
}

static void
on_compiled(uv_process_t *process, int64_t status, int signal_number)
{
	struct control *c = process->data;
	char from[512], to[512];

	uv_close((uv_handle_t *)process, on_closed);
	if (status != 0 || signal_number != 0) {
		take_error(c);
		fprintf(stderr, "WRN signatures: %s; the old generation stays\n", c->compile_error);
		return;
	}
	c->compile_error[0] = 0;
	path_of(c, "next.gen", from);
	path_of(c, "current.gen", to);
	if (rename(from, to) == 0)
		generation_push(c);
}

static void
add_pairs(char **arguments, unsigned *n, const char *flag, char **values, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (flag != NULL)
			arguments[(*n)++] = (char *)(uintptr_t)flag;
		arguments[(*n)++] = values[i];
	}
}

/* Whether the configuration names anything, or a file must be undone that it no longer names. */
static bool
has_work(const struct control *c)
{
	const struct config *f = c->config;
	char path[512];

	path_of(c, "current.gen", path);
	return f->signatures.sources_count + f->reputation.bad_count + f->reputation.good_count !=
		   0 ||
	       access(path, F_OK) == 0;
}

int
generation_compile(struct control *c)
{
	const struct config *f = c->config;
	char output[512], errors[512], memory[32], seconds_text[32], **arguments;
	uv_stdio_container_t stdio[3] = { { .flags = UV_IGNORE }, { .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD } };
	uv_process_options_t options = { .exit_cb = on_compiled, .stdio = stdio, .stdio_count = 3 };
	unsigned n = 0;
	int rc;

	c->compile_again = c->compiling;
	if (c->compiling || !has_work(c))
		return 0;
	arguments = calloc(ARGUMENTS_FIXED + f->signatures.sources_count +
			       2 * ((size_t)f->reputation.bad_count + f->reputation.good_count),
	    sizeof(*arguments));
	if (arguments == NULL)
		return -ENOMEM;
	path_of(c, "next.gen", output);
	path_of(c, "compile.err", errors);
	snprintf(memory, sizeof(memory), "%u", f->signatures.compile_memory_mib);
	snprintf(seconds_text, sizeof(seconds_text), "%u", f->signatures.compile_timeout_s);
	arguments[n++] = (char *)(uintptr_t)c->compiler;
	arguments[n++] = "--output";
	arguments[n++] = output;
	arguments[n++] = "--memory-mib";
	arguments[n++] = memory;
	arguments[n++] = "--timeout-s";
	arguments[n++] = seconds_text;
	if (f->signatures.unsigned_databases)
		arguments[n++] = "--unsigned";
	if (f->sandbox.kind != SANDBOX_NONE)
		arguments[n++] = "--sandbox";
	add_pairs(arguments, &n, "--bad", f->reputation.bad, f->reputation.bad_count);
	add_pairs(arguments, &n, "--good", f->reputation.good, f->reputation.good_count);
	add_pairs(arguments, &n, NULL, f->signatures.sources, f->signatures.sources_count);
	options.file = c->compiler;
	options.args = arguments;
	stdio[2].data.fd = open(errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (stdio[2].data.fd < 0) {
		rc = -errno;
		snprintf(c->compile_error, sizeof(c->compile_error), "%.200s: %s", errors,
		    strerror(-rc));
		free(arguments);
		return rc;
	}
	c->compiler_process.data = c;
	rc = uv_spawn(&c->loop, &c->compiler_process, &options);
	free(arguments);
	close(stdio[2].data.fd);
	c->compiling = rc == 0;
	if (rc != 0)
		snprintf(c->compile_error, sizeof(c->compile_error), "%.200s: %s", c->compiler,
		    uv_strerror(rc));
	return rc;
}
