/* SPDX-License-Identifier: BSD-3-Clause */
/* What begins as mail, and what does not; of copies whose ends the allocator guards. */
#include <stdlib.h>

#include "scanners/format/format.h"
#include "tests/unit/harness.h"

TEST(what_begins_as_mail_is_mail)
{
	CHECK(format_is_mail(span_text("From: a\nSubject: b\n\n")));
	CHECK(format_is_mail(span_text("From a@b\nDate: x\nTO: b\n")));
	CHECK(format_is_mail(span_text("X-Y: z\n w\nMIME-Version: 1.0\nReceived: b")));
	CHECK(!format_is_mail(span_text("From: a\n\nSubject: b\n")));
	CHECK(!format_is_mail(span_text("Dear all,\nFrom: a\nTo: b\n")));
	CHECK(!format_is_mail(span_text("key: value\nother: value\n")));
	CHECK(!format_is_mail(span_text("")));
}

/* Two fields must be there, within what is looked at. */
TEST(a_cut_head_is_read_to_its_end)
{
	static const char text[] = "Received: by a\r\n\tfrom b\r\nX: y\r\nSubject: z\r\n\r\n";
	char far[2 * FORMAT_HEAD_BYTES];

	for (size_t n = 1; n < sizeof(text); n++) {
		char *copy = malloc(n);

		memcpy(copy, text, n);
		CHECK_SEED(n,
		    format_is_mail(span_of(copy, n)) == (n >= strlen(text) - strlen(" z\r\n\r\n")));
		free(copy);
	}
	memset(far, 'x', sizeof(far));
	memcpy(far, "From: ", 6);
	memcpy(far + FORMAT_HEAD_BYTES - 10, "\nSubject: ", 10);
	CHECK(format_is_mail(span_of(far, sizeof(far))));
	memmove(far + FORMAT_HEAD_BYTES - 9, far + FORMAT_HEAD_BYTES - 10, 10);
	CHECK(!format_is_mail(span_of(far, sizeof(far))));
}
