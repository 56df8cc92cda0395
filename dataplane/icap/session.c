/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A session from its first byte to its last: gathers heads, hands out body slices, starts over for
 * the next request once the answer is finished and the body is read. internal.h has the table.
 */
#include "dataplane/icap/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct icap *
icap_create(const struct icap_config *config)
{
	struct icap *i = calloc(1, sizeof(*i));
	uint32_t heads = config->sessions_max < HEADS_MAX ? config->sessions_max : HEADS_MAX;

	if (i == NULL)
		return NULL;
	i->config = *config;
	i->scan = http_scan_of(config->scan);
	snprintf(i->istag, sizeof(i->istag), "SL-0");
	profile_set_usual(i);
	list_init(&i->free_sessions);
	i->sessions = calloc(config->sessions_max, sizeof(*i->sessions));
	i->heads = calloc(heads, sizeof(*i->heads));
	i->free_heads = calloc(heads, sizeof(*i->free_heads));
	if (i->scan == NULL || i->sessions == NULL || i->heads == NULL || i->free_heads == NULL) {
		icap_destroy(i);
		return NULL;
	}
	for (uint32_t n = 0; n < config->sessions_max; n++)
		list_append(&i->free_sessions, &i->sessions[n].node);
	for (; i->free_heads_count < heads; i->free_heads_count++)
		i->free_heads[i->free_heads_count] = &i->heads[i->free_heads_count];
	return i;
}

void
icap_destroy(struct icap *i)
{
	free(i->sessions);
	free(i->heads);
	free(i->free_heads);
	free(i);
}

void
icap_set_istag(struct icap *i, struct span istag)
{
	istag = span_first(istag, ICAP_ISTAG_MAX);
	memcpy(i->istag, istag.data, istag.bytes);
	i->istag[istag.bytes] = 0;
	respond_prepare(i);
}

