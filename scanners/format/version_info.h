/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Version information of a PE program: strings like "CompanyName" in its resources
 * (Microsoft PE/COFF §6.9, VS_VERSIONINFO and its children in the Windows API), for signatures that
 * must begin where one's key does. No allocation; rows of hostile tables are looked at a bounded
 * number of times.
 */
#ifndef SLUICE_VERSION_INFO_H
#define SLUICE_VERSION_INFO_H

#include <stdbool.h>

#include "scanners/format/program.h"

#define VERSION_INFO_MAX 8 /* resources of that type; others are not looked at */

/* Where the resources lie that say VS_VERSION_INFO, in a whole program. Returns how many. */
unsigned version_info_find(struct span whole, struct program_section out[VERSION_INFO_MAX]);

/* Whether one of its strings has its key at that offset of the program; `where` is one of those. */
bool version_info_has_key_at(struct span whole, const struct program_section *where, uint64_t at);

#endif
