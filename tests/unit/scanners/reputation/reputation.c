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

#define ROWS      32
#define BUCKETS   8 /* so that some are full */
#define GROUPS    4 /* of hosts, each displaced otherwise */
#define BYTES_MAX 4096

/* What is to be in it, then its bytes. */
struct row {
	const char *key;
	uint32_t line, place;
	struct reputation_paths paths; /* a host's */
	uint8_t list, kind;
};

struct table {
	struct row rows[ROWS];
	unsigned count;
	_Alignas(8) uint8_t bytes[BYTES_MAX];
	size_t size;
};

static struct reputation_bucket *
buckets_of(struct table *t)
{
	return (struct reputation_bucket *)(void *)(t->bytes + sizeof(struct reputation_header));
}

static struct row *
row_of(struct table *t, const char *key)
{
	unsigned i = 0;

	while (i < t->count && strcmp(t->rows[i].key, key) != 0)
		i++;
	if (i == t->count)
		t->rows[t->count++].key = key;
	return &t->rows[i];
}

/* Of a key with a path, the row of its host. */
static struct row *
host_row(struct table *t, const char *key)
{
	static const char *const hosts[] = { "site.test", "shop.bad.test", "mixed.test" };

	for (unsigned i = 0; i < COUNT_OF(hosts); i++) {
		if (strncmp(hosts[i], key, strcspn(key, "/")) == 0)
			return row_of(t, hosts[i]);
	}
	abort();
}

static uint64_t
hash_of(const char *key)
{
	return reputation_hash(
	    (const uint8_t *)key, (uint32_t)strcspn(key, "/"), (uint32_t)strlen(key));
}

/* The number of the border that ends a path, counted byte by byte. */
static uint32_t
last_border(const char *path)
{
	uint32_t number = 0;

	for (size_t i = 2; i < strlen(path); i++)
		number += path[i - 1] == '/' || path[i] == '/' || path[i] == '?';
	return number;
}

/* A key in its one spelling; its path, if it has one, marks the host. */
static void
add(struct table *t, const char *key, enum reputation_kind kind, uint8_t list, uint32_t line)
{
	const char *slash = strchr(key, '/');
	struct row *r = row_of(t, key);

	r->kind = (uint8_t)kind;
	r->list = list;
	r->line = line;
	if (slash == NULL)
		return;
	host_row(t, key)->paths.listed |= (uint16_t)(1u << reputation_path_bit(last_border(slash)));
	host_row(t, key)->paths.filter |= reputation_filter_of(hash_of(key));
}

static void
put(struct table *t, const void *bytes, size_t count)
{
	CHECK(t->size + count <= BYTES_MAX);
	memcpy(t->bytes + t->size, bytes, count);
	t->size += count;
}

/* The entry in that bucket or the first behind that has room; a long key goes to `long_keys`. */
static uint32_t
place_key(struct table *t, uint32_t bucket, const struct row *row, struct span key,
    struct table *long_keys)
{
	uint32_t bytes = (uint32_t)key.bytes, used;
	uint32_t place = reputation_entry_bytes(bytes, row->paths.listed != 0);
	struct reputation_long_key at = { (uint32_t)long_keys->size, bytes };
	struct reputation_entry e;
	uint64_t hash = hash_of(row->key);
	struct reputation_bucket *b;
	unsigned n;

