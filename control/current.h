/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the generation file holds, read from its section table alone: its databases are neither
 * loaded nor checked, which is the dataplane's work. Numbers for people.
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

#endif
