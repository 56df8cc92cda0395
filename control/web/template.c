/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/web/template.h"

#include <string.h>

__asm__(".section .rodata\n"
	"page_css:\n"
	".incbin \"control/web/page.css\"\n"
	".byte 0\n"
	".previous\n");
extern const char page_css[];

void
template_write(struct text *out, const char *html, template_slot_fn put, const void *arg)
{
	const char *at = html, *open, *close;

	while ((open = strstr(at, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
		struct span name = span_of(open + 2, (size_t)(close - open - 2));

		text_format(out, "%.*s", (int)(open - at), at);
		if (span_is(name, "style"))
			text_put(out, page_css);
		else
			put(out, name, arg);
		at = close + 2;
	}
	text_put(out, at);
}