	for (;; bucket = (bucket + 1) % BUCKETS) {
		b = &buckets_of(t)[bucket];
		for (n = used = 0; n < REPUTATION_TAGS && b->tags[n] != 0; n++) {
			memcpy(&e, b->entries + b->at[n], REPUTATION_ENTRY_BYTES);
			used = b->at[n] + reputation_entry_bytes(reputation_short_bytes(&e),
					      (e.key_flags & REPUTATION_HAS_PATHS) != 0);
		}
		if (n < REPUTATION_TAGS && used + place <= REPUTATION_BUCKET_BYTES)
			break;
		b->spilled |= reputation_spill_of(hash);
	}
	e = (struct reputation_entry){ .line = row->line,
		.key_flags = (uint8_t)(bytes <= REPUTATION_SHORT_MAX ? bytes : 0),
		.list_kind = (uint8_t)(row->list * 4 + row->kind) };
	b->tags[n] = reputation_tag_of(hash);
	b->at[n] = (uint8_t)used;
	if (e.key_flags > 0) {
		memcpy(b->entries + used + REPUTATION_ENTRY_BYTES, key.data, bytes);
	} else {
		memcpy(b->entries + used + REPUTATION_ENTRY_BYTES, &at, sizeof(at));
		put(long_keys, key.data, bytes);
	}
	if (row->paths.listed != 0) {
		e.key_flags |= REPUTATION_HAS_PATHS;
		memcpy(b->entries + used + reputation_paths_at(bytes), &row->paths,
		    REPUTATION_PATHS_BYTES);
	}
	memcpy(b->entries + used, &e, REPUTATION_ENTRY_BYTES);
	return reputation_place(bucket, n);
}

static const uint8_t displacements[GROUPS] = { 0, 1, 77, 255 };

static uint32_t
own_bucket(const char *host)
{
	uint64_t hash = hash_of(host);

	return reputation_host_bucket(
	    hash, displacements[reputation_group_of(hash, GROUPS)], BUCKETS);
}

static void
place_host(struct table *t, struct row *row, struct table *long_keys)
{
	row->place = place_key(t, own_bucket(row->key), row, span_text(row->key), long_keys);
}

/* Behind the place of its host. */
static void
place_path(struct table *t, const struct row *row, struct table *long_keys)
{
	uint8_t key[REPUTATION_PLACE_BYTES + REPUTATION_KEY_MAX];
	const struct row *host = host_row(t, row->key);
	const char *path = strchr(row->key, '/');
	uint32_t group = reputation_group_of(hash_of(host->key), GROUPS), at;

	memcpy(key, &host->place, REPUTATION_PLACE_BYTES);
	memcpy(key + REPUTATION_PLACE_BYTES, path, strlen(path));
	at = reputation_path_bucket(hash_of(row->key), own_bucket(host->key), displacements[group],
	    host->paths.listed, BUCKETS);
	place_key(t, at, row, span_of(key, REPUTATION_PLACE_BYTES + strlen(path)), long_keys);
}

static void
lay_out(struct table *t)
{
	static const char text[] = "bad.txt\0good.txt";
	struct reputation_header h = { .magic = REPUTATION_MAGIC,
		.buckets = BUCKETS,
		.entries = t->count,
		.text_bytes = sizeof(text),
		.list_count = 2,
		.list_names = { 0, 8 },
		.near = REPUTATION_NEAR_MAX,
		.groups = GROUPS };
	static struct table long_keys;

	t->size = sizeof(h) + BUCKETS * sizeof(struct reputation_bucket);
	memset(t->bytes, 0, t->size);
	long_keys.size = 0;
	for (unsigned i = 0; i < t->count; i++) {
		if (strchr(t->rows[i].key, '/') == NULL)
			place_host(t, &t->rows[i], &long_keys);
	}
	for (unsigned i = 0; i < t->count; i++) {
		if (strchr(t->rows[i].key, '/') != NULL)
			place_path(t, &t->rows[i], &long_keys);
	}
	put(t, displacements, sizeof(displacements));
	put(t, long_keys.bytes, long_keys.size);
	put(t, text, sizeof(text));
	h.long_bytes = (uint32_t)long_keys.size;
	memcpy(t->bytes, &h, sizeof(h));
}

/* The bytes of a key's entry. */
static uint8_t *
entry_of(struct table *t, const char *key)
{
	for (unsigned i = 0; i < BUCKETS * REPUTATION_TAGS; i++) {
		struct reputation_bucket *b = &buckets_of(t)[i / REPUTATION_TAGS];
		uint8_t *e = b->entries + b->at[i % REPUTATION_TAGS];

		if (b->tags[i % REPUTATION_TAGS] != 0 &&
		    (e[offsetof(struct reputation_entry, key_flags)] & 0x7f) == strlen(key) &&
		    memcmp(e + REPUTATION_ENTRY_BYTES, key, strlen(key)) == 0)
			return e;
	}
	abort();
}

