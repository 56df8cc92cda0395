/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's .cdb: what an archive says of a member, and of itself:
 *
 *     NAME:TYPE:SIZE:NAMES:PACKED:BYTES:ENCRYPTED:POSITION:CRC:*[:levels]
 *
 * TYPE is CL_TYPE_… or '*'; SIZE (of the archive), PACKED, BYTES and POSITION are '*', a number or
 * FROM-TO, where 0 leaves that end open; NAMES is a regular expression (extended.c) or '*';
 * ENCRYPTED is 0, 1 or '*'; CRC eight hexadecimal digits or '*', of ZIP and RAR alone.
 */
#include <errno.h>
#include <stdlib.h>

#include "scanners/regex/regex.h"
#include "tools/sigc/sigc.h"

#define FIELDS_MIN 10
#define FIELDS_MAX 12
#define TYPE_START "CL_TYPE_"

enum field {
	FIELD_NAME,
	FIELD_TYPE,
	FIELD_SIZE,
	FIELD_NAMES,
	FIELD_PACKED,
	FIELD_BYTES,
	FIELD_ENCRYPTED,
	FIELD_POSITION,
	FIELD_CRC,
	FIELD_UNUSED,
	FIELD_LEVELS
};

/* How many there are; FIELDS_MAX + 1: more than there may be. */
static unsigned
split(struct span line, struct span fields[FIELDS_MAX + 1])
{
	unsigned n = 0;
	bool is_last;

	do {
		is_last = line.bytes == 0 || memchr(line.data, ':', line.bytes) == NULL;
		fields[n++] = sigc_take_field(&line, ':');
	} while (!is_last && n <= FIELDS_MAX);
	return n;
}

/* False: it is none. */
static bool
read_range(struct span text, struct generation_range *out)
{
	bool has_to = text.bytes > 0 && memchr(text.data, '-', text.bytes) != NULL;
	struct span from = sigc_take_field(&text, '-');

	*out = (struct generation_range){ 0, UINT64_MAX };
	if (span_is(from, "*") && !has_to)
		return true;
	if (!sigc_parse_size(from, &out->min))
		return false;
	if (!has_to) {
		out->max = out->min;
		return true;
	}
	if (!sigc_parse_size(text, &out->max))
		return false;
	if (out->max == 0 && out->min > 0)
		out->max = UINT64_MAX;
	return true;
}

/* -ENOTSUP: there is no such container, or none whose members are told. */
static int
read_type(struct span type, uint32_t *archives)
{
	static const char *const words[] = {
#define X(id, word) word,
		GENERATION_ARCHIVES(X)
#undef X
	};

	*archives = 0;
	if (span_is(type, "*") || span_is(type, TYPE_START "ANY"))
		return 0;
	if (!span_starts(type, TYPE_START))
		return -EINVAL;
	type = span_from(type, sizeof(TYPE_START) - 1);
	for (unsigned i = 0; i < ARCHIVE_COUNT; i++) {
		if (span_is(type, words[i])) {
			*archives = 1u << i;
			return 0;
		}
	}
	return -ENOTSUP;
}

static bool
read_crc(struct span text, uint32_t *out)
{
	uint8_t bytes[4];

	*out = 0;
	if (span_is(text, "*"))
		return true;
	if (text.bytes != 2 * sizeof(bytes) || !sigc_decode_hex(text, bytes))
		return false;
	*out = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
	return true;
}

/* A row of REGEXES. -EINVAL: no expression; -ENOTSUP: one that libpcre2 refuses. */
static int
add_names(struct sigc *s, struct span text, uint32_t *row)
{
	struct generation_regex r = { .start_max = UINT64_MAX, .from = FROM_START };
	struct sigc_table translated = { 0 };
	char error[REGEX_ERROR_MAX];
	struct regex *compiled;
	unsigned options = 0;
	bool is_one;
	int rc;

	*row = GENERATION_NO_REGEX;
	if (span_is(text, "*"))
		return 0;
	is_one = sigc_translate_extended(text, &translated, &options);
	if (is_one)
		r.text = table_add_text(&s->names, span_of(translated.bytes, translated.used));
	free(translated.bytes);
	if (!is_one)
		return -EINVAL;
	r.options = (uint8_t)options;
	rc = regex_compile((const char *)s->names.bytes + r.text, options, &compiled, error);
	if (rc == -ENOMEM)
		sigc_give_up("the limit of memory is reached");
	if (rc != 0)
		return -ENOTSUP;
	regex_free(compiled);
	*row = (uint32_t)(table_add(&s->regexes, &r, sizeof(r)) / sizeof(r));
	return 0;
}

