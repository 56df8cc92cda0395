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
 *
 * What served before is kept as previous.gen, for a rollback (trial.c); what was promoted is
 * compiled with what is configured.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/channel/attend.h"
#include "control/current.h"
#include "control/trial.h"

void
generation_path(const struct control *c, const char *name, char out[512])
{
	snprintf(out, 512, "%s/%s", c->paths.state_directory, name);
}

void
generation_push(struct control *c)
{
	struct attend_message m = { .version = ATTEND_VERSION, .kind = ATTEND_GENERATION };
	char path[512];
	int fd;

	generation_path(c, "current.gen", path);
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
	generation_path(c, "current.gen", path);
	generation_path(c, "generation", name);
	generation_path(c, "generation.new", partial);
	f = fopen(partial, "we");
	if (f != NULL) {
		fprintf(f, "%s\n", path);
		if (fclose(f) == 0)
			rename(partial, name);
	}
	trial_served(c->trial);
}

void
generation_refused(struct control *c)
{
	if (trial_refused(c->trial, c->last_error) || c->made_anew || c->compiling)
		return;
	c->made_anew = true;
	fprintf(stderr, "WRN signatures: the stored generation was refused: %s; compiling anew\n",
	    c->last_error);
	generation_compile(c);
}

/* What serves gets a second name, for the day it is the generation before. -errno. */
static int
name_previous(const struct control *c)
{
	char current[512], partial[512];

	generation_path(c, "current.gen", current);
	generation_path(c, "previous.new", partial);
	if (unlink(partial) != 0 && errno != ENOENT)
		return -errno;
	return link(current, partial) == 0 || errno == ENOENT ? 0 : -errno;
}

/* The files take their new places, where name_previous() has been; at each instant both names are
 * of whole files. -errno. */
static int
move_files(const struct control *c, bool is_new)
{
	char next[512], current[512], partial[512], previous[512];

	generation_path(c, "next.gen", next);
	generation_path(c, "current.gen", current);
	generation_path(c, "previous.new", partial);
	generation_path(c, "previous.gen", previous);
	if (is_new && rename(partial, previous) != 0 && errno != ENOENT)
		return -errno;
	return rename(next, current) == 0 ? 0 : -errno;
}

static bool
has_current(const struct control *c)
{
	char path[512];

	generation_path(c, "current.gen", path);
	return access(path, F_OK) == 0;
}

static bool
differ(const char *current, const char *next)
{
	struct current_facts old, fresh;

	return current_read(current, &old) != 0 || current_read(next, &fresh) != 0 ||
	       old.id != fresh.id;
}

/* The file that was made becomes the current one, and the state goes with it. -errno. */
static int
take_over(struct control *c)
{
	char from[512], to[512];
	bool is_new;
	int rc;

	generation_path(c, "next.gen", from);
	generation_path(c, "current.gen", to);
	is_new = differ(to, from);
	if (c->compiled != TRIED_AS_IS)
		trial_before_change(c->trial, is_new);
	/* What may want room on the disk first, so that where there is none nothing has changed. */
	rc = is_new ? name_previous(c) : 0;
	if (rc == 0)
		rc = tried_succeed(&c->tried, c->compiled, is_new);
	if (rc == 0)
		rc = move_files(c, is_new);
	if (rc != 0) {
		snprintf(c->compile_error, sizeof(c->compile_error),
		    "the state directory can't be written: %s", strerror(-rc));
		return rc;
	}
	generation_push(c);
	if (c->compiled != TRIED_AS_IS)
		trial_handed(c->trial);
	return 0;
}

static void
on_compiled(struct compiler *p, bool good)
{
	struct control *c = p->control;

	c->compiling = false;
	snprintf(c->compile_error, sizeof(c->compile_error), "%s", p->error);
	tried_name_all(&c->tried, c->compile_error, sizeof(c->compile_error));
	if (!good || take_over(c) != 0) {
		fprintf(stderr, "WRN signatures: %s; the old generation stays\n", c->compile_error);
		if (c->compiled != TRIED_AS_IS || !has_current(c))
			trial_failed(c->trial, c->compile_error);
	}
	if (c->compile_again && generation_compile(c) != 0)
		trial_failed(c->trial, c->compile_error);
}

/* Whether anything is named or promoted, or a file must be undone that holds what no longer is. */
static bool
has_work(const struct control *c)
{
	const struct config *f = c->config;

	return f->signatures.sources_count + f->reputation.bad_count + f->reputation.good_count !=
		   0 ||
	       json_array_size(tried_promoted(&c->tried)) > 0 || c->wanted != TRIED_AS_IS ||
	       has_current(c);
}

int
generation_compile(struct control *c)
{
	struct compiler_work work = { .with_configured = true };
	enum tried_change change;
	char output[512], earlier[512], **copies;
	unsigned count;
	int rc;

	c->compile_again = c->compiling;
	if (c->compiling || !has_work(c))
		return 0;
	change = has_current(c) ? c->wanted : TRIED_AS_IS; /* first what a rollback returns to */
	copies = tried_copies_after(&c->tried, change, &count);
	if (copies == NULL)
		return -ENOMEM;
	generation_path(c, "next.gen", output);
	generation_path(c, "current.gen", earlier);
	work.output = output;
	work.earlier = earlier;
	work.more = copies;
	work.more_count = count;
	rc = compiler_start(&c->serving, &work);
	tried_free_copies(copies, count);
	c->compiling = rc == 0;
	if (rc != 0) {
		snprintf(c->compile_error, sizeof(c->compile_error), "%s", c->serving.error);
		return rc;
	}
	c->compiled = change;
	c->compile_again = change != c->wanted;
	if (change == c->wanted)
		c->wanted = TRIED_AS_IS;
	return 0;
}

void
generation_init(struct control *c)
{
	compiler_init(&c->serving, c, on_compiled);
}

void
generation_start(struct control *c)
{
	if (!tried_is_pinned(&c->tried) || !has_current(c))
		generation_compile(c);
}
