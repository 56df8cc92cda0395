/* SPDX-License-Identifier: BSD-3-Clause */
/* See trial.h. */
#include "control/trial_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "control/answer.h"
#include "control/copies.h"
#include "control/current.h"

#define NAMES_MAX 20 /* of signatures that were left out, in an answer */

static uint64_t
batch_of(const json_t *trial)
{
	return (uint64_t)json_integer_value(json_object_get(trial, "batch"));
}

static uint64_t
generation_of(const json_t *trial)
{
	const char *text = json_string_value(json_object_get(trial, "generation"));

	return text != NULL ? strtoull(text, NULL, 16) : 0;
}

/* STATE/shadow: for a dataplane that starts while no control runs. */
void
trial_name_for_starts(struct trial *t)
{
	const json_t *trial = tried_trial(&t->control->tried);
	char path[512], partial[512], file[TRIED_PATH_MAX];
	FILE *f;

	generation_path(t->control, "shadow", path);
	generation_path(t->control, "shadow.new", partial);
	if (trial == NULL) {
		unlink(path);
		return;
	}
	f = fopen(partial, "we");
	if (f == NULL)
		return;
	fprintf(f, "%s\n", tried_path(&t->control->tried, batch_of(trial), "tried.gen", file));
	if (fclose(f) == 0)
		rename(partial, path);
}

/* The try's file to the dataplane; NULL: none is tried any more. */
void
trial_hand_over(struct trial *t, const json_t *trial)
{
	struct control *c = t->control;
	struct attend_message m = { .version = ATTEND_VERSION, .kind = ATTEND_SHADOW };
	char path[TRIED_PATH_MAX];
	int fd = -1;

	if (trial != NULL)
		fd = open(tried_path(&c->tried, batch_of(trial), "tried.gen", path),
		    O_RDONLY | O_CLOEXEC);
	if (trial != NULL && fd < 0)
		snprintf(t->error, sizeof(t->error), "%.400s: %s", path, strerror(errno));
	m.serial = ++c->attend_serial;
	t->serial = m.serial;
	attend_send(c->attend, &m, fd);
	if (fd >= 0)
		close(fd);
}

/* Ends what was under way. Takes the answer. */
void
trial_settle(struct trial *t, json_t *answer)
{
	struct observed_by by = t->by;

	json_decref(t->making);
	json_decref(t->left_out);
	json_decref(t->undo);
	t->making = t->left_out = t->undo = NULL;
	t->by.done = NULL;
	t->step = STEP_IDLE;
	tried_sweep(&t->control->tried);
	if (by.done != NULL)
		by.done(by.arg, answer);
	else
		json_decref(answer);
}

static void
give_up(struct trial *t, const char *why)
{
	fprintf(stderr, "WRN signatures: not tried: %s\n", why);
	if (t->by.done == NULL) /* a try that was made anew */
		snprintf(t->error, sizeof(t->error), "%.400s", why);
	trial_settle(t, answer_refusal(why));
}

/* What `sig try` did, from the trial and the names the compiler left out. */
static json_t *
tell_try(const struct trial *t)
{
	json_t *out = json_pack("{s:b}", "ok", 1);

	json_object_update(out, t->making);
	json_object_del(out, "batch");
	json_object_del(out, "since_ns");
	if (t->left_out != NULL)
		json_object_set(out, "not_taken", t->left_out);
	return out;
}

/* The dataplane tries it: from here on it is the try. */
static void
adopt(struct trial *t)
{
	struct control *c = t->control;
	const json_t *before = tried_trial(&c->tried);
	bool is_other = before == NULL || batch_of(before) != batch_of(t->making);

	if (tried_set_trial(&c->tried, json_deep_copy(t->making)) != 0) {
		trial_hand_over(t, tried_trial(&c->tried));
		give_up(t, "the state directory can't be written");
		return;
	}
	t->generation = generation_of(t->making);
	t->must_clear |= is_other;
	t->error[0] = 0;
	trial_name_for_starts(t);
	trial_tick(t);
	trial_settle(t, tell_try(t));
}

