/* SPDX-License-Identifier: BSD-3-Clause */
/* Databases of an earlier generation: taken where all that made them is the same, and only there.
 */
#include <unistd.h>

#include "tests/unit/tools/sigc/made.h"

/* Two targets beside any: six databases. */
static const char rules[] = "Pe;Target:1;0;6162636465\nElf;Target:6;0;7172737475\n";

/* As many literals, of the same lengths. */
static const char other_bytes[] = "Pe;Target:1;0;6162636465\nElf;Target:6;0;7172737476\n";

/* One more for programs, read before the others. */
static const char one_before[] =
    "More;Target:1;0;3132333435\nPe;Target:1;0;6162636465\nElf;Target:6;0;7172737475\n";

/* Bytes that are looked for already. */
static const char as_before[] = "Pe;Target:1;0;6162636465\nElf;Target:6;0;7172737475\n"
				"Same;Target:1;0&1;6162636465;616c776179732d7468657265\n";

struct change {
	const char *name, *source, *text; /* a source that comes behind the others; NULL: none */
	unsigned reused;
	const char *rules; /* instead of those; NULL: those */
};

static const struct change change_rows[] = {
	{ "nothing", NULL, NULL, 6, NULL },
	{ "a digest", "z.hdb", "00112233445566778899aabbccddeeff:10:Digest\n", 6, NULL },
	{ "an ELF signature: its own", "z.ldb", "Elf.More;Target:6;0;3132333435\n", 4, NULL },
	{ "one for any: all", "z.ldb", "Any.More;Target:0;0;3132333435\n", 0, NULL },
	{ "a byte of a literal", NULL, NULL, 4, other_bytes },
	{ "one before them: its own", NULL, NULL, 4, one_before },
	{ "what is looked for anyway", NULL, NULL, 4, as_before },
};

static void
path_in(const struct made *m, const char *name, char path[160])
{
	snprintf(path, 160, "%s/%s", m->directory, name);
}

static void
make(struct made *m, const struct change *change, const char *earlier)
{
	const char *text = change != NULL && change->rules != NULL ? change->rules : rules;

	made_begin(m);
	CHECK(made_source(m, "a.ldb", text, strlen(text)) == 0);
	if (change != NULL && change->source != NULL)
		CHECK(made_source(m, change->source, change->text, strlen(change->text)) == 0);
	if (earlier != NULL)
		sigc_take_earlier(&m->sigc, earlier);
	CHECK(made_build(m) == 0);
}

/* Digests of the databases, and all that is told of them. */
static struct span
keys_of(const struct made *m)
{
	struct generation_header h;

	memcpy(&h, m->bytes, sizeof(h));
	for (uint32_t i = 0; i < h.section_count; i++) {
		struct generation_section s;

		memcpy(&s, m->bytes + sizeof(h) + i * sizeof(s), sizeof(s));
		if (s.kind == GENERATION_DATABASE_KEYS)
			return span_of(m->bytes + s.offset, s.bytes);
	}
	return span_of(NULL, 0);
}

TEST(what_did_not_change_is_taken_over)
{
	struct made first;
	char path[160];

	make(&first, NULL, NULL);
	CHECK(first.sigc.cost.databases == 6 && first.sigc.cost.reused == 0);
	path_in(&first, "made.gen", path);
	for (size_t i = 0; i < COUNT_OF(change_rows); i++) {
		const struct change *c = &change_rows[i];
		struct made with, without;
		struct span a, b;

		make(&with, c, path);
		make(&without, c, NULL);
		a = keys_of(&with);
		b = keys_of(&without);
		CHECK_ROW(c->name, with.sigc.cost.reused == c->reused);
		CHECK_ROW(c->name, with.byte_count == without.byte_count);
		CHECK_ROW(c->name, a.bytes == 6 * sizeof(struct generation_database_key));
		CHECK_ROW(c->name, span_equal(a, b));
		made_end(&with);
		made_end(&without);
	}
	made_end(&first);
}

/* Cut, changed, of another version, not there: compiled anew, and that is no error. */
TEST(an_earlier_file_that_is_of_no_use_is_passed_over)
{
	static const struct {
		const char *name;
		size_t at, keep; /* the byte that is changed; bytes that are kept */
	} wrecks[] = { { "empty", SIZE_MAX, 0 }, { "cut in the head", SIZE_MAX, 30 },
		{ "cut behind it", SIZE_MAX, 4000 }, { "another magic", 0, SIZE_MAX },
		{ "another version", 8, SIZE_MAX }, { "a byte of a database", 5000, SIZE_MAX } };
	struct made first, again;
	char path[160];

	make(&first, NULL, NULL);
	path_in(&first, "wreck.gen", path);
	for (size_t i = 0; i < COUNT_OF(wrecks); i++) {
		size_t keep = wrecks[i].keep < first.byte_count ? wrecks[i].keep : first.byte_count;
		FILE *f = fopen(path, "w");

		if (wrecks[i].at < keep)
			first.bytes[wrecks[i].at] ^= 1;
		CHECK(f != NULL && fwrite(first.bytes, 1, keep, f) == keep && fclose(f) == 0);
		if (wrecks[i].at < keep)
			first.bytes[wrecks[i].at] ^= 1;
		make(&again, NULL, path);
		CHECK_ROW(wrecks[i].name, again.sigc.cost.reused == 0);
		made_end(&again);
	}
	unlink(path);
	make(&again, NULL, path);
	CHECK(again.sigc.cost.reused == 0);
	made_end(&again);
	made_end(&first);
}
