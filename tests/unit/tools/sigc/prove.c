/* SPDX-License-Identifier: BSD-3-Clause */
/* A generation proves itself: what is not found in a sample of its own is taken out and named. */
#include <stdlib.h>

#include "tests/unit/tools/sigc/made.h"

/* Every kind of element, and each edge: a sample is found, whatever must stand around it. */
TEST(what_can_be_found_is_proved)
{
	static const char *const patterns[] = { "*:61626364", "*:61626364??6?", "*:61{3-9}62636465",
		"*:(61|6263)64656667", "*:64656667!(2e|61)", "*:(B)61626364(B)", "*:(L)61626364(L)",
		"*:(W)61626364(W)", "*:!(B)61626364!(B)", "*:!(L)61626364!(L)",
		"*:!(W)61626364!(W)", "70000:61626364", "5,2:!(W)61626364",
		"*:78{1980}6162636465666768",
		"*:6162636465666768696a6b6c6d6e6f7071727374757677787962636465666768" };

	for (unsigned i = 0; i < COUNT_OF(patterns); i++) {
		struct made m;
		char line[300];

		made_begin(&m);
		snprintf(line, sizeof(line), "N:0:%s\n", patterns[i]);
		CHECK_ROW(patterns[i], made_source(&m, "a.ndb", line, strlen(line)) == 0);
		CHECK_ROW(patterns[i], m.sigc.loaded == 2 && made_build(&m) == 0);
		CHECK_ROW(patterns[i], m.sigc.loaded == 2 && m.sigc.skipped[SKIP_PROOF] == 0);
		made_end(&m);
	}
}

/* A pattern that begins far inside is proved in one piece and by two cuts, one near by all of them.
 */
TEST(what_begins_far_inside_is_proved_by_few_scans)
{
	static const struct {
		const char *line;
		uint64_t sample, scans_min, scans_max;
	} rows[] = { { "N:0:64000:6162636465666768", 64008, 9, 12 },
		{ "N:0:4194304:6162636465666768", 4194312, 5, 12 },
		{ "N:0:16777216:6162636465666768", 16777224, 3, 3 } };
	struct made m;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t bytes;

		made_begin(&m);
		CHECK_ROW(rows[i].line,
		    made_source(&m, "a.ndb", rows[i].line, strlen(rows[i].line)) == 0);
		CHECK_ROW(rows[i].line, made_build(&m) == 0 && m.sigc.loaded == 2);
		bytes = m.sigc.cost.proof_bytes;
		CHECK_ROW(rows[i].line, bytes >= rows[i].scans_min * rows[i].sample);
		CHECK_ROW(rows[i].line, bytes < (rows[i].scans_max + 1) * rows[i].sample);
		made_end(&m);
	}
}

TEST(modifiers_are_proved)
{
	static const char *const modifiers[] = { "i", "w", "f", "wf", "wa", "wi", "waif" };

	for (unsigned i = 0; i < COUNT_OF(modifiers); i++) {
		struct made m;
		char line[300];

		made_begin(&m);
		snprintf(line, sizeof(line), "Rule;Target:0;0;61426364::%s\n", modifiers[i]);
		CHECK_ROW(modifiers[i], made_source(&m, "a.ldb", line, strlen(line)) == 0);
		CHECK_ROW(modifiers[i], made_build(&m) == 0 && m.sigc.loaded == 2);
		made_end(&m);
	}
}

#define ANYTHING "!(0?|1?|2?|3?|4?|5?|6?|7?|8?|9?|a?|b?|c?|d?|e?|f?)"

/* Patterns that nothing can match; a part of a rule takes the rule along, and its other parts. */
TEST(what_is_not_found_is_taken_out_and_named)
{
	static const char plain[] = "Never:0:*:61626364" ANYTHING "\nFar:0:99000000:61626364\n"
				    "Fine:0:*:66726565\n";
	static const char rules[] = "Rule;Target:0;0&1;70717273;61626364" ANYTHING "\n"
				    "Other;Target:0;0|1;70717273;74757677\n"
				    "Only;Target:0;0&1;78787878;61626364" ANYTHING "\n";
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.ndb", plain, sizeof(plain) - 1) == 0);
	CHECK(made_source(&m, "a.ldb", rules, sizeof(rules) - 1) == 0);
	CHECK(m.sigc.loaded == 7 && made_build(&m) == 0);
	CHECK(m.sigc.loaded == 3 && m.sigc.skipped[SKIP_PROOF] == 4);
	CHECK(made_left_out(&m, "Never: not found in a sample"));
	CHECK(made_left_out(&m, "Far: not found in a sample"));
	CHECK(made_left_out(&m, "Rule: not found in a sample"));
	CHECK(made_left_out(&m, "Only: not found in a sample"));
	/* Always.There, Fine and the parts of Other; 78787878 has no use left. */
	CHECK(m.sigc.patterns.used == 4 * sizeof(struct pattern));
	made_end(&m);
}

