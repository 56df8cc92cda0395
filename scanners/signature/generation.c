/* SPDX-License-Identifier: BSD-3-Clause */
/* Opens a generation, checks it whole, and answers what is looked up by digest. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/sha.h>

#include "common/base/checked.h"
#include "scanners/signature/internal.h"

/* Split, so that this file is not itself the test file. */
static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

static int
fail(char *error, int rc, const char *why)
{
	snprintf(error, SIGNATURE_ERROR_TEXT_MAX, "%s", why);
	return rc;
}

int
generation_open_builtin(struct generation **out, char error[SIGNATURE_ERROR_TEXT_MAX])
{
	const char *literals[1] = { eicar };
	const size_t lengths[1] = { sizeof(eicar) - 1 };
	const unsigned flags[1] = { 0 }, ids[1] = { 0 };
	struct generation *g = calloc(1, sizeof(*g));
	hs_compile_error_t *why = NULL;

	if (g == NULL)
		return fail(error, -ENOMEM, "out of memory");
	if (hs_compile_lit_multi(literals, flags, ids, lengths, 1, HS_MODE_BLOCK, NULL,
		&g->block[TARGET_ANY], &why) != HS_SUCCESS ||
	    hs_compile_lit_multi(literals, flags, ids, lengths, 1, HS_MODE_STREAM, NULL,
		&g->stream[TARGET_ANY], &why) != HS_SUCCESS) {
		snprintf(error, SIGNATURE_ERROR_TEXT_MAX, "Hyperscan: %s", why->message);
		hs_free_compile_error(why);
		generation_close(g);
		return -EINVAL;
	}
	g->id = 1;
	*out = g;
	return 0;
}

void
generation_close(struct generation *g)
{
	if (g == NULL)
		return;
	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		hs_free_database(g->block[t]);
		hs_free_database(g->stream[t]);
	}
	free(g);
}

/* Header and checksum; false with a sentence. */
static int
check_header(struct span file, struct generation_header *h, char *error)
{
	uint8_t sha256[32];

	if (file.bytes < sizeof(*h))
		return fail(error, -EINVAL, "not a generation file: too short");
	memcpy(h, file.data, sizeof(*h));
	if (memcmp(h->magic, GENERATION_MAGIC, 8) != 0 || h->version != GENERATION_VERSION)
		return fail(error, -EINVAL, "not a generation file of this version");
	SHA256(file.data + sizeof(*h), file.bytes - sizeof(*h), sha256);
	if (memcmp(sha256, h->sha256, 32) != 0 || memcmp(sha256, &h->id, 8) != 0)
		return fail(error, -EINVAL, "damaged: the checksum is wrong");
	if (memchr(h->hyperscan, 0, sizeof(h->hyperscan)) == NULL ||
	    strcmp(h->hyperscan, hs_version()) != 0)
		return fail(error, -ENOEXEC, "compiled by another version of Hyperscan");
	return 0;
}

static int
load_database(
    struct generation *g, const struct generation_section *s, struct span bytes, char *error)
{
	hs_database_t **to = s->kind == GENERATION_BLOCK_DB ? g->block : g->stream;
	hs_error_t rc;

	if (s->target >= TARGET_COUNT || to[s->target] != NULL)
		return fail(error, -EINVAL, "damaged: a database of no target, or a second one");
	rc = hs_deserialize_database((const char *)bytes.data, bytes.bytes, &to[s->target]);
	if (rc == HS_SUCCESS)
		return 0;
	if (rc == HS_DB_VERSION_ERROR || rc == HS_DB_PLATFORM_ERROR || rc == HS_DB_MODE_ERROR)
		return fail(
		    error, -ENOEXEC, "its databases are for another Hyperscan or processor");
	return fail(error, rc == HS_NOMEM ? -ENOMEM : -EINVAL, "its databases can't be loaded");
}

static int
take_sections(
    struct generation *g, struct span file, const struct generation_header *h, char *error)
{
	int rc = 0;

	if (h->section_count > GENERATION_SECTIONS_MAX ||
	    sizeof(*h) + h->section_count * sizeof(struct generation_section) > file.bytes)
		return fail(error, -EINVAL, "damaged: too many sections");
	for (uint32_t i = 0; i < h->section_count && rc == 0; i++) {
		struct generation_section s;
		struct span part;

		memcpy(&s, file.data + sizeof(*h) + i * sizeof(s), sizeof(s));
		if (s.kind >= GENERATION_KIND_COUNT || s.offset % 8 != 0 ||
		    !checked_inside(s.offset, s.bytes, file.bytes))
			return fail(error, -EINVAL, "damaged: a section lies outside the file");
		part = span_of(file.data + s.offset, s.bytes);
		if (s.kind == GENERATION_BLOCK_DB || s.kind == GENERATION_STREAM_DB)
			rc = load_database(g, &s, part, error);
		else if (s.kind == GENERATION_NUMBERS && s.target < TARGET_COUNT)
			g->numbers[s.target] = part;
		else
			g->sections[s.kind] = part;
	}
	return rc;
}

