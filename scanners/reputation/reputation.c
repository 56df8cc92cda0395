/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look-ups from the most specific form of a URL to the least; see reputation.h. What they cost is
 * waiting for memory, so the buckets of a host and all its parents are asked for at once, a key is
 * compared where its bucket says that it may be, and a path is only brought to its spelling where
 * the host has some listed.
 */
#include "scanners/reputation/reputation.h"

#include <errno.h>

#include "common/base/checked.h"
#include "scanners/reputation/reputation_table.h"

#define PATH_BORDERS_MAX 64

static const struct reputation_header *
header_of(const struct reputation_table *t)
{
	return (const struct reputation_header *)(const void *)t->bytes;
}

static const struct reputation_bucket *
buckets_of(const struct reputation_table *t)
{
	return (const struct reputation_bucket *)(const void *)(t->bytes +
								sizeof(struct reputation_header));
}

static const uint8_t *
long_keys_of(const struct reputation_table *t)
{
	return (const uint8_t *)(buckets_of(t) + header_of(t)->buckets);
}

/* Its entries lie inside it and name what there is; `entries` becomes less by them. */
static bool
bucket_is_sound(
    const struct reputation_header *h, const struct reputation_bucket *b, uint32_t *entries)
{
	for (unsigned i = 0; i < REPUTATION_TAGS && b->tags[i] != 0; i++) {
		struct reputation_entry e;
		struct reputation_long_key key;

		if (!checked_inside(b->at[i], sizeof(e), REPUTATION_BUCKET_BYTES))
			return false;
		memcpy(&e, b->entries + b->at[i], sizeof(e));
		if (*entries == 0 || e.list_kind / 4u >= h->list_count ||
		    e.list_kind % 4u > REPUTATION_BAD || e.key_bytes > REPUTATION_SHORT_MAX ||
		    !checked_inside(
			b->at[i], reputation_entry_bytes(e.key_bytes), REPUTATION_BUCKET_BYTES))
			return false;
		if (e.key_bytes == 0) {
			memcpy(&key, b->entries + b->at[i] + sizeof(e), sizeof(key));
			if (!checked_inside(key.at, key.bytes, h->long_bytes))
				return false;
		}
		--*entries;
	}
	return true;
}

/* As many entries as are told, and for each bit a bucket that ends the searches by it. */
static bool
buckets_are_sound(const struct reputation_table *t)
{
	const struct reputation_header *h = header_of(t);
	const struct reputation_bucket *buckets = buckets_of(t);
	uint32_t entries = h->entries;
	uint8_t always_spilled = 0xff;

	for (uint32_t i = 0; i < h->buckets; i++) {
		if (!bucket_is_sound(h, &buckets[i], &entries))
			return false;
		always_spilled &= buckets[i].spilled;
	}
	return always_spilled == 0 && entries == 0;
}

int
reputation_open(struct span bytes, struct reputation_table *view)
{
	struct reputation_header h;
	uint64_t behind;

	if (bytes.bytes < sizeof(h) || (uintptr_t)bytes.data % 8 != 0)
		return -EINVAL;
	view->bytes = bytes.data;
	view->byte_count = bytes.bytes;
	h = *header_of(view);
	behind = sizeof(h) + (uint64_t)h.buckets * sizeof(struct reputation_bucket);
	if (h.magic != REPUTATION_MAGIC || h.buckets == 0 || h.list_count > REPUTATION_LISTS_MAX ||
	    h.text_bytes == 0 ||
	    !checked_inside(behind, (uint64_t)h.long_bytes + h.text_bytes, bytes.bytes) ||
	    bytes.data[behind + h.long_bytes + h.text_bytes - 1] != 0)
		return -EINVAL;
	for (uint32_t i = 0; i < h.list_count; i++) {
		if (h.list_names[i] >= h.text_bytes)
			return -EINVAL;
	}
	return buckets_are_sound(view) ? 0 : -EINVAL;
}

uint32_t
reputation_entries(const struct reputation_table *t)
{
	return header_of(t)->entries;
}

#define MIX_START UINT64_C(0x7265707574617469)