/* A database that misses what it was made of, as Hyperscan's faults do. */
TEST(a_database_that_misses_is_noticed)
{
	static const char plain[] = "One\tfirst-marker\nTwo\tother-marker\n";
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.lit", plain, sizeof(plain) - 1) == 0 && made_build(&m) == 0);
	CHECK(sigc_prove(&m.sigc, span_of(m.bytes, m.byte_count)) == 0);
	m.sigc.literals.bytes[m.sigc.literals.used - 1] ^= 1; /* the file has the old one */
	CHECK(sigc_prove(&m.sigc, span_of(m.bytes, m.byte_count)) == 1);
	CHECK(made_left_out(&m, "Two: not found in a sample") && m.sigc.loaded == 2);
	CHECK(sigc_prove(&m.sigc, span_of(m.bytes, m.byte_count - 1)) < 0);
	CHECK(strstr(m.sigc.error, "checksum") != NULL);
	made_end(&m);
}

static void
count_piece(void *arg, unsigned number)
{
	unsigned *seen = arg;

	__atomic_fetch_add(&seen[number], 1, __ATOMIC_RELAXED);
}

TEST(each_piece_of_shared_work_is_done_once)
{
	struct sigc s = { 0 };

	for (s.threads = 1; s.threads <= 40; s.threads += 3) { /* more than there may be */
		unsigned seen[50] = { 0 };

		CHECK(sigc_threads(&s) == (s.threads < 16 ? s.threads : 16));
		for (unsigned count = 0; count <= COUNT_OF(seen); count += 25) {
			memset(seen, 0, sizeof(seen));
			sigc_share(&s, count, count_piece, seen);
			for (unsigned i = 0; i < COUNT_OF(seen); i++)
				CHECK(seen[i] == (i < count));
		}
	}
	s.threads = 0;
	CHECK(sigc_threads(&s) >= 1 && s.cost.busiest_ns > 0);
}

/* Whatever pieces it comes in, `hit` is found, NULL: nothing. */
static void
check_hit(
    struct signature_core *core, const struct generation *g, const char *text, const char *hit)
{
	char body[64];
	size_t n = (size_t)snprintf(body, sizeof(body), "..%.9s.%s..", text, text + 9);

	for (size_t step = 1; step <= n; step++) {
		struct signature_hit found = { .name = "" };
		int rc = made_scan(core, g, span_of(body, n), step, &found);

		CHECK_ROW(text, rc == (hit != NULL));
		CHECK_ROW(text, hit == NULL || strcmp(found.name, hit) == 0);
	}
}

/* What begins alike is looked for once, and each of those that it stands for is asked. */
TEST(signatures_of_one_literal_are_told_apart)
{
	static const struct {
		const char *body, *hit;
	} rows[] = { { "abcdefgh-1", "One" }, { "abcdefgh-2", "Two" }, { "abcdefgh-3", "Three" },
		{ "abcdefgh-4", NULL }, { "ABCDEFGH-1", NULL }, { "ABCDEFGH-5", "Five" },
		{ "abcdefgh-5", "Five" } };
	static const char patterns[] = "One:0:*:61626364656667682d??{-2}31\n"
				       "Two:0:*:61626364656667682d??{-2}32\n"
				       "Three:0:*:61626364656667682d??{-2}33\n";
	static const char rule[] = "Five;Target:0;0;61626364656667682d??{-2}35::i\n";
	struct signature_core *core = signature_core_create(1);
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.ndb", patterns, sizeof(patterns) - 1) == 0);
	CHECK(made_source(&m, "a.ldb", rule, sizeof(rule) - 1) == 0);
	CHECK(made_build(&m) == 0 && m.sigc.skipped[SKIP_PROOF] == 0);
	CHECK(signature_core_prepare(core, m.generation) == 0);
	for (unsigned i = 0; i < COUNT_OF(rows); i++)
		check_hit(core, m.generation, rows[i].body, rows[i].hit);
	signature_core_destroy(core);
	made_end(&m);
}

/* Several targets, so several databases, and what is taken out of them, by one thread and by five.
 */
TEST(a_generation_is_the_same_with_any_number_of_threads)
{
	static const char rules[] =
	    "Fine;Target:1;0;6162636465\nElf;Target:6;0&1;7172737475;7677787980\n"
	    "Pdf;Target:10;0;31323334353637\nNever;Target:0;0;!(00|01){1}61626364!(61)\n";
	struct made m[2];

	for (unsigned i = 0; i < 2; i++) {
		made_begin(&m[i]);
		m[i].sigc.threads = i == 0 ? 1 : 5;
		CHECK(made_source(&m[i], "a.ldb", rules, sizeof(rules) - 1) == 0);
		CHECK(made_build(&m[i]) == 0);
	}
	/* The paths of sources are their directories'. */
	CHECK(m[0].byte_count == m[1].byte_count);
	CHECK(m[0].sigc.cost.block_bytes == m[1].sigc.cost.block_bytes);
	CHECK(m[0].sigc.loaded == m[1].sigc.loaded);
	CHECK(m[0].sigc.skipped[SKIP_PROOF] == m[1].sigc.skipped[SKIP_PROOF]);
	CHECK(
	    generation_has_target(m[1].generation, 1) && generation_has_target(m[1].generation, 6));
	made_end(&m[0]);
	made_end(&m[1]);
}
