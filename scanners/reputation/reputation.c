/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look-ups from the most specific form of a URL to the least; see reputation.h. What they cost is
 * waiting for memory, so the buckets of a host and all its parents are asked for at once, with
 * those that the host's paths most likely have; a key is compared where its bucket says that it may
 * be; and a path that has to be brought to its spelling is, where the host has some listed.
 */
#include "scanners/reputation/reputation.h"

#include <errno.h>

#include "common/base/checked.h"
#include "scanners/reputation/reputation_table.h"

#define PATH_BORDERS_MAX 64
/* A path that is longer is not looked at before its host is found; any of it has room there. */
#define PLAIN_PATH_MAX 256
static_assert(PLAIN_PATH_MAX + 4 <= REPUTATION_KEY_MAX - REPUTATION_HOST_MAX, "it is not cut");

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
displacements_of(const struct reputation_table *t)
{
	return (const uint8_t *)(buckets_of(t) + header_of(t)->buckets);
}

static const uint8_t *
long_keys_of(const struct reputation_table *t)
{
	return displacements_of(t) + header_of(t)->groups;
}

/* Lies inside its bucket and names what there is. */
static bool
entry_is_sound(const struct reputation_header *h, const struct reputation_bucket *b, unsigned at)
{
	struct reputation_entry e;
	struct reputation_long_key key;
	uint32_t key_bytes;
	bool has_paths;

	if (!checked_inside(b->at[at], REPUTATION_ENTRY_BYTES, REPUTATION_BUCKET_BYTES))
		return false;
	memcpy(&e, b->entries + b->at[at], REPUTATION_ENTRY_BYTES);
	key_bytes = reputation_short_bytes(&e);
	has_paths = (e.key_flags & REPUTATION_HAS_PATHS) != 0;
	if (e.list_kind / 4u >= h->list_count || e.list_kind % 4u > REPUTATION_BAD ||
	    key_bytes > REPUTATION_SHORT_MAX ||
	    !checked_inside(
		b->at[at], reputation_entry_bytes(key_bytes, has_paths), REPUTATION_BUCKET_BYTES))
		return false;
	if (key_bytes > 0)
		return true;
	memcpy(&key, b->entries + b->at[at] + REPUTATION_ENTRY_BYTES, sizeof(key));
	return checked_inside(key.at, key.bytes, h->long_bytes);
}

