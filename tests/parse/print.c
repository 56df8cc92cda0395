/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/parse/print.h"

#include <stdio.h>

void
print_bytes(struct span s)
{
	for (size_t i = 0; i < s.bytes; i++) {
		uint8_t c = s.data[i];

		if (c == '"' || c == '\\')
			putchar('\\');
		if (c < 32 || c > 126)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
}

void
print_text(const char *key, struct span s, bool first)
{
	printf("%s\"%s\": \"", first ? "" : ", ", key);
	print_bytes(s);
	putchar('"');
}

void
print_bool(const char *key, bool b)
{
	printf(", \"%s\": %s", key, b ? "true" : "false");
}

void
print_field(const struct http_field *f, bool first)
{
	printf("%s[\"", first ? "" : ", ");
	print_bytes(f->name);
	printf("\", \"");
	print_bytes(f->value);
	printf("\"]");
}

static void
print_oddities(uint32_t odd)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ HTTP_ODD_FOLDED, "folded" },
		{ HTTP_ODD_NAME, "name" },
		{ HTTP_ODD_NO_COLON, "no colon" },
		{ HTTP_ODD_BARE_LF, "bare LF" },
		{ HTTP_ODD_LENGTHS, "lengths" },
		{ HTTP_ODD_FIELDS_OVER, "fields over" },
		{ HTTP_ODD_START_LINE, "start line" },
	};
	bool first = true;

	printf(", \"odd\": [");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((odd & names[i].flag) == 0)
			continue;
		printf("%s\"%s\"", first ? "" : ", ", names[i].name);
		first = false;
	}
	putchar(']');
}

void
print_head(const struct http_head *h)
{
	struct http_field_walk walk = { 0 };
	struct http_field f;
	bool first = true;

	printf("{\"result\": \"done\"");
	print_oddities(h->odd);
	print_text("start_line", h->start_line, false);
	print_text("method", h->method, false);
	print_text("target", h->target, false);
	print_text("version", h->version, false);
	printf(", \"status\": %u, \"fields\": [", h->status);
	for (; http_field_next(h, &walk, &f); first = false)
		print_field(&f, first);
	printf("]}");
}
