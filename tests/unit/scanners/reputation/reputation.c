/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look-ups in a table that is made by hand: the most specific entry wins. And tables that are cut
 * short or changed: refused, or else read inside their bytes only; each stands in memory of just
 * its size.
 */
#include "scanners/reputation/reputation.h"

#include <errno.h>
#include <stdlib.h>

#include "scanners/reputation/reputation_table.h"
#include "tests/unit/harness.h"

#define SLOTS    32
#define TEXT_MAX 1024

struct table {
	struct reputation_header header;
	struct reputation_entry entries[SLOTS];
	uint8_t text[TEXT_MAX];
};

static uint32_t
add_text(struct table *t, const char *text)
{
	uint32_t at = t->header.text_bytes;

	memcpy(t->text + at, text, strlen(text) + 1);
	t->header.text_bytes += (uint32_t)strlen(text) + 1;
	return at;
}

static struct reputation_entry *
slot_of(struct table *t, const char *key)
{
	uint32_t bytes = (uint32_t)strlen(key);
	uint32_t hash = reputation_hash((const uint8_t *)key, bytes), i = hash % SLOTS;

	while (
	    t->entries[i].hash != 0 && strcmp((const char *)t->text + t->entries[i].key, key) != 0)
		i = (i + 1) % SLOTS;
	if (t->entries[i].hash == 0) {
		t->entries[i] = (struct reputation_entry){
			.hash = hash, .key = add_text(t, key), .key_bytes = bytes
		};
		t->header.entries++;
	}
	return &t->entries[i];
}

/* A key in its one spelling; its path, if it has one, marks the host. */
static void
add(struct table *t, const char *key, enum reputation_kind kind, uint8_t list, uint32_t line)
{
	const char *slash = strchr(key, '/');
	struct reputation_entry *e = slot_of(t, key);
	char host[256];

	e->kind = (uint8_t)kind;
	e->list = list;
	e->line = line;
	if (slash == NULL)
		return;
	snprintf(host, sizeof(host), "%.*s", (int)(slash - key), key);
	e = slot_of(t, host);
	if (e->path_bytes_max < strlen(slash))
		e->path_bytes_max = (uint16_t)strlen(slash);
}

static size_t
table_bytes(const struct table *t)
{
	return sizeof(t->header) + sizeof(t->entries) + t->header.text_bytes;
}

static void
make_table(struct table *t)
{
	*t = (struct table){ .header = { .magic = REPUTATION_MAGIC, .slots = SLOTS } };
	t->header.list_names[0] = add_text(t, "bad.txt");
	t->header.list_names[1] = add_text(t, "good.txt");
	t->header.list_count = 2;
	add(t, "bad.test", REPUTATION_BAD, 0, 1);
	add(t, "good.bad.test", REPUTATION_GOOD, 1, 2);
	add(t, "worse.good.bad.test", REPUTATION_BAD, 0, 3);
	add(t, "site.test/dir", REPUTATION_BAD, 0, 4);
	add(t, "site.test/dir/sub/", REPUTATION_GOOD, 1, 5);
	add(t, "site.test/dir/sub/x.exe", REPUTATION_BAD, 0, 6);
	add(t, "site.test/page?id=1", REPUTATION_BAD, 0, 7);
	add(t, "shop.bad.test/fine", REPUTATION_GOOD, 1, 8);
	add(t, "mixed.test", REPUTATION_GOOD, 1, 9);
	add(t, "mixed.test/bad/", REPUTATION_BAD, 0, 10);
	add(t, "192.0.2.7", REPUTATION_BAD, 0, 11);
	add(t, "2.7", REPUTATION_BAD, 0, 12); /* no parent of an address */
	add(t, "2001:db8::7", REPUTATION_BAD, 0, 13);
	add(t, "test", REPUTATION_GOOD, 1, 14);
	add(t, "xn--bcher-kva.example", REPUTATION_BAD, 0, 15);
}

