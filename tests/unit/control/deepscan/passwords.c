/* SPDX-License-Identifier: BSD-3-Clause */
/* Encrypted ZIP archives and the passwords they are tried with. */
#include "control/deepscan/passwords.h"

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

static struct packed made, outer;
static struct passwords list;

static const char *const encryptions[] = { "traditional", "aes128", "aes256" };

struct text_case {
	const char *name, *text;
	size_t bytes;
	unsigned count;
	const char *last;
};

static char long_line[PASSWORD_BYTES_MAX + 3];

TEST(passwords_are_lines)
{
	static const struct text_case cases[] = {
		{ "nothing", "", 0, 0, NULL },
		{ "one", "secret", 6, 1, "secret" },
		{ "line ends", "a\nb\r\n", 5, 2, "b" },
		{ "empty lines", "\n\r\n\na\n\n", 7, 1, "a" },
		{ "blanks count", " a \n", 4, 1, " a " },
		{ "a zero byte", "a\0b\nc", 5, 1, "c" },
		{ "a carriage return inside", "a\rb", 3, 1, "a\rb" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct text_case *c = &cases[i];

		passwords_parse(span_of(c->text, c->bytes), &list);
		CHECK_ROW(c->name, list.count == c->count);
		CHECK_ROW(
		    c->name, c->last == NULL || strcmp(list.texts[list.count - 1], c->last) == 0);
	}
}

TEST(passwords_are_bounded)
{
	static char many[4 * PASSWORDS_BYTES_MAX];

	memset(long_line, 'x', PASSWORD_BYTES_MAX + 1);
	passwords_parse(span_of(long_line, PASSWORD_BYTES_MAX), &list);
	CHECK(list.count == 1 && strlen(list.texts[0]) == PASSWORD_BYTES_MAX);
	passwords_parse(span_of(long_line, PASSWORD_BYTES_MAX + 1), &list);
	CHECK(list.count == 0);
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = i % 2 == 0 ? 'p' : '\n';
	passwords_parse(span_of(many, sizeof(many)), &list);
	CHECK(list.count == PASSWORDS_MAX);
	memset(many, '\n', sizeof(many));
	many[sizeof(many) - 1] = 'p';
	passwords_parse(span_of(many, sizeof(many)), &list);
	CHECK(list.count == 0);
}

static bool
is_eicar(const struct deepscan *d)
{
	return d->verdict == VERDICT_BAD && strcmp(d->threat, "Eicar-Test-Signature") == 0;
}

static bool
is_class(const struct deepscan *d, enum source class)
{
	return d->verdict == VERDICT_CLEAN && d->source == class;
}

TEST(an_encrypted_member_is_judged_where_its_password_is_known)
{
	const struct packer_member members[] = { { "a.txt", span_text("plain enough") },
		{ "evil.com", packer_eicar() } };

	for (size_t i = 0; i < COUNT_OF(encryptions); i++) {
		const char *e = encryptions[i];
		const struct deepscan *d;
		struct span zip;

		CHECK_ROW(e, packer_write_locked(&made, e, "infected", members, 2));
		zip = packer_span(&made);
		d = packer_judge(zip, &packer_limits);
		CHECK_ROW(e, is_class(d, SOURCE_ENCRYPTED) && strcmp(d->layer, "zip:a.txt") == 0);
		CHECK_ROW(e, is_class(packer_judge_with(zip, &packer_limits, "x\ny\nInfected"),
				 SOURCE_ENCRYPTED));
		d = packer_judge_with(zip, &packer_limits, "x\ny\ninfected\nz");
		CHECK_ROW(e, is_eicar(d) && strcmp(d->layer, "zip:evil.com") == 0);
		CHECK_ROW(e, packer_write_locked(&made, e, "infected", members, 1));
		CHECK_ROW(
		    e, is_class(packer_judge_with(packer_span(&made), &packer_limits, "infected"),
			   SOURCE_SANDBOX));
	}
}

/* One wrong password in 256 passes the check of the old encryption: sixty do for some files. */
TEST(a_password_that_fits_by_chance_is_not_the_last_that_is_tried)
{
	const struct packer_member evil = { "evil.com", packer_eicar() };
	char text[1024];
	size_t used = 0;

	for (unsigned i = 0; i < 62; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "wrong-%u\n", i);
	snprintf(text + used, sizeof(text) - used, "infected\n");
	for (unsigned i = 0; i < 40; i++) {
		CHECK_SEED(i, packer_write_locked(&made, "traditional", "infected", &evil, 1));
		CHECK_SEED(
		    i, is_eicar(packer_judge_with(packer_span(&made), &packer_limits, text)));
		text[0] = (char)('A' + i % 26); /* another first password, other chances */
		text[1] = (char)('a' + i / 26);
	}
}

/* What an encrypted archive holds is followed like anything else; a 7z stays locked. */
TEST(an_archive_in_an_encrypted_one_is_taken_apart)
{
	const struct packer_member gz = { "in.gz", packer_hidden() };
	struct packer_member inner = { "in.zip", { 0 } };
	const struct deepscan *d;

	CHECK(packer_write_locked(&made, "aes256", "two", &gz, 1));
	inner.bytes = packer_span(&made);
	CHECK(packer_write_locked(&outer, "traditional", "one", &inner, 1));
	d = packer_judge_with(packer_span(&outer), &packer_limits, "one\ntwo\n");
	CHECK(is_eicar(d) && strcmp(d->layer, "zip:in.zip->zip:in.gz->gz") == 0);
	d = packer_judge_with(packer_span(&outer), &packer_limits, "one\n");
	CHECK(is_class(d, SOURCE_ENCRYPTED) && strcmp(d->layer, "zip:in.zip->zip:in.gz") == 0);
}

#define MANY 200

/* A key for each password and member would cost seconds: after some that stay shut no more is
 * tried. */
TEST(members_that_no_password_opens_cost_a_bounded_number_of_trials)
{
	static struct packer_member members[MANY];
	const struct deepscan *d;

	for (unsigned i = 0; i < MANY; i++)
		members[i] = (struct packer_member){ "m", span_text("locked") };
	CHECK(packer_write_locked(&made, "aes256", "infected", members, MANY));
	d = packer_judge_with(packer_span(&made), &packer_limits, "one\ntwo\nthree\n");
	CHECK(is_class(d, SOURCE_ENCRYPTED) && d->locked_members == 16 && d->members == MANY);
}
