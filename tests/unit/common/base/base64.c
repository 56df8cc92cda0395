/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 4648 §10, what is no base64, and room that is too small. */
#include "common/base/base64.h"

#include <errno.h>

#include "tests/unit/harness.h"

static const struct {
	const char *text, *bytes; /* NULL: refused */
} cases[] = {
	{ "", "" },
	{ "Zg==", "f" },
	{ "Zm8=", "fo" },
	{ "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" },
	{ "Zm9vYmE=", "fooba" },
	{ "Zm9vYmFy", "foobar" },
	{ "/+8=", "\xff\xef" },
	{ "Zg", NULL },       /* padding is missing */
	{ "Zg=", NULL },      /* half of it is */
	{ "Z===", NULL },     /* too much */
	{ "Zg==Zg==", NULL }, /* in the middle */
	{ "Zh==", NULL },     /* bits that nobody needs */
	{ "Zm9=", NULL },
	{ "Zm 9v", NULL },
	{ "Zm9v\n", NULL },
	{ "-_8=", NULL }, /* the other alphabet */
	{ "====", NULL },
	{ "=Zg=", NULL },
};

TEST(base64_decodes_strictly)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t out[16];
		ssize_t n = base64_decode(span_text(cases[i].text), out, sizeof(out));

		CHECK_ROW(cases[i].text,
		    cases[i].bytes == NULL
			? n == -EINVAL
			: n >= 0 && span_is(span_of(out, (size_t)n), cases[i].bytes));
	}
}

TEST(base64_keeps_within_its_room)
{
	uint8_t out[3] = { 0, 0, 7 };

	CHECK(base64_decode(span_text("Zm9v"), out, 2) == -ENOBUFS && out[2] == 7);
	CHECK(base64_decode(span_text("Zm8="), out, 2) == 2 && out[2] == 7);
}
