/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The chunks of a body (RFC 3507 §4.4): framing is dropped, data moved to s->body by reference, at
 * most ICAP_SLICE_BYTES a call. A preview's end without "ieof" is no end of the body (§4.5).
 */
#include "dataplane/icap/internal.h"

/* The last chunk was seen: is it the body's end, or only the preview's? */
static void
end_chunks(struct icap_session *s)
{
	bool preview = s->request.has_preview && !s->continued;

	s->ieof = preview && chunk_saw_ieof(&s->chunks);
	s->state = preview && !s->ieof ? SESSION_PREVIEW : SESSION_WHOLE;
	/* Answered before the preview was over: it will not be continued, so nothing more comes. */
	if (s->state == SESSION_PREVIEW && s->dropping)
		s->state = SESSION_WHOLE;
}

bool
body_advance(struct icap_session *s)
{
	while (s->state == SESSION_BODY && s->input.bytes > 0 && s->body.bytes < ICAP_SLICE_BYTES) {
		struct chain_cursor cursor = chain_walk(&s->input, 0);
		struct span first, data;
		size_t at = 0;

		chain_next(&cursor, &first);
		switch (chunk_next(&s->chunks, first, &at, &data)) {
		case CHUNK_MORE:
			chain_drop(&s->input, at);
			break;
		case CHUNK_DATA:
			chain_drop(&s->input, at - data.bytes);
			if (s->dropping)
				chain_drop(&s->input, data.bytes);
			else if (chain_take(
				     &s->input, &s->icap->config.pools, data.bytes, &s->body) != 0)
				return false;
			break;
		case CHUNK_END:
			chain_drop(&s->input, at);
			end_chunks(s);
			break;
		case CHUNK_BAD:
			return false;
		}
	}
	return true;
}
