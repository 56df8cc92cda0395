/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the streams and reads of their dictionaries what is needed: filters, length, number, kind.
 * A key counts in the dictionary itself alone, not in strings, comments or dictionaries in it: one
 * that says there that the stream is a picture would else hide it.
 */
#include "scanners/document/pdf_lexer.h"

#include <ctype.h>
#include <stdio.h>

#include "common/base/letters.h"

#define HEAD_BYTES     1024
#define NAME_BYTES_MAX 32
#define COMMENT_MAX    256 /* between a dictionary and its stream */
#define NUMBER_MAX     (1u << 30)

bool
pdf_is(struct span file)
{
	return span_find(span_first(file, HEAD_BYTES), "%PDF-") != NULL;
}

/* The name at '/', its #xx resolved (7.3.5), cut to what is asked for; returns what is behind it.
 */
static size_t
take_name(struct span s, size_t at, char out[NAME_BYTES_MAX])
{
	size_t used = 0;

	for (at++; at < s.bytes && !pdf_is_blank(s.data[at]) && !pdf_is_delimiter(s.data[at]);
	     at++) {
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
		{ "CCITTFaxDecode", PDF_IMAGE }, { "CCF", PDF_IMAGE }, { "Crypt", PDF_CRYPT } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) == 0)
			return known[i].filter;
	}
	return PDF_UNKNOWN;
}

static void
add_filter(struct pdf_stream *out, enum pdf_filter f)
{
	if (out->coding_count < PDF_FILTERS_MAX)
		out->codings[out->coding_count++].filter = f;
	else
		out->codings[PDF_FILTERS_MAX - 1].filter = PDF_UNKNOWN;
}

/* The value of /Filter: a name, or a list of names. */
static size_t
take_filters(struct span s, size_t at, struct pdf_stream *out)
{
	char name[NAME_BYTES_MAX];
	bool is_list = at < s.bytes && s.data[at] == '[';

	out->coding_count = 0; /* the last counts */
	if (!is_list && (at >= s.bytes || s.data[at] != '/')) {
		add_filter(out, PDF_UNKNOWN); /* a reference to another object */
		return at;
	}
	if (is_list)
		at = pdf_skip_space(s, at + 1);
	while (at < s.bytes && s.data[at] == '/') {
		at = pdf_skip_space(s, take_name(s, at, name));
		add_filter(out, filter_of(name));
		if (!is_list)
			break;
	}
	return at;
}

/* "5 0 R", at its first digit. */
static size_t
take_reference(struct span s, size_t at, uint32_t *number)
{
	uint32_t version;

	at = pdf_skip_space(s, take_number(s, at, number));
	at = pdf_skip_space(s, take_number(s, at, &version));
	return at < s.bytes && s.data[at] == 'R' ? at + 1 : at;
}

/* Whether a reference stands behind a number that ends at `at`. */
static bool
is_reference(struct span s, size_t at)
{
	at = pdf_skip_space(s, at);
	return at < s.bytes && isdigit(s.data[at]);
}

static size_t
take_parameter(struct span s, size_t at, const char *name, struct pdf_coding *c)
{
	const struct {
		const char *name;
		uint32_t *value;
	} known[] = { { "Predictor", &c->predictor }, { "Colors", &c->colors },
		{ "BitsPerComponent", &c->bits }, { "Columns", &c->columns } };
	size_t end;
	uint32_t value;

	if (at >= s.bytes || !isdigit(s.data[at]))
		return at;
	end = take_number(s, at, &value);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) != 0)
			continue;
		*known[i].value = value;
		c->is_untold |= is_reference(s, end);
	}
	if (strcmp(name, "EarlyChange") == 0)
		c->is_late = value == 0;
	return end;
}

/* One dictionary of parameters, at its "<<"; returns what is behind it. */
static size_t
take_parameters(struct span s, size_t at, struct pdf_coding *c)
{
	char name[NAME_BYTES_MAX];

	for (at += 2; at < s.bytes && s.data[at] != '>';) {
		if (s.data[at] != '/') {
			at++;
			continue;
		}
		at = pdf_skip_space(s, take_name(s, at, name));
		at = take_parameter(s, at, name, c);
	}
	return at + 2;
}

static bool
is_dictionary(struct span s, size_t at)
{
	return at + 1 < s.bytes && s.data[at] == '<' && s.data[at + 1] == '<';
}

/* The value of /DecodeParms: a dictionary, a reference, or a list of these and of "null". */
static size_t
take_all_parameters(struct span s, size_t at, struct pdf_stream *out)
{
	bool is_list = at < s.bytes && s.data[at] == '[';

	if (is_list)
		at = pdf_skip_space(s, at + 1);
	for (unsigned i = 0; i < PDF_FILTERS_MAX && at < s.bytes && s.data[at] != ']'; i++) {
		if (is_dictionary(s, at))
			at = take_parameters(s, at, &out->codings[i]);
		else if (isdigit(s.data[at]))
			at = take_reference(s, at, &out->codings[i].elsewhere);
		else if (s.bytes - at >= 4 && memcmp(s.data + at, "null", 4) == 0)
			at += 4;
		else
			break;
		if (!is_list)
			break;
		at = pdf_skip_space(s, at);
	}
	return at;
}

struct told {
	uint32_t length;
	bool has_length;
};

