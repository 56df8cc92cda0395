/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/web/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/letters.h"
#include "common/base/utf8.h"

#define ROOM_AT_FIRST 16384u

/* Room for so many more; false where there is none, and the text has failed. */
static bool
make_room(struct text *t, size_t more)
{
	size_t room = t->room != 0 ? t->room : ROOM_AT_FIRST;
	char *bytes;

	if (t->failed || more > TEXT_BYTES_MAX - t->used) {
		t->failed = true;
		return false;
	}
	while (room < t->used + more)
		room *= 2;
	if (room == t->room)
		return true;
	bytes = realloc(t->bytes, room);
	t->failed = bytes == NULL;
	if (t->failed)
		return false;
	t->bytes = bytes;
	t->room = room;
	return true;
}

static void
put_bytes(struct text *t, const char *s, size_t bytes)
{
	if (!make_room(t, bytes))
		return;
	memcpy(t->bytes + t->used, s, bytes);
	t->used += bytes;
}

void
text_put(struct text *t, const char *s)
{
	put_bytes(t, s, strlen(s));
}

/* Into the room there is: most fit at once, and the few that do not are written again. */
void
text_format(struct text *t, const char *format, ...)
{
	size_t free_bytes = t->room - t->used;
	va_list arguments;
	int bytes;

	if (t->failed)
		return;
	va_start(arguments, format);
	bytes =
	    vsnprintf(free_bytes > 0 ? t->bytes + t->used : NULL, free_bytes, format, arguments);
	va_end(arguments);
	if (bytes < 0 || !make_room(t, (size_t)bytes + 1)) {
		t->failed = true;
		return;
	}
	if ((size_t)bytes >= free_bytes) {
		va_start(arguments, format);
		vsnprintf(t->bytes + t->used, (size_t)bytes + 1, format, arguments);
		va_end(arguments);
	}
	t->used += (size_t)bytes;
}

static const char *
reference_of(unsigned char c)
{
	return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f ? "?" : html_reference(c);
}

void
text_html(struct text *t, const char *s)
{
	for (; *s != 0; s++) {
		const char *reference = reference_of((unsigned char)*s);

		if (reference != NULL)
			text_put(t, reference);
		else
			put_bytes(t, s, 1);
	}
}

/* The bytes that begin `s` as escapes, at most four of them; how many. */
static size_t
unescape(const char *s, uint8_t out[4])
{
	size_t n = 0;

	for (; n < 4 && s[0] == '\\' && s[1] == 'x' && s[2] != 0; s += 4) {
		int byte = hex_pair((const uint8_t *)s + 2);

		if (byte < 0)
			break;
		out[n++] = (uint8_t)byte;
	}
	return n;
}

void
text_html_name(struct text *t, const char *escaped)
{
	bool behind_letter = false, is_accent;

	for (const char *s = escaped; *s != 0;) {
		uint8_t bytes[4];
		size_t n =
		    utf8_shown(span_of(bytes, unescape(s, bytes)), behind_letter, &is_accent);
		char one[3] = { s[0], s[0] == '\\' ? s[1] : 0, 0 };

		behind_letter = n > 0 ? !is_accent : is_ascii_letter(s[0]);
		put_bytes(t, (const char *)bytes, n);
		if (n == 0)
			text_html(t, one);
		s += n > 0 ? 4 * n : strlen(one);
	}
}

char *
text_take(struct text *t, size_t *bytes)
{
	char *taken = make_room(t, 1) ? t->bytes : NULL;

	if (taken == NULL)
		free(t->bytes);
	*bytes = taken != NULL ? t->used : 0;
	*t = (struct text){ 0 };
	return taken;
}
