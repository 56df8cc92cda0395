/* SPDX-License-Identifier: BSD-3-Clause */
/* Transfer encodings of parts, whole and byte by byte. */
#include "scanners/decode/transfer.h"

#include "tests/unit/harness.h"

static const struct {
	enum transfer_coding coding;
	const char *input, *output;
} cases[] = {
	{ TRANSFER_BASE64, "", "" },
	{ TRANSFER_BASE64, "aGVsbG8=", "hello" },
	{ TRANSFER_BASE64, "aGVsbG8", "hello" },
	{ TRANSFER_BASE64, "aGVs\r\nbG8=\r\n", "hello" },
	{ TRANSFER_BASE64, "a G!V\ts*bG8==", "hello" },
	{ TRANSFER_BASE64, "aGU=bGxv", "hello" },
	{ TRANSFER_BASE64, "+/+/", "\xfb\xff\xbf" },
	{ TRANSFER_BASE64, "-_-_", "\xfb\xff\xbf" },
	{ TRANSFER_BASE64, "a", "" },
	{ TRANSFER_BASE64, "====", "" },
	{ TRANSFER_QUOTED, "", "" },
	{ TRANSFER_QUOTED, "hello", "hello" },
	{ TRANSFER_QUOTED, "h=65l=6C=6fx", "hellox" },
	{ TRANSFER_QUOTED, "hel=\r\nlo\r\n", "hello\r\n" },
	{ TRANSFER_QUOTED, "hel=\nlo", "hello" },
	{ TRANSFER_QUOTED, "=3D=3d", "==" },
	{ TRANSFER_QUOTED, "a=zb", "a=zb" },
	{ TRANSFER_QUOTED, "a=4zb", "a=4zb" },
	{ TRANSFER_QUOTED, "a==41", "a=A" },
	{ TRANSFER_QUOTED, "a=4=41", "a=4A" },
	{ TRANSFER_QUOTED, "a=\rb", "a=\rb" },
	{ TRANSFER_QUOTED, "a=\r=41", "a=\rA" },
	{ TRANSFER_QUOTED, "a=", "a=" },
	{ TRANSFER_QUOTED, "a=4", "a=4" },
	{ TRANSFER_QUOTED, "a=\r", "a=\r" },
	{ TRANSFER_IDENTITY, "a=41 b", "a=41 b" },
};

TEST(transfer_encodings)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		size_t bytes = strlen(cases[i].input);

		for (size_t step = 1; step <= bytes + 1; step++) {
			for (size_t room = TRANSFER_STEP_MAX; room < 12; room++) {
				struct transfer t;
				uint8_t out[128];
				size_t n = 0;

				transfer_init(&t, cases[i].coding);
				for (size_t from = 0; from < bytes; from += step) {
					struct span s = span_first(
					    span_of(cases[i].input + from, bytes - from), step);
					size_t at = 0;

					while (at < s.bytes)
						n += transfer_next(&t, s, &at, out + n, room);
				}
				n += transfer_end(&t, out + n);
				CHECK_ROW(cases[i].input,
				    span_equal(span_of(out, n), span_text(cases[i].output)));
			}
		}
	}
}

/* The call that ends between two runs of base64, in every step; once. */
TEST(base64_tells_where_it_goes_on_behind_padding)
{
	static const struct {
		const char *input;
		size_t ended; /* bytes that came before; SIZE_MAX: it never does */
	} rows[] = {
		{ "aGVsbG8=", SIZE_MAX },
		{ "aGVsbG8=\r\n", SIZE_MAX },
		{ "aGU=bGxv", 2 },
		{ "aGU==\r\n!bG==xv", 2 },
		{ "=aGVs", 0 },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		for (size_t step = 1; step <= strlen(rows[i].input); step++) {
			size_t n = 0, ended = SIZE_MAX, bytes = strlen(rows[i].input);
			struct transfer t;
			uint8_t out[64];

			transfer_init(&t, TRANSFER_BASE64);
			for (size_t from = 0; from < bytes; from += step) {
				struct span s =
				    span_first(span_of(rows[i].input + from, bytes - from), step);
				size_t at = 0;

				while (at < s.bytes) {
					n += transfer_next(&t, s, &at, out + n, sizeof(out) - n);
					ended = t.restarts && ended == SIZE_MAX ? n : ended;
				}
			}
			CHECK_ROW(rows[i].input, ended == rows[i].ended);
		}
	}
}

TEST(names_of_transfer_encodings)
{
	static const struct {
		const char *value;
		enum transfer_coding coding;
	} rows[] = {
		{ "base64", TRANSFER_BASE64 },
		{ " BASE64 ; x", TRANSFER_BASE64 },
		{ "base64\t(a comment)", TRANSFER_BASE64 },
		{ "(a comment) (b) base64", TRANSFER_BASE64 },
		{ "(base64", TRANSFER_IDENTITY },
		{ "()", TRANSFER_IDENTITY },
		{ "\"base64\"", TRANSFER_BASE64 },
		{ " \"quoted-printable\"; x", TRANSFER_QUOTED },
		{ "base64, 8bit", TRANSFER_BASE64 },
		{ "\x01\v base64", TRANSFER_BASE64 },
		{ "\"\"", TRANSFER_IDENTITY },
		{ "base64url", TRANSFER_IDENTITY },
		{ "Quoted-Printable", TRANSFER_QUOTED },
		{ "8bit", TRANSFER_IDENTITY },
		{ "binary", TRANSFER_IDENTITY },
		{ "x-uuencode", TRANSFER_IDENTITY },
		{ "", TRANSFER_IDENTITY },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(
		    rows[i].value, transfer_coding_of(span_text(rows[i].value)) == rows[i].coding);
	CHECK(transfer_coding_of(span_of(NULL, 0)) == TRANSFER_IDENTITY);
}