/* Counts and names of the compiler's report, into the trial. False: nothing could be taken. */
static bool
read_report(struct trial *t, char *why, size_t room)
{
	struct tried *tried = &t->control->tried;
	char path[TRIED_PATH_MAX], text[TRIED_PATH_MAX * 2];
	json_t *report =
	    json_load_file(tried_path(tried, batch_of(t->making), "report.json", path), 0, NULL);
	json_t *names = json_object_get(report, "names"), *item, *words = json_array();
	json_int_t loaded = json_integer_value(json_object_get(report, "loaded")) - 1; /* EICAR */
	json_int_t deep = (json_int_t)json_array_size(json_object_get(report, "sandbox"));
	size_t i;

	json_object_set_new(t->making, "loaded", json_integer(loaded));
	json_object_set_new(t->making, "rules_for_sandbox", json_integer(deep));
	json_object_set_new(
	    t->making, "left_out", json_integer((json_int_t)json_array_size(names)));
	json_array_foreach(names, i, item)
	{
		if (i == NAMES_MAX)
			break;
		snprintf(text, sizeof(text), "%s:%lld: %s: %s",
		    json_string_value(json_object_get(item, "file")),
		    json_integer_value(json_object_get(item, "line")),
		    json_string_value(json_object_get(item, "name")),
		    json_string_value(json_object_get(item, "reason")));
		tried_name_originals(tried, t->making, text, sizeof(text));
		json_array_append_new(words, json_pack("{s:s}", "signature", text));
	}
	item = json_object_get(json_array_get(words, 0), "signature");
	snprintf(why, room, "nothing in these files can be tried%s%.400s", item != NULL ? ": " : "",
	    item != NULL ? json_string_value(item) : "");
	json_decref(t->left_out);
	t->left_out = words;
	json_decref(report);
	return loaded > 0 || deep > 0;
}

static void
on_compiled(struct compiler *p, bool good)
{
	struct trial *t = p->control->trial;
	struct tried *tried = &t->control->tried;
	char why[COMPILER_ERROR_TEXT_MAX * 2], made[TRIED_PATH_MAX], kept[TRIED_PATH_MAX], hex[24];
	static const char program[] = "sluice-sigc: ";
	struct current_facts facts;

	if (!good) {
		bool named = strncmp(p->error, program, strlen(program)) == 0;

		snprintf(why, sizeof(why), "%s", p->error + (named ? strlen(program) : 0));
		tried_name_originals(tried, t->making, why, sizeof(why));
		give_up(t, why);
		return;
	}
	tried_path(tried, batch_of(t->making), "made.gen", made);
	tried_path(tried, batch_of(t->making), "tried.gen", kept);
	if (!read_report(t, why, sizeof(why))) {
		give_up(t, why);
		return;
	}
	if (current_read(made, &facts) != 0 || rename(made, kept) != 0) {
		give_up(t, "the state directory can't be written");
		return;
	}
	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)facts.id);
	json_object_set_new(t->making, "generation", json_string(hex));
	if (t->control->region == NULL) { /* gone meanwhile, or not known yet */
		give_up(t, "the dataplane has ended; try again");
		return;
	}
	t->step = STEP_HANDED;
	trial_hand_over(t, t->making);
}

/* The files of t->making, alone. */
static void
compile(struct trial *t)
{
	struct tried *tried = &t->control->tried;
	char output[TRIED_PATH_MAX], report[TRIED_PATH_MAX];
	struct compiler_work work = { .output = output, .report = report };
	char **copies;
	int rc;

	copies = tried_copies(tried, t->making, &work.more_count);
	work.more = copies;
	tried_path(tried, batch_of(t->making), "made.gen", output);
	tried_path(tried, batch_of(t->making), "report.json", report);
	t->step = STEP_COMPILING;
	rc = copies != NULL ? compiler_start(&t->compiler, &work) : -ENOMEM;
	tried_free_copies(copies, work.more_count);
	if (rc != 0)
		give_up(t, copies != NULL ? t->compiler.error : "out of memory");
}

static void
on_copied(void *arg, const char *error)
{
	struct trial *t = arg;

	if (error[0] != 0)
		give_up(t, error);
	else
		compile(t);
}

static int64_t
wall_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* NULL: begun. */
static json_t *
begin_try(struct trial *t, const json_t *request, pid_t peer)
{
	char error[COPIES_ERROR_TEXT_MAX] = "out of memory";
	struct copies *copies = NULL;
	json_t *files = NULL;
	uint64_t batch = 0;
	int rc = copies_take(json_object_get(request, "try"), peer, &copies, &files, error);

	if (rc == 0) {
		rc = tried_make_batch(&t->control->tried, &batch);
		if (rc != 0)
			snprintf(error, sizeof(error), "the state directory can't be written: %s",
			    strerror(-rc));
	}
	if (rc != 0) {
		copies_free(copies);
		json_decref(files);
		return answer_refusal(error);
	}
	t->making = json_pack("{s:I, s:o, s:I}", "batch", (json_int_t)batch, "files", files,
	    "since_ns", (json_int_t)wall_now());
	t->step = STEP_COPYING;
	copies_start(&t->control->loop, copies, &t->control->tried, batch, on_copied, t);
	return NULL;
}

