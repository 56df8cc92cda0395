/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes of what serves: a try promoted, what was promoted dropped, the generation before. The
 * first two compile what is configured with another set of batches (generation.c), the last serves
 * previous.gen again and asks no compiler, also not at control's next start; a reload does. Where
 * the dataplane refuses the file, files and state are put back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/answer.h"
#include "control/current.h"
#include "control/everywhere.h"
#include "control/trial_internal.h"

void
trial_clear_caches(struct trial *t)
{
	struct command clear = { .kind = COMMAND_CACHE_CLEAR };
	struct region *r = t->control->region;

	if (t->clear_cores != 0)
		everywhere_forget_verdicts(t->control->everywhere);
	if (r == NULL)
		t->clear_cores = 0; /* the next dataplane begins without verdicts */
	for (uint32_t i = 0; t->clear_cores != 0 && i < region_cores(r); i++) {
		if ((t->clear_cores >> i & 1) != 0 && command_send(region_core(r, i), &clear) == 0)
			t->clear_cores &= ~(1ull << i);
	}
}

/* A generation with the try in it, or without all that was promoted. NULL: begun. */
json_t *
trial_begin_change(struct trial *t, enum tried_change change)
{
	struct control *c = t->control;
	size_t promoted = json_array_size(tried_promoted(&c->tried));

	if (change == TRIED_PROMOTE && tried_trial(&c->tried) == NULL)
		return answer_refusal("nothing is tried");
	if (change == TRIED_PROMOTE && promoted >= TRIED_PROMOTED_MAX)
		return answer_refusal("32 tries are promoted already: name their files in "
				      "signatures.sources, then `sig drop promoted`");
	if (change == TRIED_DROP && promoted == 0)
		return answer_refusal("nothing is promoted");
	t->step = STEP_CHANGING;
	t->change = c->wanted = change;
	if (generation_compile(c) == 0)
		return NULL;
	t->step = STEP_IDLE;
	c->wanted = TRIED_AS_IS;
	return answer_refusal(c->compile_error);
}

/* The generation before serves again. NULL: begun. */
json_t *
trial_begin_rollback(struct trial *t)
{
	struct control *c = t->control;
	char current[512], previous[512], undone[512];
	struct current_facts now, before;

	generation_path(c, "current.gen", current);
	generation_path(c, "previous.gen", previous);
	generation_path(c, "undone.gen", undone);
	if (c->compiling)
		return answer_unavailable("the compiler is at work; try again when it has ended");
	if (current_read(current, &now) != 0 || current_read(previous, &before) != 0 ||
	    now.id == before.id)
		return answer_refusal("no generation before this one is kept");
	unlink(undone);
	trial_before_change(t, true);
	if (link(current, undone) != 0 || rename(previous, current) != 0)
		return answer_unavailable("the state directory can't be written");
	if (tried_go_back(&c->tried) != 0) {
		link(current, previous);
		rename(undone, current);
		return answer_unavailable("the state directory can't be written");
	}
	t->step = STEP_SERVING;
	t->change = TRIED_AS_IS;
	generation_push(c);
	return NULL;
}

void
trial_before_change(struct trial *t, bool differs)
{
	t->undo_file = differs;
	json_decref(t->undo);
	t->undo = json_deep_copy(t->control->tried.state);
}

void
trial_handed(struct trial *t)
{
	if (t->step != STEP_CHANGING)
		return;
	t->step = STEP_SERVING;
	if (t->control->attend < 0)
		trial_detached(t);
}

void
trial_served(struct trial *t)
{
	struct control *c = t->control;
	char hex[24], undone[512];

	if (t->step != STEP_SERVING)
		return;
	generation_path(c, "undone.gen", undone);
	unlink(undone);
	if (t->change == TRIED_PROMOTE) {
		t->generation = 0;
		trial_name_for_starts(t);
		trial_hand_over(t, NULL);
	} else { /* verdicts of what was taken back must not live on */
		if (c->region != NULL)
			t->clear_cores = UINT64_MAX >> (64 - region_cores(c->region));
		trial_clear_caches(t);
	}
	snprintf(hex, sizeof(hex), "%016llx",
	    (unsigned long long)(c->region != NULL ? region_generation(c->region) : 0));
	trial_settle(t, json_pack("{s:b, s:s}", "ok", 1, "generation", hex));
}

void
trial_failed(struct trial *t, const char *why)
{
	t->control->wanted = TRIED_AS_IS;
	if (t->step == STEP_CHANGING)
		trial_settle(t, answer_refusal(why));
}

/* The files as they were before the change; what a rollback renamed lies in undone.gen. */
static void
put_back(struct trial *t)
{
	struct control *c = t->control;
	char current[512], previous[512], undone[512];

	generation_path(c, "current.gen", current);
	generation_path(c, "previous.gen", previous);
	generation_path(c, "undone.gen", undone);
	if (t->change == TRIED_AS_IS) {
		unlink(previous);
		link(current, previous);
		rename(undone, current);
	} else if (t->undo_file) {
		rename(previous, current);
	}
}

bool
trial_refused(struct trial *t, const char *why)
{
	char text[ATTEND_TEXT_MAX];

	if (t->step != STEP_SERVING)
		return false;
	snprintf(text, sizeof(text), "%.400s", why);
	put_back(t);
	tried_restore(&t->control->tried, t->undo);
	t->undo = NULL;
	trial_settle(t, answer_refusal(text));
	generation_push(t->control);
	return true;
}
