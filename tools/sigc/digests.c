/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists of digests: of bad and of trusted objects, and of bad programs' sections. A row's last word
 * is that of its origin until the tables are finished.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/letters.h"
#include "tools/sigc/sigc.h"

bool
sigc_decode_hex(struct span hex, uint8_t *out)
{
	if (hex.bytes == 0 || hex.bytes % 2 != 0)
		return false;
	for (size_t i = 0; i < hex.bytes / 2; i++) {
		int byte = hex_pair(hex.data + 2 * i);

		if (byte < 0)
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

size_t
sigc_digest_row_bytes(enum sigc_kind kind)
{
	return kind == SIGC_MD5    ? sizeof(struct generation_digest16)
	       : kind == SIGC_SHA1 ? sizeof(struct generation_digest20)
				   : sizeof(struct generation_digest32);
}

static void
add_row(struct sigc *s, enum sigc_set set, enum sigc_kind kind, const uint8_t *digest,
    uint64_t size, uint32_t name)
{
	struct sigc_table *t = &s->digests[set][kind];
	uint32_t origin =
	    (uint32_t)(table_add(&s->digest_origins, &s->at, sizeof(s->at)) / sizeof(s->at));

	if (kind == SIGC_MD5) {
		struct generation_digest16 e = { .size = size, .name = name, .unused = origin };

		memcpy(e.digest, digest, sizeof(e.digest));
		table_add(t, &e, sizeof(e));
	} else if (kind == SIGC_SHA1) {
		struct generation_digest20 e = { .size = size, .name = name, .unused = origin };

		memcpy(e.digest, digest, sizeof(e.digest));
		table_add(t, &e, sizeof(e));
	} else {
		struct generation_digest32 e = { .size = size, .name = name, .unused = origin };

		memcpy(e.digest, digest, sizeof(e.digest));
		table_add(t, &e, sizeof(e));
	}
}

int
sigc_add_digest(
    struct sigc *s, enum sigc_set set, struct span digest, struct span size, struct span name)
{
	static const uint8_t words[SIGC_SETS] = { 'b', 'g', 's' };
	uint8_t key[64 + sizeof(uint64_t)]; /* the digest, then the size */
	uint64_t bytes = GENERATION_ANY_SIZE;

	if (digest.bytes > 128 || !sigc_decode_hex(digest, key))
		return -EINVAL;
	if (!span_is(size, "*") && !sigc_parse_size(size, &bytes))
		return -ERANGE;
	if (digest.bytes != 32 && digest.bytes != 40 && digest.bytes != 64) {
		sigc_skip(s, name, SKIP_DIGEST_KIND);
		return 0;
	}
	add_row(s, set,
	    digest.bytes == 32   ? SIGC_MD5
	    : digest.bytes == 40 ? SIGC_SHA1
				 : SIGC_SHA256,
	    key, bytes, table_add_text(&s->names, name));
	memcpy(key + digest.bytes / 2, &bytes, sizeof(bytes));
	sigc_count(s, words[set], span_of(key, digest.bytes / 2 + sizeof(bytes)));
	return 0;
}

/* By all that comes before the origin, so that the same sources give the same file. */
static int
by_row(const void *a, const void *b, void *bytes)
{
	return memcmp(a, b, *(const size_t *)bytes);
}

static int
by_size(const void *a, const void *b)
{
	const struct generation_size *x = a, *y = b;

	return x->size < y->size ? -1 : x->size > y->size;
}

/* Each once, with all kinds. */
static void
merge_sizes(struct sigc_table *sizes)
{
	struct generation_size *rows = (struct generation_size *)(void *)sizes->bytes;
	size_t n = sizes->used / sizeof(*rows), kept = 0;

	if (n == 0)
		return;
	qsort(rows, n, sizeof(*rows), by_size);
	for (size_t i = 1; i < n; i++) {
		if (rows[i].size == rows[kept].size)
			rows[kept].kinds |= rows[i].kinds;
		else
			rows[++kept] = rows[i];
	}
	sizes->used = (kept + 1) * sizeof(*rows);
}

void
sigc_finish_digests(struct sigc *s)
{
	for (unsigned i = 0; i < SIGC_SETS * SIGC_KINDS; i++) {
		struct sigc_table *t = &s->digests[i / SIGC_KINDS][i % SIGC_KINDS];
		size_t each = sigc_digest_row_bytes(i % SIGC_KINDS), compared = each - 8;

		if (t->used > 0)
			qsort_r(t->bytes, t->used / each, each, by_row, &compared);
		for (size_t at = 0; at < t->used; at += each) {
			struct generation_size size = { .kinds = 1u << i % SIGC_KINDS };

			memset(t->bytes + at + each - 4, 0, 4);
			memcpy(&size.size, t->bytes + at + each - 16, 8);
			if (i / SIGC_KINDS == SIGC_SECTION)
				table_add(&s->section_sizes, &size, sizeof(size));
		}
	}
	merge_sizes(&s->section_sizes);
}
