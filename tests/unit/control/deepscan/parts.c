/* SPDX-License-Identifier: BSD-3-Clause */
/* What is bad in an object, from within: each of these is bad alone, and nothing else is told. */
#include "scanners/digest/digest.h"
#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"

static struct packed packed[6];

static bool
is_of(const uint8_t sha256[DIGEST_SHA256_BYTES], struct span bytes)
{
	uint8_t right[DIGEST_SHA256_BYTES];

	digest_sha256(bytes, right);
	return memcmp(sha256, right, sizeof(right)) == 0;
}

/* A ZIP of a clean member and this one. */
static struct span
zip_around(struct packed *to, struct span bytes)
{
	const struct packer_member m[] = { { "clean.txt", span_text("harmless") },
		{ "in.zip", bytes } };

	CHECK(packer_write(to, "zip", NULL, "zip:compression=deflate", m, 2));
	return packer_span(to);
}

TEST(parts_are_told_from_within)
{
	struct span inner = zip_around(&packed[0], packer_eicar());
	struct packer_member m = { "in.zip", inner };
	const struct deepscan *d;

	d = packer_judge(packer_eicar(), &packer_limits);
	CHECK(d->verdict == VERDICT_BAD && d->part_count == 0);
	d = packer_judge(inner, &packer_limits);
	CHECK(d->part_count == 1 && is_of(d->parts[0], packer_eicar()));
	CHECK(packer_write(&packed[1], "ustar", "gzip", NULL, &m, 1));
	d = packer_judge(packer_span(&packed[1]), &packer_limits);
	CHECK(d->part_count == 3 && is_of(d->parts[0], packer_eicar()));
	CHECK(is_of(d->parts[1], inner));
	/* the tar: taken out of its gzip here as well */
	CHECK(packer_write(&packed[2], "ustar", NULL, NULL, &m, 1));
	CHECK(is_of(d->parts[2], packer_span(&packed[2])));
}

TEST(of_many_layers_the_innermost_are_told)
{
	const struct deepscan *d;
	struct span bytes = packer_eicar();

	for (unsigned i = 0; i < 5; i++)
		bytes = zip_around(&packed[i], bytes);
	d = packer_judge(bytes, &packer_limits);
	CHECK(d->verdict == VERDICT_BAD && d->part_count == DEEPSCAN_PARTS_MAX);
	CHECK(is_of(d->parts[0], packer_eicar()));
	for (unsigned i = 1; i < DEEPSCAN_PARTS_MAX; i++)
		CHECK_SEED(i, is_of(d->parts[i], packer_span(&packed[i - 1])));
}

TEST(what_is_clean_or_unread_has_no_bad_parts)
{
	struct deepscan_limits shallow = packer_limits;
	struct span two;

	CHECK(
	    packer_judge(zip_around(&packed[0], span_text("x")), &packer_limits)->part_count == 0);
	shallow.depth_max = 1;
	two = zip_around(&packed[1], zip_around(&packed[0], packer_eicar()));
	CHECK(packer_judge(two, &shallow)->source == SOURCE_OVERSIZE);
	CHECK(packer_judge(two, &shallow)->part_count == 0);
}

/* A member that is bad for its name is not bad under another; what holds it under that name is. */
TEST(a_member_that_is_bad_by_its_name_is_not_told)
{
	static const char rule[] = "rule Named { strings: $a = \"harmless\" condition: $a and "
				   "filename == \"in.zip\" }";
	static const char any[] = "rule Any { strings: $a = /harm[l]ess/ condition: $a }";
	struct span inner, outer;
	struct judge j;

	inner = zip_around(&packed[0], span_text("harmless too"));
	outer = zip_around(&packed[1], inner);
	CHECK(judge_begin(&j, span_text(rule)));
	j.deep.limits = packer_limits;
	deepscan_judge(&j.deep, outer, span_of(NULL, 0));
	CHECK(j.deep.verdict == VERDICT_BAD && !j.deep.by_name && j.deep.part_count == 1);
	CHECK(is_of(j.deep.parts[0], inner));
	deepscan_judge(&j.deep, inner, span_of(NULL, 0));
	CHECK(j.deep.verdict == VERDICT_BAD && j.deep.part_count == 0);
	judge_end(&j);
	CHECK(judge_begin(&j, span_text(any)));
	j.deep.limits = packer_limits;
	deepscan_judge(&j.deep, inner, span_of(NULL, 0));
	CHECK(j.deep.verdict == VERDICT_BAD && j.deep.part_count == 1);
	CHECK(is_of(j.deep.parts[0], span_text("harmless")));
	judge_end(&j);
}
