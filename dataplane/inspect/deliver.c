/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers: 204, the object back from the buffers it lies in, the block page with the whole set of
 * verdict headers, an error. Where buffers are lacking the answer shrinks: page, head alone, 503,
 * and at last the session ends; a client never waits for an answer that can't come.
 */
#include <stdarg.h>
#include <stdio.h>

#include "dataplane/inspect/show.h"

#define HEADERS_BYTES_MAX 1024

/*
 * What a class is called where clients expect a threat's name, its word in X-Error-Code (the first
 * two are known to Nextcloud), and what the page says of it.
 */
static const struct {
	const char *name, *code, *reason;
} classes[SOURCE_COUNT] = {
	[SOURCE_ENCRYPTED] = { "Policy.Encrypted", "password_protected",
	    "it is encrypted and can't be inspected" },
	[SOURCE_CORRUPT] = { "Policy.Corrupt", "decode_error",
	    "it is damaged and can't be inspected" },
	[SOURCE_OVERSIZE] = { "Policy.Oversize", "max_size_exceeded",
	    "it is larger than what can be inspected" },
	[SOURCE_TIMEOUT] = { "Policy.Timeout", "scan_timeout", "its inspection took too long" },
	[SOURCE_OVERLOAD] = { "Policy.Overload", "server_busy",
	    "the inspection service is overloaded" },
	[SOURCE_UNSUPPORTED] = { "Policy.Unsupported", "unsupported_coding",
	    "its coding can't be inspected" },
	[SOURCE_ERROR] = { "Policy.Error", "scan_error", "its inspection failed" },
	[SOURCE_REPUTATION] = { "Reputation.BadUrl", NULL,
	    "its address is on a list of bad sites" },
};

/* A name that stands in headers: not empty, no semicolon, printable. */
static void
safe_name(const char *from, char out[THREAT_BYTES_MAX])
{
	size_t n = 0;

	for (; from[n] != 0 && n < THREAT_BYTES_MAX - 1; n++)
		out[n] = from[n] > 0x20 && from[n] < 0x7f && from[n] != ';' ? from[n] : '_';
	out[n] = 0;
}

static void
threat_name(const struct inspect_object *o, char out[THREAT_BYTES_MAX])
{
	const char *name = classes[o->outcome.source].name;

	if (name == NULL)
		name = o->outcome.threat[0] != 0 ? o->outcome.threat : "Unknown";
	safe_name(name, out);
}

/* Header lines as they grow; a line that has no room is left out whole. */
struct lines {
	char text[HEADERS_BYTES_MAX];
	size_t bytes;
};

__attribute__((format(printf, 2, 3))) static void
put_line(struct lines *l, const char *format, ...)
{
	size_t room = sizeof(l->text) - l->bytes;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->text + l->bytes, room, format, args);
	va_end(args);
	l->bytes += n > 0 && (size_t)n < room ? (size_t)n : 0;
}

/* draft-stecher-icap-subid-00 §5.1: file, threat, its id, resolution (0: not repaired). */
static void
put_violations(const struct inspect_object *o, const char *threat, struct lines *l)
{
	char file[FILENAME_BYTES_MAX + 1], safe[THREAT_BYTES_MAX];
	const struct icap_request *r = icap_request(o->session);
	size_t n;

	if (o->profile->violations == VIOLATIONS_NONE)
		return;
	if (o->profile->violations == VIOLATIONS_COUNT) {
		put_line(l, "X-Violations-Found: 1\r\n");
		return;
	}
	n = http_filename(r->request_head, r->response_head, file, FILENAME_BYTES_MAX);
	file[n] = 0;
	safe_name(n > 0 ? file : "-", safe);
	put_line(l, "X-Violations-Found: 1\r\n\t%s\r\n\t%s\r\n\t0\r\n\t0\r\n", safe, threat);
}

/* How it came out, for clients that read it on every answer; X-Error-Code says which class. */
static void
put_response_info(const struct inspect_object *o, bool blocked, const char *desc, struct lines *l)
{
	const char *code = classes[o->outcome.source].code;

	if (o->profile->response_info == RESPONSE_INFO_NONE ||
	    (!blocked && o->profile->response_info != RESPONSE_INFO_ALWAYS))
		return;
	put_line(l, "X-Response-Info: %s\r\n", blocked ? "Blocked" : "Allowed");
	if (desc[0] != 0)
		put_line(l, "X-Response-Desc: %s\r\n", desc);
	if (code != NULL)
		put_line(l, "X-Error-Code: %s\r\n", code);
}

/* Names in this exact case, which the profile may change. */
static struct span
verdict_headers(const struct inspect_object *o, const char *threat, struct lines *l)
{
	const struct config_profile *p = o->profile;

	l->bytes = 0;
	if (p->infection_header[0] != 0)
		put_line(
		    l, "%s: Type=0; Resolution=2; Threat=%s;\r\n", p->infection_header, threat);
	if (p->virus_header[0] != 0)
		put_line(l, "%s: %s\r\n", p->virus_header, threat);
	put_violations(o, threat, l);
	put_response_info(o, true, threat, l);
	return span_of(l->text, l->bytes);
}