static inline uint64_t
mix(uint64_t state, uint64_t word)
{
	state = (state ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return state ^ state >> 32;
}

static inline uint64_t
load_8(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* The first `n` bytes of a word, which is little-endian. */
static inline uint64_t
first_bytes(uint64_t word, uint32_t n)
{
	return n < 8 ? word & ((UINT64_C(1) << 8 * n) - 1) : word;
}

/* Bytes that have a hash: at least eight, so that a word is read without a look past them. */
struct text {
	const uint8_t *bytes;
	uint32_t count;
	uint8_t few[8]; /* of fewer, a copy */
};

static inline void
text_init(struct text *t, const uint8_t *bytes, uint32_t count)
{
	t->bytes = bytes;
	t->count = count;
	if (count >= sizeof(t->few))
		return;
	memset(t->few, 0, sizeof(t->few));
	memcpy(t->few, bytes, count);
	t->bytes = t->few;
	t->count = sizeof(t->few);
}

/* What begins there; behind the text's end anything may follow. */
static inline uint64_t
word_at(const struct text *t, uint32_t from)
{
	uint32_t last = t->count - 8, at = from < last ? from : last;

	return load_8(t->bytes + at) >> (8 * (from - at) & 63);
}

/*
 * A label, or a segment of a path. One of up to 16 bytes takes no branch: how long they are nobody
 * foresees, and a branch that goes the other way costs as much as all of this.
 */
static inline uint64_t
mix_run(uint64_t state, const struct text *t, uint32_t from, uint32_t n)
{
	uint64_t first = first_bytes(word_at(t, from), n),
		 second = first_bytes(word_at(t, from + 8), n > 8 ? n - 8 : 0);

	state = mix(state + n, first ^ second * UINT64_C(0xd6e8feb86659fd93));
	for (uint32_t at = 16; at < n; at += 8)
		state = mix(state, first_bytes(word_at(t, from + at), n - at));
	return state;
}

static inline uint64_t
hash_of(uint64_t state)
{
	return state * UINT64_C(0xbf58476d1ce4e5b9);
}

/* Where a listed prefix may end next: with a segment, before the query, with the path. */
static uint32_t
next_border(const uint8_t *path, uint32_t from, uint32_t bytes)
{
	uint32_t n = from + 1 > 2 ? from + 1 : 2;

	while (n < bytes && path[n - 1] != '/' && path[n] != '/' && path[n] != '?')
		n++;
	return n < bytes ? n : bytes;
}

uint64_t
reputation_hash(const uint8_t *key, uint32_t host_bytes, uint32_t key_bytes)
{
	uint64_t state = MIX_START;
	uint32_t end = host_bytes, path_bytes = key_bytes - host_bytes;
	struct text t;

	text_init(&t, key, key_bytes);
	for (uint32_t i = host_bytes; i > 0; i--) {
		if (i > 1 && key[i - 2] != '.')
			continue;
		state = mix_run(state, &t, i - 1, end - (i - 1));
		end = i > 1 ? i - 2 : 0;
	}
	for (uint32_t from = 0, to; from < path_bytes; from = to) {
		to = next_border(key + host_bytes, from, path_bytes);
		state = mix_run(state, &t, host_bytes + from, to - from);
	}
	return hash_of(state);
}

/* Both of its lines, before it is looked into. */
static inline void
ask_for_bucket(const struct reputation_table *t, uint64_t hash)
{
	const struct reputation_bucket *b =
	    &buckets_of(t)[reputation_bucket_of(hash, header_of(t)->buckets)];

	__builtin_prefetch(b);
	__builtin_prefetch((const uint8_t *)b + sizeof(*b) / 2);
}

/* A host, and its parents before it: the hash of each. */
struct names {
	const uint8_t *host;
	uint32_t host_bytes, labels;
	uint64_t hashes[REPUTATION_LABELS_MAX]; /* from the label on */
	uint16_t begins[REPUTATION_LABELS_MAX]; /* of each label */
	uint64_t state;                         /* to go on from, with a path */
	bool is_address;                        /* it has no parents */
};

/* In a host that had to be brought to its spelling. */
static void
split_key(struct names *n, const struct reputation_key *k)
{
	n->host = k->bytes;
	n->host_bytes = k->host_bytes;
	n->is_address = k->is_address;
	n->begins[0] = 0;
	n->labels = 1;
	for (uint32_t i = 0; i < k->host_bytes; i++) {
		if (k->bytes[i] == '.')
			n->begins[n->labels++] = (uint16_t)(i + 1);
	}
}

static void
hash_names(const struct reputation_table *t, struct names *n)
{
	uint32_t end = n->host_bytes;
	struct text text;

	text_init(&text, n->host, n->host_bytes);
	n->state = MIX_START;
	for (uint32_t i = n->labels; i-- > 0;) {
		n->state = mix_run(n->state, &text, n->begins[i], end - n->begins[i]);
		n->hashes[i] = hash_of(n->state);
		end = n->begins[i] - 1u;
		if (!n->is_address || i == 0)
			ask_for_bucket(t, n->hashes[i]);
	}
}

/* Bytes 0x80 where `word` has the byte `tag`, of the tags. */
static inline uint64_t
equal_tags(uint64_t word, uint8_t tag)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint64_t x = word ^ tag * UINT64_C(0x0101010101010101);

	return ~(((x & low) + low) | x | low) & UINT64_C(0x0080808080808080);
}

/* The entry of that number in a bucket; its key. */
static inline struct span
entry_at(const struct reputation_table *t, const struct reputation_bucket *b, unsigned number,
    struct reputation_entry *e)
{
	const uint8_t *at = b->entries + b->at[number];
	struct reputation_long_key key;

	memcpy(e, at, sizeof(*e));
	at += sizeof(*e);
	if (e->key_bytes > 0)
		return span_of(at, e->key_bytes);
	memcpy(&key, at, sizeof(key));
	return span_of(long_keys_of(t) + key.at, key.bytes);
}

static bool
find(const struct reputation_table *t, uint64_t hash, const uint8_t *key, uint32_t bytes,
    struct reputation_entry *e)
{
	const struct reputation_bucket *buckets = buckets_of(t);
	uint32_t count = header_of(t)->buckets, i = reputation_bucket_of(hash, count);

	for (;;) {
		const struct reputation_bucket *b = &buckets[i];
		uint64_t word = load_8(b->tags);

		for (uint64_t equal = equal_tags(word, reputation_tag_of(hash)); equal != 0;
		     equal &= equal - 1) {
			struct span other = entry_at(t, b, (unsigned)__builtin_ctzll(equal) / 8, e);

			if (other.bytes == bytes && memcmp(other.data, key, bytes) == 0)
				return true;
		}
		if (!(word >> 56 & reputation_spill_of(hash)))
			return false;
		i = i + 1 < count ? i + 1 : 0;
	}
}

/* Whether the entry is an answer; else only paths below its host are listed. */
static bool
take(const struct reputation_table *t, const struct reputation_entry *e,
    struct reputation_answer *out)
{
	const struct reputation_header *h = header_of(t);

	if (e->list_kind % 4u == REPUTATION_UNKNOWN)
		return false;
	out->kind = e->list_kind % 4u;
	out->list =
	    (const char *)long_keys_of(t) + h->long_bytes + h->list_names[e->list_kind / 4u];
	out->line = e->line;
	return true;
}

/*
 * The host's entries with a path, the longest first. At most PATH_BORDERS_MAX prefixes and the
 * whole are tried, so that a path of slashes alone costs no more than others.
 */
static bool
find_paths(const struct reputation_table *t, const struct reputation_key *k, uint64_t state,
    uint32_t longest, struct reputation_answer *out)
{
	uint32_t borders[PATH_BORDERS_MAX + 1], count = 0;
	uint64_t hashes[PATH_BORDERS_MAX + 1];
	struct reputation_entry e;
	struct text text;

	text_init(&text, k->bytes, k->host_bytes + k->path_bytes);
	for (uint32_t from = 0, to; from < k->path_bytes; from = to) {
		to = next_border(k->bytes + k->host_bytes, from, k->path_bytes);
		if (to > longest)
			break;
		state = mix_run(state, &text, k->host_bytes + from, to - from);
		if (to < k->path_bytes && count >= PATH_BORDERS_MAX)
			continue;
		borders[count] = to;
		hashes[count] = hash_of(state);
		ask_for_bucket(t, hashes[count++]);
	}
	while (count-- > 0) {
		if (find(t, hashes[count], k->bytes, k->host_bytes + borders[count], &e) &&
		    take(t, &e, out))
			return true;
	}
	return false;
}

void
reputation_lookup(const struct reputation_table *t, struct span host, struct span path,
    struct reputation_answer *out)
{
	struct names n;
	struct reputation_entry e;
	struct reputation_key k;

	*out = (struct reputation_answer){ REPUTATION_UNKNOWN, NULL, 0 };
	n.host = host.data;
	n.host_bytes = (uint32_t)host.bytes;
	n.is_address = false;
	n.labels = reputation_labels(host, n.begins);
	if (n.labels == 0) {
		if (!reputation_key_host(&k, host))
			return;
		split_key(&n, &k);
	}
	hash_names(t, &n);
	for (uint32_t i = 0; i < (n.is_address ? 1 : n.labels); i++) {
		uint32_t at = n.begins[i];

		if (!find(t, n.hashes[i], n.host + at, n.host_bytes - at, &e))
			continue;
		if (i == 0 && e.path_bytes_max > 0 && reputation_key_host(&k, host)) {
			reputation_key_path(&k, path);
			if (find_paths(t, &k, n.state, e.path_bytes_max, out))
				return;
		}
		if (take(t, &e, out))
			return;
	}
}
