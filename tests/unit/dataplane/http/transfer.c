/* SPDX-License-Identifier: BSD-3-Clause */
/* Transfer encodings of parts, whole and byte by byte. */
#include "dataplane/http/http.h"
#include "tests/unit/harness.h"

static const struct {
	enum http_transfer_coding coding;
	const char *input, *output;
} cases[] = {
	{ HTTP_TRANSFER_BASE64, "", "" },
	{ HTTP_TRANSFER_BASE64, "aGVsbG8=", "hello" },
	{ HTTP_TRANSFER_BASE64, "aGVsbG8", "hello" },
	{ HTTP_TRANSFER_BASE64, "aGVs\r\nbG8=\r\n", "hello" },
	{ HTTP_TRANSFER_BASE64, "a G!V\ts*bG8==", "hello" },
	{ HTTP_TRANSFER_BASE64, "aGU=bGxv", "hello" },
	{ HTTP_TRANSFER_BASE64, "+/+/", "\xfb\xff\xbf" },
	{ HTTP_TRANSFER_BASE64, "-_-_", "\xfb\xff\xbf" },
	{ HTTP_TRANSFER_BASE64, "a", "" },
	{ HTTP_TRANSFER_BASE64, "====", "" },
	{ HTTP_TRANSFER_QUOTED, "", "" },
	{ HTTP_TRANSFER_QUOTED, "hello", "hello" },
	{ HTTP_TRANSFER_QUOTED, "h=65l=6C=6fx", "hellox" },
	{ HTTP_TRANSFER_QUOTED, "hel=\r\nlo\r\n", "hello\r\n" },
	{ HTTP_TRANSFER_QUOTED, "hel=\nlo", "hello" },
	{ HTTP_TRANSFER_QUOTED, "=3D=3d", "==" },
	{ HTTP_TRANSFER_QUOTED, "a=zb", "a=zb" },
	{ HTTP_TRANSFER_QUOTED, "a=4zb", "a=4zb" },
	{ HTTP_TRANSFER_QUOTED, "a==41", "a=A" },
	{ HTTP_TRANSFER_QUOTED, "a=4=41", "a=4A" },
	{ HTTP_TRANSFER_QUOTED, "a=\rb", "a=\rb" },
	{ HTTP_TRANSFER_QUOTED, "a=\r=41", "a=\rA" },
	{ HTTP_TRANSFER_QUOTED, "a=", "a=" },
	{ HTTP_TRANSFER_QUOTED, "a=4", "a=4" },
	{ HTTP_TRANSFER_QUOTED, "a=\r", "a=\r" },
	{ HTTP_TRANSFER_IDENTITY, "a=41 b", "a=41 b" },
};

TEST(transfer_encodings)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		size_t bytes = strlen(cases[i].input);

		for (size_t step = 1; step <= bytes + 1; step++) {
			for (size_t room = HTTP_TRANSFER_STEP_MAX; room < 12; room++) {
				struct http_transfer t;
				uint8_t out[128];
				size_t n = 0;

				http_transfer_init(&t, cases[i].coding);
				for (size_t from = 0; from < bytes; from += step) {
					struct span s = span_first(
					    span_of(cases[i].input + from, bytes - from), step);
					size_t at = 0;

					while (at < s.bytes)
						n += http_transfer_next(&t, s, &at, out + n, room);
				}
				n += http_transfer_end(&t, out + n);
				CHECK_ROW(cases[i].input,
				    span_equal(span_of(out, n), span_text(cases[i].output)));
			}
		}
	}
}

TEST(names_of_transfer_encodings)
{
	static const struct {
		const char *value;
		enum http_transfer_coding coding;
	} rows[] = {
		{ "base64", HTTP_TRANSFER_BASE64 },
		{ " BASE64 ; x", HTTP_TRANSFER_BASE64 },
		{ "Quoted-Printable", HTTP_TRANSFER_QUOTED },
		{ "8bit", HTTP_TRANSFER_IDENTITY },
		{ "binary", HTTP_TRANSFER_IDENTITY },
		{ "x-uuencode", HTTP_TRANSFER_IDENTITY },
		{ "", HTTP_TRANSFER_IDENTITY },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].value,
		    http_transfer_coding(span_text(rows[i].value)) == rows[i].coding);
	CHECK(http_transfer_coding(span_of(NULL, 0)) == HTTP_TRANSFER_IDENTITY);
}