void
icap_set_date(struct icap *i, int64_t unix_seconds)
{
	time_t t = (time_t)unix_seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(i->date, sizeof(i->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	respond_prepare(i);
}

void
icap_begin(struct icap *i, struct mono now)
{
	i->now = now;
}

struct icap_session *
icap_session_create(struct icap *i)
{
	struct list *node = list_take_first(&i->free_sessions);
	struct icap_session *s;

	if (node == NULL)
		return NULL;
	s = LIST_ITEM(node, struct icap_session, node);
	memset(s, 0, sizeof(*s));
	list_init(&s->node);
	s->icap = i;
	s->busy_status = 503;
	s->deadline = mono_add(i->now, i->config.idle_timeout);
	return s;
}

void
icap_session_forbid(struct icap_session *s)
{
	s->forbidden = true;
}

static void
give_heads_back(struct icap_session *s)
{
	if (s->heads != NULL)
		s->icap->free_heads[s->icap->free_heads_count++] = s->heads;
	s->heads = NULL;
}

void
icap_session_destroy(struct icap_session *s)
{
	give_heads_back(s);
	chain_free(&s->input);
	chain_free(&s->output);
	chain_free(&s->body);
	list_prepend(&s->icap->free_sessions, &s->node); /* the next one finds it in the caches */
}

void
icap_input(struct icap_session *s, struct chain *bytes)
{
	chain_append_chain(&s->input, bytes);
	if (s->state == SESSION_BODY)
		s->deadline = mono_add(s->icap->now, s->icap->config.body_timeout);
}

size_t
icap_input_room(const struct icap_session *s)
{
	return s->input.bytes < INPUT_BYTES_MAX ? INPUT_BYTES_MAX - s->input.bytes : 0;
}

void
icap_input_end(struct icap_session *s)
{
	s->input_ended = true;
}

const struct icap_request *
icap_request(const struct icap_session *s)
{
	return &s->request;
}

/* Out of line, so that the question alone, which is mostly answered by no, saves no registers. */
static __attribute__((noinline)) struct span
find_field(const struct icap_session *s, struct span name)
{
	struct span head = s->request.icap_head;
	struct http_lines lines;
	struct http_field f;

	for (unsigned i = 0; i < s->field_count; i++) {
		const struct http_field *one = &s->heads->fields[i];

		if (http_name_is(one->name, name))
			return one->value;
	}
	http_lines_init(&lines, s->icap->scan, head, s->fields_end);
	while (lines.at + 2 < head.bytes && http_line_next(&lines, &f) == PARSE_DONE) {
		if (http_name_is(f.name, name))
			return f.value;
	}
	return span_of(NULL, 0);
}

bool
icap_may_have(const struct icap_session *s, uint32_t lengths)
{
	return s->request.icap_head.data != NULL && (s->name_lengths & lengths) != 0;
}

struct span
icap_field_by(const struct icap_session *s, struct span name)
{
	return icap_may_have(s, http_length_bit(name.bytes)) ? find_field(s, name)
							     : span_of(NULL, 0);
}

void
icap_take_body(struct icap_session *s, struct chain *out)
{
	chain_append_chain(out, &s->body);
}

bool
icap_body_is_last(const struct icap_session *s)
{
	return s->state == SESSION_WHOLE;
}

bool
icap_may_204(const struct icap_session *s)
{
	if (s->clean != ICAP_CLEAN_AS_ALLOWED)
		return s->clean == ICAP_CLEAN_204;
	return s->request.allow_204 || (s->request.has_preview && !s->continued);
}

bool
icap_may_204_at_end(const struct icap_session *s)
{
	if (s->clean != ICAP_CLEAN_AS_ALLOWED)
		return s->clean == ICAP_CLEAN_204;
	return s->request.allow_204 ||
	       (s->request.has_preview && !s->continued && (s->ieof || !s->request.has_body));
}

void
icap_abandon(struct icap_session *s)
{
	s->abort = true;
	s->answered = true;
	s->state = SESSION_OVER;
}

void
icap_take_output(struct icap_session *s, struct chain *out)
{
	chain_append_chain(out, &s->output);
}

bool
icap_wants_drain(const struct icap_session *s)
{
	return s->drain;
}

bool
icap_wants_abort(const struct icap_session *s)
{
	return s->abort || s->answer_open;
}

/* Up to the line's end, of what was gathered or, where nothing was, of what waits. */
static struct span
first_line(const struct icap_session *s)
{
	struct span text = span_of(NULL, 0);
	struct chain_cursor cursor = chain_walk(&s->input, 0);
	const uint8_t *end;

	if (s->heads != NULL && s->head_bytes > 0)
		text = span_of(s->heads->bytes, s->head_bytes);
	else
		chain_next(&cursor, &text);
	end = text.bytes > 0 ? span_find(text, "\r\n") : NULL;
	return end != NULL ? span_first(text, (size_t)(end - text.data)) : text;
}

bool
icap_take_refusal(struct icap_session *s, struct icap_refusal *out)
{
	int status = refusal_status(s->refused);

	if (s->refused == REFUSAL_NONE)
		return false;
	*out = (struct icap_refusal){
		.status = status == 503 ? s->busy_status : status,
		.cause = refusal_text(s->refused),
		.line = first_line(s),
	};
	s->refused = REFUSAL_NONE;
	return true;
}

void
icap_session_drain(struct icap_session *s)
{
	s->draining = true;
}

bool
icap_is_idle(const struct icap_session *s)
{
	return s->state == SESSION_START && s->head_bytes == 0 && s->input.bytes == 0;
}

bool
icap_lacks_heads(const struct icap_session *s)
{
	return s->icap->free_heads_count == 0 && s->heads == NULL && s->state == SESSION_START &&
	       s->input.bytes > 0;
}

bool
icap_holds_heads(const struct icap_session *s)
{
	return s->heads != NULL;
}

bool
icap_awaits_head(const struct icap_session *s)
{
	return s->state == SESSION_START || s->state == SESSION_HEADS;
}

void
icap_restart_deadline(struct icap_session *s)
{
	if (s->state == SESSION_BODY)
		s->deadline = mono_add(s->icap->now, s->icap->config.body_timeout);
}

struct mono
icap_deadline(const struct icap_session *s)
{
	bool ours =
	    s->state == SESSION_WHOLE || s->state == SESSION_PREVIEW || s->state == SESSION_OVER;

	return ours ? MONO_NEVER : s->deadline;
}

void
icap_expire(struct icap_session *s)
{
	if (icap_deadline(s).ns != MONO_NEVER.ns && !mono_before(s->icap->now, s->deadline))
		s->expired = true;
}

/* The request is over and refused: whoever was told of it hears of the abort first. */
static void
fail(struct icap_session *s, enum refusal why)
{
	if (s->announced && !s->answered && !s->end_reported) {
		s->aborted = true;
		s->failed = (uint8_t)why;
		s->state = SESSION_OVER;
		return;
	}
	if (s->answered) { /* an answer is on its way already: a second one would be taken for the
			      next */
		if (s->answer_open)
			s->aborted = s->announced;
		s->drain = true;
		s->state = SESSION_OVER;
		return;
	}
	respond_refuse(s, why);
}

/* The peer closed in the middle: nobody reads an answer, but the object must be told. */
static void
cut_short(struct icap_session *s)
{
	s->aborted = s->announced && !s->dropping && !s->end_reported;
	s->state = SESSION_OVER;
}

/* Moves the next request's state to its beginning. */
static void
start_over(struct icap_session *s)
{
	bool close = s->close || s->draining || s->request.wants_close;

	give_heads_back(s);
	chain_free(&s->body);
	memset(&s->request, 0, sizeof(s->request));
	s->head_bytes = s->heads_bytes = 0;
	s->announced = s->end_reported = s->preview_ended = s->continued = s->ieof = false;
	s->answered = s->answer_open = s->dropping = s->skipped_line = false;
	s->waits_for_sent = s->lone;
	s->deadline = mono_add(s->icap->now, s->icap->config.idle_timeout);
	s->state = close ? SESSION_OVER : SESSION_START;
	s->drain = close;
}

static bool
is_method_letter(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

/* A start that no method can have: not ICAP at all. One empty line before a request is skipped. */
static bool
check_first_bytes(struct icap_session *s)
{
	uint8_t first[2];
	size_t n;

	if (s->input.first != NULL && *rte_pktmbuf_mtod(s->input.first, const uint8_t *) > '\r')
		return is_method_letter(*rte_pktmbuf_mtod(s->input.first, const uint8_t *));
	n = chain_copy_out(&s->input, 0, first, 2);
	if (!s->skipped_line && n == 2 && first[0] == '\r' && first[1] == '\n') {
		chain_drop(&s->input, 2);
		s->skipped_line = true;
		return check_first_bytes(s);
	}
	if (n == 1 && first[0] == '\r' && !s->skipped_line)
		return true;
	return n == 0 || is_method_letter(first[0]);
}

/* Most heads lie in one piece, which has a body behind them that is not to be copied. */
static bool
take_whole_head(struct icap_session *s)
{
	struct chain_cursor cursor = chain_walk(&s->input, 0);
	struct span piece;
	size_t end;

	if (!chain_next(&cursor, &piece))
		return false;
	end = s->icap->scan->end(span_first(piece, ICAP_HEAD_BYTES_MAX));
	if (end == 0)
		return false;
	memcpy(s->heads->bytes, piece.data, end);
	s->head_bytes = (uint32_t)end;
	chain_drop(&s->input, end);
	return true;
}

/* Copies input up to the head's blank line. 1: whole, 0: more must come, -1: too
 * long. */
static int
gather_head(struct icap_session *s)
{
	struct chain_cursor cursor = chain_walk(&s->input, 0);
	struct span piece;
	uint32_t before = s->head_bytes;

	if (before == 0 && take_whole_head(s))
		return 1;
	while (chain_next(&cursor, &piece)) {
		uint32_t from = s->head_bytes > 3 ? s->head_bytes - 3 : 0;
		size_t n = ICAP_HEAD_BYTES_MAX - s->head_bytes;
		size_t end;

		n = piece.bytes < n ? piece.bytes : n;
		memcpy(s->heads->bytes + s->head_bytes, piece.data, n);
		s->head_bytes += (uint32_t)n;
		end = s->icap->scan->end(span_of(s->heads->bytes + from, s->head_bytes - from));
		if (end > 0) {
			s->head_bytes = from + (uint32_t)end;
			chain_drop(&s->input, s->head_bytes - before);
			return 1;
		}
		if (s->head_bytes == ICAP_HEAD_BYTES_MAX)
			return -1;
	}
	chain_drop(&s->input, s->head_bytes - before);
	return 0;
}

static bool
take_heads(struct icap_session *s)
{
	struct icap *i = s->icap;

	if (s->heads == NULL && i->free_heads_count > 0) {
		s->heads = i->free_heads[--i->free_heads_count];
		s->deadline = mono_add(i->now, i->config.head_timeout);
	}
	return s->heads != NULL;
}

/* START: true when there is something further to do. */
static bool
advance_start(struct icap_session *s)
{
	enum refusal why;
	int rc;

	if (s->head_bytes == 0 && s->input.bytes > 0 && !check_first_bytes(s)) {
		fail(s, REFUSAL_NO_ICAP);
		return true;
	}
	if (s->head_bytes == 0 && s->input.bytes == 1 && !s->input_ended &&
	    *rte_pktmbuf_mtod(s->input.first, const char *) == '\r')
		return false; /* half of an empty line */
	if (s->input.bytes == 0) {
		if (s->input_ended || s->draining)
			s->state = SESSION_OVER;
		return s->input_ended || s->draining;
	}
	if (!take_heads(s)) {
		fail(s, REFUSAL_OVERLOAD);
		return true;
	}
	rc = gather_head(s);
	if (rc == 0 && s->input_ended) {
		s->state = SESSION_OVER;
		return true;
	}
	if (rc == 0)
		return false;
	why = rc < 0 ? REFUSAL_HEAD_LONG : parse_icap_head(s);
	if (why == REFUSAL_NONE && s->forbidden)
		why = REFUSAL_ADDRESS;
	if (why != REFUSAL_NONE)
		fail(s, why);
	else
		s->state = SESSION_HEADS;
	return true;
}

static bool
advance_heads(struct icap_session *s)
{
	uint32_t wanted = parse_heads_wanted(s) - s->heads_bytes;
	size_t n =
	    chain_copy_out(&s->input, 0, s->heads->bytes + s->head_bytes + s->heads_bytes, wanted);
	enum refusal why;

	chain_drop(&s->input, n);
	s->heads_bytes += (uint32_t)n;
	if (n < wanted) {
		if (s->input_ended)
			s->state = SESSION_OVER;
		return s->input_ended;
	}
	why = parse_encapsulated_heads(s);
	if (why != REFUSAL_NONE) {
		fail(s, why);
		return true;
	}
	chunk_init(&s->chunks);
	s->deadline = mono_add(s->icap->now, s->icap->config.body_timeout);
	s->state = s->request.has_body ? SESSION_BODY : SESSION_WHOLE;
	if (s->request.method == ICAP_OPTIONS)
		options_respond(s);
	return true;
}

/* What BODY, PREVIEW and WHOLE have to say; ICAP_MORE when it is the input's or the caller's turn.
 */
static enum icap_event
advance_object(struct icap_session *s, bool *again)
{
	if (!s->announced && s->request.method != ICAP_OPTIONS) {
		s->announced = true;
		return ICAP_REQUEST;
	}
	chain_free(&s->body); /* not taken: let go */
	if (s->state == SESSION_BODY && !body_advance(s)) {
		chain_free(&s->body);
		fail(s, REFUSAL_CHUNKS);
		*again = true;
		return ICAP_MORE;
	}
	if (s->body.bytes > 0)
		return ICAP_BODY;
	if (s->state == SESSION_BODY) {
		if (s->input_ended && s->input.bytes == 0) {
			cut_short(s);
			*again = true;
		}
		return ICAP_MORE;
	}
	if (s->state == SESSION_PREVIEW) {
		bool first = !s->preview_ended;

		s->preview_ended = true;
		return first && !s->dropping ? ICAP_PREVIEW_END : ICAP_MORE;
	}
	if (!s->end_reported && !s->dropping && s->request.method != ICAP_OPTIONS) {
		s->end_reported = true;
		return ICAP_BODY_END;
	}
	if (s->answered && !s->answer_open) {
		start_over(s);
		*again = true;
	}
	return ICAP_MORE;
}

enum icap_event
icap_next(struct icap_session *s)
{
	if (s->expired) {
		s->expired = false;
		if (s->state == SESSION_START && s->head_bytes == 0)
			s->state = SESSION_OVER;
		else if (s->state != SESSION_OVER)
			fail(s, REFUSAL_LATE);
	}
	for (;;) {
		enum icap_event event = ICAP_MORE;
		bool again = false;

		switch (s->state) {
		case SESSION_START:
			again = !s->waits_for_sent && advance_start(s);
			break;
		case SESSION_HEADS:
			again = advance_heads(s);
			break;
		case SESSION_BODY:
		case SESSION_PREVIEW:
		case SESSION_WHOLE:
			event = advance_object(s, &again);
			break;
		case SESSION_OVER:
			if (s->aborted) {
				s->aborted = false;
				return ICAP_ABORTED;
			}
			if (s->failed != REFUSAL_NONE) {
				respond_refuse(s, s->failed);
				s->failed = REFUSAL_NONE;
			}
			return ICAP_CLOSE;
		}
		if (event != ICAP_MORE || !again)
			return event;
	}
}
