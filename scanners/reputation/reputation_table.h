/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reputation table, byte by byte: header, `slots` slots (a power of two, open addressing,
 * linear probing), then `record_bytes` of records, then text. A key is a host, or a host with a
 * path prefix ("bad.example/dir/"), in the spelling of key.c. Lists are numbered; their names are
 * text. Records stand in the order of their slots, each from a multiple of four on, so that a table
 * is checked from its start to its end and what a look-up needs lies in two places of memory: eight
 * bytes that say no, or where the record is, and that.
 */
#ifndef SLUICE_REPUTATION_TABLE_H
#define SLUICE_REPUTATION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"

#define REPUTATION_MAGIC     0x52455055u
#define REPUTATION_LISTS_MAX 64
#define REPUTATION_KEY_MAX   1024 /* longer paths are compared by their first bytes only */
#define REPUTATION_HOST_MAX  255

struct reputation_header {
	uint32_t magic, slots, entries, record_bytes;
	uint32_t text_bytes, list_count;
	uint32_t list_names[REPUTATION_LISTS_MAX]; /* offsets into the text */
};

struct reputation_slot {
	uint32_t hash;
	uint32_t record; /* its offset / 4, and 1; 0: the slot is empty */
};

struct reputation_record {
	uint32_t line;
	uint16_t key_bytes;
	uint16_t path_bytes_max; /* a host's: the longest path listed below it, 0: none */
	uint8_t list, kind;      /* enum reputation_kind; UNKNOWN: only its paths are listed */
	uint8_t key[];
};
#define REPUTATION_RECORD_BYTES(key_bytes) \
	((offsetof(struct reputation_record, key) + (key_bytes) + 3) & ~(size_t)3)

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
 * The hash of a key: its host from the end to the start, so that on the way those of its parent
 * domains are met, then its path. Keys are of lists that an operator chose, so no secret is needed:
 * who asks for a host cannot put one in.
 */
static inline uint64_t
reputation_mix(uint64_t state, uint8_t byte)
{
	return (state ^ byte) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint32_t
reputation_hash_of(uint64_t state)
{
	state ^= state >> 29;
	return (uint32_t)((state * UINT64_C(0xbf58476d1ce4e5b9)) >> 32);
}

uint32_t reputation_hash(const uint8_t *key, uint32_t host_bytes, uint32_t key_bytes);

#endif
