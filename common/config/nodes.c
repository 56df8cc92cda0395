/* SPDX-License-Identifier: BSD-3-Clause */
/* Each value by itself: is there such a key, is it of the right kind, is it in its bounds. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/config/check.h"
#include "common/config/fields.h"

#define EXPECTED_MAX 256
/* So much of a value is shown that what was expected has its place behind it. */
#define SHOWN      "'%.100s%s'"
#define SHOW(text) (text), strlen(text) > 100 ? "..." : ""

/* The keys of the section that a path is in (its own last word apart), for the message. */
static void
keys_of_section(const char *path, char *out, size_t room)
{
	const char *dot = strrchr(path, '.');
	size_t bytes = dot != NULL ? (size_t)(dot - path) + 1 : 0, at = 0;
	char last[SCAN_PATH_MAX] = "";

	out[0] = 0;
	for (unsigned i = 0; i < config_fields_count && at < room; i++) {
		const char *key = config_fields[i].path + bytes;
		char word[SCAN_PATH_MAX];

		if (strncmp(config_fields[i].path, path, bytes) != 0)
			continue;
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(key, "."), key);
		if (strcmp(word, last) == 0)
			continue;
		at += (size_t)snprintf(out + at, room - at, "%s%s", at > 0 ? ", " : "", word);
		memcpy(last, word, sizeof(last));
	}
	if (bytes == 0 && at < room)
		snprintf(out + at, room - at, ", exclusions");
}

static int
unknown_key(const struct scan *s, const struct scan_node *n)
{
	char keys[EXPECTED_MAX];

	keys_of_section(n->path, keys, sizeof(keys));
	if (keys[0] == 0)
		return scan_fail(s, n, n->path, "no such key");
	return scan_fail(s, n, n->path, "no such key; expected one of %s", keys);
}

/* "exclusions[3].value": the part behind the bracket, NULL for another path. */
static const char *
exclusion_key(const char *path)
{
	const char *close = strchr(path, ']');

	return strncmp(path, "exclusions[", 11) == 0 && close != NULL ? close + 1 : NULL;
}

static int
check_exclusion_value(const struct scan *s, const struct scan_node *n, const char *key)
{
	struct span text = span_of(n->text, n->bytes);
	char words[EXPECTED_MAX];
	bool b;

	config_words_text(
	    config_criterion_words, config_criterion_words_count, words, sizeof(words));
	if (strcmp(key, ".criterion") == 0) {
		for (unsigned i = 0; i < config_criterion_words_count; i++) {
			if (span_is(text, config_criterion_words[i].str))
				return 0;
		}
		return scan_fail(s, n, n->path, SHOWN " is not one of %s", SHOW(n->text), words);
	}
	if (strcmp(key, ".value") == 0) {
		if (!n->is_null && n->bytes > 0 && memchr(n->text, 0, n->bytes) == NULL)
			return 0;
		return scan_fail(s, n, n->path, "expected a text");
	}
	if (strcmp(key, ".enabled") != 0)
		return scan_fail(
		    s, n, n->path, "no such key; expected one of criterion, value, enabled");
	return config_bool_parse(text, &b)
		   ? 0
		   : scan_fail(s, n, n->path, SHOWN " is not true or false", SHOW(n->text));
}

/* Both keys that an exclusion must have. */
static int
check_exclusion(const struct scan *s, const struct scan_node *n)
{
	static const char *const needed[] = { "criterion", "value" };
	char path[SCAN_PATH_MAX + 16];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s.%s", n->path, needed[i]);
		if (scan_find_beside(s, n, path) == NULL)
			return scan_fail(s, n, n->path, "expected a key '%s'", needed[i]);
	}
	return 0;
}

static int
check_field_value(const struct scan *s, const struct scan_node *n, const struct config_field *f)
{
	char expected[EXPECTED_MAX];
	bool may_be_nothing = f->kind >= FIELD_TEXT;

	if (n->is_null && may_be_nothing)
		return 0;
	if (f->kind == FIELD_LIST && n->line > 0)
		return scan_fail(s, n, n->path,
		    SHOWN " is not a list; expected [a, b] or lines of - a", SHOW(n->text));
	if (config_field_accepts(f, span_of(n->text, n->bytes), expected, sizeof(expected)))
		return 0;
	return scan_fail(s, n, n->path, SHOWN " is not %s", SHOW(n->text), expected);
}

static int
check_value(const struct scan *s, const struct scan_node *n)
{
	const struct config_field *f = config_field_find(span_text(n->path));
	const char *key = exclusion_key(n->path);
	bool is_section =
	    config_section_exists(span_text(n->path)) || strcmp(n->path, "exclusions") == 0;

	if (key != NULL)
		return check_exclusion_value(s, n, key);
	if (is_section && n->is_null)
		return 0; /* all its keys are commented out */
	if (is_section)
		return scan_fail(
		    s, n, n->path, SHOWN " is a value; expected keys below it", SHOW(n->text));
	return f != NULL ? check_field_value(s, n, f) : unknown_key(s, n);
}

/* "icap.allow[2]", where the items of a list should be texts: the list's field; NULL: no such path.
 */
static const struct config_field *
field_of_item(const char *path)
{
	size_t bytes = strcspn(path, "[");
	const struct config_field *f = config_field_find(span_of(path, bytes));

	return path[bytes] == '[' && f != NULL && f->kind == FIELD_LIST ? f : NULL;
}

static int
check_list(const struct scan *s, const struct scan_node *n)
{
	const struct config_field *f = config_field_find(span_text(n->path));
	char expected[EXPECTED_MAX];

	if (strcmp(n->path, "exclusions") == 0)
		return n->kind == SCAN_LIST
			   ? 0
			   : scan_fail(s, n, n->path,
				 SHOWN " is a value; expected criterion and value", SHOW(n->text));
	if (field_of_item(n->path) != NULL)
		return scan_fail(s, n, n->path, "is a list; expected a text");
	if (f == NULL)
		return config_section_exists(span_text(n->path))
			   ? scan_fail(s, n, n->path, "is a list; expected keys")
			   : unknown_key(s, n);
	if (f->kind != FIELD_LIST)
		return scan_fail(s, n, n->path, "is a list; expected one value");
	if (n->kind == SCAN_LIST)
		return 0;
	if (n->is_null || n->bytes == 0)
		return scan_fail(s, n, n->path, "an item is empty; expected a text");
	if (!config_field_accepts(f, span_of(n->text, n->bytes), expected, sizeof(expected)))
		return scan_fail(s, n, n->path, "expected %s", expected);
	return 0;
}

static int
check_section(const struct scan *s, const struct scan_node *n)
{
	const struct config_field *f = config_field_find(span_text(n->path));
	const char *key = exclusion_key(n->path);

	if (key != NULL && key[0] == 0)
		return check_exclusion(s, n);
	if (config_section_exists(span_text(n->path)))
		return 0;
	if (field_of_item(n->path) != NULL)
		return scan_fail(s, n, n->path, "has keys below it; expected a text");
	if (f != NULL)
		return scan_fail(s, n, n->path, "has keys below it; expected %s",
		    f->kind == FIELD_LIST ? "[a, b] or lines of - a" : "a value");
	return unknown_key(s, n);
}

int
check_nodes(const struct scan *s)
{
	int rc = 0;

	for (unsigned i = 0; i < s->count && rc == 0; i++) {
		const struct scan_node *n = &s->nodes[i];

		if (n->kind == SCAN_VALUE)
			rc = check_value(s, n);
		else if (n->kind == SCAN_SECTION)
			rc = check_section(s, n);
		else
			rc = check_list(s, n);
	}
	return rc;
}