static const struct {
	const char *host, *path;
	uint32_t line; /* 0: unknown */
} rows[] = {
	{ "bad.test", "/", 1 },
	{ "BAD.test.", "/a/b?c", 1 },
	{ "www.bad.test", "/", 1 },
	{ "good.bad.test", "/", 2 },
	{ "a.b.good.bad.test", "/", 2 },
	{ "worse.good.bad.test", "/", 3 },
	{ "site.test", "/dir", 4 },
	{ "site.test", "/dir?q", 4 },
	{ "site.test", "/dir/", 4 },
	{ "site.test", "/dir/x", 4 },
	{ "site.test", "/dirt", 14 },
	{ "site.test", "/dir/sub", 4 },
	{ "site.test", "/dir/sub/", 5 },
	{ "site.test", "/dir/sub/y", 5 },
	{ "site.test", "/dir/sub/x.exe", 6 },
	{ "site.test", "/dir/./sub/%78.exe", 6 },
	{ "site.test", "/dir/sub/x.exe/more", 6 },
	{ "site.test", "/dir/sub/x.exes", 5 },
	{ "site.test", "/page", 14 },
	{ "site.test", "/page?id=1", 7 },
	{ "site.test", "/page?id=12", 14 },
	{ "site.test", "/", 14 },
	{ "www.site.test", "/dir", 14 }, /* a path belongs to its host alone */
	{ "shop.bad.test", "/", 1 },
	{ "shop.bad.test", "/fine/x", 8 },
	{ "mixed.test", "/", 9 },
	{ "mixed.test", "/bad/x", 10 },
	{ "192.0.2.7", "/", 11 },
	{ "0xc0.0.2.7", "/", 11 },
	{ "192.0.2.8", "/", 0 },
	{ "193.0.2.7", "/", 0 },
	{ "[2001:db8:0::7]", "/", 13 },
	{ "[2001:db8::8]", "/", 0 },
	{ "b\u00fccher.example", "/", 15 },
	{ "other.example", "/", 0 },
	{ "example", "/", 0 },
	{ "contest", "/", 0 },
	{ "", "/", 0 },
	{ "a b.test", "/", 0 },
};

TEST(the_most_specific_entry_wins)
{
	struct table t;
	struct reputation_table view;

	make_table(&t);
	CHECK(reputation_open(span_of(&t, table_bytes(&t)), &view) == 0);
	CHECK(reputation_entries(&view) == t.header.entries);
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct reputation_answer a;
		char row[64];

		snprintf(row, sizeof(row), "%s%s", rows[i].host, rows[i].path);
		reputation_lookup(&view, span_text(rows[i].host), span_text(rows[i].path), &a);
		CHECK_ROW(row, a.line == rows[i].line);
		CHECK_ROW(row, (a.kind == REPUTATION_UNKNOWN) == (rows[i].line == 0));
		if (a.kind == REPUTATION_UNKNOWN)
			CHECK_ROW(row, a.list == NULL);
		else
			CHECK_ROW(row,
			    strcmp(a.list, a.kind == REPUTATION_BAD ? "bad.txt" : "good.txt") == 0);
	}
}

/* A path of many segments tries its shortest prefixes: what is listed near the host is found. */
TEST(a_path_of_many_segments_costs_no_more)
{
	char path[800] = "/dir/sub/";
	struct table t;
	struct reputation_table view;
	struct reputation_answer a;

	make_table(&t);
	add(&t,
	    "site.test/dir/" /* makes the longest path long enough for all of them */
	    "0123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789",
	    REPUTATION_BAD, 0, 16);
	for (unsigned i = 0; i < 300; i++)
		strcat(path, "a/");
	CHECK(reputation_open(span_of(&t, table_bytes(&t)), &view) == 0);
	reputation_lookup(&view, span_text("site.test"), span_text(path), &a);
	CHECK(a.line == 5);
}

