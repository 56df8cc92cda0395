/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of a script into events. One line is one event: a time, then '<' or '>' and a segment, or a
 * verb. Nothing is guessed: what is not understood is an error that names file and line.
 */
#include "tests/sim/script/script.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum argument {
	TAKES_NOTHING,
	TAKES_NUMBER,
	TAKES_WORD,
	TAKES_CHECK,
};

static const struct {
	const char *word;
	enum script_kind kind;
	enum argument takes;
} verbs[] = {
	{ "listen", SCRIPT_LISTEN, TAKES_NOTHING },
	{ "connect", SCRIPT_CONNECT, TAKES_NOTHING },
	{ "accept", SCRIPT_ACCEPT, TAKES_NOTHING },
	{ "write", SCRIPT_WRITE, TAKES_NUMBER },
	{ "read", SCRIPT_READ, TAKES_NUMBER },
	{ "shutdown", SCRIPT_SHUTDOWN, TAKES_NOTHING },
	{ "close", SCRIPT_CLOSE, TAKES_NOTHING },
	{ "reset", SCRIPT_RESET, TAKES_NOTHING },
	{ "discard", SCRIPT_DISCARD, TAKES_NOTHING },
	{ "reopen", SCRIPT_REOPEN, TAKES_NOTHING },
	{ "buffers", SCRIPT_BUFFERS, TAKES_NUMBER },
	{ "state", SCRIPT_STATE, TAKES_WORD },
	{ "is", SCRIPT_IS, TAKES_WORD },
	{ "not", SCRIPT_NOT, TAKES_WORD },
	{ "check", SCRIPT_CHECK, TAKES_CHECK },
	{ "quiet", SCRIPT_QUIET, TAKES_NOTHING },
};

bool
script_fail(struct script_cursor *c, const char *format, ...)
{
	va_list arguments;
	int n = snprintf(c->error, SCRIPT_ERROR_MAX, "%s:%u: ", c->name, c->line);

	va_start(arguments, format);
	vsnprintf(c->error + n, SCRIPT_ERROR_MAX - (size_t)n, format, arguments);
	va_end(arguments);
	return false;
}

bool
script_blanks(struct script_cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\r'))
		c->at++;
	if (c->at < c->end &&
	    (*c->at == '#' || (*c->at == '/' && c->at + 1 < c->end && c->at[1] == '/')))
		c->at = c->end;
	return c->at < c->end;
}

static bool
is_word_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '-';
}