/* Longer than a bucket's keys; labels of more than two words. */
#define LONG_HOST "a-label-of-more-than-sixteen-bytes.and-one-more-of-the-same.test"
#define LONG_PATH "a-segment-of-more-than-sixteen-bytes/and/one-more-of-the-same.exe"

static void
make_table(struct table *t)
{
	memset(t, 0, sizeof(*t));
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
	add(t, LONG_HOST, REPUTATION_BAD, 0, 16);
	add(t, "site.test/" LONG_PATH, REPUTATION_BAD, 0, 17);
	add(t, "a.b", REPUTATION_BAD, 0, 18);
	add(t, "c.b", REPUTATION_GOOD, 1, 19);
	lay_out(t);
}

static const struct {
	const char *host, *path;
	uint32_t line; /* 0: unknown */
} rows[] = {
	{ LONG_HOST, "/", 16 },
	{ "x." LONG_HOST, "/", 16 },
	{ "x" LONG_HOST, "/", 14 },
	{ "site.test", "/" LONG_PATH, 17 },
	{ "site.test", "/" LONG_PATH "/more", 17 },
	{ "site.test", "/" LONG_PATH "s", 14 },
	{ "a.b", "/", 18 },
	{ "b.a.b", "/", 18 },
	{ "A.B", "/", 18 },
	{ "c.b", "/", 19 },
	{ "d.b", "/", 0 },
	{ "b", "/", 0 },
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

static void
ask_for_rows(struct table *t)
{
	struct reputation_table view;

	CHECK(reputation_open(span_of(t->bytes, t->size), &view) == 0);
	CHECK(reputation_entries(&view) == t->count);
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

/* Wherever the paths stand: in the host's bucket, around it, anywhere. */
TEST(the_most_specific_entry_wins)
{
	struct table t;

	for (unsigned spread = 0; spread <= REPUTATION_SPREAD_ALL; spread++) {
		make_table(&t);
		for (unsigned i = 0; i < t.count; i++) {
			if (t.rows[i].paths.listed > 0)
				t.rows[i].paths.listed |=
				    (uint16_t)(spread << REPUTATION_PATH_BITS);
		}
		lay_out(&t);
		ask_for_rows(&t);
	}
}

static void
set_filters(struct table *t, uint64_t filter)
{
	make_table(t);
	for (unsigned i = 0; i < t->count; i++)
		t->rows[i].paths.filter = filter;
	lay_out(t);
}

/* A filter that is full, as a host's of hundreds of paths is, lets everything be asked for. */
TEST(bits_of_a_filter_that_belong_to_no_path_change_no_answer)
{
	struct table t;

	for (unsigned bit = 0; bit < 64; bit++) {
		make_table(&t);
		for (unsigned i = 0; i < t.count; i++)
			t.rows[i].paths.filter |= UINT64_C(1) << bit;
		lay_out(&t);
		ask_for_rows(&t);
	}
	set_filters(&t, UINT64_MAX);
	ask_for_rows(&t);
}

/* So its bits are those that the table's maker set: either is missing, and the path is not found.
 */
TEST(a_path_whose_bits_a_filter_has_not_is_not_asked_for)
{
	uint64_t of_dir = reputation_filter_of(hash_of("site.test/dir"));
	const uint64_t filters[] = { 0, ~of_dir, of_dir & (of_dir - 1), of_dir & ~(of_dir - 1),
		of_dir };
	struct reputation_table view;
	struct reputation_answer a;
	struct table t;

	CHECK(__builtin_popcountll(of_dir) == 2);
	for (unsigned i = 0; i < COUNT_OF(filters); i++) {
		set_filters(&t, filters[i]);
		CHECK(reputation_open(span_of(t.bytes, t.size), &view) == 0);
		reputation_lookup(&view, span_text("site.test"), span_text("/dir/x"), &a);
		CHECK(a.line == (filters[i] == of_dir ? 4 : 14));
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
	    "site.test/0/1/2/3/4/5/6/7/8/9", /* so that every border behind it may be one, too */
	    REPUTATION_BAD, 0, 20);
	lay_out(&t);
	CHECK(row_of(&t, "site.test")->paths.listed >> (REPUTATION_PATH_BITS - 1) == 1);
	for (unsigned i = 0; i < 300; i++)
		strcat(path, "a/");
	CHECK(reputation_open(span_of(t.bytes, t.size), &view) == 0);
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
			CHECK(strlen(a.list) < BYTES_MAX);
	}
	free(copy);
	return rc;
}

TEST(a_table_that_is_cut_is_refused)
{
	struct table t;

	make_table(&t);
	CHECK(open_and_ask(t.bytes, t.size) == 0);
	for (size_t n = 0; n < t.size; n++)
		CHECK(open_and_ask(t.bytes, n) == -EINVAL);
}

TEST(a_table_that_is_changed_is_read_inside_only)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	struct table t;

	make_table(&t);
	for (size_t at = 0; at < t.size; at++) {
		for (unsigned i = 0; i < sizeof(flips); i++) {
			t.bytes[at] ^= flips[i];
			open_and_ask(t.bytes, t.size);
			t.bytes[at] ^= flips[i];
		}
	}
	CHECK(open_and_ask(t.bytes, t.size) == 0);
}

