/* SPDX-License-Identifier: BSD-3-Clause */
/* Every byte there is, against the C library's word for it. */
#include "common/base/letters.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

TEST(hexadecimal_digits_and_nothing_else)
{
	for (int c = 0; c < 256; c++) {
		const char text[2] = { (char)c, 0 };
		int expected = c < 128 && isxdigit(c) ? (int)strtol(text, NULL, 16) : -1;

		CHECK(hex_digit((uint8_t)c) == expected);
	}
}

TEST(what_means_something_in_html)
{
	for (int c = 1; c < 256; c++)
		CHECK((html_reference((uint8_t)c) != NULL) == (strchr("&<>\"'", c) != NULL));
	CHECK(html_reference(0) == NULL);
	CHECK(strcmp(html_reference('<'), "&lt;") == 0);
}