static const struct generation_literal *
literal_at(const struct generation *g, size_t id)
{
	return (const struct generation_literal *)(const void *)g->sections[GENERATION_LITERALS]
		   .data +
	       id;
}

static bool
name_is_sound(const struct generation *g, uint32_t offset)
{
	return offset < g->sections[GENERATION_NAMES].bytes;
}

static size_t
digest_row_bytes(unsigned kind)
{
	static const size_t each[] = { sizeof(struct generation_digest16),
		sizeof(struct generation_digest20), sizeof(struct generation_digest32) };

	return each[(kind - GENERATION_BAD_MD5) % 3];
}

/* Whole numbers of literals, of which the last has none behind it. */
static bool
numbers_are_sound(struct span numbers, size_t literals)
{
	uint32_t number = 0;

	for (size_t at = 0; at + sizeof(number) <= numbers.bytes; at += sizeof(number)) {
		memcpy(&number, numbers.data + at, sizeof(number));
		if ((number & ~GENERATION_NUMBER_MORE) >= literals)
			return false;
	}
	return numbers.bytes % sizeof(number) == 0 && !(number & GENERATION_NUMBER_MORE);
}

bool
generation_has_target(const struct generation *g, unsigned target)
{
	return target < TARGET_COUNT && (g->stream[target] != NULL || g->block[target] != NULL);
}

/* Names end in NUL, tables hold whole entries, and every name offset lies inside. */
static bool
tables_are_sound(const struct generation *g)
{
	struct span names = g->sections[GENERATION_NAMES],
		    literals = g->sections[GENERATION_LITERALS];

	if (names.bytes == 0 || names.data[names.bytes - 1] != 0 ||
	    literals.bytes % sizeof(struct generation_literal) != 0 ||
	    !pattern_tables_are_sound(g) || !rule_tables_are_sound(g) || !member_table_is_sound(g))
		return false;
	for (size_t i = 0; i < literals.bytes / sizeof(struct generation_literal); i++) {
		const struct generation_literal *l = literal_at(g, i);

		if (!name_is_sound(g, l->name) ||
		    (l->pattern != GENERATION_NO_PATTERN &&
			l->pattern >= g->sections[GENERATION_PATTERNS].bytes /
					  sizeof(struct generation_pattern)))
			return false;
	}
	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		if ((g->numbers[t].bytes == 0) != !generation_has_target(g, t) ||
		    !numbers_are_sound(
			g->numbers[t], literals.bytes / sizeof(struct generation_literal)))
			return false;
	}
	for (unsigned kind = GENERATION_BAD_MD5; kind < GENERATION_SECTION_SIZES; kind++) {
		size_t each = digest_row_bytes(kind);
		struct span s = g->sections[kind];

		if (s.bytes % each != 0)
			return false;
		for (size_t at = 0; at < s.bytes; at += each) {
			uint32_t name;

			memcpy(&name, s.data + at + each - 8, 4);
			if (!name_is_sound(g, name))
				return false;
		}
	}
	if (g->sections[GENERATION_SECTION_SIZES].bytes % sizeof(struct generation_size) != 0)
		return false;
	return true;
}

/* TARGET_ANY's is there, and none that could not take an object in pieces, but of forms, which only
 * come whole. */
static int
check_databases(struct generation *g, char *error)
{
	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		if ((TARGET_FORMS & 1u << t) != 0 ? g->stream[t] != NULL
						  : g->block[t] != NULL && g->stream[t] == NULL)
			return fail(error, -EINVAL, "damaged: a database lacks its other half");
		g->is_split |= t != TARGET_ANY && g->stream[t] != NULL;
	}
	if (g->stream[TARGET_ANY] == NULL)
		return fail(error, -EINVAL, "damaged: there is no database");
	return 0;
}

int
generation_open(struct span file, struct generation **out, char error[SIGNATURE_ERROR_TEXT_MAX])
{
	struct generation *g = calloc(1, sizeof(*g));
	struct generation_header h;
	int rc;

	if (g == NULL)
		return fail(error, -ENOMEM, "out of memory");
	rc = check_header(file, &h, error);
	if (rc == 0)
		rc = take_sections(g, file, &h, error);
	if (rc == 0 && !tables_are_sound(g))
		rc = fail(error, -EINVAL, "damaged: a table is not sound");
	if (rc == 0)
		rc = check_databases(g, error);
	if (rc == 0 && g->sections[GENERATION_REPUTATION].bytes > 0) {
		rc = reputation_open(g->sections[GENERATION_REPUTATION], &g->reputation);
		g->has_reputation = rc == 0;
		if (rc != 0)
			fail(error, rc, "damaged: the reputation table is not sound");
	}
	if (rc != 0) {
		generation_close(g);
		return rc;
	}
	g->id = h.id;
	pattern_tables_sum_up(g);
	g->has_sha1 = g->sections[GENERATION_BAD_SHA1].bytes > 0 ||
		      g->sections[GENERATION_GOOD_SHA1].bytes > 0;
	g->has_section_digests = g->sections[GENERATION_SECTION_SIZES].bytes > 0;
	g->asks_for_names = rules_ask_for_names(g);
	*out = g;
	return 0;
}

