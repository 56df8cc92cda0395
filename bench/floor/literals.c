/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/floor/literals.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/letters.h"

/* The line's literal to `out`; its length, or 0 where there is none. */
static size_t
take_value(struct span value, char *out)
{
	size_t n = 0;

	if (value.bytes == 0)
		return 0;
	if (value.bytes < 4 || memcmp(value.data, "hex:", 4) != 0) {
		memcpy(out, value.data, value.bytes);
		return value.bytes;
	}
	value = span_from(value, 4);
	if (value.bytes % 2 != 0)
		return 0;
	for (size_t i = 0; i < value.bytes; i += 2) {
		int byte = hex_pair(value.data + i);

		if (byte < 0)
			return 0;
		out[n++] = (char)byte;
	}
	return n;
}

static bool
take_line(struct literals *l, struct span line, size_t *used)
{
	const uint8_t *tab;
	size_t n;

	if (line.bytes > 0 && line.data[line.bytes - 1] == '\r')
		line.bytes--;
	if (line.bytes == 0 || line.data[0] == '#')
		return true;
	tab = memchr(line.data, '\t', line.bytes);
	if (tab == NULL || tab + 1 == line.data + line.bytes)
		return false;
	n = take_value(span_from(line, (size_t)(tab + 1 - line.data)), l->bytes + *used);
	if (n == 0)
		return false;
	l->texts[l->count] = l->bytes + *used;
	l->lengths[l->count++] = n;
	*used += n;
	return true;
}

int
literals_parse(struct span text, struct literals *out, unsigned *line)
{
	size_t lines = 1, used = 0;

	*out = (struct literals){ 0 };
	*line = 0;
	for (size_t i = 0; i < text.bytes; i++)
		lines += text.data[i] == '\n';
	out->bytes = malloc(text.bytes + 1);
	out->texts = calloc(lines, sizeof(*out->texts));
	out->lengths = calloc(lines, sizeof(*out->lengths));
	if (out->bytes == NULL || out->texts == NULL || out->lengths == NULL) {
		literals_free(out);
		return -ENOMEM;
	}
	while (text.bytes > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.bytes);
		size_t n = end != NULL ? (size_t)(end - text.data) : text.bytes;

		++*line;
		if (!take_line(out, span_first(text, n), &used)) {
			literals_free(out);
			return -EINVAL;
		}
		text = span_from(text, n + 1);
	}
	return 0;
}

void
literals_free(struct literals *l)
{
	free(l->bytes);
	free(l->texts);
	free(l->lengths);
	*l = (struct literals){ 0 };
}
