/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/rtf.h"

#include "common/base/letters.h"
#include "scanners/document/piece_writer.h"

/* Control words behind which bytes stand as digits. */
static const struct {
	const char *word;
	enum rtf_kind kind;
} words[] = {
	{ "objdata", RTF_OBJECT },
	{ "pict", RTF_OTHER },
	{ "datastore", RTF_OTHER },
	{ "themedata", RTF_OTHER },
	{ "colorschememapping", RTF_OTHER },
	{ "fontemb", RTF_OTHER },
};

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

/* The word behind the backslash at `at`, one of those above, whole; where it ends, else 0. */
static size_t
behind_word(struct span file, size_t at, enum rtf_kind *kind)
{
	struct span rest = span_from(file, at + 1);

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t bytes = strlen(words[i].word);

		if (rest.bytes <= bytes || memcmp(rest.data, words[i].word, bytes) != 0 ||
		    is_letter(rest.data[bytes]))
			continue;
		*kind = words[i].kind;
		return at + 1 + bytes;
	}
	return 0;
}

bool
rtf_next(struct span file, size_t *at, enum rtf_kind *kind)
{
	struct span rest = span_from(file, *at);
	const uint8_t *found;

	while (rest.bytes > 0 && (found = memchr(rest.data, '\\', rest.bytes)) != NULL) {
		size_t begin = (size_t)(found - file.data), end = behind_word(file, begin, kind);

		if (end != 0) {
			*at = end;
			return true;
		}
		rest = span_from(file, begin + 1);
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

/* The digits of a group, put together to bytes. */
struct digits {
	struct piece_writer out;
	int high; /* the first of two; -1: none */
};

static void
take_digit(struct digits *d, uint8_t c)
{
	int digit = hex_digit(c);

	if (digit < 0)
		return;
	if (d->high < 0) {
		d->high = digit;
		return;
	}
	piece_put(&d->out, (uint8_t)(d->high << 4 | digit));
	d->high = -1;
}

/* "{\*": a group that is no part of what stands around it. Where it ends. */
static size_t
behind_destination(struct span file, size_t at)
{
	unsigned depth = 0;
	size_t i = at;
	enum rtf_kind kind;

	if (file.bytes - at < 3 || memcmp(file.data + at, "{\\*", 3) != 0)
		return at;
	for (; i < file.bytes; i++) {
		depth += file.data[i] == '{';
		if (file.data[i] == '}' && --depth == 0)
			return i + 1;
		if (file.data[i] == '\\' && behind_word(file, i, &kind) != 0)
			break;
	}
	return i;
}

/* At a backslash: bytes as they are are handed on, all else is passed. Where it goes on. */
static size_t
take_control(struct span file, size_t at, struct digits *d, size_t *first_binary)
{
	size_t behind = at;
	struct span binary = take_binary(file, &behind);

	if (binary.bytes == 0)
		return behind_control(file, at);
	if (*first_binary == SIZE_MAX)
		*first_binary = behind - binary.bytes;
	piece_flush(&d->out);
	if (!d->out.is_over)
		d->out.is_over = !d->out.piece(d->out.arg, binary);
	return behind;
}

void
rtf_decode(struct span file, size_t *at, enum rtf_kind kind, rtf_piece piece, void *arg)
{
	struct digits d = { .out = { .piece = piece, .arg = arg }, .high = -1 };
	size_t i = *at, first_binary = SIZE_MAX;
	unsigned depth = 1; /* groups open: the one that has the data, and those in it */
	enum rtf_kind within;

	while (i < file.bytes && depth > 0 && !d.out.is_over) {
		uint8_t c = file.data[i];
		size_t behind = kind == RTF_OTHER ? behind_destination(file, i) : i;

		if (behind > i) {
			i = behind;
		} else if (c != '\\') {
			depth += (c == '{') - (c == '}');
			take_digit(&d, c);
			i++;
		} else if (kind == RTF_OTHER && behind_word(file, i, &within) != 0) {
			break;
		} else {
			i = take_control(file, i, &d, &first_binary);
		}
	}
	piece_flush(&d.out);
	/* what is called binary may hold objects for who reads it as text */
	*at = first_binary < i ? first_binary : i;
}
