/* SPDX-License-Identifier: BSD-3-Clause */
/* What a PDF says of its encryption: dictionaries, crypt filters, identifiers. */
#include "scanners/document/pdf_crypt.h"

#include <ctype.h>

#include "scanners/document/pdf_lexer.h"

#define LOOKUPS_MAX    32  /* of objects that are referred to: each is a pass over the file */
#define STRING_MAX     600 /* as it is written, with escapes or in hex */
#define NUMBER_LETTERS 11  /* "-2147483648" */

struct reader {
	struct span file;
	unsigned lookups;
};

/* Where the value begins that stands at `at`, or in the object that is named there. */
static size_t
value_of(struct reader *r, size_t at)
{
	uint32_t number;
	size_t found = 0;

	if (at >= r->file.bytes || !isdigit(r->file.data[at]) ||
	    !pdf_is_reference(r->file, pdf_take_number(r->file, at, &number)))
		return at;
	if (++r->lookups > LOOKUPS_MAX || !pdf_find_object(r->file, number, &found))
		return r->file.bytes;
	return found;
}

static bool
take_bytes(void *text, struct span piece)
{
	struct pdf_text *t = text;

	piece = span_first(piece, sizeof(t->bytes) - t->count);
	if (piece.bytes > 0)
		memcpy(t->bytes + t->count, piece.data, piece.bytes);
	t->count += piece.bytes;
	return t->count < sizeof(t->bytes);
}

/* The string at `at`, if one is there. */
static void
read_text(struct span file, size_t at, struct pdf_text *out)
{
	struct pdf_strings strings = { .in = span_first(span_from(file, at), STRING_MAX) };
	struct pdf_string s;

	out->count = 0;
	if (strings.in.bytes > 0 && (strings.in.data[0] == '(' || strings.in.data[0] == '<') &&
	    pdf_next_string(&strings, &s))
		pdf_decode_string(&s, take_bytes, out);
}

/* Whole, with a sign or without: 32 bits of it count (table 22). */
static uint32_t
read_number(struct span file, size_t at)
{
	bool is_negative = at < file.bytes && file.data[at] == '-';
	uint32_t value = 0;

	at += is_negative;
	for (unsigned i = 0; i < NUMBER_LETTERS && at < file.bytes && isdigit(file.data[at]); i++)
		value = value * 10 + (file.data[at++] - '0');
	return is_negative ? 0u - value : value;
}

static void
read_name(struct span file, size_t at, char out[PDF_NAME_BYTES_MAX])
{
	out[0] = 0;
	if (at < file.bytes && file.data[at] == '/')
		pdf_take_name(file, at, out);
}

/* Table 25, /CFM. */
static unsigned
cipher_of(const char *method)
{
	static const struct {
		const char *name;
		unsigned cipher;
	} known[] = { { "None", 0 }, { "V2", PDF_RC4 }, { "AESV2", PDF_AES_128 },
		{ "AESV3", PDF_AES_256 } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, method) == 0)
			return known[i].cipher;
	}
	return PDF_CIPHER_UNKNOWN;
}

/* One crypt filter, at its "<<". */
static unsigned
read_filter(struct reader *r, size_t at)
{
	struct pdf_keys keys = { .in = r->file, .at = at };
	char name[PDF_NAME_BYTES_MAX], method[PDF_NAME_BYTES_MAX] = "None";
	size_t value;

	while (pdf_next_key(&keys, name, &value)) {
		if (strcmp(name, "CFM") == 0)
			read_name(r->file, value_of(r, value), method);
	}
	return cipher_of(method);
}

/* The dictionary of crypt filters: what any of them uses may be a stream's. */
static void
read_filters(struct reader *r, size_t at, const char *of_strings, struct pdf_lock *out)
{
	struct pdf_keys keys = { .in = r->file, .at = at };
	char name[PDF_NAME_BYTES_MAX];
	size_t value;

	if (!pdf_is_dictionary(r->file, at))
		return;
	while (pdf_next_key(&keys, name, &value)) {
		unsigned cipher;

		value = value_of(r, value);
		if (!pdf_is_dictionary(r->file, value))
			continue;
		cipher = read_filter(r, value);
		out->ciphers |= cipher;
		if (strcmp(name, of_strings) == 0)
			out->strings = cipher;
	}
}

