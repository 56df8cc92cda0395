/* SPDX-License-Identifier: BSD-3-Clause */
/* ZIPs whose directory and headers tell different things: both are looked at. */
#include "control/deepscan/zip.h"

#include <stdlib.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define BAD SOURCE_COUNT

struct zip_case {
	const char *name;
	struct packer_zip members[3];
	unsigned count;
	enum zip_shape shape;
	bool hides; /* the first member holds the threat */
	enum source source;
};

static const struct zip_case cases[] = {
	{ "as it should be", { { .name = "a" }, { .name = "b" } }, 2, ZIP_SOUND, false,
	    SOURCE_SANDBOX },
	{ "a threat in it", { { .name = "a" }, { .name = "b" } }, 2, ZIP_SOUND, true, BAD },
	{ "sizes behind the data", { { .name = "a", .flags = 8 }, { .name = "b", .flags = 8 } }, 2,
	    ZIP_SOUND, false, SOURCE_SANDBOX },
	{ "a threat, sizes behind", { { .name = "a", .flags = 8 }, { .name = "b", .flags = 8 } }, 2,
	    ZIP_SOUND, true, BAD },
	{ "a member not listed", { { .name = "a", .is_unlisted = true }, { .name = "b" } }, 2,
	    ZIP_SOUND, true, BAD },
	{ "the last not listed", { { .name = "b" }, { .name = "a", .is_unlisted = true } }, 2,
	    ZIP_LOOSE, false, SOURCE_SANDBOX },
	{ "one between not listed",
	    { { .name = "b" }, { .name = "a", .is_unlisted = true }, { .name = "c" } }, 3,
	    ZIP_LOOSE, false, SOURCE_SANDBOX },
	{ "methods differ", { { .name = "a", .entry_method = 8 }, { .name = "b" } }, 2, ZIP_TORN,
	    true, BAD },
	{ "methods differ, clean", { { .name = "a", .entry_method = 8 } }, 1, ZIP_TORN, false,
	    SOURCE_CORRUPT },
	{ "checksums differ", { { .name = "a", .entry_crc_xor = 1 } }, 1, ZIP_TORN, false,
	    SOURCE_CORRUPT },
	{ "checksums differ, a threat", { { .name = "a", .entry_crc_xor = 1 } }, 1, ZIP_TORN, true,
	    BAD },
	{ "a wrong checksum", { { .name = "a", .crc_xor = 1 } }, 1, ZIP_SOUND, false,
	    SOURCE_CORRUPT },
	{ "a wrong checksum, a threat", { { .name = "a", .crc_xor = 1 } }, 1, ZIP_SOUND, true,
	    BAD },
	{ "members that overlap", { { .name = "a", .listed_again = 9 } }, 1, ZIP_TORN, false,
	    SOURCE_CORRUPT },
	{ "members that overlap, a threat", { { .name = "a", .listed_again = 9 } }, 1, ZIP_TORN,
	    true, BAD },
	{ "an encrypted member", { { .name = "a", .flags = 1 } }, 1, ZIP_SOUND, false,
	    SOURCE_ENCRYPTED },
	{ "a threat beside an encrypted one", { { .name = "a" }, { .name = "b", .flags = 1 } }, 2,
	    ZIP_SOUND, true, BAD },
	{ "no members", { { 0 } }, 0, ZIP_SOUND, false, SOURCE_SANDBOX },
};

static struct packed made;

static void
make(const struct zip_case *row)
{
	struct packer_zip members[3];

	memcpy(members, row->members, sizeof(members));
	for (unsigned i = 0; i < row->count; i++)
		members[i].bytes = span_text("nothing of interest");
	if (row->hides)
		members[0].bytes = packer_hidden();
	packer_zip(&made, members, row->count);
}

static bool
is(const struct deepscan *d, enum source source)
{
	if (source == BAD)
		return d->verdict == VERDICT_BAD && d->source == SOURCE_SANDBOX;
	return d->verdict == VERDICT_CLEAN && d->source == source;
}

TEST(both_descriptions_of_a_zip_are_compared_and_followed)
{
	struct zip_survey survey;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		made.used = 0;
		make(&cases[i]);
		zip_survey(packer_span(&made), &survey);
		CHECK_ROW(cases[i].name, survey.shape == cases[i].shape);
		CHECK_ROW(cases[i].name, survey.end == made.used);
		CHECK_ROW(cases[i].name,
		    is(packer_judge(packer_span(&made), &packer_limits), cases[i].source));
	}
}

