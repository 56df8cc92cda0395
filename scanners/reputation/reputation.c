/* SPDX-License-Identifier: BSD-3-Clause */
/* Look-ups from the most specific form of a URL to the least; see reputation.h. */
#include "scanners/reputation/reputation.h"

#include <errno.h>

#include "common/base/checked.h"
#include "common/base/siphash.h"
#include "scanners/reputation/reputation_table.h"

#define PATH_BORDERS_MAX 64

uint32_t
reputation_hash(const uint8_t *key, uint32_t bytes)
{
	static const struct siphash_key fixed = { 0x7265707574617469u, 0x6f6e2d7461626c65u };
	uint32_t h = (uint32_t)siphash(&fixed, key, bytes);

	return h != 0 ? h : 1;
}

static const struct reputation_header *
header_of(const struct reputation_table *t)
{
	return (const struct reputation_header *)(const void *)t->bytes;
}

static const struct reputation_entry *
entries_of(const struct reputation_table *t)
{
	return (const struct reputation_entry *)(const void *)(t->bytes +
							       sizeof(struct reputation_header));
}

int
reputation_open(struct span bytes, struct reputation_table *view)
{
	struct reputation_header h;
	const struct reputation_entry *e;
	uint64_t table;

	if (bytes.bytes < sizeof(h) || (uintptr_t)bytes.data % 8 != 0)
		return -EINVAL;
	view->bytes = bytes.data;
	view->byte_count = bytes.bytes;
	h = *header_of(view);
	table = sizeof(h) + (uint64_t)h.slots * sizeof(*e);
	if (h.magic != REPUTATION_MAGIC || h.slots == 0 || (h.slots & (h.slots - 1)) != 0 ||
	    h.list_count > REPUTATION_LISTS_MAX || h.entries >= h.slots || h.text_bytes == 0 ||
	    !checked_inside(table, h.text_bytes, bytes.bytes) ||
	    bytes.data[table + h.text_bytes - 1] != 0)
		return -EINVAL;
	for (uint32_t i = 0; i < h.list_count; i++) {
		if (h.list_names[i] >= h.text_bytes)
			return -EINVAL;
	}
	e = entries_of(view);
	for (uint32_t i = 0, used = 0; i < h.slots; i++) {
		if (e[i].hash == 0)
			continue;
		if (++used > h.entries || !checked_inside(e[i].key, e[i].key_bytes, h.text_bytes) ||
		    e[i].list >= h.list_count || e[i].kind > REPUTATION_BAD)
			return -EINVAL;
	}
	return 0;
}

uint32_t
reputation_entries(const struct reputation_table *t)
{
	return header_of(t)->entries;
}

static const struct reputation_entry *
find(const struct reputation_table *t, const uint8_t *key, uint32_t bytes)
{
	uint32_t mask = header_of(t)->slots - 1;
	const struct reputation_entry *e = entries_of(t);
	const uint8_t *text = (const uint8_t *)(e + mask + 1);
	uint32_t hash = reputation_hash(key, bytes);

	for (uint32_t i = hash & mask; e[i].hash != 0; i = (i + 1) & mask) {
		if (e[i].hash == hash && e[i].key_bytes == bytes &&
		    memcmp(text + e[i].key, key, bytes) == 0)
			return &e[i];
	}
	return NULL;
}

/* Whether the entry is an answer; else only paths below its host are listed. */
static bool
take(const struct reputation_table *t, const struct reputation_entry *e,
    struct reputation_answer *out)
{
	const struct reputation_header *h = header_of(t);

	if (e == NULL || e->kind == REPUTATION_UNKNOWN)
		return false;
	out->kind = e->kind;
	out->list = (const char *)(entries_of(t) + h->slots) + h->list_names[e->list];
	out->line = e->line;
	return true;
}

/*
 * The host's entries with a path, the longest first. A prefix ends with the path, with a segment or
 * before the query. At most PATH_BORDERS_MAX of them are tried, so that a path of slashes alone
 * costs no more than others.
 */
static bool
find_paths(const struct reputation_table *t, const struct reputation_key *k, uint32_t longest,
    struct reputation_answer *out)
{
	const uint8_t *path = k->bytes + k->host_bytes;
	uint32_t borders[PATH_BORDERS_MAX], count = 0;

	if (k->path_bytes <= longest &&
	    take(t, find(t, k->bytes, k->host_bytes + k->path_bytes), out))
		return true;
	for (uint32_t n = 2; n < k->path_bytes && n <= longest && count < PATH_BORDERS_MAX; n++) {
		if (path[n - 1] == '/' || path[n] == '/' || path[n] == '?')
			borders[count++] = n;
	}
	while (count > 0) {
		if (take(t, find(t, k->bytes, k->host_bytes + borders[--count]), out))
			return true;
	}
	return false;
}

void
reputation_lookup(const struct reputation_table *t, struct span host, struct span path,
    struct reputation_answer *out)
{
	const struct reputation_entry *e;
	struct reputation_key k;

	*out = (struct reputation_answer){ REPUTATION_UNKNOWN, NULL, 0 };
	if (!reputation_key_make(&k, host, path))
		return;
	e = find(t, k.bytes, k.host_bytes);
	if (e != NULL && e->path_bytes_max > 0 && find_paths(t, &k, e->path_bytes_max, out))
		return;
	for (uint32_t at = 0; !take(t, e, out) && !k.is_address;) {
		const uint8_t *dot = memchr(k.bytes + at, '.', k.host_bytes - at);

		if (dot == NULL)
			return;
		at = (uint32_t)(dot - k.bytes) + 1;
		e = find(t, k.bytes + at, k.host_bytes - at);
	}
}
