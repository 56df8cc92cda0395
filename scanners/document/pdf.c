/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the streams and reads of their dictionaries what is needed: filters, length, number. */
#include "scanners/document/pdf.h"

#include <ctype.h>

#include "common/base/letters.h"

#define HEAD_BYTES     1024
#define NAME_BYTES_MAX 32
#define NUMBER_MAX     (1u << 30)

bool
pdf_is(struct span file)
{
	return span_find(span_first(file, HEAD_BYTES), "%PDF-") != NULL;
}

/* 7.2.2 */
static bool
is_blank(uint8_t c)
{
	return c == 0 || c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static bool
is_delimiter(uint8_t c)
{
	return c != 0 && strchr("()<>[]{}/%", c) != NULL;
}

static size_t
skip_blanks(struct span s, size_t at)
{
	while (at < s.bytes && is_blank(s.data[at]))
		at++;
	return at;
}

/* The name at '/', its #xx resolved (7.3.5), cut to what is asked for; returns what is behind it.
 */
static size_t
take_name(struct span s, size_t at, char out[NAME_BYTES_MAX])
{
	size_t used = 0;

	for (at++; at < s.bytes && !is_blank(s.data[at]) && !is_delimiter(s.data[at]); at++) {
		uint8_t c = s.data[at];
		int written = c == '#' && s.bytes - at > 2 ? hex_pair(s.data + at + 1) : -1;

		if (written >= 0) {
			c = (uint8_t)written;
			at += 2;
		}
		if (used < NAME_BYTES_MAX - 1)
			out[used++] = (char)c;
	}
	out[used] = 0;
	return at;
}

static size_t
take_number(struct span s, size_t at, uint32_t *out)
{
	for (*out = 0; at < s.bytes && s.data[at] >= '0' && s.data[at] <= '9'; at++)
		*out = *out < NUMBER_MAX / 10 ? *out * 10 + (s.data[at] - '0') : NUMBER_MAX;
	return at;
}

static enum pdf_filter
filter_of(const char *name)
{
	static const struct {
		const char *name;
		enum pdf_filter filter;
	} known[] = { { "FlateDecode", PDF_FLATE }, { "Fl", PDF_FLATE },
		{ "ASCIIHexDecode", PDF_HEX }, { "AHx", PDF_HEX }, { "ASCII85Decode", PDF_85 },
		{ "A85", PDF_85 }, { "LZWDecode", PDF_LZW }, { "LZW", PDF_LZW },
		{ "RunLengthDecode", PDF_RUNS }, { "RL", PDF_RUNS }, { "DCTDecode", PDF_IMAGE },
		{ "DCT", PDF_IMAGE }, { "JPXDecode", PDF_IMAGE }, { "JBIG2Decode", PDF_IMAGE },
		{ "CCITTFaxDecode", PDF_IMAGE }, { "CCF", PDF_IMAGE } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) == 0)
			return known[i].filter;
	}
	return PDF_UNKNOWN;
}

static void
add_filter(struct pdf_stream *out, enum pdf_filter f)
{
	if (out->filter_count < PDF_FILTERS_MAX)
		out->filters[out->filter_count++] = f;
	else
		out->filters[PDF_FILTERS_MAX - 1] = PDF_UNKNOWN;
}

/* The value of /Filter: a name, or a list of names. */
static size_t
take_filters(struct span s, size_t at, struct pdf_stream *out)
{
	char name[NAME_BYTES_MAX];
	bool is_list;

	out->filter_count = 0; /* the last counts */
	at = skip_blanks(s, at);
	is_list = at < s.bytes && s.data[at] == '[';
	if (!is_list && (at >= s.bytes || s.data[at] != '/')) {
		add_filter(out, PDF_UNKNOWN); /* a reference to another object */
		return at;
	}
	if (is_list)
		at = skip_blanks(s, at + 1);
	while (at < s.bytes && s.data[at] == '/') {
		at = skip_blanks(s, take_name(s, at, name));
		add_filter(out, filter_of(name));
		if (!is_list)
			break;
	}
	return at;
}

struct told {
	uint32_t length;
	bool has_length;
};