#define HEADER(field) offsetof(struct reputation_header, field)

TEST(what_is_out_of_range_is_refused)
{
	static const struct {
		const char *name;
		size_t at;
		uint32_t value;
	} header[] = {
		{ "another magic", HEADER(magic), REPUTATION_MAGIC + 1 },
		{ "no buckets", HEADER(buckets), 0 },
		{ "fewer buckets than entries need", HEADER(buckets), 1 },
		{ "buckets past the end", HEADER(buckets), 2 * BUCKETS },
		{ "buckets whose size wraps", HEADER(buckets), 0x80000000u },
		{ "more entries than are told", HEADER(entries), 3 },
		{ "fewer entries than are told", HEADER(entries), ROWS },
		{ "no text", HEADER(text_bytes), 0 },
		{ "text past the end", HEADER(text_bytes), BYTES_MAX },
		{ "long keys that are none", HEADER(long_bytes), 0 },
		{ "long keys past the end", HEADER(long_bytes), BYTES_MAX },
		{ "long keys and text that wrap", HEADER(long_bytes), UINT32_MAX - 3 },
		{ "text that wraps", HEADER(text_bytes), UINT32_MAX },
		{ "text that does not end", HEADER(text_bytes), 3 },
		{ "too many lists", HEADER(list_count), REPUTATION_LISTS_MAX + 1 },
		{ "entries of no list", HEADER(list_count), 1 },
		{ "a list's name past the text", HEADER(list_names[1]), BYTES_MAX },
		{ "more near buckets than there are kinds of", HEADER(near),
		    REPUTATION_NEAR_MAX + 1 },
		{ "no groups", HEADER(groups), 0 },
		{ "groups that no bits number", HEADER(groups), 3 },
		{ "more groups than there may be", HEADER(groups), 2 * REPUTATION_GROUPS_MAX },
		{ "groups past the end", HEADER(groups), REPUTATION_GROUPS_MAX },
	};
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
	} fields[] = {
		{ "a key longer than its bucket", offsetof(struct reputation_entry, key_flags),
		    REPUTATION_SHORT_MAX + 1 },
		{ "a long key that is elsewhere", offsetof(struct reputation_entry, key_flags), 0 },
		{ "a kind that is none", offsetof(struct reputation_entry, list_kind), 3 },
		{ "a list that is none", offsetof(struct reputation_entry, list_kind), 2 * 4 },
	};
	struct table t;
	uint8_t *e;

	for (unsigned i = 0; i < COUNT_OF(header); i++) {
		make_table(&t);
		memcpy(t.bytes + header[i].at, &header[i].value, 4);
		CHECK_ROW(header[i].name, open_and_ask(t.bytes, t.size) == -EINVAL);
	}
	make_table(&t);
	for (unsigned n = 0; n < COUNT_OF(fields); n++) {
		uint8_t was;

		e = entry_of(&t, "bad.test") + fields[n].at;
		was = *e;
		*e = fields[n].value;
		CHECK_ROW(fields[n].name, open_and_ask(t.bytes, t.size) == -EINVAL);
		*e = was;
		CHECK_ROW(fields[n].name, open_and_ask(t.bytes, t.size) == 0);
	}
	for (unsigned i = 0; i < BUCKETS; i++) /* a search would not end */
		buckets_of(&t)[i].spilled |= 0x10;
	CHECK(open_and_ask(t.bytes, t.size) == -EINVAL);
	make_table(&t);
	for (unsigned i = 0; i < BUCKETS; i++) {
		struct reputation_bucket *b = &buckets_of(&t)[i];

		if (b->tags[0] == 0)
			continue;
		b->at[0] = REPUTATION_BUCKET_BYTES - REPUTATION_ENTRY_BYTES + 1;
		CHECK(open_and_ask(t.bytes, t.size) == -EINVAL);
		make_table(&t);
	}
}