uint64_t
generation_id(const struct generation *g)
{
	return g->id;
}

const struct reputation_table *
generation_reputation(const struct generation *g)
{
	return g->has_reputation ? &g->reputation : NULL;
}

static const char *
name_at(const struct generation *g, uint32_t offset)
{
	return (const char *)g->sections[GENERATION_NAMES].data + offset;
}

const char *
generation_literal_name(const struct generation *g, unsigned id)
{
	struct span literals = g->sections[GENERATION_LITERALS];

	if (literals.bytes == 0)
		return SIGNATURE_BUILT_IN_NAME; /* the built-in generation has no tables */
	if (id >= literals.bytes / sizeof(struct generation_literal))
		return "Unknown";
	return name_at(g, literal_at(g, id)->name);
}

uint32_t
generation_literal_pattern(const struct generation *g, unsigned id)
{
	if (id >= g->sections[GENERATION_LITERALS].bytes / sizeof(struct generation_literal))
		return GENERATION_NO_PATTERN;
	return literal_at(g, id)->pattern;
}

void
generation_facts(const struct generation *g, struct generation_facts *out)
{
	memset(out, 0, sizeof(*out));
	out->id = g->id;
	out->literals = g->sections[GENERATION_LITERALS].bytes == 0
			    ? 1
			    : (uint32_t)(g->sections[GENERATION_LITERALS].bytes /
					 sizeof(struct generation_literal));
	for (unsigned kind = GENERATION_BAD_MD5; kind < GENERATION_SECTION_SIZES; kind++) {
		uint32_t n = (uint32_t)(g->sections[kind].bytes / digest_row_bytes(kind));

		if (kind >= GENERATION_GOOD_MD5 && kind <= GENERATION_GOOD_SHA256)
			out->digests_good += n;
		else
			out->digests_bad += n;
	}
	out->reputation_entries = g->has_reputation ? reputation_entries(&g->reputation) : 0;
	hs_stream_size(g->stream[TARGET_ANY], &out->stream_bytes);
}

/* The first entry of the sorted table with this digest and a size that fits. */
bool
generation_find_digest(
    const struct generation *g, unsigned kind, const uint8_t *digest, uint64_t size, uint32_t *name)
{
	static const size_t digest_bytes[] = { 16, 20, 32 };
	struct span table = g->sections[kind];
	size_t each = digest_row_bytes(kind), bytes = digest_bytes[(kind - GENERATION_BAD_MD5) % 3];
	size_t rows, low = 0, high;

	if (table.bytes == 0) /* four are asked of each object; most sites have one of them */
		return false;
	rows = high = table.bytes / each;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(table.data + middle * each, digest, bytes) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < rows; low++) {
		const uint8_t *entry = table.data + low * each;
		uint64_t want;

		if (memcmp(entry, digest, bytes) != 0)
			return false;
		memcpy(&want, entry + each - 16, 8);
		if (want == GENERATION_ANY_SIZE || want == size) {
			memcpy(name, entry + each - 8, 4);
			return true;
		}
	}
	return false;
}

static bool
find_either(const struct generation *g, unsigned md5_kind, unsigned sha256_kind,
    const uint8_t md5[16], const uint8_t sha256[32], uint64_t size, uint32_t *name)
{
	return generation_find_digest(g, md5_kind, md5, size, name) ||
	       generation_find_digest(g, sha256_kind, sha256, size, name);
}

bool
generation_asks_for_names(const struct generation *g)
{
	return g->asks_for_names;
}

struct span
generation_yara(const struct generation *g)
{
	return g->sections[GENERATION_YARA];
}

const char *
generation_bad_digest(
    const struct generation *g, const uint8_t md5[16], const uint8_t sha256[32], uint64_t size)
{
	uint32_t name;

	if (!find_either(g, GENERATION_BAD_MD5, GENERATION_BAD_SHA256, md5, sha256, size, &name))
		return NULL;
	return name_at(g, name);
}

bool
generation_trusted_digest(
    const struct generation *g, const uint8_t md5[16], const uint8_t sha256[32], uint64_t size)
{
	uint32_t name;

	return find_either(
	    g, GENERATION_GOOD_MD5, GENERATION_GOOD_SHA256, md5, sha256, size, &name);
}

bool
generation_trusts_sha1(const struct generation *g)
{
	return g->sections[GENERATION_GOOD_SHA1].bytes > 0;
}
