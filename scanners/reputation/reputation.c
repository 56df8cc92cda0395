/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look-ups from the most specific form of a URL to the least; see reputation.h. What they cost is
 * waiting for memory, so the slots of a host and all its parents are asked for at once, and a path
 * is only brought to its spelling where the host has some listed.
 */
#include "scanners/reputation/reputation.h"

#include <errno.h>

#include "common/base/checked.h"
#include "scanners/reputation/reputation_table.h"

#define PATH_BORDERS_MAX 64
#define LABELS_MAX       ((REPUTATION_HOST_MAX + 1) / 2 + 1)

static const struct reputation_header *
header_of(const struct reputation_table *t)
{
	return (const struct reputation_header *)(const void *)t->bytes;
}

static const struct reputation_slot *
slots_of(const struct reputation_table *t)
{
	return (const struct reputation_slot *)(const void *)(t->bytes +
							      sizeof(struct reputation_header));
}

static const uint8_t *
records_of(const struct reputation_table *t)
{
	return (const uint8_t *)(slots_of(t) + header_of(t)->slots);
}

static const struct reputation_record *
record_of(const uint8_t *records, const struct reputation_slot *slot)
{
	return (const struct reputation_record *)(const void *)(records +
								4 * (size_t)(slot->record - 1));
}

/* Records follow one another as their slots do, and end where they should. */
static bool
records_are_sound(const struct reputation_table *t)
{
	const struct reputation_header *h = header_of(t);
	const struct reputation_slot *slots = slots_of(t);
	const uint8_t *records = records_of(t);
	uint64_t at = 0;
	uint32_t used = 0;

	for (uint32_t i = 0; i < h->slots; i++) {
		const struct reputation_record *r;

		if (slots[i].record == 0)
			continue;
		if (++used > h->entries || slots[i].record - 1 != at / 4 ||
		    !checked_inside(at, offsetof(struct reputation_record, key), h->record_bytes))
			return false;
		r = record_of(records, &slots[i]);
		if (r->list >= h->list_count || r->kind > REPUTATION_BAD ||
		    !checked_inside(at, REPUTATION_RECORD_BYTES(r->key_bytes), h->record_bytes))
			return false;
		at += REPUTATION_RECORD_BYTES(r->key_bytes);
	}
	return at == h->record_bytes;
}

int
reputation_open(struct span bytes, struct reputation_table *view)
{
	struct reputation_header h;
	uint64_t records;

	if (bytes.bytes < sizeof(h) || (uintptr_t)bytes.data % 8 != 0)
		return -EINVAL;
	view->bytes = bytes.data;
	view->byte_count = bytes.bytes;
	h = *header_of(view);
	records = sizeof(h) + (uint64_t)h.slots * sizeof(struct reputation_slot);
	if (h.magic != REPUTATION_MAGIC || h.slots == 0 || (h.slots & (h.slots - 1)) != 0 ||
	    h.list_count > REPUTATION_LISTS_MAX || h.entries >= h.slots || h.text_bytes == 0 ||
	    !checked_inside(records, (uint64_t)h.record_bytes + h.text_bytes, bytes.bytes) ||
	    bytes.data[records + h.record_bytes + h.text_bytes - 1] != 0)
		return -EINVAL;
	for (uint32_t i = 0; i < h.list_count; i++) {
		if (h.list_names[i] >= h.text_bytes)
			return -EINVAL;
	}
	return records_are_sound(view) ? 0 : -EINVAL;
}

uint32_t
reputation_entries(const struct reputation_table *t)
{
	return header_of(t)->entries;
}

#define MIX_START UINT64_C(0x7265707574617469)

uint32_t
reputation_hash(const uint8_t *key, uint32_t host_bytes, uint32_t key_bytes)
{
	uint64_t state = MIX_START;

	for (uint32_t i = host_bytes; i > 0; i--)
		state = reputation_mix(state, key[i - 1]);
	for (uint32_t i = host_bytes; i < key_bytes; i++)
		state = reputation_mix(state, key[i]);
	return reputation_hash_of(state);
}

/* A host, its parents behind it: where each begins, and its hash. */
struct names {
	uint32_t count; /* the last is the host itself */
	uint16_t at[LABELS_MAX];
	uint32_t hashes[LABELS_MAX];
	uint64_t state; /* to go on from, with a path */
};

