/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Databases of the generation that was made before. Nearly all of a compilation is Hyperscan's
 * work on the databases, and most changes are of digests and lists, which have no part in them. A
 * database's key is a digest of all that Hyperscan was given and of what it was told of this
 * machine; what has the same key is taken over as it is. An earlier file that is not there, is
 * damaged, or of another version has nothing to give, which is no error.
 */
#include <stdlib.h>

#include <hs/hs.h>
#include <openssl/sha.h>

#include "common/base/checked.h"
#include "tools/sigc/sigc.h"

static void
add(SHA256_CTX *c, const void *bytes, size_t count)
{
	SHA256_Update(c, bytes, count);
}

void
sigc_database_key(
    const struct sigc *s, const struct sigc_table *numbers, struct generation_database_key *out)
{
	hs_platform_info_t platform = { 0 };
	const struct pattern *p;
	unsigned at = 0, id;
	SHA256_CTX c;

	hs_populate_platform(&platform);
	SHA256_Init(&c);
	add(&c, hs_version(), strlen(hs_version()) + 1);
	add(&c, &platform.tune, sizeof(platform.tune));
	add(&c, &platform.cpu_features, sizeof(platform.cpu_features));
	add(&c, &out->kind, sizeof(out->kind));
	while ((p = sigc_next_literal(s, numbers, &at, &id)) != NULL) {
		const uint32_t head[] = { id, p->nocase, p->bytes_count };

		add(&c, head, sizeof(head));
		add(&c, s->literals.bytes + p->bytes_at, p->bytes_count);
	}
	SHA256_Final(out->sha256, &c);
}

static bool
read_file(struct sigc *s, const char *path, struct sigc_table *out)
{
	FILE *f = sigc_open(s, path);
	uint8_t *piece = f != NULL ? malloc(1 << 20) : NULL;
	bool good = false;
	size_t n;

	while (piece != NULL && (n = fread(piece, 1, 1 << 20, f)) > 0)
		table_add(out, piece, n);
	good = piece != NULL && ferror(f) == 0;
	free(piece);
	if (f != NULL)
		fclose(f);
	return good;
}

/* All that the digest in the head tells: what a whole file says of itself is believed. */
static bool
is_whole(const struct sigc_table *file)
{
	struct generation_header h;
	uint8_t sha256[SHA256_DIGEST_LENGTH];

	if (file->used < sizeof(h))
		return false;
	memcpy(&h, file->bytes, sizeof(h));
	if (memcmp(h.magic, GENERATION_MAGIC, sizeof(h.magic)) != 0 ||
	    h.version != GENERATION_VERSION || h.section_count > GENERATION_SECTIONS_MAX ||
	    file->used < sizeof(h) + h.section_count * sizeof(struct generation_section))
		return false;
	SHA256(file->bytes + sizeof(h), file->used - sizeof(h), sha256);
	return memcmp(sha256, h.sha256, sizeof(sha256)) == 0;
}

void
sigc_take_earlier(struct sigc *s, const char *path)
{
	if (!read_file(s, path, &s->earlier) || !is_whole(&s->earlier))
		s->earlier.used = 0;
	s->error[0] = 0; /* why it could not be opened is none of its users' business */
}

/* The bytes of the first section of this kind and target. */
static bool
find_section(const struct sigc *s, uint32_t kind, uint32_t target, struct span *out)
{
	struct generation_header h;

	if (s->earlier.used == 0)
		return false;
	memcpy(&h, s->earlier.bytes, sizeof(h));
	for (uint32_t i = 0; i < h.section_count; i++) {
		struct generation_section row;

		memcpy(&row, s->earlier.bytes + sizeof(h) + i * sizeof(row), sizeof(row));
		if (row.kind != kind || row.target != target)
			continue;
		*out = span_of(s->earlier.bytes + row.offset, row.bytes);
		return checked_inside(row.offset, row.bytes, s->earlier.used);
	}
	return false;
}

bool
sigc_find_earlier(const struct sigc *s, const struct generation_database_key *key, struct span *out)
{
	struct generation_database_key seen;
	struct span keys;

	if (!find_section(s, GENERATION_DATABASE_KEYS, 0, &keys))
		return false;
	for (; keys.bytes >= sizeof(seen); keys = span_from(keys, sizeof(seen))) {
		memcpy(&seen, keys.data, sizeof(seen));
		if (memcmp(&seen, key, sizeof(seen)) == 0)
			return find_section(s, key->kind, key->target, out);
	}
	return false;
}
