/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reputation table, byte by byte: header, `slots` entries (a power of two, open addressing,
 * linear probing), then text. A key is a host, or a host with a path prefix ("bad.example/dir/"):
 * in the spelling of key.c. Lists are numbered; their names are text too.
 */
#ifndef SLUICE_REPUTATION_TABLE_H
#define SLUICE_REPUTATION_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"

#define REPUTATION_MAGIC     0x52455054u
#define REPUTATION_LISTS_MAX 64
#define REPUTATION_KEY_MAX   1024 /* longer paths are compared by their first bytes only */
#define REPUTATION_HOST_MAX  255

struct reputation_header {
	uint32_t magic, slots, entries, text_bytes;
	uint32_t list_count, unused;
	uint32_t list_names[REPUTATION_LISTS_MAX]; /* offsets into the text */
};

struct reputation_entry {
	uint32_t hash;           /* 0: the slot is empty */
	uint32_t key, key_bytes; /* in the text */
	uint32_t line;
	uint8_t list, kind;      /* enum reputation_kind; UNKNOWN: only its paths are listed */
	uint16_t path_bytes_max; /* a host's: the longest path listed below it, 0: none */
};

/* key.c: a host and a path in the one spelling that lists and requests share. */
struct reputation_key {
	uint8_t bytes[REPUTATION_KEY_MAX]; /* host, then path from '/' on */
	uint32_t host_bytes, path_bytes;
	bool is_address; /* the host is: it has no parent domains */
};
/* False: no host. `path` may hold a query, and a fragment, which is left out. */
bool reputation_key_make(struct reputation_key *k, struct span host, struct span path);

uint32_t reputation_hash(const uint8_t *key, uint32_t bytes);

#endif