static void
hash_names(const struct reputation_table *t, const struct reputation_key *k, struct names *n)
{
	const struct reputation_slot *slots = slots_of(t);
	uint32_t mask = header_of(t)->slots - 1;

	n->count = 0;
	n->state = MIX_START;
	for (uint32_t i = k->host_bytes; i > 0; i--) {
		n->state = reputation_mix(n->state, k->bytes[i - 1]);
		if (i > 1 && (k->is_address || k->bytes[i - 2] != '.'))
			continue;
		n->at[n->count] = (uint16_t)(i - 1);
		n->hashes[n->count] = reputation_hash_of(n->state);
		__builtin_prefetch(&slots[n->hashes[n->count++] & mask]);
	}
}

static const struct reputation_record *
find(const struct reputation_table *t, uint32_t hash, const uint8_t *key, uint32_t bytes)
{
	uint32_t mask = header_of(t)->slots - 1;
	const struct reputation_slot *slots = slots_of(t);
	const uint8_t *records = records_of(t);

	for (uint32_t i = hash & mask; slots[i].record != 0; i = (i + 1) & mask) {
		const struct reputation_record *r;

		if (slots[i].hash != hash)
			continue;
		r = record_of(records, &slots[i]);
		if (r->key_bytes == bytes && memcmp(r->key, key, bytes) == 0)
			return r;
	}
	return NULL;
}

/* Whether the record is an answer; else only paths below its host are listed. */
static bool
take(const struct reputation_table *t, const struct reputation_record *r,
    struct reputation_answer *out)
{
	const struct reputation_header *h = header_of(t);

	if (r == NULL || r->kind == REPUTATION_UNKNOWN)
		return false;
	out->kind = r->kind;
	out->list = (const char *)records_of(t) + h->record_bytes + h->list_names[r->list];
	out->line = r->line;
	return true;
}

/*
 * The host's entries with a path, the longest first. A prefix ends with the path, with a segment or
 * before the query. At most PATH_BORDERS_MAX of them are tried, so that a path of slashes alone
 * costs no more than others.
 */
static bool
find_paths(const struct reputation_table *t, const struct reputation_key *k, uint64_t state,
    uint32_t longest, struct reputation_answer *out)
{
	const uint8_t *path = k->bytes + k->host_bytes;
	uint32_t borders[PATH_BORDERS_MAX + 1], hashes[PATH_BORDERS_MAX + 1], count = 0;

	for (uint32_t n = 1; n <= k->path_bytes && n <= longest; n++) {
		bool is_whole = n == k->path_bytes,
		     is_border = !is_whole && n > 1 &&
				 (path[n - 1] == '/' || path[n] == '/' || path[n] == '?');

		state = reputation_mix(state, path[n - 1]);
		if (!is_whole && (!is_border || count >= PATH_BORDERS_MAX))
			continue;
		borders[count] = n;
		hashes[count++] = reputation_hash_of(state);
	}
	while (count-- > 0) {
		uint32_t bytes = k->host_bytes + borders[count];

		if (take(t, find(t, hashes[count], k->bytes, bytes), out))
			return true;
	}
	return false;
}

void
reputation_lookup(const struct reputation_table *t, struct span host, struct span path,
    struct reputation_answer *out)
{
	const struct reputation_record *r;
	struct reputation_key k;
	struct names n;

	*out = (struct reputation_answer){ REPUTATION_UNKNOWN, NULL, 0 };
	if (!reputation_key_host(&k, host))
		return;
	hash_names(t, &k, &n);
	if (n.count == 0) /* no host is empty */
		return;
	r = find(t, n.hashes[n.count - 1], k.bytes, k.host_bytes);
	if (r != NULL && r->path_bytes_max > 0) {
		reputation_key_path(&k, path);
		if (find_paths(t, &k, n.state, r->path_bytes_max, out))
			return;
	}
	for (uint32_t i = n.count - 1; !take(t, r, out) && i > 0; i--)
		r = find(t, n.hashes[i - 1], k.bytes + n.at[i - 1], k.host_bytes - n.at[i - 1]);
}
