/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the streams and reads of their dictionaries what is needed: filters, length, number, kind.
 * A key counts in the dictionary itself alone, not in strings, comments or dictionaries in it: one
 * that says there that the stream is a picture would else hide it.
 */
#include "scanners/document/pdf_lexer.h"

#include <ctype.h>
#define HEAD_BYTES  1024
#define COMMENT_MAX 256 /* between a dictionary and its stream */

bool
pdf_is(struct span file)
{
	return span_find(span_first(file, HEAD_BYTES), "%PDF-") != NULL;
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
	char name[PDF_NAME_BYTES_MAX];
	bool is_list = at < s.bytes && s.data[at] == '[';

	out->coding_count = 0; /* the last counts */
	if (!is_list && (at >= s.bytes || s.data[at] != '/')) {
		add_filter(out, PDF_UNKNOWN); /* a reference to another object */
		return at;
	}
	if (is_list)
		at = pdf_skip_space(s, at + 1);
	while (at < s.bytes && s.data[at] == '/') {
		at = pdf_skip_space(s, pdf_take_name(s, at, name));
		add_filter(out, filter_of(name));
		if (!is_list)
			break;
	}
	return at;
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
	end = pdf_take_number(s, at, &value);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) != 0)
			continue;
		*known[i].value = value;
		c->is_untold |= pdf_is_reference(s, end);
	}
	if (strcmp(name, "EarlyChange") == 0)
		c->is_late = value == 0;
	return end;
}

/* One dictionary of parameters, at its "<<"; returns what is behind it. */
static size_t
take_parameters(struct span s, size_t at, struct pdf_coding *c)
{
	char name[PDF_NAME_BYTES_MAX];

	for (at += 2; at < s.bytes && s.data[at] != '>';) {
		if (s.data[at] != '/') {
			at++;
			continue;
		}
		at = pdf_skip_space(s, pdf_take_name(s, at, name));
		at = take_parameter(s, at, name, c);
	}
	return at + 2;
}

/* The value of /DecodeParms: a dictionary, a reference, or a list of these and of "null". */
static size_t
take_all_parameters(struct span s, size_t at, struct pdf_stream *out)
{
	bool is_list = at < s.bytes && s.data[at] == '[';

	if (is_list)
		at = pdf_skip_space(s, at + 1);
	for (unsigned i = 0; i < PDF_FILTERS_MAX && at < s.bytes && s.data[at] != ']'; i++) {
		if (pdf_is_dictionary(s, at))
			at = take_parameters(s, at, &out->codings[i]);
		else if (isdigit(s.data[at]))
			at = pdf_take_reference(s, at, &out->codings[i].elsewhere);
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
	char name[PDF_NAME_BYTES_MAX];

	if (strcmp(key, "Filter") == 0)
		return take_filters(s, at, out);
	if (strcmp(key, "DecodeParms") == 0 || strcmp(key, "DP") == 0)
		return take_all_parameters(s, at, out);
	if (strcmp(key, "Length") == 0) {
		told->has_length = at < s.bytes && isdigit(s.data[at]);
		at = pdf_take_number(s, at, &told->length);
		/* "5 0 R" is no length, but where another object has it */
		told->has_length = told->has_length && !pdf_is_reference(s, at);
		return at;
	}
	if (at >= s.bytes || s.data[at] != '/')
		return at;
	at = pdf_take_name(s, at, name);
	if (strcmp(key, "Type") == 0)
		out->has_objects = strcmp(name, "ObjStm") == 0;
	return at;
}

/* A stream's dictionary, or the rest of one that began before the bytes. */
static void
read_dictionary(struct span s, struct pdf_stream *out, struct told *told)
{
	size_t at = pdf_skip_space(s, 0);
	int depth = pdf_is_dictionary(s, at) ? 0 : 1;

	while (at < s.bytes) {
		char name[PDF_NAME_BYTES_MAX];

		if (s.data[at] != '/') {
			at = pdf_pass_over(s, at, &depth);
			continue;
		}
		at = pdf_skip_space(s, pdf_take_name(s, at, name));
		if (depth <= 1)
			at = take_value(s, at, name, out, told);
	}
}

/* The number that ends at `at` or before blanks there; `*begin` is where it does. */
static uint32_t
number_before(struct span s, size_t at, size_t *begin)
{
	uint32_t number;

	while (at > 0 && pdf_is_blank(s.data[at - 1]))
		at--;
	while (at > 0 && isdigit(s.data[at - 1]))
		at--;
	*begin = at;
	pdf_take_number(s, at, &number);
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

/* "7 0 obj", before its "obj". */
static void
read_numbers(struct span s, size_t obj, uint32_t *object, uint32_t *generation)
{
	size_t at;

	*generation = number_before(s, obj, &at);
	*object = number_before(s, at, &at);
}

/* The last "0 obj" in the bytes before the stream; where there is none, all of them. */
static struct span
dictionary_before(struct span before, struct pdf_stream *out)
{
	for (size_t at = before.bytes; at >= 3; at--) {
		if (memcmp(before.data + at - 3, "obj", 3) != 0 || !begins_object(before, at - 3))
			continue;
		read_numbers(before, at - 3, &out->object, &out->generation);
		return span_from(before, at);
	}
	return before;
}

static const uint8_t *
find(struct span s, const char *word)
{
	return s.bytes > 0 ? memmem(s.data, s.bytes, word, strlen(word)) : NULL;
}

bool
pdf_next_object(struct span in, size_t *at, struct pdf_object *out)
{
	size_t begin = *at, end = begin;

	if (begin >= in.bytes)
		return false;
	*out = (struct pdf_object){ 0 };
	if (in.bytes - begin >= 3 && memcmp(in.data + begin, "obj", 3) == 0) {
		read_numbers(in, begin, &out->object, &out->generation);
		end = begin + 3;
	}
	do {
		const uint8_t *found = find(span_from(in, end), "obj");

		*at = found != NULL ? (size_t)(found - in.data) : in.bytes;
		end = *at + 3;
	} while (*at < in.bytes && !begins_object(in, *at));
	out->bytes = span_of(in.data + begin, *at - begin);
	return true;
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
		    dictionary_before(span_of(file.data + begin, word - begin), out), out, &told);
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
	size_t at = 0;

	while (pdf_find_name(file, "Encrypt", &at)) {
		size_t value = pdf_skip_space(file, at);

		if (value < file.bytes && (isdigit(file.data[value]) || file.data[value] == '<'))
			return true;
	}
	return false;
}

bool
pdf_read_elsewhere(struct span file, struct pdf_coding *c)
{
	size_t at = 0;

	while (pdf_find_object(file, c->elsewhere, &at)) {
		if (!pdf_is_dictionary(file, at))
			continue;
		take_parameters(file, at, c);
		return true;
	}
	return false;
}
