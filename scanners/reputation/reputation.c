/* SPDX-License-Identifier: BSD-3-Clause */
/* Look-ups from the most specific form of a URL to the least; see reputation.h. */
#include "scanners/reputation/reputation.h"

#include <errno.h>

#include "common/base/checked.h"
#include "common/base/siphash.h"
#include "scanners/reputation/reputation_table.h"

uint32_t
reputation_hash(const uint8_t *key, uint32_t bytes)
{
	static const struct siphash_key fixed = { 0x7265707574617469u, 0x6f6e2d7461626c65u };
	uint32_t h = (uint32_t)siphash(&fixed, key, bytes);

	return h != 0 ? h : 1;
}

static struct reputation_header
header_of(const struct reputation_table *t)
{
	struct reputation_header h;

	memcpy(&h, t->bytes, sizeof(h));
	return h;
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
	h = header_of(view);
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
		    e[i].list >= h.list_count ||
		    (e[i].kind != REPUTATION_GOOD && e[i].kind != REPUTATION_BAD))
			return -EINVAL;
	}
	return 0;
}

uint32_t
reputation_entries(const struct reputation_table *t)
{
	return header_of(t).entries;
}

/* One exact key. */
static bool
find(const struct reputation_table *t, const uint8_t *key, uint32_t bytes,
    struct reputation_answer *out)
{
	struct reputation_header h = header_of(t);
	const struct reputation_entry *e = entries_of(t);
	const char *text = (const char *)(e + h.slots);
	uint32_t hash = reputation_hash(key, bytes);

	for (uint32_t i = hash & (h.slots - 1); e[i].hash != 0; i = (i + 1) & (h.slots - 1)) {
		if (e[i].hash != hash || e[i].key_bytes != bytes ||
		    memcmp(text + e[i].key, key, bytes) != 0)
			continue;
		out->kind = e[i].kind;
		out->list = text + h.list_names[e[i].list];
		out->line = e[i].line;
		return true;
	}
	return false;
}

/* The host's entries with a path, the longest first: cut at '?', then at each '/'. */
static bool
find_paths(const struct reputation_table *t, uint8_t *key, uint32_t host_bytes, struct span path,
    struct reputation_answer *out)
{
	uint32_t n;

	path = span_first(path, REPUTATION_KEY_MAX - host_bytes);
	memcpy(key + host_bytes, path.data, path.bytes);
	for (n = (uint32_t)path.bytes; n > 1; n--) {
		uint8_t last = path.data[n - 1];
		bool at_border =
		    n == path.bytes || last == '/' || path.data[n] == '/' || path.data[n] == '?';

		if (at_border && find(t, key, host_bytes + n, out))
			return true;
	}
	return false;
}

void
reputation_lookup(const struct reputation_table *t, struct span host, struct span path,
    struct reputation_answer *out)
{
	uint8_t key[REPUTATION_KEY_MAX];
	uint32_t bytes;

	*out = (struct reputation_answer){ REPUTATION_UNKNOWN, NULL, 0 };
	while (host.bytes > 0 && host.data[host.bytes - 1] == '.')
		host.bytes--;
	if (host.bytes == 0 || host.bytes > 255)
		return;
	bytes = (uint32_t)host.bytes;
	for (uint32_t i = 0; i < bytes; i++)
		key[i] =
		    host.data[i] >= 'A' && host.data[i] <= 'Z' ? host.data[i] | 0x20 : host.data[i];
	if (path.bytes > 1 && find_paths(t, key, bytes, path, out))
		return;
	for (uint32_t at = 0; at < bytes;) {
		const uint8_t *dot;

		if (find(t, key + at, bytes - at, out))
			return;
		dot = memchr(key + at, '.', bytes - at);
		if (dot == NULL)
			return;
		at = (uint32_t)(dot - key) + 1;
	}
}
