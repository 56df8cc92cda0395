/* SPDX-License-Identifier: BSD-3-Clause */
/* How signatures stand: the compiler, what serves, what served before, what is tried and found. */
#include <stdio.h>
#include <string.h>

#include "control/answer.h"
#include "control/current.h"
#include "control/record_json.h"
#include "control/trial.h"

#define RULES_MAX   100 /* of a try, those that found most */
#define OBJECTS_MAX 20  /* the newest in which it found something */

static void
put_time(json_t *o, const char *key, int64_t wall_ns)
{
	char text[RECORD_TIME_TEXT];

	json_object_set_new(o, key, json_string(record_time(wall_ns, text)));
}

static void
put_generation(json_t *o, const char *key, uint64_t id)
{
	char hex[24] = "";

	if (id != 0)
		snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)id);
	json_object_set_new(o, key, json_string(hex));
}

/* Names of files, safe to print. */
static void
put_files(json_t *into, const json_t *batch)
{
	char escaped[4 * CONFIG_ERROR_TEXT_MAX];
	size_t i;
	json_t *name;

	json_array_foreach(json_object_get(batch, "files"), i, name) json_array_append_new(into,
	    json_string(
		line_escape_message(span_text(json_string_value(name)), escaped, sizeof(escaped))));
}

static void
put_rule(void *arg, const struct store_trial_rule *r)
{
	json_t *rule = json_pack("{s:s, s:I, s:I}", "threat", r->threat, "objects",
	    (json_int_t)r->objects, "new", (json_int_t)r->objects_new);

	put_time(rule, "first", r->first_ns);
	put_time(rule, "last", r->last_ns);
	json_array_append_new(arg, rule);
}

static void
put_hit(void *arg, const struct store_trial_hit *h)
{
	char uuid[LINE_UUID_TEXT];
	json_t *hit = json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:I}", "uuid",
	    line_hex(h->uuid, 16, uuid), "threat", h->threat, "new", h->is_new, "verdict",
	    h->verdict, "source", h->source, "client", h->client, "url", h->url, "filename",
	    h->filename, "offset", (json_int_t)h->offset);

	put_time(hit, "time", h->wall_ns);
	json_array_append_new(arg, hit);
}

/* What came of it so far. */
static void
put_found(json_t *out, struct control *c)
{
	struct store_trial_totals totals;
	json_t *rules = json_array(), *hits = json_array();
	uint64_t objects = 0;

	store_trial_totals(c->store, &totals);
	store_trial_rules(c->store, RULES_MAX, put_rule, rules);
	store_trial_hits(c->store, OBJECTS_MAX, put_hit, hits);
	for (unsigned s = SHADOW_NONE + 1; s < SHADOW_COUNT; s++)
		objects += totals.objects[s];
	answer_put_number(out, "objects", objects);
	for (unsigned s = SHADOW_NONE + 1; s < SHADOW_COUNT; s++)
		answer_put_number(out, shadow_word((enum shadow)s), totals.objects[s]);
	json_object_set_new(out, "rules", rules);
	json_object_set_new(out, "found", hits);
}

static json_t *
tell_trial(struct control *c, const json_t *trial)
{
	static const char *const kept[] = { "generation", "loaded", "rules_for_sandbox",
		"left_out" };
	json_t *out = json_object(), *files = json_array();
	const char *hex = json_string_value(json_object_get(trial, "generation"));
	char running[24] = "";

	put_files(files, trial);
	json_object_set_new(out, "files", files);
	put_time(out, "since", json_integer_value(json_object_get(trial, "since_ns")));
	if (c->region != NULL)
		snprintf(running, sizeof(running), "%016llx",
		    (unsigned long long)region_shadow(c->region));
	json_object_set_new(out, "running", json_boolean(hex != NULL && strcmp(hex, running) == 0));
	answer_put_text(out, "trouble", trial_error(c->trial));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		json_object_set(out, kept[i], json_object_get(trial, kept[i]));
	put_found(out, c);
	return out;
}

json_t *
answer_sig(struct control *c, const json_t *request)
{
	const json_t *trial = tried_trial(&c->tried);
	struct current_facts before;
	json_t *out, *promoted, *batch;
	char path[512];
	size_t i;

	if (json_is_true(json_object_get(request, "reload")) && generation_compile(c) != 0)
		return answer_refusal(c->compile_error);
	out = json_pack("{s:b, s:b}", "ok", 1, "compiling", c->compiling);
	promoted = json_array();
	answer_put_text(out, "error", c->compile_error);
	answer_put_text(out, "refused", c->last_error);
	put_generation(out, "generation", c->region != NULL ? region_generation(c->region) : 0);
	generation_path(c, "previous.gen", path);
	put_generation(out, "before", current_read(path, &before) == 0 ? before.id : 0);
	json_object_set_new(out, "rolled_back", json_boolean(tried_is_pinned(&c->tried)));
	json_array_foreach(tried_promoted(&c->tried), i, batch) put_files(promoted, batch);
	json_object_set_new(out, "promoted", promoted);
	json_object_set_new(out, "tried", trial != NULL ? tell_trial(c, trial) : json_null());
	return out;
}
