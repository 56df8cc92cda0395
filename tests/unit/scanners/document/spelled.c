/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes spelled by scripts: in which ways, how they are broken, and that nothing is read too far.
 */
#include "scanners/document/spelled.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/scanners/document/sink.h"

#define TEXT_MAX 2048

/* 64 times A to D, each written so, with this between and this in place of the tenth's. */
static const struct {
	const char *name, *before, *one, *between, *tenth;
	bool is_one;
} cases[] = {
	{ "decimal", "x = [", "%d", ",", NULL, true },
	{ "hexadecimal", "$b = ", "0x%02x", ",", NULL, true },
	{ "one digit may do", "{", "0x%X", ", ", NULL, true },
	{ "as VBA has it", "Array(", "&H%X", ", ", ", _\r\n  ", true },
	{ "lines of PowerShell", "[Byte[]] ", "0x%x", ",", ",`\n", true },
	{ "escapes", "'", "\\x%02x", "", "'\n + '", true },
	{ "escapes of UTF-16", "\"", "\\u%04X", "", "\" & _\r\n\"", true },
	{ "percent", "unescape('", "%%%02x", "", NULL, true },
	{ "percent u", "unescape('", "%%u%04x", "", NULL, true },
	{ "no comma", "", "%d", " ", NULL, false },
	{ "two commas", "", "%d", ",", ",,", false },
	{ "numbers of more", "", "3%02d", ",", NULL, false },
	{ "fractions", "", "%d.5", ",", NULL, false },
	{ "words", "", "%dpx", ",", NULL, false },
	{ "a gap that is too long", "'", "\\x%02x", "", "'             +                         '",
	    false },
	{ "another function between", "'", "\\x%02x", "", "'; f(); '", false },
	{ "escapes of other letters", "'", "\\u40%02x", "", NULL, false },
};

static size_t
write_case(size_t i, char text[TEXT_MAX])
{
	size_t used = (size_t)snprintf(text, TEXT_MAX, "%s", cases[i].before);

	for (int n = 0; n < SPELLED_MIN; n++) {
		const char *behind =
		    n == 9 && cases[i].tenth != NULL ? cases[i].tenth : cases[i].between;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		used += (size_t)snprintf(text + used, TEXT_MAX - used, cases[i].one, 'A' + n % 4);
#pragma GCC diagnostic pop
		used += (size_t)snprintf(
		    text + used, TEXT_MAX - used, "%s", n + 1 < SPELLED_MIN ? behind : ";");
	}
	return used;
}

TEST(what_a_script_spells_is_read)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		static char text[TEXT_MAX];
		struct sink out = { .room = SINK_BYTES };
		struct spelled found;
		size_t bytes = write_case(i, text), at = 0;
		bool is_one = spelled_next(span_of(text, bytes), &at, &found);

		CHECK_ROW(cases[i].name, is_one == cases[i].is_one);
		if (!is_one)
			continue;
		spelled_decode(&found, sink_take, &out);
		CHECK_ROW(cases[i].name, out.used == SPELLED_MIN);
		for (size_t n = 0; n < out.used; n++)
			CHECK_ROW(cases[i].name, out.bytes[n] == 'A' + n % 4);
		CHECK_ROW(cases[i].name, !spelled_next(span_of(text, bytes), &at, &found));
	}
}

TEST(a_spelled_text_cut_anywhere_is_not_read_beyond)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		static char text[TEXT_MAX];
		size_t whole = write_case(i, text);

		for (size_t bytes = 1; bytes < whole; bytes++) {
			struct sink out = { .room = SINK_BYTES };
			char *cut = malloc(bytes); /* so that a byte too far is seen */
			struct spelled found;
			size_t at = 0;

			memcpy(cut, text, bytes);
			while (spelled_next(span_of(cut, bytes), &at, &found))
				spelled_decode(&found, sink_take, &out);
			CHECK_SEED(bytes, at == bytes && out.used <= SPELLED_MIN);
			free(cut);
		}
	}
}

static bool
refuse(void *arg, struct span bytes)
{
	*(size_t *)arg += bytes.bytes;
	return false;
}

TEST(a_sink_that_has_enough_of_what_is_spelled_ends_it)
{
	static char text[1 << 16];
	struct spelled found;
	size_t at = 0, sum = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "7,"[i % 2];
	CHECK(spelled_next(span_of(text, sizeof(text)), &at, &found));
	spelled_decode(&found, refuse, &sum);
	CHECK(sum > 0 && sum <= 4096);
}
