/* SPDX-License-Identifier: BSD-3-Clause */
/* Members that some programs give and others do not are judged as any of them would give them. */
#include <stdlib.h>

#include "control/deepscan/zip.h"
#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define LOCAL_BYTES 31 /* with a name of one letter */
#define CHANGES_MAX 4

/* Places of a member's two descriptions, and of the end record. */
enum where {
	NOWHERE,
	LOCAL,
	ENTRY,
	END
};

struct change {
	enum where where;
	unsigned at;
	uint8_t value;
};

struct odd_case {
	const char *name;
	bool is_deflated; /* what is stored: EICAR deflated, or in a gzip stream */
	const char *member;
	struct change changes[CHANGES_MAX];
	enum source source; /* that is told where the data is harmless */
};

static const struct odd_case cases[] = {
	{ "a directory", false, "a/", { { NOWHERE, 0, 0 } }, SOURCE_SANDBOX },
	{ "a directory by the other slash", false, "a\\", { { NOWHERE, 0, 0 } }, SOURCE_SANDBOX },
	{ "a pipe", false, "a", { { ENTRY, 41, 0x10 }, { ENTRY, 5, 3 } }, SOURCE_SANDBOX },
	{ "encrypted, as is said", false, "a", { { LOCAL, 6, 1 }, { ENTRY, 8, 1 } },
	    SOURCE_ENCRYPTED },
	{ "encrypted by its header", false, "a", { { LOCAL, 6, 1 } }, SOURCE_ENCRYPTED },
	{ "encrypted by the directory", false, "a", { { ENTRY, 8, 1 } }, SOURCE_CORRUPT },
	{ "deflated by the directory", true, "a", { { ENTRY, 10, 8 } }, SOURCE_CORRUPT },
	{ "deflated by its header", true, "a", { { LOCAL, 8, 8 } }, SOURCE_CORRUPT },
	{ "without a length", true, "a",
	    { { ENTRY, 10, 8 }, { LOCAL, 8, 8 }, { ENTRY, 20, 0 }, { LOCAL, 18, 0 } },
	    SOURCE_SANDBOX },
	{ "a part of several", false, "a", { { END, 4, 1 } }, SOURCE_CORRUPT },
	{ "its header's mark wiped", false, "a", { { LOCAL, 0, 0 }, { LOCAL, 1, 0 } },
	    SOURCE_SANDBOX },
	{ "a mark of something else", true, "a",
	    { { LOCAL, 0, 'M' }, { LOCAL, 1, 'Z' }, { ENTRY, 10, 8 } }, SOURCE_SANDBOX },
	{ "mark and lengths wiped", false, "a",
	    { { LOCAL, 0, 0 }, { LOCAL, 1, 0 }, { LOCAL, 26, 0 }, { LOCAL, 2, 0 } },
	    SOURCE_SANDBOX },
	{ "lengths beyond the file", false, "a", { { LOCAL, 27, 0xff } }, SOURCE_CORRUPT },
	{ "a directory on another disk", false, "a", { { END, 6, 1 } }, SOURCE_CORRUPT },
};

static struct packed made;

/* Raw deflate: a gzip stream without head and tail. */
static struct span
deflated(struct span gz)
{
	return span_of(gz.data + 10, gz.bytes - 18);
}

static size_t
place_of(enum where where, size_t name_bytes, size_t bytes)
{
	if (where == LOCAL)
		return 0;
	return where == ENTRY ? LOCAL_BYTES - 1 + name_bytes + bytes : made.used - 22;
}

static struct span
make(const struct odd_case *row, struct span bytes)
{
	struct packer_zip member = { .name = row->member, .bytes = bytes };

	made.used = 0;
	packer_zip(&made, &member, 1);
	for (unsigned i = 0; i < CHANGES_MAX && row->changes[i].where != NOWHERE; i++) {
		const struct change *c = &row->changes[i];

		made.bytes[place_of(c->where, strlen(row->member), bytes.bytes) + c->at] = c->value;
	}
	return packer_span(&made);
}

