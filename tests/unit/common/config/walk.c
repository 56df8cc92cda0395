/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every key of the table, with every kind of value that it can't have: one line that says where,
 * which key, and what it may be. A key that is added later is walked as well.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/config/fields.h"
#include "tests/unit/harness.h"

#define LONG_BYTES 5000

static char long_text[LONG_BYTES + 1];

/* The section's lines, each deeper than the last, and the key with its value; the line it is on. */
static unsigned
write_key(char *out, size_t room, const char *path, const char *value)
{
	unsigned line = 1;
	int at = 0, depth = 0;

	for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
		at += snprintf(out + at, room - (size_t)at, "%*s%.*s:\n", 2 * depth++, "",
		    (int)(dot - path), path);
		line++;
	}
	snprintf(out + at, room - (size_t)at, "%*s%s: %s\n", 2 * depth, "", path, value);
	return line;
}

/* What a message must say that the key may be. */
static void
expected_of(const struct config_field *f, char *out, size_t room)
{
	config_field_accepts(f, span_of("", 0), out, room);
	if (f->kind == FIELD_LIST)
		snprintf(out, room, "expected [a, b] or lines of - a");
}

static bool
is_one_line(const char *text)
{
	for (; *text != 0; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

/* `named`: where the message says that it is wrong. */
static void
check_refused_at(const char *path, const char *named, const char *value, const char *says)
{
	char text[2 * LONG_BYTES], error[CONFIG_ERROR_TEXT_MAX], begins[256];
	struct config *c = NULL;
	unsigned line = write_key(text, sizeof(text), path, value);
	int rc = config_load_text(span_text(text), "t.yaml", NULL, 0, &c, error);

	snprintf(begins, sizeof(begins), "t.yaml:%u: %s: ", line, named);
	CHECK_ROW(path, rc == -EINVAL && c == NULL);
	CHECK_ROW(error, strncmp(error, begins, strlen(begins)) == 0);
	CHECK_ROW(error, strstr(error, says) != NULL);
	CHECK_ROW(error, is_one_line(error));
	config_free(c);
}

static void
check_refused(const struct config_field *f, const char *value, const char *says)
{
	check_refused_at(f->path, f->path, value, says);
}

static void
check_items_refused(const struct config_field *f)
{
	char item[128];

	snprintf(item, sizeof(item), "%s[0]", f->path);
	check_refused_at(f->path, item, "[{a: b}]", "expected a text");
	check_refused_at(f->path, item, "[[a]]", "expected a text");
	check_refused_at(f->path, item, "[&a b]", "stands in quotes");
	check_refused(f, "[\"\"]", "an item is empty");
}

TEST(each_key_refuses_a_value_of_another_kind)
{
	memset(long_text, 'x', LONG_BYTES);
	for (unsigned i = 0; i < config_fields_count; i++) {
		const struct config_field *f = &config_fields[i];
		char says[256];

		check_refused(f, "{a: b}",
		    f->kind == FIELD_LIST ? "expected [a, b] or lines of - a" : "expected a value");
		check_refused(f, "*a", "stands in quotes");
		check_refused(f, "&a 1", "stands in quotes");
		if (f->kind != FIELD_LIST)
			check_refused(f, "[1, 2]", "expected one value");
		else
			check_items_refused(f);
		expected_of(f, says, sizeof(says));
		if (f->kind == FIELD_TEXT || f->kind == FIELD_TEXT_OR_NONE)
			continue; /* whatever is text, they take here; the others nothing of it: */
		check_refused(f, "zzz", says);
		check_refused(f, "-1", says);
		check_refused(f, "1.5", says);
		check_refused(f, "0x10", says);
		check_refused(f, "10m", says);
		check_refused(f, "99999999999999999999999", says);
		check_refused(f, "\"a\\nb\"", says);
		check_refused(f, "\"a\\0b\"", says);
		check_refused(f, long_text, says);
	}
}

TEST(each_number_has_its_bounds)
{
	unsigned numbers = 0;

	for (unsigned i = 0; i < config_fields_count; i++) {
		const struct config_field *f = &config_fields[i];
		char says[256], value[32];

		if (f->kind != FIELD_NUMBER)
			continue;
		numbers++;
		expected_of(f, says, sizeof(says));
		snprintf(value, sizeof(value), "%llu", (unsigned long long)f->most + 1);
		check_refused(f, value, says);
		if (f->least == 0)
			continue;
		snprintf(value, sizeof(value), "%llu", (unsigned long long)f->least - 1);
		check_refused(f, value, says);
	}
	CHECK(numbers > 0);
}

TEST(each_key_may_stand_once)
{
	for (unsigned i = 0; i < config_fields_count; i++) {
		const struct config_field *f = &config_fields[i];
		const char *value = f->kind == FIELD_LIST ? "[]" : "1",
			   *dot = strrchr(f->path, '.');
		const char *word = dot != NULL ? dot + 1 : f->path;
		char text[512], error[CONFIG_ERROR_TEXT_MAX], says[256];
		struct config *c = NULL;
		unsigned line = write_key(text, sizeof(text), f->path, value);
		size_t bytes = strlen(text);

		snprintf(text + bytes, sizeof(text) - bytes, "%*s%s: %s\n", 2 * (int)(line - 1), "",
		    word, value);
		snprintf(says, sizeof(says),
		    "t.yaml:%u: %s: is given a second time (first in line %u)", line + 1, f->path,
		    line);
		CHECK_ROW(f->path,
		    config_load_text(span_text(text), "t.yaml", NULL, 0, &c, error) == -EINVAL);
		CHECK_ROW(error, strcmp(error, says) == 0);
	}
}

TEST(each_section_names_its_keys)
{
	for (unsigned i = 0; i < config_fields_count; i++) {
		const struct config_field *f = &config_fields[i];
		char path[128], text[512], error[CONFIG_ERROR_TEXT_MAX], begins[256];
		const char *dot = strrchr(f->path, '.');
		struct config *c = NULL;
		unsigned line;

		snprintf(path, sizeof(path), "%.*szzz", dot != NULL ? (int)(dot - f->path) + 1 : 0,
		    f->path);
		line = write_key(text, sizeof(text), path, "1");
		snprintf(begins, sizeof(begins), "t.yaml:%u: %s: no such key; expected one of ",
		    line, path);
		CHECK_ROW(f->path,
		    config_load_text(span_text(text), "t.yaml", NULL, 0, &c, error) == -EINVAL);
		CHECK_ROW(error, strncmp(error, begins, strlen(begins)) == 0);
		CHECK_ROW(
		    error, strstr(error + strlen(begins), dot != NULL ? dot + 1 : f->path) != NULL);
	}
}
