/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: dataplane/http scanners/decode common/base
 *
 * Multipart bodies, whole, cut at every byte and into pieces of a length that the input tells: the
 * same parts, the same data, every span inside its input or what the parser holds; and the transfer
 * encodings of what came out, likewise. The first line is the Content-Type; of a message, its head
 * may tell of parts.
 */
#include <assert.h>
#include <stdlib.h>

#include "dataplane/http/http.h"
#include "scanners/decode/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	uint64_t parts, ends, bytes, decoded;
	uint64_t names_hash, sent_hash, decoded_hash;
};

struct reader {
	struct multipart parser;
	struct transfer transfer;
	struct outcome seen;
	bool in_part, last, in_message;
};

static void
add(uint64_t *hash, const void *bytes, size_t count)
{
	const uint8_t *data = bytes;

	for (size_t i = 0; i < count; i++)
		*hash = (*hash ^ data[i]) * 0x100000001b3u;
}

static void
part_begins(struct reader *r)
{
	char name[64 + 8];
	size_t n;

	assert(!r->in_part);
	memset(name, 0x5a, sizeof(name));
	n = http_part_filename(multipart_field(&r->parser, MULTIPART_DISPOSITION),
	    multipart_field(&r->parser, MULTIPART_TYPE), name, 64);
	assert(n <= 64 && name[64] == 0x5a);
	add(&r->seen.names_hash, name, n);
	transfer_init(
	    &r->transfer, transfer_coding_of(multipart_field(&r->parser, MULTIPART_ENCODING)));
	r->in_part = true;
	r->seen.parts++;
}

static void
part_data(struct reader *r, struct span data)
{
	uint8_t out[16];
	size_t at = 0, n;

	assert(r->in_part && data.bytes > 0 && !r->last);
	r->last = r->parser.data_is_last;
	if (r->parser.near)
		add(&r->seen.sent_hash, (const uint8_t *)"near", 4);
	add(&r->seen.sent_hash, data.data, data.bytes);
	r->seen.bytes += data.bytes;
	while (at < data.bytes) {
		n = transfer_next(&r->transfer, data, &at, out, sizeof(out));
		assert(n <= sizeof(out));
		add(&r->seen.decoded_hash, out, n);
		r->seen.decoded += n;
	}
}

static bool
ready(enum multipart_kind k)
{
	return k == MULTIPART_YES || k == MULTIPART_DOUBTFUL;
}

static void
take(struct reader *r, enum multipart_event e, struct span data)
{
	uint8_t out[TRANSFER_STEP_MAX];
	size_t n;

	if (e == MULTIPART_PART && r->in_message) {
		r->in_message = false;
		if (ready(multipart_init(
			&r->parser, multipart_field(&r->parser, MULTIPART_TYPE), 1024)))
			return;
	}
	if (e == MULTIPART_PART)
		part_begins(r);
	if (e == MULTIPART_DATA)
		part_data(r, data);
	if (e != MULTIPART_PART_END)
		return;
	assert(r->in_part);
	n = transfer_end(&r->transfer, out);
	add(&r->seen.decoded_hash, out, n);
	r->seen.decoded += n;
	r->in_part = r->last = false;
	r->seen.ends++;
}

static bool
begin(struct reader *r, struct span type)
{
	memset(&r->seen, 0, sizeof(r->seen));
	r->in_part = r->last = false;
	r->in_message = message_is(type);
	if (r->in_message)
		multipart_init_message(&r->parser, 1024);
	return r->in_message || ready(multipart_init(&r->parser, type, 1024));
}

static struct outcome
read_all(struct span type, struct span body, size_t step)
{
	static struct reader r;
	enum multipart_event e;
	struct span data;

	if (!begin(&r, type))
		return r.seen;
	for (size_t used = 0; used < body.bytes; used += step) {
		struct span piece = span_first(span_from(body, used), step);
		uint8_t *copy = malloc(piece.bytes); /* its end is guarded */
		size_t at = 0;

		memcpy(copy, piece.data, piece.bytes);
		while ((e = multipart_next(&r.parser, span_of(copy, piece.bytes), &at, &data)) !=
		       MULTIPART_MORE)
			take(&r, e, data);
		assert(at == piece.bytes);
		free(copy);
	}
	while ((e = multipart_end(&r.parser, &data)) != MULTIPART_MORE)
		take(&r, e, data);
	assert(!r.in_part && r.seen.parts == r.seen.ends && r.seen.bytes <= body.bytes);
	return r.seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *lf = size > 0 ? memchr(data, '\n', size) : NULL;
	struct outcome whole, bytewise, pieces;
	struct span type, body;

	if (lf == NULL)
		return -1;
	type = span_of(data, (size_t)(lf - data));
	body = span_of(lf + 1, size - type.bytes - 1);
	whole = read_all(type, body, body.bytes + 1);
	bytewise = read_all(type, body, 1);
	pieces = read_all(type, body, 2 + size % 61);
	assert(memcmp(&whole, &bytewise, sizeof(whole)) == 0);
	assert(memcmp(&whole, &pieces, sizeof(whole)) == 0);
	return 0;
}
