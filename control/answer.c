/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/config/profile.h"
#include "common/page/page.h"
#include "control/everywhere.h"

#define MODE_WORD_MAX 32 /* of what was asked for, repeated in the refusal */

json_t *
answer_refusal(const char *why)
{
	char text[CONFIG_ERROR_TEXT_MAX * 4];

	return json_pack("{s:b, s:s}", "ok", 0, "error",
	    line_escape_message(span_text(why), text, sizeof(text)));
}

json_t *
answer_unknown(const char *why)
{
	json_t *out = answer_refusal(why);

	json_object_set_new(out, "unknown", json_true());
	return out;
}

json_t *
answer_unavailable(const char *why)
{
	json_t *out = answer_refusal(why);

	json_object_set_new(out, "unavailable", json_true());
	return out;
}

void
answer_put_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

void
answer_put_text(json_t *o, const char *key, const char *text)
{
	char escaped[4 * CONFIG_ERROR_TEXT_MAX];

	json_object_set_new(
	    o, key, json_string(line_escape_message(span_text(text), escaped, sizeof(escaped))));
}

/* Names the word that is no mode, and those that are. */
static json_t *
refuse_mode(const char *word)
{
	char shown[4 * MODE_WORD_MAX + 1], why[256];
	size_t n;

	if (word == NULL)
		word = "";
	line_escape_message(span_of(word, strnlen(word, MODE_WORD_MAX)), shown, sizeof(shown));
	n = (size_t)snprintf(why, sizeof(why), "'%s' is not one of ", shown);
	for (unsigned m = 0; m < MODE_COUNT; m++)
		n += (size_t)snprintf(
		    why + n, sizeof(why) - n, "%s%s", m == 0 ? "" : ", ", mode_word((enum mode)m));
	return answer_refusal(why);
}

static json_t *
answer_mode(struct control *c, const json_t *request)
{
	const json_t *asked = json_object_get(request, "mode");
	const char *word = json_string_value(asked);
	int rc = 0;

	if (asked != NULL) {
		enum mode m = word != NULL ? mode_by_word(span_text(word)) : MODE_COUNT;

		if (m == MODE_COUNT)
			return refuse_mode(word);
		rc = control_set_mode(c, m);
	}
	if (rc != 0)
		return answer_unavailable("the mode can't be kept in the state directory");
	return json_pack("{s:b, s:s}", "ok", 1, "mode", mode_word(c->mode));
}

/* The cores forget at their next turn: what is told is what they had before. */
static json_t *
clear_cache(struct control *c, uint64_t entries)
{
	struct command clear = { .kind = COMMAND_CACHE_CLEAR };

	everywhere_forget_verdicts(c->everywhere);
	for (uint32_t i = 0; i < region_cores(c->region); i++) {
		if (command_send(region_core(c->region, i), &clear) != 0)
			return answer_unavailable("a core's command ring is full; try again");
	}
	return json_pack("{s:b, s:I}", "ok", 1, "cleared", (json_int_t)entries);
}

static json_t *
answer_cache(struct control *c, const json_t *request)
{
	static struct core_stats sum;

	if (c->region == NULL)
		return answer_unavailable(ANSWER_NO_DATAPLANE);
	answer_sum(c, &sum);
	if (json_is_true(json_object_get(request, "clear")))
		return clear_cache(c, sum.cache_entries_now);
	return json_pack("{s:b, s:I, s:I, s:I, s:I}", "ok", 1, "entries",
	    (json_int_t)sum.cache_entries_now, "hits", (json_int_t)sum.counters[COUNTER_CACHE_HITS],
	    "misses", (json_int_t)sum.counters[COUNTER_CACHE_MISSES], "evictions",
	    (json_int_t)sum.counters[COUNTER_CACHE_EVICTIONS]);
}

/* What the dataplane, or a worker, will read for itself: who reloads is told at once what is wrong
 * with it. */
static int
check_files(const struct config *c, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct config_profiles *profiles = NULL;
	struct pages *pages = NULL;
	int rc = config_profiles_load(c, &profiles, error);

	if (rc == 0 && c->sandbox.passwords != NULL && access(c->sandbox.passwords, R_OK) != 0) {
		rc = -errno;
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "sandbox.passwords: %.200s: %s",
		    c->sandbox.passwords, strerror(errno));
	}
	if (rc == 0)
		rc = pages_load(c, &pages, error);
	config_profiles_free(profiles);
	pages_free(pages);
	return rc;
}

static json_t *
answer_reload(struct control *c, const json_t *request)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config *fresh = NULL;

	(void)request;
	if (config_load(c->paths.config_file, c->overrides, c->override_count, &fresh, error) != 0)
		return answer_refusal(error);
	if (check_files(fresh, error) != 0) {
		config_locate(c->paths.config_file, c->overrides, c->override_count, error);
		config_free(fresh);
		return answer_refusal(error);
	}
	config_free(c->config);
	c->config = fresh;
	log_configure(&c->log, fresh);
	attach_push_policy(c);
	generation_compile(c);
	http_configure(c);
	return json_pack("{s:b}", "ok", 1);
}

static json_t *
answer_log_reopen(struct control *c, const json_t *request)
{
	(void)request;
	if (log_reopen(&c->log) != 0)
		return answer_unavailable("the log can't be opened");
	return json_pack("{s:b}", "ok", 1);
}

static const struct {
	const char *name;
	json_t *(*answer)(struct control *c, const json_t *request);
} commands[] = {
	{ "status", answer_status },
	{ "mode", answer_mode },
	{ "stats", answer_stats },
	{ "cache", answer_cache },
	{ "alerts", answer_alerts },
	{ "explain", answer_explain },
	{ "exclude", answer_exclude },
	{ "reload", answer_reload },
	{ "sig", answer_sig },
	{ "log-reopen", answer_log_reopen },
};

json_t *
answer_request(struct control *c, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "command"));

	if (name == NULL)
		return answer_refusal("expected a JSON object with \"command\"");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].answer(c, request);
	}
	return answer_refusal("unknown command");
}