/* The value of a key that is a number or a string. */
static void
read_value(struct reader *r, const char *name, size_t at, struct pdf_lock *out)
{
	const struct {
		const char *name;
		uint32_t *number;
		struct pdf_text *text;
	} known[] = { { "V", &out->version, NULL }, { "R", &out->revision, NULL },
		{ "Length", &out->key_bits, NULL }, { "P", &out->permissions, NULL },
		{ "O", NULL, &out->owner }, { "U", NULL, &out->user },
		{ "UE", NULL, &out->user_key } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) != 0)
			continue;
		if (known[i].number != NULL)
			*known[i].number = read_number(r->file, value_of(r, at));
		else
			read_text(r->file, value_of(r, at), known[i].text);
	}
}

/* The dictionary at its "<<". False: nothing here knows how it ciphers. */
static bool
read_lock(struct reader *r, size_t at, struct pdf_lock *out)
{
	struct pdf_keys keys = { .in = r->file, .at = at };
	char name[PDF_NAME_BYTES_MAX], of_strings[PDF_NAME_BYTES_MAX] = "Identity";
	size_t value, filters = r->file.bytes;

	*out = (struct pdf_lock){ 0 };
	while (pdf_next_key(&keys, name, &value)) {
		if (strcmp(name, "CF") == 0)
			filters = value_of(r, value);
		else if (strcmp(name, "StrF") == 0)
			read_name(r->file, value_of(r, value), of_strings);
		else if (strcmp(name, "EncryptMetadata") == 0)
			out->leaves_metadata =
			    span_is(span_first(span_from(r->file, value_of(r, value)), 5), "false");
		else
			read_value(r, name, value, out);
	}
	if (out->version < 4)
		out->ciphers = out->strings = PDF_RC4;
	else
		read_filters(r, filters, of_strings, out);
	return out->version >= 1 && out->version <= 5 && (out->ciphers & PDF_CIPHER_UNKNOWN) == 0;
}

/* Every object of that number that is a dictionary: which one counts, the password tells. */
static void
read_objects(struct reader *r, uint32_t number, struct pdf_locks *out)
{
	size_t at = 0;

	while (out->count < PDF_LOCKS_MAX && ++r->lookups <= LOOKUPS_MAX &&
	       pdf_find_object(r->file, number, &at)) {
		if (pdf_is_dictionary(r->file, at))
			out->count += read_lock(r, at, &out->list[out->count]);
	}
}

static void
add_id(const struct pdf_text *id, struct pdf_locks *out)
{
	for (unsigned i = 0; i < out->id_count && i < PDF_IDS_MAX; i++) {
		if (span_equal(span_of(id->bytes, id->count),
			span_of(out->ids[i].bytes, out->ids[i].count)))
			return;
	}
	out->ids[out->id_count++ % PDF_IDS_MAX] = *id;
}

/* The first of the two strings of each /ID (14.4); a file without one has an empty one. */
static void
read_ids(struct reader *r, struct pdf_locks *out)
{
	struct pdf_text id = { 0 };
	size_t at = 0;

	while (pdf_find_name(r->file, "ID", &at)) {
		size_t list = value_of(r, pdf_skip_space(r->file, at));

		if (list >= r->file.bytes || r->file.data[list] != '[')
			continue;
		read_text(r->file, pdf_skip_space(r->file, list + 1), &id);
		add_id(&id, out);
	}
	id.count = 0;
	add_id(&id, out);
}

bool
pdf_read_locks(struct span file, struct pdf_locks *out)
{
	struct reader r = { .file = file };
	size_t at = 0;
	uint32_t number, last = 0;

	out->count = out->id_count = 0;
	while (out->count < PDF_LOCKS_MAX && pdf_find_name(file, "Encrypt", &at)) {
		size_t value = pdf_skip_space(file, at);

		if (pdf_is_dictionary(file, value)) {
			out->count += ++r.lookups <= LOOKUPS_MAX &&
				      read_lock(&r, value, &out->list[out->count]);
		} else if (value < file.bytes && isdigit(file.data[value])) {
			pdf_take_number(file, value, &number);
			if (number != last)
				read_objects(&r, number, out);
			last = number;
		}
	}
	r.lookups = 0;
	if (out->count > 0)
		read_ids(&r, out);
	return out->count > 0;
}
