/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * URLs of others' tests, with what they must become: web-platform-tests, which browsers pass, and
 * ClamAV's. Each as an entry of a list, and the parts that stand there as a request's, must have
 * one key, or the row stands in a list here with the reason. Of the 891 those count that are whole
 * (a list has no base) and of http or https; those that are no URL to browsers are only read, since
 * no request has them: a list may take or refuse them. ClamAV's pairs of what a link is and what it
 * shows are for mail, and nothing here reads those.
 */
#include <jansson.h>

#include "scanners/reputation/reputation_table.h"
#include "tests/unit/tools/sigc/made.h"

#define URL_MAX 1024

static const char *
text_of(json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text != NULL ? text : "";
}

/* The key of the one entry of a list; empty: it is refused. The caller's sigc lends it. */
static struct span
key_of_entry(struct made *m, const char *url)
{
	const struct url_entry *e;

	m->sigc.urls.used = 0;
	m->sigc.lists.used = 0;
	if (made_list(m, "a.list", url, REPUTATION_BAD) != 0 || m->sigc.urls.used == 0)
		return span_of(NULL, 0);
	e = (const void *)m->sigc.urls.bytes;
	return span_of(m->sigc.url_keys.bytes + e->key, e->key_bytes);
}

/* The same of a request's host and path. */
static struct span
key_of_request(const char *host, const char *path)
{
	static struct reputation_key k;

	if (!reputation_key_host(&k, span_text(host)))
		return span_of(NULL, 0);
	reputation_key_path(&k, span_text(path));
	return span_of(k.bytes, k.host_bytes + (k.path_bytes > 1 ? k.path_bytes : 0));
}

static bool
is_same(struct made *m, const char *url, const char *host, const char *path)
{
	struct span entry = key_of_entry(m, url), asked = key_of_request(host, path);

	return entry.bytes > 0 && span_equal(entry, asked);
}

/* A blank ends a line's entry, and control bytes are no part of one: browsers leave them out. */
static bool
has_blanks(json_t *input)
{
	const char *text = json_string_value(input);

	for (size_t i = 0; i < json_string_length(input); i++) {
		if ((uint8_t)text[i] <= ' ')
			return true;
	}
	return false;
}

/* No host here: browsers keep dots alone, and these as they are. */
static const char *const no_hosts[] = { "http://./", "http://../", "http://!\"$&'()*+,-.;=_`{}~/" };

static bool
is_listed(const char *input)
{
	for (unsigned i = 0; i < COUNT_OF(no_hosts); i++) {
		if (strcmp(no_hosts[i], input) == 0)
			return true;
	}
	return false;
}

struct counted {
	unsigned all, failures, rows, same, blanks, listed;
};

static void
check_row(struct made *m, json_t *row, struct counted *c)
{
	const char *protocol = text_of(row, "protocol"), *input = text_of(row, "input");
	bool is_failure = json_is_true(json_object_get(row, "failure")), same;
	char path[4 * URL_MAX];

	c->all++;
	c->failures += is_failure;
	if (is_failure)
		key_of_entry(m, input);
	if (is_failure || strncmp(protocol, "http", 4) != 0 || strstr(input, "://") == NULL)
		return;
	c->rows++;
	snprintf(path, sizeof(path), "%s%s", text_of(row, "pathname"), text_of(row, "search"));
	same = is_same(m, input, text_of(row, "hostname"), path);
	c->same += same;
	if (has_blanks(json_object_get(row, "input"))) {
		c->blanks += !same;
		return;
	}
	c->listed += is_listed(input);
	CHECK_ROW(input, same == !is_listed(input));
}

TEST(url_vectors_of_browsers)
{
	const char *path = harness_shared("data/vectors/wpt-urltestdata.json.zst");
	struct counted c = { 0 };
	char command[600];
	json_t *table, *row;
	struct made m;
	size_t i;
	FILE *f;

	snprintf(command, sizeof(command), "zstd -dqc %.500s", path != NULL ? path : "none");
	f = path != NULL ? popen(command, "r") : NULL;
	table = f != NULL ? json_loadf(f, JSON_ALLOW_NUL, NULL) : NULL;
	if (f == NULL || pclose(f) != 0 || table == NULL) {
		harness_skip("no vectors");
		return;
	}
	made_begin(&m);
	json_array_foreach(table, i, row)
	{
		if (json_is_object(row)) /* others are remarks */
			check_row(&m, row, &c);
	}
	made_end(&m);
	json_decref(table);
	printf(
	    "  %u rows: %u whole ones of http, %u of them the same, %u with blanks, %u listed; %u "
	    "that are none\n",
	    c.all, c.rows, c.same, c.blanks, c.listed, c.failures);
	CHECK(c.all == 891 && c.failures == 267);
	CHECK(c.rows == c.same + c.blanks + c.listed && c.listed == COUNT_OF(no_hosts));
}

/* Where ClamAV has another key, as Safe Browsing has it. */
static const struct {
	const char *url, *why;
} other_keys[] = {
	{ ":example/%25%32%35", "decoded again and again; servers decode once" },
	{ ":example/%25%32%35%25%32%35", "the same" },
	{ ":example/abc%25%32%35asd", "the same" },
	{ "http://example%23.com/%61%40%62%252B", "no host has a # here" },
};

TEST(url_vectors_of_clamav)
{
	const char *path = harness_shared("data/vectors/clamav-url-canon-cases.jsonl");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	unsigned rows = 0, listed = 0;
	char line[2 * URL_MAX];
	struct made m;

	if (f == NULL) {
		harness_skip("no vectors");
		return;
	}
	made_begin(&m);
	for (; fgets(line, sizeof(line), f) != NULL; rows++) {
		json_t *row = json_loads(line, 0, NULL);
		const char *in = text_of(row, "in");
		char host[URL_MAX], rest[URL_MAX + 1];
		bool is_other = false;

		for (unsigned i = 0; i < COUNT_OF(other_keys); i++)
			is_other |= strcmp(other_keys[i].url, in) == 0;
		snprintf(host, sizeof(host), "%s", text_of(row, "host"));
		host[strcspn(host, "/")] = 0;
		snprintf(rest, sizeof(rest), "/%s", text_of(row, "path"));
		CHECK_ROW(in, is_same(&m, in + (in[0] == ':'), host, rest) == !is_other);
		listed += is_other;
		json_decref(row);
	}
	fclose(f);
	made_end(&m);
	printf("  %u rows, %u listed\n", rows, listed);
	CHECK(rows == 10 && listed == COUNT_OF(other_keys));
}