/* `entries` becomes less by its own. Behind them no tag stands: a search looks at all. */
static bool
bucket_is_sound(
    const struct reputation_header *h, const struct reputation_bucket *b, uint32_t *entries)
{
	unsigned used = 0;

	for (; used < REPUTATION_TAGS && b->tags[used] != 0; used++) {
		if (*entries == 0 || !entry_is_sound(h, b, used))
			return false;
		--*entries;
	}
	while (used < REPUTATION_TAGS && b->tags[used] == 0)
		used++;
	return used == REPUTATION_TAGS;
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

static bool
groups_are_sound(uint32_t groups)
{
	return groups != 0 && groups <= REPUTATION_GROUPS_MAX && (groups & (groups - 1)) == 0;
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
	behind = sizeof(h) + (uint64_t)h.buckets * sizeof(struct reputation_bucket) + h.groups;
	if (h.magic != REPUTATION_MAGIC || h.buckets == 0 || !groups_are_sound(h.groups) ||
	    h.list_count > REPUTATION_LISTS_MAX || h.text_bytes == 0 ||
	    h.near > REPUTATION_NEAR_MAX ||
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

uint64_t
reputation_hash(const uint8_t *key, uint32_t host_bytes, uint32_t key_bytes)
{
	uint64_t state = MIX_START;
	uint32_t end = host_bytes, path_bytes = key_bytes - host_bytes;
	uint8_t path[REPUTATION_KEY_MAX + REPUTATION_BLOCK] = { 0 };
	struct reputation_borders borders;
	struct text t;

	text_init(&t, key, key_bytes);
	for (uint32_t i = host_bytes; i > 0; i--) {
		if (i > 1 && key[i - 2] != '.')
			continue;
		state = mix_run(state, &t, i - 1, end - (i - 1));
		end = i > 1 ? i - 2 : 0;
	}
	memcpy(path, key + host_bytes, path_bytes);
	reputation_borders_init(&borders, path, path_bytes);
	for (uint32_t from = 0, to; from < path_bytes; from = to) {
		to = reputation_next_border(&borders);
		state = mix_run(state, &t, host_bytes + from, to - from);
	}
	return hash_of(state);
}

/* Both of its lines, before it is looked into. */
static inline void
ask_for_bucket(const struct reputation_table *t, uint32_t bucket)
{
	const struct reputation_bucket *b = &buckets_of(t)[bucket];

	__builtin_prefetch(b);
	__builtin_prefetch((const uint8_t *)b + sizeof(*b) / 2);
}

/* A host, and its parents before it: the hash of each. */
struct names {
	const uint8_t *host;
	uint32_t host_bytes, labels;
	uint64_t hashes[REPUTATION_LABELS_MAX];  /* from the label on */
	uint32_t buckets[REPUTATION_LABELS_MAX]; /* where it belongs */
	uint16_t begins[REPUTATION_LABELS_MAX];  /* of each label */
	uint64_t state;                          /* to go on from, with a path */
	uint8_t displacement;                    /* of the whole host's group */
	bool is_address;                         /* it has no parents */
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
	uint32_t buckets = header_of(t)->buckets, near = header_of(t)->near;
	uint32_t groups = header_of(t)->groups;
	const uint8_t *displacements = displacements_of(t);
	struct text text;

	text_init(&text, n->host, n->host_bytes);
	n->state = MIX_START;
	for (uint32_t i = n->labels; i-- > 0;) {
		n->state = mix_run(n->state, &text, n->begins[i], end - n->begins[i]);
		n->hashes[i] = hash_of(n->state);
		end = n->begins[i] - 1u;
		n->displacement = displacements[reputation_group_of(n->hashes[i], groups)];
		n->buckets[i] = reputation_host_bucket(n->hashes[i], n->displacement, buckets);
		if (!n->is_address || i == 0)
			ask_for_bucket(t, n->buckets[i]);
	}
	for (uint32_t i = 1; i < near && n->buckets[0] + i < buckets; i++)
		ask_for_bucket(t, n->buckets[0] + i);
}

/* Bytes 0x80 where `word` has the byte `tag`, of the tags. */
static inline uint64_t
equal_tags(uint64_t word, uint8_t tag)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint64_t x = word ^ tag * UINT64_C(0x0101010101010101);

	return ~(((x & low) + low) | x | low) & UINT64_C(0x0080808080808080);
}

/* What was found, and where: reputation_place(). */
struct found {
	struct reputation_entry entry;
	uint32_t place;
	const uint8_t *at; /* in its bucket */
};

/* The entry of that number in a bucket; its key. */
static inline struct span
entry_at(const struct reputation_table *t, const struct reputation_bucket *b, unsigned number,
    struct found *f)
{
	struct reputation_long_key key;
	uint32_t bytes;

	f->at = b->entries + b->at[number];
	memcpy(&f->entry, f->at, REPUTATION_ENTRY_BYTES);
	bytes = reputation_short_bytes(&f->entry);
	if (bytes > 0)
		return span_of(f->at + REPUTATION_ENTRY_BYTES, bytes);
	memcpy(&key, f->at + REPUTATION_ENTRY_BYTES, sizeof(key));
	return span_of(long_keys_of(t) + key.at, key.bytes);
}

/* The key that has that hash, from the bucket on that it belongs to. */
static bool
find(const struct reputation_table *t, uint64_t hash, uint32_t bucket, struct span key,
    struct found *f)
{
	const struct reputation_bucket *buckets = buckets_of(t);
	uint32_t count = header_of(t)->buckets, i = bucket;

	for (;;) {
		const struct reputation_bucket *b = &buckets[i];
		uint64_t word = load_8(b->tags);

		for (uint64_t equal = equal_tags(word, reputation_tag_of(hash)); equal != 0;
		     equal &= equal - 1) {
			unsigned number = (unsigned)__builtin_ctzll(equal) / 8;
			struct span other = entry_at(t, b, number, f);

			if (other.bytes != key.bytes ||
			    memcmp(other.data, key.data, key.bytes) != 0)
				continue;
			f->place = reputation_place(i, number);
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

/* A path behind the place of its host, and what may be read behind it. */
struct path_key {
	uint8_t bytes[REPUTATION_PLACE_BYTES + REPUTATION_KEY_MAX + REPUTATION_BLOCK];
	uint32_t path_bytes; /* 0: it is not yet in its spelling */
};

static void
put_path(struct path_key *p, const uint8_t *path, uint32_t bytes)
{
	p->path_bytes = bytes;
	memcpy(p->bytes + REPUTATION_PLACE_BYTES, path, bytes);
	memset(p->bytes + REPUTATION_PLACE_BYTES + bytes, 0, REPUTATION_BLOCK);
}

/* In its one spelling, where that is the one that it has: of most, and at once. */
static void
take_plain_path(struct path_key *p, struct span path)
{
	if (path.bytes == 0 || path.bytes > PLAIN_PATH_MAX)
		return;
	put_path(p, path.data, (uint32_t)path.bytes);
	if (!reputation_path_is_plain(p->bytes + REPUTATION_PLACE_BYTES, p->path_bytes))
		p->path_bytes = 0;
}

static void
spell_path(struct path_key *p, uint32_t host_bytes, struct span path)
{
	struct reputation_key k;

	k.host_bytes = host_bytes;
	reputation_key_path(&k, path);
	put_path(p, k.bytes + host_bytes, k.path_bytes);
}

/* Where prefixes of a path end that may be listed, each with its hash, the shortest first. */
struct prefixes {
	uint32_t count;
	uint16_t ends[PATH_BORDERS_MAX + 1];
	uint64_t hashes[PATH_BORDERS_MAX + 1];
};

/*
 * Those of borders where the host has some that are listed, and which its filter does not know to
 * be others. At most PATH_BORDERS_MAX and the whole are looked for, so that a path of slashes alone
 * costs no more than others.
 */
static void
find_prefixes(struct prefixes *x, const struct path_key *p, uint64_t state,
    const struct reputation_paths *paths)
{
	uint32_t listed = paths->listed & ((1u << REPUTATION_PATH_BITS) - 1);
	struct reputation_borders borders;
	struct text text;
	uint32_t border = 0, looked_for = 0;

	text_init(&text, p->bytes, REPUTATION_PLACE_BYTES + p->path_bytes);
	reputation_borders_init(&borders, p->bytes + REPUTATION_PLACE_BYTES, p->path_bytes);
	x->count = 0;
	for (uint32_t from = 0, to; from < p->path_bytes; from = to, border++) {
		uint32_t may = listed >> reputation_path_bit(border);
		uint64_t hash;

		if (may == 0)
			return;
		to = reputation_next_border(&borders);
		state = mix_run(state, &text, REPUTATION_PLACE_BYTES + from, to - from);
		if (!(may & 1) || (to < p->path_bytes && looked_for++ >= PATH_BORDERS_MAX))
			continue;
		hash = hash_of(state);
		x->ends[x->count] = (uint16_t)to;
		x->hashes[x->count] = hash;
		if ((reputation_filter_of(hash) & ~paths->filter) == 0)
			x->count++;
	}
}

/* The host's entries with a path, the longest first. */
static bool
find_paths(const struct reputation_table *t, const struct names *n, const struct found *host,
    const struct path_key *p, struct reputation_answer *out)
{
	uint32_t buckets = header_of(t)->buckets;
	uint32_t places[PATH_BORDERS_MAX + 1];
	struct reputation_paths paths;
	struct prefixes x;
	struct found f;

	memcpy(&paths, host->at + reputation_paths_at(reputation_short_bytes(&host->entry)),
	    REPUTATION_PATHS_BYTES);
	find_prefixes(&x, p, n->state, &paths);
	for (uint32_t i = 0; i < x.count; i++) {
		places[i] = reputation_path_bucket(
		    x.hashes[i], n->buckets[0], n->displacement, paths.listed, buckets);
		ask_for_bucket(t, places[i]);
	}
	while (x.count-- > 0) {
		struct span key = span_of(p->bytes, REPUTATION_PLACE_BYTES + x.ends[x.count]);

		if (find(t, x.hashes[x.count], places[x.count], key, &f) && take(t, &f.entry, out))
			return true;
	}
	return false;
}

void
reputation_lookup(const struct reputation_table *t, struct span host, struct span path,
    struct reputation_answer *out)
{
	struct names n;
	struct found f;
	struct reputation_key k;
	struct path_key p; /* large, and most of it never written */

	*out = (struct reputation_answer){ REPUTATION_UNKNOWN, NULL, 0 };
	n.host = host.data;
	n.host_bytes = (uint32_t)host.bytes;
	n.is_address = false;
	p.path_bytes = 0;
	n.labels = reputation_labels(host, n.begins);
	if (n.labels == 0) {
		if (!reputation_key_host(&k, host))
			return;
		split_key(&n, &k);
	}
	hash_names(t, &n);
	if (header_of(t)->near > 0) /* while the buckets are on their way */
		take_plain_path(&p, path);
	for (uint32_t i = 0; i < (n.is_address ? 1 : n.labels); i++) {
		uint32_t at = n.begins[i];
		struct span key = span_of(n.host + at, n.host_bytes - at);

		if (!find(t, n.hashes[i], n.buckets[i], key, &f))
			continue;
		if (i == 0 && (f.entry.key_flags & REPUTATION_HAS_PATHS) != 0) {
			if (p.path_bytes == 0)
				spell_path(&p, n.host_bytes, path);
			memcpy(p.bytes, &f.place, sizeof(f.place));
			if (find_paths(t, &n, &f, &p, out))
				return;
		}
		if (take(t, &f.entry, out))
			return;
	}
}
