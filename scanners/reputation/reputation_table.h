/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reputation table, byte by byte: header, `slots` entries (a power of two, open addressing,
 * linear probing), then text. A key is a host, or a host with a path prefix ("bad.example/dir/"):
 * lower-case host. Lists are numbered; their names are text too.
 */
#ifndef SLUICE_REPUTATION_TABLE_H
#define SLUICE_REPUTATION_TABLE_H

#include <stdint.h>

#define REPUTATION_MAGIC     0x52455054u
#define REPUTATION_LISTS_MAX 64
#define REPUTATION_KEY_MAX   1024 /* longer paths are compared by their first bytes only */

struct reputation_header {
	uint32_t magic, slots, entries, text_bytes;
	uint32_t list_count, unused;
	uint32_t list_names[REPUTATION_LISTS_MAX]; /* offsets into the text */
};

struct reputation_entry {
	uint32_t hash;           /* 0: the slot is empty */
	uint32_t key, key_bytes; /* in the text */
	uint32_t line;
	uint8_t list, kind; /* enum reputation_kind */
	uint16_t unused;
};

uint32_t reputation_hash(const uint8_t *key, uint32_t bytes);

#endif
