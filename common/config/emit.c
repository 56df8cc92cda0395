/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/config/emit.h"

#include <string.h>

/* In double quotes, so that nothing in it is taken for YAML; control bytes as \xNN. */
static void
quoted(FILE *out, struct span text)
{
	fputc('"', out);
	for (size_t i = 0; i < text.bytes; i++) {
		uint8_t byte = text.data[i];

		if (byte < 0x20 || byte == 0x7f)
			fprintf(out, "\\x%02x", byte);
		else if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else
			fputc(byte, out);
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
