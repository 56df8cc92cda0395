/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/deepscan/passwords.h"

static bool
is_usable(struct span line)
{
	return line.bytes > 0 && line.bytes <= PASSWORD_BYTES_MAX &&
	       memchr(line.data, 0, line.bytes) == NULL;
}

void
passwords_parse(struct span text, struct passwords *out)
{
	struct span rest = span_first(text, PASSWORDS_BYTES_MAX);

	out->count = 0;
	while (rest.bytes > 0 && out->count < PASSWORDS_MAX) {
		const uint8_t *end = memchr(rest.data, '\n', rest.bytes);
		size_t bytes = end != NULL ? (size_t)(end - rest.data) : rest.bytes;
		struct span line = span_first(rest, bytes);

		rest = span_from(rest, bytes + 1);
		if (line.bytes > 0 && line.data[line.bytes - 1] == '\r')
			line.bytes--;
		if (!is_usable(line))
			continue;
		memcpy(out->texts[out->count], line.data, line.bytes);
		out->texts[out->count++][line.bytes] = 0;
	}
}
