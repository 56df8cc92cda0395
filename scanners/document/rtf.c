/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/rtf.h"

#include "common/base/letters.h"

#define OBJECT_WORD "\\objdata"

bool
rtf_is(struct span file)
{
	return file.bytes >= 4 && memcmp(file.data, "{\\rt", 4) == 0;
}

static bool
is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

bool
rtf_next(struct span file, size_t *at)
{
	static const size_t bytes = sizeof(OBJECT_WORD) - 1;
	struct span rest = span_from(file, *at);
	const uint8_t *found;

	while (rest.bytes > bytes &&
	       (found = memmem(rest.data, rest.bytes, OBJECT_WORD, bytes)) != NULL) {
		size_t behind = (size_t)(found - file.data) + bytes;

		*at = behind;
		if (behind < file.bytes && !is_letter(file.data[behind]))
			return true;
		rest = span_from(file, behind);
	}
	return false;
}

/* A control word or symbol, at its backslash: "\bin5 ", "\'4d", "\*". Where it ends. */
static size_t
behind_control(struct span file, size_t at)
{
	size_t i = at + 1;

	if (i < file.bytes && file.data[i] == '\'')
		return i + 3 < file.bytes ? i + 3 : file.bytes;
	if (i >= file.bytes || !is_letter(file.data[i]))
		return i < file.bytes ? i + 1 : file.bytes;
	while (i < file.bytes && is_letter(file.data[i]))
		i++;
	if (i < file.bytes && file.data[i] == '-')
		i++;
	while (i < file.bytes && file.data[i] >= '0' && file.data[i] <= '9')
		i++;
	return i < file.bytes && file.data[i] == ' ' ? i + 1 : i;
}

/* At "\binN", which N bytes follow that are no digits: those bytes, and where they end. */
static struct span
take_binary(struct span file, size_t *at)
{
	struct span rest = span_from(file, *at + sizeof("\\bin") - 1);
	uint64_t count = 0;
	size_t i = 0;

	if (rest.bytes == 0 || memcmp(file.data + *at, "\\bin", 4) != 0 || is_letter(rest.data[0]))
		return span_of(NULL, 0);
	for (; i < rest.bytes && rest.data[i] >= '0' && rest.data[i] <= '9'; i++)
		count = count < UINT32_MAX ? count * 10 + rest.data[i] - '0' : count;
	i += i < rest.bytes && rest.data[i] == ' ';
	rest = span_first(span_from(rest, i), (size_t)count);
	if (rest.bytes > 0)
		*at = (size_t)(rest.data - file.data) + rest.bytes;
	return rest;
}

void
rtf_decode(struct span file, size_t *at, rtf_piece piece, void *arg)
{
	uint8_t out[RTF_PIECE_BYTES];
	size_t used = 0, i = *at, end = SIZE_MAX;
	unsigned depth = 1; /* groups open: the one that has the data, and those in it */
	int high = -1;
	bool is_wanted = true;

	while (i < file.bytes && depth > 0 && is_wanted) {
		uint8_t c = file.data[i];
		int digit = hex_digit(c);

		if (c == '\\') {
			struct span binary = take_binary(file, &i);

			if (binary.bytes == 0) {
				i = behind_control(file, i);
				continue;
			}
			if (end == SIZE_MAX)
				end = i - binary.bytes;
			if (used > 0)
				is_wanted = piece(arg, span_of(out, used));
			used = 0;
			is_wanted = is_wanted && piece(arg, binary);
			continue;
		}
		i++;
		depth += (c == '{') - (c == '}');
		if (digit < 0)
			continue;
		if (high < 0) {
			high = digit;
			continue;
		}
		out[used++] = (uint8_t)(high << 4 | digit);
		high = -1;
		if (used < sizeof(out))
			continue;
		used = 0;
		is_wanted = piece(arg, span_of(out, sizeof(out)));
	}
	if (used > 0)
		piece(arg, span_of(out, used));
	*at =
	    end < i ? end : i; /* what is called binary may hold objects for who reads it as text */
}
