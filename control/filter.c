/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/filter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WORD_SHOWN 40 /* of a word that is wrong */

struct reader {
	const char *at;
	bool with_states;
	unsigned terms;
	struct observe_filter *out;
	char *error;
};

/* The next word; empty at the end. */
static struct span
next_word(struct reader *r)
{
	const char *start = r->at + strspn(r->at, " \t");

	r->at = start + strcspn(start, " \t");
	return span_of(start, (size_t)(r->at - start));
}

static int
refuse(struct reader *r, struct span word, const char *expected)
{
	if (word.bytes == 0)
		snprintf(
		    r->error, FILTER_ERROR_MAX, "the filter ends where %s is expected", expected);
	else
		snprintf(r->error, FILTER_ERROR_MAX, "'%.*s%s' in the filter: expected %s",
		    (int)(word.bytes < WORD_SHOWN ? word.bytes : WORD_SHOWN),
		    (const char *)word.data, word.bytes > WORD_SHOWN ? "..." : "", expected);
	return -EINVAL;
}

static int
take_net(struct reader *r, bool is_host, struct observe_term *term)
{
	struct span word = next_word(r);
	struct ip_subnet net = { .prefix_bits = 128 };
	int rc = is_host ? address_parse(word, &net.base) : subnet_parse(word, &net);

	if (rc != 0)
		return refuse(
		    r, word, is_host ? "an IPv4 or IPv6 address" : "a subnet such as 10.0.0.0/8");
	*term = (struct observe_term){ OBSERVE_TERM_NET, net.prefix_bits, 0, net.base };
	return 0;
}

static int
take_port(struct reader *r, struct observe_term *term)
{
	struct span word = next_word(r);
	uint32_t n = 0;

	for (size_t i = 0; i < word.bytes; i++) {
		if (word.data[i] < '0' || word.data[i] > '9' || n > UINT16_MAX)
			return refuse(r, word, "a port from 1 to 65535");
		n = n * 10 + (uint32_t)(word.data[i] - '0');
	}
	if (n == 0 || n > UINT16_MAX)
		return refuse(r, word, "a port from 1 to 65535");
	*term = (struct observe_term){ .kind = OBSERVE_TERM_PORT, .port = (uint16_t)n };
	return 0;
}

static int
take_states(struct reader *r)
{
	static const char expected[] = "a state such as established, syn-received, fin-wait-1, "
				       "close-wait, last-ack or time-wait";
	struct span words = next_word(r);
	const char *at = (const char *)words.data, *end = at + words.bytes;

	do {
		const char *stop = memchr(at, ',', (size_t)(end - at));
		size_t bytes = (size_t)((stop != NULL ? stop : end) - at);
		unsigned s = 0;

		while (
		    s < TCP_STATE_COUNT && (strlen(observed_state_word(s)) != bytes ||
					       strncasecmp(observed_state_word(s), at, bytes) != 0))
			s++;
		if (s == TCP_STATE_COUNT)
			return refuse(r, span_of(at, bytes), expected);
		r->out->states |= 1u << s;
		at += bytes + 1;
	} while (at < end);
	return 0;
}

static int
take_term(struct reader *r)
{
	struct span word = next_word(r);
	struct observe_term *term = &r->out->terms[r->terms];
	bool is_host = span_is(word, "host");

	if (r->with_states && span_is(word, "state"))
		return take_states(r);
	if (!is_host && !span_is(word, "net") && !span_is(word, "port"))
		return refuse(
		    r, word, r->with_states ? "host, net, port or state" : "host, net or port");
	if (r->terms == OBSERVE_TERMS_MAX)
		return refuse(r, word, "at most four of host, net and port");
	r->terms++;
	return span_is(word, "port") ? take_port(r, term) : take_net(r, is_host, term);
}

int
filter_parse(
    const char *text, bool with_states, struct observe_filter *out, char error[FILTER_ERROR_MAX])
{
	struct reader r = { text, with_states, 0, out, error };
	struct span word;
	int rc;

	memset(out, 0, sizeof(*out));
	if (strlen(text) > FILTER_TEXT_MAX) {
		snprintf(error, FILTER_ERROR_MAX, "the filter is longer than %d characters",
		    FILTER_TEXT_MAX);
		return -EINVAL;
	}
	if (text[strspn(text, " \t")] == 0)
		return 0;
	do {
		rc = take_term(&r);
		if (rc != 0)
			return rc;
		word = next_word(&r);
	} while (span_is(word, "and"));
	return word.bytes == 0 ? 0 : refuse(&r, word, "'and' and another term");
}