bool
script_word(struct script_cursor *c, const char *word)
{
	size_t n = strlen(word);

	if (!script_blanks(c) || (size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
		return false;
	if (c->at + n < c->end && is_word_char(c->at[n]))
		return false;
	c->at += n;
	return true;
}

bool
script_char(struct script_cursor *c, char what)
{
	if (!script_blanks(c) || *c->at != what)
		return false;
	c->at++;
	return true;
}

bool
script_number(struct script_cursor *c, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (!script_blanks(c) || !isdigit((unsigned char)*c->at))
		return false;
	while (c->at < c->end && isdigit((unsigned char)*c->at)) {
		value = value * 10 + (uint64_t)(*c->at++ - '0');
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

bool
script_name(struct script_cursor *c, char out[SCRIPT_WORD_MAX])
{
	size_t n = 0;

	script_blanks(c);
	while (c->at < c->end && is_word_char(*c->at) && n < SCRIPT_WORD_MAX - 1)
		out[n++] = *c->at++;
	out[n] = '\0';
	return n > 0 && (c->at == c->end || !is_word_char(*c->at));
}

/* Seconds with up to nine decimals. */
static bool
parse_seconds(struct script_cursor *c, struct duration *out)
{
	uint64_t whole = 0;
	int64_t unit = 100000000;

	if (!script_number(c, 100000000, &whole) && *c->at != '.')
		return false;
	out->ns = (int64_t)whole * 1000000000;
	if (c->at == c->end || *c->at != '.')
		return true;
	for (c->at++; c->at < c->end && isdigit((unsigned char)*c->at); unit /= 10)
		out->ns += (*c->at++ - '0') * unit;
	return true;
}

/* "+.1" after the last event, "0.5" since the start, "+0~+.1" between two, "*" whenever. */
static bool
parse_time(struct script_cursor *c, struct script_event *e)
{
	if (script_char(c, '*')) {
		e->to = seconds(100000000);
		return true;
	}
	e->absolute = !script_char(c, '+');
	if (!parse_seconds(c, &e->from))
		return script_fail(c, "a time comes first: +.1, 0.5, +0~+.1 or *");
	e->to = e->from;
	if (!script_char(c, '~'))
		return true;
	if (script_char(c, '+') == e->absolute || !parse_seconds(c, &e->to) ||
	    e->to.ns < e->from.ns)
		return script_fail(
		    c, "a range is +FROM~+TO or FROM~TO, and does not run backwards");
	return true;
}

static bool
parse_peer(struct script_cursor *c, struct script_event *e)
{
	uint64_t n;

	e->peer = 1;
	if (!script_char(c, '@'))
		return true;
	if (!script_number(c, SCRIPT_PEERS_MAX, &n) || n == 0)
		return script_fail(c, "after @ comes a peer, 1 to %d", SCRIPT_PEERS_MAX);
	e->peer = (unsigned)n;
	return true;
}

/* "icmp unreachable seq 1" or "icmp too_big 1200 seq 1" */
static bool
parse_icmp(struct script_cursor *c, struct script_event *e)
{
	uint64_t seq;

	e->kind = SCRIPT_ICMP;
	if (!script_name(c, e->word))
		return script_fail(c, "an ICMP error is unreachable or too_big MTU");
	if (strcmp(e->word, "too_big") == 0 && !script_number(c, 65535, &e->number))
		return script_fail(c, "too_big needs an MTU");
	if (strcmp(e->word, "too_big") != 0 && strcmp(e->word, "unreachable") != 0)
		return script_fail(
		    c, "an ICMP error is unreachable or too_big MTU, not %s", e->word);
	if (!script_word(c, "seq") || !script_number(c, UINT32_MAX, &seq))
		return script_fail(c, "an ICMP error quotes a number of ours: seq N");
	e->seq = (uint32_t)seq;
	return true;
}

static bool
parse_segment(struct script_cursor *c, struct script_event *e, bool injected)
{
	e->kind = injected ? SCRIPT_INJECT : SCRIPT_EXPECT;
	e->packet = calloc(1, sizeof(*e->packet));
	if (e->packet == NULL)
		abort();
	if (injected && c->at < c->end && *c->at == '<') {
		c->at++;
		e->packet->burst = true;
	}
	if (!parse_peer(c, e))
		return false;
	if (injected && script_word(c, "icmp"))
		return parse_icmp(c, e);
	return script_parse_packet(c, injected, e->packet);
}

static bool
parse_check(struct script_cursor *c, struct script_event *e)
{
	if (!script_name(c, e->word) || !script_blanks(c) || strchr("=<>", *c->at) == NULL)
		return script_fail(c, "check NAME = N (or < N, > N)");
	e->operator= * c->at++;
	if (!script_number(c, UINT64_MAX / 10 - 1, &e->number))
		return script_fail(c, "check %s %c needs a number", e->word, e->operator);
	return true;
}

static bool
parse_verb(struct script_cursor *c, struct script_event *e)
{
	char word[SCRIPT_WORD_MAX];
	size_t i = 0;

	if (!script_name(c, word))
		return script_fail(c, "after the time comes <, > or a verb");
	while (i < sizeof(verbs) / sizeof(verbs[0]) && strcmp(verbs[i].word, word) != 0)
		i++;
	if (i == sizeof(verbs) / sizeof(verbs[0]))
		return script_fail(c, "no such verb: %s", word);
	e->kind = verbs[i].kind;
	if (!parse_peer(c, e))
		return false;
	if (verbs[i].takes == TAKES_NUMBER && !script_number(c, 1u << 30, &e->number))
		return script_fail(c, "%s needs a number", word);
	if (verbs[i].takes == TAKES_WORD && !script_name(c, e->word))
		return script_fail(c, "%s needs a word", word);
	if (e->kind == SCRIPT_READ)
		e->tampered = script_word(c, "tampered");
	return verbs[i].takes != TAKES_CHECK || parse_check(c, e);
}

static bool
parse_setting(struct script_cursor *c, struct script *s)
{
	char word[SCRIPT_WORD_MAX];
	uint64_t value;

	if (!script_name(c, word) || !script_char(c, '=') || !script_number(c, UINT32_MAX, &value))
		return script_fail(c, "config wants NAME=NUMBER");
#define X(name, field, factor)                          \
	if (strcmp(word, name) == 0) {                  \
		value *= (factor);                      \
		s->field = (__typeof__(s->field))value; \
		return true;                            \
	}
	SCRIPT_SETTINGS(X)
#undef X
	return script_fail(c, "no such setting: %s", word);
}

static struct script_event *
add_event(struct script *s)
{
	if (s->event_count == s->event_room) {
		s->event_room = s->event_room * 2 + 16;
		s->events = realloc(s->events, s->event_room * sizeof(*s->events));
		if (s->events == NULL)
			abort();
	}
	memset(&s->events[s->event_count], 0, sizeof(*s->events));
	return &s->events[s->event_count++];
}

static bool
parse_line(struct script_cursor *c, struct script *s)
{
	struct script_event *e;
	bool right;

	if (!script_blanks(c))
		return true;
	if (script_word(c, "config")) {
		while (script_blanks(c)) {
			if (!parse_setting(c, s))
				return false;
		}
		return true;
	}
	e = add_event(s);
	e->line = c->line;
	if (!parse_time(c, e))
		return false;
	if (script_char(c, '<'))
		right = parse_segment(c, e, true);
	else if (script_char(c, '>'))
		right = parse_segment(c, e, false);
	else
		right = parse_verb(c, e);
	if (right && e->kind != SCRIPT_EXPECT && e->from.ns != e->to.ns)
		return script_fail(c, "only what is expected may have a range of times");
	if (right && script_blanks(c))
		return script_fail(c, "not understood: %.*s", (int)(c->end - c->at), c->at);
	return right;
}

int
script_parse(struct script *s, const char *name, const char *text, char *error)
{
	struct script_cursor c = { .name = name, .error = error };

	memset(s, 0, sizeof(*s));
	s->name = name;
	s->tolerance = milliseconds(SCRIPT_TOLERANCE_MS);
	s->tcp = (struct tcp_config){ .connections_max = 64, .time_wait_max = 64 };
	while (*text != '\0') {
		const char *end = text + strcspn(text, "\n");

		c.line++;
		c.at = text;
		c.end = end;
		if (!parse_line(&c, s))
			return -EINVAL;
		text = *end == '\n' ? end + 1 : end;
	}
	if (s->event_count == 0) {
		script_fail(&c, "no event at all");
		return -EINVAL;
	}
	return 0;
}

void
script_fini(struct script *s)
{
	for (unsigned i = 0; i < s->event_count; i++)
		free(s->events[i].packet);
	free(s->events);
}