/* Opens a copy in memory of its size; what opens is asked for everything. */
static int
open_and_ask(const void *bytes, size_t count)
{
	void *copy = malloc(count);
	struct reputation_table view;
	struct reputation_answer a;
	int rc;

	if (count > 0)
		memcpy(copy, bytes, count);
	rc = reputation_open(span_of(copy, count), &view);
	for (unsigned i = 0; rc == 0 && i < COUNT_OF(rows); i++) {
		reputation_lookup(&view, span_text(rows[i].host), span_text(rows[i].path), &a);
		if (a.kind != REPUTATION_UNKNOWN)
			CHECK(strlen(a.list) < TEXT_MAX);
	}
	free(copy);
	return rc;
}

TEST(a_table_that_is_cut_is_refused)
{
	struct table t;

	make_table(&t);
	CHECK(open_and_ask(&t, table_bytes(&t)) == 0);
	for (size_t n = 0; n < table_bytes(&t); n++)
		CHECK(open_and_ask(&t, n) == -EINVAL);
}

TEST(a_table_that_is_changed_is_read_inside_only)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	struct table t;
	size_t size;

	make_table(&t);
	size = table_bytes(&t);
	for (size_t at = 0; at < size; at++) {
		for (unsigned i = 0; i < sizeof(flips); i++) {
			uint8_t *byte = (uint8_t *)&t + at;

			*byte ^= flips[i];
			open_and_ask(&t, size);
			*byte ^= flips[i];
		}
	}
	CHECK(open_and_ask(&t, table_bytes(&t)) == 0);
}

#define HEADER(field) offsetof(struct table, header.field)

TEST(what_is_out_of_range_is_refused)
{
	static const struct {
		const char *name;
		size_t at;
		uint32_t value;
	} header[] = {
		{ "another magic", HEADER(magic), REPUTATION_MAGIC + 1 },
		{ "no slots", HEADER(slots), 0 },
		{ "slots that are no power of two", HEADER(slots), SLOTS - 1 },
		{ "slots past the end", HEADER(slots), 2 * SLOTS },
		{ "slots whose size wraps", HEADER(slots), 0x80000000u },
		{ "no slot free", HEADER(entries), SLOTS },
		{ "more entries than are told", HEADER(entries), 3 },
		{ "no text", HEADER(text_bytes), 0 },
		{ "text past the end", HEADER(text_bytes), TEXT_MAX + 1 },
		{ "text that wraps", HEADER(text_bytes), UINT32_MAX },
		{ "text that does not end", HEADER(text_bytes), 3 },
		{ "too many lists", HEADER(list_count), REPUTATION_LISTS_MAX + 1 },
		{ "entries of no list", HEADER(list_count), 1 },
		{ "a list's name past the text", HEADER(list_names[1]), TEXT_MAX },
	};
	struct table t;
	struct reputation_entry *e;

	for (unsigned i = 0; i < COUNT_OF(header); i++) {
		make_table(&t);
		memcpy((uint8_t *)&t + header[i].at, &header[i].value, 4);
		CHECK_ROW(header[i].name, open_and_ask(&t, sizeof(t) - TEXT_MAX + 500) == -EINVAL);
	}
	make_table(&t);
	e = slot_of(&t, "bad.test");
	e->key = t.header.text_bytes - 7;
	CHECK(open_and_ask(&t, table_bytes(&t)) == -EINVAL);
	e->key = UINT32_MAX - 3;
	CHECK(open_and_ask(&t, table_bytes(&t)) == -EINVAL);
	e->key = 0;
	e->kind = REPUTATION_BAD + 1;
	CHECK(open_and_ask(&t, table_bytes(&t)) == -EINVAL);
	e->kind = REPUTATION_BAD;
	CHECK(open_and_ask(&t, table_bytes(&t)) == 0);
}

TEST(a_table_must_be_aligned)
{
	_Alignas(8) uint8_t bytes[sizeof(struct table) + 8];
	struct reputation_table view;
	struct table t;

	make_table(&t);
	for (unsigned off = 0; off < 8; off++) {
		memcpy(bytes + off, &t, table_bytes(&t));
		CHECK(reputation_open(span_of(bytes + off, table_bytes(&t)), &view) ==
		      (off == 0 ? 0 : -EINVAL));
	}
}