/* The try ends; what it found is forgotten with the next one. */
static json_t *
drop(struct trial *t)
{
	struct control *c = t->control;

	if (tried_trial(&c->tried) == NULL)
		return answer_refusal("nothing is tried");
	if (tried_set_trial(&c->tried, NULL) != 0)
		return answer_unavailable("the state directory can't be written");
	t->generation = 0;
	t->error[0] = 0;
	trial_name_for_starts(t);
	if (c->attend >= 0)
		trial_hand_over(t, NULL);
	tried_sweep(&c->tried);
	return json_pack("{s:b}", "ok", 1);
}

bool
trial_is_asked(const json_t *request)
{
	return json_object_get(request, "try") != NULL ||
	       json_object_get(request, "promote") != NULL ||
	       json_object_get(request, "rollback") != NULL ||
	       json_object_get(request, "drop") != NULL;
}

json_t *
trial_ask(struct trial *t, const json_t *request, pid_t peer, struct observed_by by)
{
	const json_t *what = json_object_get(request, "drop");
	json_t *answer;

	if (t->step != STEP_IDLE)
		return answer_unavailable(
		    "a try, a promotion or a rollback is under way; try again when it has ended");
	if (json_is_true(what))
		return drop(t);
	if (t->control->attend < 0 || t->control->region == NULL)
		return answer_unavailable(ANSWER_NO_DATAPLANE);
	t->by = by;
	if (json_object_get(request, "try") != NULL)
		answer = begin_try(t, request, peer);
	else if (json_is_true(json_object_get(request, "promote")))
		answer = trial_begin_change(t, TRIED_PROMOTE);
	else if (json_is_true(json_object_get(request, "rollback")))
		answer = trial_begin_rollback(t);
	else if (json_is_string(what) && strcmp(json_string_value(what), "promoted") == 0)
		answer = trial_begin_change(t, TRIED_DROP);
	else
		answer = answer_refusal("sig: expected try, promote, rollback or drop");
	if (answer != NULL)
		t->by.done = NULL;
	return answer;
}

void
trial_attached(struct trial *t)
{
	trial_hand_over(t, tried_trial(&t->control->tried));
}

void
trial_detached(struct trial *t)
{
	t->serial = 0;
	if (t->step == STEP_HANDED)
		give_up(t, "the dataplane has ended; try again");
	else if (t->step == STEP_SERVING)
		trial_settle(t,
		    answer_unavailable("the dataplane has ended; it serves this when it is back"));
}

/* The try's file was refused, as one of another version: it is made again, once. */
static void
make_anew(struct trial *t)
{
	const json_t *trial = tried_trial(&t->control->tried);

	if (trial == NULL || t->made_anew || t->step != STEP_IDLE)
		return;
	t->made_anew = true;
	t->making = json_deep_copy(trial);
	compile(t);
}

bool
trial_answered(struct trial *t, const struct attend_message *m)
{
	if (t->serial == 0 || m->serial != t->serial)
		return false;
	t->serial = 0;
	if (t->step == STEP_HANDED && m->kind == ATTEND_DONE) {
		adopt(t);
	} else if (t->step == STEP_HANDED) {
		give_up(t, m->text);
	} else if (m->kind == ATTEND_DONE) {
		t->made_anew = false;
		trial_name_for_starts(t);
	} else {
		snprintf(t->error, sizeof(t->error), "%s", m->text);
		make_anew(t);
	}
	return true;
}

static void
clear_store(struct trial *t)
{
	struct store *s = t->control->store;

	if (store_begin(s) != 0)
		return;
	store_clear_trial(s);
	t->must_clear = store_commit(s) != 0;
}

void
trial_tick(struct trial *t)
{
	if (t->must_clear)
		clear_store(t);
	trial_clear_caches(t);
}

const struct compiler *
trial_compiler(const struct trial *t)
{
	return &t->compiler;
}

const char *
trial_error(const struct trial *t)
{
	return t->error;
}

struct trial *
trial_create(struct control *c)
{
	struct trial *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->control = c;
	tried_open(&c->tried, c->paths.state_directory);
	tried_sweep(&c->tried);
	compiler_init(&t->compiler, c, on_compiled);
	t->generation = generation_of(tried_trial(&c->tried));
	return t;
}

void
trial_destroy(struct trial *t)
{
	if (t == NULL)
		return;
	if (t->by.done != NULL)
		t->by.done(t->by.arg, answer_unavailable("the control process ends"));
	json_decref(t->making);
	json_decref(t->left_out);
	json_decref(t->undo);
	tried_close(&t->control->tried);
	free(t);
}