/* Of an object that passes; most profiles say nothing of it. */
static struct span
clean_headers(const struct inspect_object *o, struct lines *l)
{
	const char *name = classes[o->outcome.source].name;

	l->bytes = 0;
	put_response_info(o, false, name != NULL ? name : "", l);
	return span_of(l->text, l->bytes);
}

void
deliver_error(struct inspect_object *o, uint16_t status)
{
	struct icap_answer answer = { .kind = ICAP_ANSWER_ERROR, .status = status };

	count(o->inspect->stats, COUNTER_ANSWERS_ERROR, 1);
	if (o->echo_open || icap_answer(o->session, &answer) != 0)
		icap_abandon(o->session);
}

/* A class that its policy blocks, for clients that know a code from a threat. */
static void
block_by_code(struct inspect_object *o)
{
	struct icap_answer answer = { .kind = ICAP_ANSWER_ERROR,
		.status = o->outcome.source == SOURCE_OVERLOAD ? 503 : 500 };
	struct lines lines = { .bytes = 0 };
	char threat[THREAT_BYTES_MAX];

	threat_name(o, threat);
	put_line(&lines, "X-Error-Code: %s\r\n", classes[o->outcome.source].code);
	put_line(&lines, "X-Response-Info: Blocked\r\nX-Response-Desc: %s\r\n", threat);
	answer.icap_headers = span_of(lines.text, lines.bytes);
	count(o->inspect->stats, COUNTER_ANSWERS_ERROR, 1);
	if (icap_answer(o->session, &answer) != 0)
		icap_abandon(o->session);
}

void
deliver_block(struct inspect_object *o)
{
	bool is_class = o->outcome.source >= SOURCE_FIRST_BY_POLICY;
	struct show page = { .kind = is_class ? PAGE_ERROR : PAGE_BLOCKED,
		.reason = classes[o->outcome.source].reason };
	char threat[THREAT_BYTES_MAX];
	struct lines lines;

	count(o->inspect->stats, COUNTER_BLOCKED, 1);
	if (o->profile->unjudged == UNJUDGED_CODE && classes[o->outcome.source].code != NULL) {
		block_by_code(o);
		return;
	}
	threat_name(o, threat);
	page.threat = threat;
	page.icap_headers = verdict_headers(o, threat, &lines);
	if (page.reason == NULL)
		page.reason = "it contains a threat";
	if (show_page(o, &page) != 0)
		deliver_error(o, 503);
}

/* What was not sent of the object, from where it lies. */
static int
take_unsent(struct inspect_object *o, struct chain *out)
{
	struct inspect *i = o->inspect;
	int rc = keep_take(&o->keep, i->blocks, &i->keep_budget, &i->config.pools, out);

	if (rc == 0)
		chain_drop(out, o->sent);
	return rc;
}

/* The whole object back. */
static int
echo(struct inspect_object *o)
{
	struct icap_answer answer = { .kind = ICAP_ANSWER_ECHO, .has_body = o->has_body };
	struct chain body = CHAIN_EMPTY;
	struct lines lines;
	int rc = take_unsent(o, &body);

	answer.icap_headers = clean_headers(o, &lines);

	if (rc == 0 && !o->echo_open)
		rc = icap_answer(o->session, &answer);
	if (rc == 0 && o->has_body &&
	    (icap_answer_body(o->session, &body) != 0 || icap_answer_end(o->session) != 0))
		icap_abandon(o->session);
	chain_free(&body);
	return rc;
}

void
deliver_clean(struct inspect_object *o)
{
	struct icap_answer no_content = { .kind = ICAP_ANSWER_NO_CONTENT };
	struct lines lines;

	if (!o->echo_open && icap_may_204(o->session)) {
		no_content.icap_headers = clean_headers(o, &lines);
		count(o->inspect->stats, COUNTER_ANSWERS_204, 1);
		if (icap_answer(o->session, &no_content) != 0)
			icap_abandon(o->session);
		return;
	}
	count(o->inspect->stats, COUNTER_ANSWERS_ECHO, 1);
	if (echo(o) != 0)
		deliver_error(o, 503);
}

static void
begin_echo(struct inspect_object *o)
{
	struct icap_answer answer = { .kind = ICAP_ANSWER_ECHO, .has_body = true };

	if (icap_answer(o->session, &answer) != 0)
		icap_abandon(o->session);
}

void
deliver_early_begin(struct inspect_object *o)
{
	count(o->inspect->stats, COUNTER_ANSWERS_EARLY, 1);
	o->echo_open = true;
	begin_echo(o);
}

bool
deliver_pass_begin(struct inspect_object *o)
{
	struct chain unsent = CHAIN_EMPTY;

	if (take_unsent(o, &unsent) != 0)
		return false;
	count(o->inspect->stats, COUNTER_ANSWERS_ECHO, 1);
	if (!o->echo_open)
		begin_echo(o);
	deliver_passing(o, &unsent, false);
	return true;
}

void
deliver_passing(struct inspect_object *o, struct chain *bytes, bool is_last)
{
	if (!chain_is_empty(bytes) && icap_answer_body(o->session, bytes) != 0)
		icap_abandon(o->session);
	if (is_last && icap_answer_end(o->session) != 0)
		icap_abandon(o->session);
	chain_free(bytes);
}