/* All but type and names. NULL, or what is wrong. */
static const char *
read_numbers(const struct span *f, struct generation_member *m)
{
	static const char words[] = "01*"; /* as of enum generation_encrypted */
	const char *word = f[FIELD_ENCRYPTED].bytes == 1
			       ? memchr(words, f[FIELD_ENCRYPTED].data[0], sizeof(words) - 1)
			       : NULL;

	if (!read_range(f[FIELD_SIZE], &m->archive_bytes) ||
	    !read_range(f[FIELD_PACKED], &m->packed_bytes) ||
	    !read_range(f[FIELD_BYTES], &m->bytes) || !read_range(f[FIELD_POSITION], &m->position))
		return "a size or a position is neither '*' nor a number nor FROM-TO";
	if (word == NULL)
		return "whether it is encrypted is neither 0 nor 1 nor '*'";
	m->encrypted = (uint32_t)(word - words);
	return read_crc(f[FIELD_CRC], &m->crc)
		   ? NULL
		   : "the CRC is neither '*' nor eight hexadecimal digits";
}

static void
add_row(struct sigc *s, struct generation_member *m, struct span name, struct span words)
{
	if ((m->archives & (1u << ARCHIVE_ZIP | 1u << ARCHIVE_RAR)) == 0)
		m->crc = 0; /* nobody else tells one */
	m->name = table_add_text(&s->names, name);
	m->unused =
	    (uint32_t)(table_add(&s->digest_origins, &s->at, sizeof(s->at)) / sizeof(s->at));
	table_add(&s->members, m, sizeof(*m));
	sigc_count(s, 'm', words);
	sigc_note_deep(s, name, SKIP_CONTAINER);
}

int
sigc_add_member(struct sigc *s, struct span line, const char **why)
{
	struct span f[FIELDS_MAX + 1];
	unsigned n = split(line, f);
	struct generation_member m = { .unused = 0 };
	int type, names;

	*why = "expected NAME:TYPE:SIZE:NAMES:PACKED:BYTES:ENCRYPTED:POSITION:CRC:*";
	if (n < FIELDS_MIN || n > FIELDS_MAX || f[FIELD_NAME].bytes == 0)
		return -EINVAL;
	if (!sigc_fits_level(f, n, FIELD_LEVELS)) {
		sigc_skip(s, f[FIELD_NAME], SKIP_LEVEL);
		return 0;
	}
	*why = read_numbers(f, &m);
	if (*why != NULL)
		return -EINVAL;
	*why = "the type is neither '*' nor CL_TYPE_…";
	type = read_type(f[FIELD_TYPE], &m.archives);
	if (type == -EINVAL)
		return -EINVAL;
	if (type != 0 || !s->has_sandbox) {
		sigc_skip(s, f[FIELD_NAME], type != 0 ? SKIP_ARCHIVE : SKIP_CONTAINER);
		return 0;
	}
	*why = "names are neither '*' nor a regular expression";
	names = add_names(s, f[FIELD_NAMES], &m.regex);
	if (names == 0)
		add_row(s, &m, f[FIELD_NAME], span_from(line, f[FIELD_NAME].bytes));
	else if (names == -ENOTSUP)
		sigc_skip(s, f[FIELD_NAME], SKIP_NO_REGEX);
	return names == -EINVAL ? -EINVAL : 0;
}

void
sigc_finish_members(struct sigc *s)
{
	struct generation_member *m = (struct generation_member *)(void *)s->members.bytes;

	for (size_t i = 0; i < s->members.used / sizeof(*m); i++)
		m[i].unused = 0;
}
