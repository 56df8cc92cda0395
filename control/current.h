/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the generation file holds, read from its section table alone: its databases are neither
 * loaded nor checked, which is the dataplane's work. Numbers for people, and where
 * a signature stands.
 */
#ifndef SLUICE_CONTROL_CURRENT_H
#define SLUICE_CONTROL_CURRENT_H

#include <stdint.h>

struct current_facts {
	uint64_t id;
	uint32_t literals, digests_bad, digests_good, reputation_entries;
};

/* -errno; -EINVAL: it is no such file, or of another version. */
int current_read(const char *path, struct current_facts *out);

/* A line of a source; of a directory's files the path below it, of others the name. */
struct current_place {
	char file[256];
	uint32_t line; /* 0: the signature is built in */
};
/*
 * Where the signature of this name stands; several may have it. How many were put into `out`, at
 * most `max`; -EINVAL as above, or where the file is damaged.
 */
int current_find(const char *path, const char *name, struct current_place *out, unsigned max);

#endif