/* A stream's dictionary, whatever its nesting: no other key of one is called so. */
static void
read_dictionary(struct span s, struct pdf_stream *out, struct told *told)
{
	size_t at = 0;

	while (at < s.bytes) {
		const uint8_t *slash = memchr(s.data + at, '/', s.bytes - at);
		char name[NAME_BYTES_MAX];

		if (slash == NULL)
			return;
		at = take_name(s, (size_t)(slash - s.data), name);
		if (strcmp(name, "Filter") == 0)
			at = take_filters(s, at, out);
		if (strcmp(name, "Length") != 0)
			continue;
		at = skip_blanks(s, at);
		told->has_length = at < s.bytes && isdigit(s.data[at]);
		at = take_number(s, at, &told->length);
		at = skip_blanks(s, at); /* "5 0 R" is no length, but where another object has it */
		told->has_length = told->has_length && (at >= s.bytes || !isdigit(s.data[at]));
	}
}

/* The number before "0 obj" that ends right before `at`. */
static uint32_t
number_before(struct span s, size_t at)
{
	uint32_t number;

	for (unsigned word = 0; word < 2; word++) {
		while (at > 0 && is_blank(s.data[at - 1]))
			at--;
		while (at > 0 && isdigit(s.data[at - 1]))
			at--;
	}
	take_number(s, at, &number);
	return number;
}

/* The last "obj" in the bytes before the stream; where there is none, all of them. */
static struct span
dictionary_before(struct span before, uint32_t *object)
{
	for (size_t at = before.bytes; at >= 3; at--) {
		if (memcmp(before.data + at - 3, "obj", 3) != 0)
			continue;
		*object = number_before(before, at - 3);
		return span_from(before, at);
	}
	return before;
}

static const uint8_t *
find(struct span s, const char *word)
{
	return s.bytes > 0 ? memmem(s.data, s.bytes, word, strlen(word)) : NULL;
}

/* Where the stream ends that begins at `from`: where it says, if "endstream" is there. */
static void
set_bytes(struct span file, size_t from, const struct told *told, struct pdf_stream *out)
{
	struct span rest = span_from(file, from);
	size_t end = told->has_length ? skip_blanks(rest, told->length) : rest.bytes;
	const uint8_t *found;

	if (told->has_length && told->length <= rest.bytes && rest.bytes - end >= 9 &&
	    memcmp(rest.data + end, "endstream", 9) == 0) {
		out->bytes = span_first(rest, told->length);
		return;
	}
	found = find(rest, "endstream");
	out->is_open = found == NULL;
	out->bytes = found != NULL ? span_first(rest, (size_t)(found - rest.data)) : rest;
}

/* "stream" and a line's end, behind a dictionary. */
static bool
is_start(struct span file, size_t word, size_t *from)
{
	size_t at = word + 6, before = word;

	while (before > 0 && is_blank(file.data[before - 1]))
		before--;
	if (before < 2 || memcmp(file.data + before - 2, ">>", 2) != 0 || at >= file.bytes)
		return false;
	if (file.data[at] == '\r')
		at++;
	if (at < file.bytes && file.data[at] == '\n')
		at++;
	*from = at;
	return at > word + 6;
}

bool
pdf_next(struct span file, size_t *at, struct pdf_stream *out)
{
	size_t begin = *at;

	while (*at < file.bytes) {
		const uint8_t *found = find(span_from(file, *at), "stream");
		struct told told = { 0 };
		size_t word, from;

		if (found == NULL)
			break;
		word = (size_t)(found - file.data);
		*at = word + 6;
		if (!is_start(file, word, &from))
			continue;
		*out = (struct pdf_stream){ 0 };
		if (word - begin > PDF_DICTIONARY_MAX)
			begin = word - PDF_DICTIONARY_MAX;
		read_dictionary(
		    dictionary_before(span_of(file.data + begin, word - begin), &out->object), out,
		    &told);
		set_bytes(file, from, &told, out);
		*at = from + out->bytes.bytes;
		return true;
	}
	*at = file.bytes;
	return false;
}

bool
pdf_is_encrypted(struct span file)
{
	static const char word[] = "/Encrypt";
	const uint8_t *found;

	while ((found = find(file, word)) != NULL) {
		size_t at = (size_t)(found - file.data) + sizeof(word) - 1;
		size_t value = skip_blanks(file, at);

		if (value < file.bytes && (isdigit(file.data[value]) || file.data[value] == '<'))
			return true;
		file = span_from(file, at);
	}
	return false;
}
