/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reputation table, byte by byte: header, `buckets` buckets, `groups` displacements,
 * `long_bytes` of keys that are too long for a bucket, then text. A key is a host, or the place of
 * a host's entry with a path prefix of it behind ("/dir/"), both in the spelling of key.c. Lists
 * are numbered; their names are text.
 *
 * What a look-up costs is waiting for memory, so all that it asks of a key lies in one place, two
 * cache lines that its hash alone tells: eight bytes that nearly always say no, and behind them the
 * entries, each with its key. Where a bucket is full, the entry stands in the next that has room
 * (the first follows the last), and each that it passed says so, in one of eight bits. The paths of
 * a host that has few stand around it, so that they are asked for before it is known whether it is
 * listed; those of one that has many stand all over the table.
 *
 * Hosts and their paths would lie in heaps, beside places that are empty, if their hashes alone
 * told where: a look-up among URLs then walked over several buckets. So hosts are in groups, and of
 * each group a byte tells how far its hosts are displaced (after Belazzougui, Botelho,
 * Dietzfelbinger: Hash, displace, and compress, 2009); sluice-sigc chooses it such that they find
 * room. These bytes are few, so that they stay in a core's cache.
 */
#ifndef SLUICE_REPUTATION_TABLE_H
#define SLUICE_REPUTATION_TABLE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"

#define REPUTATION_MAGIC     0x52455055u
#define REPUTATION_LISTS_MAX 64
#define REPUTATION_KEY_MAX   1024 /* of host and path: longer ones are compared to there only */
#define REPUTATION_HOST_MAX  255

struct reputation_header {
	uint32_t magic, buckets, entries, long_bytes;
	uint32_t text_bytes, list_count;
	uint32_t list_names[REPUTATION_LISTS_MAX]; /* offsets into the text */
	uint32_t near; /* buckets from a host's own on that its paths may belong to; 0: no paths */
	uint32_t groups;    /* of hosts; a power of two */
	uint32_t unused[8]; /* so that no bucket lies in three lines */
};

#define REPUTATION_GROUPS_MAX (1u << 15)

#define REPUTATION_TAGS         7
#define REPUTATION_BUCKET_BYTES 112
#define REPUTATION_SHORT_MAX    50 /* bytes of a key: two such have room, without paths */

struct reputation_bucket {
	uint8_t tags[REPUTATION_TAGS]; /* of its entries in their order; 0: there is no more */
	uint8_t spilled;             /* reputation_spill_of() those that the next bucket may have */
	uint8_t at[REPUTATION_TAGS]; /* where each entry begins */
	uint8_t unused;
	uint8_t entries[REPUTATION_BUCKET_BYTES];
};

/*
 * Not aligned, and without the bytes that fill it up. Behind each its key, or, of a long key, where
 * that is; behind that, of a host that has paths, which.
 */
struct reputation_entry {
	uint32_t line;
	uint8_t key_flags; /* bytes of its key, 0: it is a long one; REPUTATION_HAS_PATHS */
	uint8_t list_kind; /* list * 4 + enum reputation_kind; UNKNOWN: only its paths are listed */
};

#define REPUTATION_ENTRY_BYTES 6
#define REPUTATION_HAS_PATHS   0x80u

struct reputation_long_key {
	uint32_t at, bytes;
};

static_assert(sizeof(struct reputation_header) % 64 == 0, "buckets begin where lines do");
static_assert(sizeof(struct reputation_bucket) == 128, "a bucket is two lines");
static_assert(2 * (REPUTATION_ENTRY_BYTES + REPUTATION_SHORT_MAX) <= REPUTATION_BUCKET_BYTES,
    "two of the longest keys have room");

/*
 * What a host's entry tells of its paths, not aligned either. `filter`: two bits for each, see
 * reputation_filter_of(), so that what has the host says of nearly every other path that it is not
 * listed, unless it has dozens that are. `listed`: bit i that one is which is the i-th prefix of
 * itself, as borders are counted from 0, the last bit also for all behind; and over how many
 * buckets they are spread, 1, 2 or 4 from the host's own on, else over all.
 */
struct reputation_paths {
	uint64_t filter;
	uint16_t listed;
};

#define REPUTATION_PATHS_BYTES 10
#define REPUTATION_PATH_BITS   14
#define REPUTATION_SPREAD_ALL  3u
#define REPUTATION_NEAR_MAX    (1u << (REPUTATION_SPREAD_ALL - 1))

/* The bit of the prefix that ends at that border. */
static inline uint32_t
reputation_path_bit(uint32_t border)
{
	return border < REPUTATION_PATH_BITS ? border : REPUTATION_PATH_BITS - 1;
}

/* Bytes that the key of an entry has in its bucket; 0: it is a long one, which is elsewhere. */
static inline uint32_t
reputation_short_bytes(const struct reputation_entry *e)
{
	return e->key_flags & ~REPUTATION_HAS_PATHS;
}

