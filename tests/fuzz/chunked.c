/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: dataplane/http common/base
 *
 * Chunked framing, whole and cut at every byte: the same end, the same data, and what is called
 * data lies inside the input.
 */
#include <assert.h>

#include "dataplane/http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum chunk_event end;
	uint64_t bytes, hash;
	bool ieof;
};

static struct outcome
read_all(struct span input, size_t step)
{
	struct outcome o = { CHUNK_MORE, 0, 0xcbf29ce484222325u, false };
	struct chunk_parser p;

	chunk_init(&p);
	for (size_t used = 0; used < input.bytes && o.end == CHUNK_MORE; used += step) {
		struct span piece = span_first(span_from(input, used), step), run;
		size_t at = 0;

		while ((o.end = chunk_next(&p, piece, &at, &run)) == CHUNK_DATA) {
			assert(run.bytes > 0 && run.data >= piece.data &&
			       run.data + run.bytes <= piece.data + piece.bytes);
			for (size_t i = 0; i < run.bytes; i++)
				o.hash = (o.hash ^ run.data[i]) * 0x100000001b3u;
			o.bytes += run.bytes;
		}
		assert(at <= piece.bytes);
	}
	o.ieof = chunk_saw_ieof(&p);
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, cut;

	if (size == 0)
		return -1;
	whole = read_all(span_of(data, size), size);
	cut = read_all(span_of(data, size), 1);
	assert(whole.end == cut.end && whole.bytes == cut.bytes && whole.hash == cut.hash);
	assert(whole.ieof == cut.ieof);
	return 0;
}