/* A search looks at each tag, so there is none that the check of a bucket ends before. */
TEST(a_tag_behind_none_is_refused)
{
	struct table t;
	unsigned tried = 0;

	make_table(&t);
	for (unsigned i = 0; i < BUCKETS; i++) {
		struct reputation_bucket *b = &buckets_of(&t)[i];
		unsigned used = 0;

		while (used < REPUTATION_TAGS && b->tags[used] != 0)
			used++;
		if (used == 0 || used + 1 >= REPUTATION_TAGS)
			continue;
		b->tags[used + 1] = b->tags[0];
		b->at[used + 1] = 2 * REPUTATION_BUCKET_BYTES;
		CHECK(open_and_ask(t.bytes, t.size) == -EINVAL);
		b->tags[used + 1] = b->at[used + 1] = 0;
		CHECK(open_and_ask(t.bytes, t.size) == 0);
		tried++;
	}
	CHECK(tried > 0);
}

/* The only entry's last byte is so far behind its bucket's end. */
static void
move_to_end(struct table *t, uint32_t bytes, uint32_t behind)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		struct reputation_bucket *b = &buckets_of(t)[i];
		uint32_t at = REPUTATION_BUCKET_BYTES - bytes + behind;

		if (b->tags[0] == 0)
			continue;
		memmove(b->entries + at, b->entries, bytes - behind);
		b->at[0] = (uint8_t)at;
		return;
	}
	abort();
}

/* With a key beside it, and one that is elsewhere. */
TEST(a_filter_that_does_not_lie_in_its_bucket_is_refused)
{
	static const char *const hosts[] = { "bad.test", LONG_HOST };
	struct table t;

	for (unsigned i = 0; i < 2 * COUNT_OF(hosts); i++) {
		const char *host = hosts[i / 2];
		bool has_paths = i % 2 == 1;
		uint32_t bytes = reputation_entry_bytes((uint32_t)strlen(host), has_paths);

		for (uint32_t behind = 0; behind < 2; behind++) {
			memset(&t, 0, sizeof(t));
			add(&t, host, REPUTATION_BAD, 0, 1);
			t.rows[0].paths.listed = has_paths;
			lay_out(&t);
			move_to_end(&t, bytes, behind);
			CHECK_ROW(
			    host, open_and_ask(t.bytes, t.size) == (behind == 0 ? 0 : -EINVAL));
		}
	}
}

TEST(a_table_must_be_aligned)
{
	_Alignas(8) uint8_t bytes[BYTES_MAX + 8];
	struct reputation_table view;
	struct table t;

	make_table(&t);
	for (unsigned off = 0; off < 8; off++) {
		memcpy(bytes + off, t.bytes, t.size);
		CHECK(reputation_open(span_of(bytes + off, t.size), &view) ==
		      (off == 0 ? 0 : -EINVAL));
	}
}
