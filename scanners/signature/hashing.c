/* SPDX-License-Identifier: BSD-3-Clause */
/* See hashing.h. */
#include "scanners/signature/hashing.h"

#include "scanners/signature/internal.h"

void
hashing_begin(struct hashing *h)
{
	h->has_ended = h->is_trusted = false;
	h->bytes = 0;
	h->planned_count = h->open_count = 0;
}

void
hashing_feed(struct hashing *h, const struct generation *g, struct span bytes)
{
	if (!g->has_sha1 || h->has_ended)
		return;
	if (h->bytes == 0)
		SHA1_Init(&h->sha1);
	SHA1_Update(&h->sha1, bytes.data, bytes.bytes);
	h->bytes += bytes.bytes;
}

const char *
hashing_end(struct hashing *h, const struct generation *g)
{
	uint8_t digest[SHA_DIGEST_LENGTH];
	uint32_t name;

	if (!g->has_sha1 || h->has_ended || h->bytes == 0)
		return NULL;
	h->has_ended = true;
	SHA1_Final(digest, &h->sha1);
	h->is_trusted = generation_find_digest(g, GENERATION_GOOD_SHA1, digest, h->bytes, &name);
	if (generation_find_digest(g, GENERATION_BAD_SHA1, digest, h->bytes, &name))
		return (const char *)g->sections[GENERATION_NAMES].data + name;
	return NULL;
}

/* The kinds of digest that sections of this size, or of any, are listed by. */
static uint32_t
kinds_of(const struct generation *g, uint64_t size)
{
	struct span sizes = g->sections[GENERATION_SECTION_SIZES];
	const struct generation_size *rows = (const void *)sizes.data;
	size_t n = sizes.bytes / sizeof(*rows), low = 0, high = n;
	uint32_t kinds;

	if (n == 0)
		return 0;
	kinds = rows[n - 1].size == GENERATION_ANY_SIZE ? rows[n - 1].kinds : 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows[middle].size < size)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && rows[low].size == size ? kinds | rows[low].kinds : kinds;
}

void
hashing_plan(struct hashing *h, const struct generation *g, const struct program *p)
{
	for (uint32_t i = 0; i < p->section_count; i++) {
		struct hashing_plan plan = { p->sections[i].at, p->sections[i].bytes,
			kinds_of(g, p->sections[i].bytes) };

		if (plan.bytes > 0 && plan.kinds != 0)
			h->planned[h->planned_count++] = plan;
	}
}

/* False: too many are open. */
static bool
open_section(struct hashing *h, const struct hashing_plan *plan)
{
	struct hashing_open *o = &h->open[h->open_count];

	if (h->open_count == HASHING_OPEN_MAX)
		return false;
	h->open_count++;
	o->from = plan->from;
	o->bytes = plan->bytes;
	o->kinds = plan->kinds;
	o->done = 0;
	MD5_Init(&o->md5);
	SHA1_Init(&o->sha1);
	SHA256_Init(&o->sha256);
	return true;
}

/* Sections that begin in these bytes are planned no more, but open. */
static bool
open_sections(struct hashing *h, uint64_t end)
{
	uint32_t left = 0;
	bool has_room = true;

	for (uint32_t i = 0; i < h->planned_count; i++) {
		if (h->planned[i].from >= end)
			h->planned[left++] = h->planned[i];
		else
			has_room &= open_section(h, &h->planned[i]);
	}
	h->planned_count = left;
	return has_room;
}

/* The name it is listed by, or NULL. */
static const char *
end_section(struct hashing_open *o, const struct generation *g)
{
	uint8_t digest[3][SHA256_DIGEST_LENGTH];
	const char *name = NULL;
	uint32_t at;

	MD5_Final(digest[0], &o->md5);
	SHA1_Final(digest[1], &o->sha1);
	SHA256_Final(digest[2], &o->sha256);
	for (unsigned kind = 0; kind < 3 && name == NULL; kind++) {
		if (o->kinds & 1u << kind &&
		    generation_find_digest(
			g, GENERATION_SECTION_MD5 + kind, digest[kind], o->done, &at))
			name = (const char *)g->sections[GENERATION_NAMES].data + at;
	}
	return name;
}

/* The section's share of these bytes. */
static void
feed_section(struct hashing_open *o, uint64_t at, struct span bytes)
{
	uint64_t next = o->from + o->done, left = o->bytes - o->done;

	bytes = span_from(bytes, (size_t)(next - at));
	bytes = span_first(bytes, left < bytes.bytes ? (size_t)left : bytes.bytes);
	if (bytes.bytes == 0)
		return;
	if (o->kinds & 1)
		MD5_Update(&o->md5, bytes.data, bytes.bytes);
	if (o->kinds & 2)
		SHA1_Update(&o->sha1, bytes.data, bytes.bytes);
	if (o->kinds & 4)
		SHA256_Update(&o->sha256, bytes.data, bytes.bytes);
	o->done += bytes.bytes;
}

bool
hashing_feed_sections(struct hashing *h, const struct generation *g, uint64_t at, struct span bytes,
    const char **name)
{
	bool has_room = open_sections(h, at + bytes.bytes);
	uint32_t left = 0;

	for (uint32_t i = 0; i < h->open_count; i++) {
		struct hashing_open *o = &h->open[i];
		const char *found = NULL;

		feed_section(o, at, bytes);
		if (o->done == o->bytes)
			found = end_section(o, g);
		else if (left++ != i)
			h->open[left - 1] = *o;
		*name = found != NULL ? found : *name;
	}
	h->open_count = left;
	return has_room;
}

const char *
hashing_end_sections(struct hashing *h, const struct generation *g)
{
	const char *name = NULL;

	for (uint32_t i = 0; i < h->open_count; i++) {
		const char *found = end_section(&h->open[i], g);

		name = found != NULL ? found : name;
	}
	h->open_count = 0;
	return name;
}
