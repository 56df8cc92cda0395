/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One session for the bytes of one client, all at once, then the client's end. The inspector here
 * continues every preview but those it is told to answer, and answers at an object's end: 204 where
 * it may, else a page.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/icap/icap.h"
#include "tests/parse/print.h"
#include "tests/sim/sim.h"
#include "tests/talk/talk.h"

#define REPLY_BYTES_MAX (8u << 20)

static const char page[] = "HTTP/1.1 403 Forbidden\r\n\r\n";

static void
print_icap_fields(struct span head)
{
	const uint8_t *end = span_find(head, "\r\n");
	struct http_lines lines;
	struct http_field f;
	bool first = true;

	printf(", \"fields\": [");
	http_lines_init(&lines, http_scan_of(parse_scan), head, (size_t)(end - head.data) + 2);
	for (; lines.at + 2 < head.bytes && http_line_next(&lines, &f) == PARSE_DONE; first = false)
		print_field(&f, first);
	putchar(']');
}

/* Up to the body's opening quote. */
static void
open_request(const struct icap_request *r, bool first)
{
	printf("%s{\"method\": \"%s\"", first ? "" : ", ",
	    r->method == ICAP_REQMOD ? "REQMOD" : "RESPMOD");
	print_text("uri", r->uri, false);
	print_bool("has_body", r->has_body);
	print_bool("allow_204", r->allow_204);
	print_bool("allow_206", r->allow_206);
	print_bool("close", r->wants_close);
	printf(", \"preview\": %lld", r->has_preview ? (long long)r->preview_bytes : (long long)-1);
	print_icap_fields(r->icap_head);
	printf(", \"request_head\": ");
	if (r->request_head != NULL)
		print_head(r->request_head);
	else
		printf("null");
	printf(", \"response_head\": ");
	if (r->response_head != NULL)
		print_head(r->response_head);
	else
		printf("null");
	printf(", \"body\": \"");
}

static void
print_body(struct icap_session *s)
{
	struct chain piece = CHAIN_EMPTY;
	struct chain_cursor cursor;
	struct span run;

	icap_take_body(s, &piece);
	cursor = chain_walk(&piece, 0);
	while (chain_next(&cursor, &run))
		print_bytes(run);
	chain_free(&piece);
}

static void
answer(struct icap_session *s, bool is_lawful)
{
	struct icap_answer a = { .kind = ICAP_ANSWER_REPLACE, .http_head = span_text(page) };

	if (is_lawful)
		a.kind = ICAP_ANSWER_NO_CONTENT;
	if (icap_answer(s, &a) != 0)
		abort();
}

static void
handle(struct icap_session *s, enum icap_event event, struct span previews, unsigned *seen)
{
	switch (event) {
	case ICAP_REQUEST:
		open_request(icap_request(s), *seen == 0);
		++*seen;
		break;
	case ICAP_BODY:
		print_body(s);
		break;
	case ICAP_PREVIEW_END:
		if (*seen > previews.bytes || previews.data[*seen - 1] != 'a') {
			icap_continue(s);
			break;
		}
		printf("\", \"end\": \"answered early\"}");
		answer(s, icap_may_204(s));
		break;
	case ICAP_BODY_END:
		printf("\", \"end\": \"whole\"}");
		answer(s, icap_may_204_at_end(s));
		break;
	case ICAP_ABORTED:
		printf("\", \"end\": \"aborted\"}");
		break;
	case ICAP_MORE:
	case ICAP_CLOSE:
		break;
	}
}

/* All events until the session waits or ends; whether it ended. */
static bool
run_events(struct icap_session *s, struct span previews, unsigned *seen)
{
	enum icap_event event;

	while ((event = icap_next(s)) != ICAP_MORE && event != ICAP_CLOSE)
		handle(s, event, previews, seen);
	return event == ICAP_CLOSE;
}

/* The status of each answer; our page holds no other ICAP status line. */
static void
print_statuses(struct icap_session *s)
{
	struct chain out = CHAIN_EMPTY;
	char *reply, *at, *end;
	bool first = true;

	icap_take_output(s, &out);
	if (out.bytes > REPLY_BYTES_MAX || (reply = malloc(out.bytes + 1)) == NULL)
		abort();
	end = reply + chain_copy_out(&out, 0, (uint8_t *)reply, out.bytes);
	chain_free(&out);
	printf("], \"statuses\": [");
	for (at = reply; (at = memmem(at, (size_t)(end - at), "ICAP/1.0 ", 9)) != NULL; at += 9) {
		printf("%s%.3s", first ? "" : ", ", at + 9);
		first = false;
	}
	putchar(']');
	free(reply);
}

void
print_icap(struct span previews, struct span sent)
{
	struct icap_session *s = icap_session_create(talk_icap(sim_pools(), parse_scan));
	struct chain input = CHAIN_EMPTY;
	unsigned seen = 0;
	bool closed;

	if (s == NULL || chain_append_copy(&input, sim_pools(), sent.data, sent.bytes) != 0)
		abort();
	icap_input(s, &input);
	printf("{\"requests\": [");
	closed = run_events(s, previews, &seen);
	if (!closed) {
		icap_input_end(s);
		if (!run_events(s, previews, &seen))
			abort(); /* it must not outlive its client */
	}
	print_statuses(s);
	print_bool("closed", closed);
	putchar('}');
	icap_session_destroy(s);
	if (sim_pools_used() != 0)
		abort();
}