TEST(a_member_that_some_give_is_judged)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct span bytes =
		    cases[i].is_deflated ? deflated(packer_hidden()) : packer_hidden();
		const struct deepscan *d = packer_judge(make(&cases[i], bytes), &packer_limits);

		CHECK_ROW(cases[i].name, d->verdict == VERDICT_BAD);
		CHECK_ROW(cases[i].name, strncmp(d->layer, "zip:a", 5) == 0);
	}
}

/* A rule may hang on either. */
TEST(a_member_of_two_names_is_judged_by_both)
{
	static const char rule[] = "rule b { strings: $a = \"some bytes\""
				   " condition: $a and filename == \"b.exe\" }";
	const struct packer_zip member = { .name = "a.exe", .bytes = span_text("MZ some bytes") };
	static struct judge judge;

	CHECK(judge_begin(&judge, span_text(rule)) && judge_taken(&judge) == 1);
	judge.deep.limits = packer_limits;
	for (unsigned i = 0; i < 3; i++) { /* neither is b.exe, or one of the two */
		made.used = 0;
		packer_zip(&made, &member, 1);
		if (i == 1)
			made.bytes[LOCAL_BYTES - 1] = 'b';
		else if (i == 2)
			made.bytes[place_of(ENTRY, 5, member.bytes.bytes) + 46] = 'b';
		deepscan_judge(&judge.deep, packer_span(&made), span_of(NULL, 0));
		CHECK_SEED(i, (judge.deep.verdict == VERDICT_BAD) == (i > 0));
	}
	judge_end(&judge);
}

/* Reading it once more adds no class to what was told of it before. */
TEST(a_harmless_one_is_told_as_before)
{
	static const uint8_t deflate[] = { 0x4b, 0xcb, 0xcc, 0x4b, 0x05, 0x00 }; /* "fine" */

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct span bytes =
		    cases[i].is_deflated ? span_of(deflate, sizeof(deflate)) : span_text("fine");
		const struct deepscan *d = packer_judge(make(&cases[i], bytes), &packer_limits);

		CHECK_ROW(cases[i].name, d->verdict == VERDICT_CLEAN);
		CHECK_ROW(cases[i].name, d->source == cases[i].source);
	}
}

/* What is packed in one tells its class: nobody else has told it. */
TEST(what_cannot_be_read_in_an_odd_member_is_told)
{
	static struct packed locked;
	struct packer_member member = { "b", span_text("fine") };
	const struct deepscan *d;

	CHECK(packer_write_locked(&locked, "traditional", "unknown", &member, 1));
	d = packer_judge(make(&cases[0], packer_span(&locked)), &packer_limits);
	CHECK(d->source == SOURCE_ENCRYPTED && strcmp(d->layer, "zip:a/->zip:b") == 0);
}

TEST(odd_members_cost_their_limit)
{
	struct deepscan_limits limits = packer_limits;
	static uint8_t much[100000];
	const struct deepscan *d;

	limits.unpacked_bytes_max = 50000;
	d = packer_judge(make(&cases[0], span_of(much, sizeof(much))), &limits);
	CHECK(d->source == SOURCE_OVERSIZE && d->unpacked_bytes == 50000);
}

TEST(nothing_outside_is_read_whatever_is_cut_or_changed)
{
	struct zip_survey zip;
	struct zip_odd odd;

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct span bytes = make(&cases[i], packer_hidden());

		for (size_t change = 0; change < bytes.bytes; change++) {
			uint8_t *copy = malloc(bytes.bytes);
			struct span own = span_of(copy, bytes.bytes);
			size_t at = 0, last = 0;

			memcpy(copy, bytes.data, bytes.bytes);
			copy[change] ^= 0xff;
			zip_survey(own, &zip);
			for (; zip_next_odd(own, &zip, &at, &odd); last = at) {
				CHECK_SEED(change, at > last && at <= own.bytes);
				CHECK_SEED(change, odd.count >= 1 && odd.count <= 2);
				CHECK_SEED(change, odd.ways[0].data.bytes <= own.bytes);
			}
			free(copy);
		}
	}
}
