/* SPDX-License-Identifier: BSD-3-Clause */
/* What a RAR's header says of one of its files, whichever of the two formats it has. */
#ifndef SLUICE_ARCHIVE_RAR_H
#define SLUICE_ARCHIVE_RAR_H

#include "common/base/span.h"

struct rar_member {
	struct span name; /* of RAR 4 in the bytes of its host, without what stands behind a NUL */
	uint64_t packed_bytes, bytes;
	uint32_t crc; /* 0: none is told */
	bool is_encrypted;
};

#endif
