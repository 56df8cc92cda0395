/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/exclude.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/answer.h"
#include "scanners/format/format.h"

#define EXCLUDE_FILE      "exclusions.json"
#define EXCLUDE_PUBLISHED "exclusions.yaml" /* read by dataplane/attendant.c */
#define RULES_TOTAL_MAX   4096 /* with those of sluice.yaml: what the dataplane takes */

static void
path_of(const struct control *c, const char *suffix, char out[512])
{
	snprintf(out, 512, "%s/" EXCLUDE_FILE "%s", c->paths.state_directory, suffix);
}

/* A rule from words; a format must be one that is known, too. */
static int
parse_rule(const char *criterion, const char *value, struct config_exclusion *out, char *error)
{
	int rc = config_exclusion_parse(criterion, value, out, error);

	if (rc == 0 && out->criterion == CRITERION_FORMAT &&
	    format_by_word(span_text(value)) == FORMAT_COUNT &&
	    format_class_by_word(span_text(value)) == FORMAT_CLASS_COUNT) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX,
		    "'%s' is not a format word or class word of docs/formats.md", value);
		return -EINVAL;
	}
	return rc;
}

/* A kept rule, which lends its value. */
static bool
rule_of(const json_t *item, struct config_exclusion *out)
{
	const char *criterion = json_string_value(json_object_get(item, "criterion"));
	const char *value = json_string_value(json_object_get(item, "value"));
	char error[CONFIG_ERROR_TEXT_MAX];

	if (criterion == NULL || value == NULL || !json_is_integer(json_object_get(item, "id")) ||
	    parse_rule(criterion, value, out, error) != 0)
		return false;
	out->enabled = json_is_true(json_object_get(item, "enabled"));
	return true;
}

static bool
all_are_rules(const json_t *rules)
{
	struct config_exclusion rule;
	size_t i;
	json_t *item;

	if (!json_is_array(rules) || json_array_size(rules) > EXCLUDE_RULES_MAX)
		return false;
	json_array_foreach(rules, i, item)
	{
		if (!rule_of(item, &rule))
			return false;
	}
	return true;
}

void
exclude_close(struct control *c)
{
	json_decref(c->exclude.rules);
	c->exclude.rules = NULL;
}

char *
exclude_policy_text(const struct control *c)
{
	size_t of_file = c->config->exclusions_count, added = json_array_size(c->exclude.rules);
	struct config merged = *c->config;
	char *text;
	size_t i;
	json_t *item;

	merged.exclusions = calloc(of_file + added + 1, sizeof(*merged.exclusions));
	if (merged.exclusions == NULL)
		return NULL;
	for (i = 0; i < of_file; i++)
		merged.exclusions[i] = c->config->exclusions[i];
	json_array_foreach(c->exclude.rules, i, item)
	{
		if (rule_of(item, &merged.exclusions[merged.exclusions_count]))
			merged.exclusions_count++;
	}
	text = config_print(&merged);
	free(merged.exclusions);
	return text;
}

/* On disk, whole or not at all. */
static bool
write_whole(const struct control *c, const char *name, const json_t *what)
{
	char path[512], partial[520];
	bool good;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", c->paths.state_directory, name);
	snprintf(partial, sizeof(partial), "%s.new", path);
	f = fopen(partial, "we");
	if (f == NULL)
		return false;
	good = json_dumpf(what, f, JSON_INDENT(1)) == 0 && fputc('\n', f) != EOF &&
	       fflush(f) == 0 && fsync(fileno(f)) == 0;
	fclose(f);
	return good && rename(partial, path) == 0;
}

/*
 * The rules as the configuration says them (JSON is YAML), for a dataplane that starts while no
 * control runs. Where that can't be written there is none: what was taken back must not stay.
 */
static void
publish(const struct control *c)
{
	json_t *section = json_array(), *text = json_pack("{s:o}", "exclusions", section), *item;
	char path[512];
	size_t i;

	json_array_foreach(c->exclude.rules, i, item)
	{
		json_array_append_new(section, json_copy(item));
		json_object_del(json_array_get(section, i), "id");
	}
	if (!write_whole(c, EXCLUDE_PUBLISHED, text)) {
		snprintf(path, sizeof(path), "%s/" EXCLUDE_PUBLISHED, c->paths.state_directory);
		fprintf(stderr,
		    "WRN %s: %s; a dataplane that starts alone will not know the exclusions\n",
		    path, strerror(errno));
		unlink(path);
	}
	json_decref(text);
}

void
exclude_open(struct control *c)
{
	char path[512], aside[512];

	path_of(c, "", path);
	path_of(c, ".damaged", aside);
	c->exclude.rules = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	if (c->exclude.rules == NULL && access(path, F_OK) != 0) {
		c->exclude.rules = json_array();
	} else if (!all_are_rules(c->exclude.rules)) {
		fprintf(stderr, "WRN %s: not a list of exclusions; set aside as %s\n", path, aside);
		rename(path, aside);
		json_decref(c->exclude.rules);
		c->exclude.rules = json_array();
	}
	publish(c);
}

