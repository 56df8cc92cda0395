/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of domains and URLs, in the forms that they are handed around in. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "scanners/reputation/reputation_table.h"
#include "tools/sigc/sigc.h"

/* The list being read: its number and kind. */
static uint8_t list_number, list_kind;

/* The first word, which leaves the text. */
static struct span
take_word(struct span *text)
{
	struct span word;
	size_t n = 0;

	while (n < text->bytes && text->data[n] > ' ')
		n++;
	word = span_first(*text, n);
	*text = span_trim(span_from(*text, n));
	return word;
}

/* "[Adblock Plus 2.0]", which stands first in such lists; an address of IPv6 has no blank. */
static bool
is_header(struct span text)
{
	return text.data[0] == '[' && text.data[text.bytes - 1] == ']' &&
	       (span_find(text, " ") != NULL || span_find(text, ":") == NULL);
}

/* Behind "||": the address, and what stands behind it, which is empty, "^…" or "$OPTIONS". */
static struct span
address_of_rule(struct span text, struct span *behind)
{
	size_t n = 0;

	text = span_from(text, 2);
	while (n < text.bytes && text.data[n] != '^' && text.data[n] != '$')
		n++;
	*behind = span_from(text, n);
	return span_first(text, n);
}

/* Whether a rule's options leave it what it is without them: it is for whole pages then too. */
static bool
options_are_idle(struct span options)
{
	static const char *const idle[] = { "all", "document", "doc", "important" };

	while (options.bytes > 0) {
		struct span one = sigc_take_field(&options, ',');
		bool known = false;

		for (unsigned i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
			known |= span_is(one, idle[i]);
		if (!known)
			return false;
	}
	return true;
}

/*
 * What an ad blocker hangs on more than an address: elements of a page, exceptions, patterns, who
 * asks. "||ADDRESS^", also with options that say nothing more, is no such rule.
 */
static bool
is_conditional(struct span text)
{
	static const char *const elements[] = { "##", "#@#", "#?#", "#$#", "#%#" };
	bool is_rule = span_starts(text, "||");
	struct span host = text, behind = span_of(NULL, 0);

	if (span_starts(text, "@@") || (span_starts(text, "|") && !is_rule))
		return true;
	for (unsigned i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		if (span_find(text, "://") == NULL && span_find(text, elements[i]) != NULL)
			return true;
	}
	if (is_rule)
		address_of_rule(text, &behind);
	if (span_starts(behind, "^"))
		behind = span_from(behind, 1);
	if (span_starts(host, "*."))
		host = span_from(host, 2);
	host = sigc_take_field(&host, '/');
	return span_find(is_rule ? text : host, "*") != NULL ||
	       (behind.bytes > 0 &&
		   (behind.data[0] != '$' || !options_are_idle(span_from(behind, 1))));
}

/* "||ADDRESS^" of ad blockers, "*.host", a scheme: what is left is an address. */
static struct span
strip(struct span text)
{
	struct span behind;
	size_t n = 0;

	if (span_starts(text, "||"))
		text = address_of_rule(text, &behind);
	else if (span_starts(text, "*."))
		text = span_from(text, 2);
	while (n < text.bytes && (isalnum(text.data[n]) || strchr("+-.", text.data[n]) != NULL))
		n++;
	if (span_starts(span_from(text, n), "://"))
		text = span_from(text, n + 3);
	for (n = 0; n < text.bytes && text.data[n] != '/'; n++) {
		if (text.data[n] == '^')
			return span_first(text, n);
	}
	return text;
}

/* Takes scheme-less "user@host:port/path" apart; the port and the user play no part. */
static void
take_apart(struct span url, struct span *host, struct span *path)
{
	size_t end = 0;
	const uint8_t *at;

	while (end < url.bytes && strchr("/?#\\", url.data[end]) == NULL)
		end++;
	*path = span_from(url, end);
	*host = span_first(url, end);
	at = end > 0 ? memrchr(url.data, '@', end) : NULL;
	if (at != NULL)
		*host = span_from(*host, (size_t)(at - url.data) + 1);
	if (host->bytes > 0 && host->data[0] == '[') {
		const uint8_t *close = memchr(host->data, ']', host->bytes);

		*host = span_first(*host, close != NULL ? (size_t)(close - host->data) + 1 : 0);
	} else if (host->bytes > 0 && (at = memchr(host->data, ':', host->bytes)) != NULL &&
		   memchr(at + 1, ':', (size_t)(host->data + host->bytes - at) - 1) == NULL) {
		*host = span_first(*host, (size_t)(at - host->data)); /* two colons: bare IPv6 */
	}
}

static int
take_entry(struct sigc *s, const char *path, unsigned line, struct span text)
{
	struct url_entry e = { .line = line, .list = list_number, .kind = list_kind };
	struct span host, rest;
	struct reputation_key k;

	take_apart(strip(text), &host, &rest);
	if (!reputation_key_host(&k, host))
		return sigc_fail(s, path, line, "neither a domain nor a URL");
	reputation_key_path(&k, rest);
	e.host_bytes = k.host_bytes;
	e.key_bytes = k.host_bytes + (k.path_bytes > 1 ? k.path_bytes : 0); /* more than "/" */
	e.key = (uint32_t)table_add(&s->url_keys, k.bytes, e.key_bytes);
	table_add(&s->urls, &e, sizeof(e));
	sigc_count(s, list_kind, span_of(k.bytes, e.key_bytes));
	return 0;
}

/* An address as hosts files have it first in their lines; a number alone is none. */
static bool
is_address(struct span word)
{
	struct reputation_key k;

	return (span_find(word, ".") != NULL || span_find(word, ":") != NULL) &&
	       reputation_key_host(&k, word) && k.is_address;
}

/* "0.0.0.0 host host…" of hosts files, or one entry and whatever stands behind it. */
static int
take_url(struct sigc *s, const char *path, unsigned line, struct span text)
{
	struct span first, next;
	int rc;

	text = span_trim(text);
	if (text.bytes == 0 || text.data[0] == '#' || text.data[0] == '!' || is_header(text))
		return 0;
	if (is_conditional(text)) {
		sigc_skip(s, text, SKIP_CONDITIONAL);
		return 0;
	}
	first = take_word(&text);
	if (text.bytes == 0 || text.data[0] == '#' || !is_address(first))
		return take_entry(s, path, line, first);
	do {
		next = take_word(&text);
		rc = take_entry(s, path, line, next);
	} while (rc == 0 && text.bytes > 0 && text.data[0] != '#');
	return rc;
}

int
sigc_read_list(struct sigc *s, const char *path, enum reputation_kind kind)
{
	const char *slash = strrchr(path, '/');
	uint32_t name = table_add_text(&s->names, span_text(slash != NULL ? slash + 1 : path));

	list_number = (uint8_t)(s->lists.used / sizeof(name));
	list_kind = (uint8_t)kind;
	if (list_number == 64) {
		snprintf(s->error, sizeof(s->error), "%.300s: more than 64 lists", path);
		return -EINVAL;
	}
	table_add(&s->lists, &name, sizeof(name));
	sigc_begin_source(s, path);
	return sigc_read_lines(s, path, take_url);
}
