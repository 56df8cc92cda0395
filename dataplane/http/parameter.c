/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parameters of field values (RFC 9110 §5.6.6): `; name=value`, the value a token or quoted. What
 * is found in the field is read too: blanks around the equals sign, a quote that is never closed.
 */
#include "dataplane/http/parameter.h"

/* Blanks, and the line ends of a folded field, before what follows. */
static struct span
skip_blanks(struct span s)
{
	while (s.bytes > 0 && strchr(" \t\r\n", s.data[0]) != NULL && s.data[0] != 0)
		s = span_from(s, 1);
	return s;
}

struct span
http_parameter(struct span value, const char *name)
{
	size_t length = strlen(name);
	bool quoted = false;

	for (size_t i = 0; i < value.bytes; i++) {
		struct span p;

		if (value.data[i] == '"')
			quoted = !quoted;
		else if (quoted && value.data[i] == '\\')
			i++;
		if (quoted || i >= value.bytes || value.data[i] != ';')
			continue;
		p = skip_blanks(span_from(value, i + 1));
		if (p.bytes <= length || strncasecmp((const char *)p.data, name, length) != 0)
			continue;
		p = skip_blanks(span_from(p, length));
		if (p.bytes > 0 && p.data[0] == '=')
			return span_trim(skip_blanks(span_from(p, 1)));
	}
	return span_of(NULL, 0);
}

size_t
http_parameter_value(struct span s, char *out, size_t room)
{
	size_t n = 0;
	bool quoted = s.bytes > 0 && s.data[0] == '"';

	for (size_t i = quoted ? 1 : 0; i < s.bytes && n < room; i++) {
		if (quoted ? s.data[i] == '"' : s.data[i] == ';')
			break;
		if (quoted && s.data[i] == '\\' && i + 1 < s.bytes)
			i++;
		out[n++] = (char)s.data[i];
	}
	while (!quoted && n > 0 && memchr(" \t\r\n", out[n - 1], 4) != NULL)
		n--; /* line ends too: of a field that was folded behind it */
	return n;
}