/* Makes `changed` the rules, or says why not; takes it. NULL: done. */
static json_t *
change(struct control *c, json_t *changed)
{
	json_t *before = c->exclude.rules;

	c->exclude.rules = changed;
	if (!write_whole(c, EXCLUDE_FILE, changed)) {
		c->exclude.rules = before;
		json_decref(changed);
		return answer_unavailable("the rules can't be kept in the state directory");
	}
	json_decref(before);
	publish(c);
	attach_push_policy(c);
	return NULL;
}

static bool
is_known(const struct control *c, const struct config_exclusion *rule)
{
	uint64_t key = config_exclusion_key(rule);
	struct config_exclusion other;
	size_t i;
	json_t *item;

	for (i = 0; i < c->config->exclusions_count; i++) {
		if (config_exclusion_key(&c->config->exclusions[i]) == key)
			return true;
	}
	json_array_foreach(c->exclude.rules, i, item)
	{
		if (rule_of(item, &other) && config_exclusion_key(&other) == key)
			return true;
	}
	return false;
}

static json_int_t
next_id(const json_t *rules)
{
	json_int_t last = 0, id;
	size_t i;
	json_t *item;

	json_array_foreach(rules, i, item)
	{
		id = json_integer_value(json_object_get(item, "id"));
		last = id > last ? id : last;
	}
	return last + 1;
}

static json_t *
add(struct control *c, const json_t *words)
{
	const char *criterion = json_string_value(json_object_get(words, "criterion"));
	const char *value = json_string_value(json_object_get(words, "value"));
	size_t count = json_array_size(c->exclude.rules);
	char error[CONFIG_ERROR_TEXT_MAX];
	struct config_exclusion rule;
	json_t *changed;

	if (criterion == NULL || value == NULL)
		return answer_refusal("add: expected a criterion and a value");
	if (parse_rule(criterion, value, &rule, error) != 0)
		return answer_refusal(error);
	if (is_known(c, &rule))
		return answer_refusal("there is such a rule already");
	if (count >= EXCLUDE_RULES_MAX || c->config->exclusions_count + count >= RULES_TOTAL_MAX)
		return answer_refusal("there are as many rules as can be");
	changed = json_deep_copy(c->exclude.rules);
	json_array_append_new(changed, json_pack("{s:I, s:s, s:s, s:b}", "id", next_id(changed),
					   "criterion", criterion, "value", value, "enabled", 1));
	return change(c, changed);
}

/* Removes a rule, or switches it. */
static json_t *
alter(struct control *c, const char *what, const json_t *id)
{
	json_t *changed = json_deep_copy(c->exclude.rules), *item;
	size_t i;

	json_array_foreach(changed, i, item)
	{
		if (!json_is_integer(id) ||
		    json_integer_value(json_object_get(item, "id")) != json_integer_value(id))
			continue;
		if (strcmp(what, "remove") == 0)
			json_array_remove(changed, i);
		else
			json_object_set_new(
			    item, "enabled", json_boolean(strcmp(what, "enable") == 0));
		return change(c, changed);
	}
	json_decref(changed);
	return answer_refusal("no rule that was added has that number; those of sluice.yaml are "
			      "changed there");
}

static void
list_rule(
    const struct core_stats *sum, json_t *list, json_int_t id, const struct config_exclusion *rule)
{
	uint64_t hits = channel_rule_hits(sum, config_exclusion_key(rule));
	char value[4 * CONFIG_ERROR_TEXT_MAX];

	json_array_append_new(
	    list, json_pack("{s:I, s:s, s:s, s:s, s:b, s:I}", "id", id, "from",
		      id != 0 ? "sluicectl" : "sluice.yaml", "criterion",
		      config_criterion_word(rule->criterion), "value",
		      line_escape_message(span_text(rule->value), value, sizeof(value)), "enabled",
		      rule->enabled, "hits", (json_int_t)hits));
}

json_t *
answer_exclude(struct control *c, const json_t *request)
{
	static const char *const alterations[] = { "remove", "enable", "disable" };
	static struct core_stats sum;
	json_t *refusal = NULL, *list, *item;
	struct config_exclusion rule;
	size_t i;

	if (json_object_get(request, "add") != NULL)
		refusal = add(c, json_object_get(request, "add"));
	for (i = 0; i < 3 && refusal == NULL; i++) {
		if (json_object_get(request, alterations[i]) != NULL)
			refusal =
			    alter(c, alterations[i], json_object_get(request, alterations[i]));
	}
	if (refusal != NULL)
		return refusal;
	memset(&sum, 0, sizeof(sum));
	if (c->region != NULL)
		answer_sum(c, &sum);
	list = json_array();
	for (i = 0; i < c->config->exclusions_count; i++)
		list_rule(&sum, list, 0, &c->config->exclusions[i]);
	json_array_foreach(c->exclude.rules, i, item)
	{
		if (rule_of(item, &rule))
			list_rule(
			    &sum, list, json_integer_value(json_object_get(item, "id")), &rule);
	}
	return json_pack("{s:b, s:o}", "ok", 1, "exclusions", list);
}
