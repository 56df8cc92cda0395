/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of YARA sources, word by word: blanks and comments, numbers, escapes. */
#include <ctype.h>
#include <stdlib.h>

#include "common/base/letters.h"
#include "tools/sigc/yara.h"

void
yara_skip(struct yara_text *t, size_t count)
{
	for (size_t i = 0; i < count && i < t->left.bytes; i++)
		t->line += t->left.data[i] == '\n';
	t->left = span_from(t->left, count);
}

bool
yara_starts(const struct yara_text *t, const char *with)
{
	return span_starts(t->left, with);
}

static size_t
comment_bytes(const struct yara_text *t)
{
	const uint8_t *end = yara_starts(t, "//") ? memchr(t->left.data, '\n', t->left.bytes)
			     : yara_starts(t, "/*")
				 ? memmem(t->left.data + 2, t->left.bytes - 2, "*/", 2)
				 : t->left.data;

	if (end == t->left.data)
		return 0;
	if (end == NULL)
		return t->left.bytes;
	return (size_t)(end - t->left.data) + (yara_starts(t, "/*") ? 2 : 1);
}

void
yara_skip_blanks(struct yara_text *t)
{
	while (t->left.bytes > 0) {
		size_t n = isspace(t->left.data[0]) ? 1 : comment_bytes(t);

		if (n == 0)
			return;
		yara_skip(t, n);
	}
}

struct span
yara_take_word(struct yara_text *t)
{
	struct span word;
	size_t n = 0;

	yara_skip_blanks(t);
	while (n < t->left.bytes && (isalnum(t->left.data[n]) || t->left.data[n] == '_'))
		n++;
	word = span_first(t->left, n);
	yara_skip(t, n);
	return word;
}

void
yara_skip_quoted(struct yara_text *t, uint8_t quote)
{
	size_t n = 1;

	while (n < t->left.bytes && t->left.data[n] != quote)
		n += t->left.data[n] == '\\' ? 2 : 1;
	yara_skip(t, n + 1);
}

struct span
yara_next_word(struct yara_text *t, uint8_t *before)
{
	bool after_matches = false;

	*before = ' ';
	for (yara_skip_blanks(t); t->left.bytes > 0; yara_skip_blanks(t)) {
		uint8_t next = t->left.data[0];
		struct span word;

		if (next == '"' || (next == '/' && after_matches)) {
			yara_skip_quoted(t, next);
			continue;
		}
		word = yara_take_word(t);
		after_matches = span_is(word, "matches");
		if (word.bytes > 0 && !after_matches)
			return word;
		if (word.bytes == 0) {
			*before = next;
			yara_skip(t, 1);
		}
	}
	return span_of(NULL, 0);
}

bool
yara_take(struct yara_text *t, const char *what)
{
	yara_skip_blanks(t);
	if (!yara_starts(t, what))
		return false;
	yara_skip(t, strlen(what));
	return true;
}

bool
yara_take_number(struct yara_text *t, uint64_t *out)
{
	struct yara_text before = *t;
	struct span word = yara_take_word(t);
	char text[32], *end;

	if (word.bytes == 0 || word.bytes >= sizeof(text) || !isdigit(word.data[0])) {
		*t = before;
		return false;
	}
	memcpy(text, word.data, word.bytes);
	text[word.bytes] = 0;
	*out = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	if (strcmp(end, "KB") == 0 && *out < UINT64_C(1) << 40)
		*out <<= 10;
	else if (strcmp(end, "MB") == 0 && *out < UINT64_C(1) << 40)
		*out <<= 20;
	else if (*end != 0 || *out >= UINT64_C(1) << 60)
		return false;
	return true;
}

size_t
yara_unescape(struct span from, uint8_t *out)
{
	static const char letters[] = "nrt\"\\", bytes[] = "\n\r\t\"\\";
	const char *letter;

	*out = from.data[0];
	if (*out != '\\')
		return 1;
	if (from.bytes < 2)
		return 0;
	if (from.data[1] == 'x' && from.bytes >= 4 && hex_pair(from.data + 2) >= 0) {
		*out = (uint8_t)hex_pair(from.data + 2);
		return 4;
	}
	letter = memchr(letters, from.data[1], sizeof(letters) - 1);
	if (letter == NULL)
		return 0;
	*out = (uint8_t)bytes[letter - letters];
	return 2;
}
