/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/talk/talk.h"

#include <stdlib.h>
#include <string.h>

static const char page[] = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n";

struct talker {
	struct talk *t;
	struct icap_session *session;
	const struct chain_pools *pools;
	enum talk_policy policy;
	struct chain body;    /* of the object in progress, to be sent back */
	uint64_t bytes, hash; /* of the object in progress */
	bool answered;
};

static void
take_output(struct talker *k)
{
	struct talk *t = k->t;
	struct chain out = CHAIN_EMPTY;

	icap_take_output(k->session, &out);
	if (out.bytes == 0)
		return;
	if (out.bytes > TALK_REPLY_BYTES_MAX - t->reply_bytes)
		abort(); /* an answer longer than its request by far */
	t->reply = realloc(t->reply, t->reply_bytes + out.bytes);
	if (t->reply == NULL)
		abort();
	t->reply_bytes += chain_copy_out(&out, 0, t->reply + t->reply_bytes, out.bytes);
	chain_free(&out);
}

/* The body to the hash, and to the answer. */
static void
take_body(struct talker *k)
{
	struct chain piece = CHAIN_EMPTY;
	struct chain_cursor cursor;
	struct span s;

	icap_take_body(k->session, &piece);
	cursor = chain_walk(&piece, 0);
	while (chain_next(&cursor, &s)) {
		for (size_t i = 0; i < s.bytes; i++) /* FNV-1a */
			k->hash = (k->hash ^ s.data[i]) * 0x100000001b3u;
		k->bytes += s.bytes;
	}
	chain_append_chain(&k->body, &piece);
}

static void
answer(struct talker *k, struct icap_answer a)
{
	k->answered = true;
	if (icap_answer(k->session, &a) != 0) {
		icap_abandon(k->session);
	} else if (a.has_body) {
		if ((k->body.bytes > 0 && icap_answer_body(k->session, &k->body) != 0) ||
		    icap_answer_end(k->session) != 0)
			icap_abandon(k->session);
	}
	chain_free(&k->body);
}

static void
answer_at_end(struct talker *k)
{
	const struct icap_request *r = icap_request(k->session);

	if (k->policy == TALK_ERROR)
		answer(k, (struct icap_answer){ .kind = ICAP_ANSWER_ERROR, .status = 500 });
	else if (icap_may_204_at_end(k->session))
		answer(k, (struct icap_answer){ .kind = ICAP_ANSWER_NO_CONTENT });
	else
		answer(
		    k, (struct icap_answer){ .kind = ICAP_ANSWER_ECHO, .has_body = r->has_body });
}

static void
handle(struct talker *k, enum icap_event event)
{
	switch (event) {
	case ICAP_REQUEST:
		k->t->requests++;
		k->bytes = 0;
		k->hash = 0xcbf29ce484222325u;
		k->answered = false;
		if (k->policy == TALK_REPLACE)
			answer(k, (struct icap_answer){
				      .kind = ICAP_ANSWER_REPLACE, .http_head = span_text(page) });
		break;
	case ICAP_BODY:
		take_body(k);
		break;
	case ICAP_PREVIEW_END:
		if (k->policy == TALK_EARLY && icap_may_204(k->session))
			answer(k, (struct icap_answer){ .kind = ICAP_ANSWER_NO_CONTENT });
		else
			icap_continue(k->session);
		break;
	case ICAP_BODY_END:
		k->t->ends++;
		k->t->body_bytes += k->bytes;
		k->t->body_hash = k->t->body_hash * 31 + k->hash;
		if (!k->answered)
			answer_at_end(k);
		break;
	case ICAP_ABORTED:
		k->t->aborts++;
		chain_free(&k->body);
		break;
	case ICAP_MORE:
	case ICAP_CLOSE:
		break;
	}
}

static void
run_events(struct talker *k)
{
	enum icap_event event;

	while ((event = icap_next(k->session)) != ICAP_MORE && event != ICAP_CLOSE)
		handle(k, event);
	take_output(k);
	k->t->closed = event == ICAP_CLOSE;
}

struct talk *
talk_run(const struct chain_pools *pools, enum talk_policy policy, struct span bytes,
    const uint16_t *cuts, unsigned cut_count, bool end)
{
	struct talk *t = calloc(1, sizeof(*t));
	struct icap *icap = talk_icap(pools, HTTP_SCAN_AUTO);
	struct talker k = { .t = t, .pools = pools, .policy = policy };
	unsigned piece = 0;

	k.session = icap_session_create(icap);
	if (k.session == NULL)
		abort();
	while (bytes.bytes > 0 && !t->closed) {
		size_t n = cut_count == 0 ? bytes.bytes
					  : cuts[piece + 1 < cut_count ? piece++ : piece] + 1u;
		struct chain input = CHAIN_EMPTY;

		n = n < bytes.bytes ? n : bytes.bytes;
		if (chain_append_copy(&input, pools, bytes.data, n) != 0)
			abort();
		bytes = span_from(bytes, n);
		icap_input(k.session, &input);
		run_events(&k);
	}
	if (end && !t->closed) {
		icap_input_end(k.session);
		run_events(&k);
	}
	t->drain = icap_wants_drain(k.session);
	t->abort = icap_wants_abort(k.session);
	chain_free(&k.body);
	icap_session_destroy(k.session);
	return t;
}

void
talk_free(struct talk *t)
{
	free(t->reply);
	free(t);
}

bool
talk_is_same(const struct talk *a, const struct talk *b)
{
	return a->reply_bytes == b->reply_bytes &&
	       (a->reply_bytes == 0 || memcmp(a->reply, b->reply, a->reply_bytes) == 0) &&
	       a->body_bytes == b->body_bytes && a->body_hash == b->body_hash &&
	       a->requests == b->requests && a->ends == b->ends && a->aborts == b->aborts &&
	       a->closed == b->closed && a->abort == b->abort;
}