/* Whatever lies before or behind is found, and does not hide the ZIP either. */
TEST(a_zip_between_other_bytes_is_the_same_zip)
{
	static const uint8_t noise[500] = { 0xa5, 0x5a };
	struct zip_survey survey;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		made.used = 0;
		packer_add(&made, span_of(noise, sizeof(noise)));
		make(&cases[i]);
		packer_add(&made, span_of(noise, sizeof(noise)));
		zip_survey(packer_span(&made), &survey);
		CHECK_ROW(cases[i].name, survey.shape == cases[i].shape);
		CHECK_ROW(cases[i].name, survey.base == sizeof(noise));
		CHECK_ROW(cases[i].name, survey.end == made.used - sizeof(noise));
		CHECK_ROW(cases[i].name,
		    is(packer_judge(packer_span(&made), &packer_limits), cases[i].source) ||
			cases[i].source == SOURCE_CORRUPT);
	}
}

TEST(a_survey_reads_nothing_outside_whatever_is_cut_or_changed)
{
	struct zip_survey survey;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		made.used = 0;
		make(&cases[i]);
		for (size_t bytes = 0; bytes <= made.used; bytes++) {
			/* A copy of its own, so that a sanitizer sees the end. */
			uint8_t *copy = malloc(bytes + 1);

			memcpy(copy, made.bytes, bytes);
			zip_survey(span_of(copy, bytes), &survey);
			CHECK_SEED(bytes, survey.end <= bytes && survey.start <= bytes);
			free(copy);
		}
		for (size_t at = 0; at < made.used * 8; at++) {
			made.bytes[at / 8] ^= (uint8_t)(1u << at % 8);
			zip_survey(packer_span(&made), &survey);
			CHECK_SEED(at, survey.end <= made.used && survey.start <= survey.end);
			CHECK_SEED(at, survey.base <= survey.end);
			made.bytes[at / 8] ^= (uint8_t)(1u << at % 8);
		}
	}
}

/* One file, two archives: a tar by its first bytes, a ZIP by its last. */
TEST(a_tar_that_is_a_zip_too_is_judged_as_both)
{
	static struct packed tar;
	const struct packer_member clean = { "clean.txt", span_text("clean") };
	const struct packer_zip hides = { .name = "evil", .bytes = packer_hidden() };
	struct packer_member both = { "evil.txt", packer_hidden() };
	const struct packer_zip harmless = { .name = "clean", .bytes = span_text("clean") };

	CHECK(packer_write(&tar, "ustar", NULL, NULL, &clean, 1));
	packer_zip(&tar, &hides, 1);
	CHECK(is(packer_judge(packer_span(&tar), &packer_limits), BAD));
	CHECK(packer_write(&tar, "ustar", NULL, NULL, &both, 1));
	packer_zip(&tar, &harmless, 1);
	CHECK(is(packer_judge(packer_span(&tar), &packer_limits), BAD));
	CHECK(packer_write(&tar, "ustar", NULL, NULL, &clean, 1));
	packer_zip(&tar, &harmless, 1);
	CHECK(is(packer_judge(packer_span(&tar), &packer_limits), SOURCE_SANDBOX));
}

/* As many entries as there is room for, all of one member: no more is read than may be. */
TEST(a_directory_of_thousands_costs_its_limit)
{
	struct packer_zip member = { .name = "a", .bytes = packer_hidden(), .listed_again = 15000 };
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	limits.members_max = 50;
	made.used = 0;
	packer_zip(&made, &member, 1);
	d = packer_judge(packer_span(&made), &limits);
	CHECK(d->verdict == VERDICT_BAD);
	member.bytes = span_text("");
	made.used = 0;
	packer_zip(&made, &member, 1);
	d = packer_judge(packer_span(&made), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source != SOURCE_SANDBOX && d->members <= 51);
}

/* The longest that there may be, and directories in directories. */
TEST(a_name_as_long_as_it_may_be_hides_nothing)
{
	static char name[65536];

	for (unsigned way = 0; way < 3; way++) {
		struct packer_zip member = { .name = name, .bytes = packer_hidden() };
		const struct deepscan *d;

		for (size_t i = 0; i < sizeof(name) - 1; i++)
			name[i] = way > 0 && i % 2 == 1 ? '/' : 'd';
		name[sizeof(name) - 2] = way == 2 ? '/' : 'd';
		made.used = 0;
		packer_zip(&made, &member, 1);
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK_SEED(way, d->verdict == VERDICT_BAD);
	}
}
