/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/base/parameter.h"

#include "common/base/letters.h"

#define SAME_BYTES_MAX 512

/* Blanks, and the line ends of a folded field, before what follows. */
static struct span
skip_blanks(struct span s)
{
	while (s.bytes > 0 && strchr(" \t\r\n", s.data[0]) != NULL && s.data[0] != 0)
		s = span_from(s, 1);
	return s;
}

struct walk {
	struct span field;
	size_t at;
	bool begun, quoted;
};

/* Moves to the next semicolon that is not quoted; the start counts as one. */
static bool
next_place(struct walk *w)
{
	if (!w->begun) {
		w->begun = true;
		return w->field.bytes > 0;
	}
	for (; w->at < w->field.bytes; w->at++) {
		uint8_t c = w->field.data[w->at];

		if (c == '"')
			w->quoted = !w->quoted;
		else if (w->quoted && c == '\\')
			w->at++;
		else if (!w->quoted && c == ';')
			return w->at++, true;
	}
	return false;
}

/* The next parameter: its name, and what follows the equals sign to the end of the field. */
static bool
next_parameter(struct walk *w, struct span *name, struct span *value)
{
	while (next_place(w)) {
		struct span p = skip_blanks(span_from(w->field, w->at));
		size_t n = 0;

		while (n < p.bytes && memchr("=; \t\r\n\"", p.data[n], 7) == NULL)
			n++;
		*name = span_first(p, n);
		p = skip_blanks(span_from(p, n));
		if (p.bytes > 0 && p.data[0] == '=') {
			*value = span_trim(skip_blanks(span_from(p, 1)));
			return true;
		}
	}
	return false;
}

size_t
parameter_value(struct span s, char *out, size_t room)
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

/* The number in front of `*`, or of the end; -1: there is none, or a larger one than we keep. */
static int
section_number(struct span s, bool *is_coded)
{
	int n = 0;

	*is_coded = s.bytes > 1 && s.data[s.bytes - 1] == '*';
	s.bytes -= *is_coded;
	for (size_t i = 0; i < s.bytes; i++) {
		if (s.data[i] < '0' || s.data[i] > '9')
			return -1;
		n = n * 10 + s.data[i] - '0';
		if (n >= PARAMETER_SECTIONS_MAX)
			return -1;
	}
	return n;
}

/* Whether two values are the same, however each is quoted; of long ones nobody knows. */
static bool
same_value(struct span a, struct span b)
{
	char first[SAME_BYTES_MAX], second[SAME_BYTES_MAX];
	size_t n = parameter_value(a, first, sizeof(first));

	return n < sizeof(first) && parameter_value(b, second, sizeof(second)) == n &&
	       memcmp(first, second, n) == 0;
}

static void
set(struct parameter *p, struct span *which, struct span value)
{
	/* of a value that is empty there is no address */
	if (which->data == NULL)
		*which = value.data != NULL ? value : span_of("", 0);
	else if (!p->repeated)
		p->repeated = !same_value(*which, value);
}

void
parameter_find(struct span field, const char *name, struct parameter *out)
{
	struct walk w = { .field = field };
	size_t length = strlen(name);
	struct span told, value;
	unsigned sections = 0, first = 0;

	memset(out, 0, sizeof(*out));
	while (next_parameter(&w, &told, &value)) {
		struct span rest = span_from(told, length);
		bool is_coded;
		int n;

		if (told.bytes < length ||
		    strncasecmp((const char *)told.data, name, length) != 0 ||
		    (rest.bytes > 0 && rest.data[0] != '*'))
			continue;
		if (rest.bytes < 2) {
			set(out, rest.bytes == 0 ? &out->plain : &out->coded, value);
			continue;
		}
		n = section_number(span_from(rest, 1), &is_coded);
		out->repeated = out->repeated || n < 0;
		if (n < 0)
			continue;
		if (out->sections[n].data == NULL) {
			sections++;
			out->coded_sections |= (uint64_t)is_coded << n;
		}
		out->repeated = out->repeated || is_coded != (out->coded_sections >> n & 1);
		set(out, &out->sections[n], value);
	}
	while (first < PARAMETER_SECTIONS_MAX && out->sections[first].data != NULL)
		first++;
	out->repeated = out->repeated || first != sections;
}

size_t
percent_decode(struct span s, char *out, size_t room)
{
	size_t n = 0;

	if (s.bytes == 0 || memchr(s.data, '%', s.bytes) == NULL) {
		s = span_first(s, room);
		if (s.bytes > 0)
			memcpy(out, s.data, s.bytes);
		return s.bytes;
	}
	for (size_t i = 0; i < s.bytes && n < room; i++) {
		bool coded = s.data[i] == '%' && i + 2 < s.bytes;
		int byte = coded ? hex_pair(s.data + i + 1) : -1;

		if (byte >= 0) {
			out[n++] = (char)byte;
			i += 2;
		} else {
			out[n++] = (char)s.data[i];
		}
	}
	return n;
}

/* charset'language'percent-coded; without the first two where it is a later section. */
static size_t
put_coded(struct span value, bool has_charset, char *out, size_t room)
{
	char raw[1024];
	struct span s = span_of(raw, parameter_value(value, raw, sizeof(raw)));
	const uint8_t *first = s.bytes > 0 ? memchr(s.data, '\'', s.bytes) : NULL;
	struct span behind = first != NULL ? span_from(s, (size_t)(first + 1 - s.data)) : s;
	const uint8_t *second =
	    first != NULL && behind.bytes > 0 ? memchr(behind.data, '\'', behind.bytes) : NULL;

	if (has_charset && second != NULL)
		s = span_from(s, (size_t)(second + 1 - s.data));
	return percent_decode(s, out, room);
}

size_t
parameter_plain(const struct parameter *p, char *out, size_t room)
{
	return parameter_value(p->plain, out, room);
}

size_t
parameter_coded(const struct parameter *p, char *out, size_t room)
{
	return put_coded(p->coded, true, out, room);
}

size_t
parameter_joined(const struct parameter *p, char *out, size_t room)
{
	size_t n = 0;

	for (unsigned i = 0; i < PARAMETER_SECTIONS_MAX && p->sections[i].data != NULL; i++) {
		if (p->coded_sections >> i & 1)
			n += put_coded(p->sections[i], i == 0, out + n, room - n);
		else
			n += parameter_value(p->sections[i], out + n, room - n);
	}
	return n;
}