/* Where in an entry with such a key the paths would begin; bytes that the entry takes. */
static inline uint32_t
reputation_paths_at(uint32_t key_bytes)
{
	bool is_long = key_bytes == 0 || key_bytes > REPUTATION_SHORT_MAX;

	return REPUTATION_ENTRY_BYTES +
	       (is_long ? (uint32_t)sizeof(struct reputation_long_key) : key_bytes);
}

static inline uint32_t
reputation_entry_bytes(uint32_t key_bytes, bool has_paths)
{
	return reputation_paths_at(key_bytes) + (has_paths ? REPUTATION_PATHS_BYTES : 0);
}

/* Bytes of a path's key before the path: the place of the host's entry, see reputation_place(). */
#define REPUTATION_PLACE_BYTES ((uint32_t)sizeof(uint32_t))

/* Which entry: the bucket's number and its own in it; that of no other. */
static inline uint32_t
reputation_place(uint32_t bucket, uint32_t number)
{
	return bucket * 8 + number;
}

/* key.c: a host and a path in the one spelling that lists and requests share. */
struct reputation_key {
	uint8_t bytes[REPUTATION_KEY_MAX]; /* host, then path from '/' on */
	uint32_t host_bytes, path_bytes;
	bool is_address; /* the host is: it has no parent domains */
};
/* False: no host. No path yet. */
bool reputation_key_host(struct reputation_key *k, struct span host);
/* Puts it behind the host; it may hold a query, and a fragment, which is left out. */
void reputation_key_path(struct reputation_key *k, struct span path);

/*
 * The hash of a key: its host label by label from the last to the first, so that on the way those
 * of its parent domains are met, then its path. Keys are of lists that an operator chose, so no
 * secret is needed: who asks for a host cannot put one in.
 */
uint64_t reputation_hash(const uint8_t *key, uint32_t host_bytes, uint32_t key_bytes);

/*
 * borders.c: where prefixes of a path end that are looked for: behind and before a slash, before a
 * query, at its end; none at 1 but the end. `path` has REPUTATION_BLOCK bytes behind its own that
 * may be read, whatever they hold.
 */
#define REPUTATION_BLOCK 64
struct reputation_borders {
	const uint8_t *path;
	uint32_t bytes;
	uint32_t block; /* where the bits' first stands */
	uint64_t bits;  /* those that are to come, of this block */
};
void reputation_borders_init(struct reputation_borders *b, const uint8_t *path, uint32_t bytes);
/* The next; not to be asked behind the last, which is the path's end. */
uint32_t reputation_next_border(struct reputation_borders *b);

/*
 * Whether a path is spelt as its key is, as nearly all are; false: it may be spelt otherwise. It
 * too reads behind the path.
 */
bool reputation_path_is_plain(const uint8_t *path, uint32_t bytes);

#define REPUTATION_LABELS_MAX (REPUTATION_HOST_MAX + 2) /* some may be empty */

/*
 * borders.c: where each label of a host begins that is spelt as its key is, as nearly all are; how
 * many there are. 0: it may be spelt otherwise.
 */
uint32_t reputation_labels(struct span host, uint16_t begins[REPUTATION_LABELS_MAX]);

/*
 * Where a key belongs, by the upper half of its hash, and in which group it is; its tag, by the
 * lowest byte; the bit that is set where it stands further on.
 */
static inline uint32_t
reputation_bucket_of(uint64_t hash, uint32_t buckets)
{
	return (uint32_t)((hash >> 32) * buckets >> 32);
}

static inline uint32_t
reputation_group_of(uint64_t hash, uint32_t groups)
{
	return (uint32_t)(hash >> 11) & (groups - 1);
}

/* Where a host belongs whose group is displaced by that much. */
static inline uint32_t
reputation_host_bucket(uint64_t hash, uint8_t displacement, uint32_t buckets)
{
	return reputation_bucket_of(hash + displacement * (UINT64_C(0x9e3779b9) << 32), buckets);
}

/*
 * Where a path of the host that stands there belongs; `listed` is of the host's entry. Another
 * displacement spreads it otherwise, too.
 */
static inline uint32_t
reputation_path_bucket(
    uint64_t hash, uint32_t host_bucket, uint8_t displacement, uint16_t listed, uint32_t buckets)
{
	uint32_t spread = (uint32_t)listed >> REPUTATION_PATH_BITS, at;

	if (spread == REPUTATION_SPREAD_ALL)
		return reputation_bucket_of(hash, buckets);
	at = host_bucket + ((uint32_t)(hash >> (16 + displacement % 16)) & ((1u << spread) - 1));
	return at < buckets ? at : at % buckets;
}

/*
 * The bits of a path in its host's filter. By the upper twelve of its hash, which neither its tag
 * nor its place near its host tells: so a path that has both as another has them has other bits.
 */
static inline uint64_t
reputation_filter_of(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 58) | UINT64_C(1) << (hash >> 52 & 63);
}

static inline uint8_t
reputation_spill_of(uint64_t hash)
{
	return (uint8_t)(1u << (hash >> 8 & 7));
}

static inline uint8_t
reputation_tag_of(uint64_t hash)
{
	return (uint8_t)((uint8_t)hash + ((uint8_t)hash == 0));
}

#endif
