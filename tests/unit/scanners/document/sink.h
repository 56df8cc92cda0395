/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reader or a writer of documents gives, piece by piece, put together. */
#ifndef SLUICE_TESTS_DOCUMENT_SINK_H
#define SLUICE_TESTS_DOCUMENT_SINK_H

#include "common/base/span.h"

#define SINK_BYTES 512

struct sink {
	uint8_t bytes[SINK_BYTES];
	size_t used, room;
};

/* False: it has no room for these; `arg` is the sink. */
static inline bool
sink_take(void *arg, struct span bytes)
{
	struct sink *s = arg;

	if (bytes.bytes > s->room - s->used)
		return false;
	memcpy(s->bytes + s->used, bytes.data, bytes.bytes);
	s->used += bytes.bytes;
	return true;
}

#endif
