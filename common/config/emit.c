/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/config/emit.h"

#include <string.h>

/*
 * Characters of more than one byte that YAML takes for line breaks or forbids as they are, with
 * what stands for them; C1 controls (c2 80 to c2 9f) besides. YAML 1.1 §5.1, §5.4, §5.7.
 */
static const struct {
	const char *bytes, *escaped;
} specials[] = {
	{ "\xe2\x80\xa8", "\\u2028" },
	{ "\xe2\x80\xa9", "\\u2029" },
	{ "\xef\xbb\xbf", "\\ufeff" },
	{ "\xef\xbf\xbe", "\\ufffe" },
	{ "\xef\xbf\xbf", "\\uffff" },
};

/* Writes a character that cannot stand as it is; returns its bytes, 0 when it can. */
static size_t
special(FILE *out, struct span rest)
{
	if (rest.bytes >= 2 && rest.data[0] == 0xc2 && rest.data[1] <= 0x9f) {
		fprintf(out, "\\x%02x", rest.data[1]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
		if (rest.bytes >= 3 && memcmp(rest.data, specials[i].bytes, 3) == 0) {
			fputs(specials[i].escaped, out);
			return 3;
		}
	}
	return 0;
}

/* In double quotes, so that nothing in it is taken for YAML. */
static void
quoted(FILE *out, struct span text)
{
	fputc('"', out);
	while (text.bytes > 0) {
		uint8_t byte = text.data[0];
		size_t done = special(out, text);

		if (done == 0 && (byte < 0x20 || byte == 0x7f))
			fprintf(out, "\\x%02x", byte);
		else if (done == 0 && (byte == '"' || byte == '\\'))
			fprintf(out, "\\%c", byte);
		else if (done == 0)
			fputc(byte, out);
		text = span_from(text, done > 0 ? done : 1);
	}
	fputc('"', out);
}

void
emit_key(struct emit *e, const char *path)
{
	const char *dot = strrchr(path, '.');
	size_t bytes = dot != NULL ? (size_t)(dot - path) : 0;
	const char *inner = memchr(path, '.', bytes);

	if (strncmp(e->section, path, bytes) != 0 || e->section[bytes] != 0) {
		snprintf(e->section, sizeof(e->section), "%.*s", (int)bytes, path);
		e->indent = inner != NULL ? 4 : 2;
		if (inner != NULL)
			fprintf(e->out, "  %.*s:\n", (int)(dot - inner) - 1, inner + 1);
		else
			fprintf(e->out, "\n%.*s:\n", (int)bytes, path);
	}
	fprintf(e->out, "%*s%s:", dot != NULL ? e->indent : 0, "", dot != NULL ? dot + 1 : path);
}

void
emit_plain(struct emit *e, const char *text)
{
	fprintf(e->out, " %s\n", text);
}

void
emit_quoted(struct emit *e, struct span text)
{
	fputc(' ', e->out);
	quoted(e->out, text);
	fputc('\n', e->out);
}

void
emit_empty_list(struct emit *e)
{
	fputs(" []\n", e->out);
}

void
emit_item(struct emit *e, struct span text)
{
	fprintf(e->out, "\n%*s- ", e->indent + 2, "");
	quoted(e->out, text);
}

void
emit_exclusion(
    struct emit *e, bool is_first, const char *criterion, struct span value, bool enabled)
{
	if (is_first)
		fputs("\nexclusions:\n", e->out);
	fprintf(e->out, "  - criterion: %s\n    value: ", criterion);
	quoted(e->out, value);
	fprintf(e->out, "\n    enabled: %s\n", enabled ? "true" : "false");
}