/* The value of a key; returns what is behind it, or its first byte. */
static size_t
take_value(struct span s, size_t at, const char *key, struct pdf_stream *out, struct told *told)
{
	char name[NAME_BYTES_MAX];

	if (strcmp(key, "Filter") == 0)
		return take_filters(s, at, out);
	if (strcmp(key, "DecodeParms") == 0 || strcmp(key, "DP") == 0)
		return take_all_parameters(s, at, out);
	if (strcmp(key, "Length") == 0) {
		told->has_length = at < s.bytes && isdigit(s.data[at]);
		at = take_number(s, at, &told->length);
		/* "5 0 R" is no length, but where another object has it */
		told->has_length = told->has_length && !is_reference(s, at);
		return at;
	}
	if (at >= s.bytes || s.data[at] != '/')
		return at;
	at = take_name(s, at, name);
	if (strcmp(key, "Type") == 0)
		out->has_objects = strcmp(name, "ObjStm") == 0;
	return at;
}

/* Behind a string, a comment, or one byte of anything else but a name. */
static size_t
pass_over(struct span s, size_t at, int *depth)
{
	uint8_t c = s.data[at];
	size_t end;

	*depth += (c == '[') - (c == ']');
	if (c == '%')
		return pdf_behind_comment(s, at);
	if (c == '(') {
		end = pdf_behind_literal(s, at);
		return end != SIZE_MAX ? end : at + 1;
	}
	if (at + 1 >= s.bytes || s.data[at + 1] != c || (c != '<' && c != '>'))
		return at + 1;
	*depth += c == '<' ? 1 : -1;
	return at + 2;
}

/* A stream's dictionary, or the rest of one that began before the bytes. */
static void
read_dictionary(struct span s, struct pdf_stream *out, struct told *told)
{
	size_t at = pdf_skip_space(s, 0);
	int depth = is_dictionary(s, at) ? 0 : 1;

	while (at < s.bytes) {
		char name[NAME_BYTES_MAX];

		if (s.data[at] != '/') {
			at = pass_over(s, at, &depth);
			continue;
		}
		at = pdf_skip_space(s, take_name(s, at, name));
		if (depth <= 1)
			at = take_value(s, at, name, out, told);
	}
}

/* The number before "0 obj" that ends right before `at`. */
static uint32_t
number_before(struct span s, size_t at)
{
	uint32_t number;

	for (unsigned word = 0; word < 2; word++) {
		while (at > 0 && pdf_is_blank(s.data[at - 1]))
			at--;
		while (at > 0 && isdigit(s.data[at - 1]))
			at--;
	}
	take_number(s, at, &number);
	return number;
}

/* Whether a number stands before the "obj" at `at`, which "endobj" and most strings lack. */
static bool
begins_object(struct span s, size_t at)
{
	while (at > 0 && pdf_is_blank(s.data[at - 1]))
		at--;
	return at > 0 && isdigit(s.data[at - 1]);
}

/* The last "0 obj" in the bytes before the stream; where there is none, all of them. */
static struct span
dictionary_before(struct span before, uint32_t *object)
{
	for (size_t at = before.bytes; at >= 3; at--) {
		if (memcmp(before.data + at - 3, "obj", 3) != 0 || !begins_object(before, at - 3))
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
	size_t end = told->has_length ? pdf_skip_blanks(rest, told->length) : rest.bytes;
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

/* Whether a dictionary ends before `word`, with blanks and comments between. */
static bool
follows_dictionary(struct span file, size_t word)
{
	struct span before = span_first(file, word);
	size_t lowest = word > COMMENT_MAX ? word - COMMENT_MAX : 0;

	for (size_t at = word; at-- > lowest + 1;) {
		if (file.data[at] == '>' && file.data[at - 1] == '>')
			return pdf_skip_space(before, at + 1) == word;
	}
	return false;
}

/* "stream" and a line's end, behind a dictionary; blanks before that end are borne with. */
static bool
is_start(struct span file, size_t word, size_t *from)
{
	size_t at = word + 6;

	if (!follows_dictionary(file, word))
		return false;
	while (at < file.bytes && (file.data[at] == ' ' || file.data[at] == '\t'))
		at++;
	*from = at;
	if (at < file.bytes && file.data[at] == '\r')
		at++;
	if (at < file.bytes && file.data[at] == '\n')
		at++;
	if (at == *from)
		return false;
	*from = at;
	return true;
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
		size_t value = pdf_skip_blanks(file, at);

		if (value < file.bytes && (isdigit(file.data[value]) || file.data[value] == '<'))
			return true;
		file = span_from(file, at);
	}
	return false;
}

bool
pdf_read_elsewhere(struct span file, struct pdf_coding *c)
{
	char number[16];
	size_t bytes = (size_t)snprintf(number, sizeof(number), "%u ", c->elsewhere), at = 0;
	const uint8_t *found;

	while ((found = find(span_from(file, at), number)) != NULL) {
		size_t begin = (size_t)(found - file.data), after = begin + bytes;
		uint32_t version;

		at = after;
		if (begin > 0 && isdigit(file.data[begin - 1]))
			continue;
		after = take_number(file, pdf_skip_blanks(file, after), &version);
		after = pdf_skip_blanks(file, after);
		if (file.bytes - after < 3 || memcmp(file.data + after, "obj", 3) != 0)
			continue;
		after = pdf_skip_space(file, after + 3);
		if (!is_dictionary(file, after))
			continue;
		take_parameters(file, after, c);
		return true;
	}
	return false;
}
