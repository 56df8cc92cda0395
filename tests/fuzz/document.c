/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parsers of documents, one target for all: the first byte chooses. Whatever the bytes, what
 * comes out lies within them or within its bound, and every walk ends.
 */
/* fuzz-links: scanners/document common/base */
#include <assert.h>
#include <string.h>

#include "scanners/document/vba.h"

static void
try_ole(struct span s)
{
	struct ole_entry e;
	struct ole o;

	if (ole_open(&o, s) != 0)
		return;
	for (uint32_t i = 0; i < ole_entries(&o) && i < 64; i++) {
		struct ole_walk w;
		struct span piece;
		uint64_t bytes = 0;

		if (!ole_entry(&o, i, &e))
			continue;
		assert(strlen(e.name) < OLE_NAME_MAX);
		ole_walk(&o, &e, &w);
		while (ole_next(&o, &w, &piece))
			bytes += piece.bytes;
		assert(bytes + w.left == e.bytes && bytes <= s.bytes);
	}
	ole_close(&o);
}

static void
try_vba(struct span s)
{
	static uint8_t chunk[VBA_CHUNK_BYTES];
	struct vba_module m;
	struct vba_reader r;
	size_t bytes, at = 0, found = 0;

	for (bool more = vba_begin(&r, s); more && vba_next(&r, chunk, &bytes);)
		assert(bytes <= sizeof(chunk) && r.at <= s.bytes);
	while (vba_next_module(s, &at, &m))
		assert(strlen(m.stream) < OLE_NAME_MAX);
	for (; (found = vba_find(s, found)) != SIZE_MAX; found++)
		assert(found < s.bytes);
}

static void
try_native(struct span s)
{
	struct span file = ole_native_file(s);

	assert(file.bytes == 0 || (file.data >= s.data && file.bytes <= s.bytes));
	ole_says_encrypted("Workbook", s);
	ole_says_encrypted("WordDocument", s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static void (*const parsers[])(struct span) = { try_ole, try_vba, try_native };
	struct span rest = span_from(span_of(data, bytes), 1);

	if (rest.bytes > 0)
		parsers[data[0] % (sizeof(parsers) / sizeof(parsers[0]))](rest);
	return 0;
}
