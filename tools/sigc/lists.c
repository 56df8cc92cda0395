/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of domains and URLs, in the forms that they are handed around in. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "scanners/reputation/reputation_table.h"
#include "tools/sigc/sigc.h"

/* The list being read. */
static struct {
	uint8_t number, kind;
	unsigned last_line;
	bool is_blocker; /* an ad blocker's: what is no address there is a rule of another kind */
	struct sigc_zone zone;
} list;

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
	if (span_find(text, "://") != NULL)
		host = sigc_take_field(&host, '/');
	else if (host.bytes > 2 && memcmp(host.data + host.bytes - 2, "/*", 2) == 0)
		host.bytes -= 2;
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

/* An entry taken apart; ports and users play no part. */
struct entry {
	struct span host, path, port;
	bool has_scheme, has_user, has_port;
};

/* [SCHEME://][USER@]HOST[:PORT][PATH] */
static struct entry
take_apart(struct span text)
{
	struct entry e = { .host = strip(text) };
	struct span url = e.host;
	size_t end = 0;
	const uint8_t *at;

	e.has_scheme = url.data > text.data + 2 && memcmp(url.data - 3, "://", 3) == 0;
	while (end < url.bytes && strchr("/?#\\", url.data[end]) == NULL)
		end++;
	e.path = span_from(url, end);
	e.host = span_first(url, end);
	at = end > 0 ? memrchr(url.data, '@', end) : NULL;
	e.has_user = at != NULL;
	if (at != NULL)
		e.host = span_from(e.host, (size_t)(at - url.data) + 1);
	at = e.host.bytes > 0 ? memchr(e.host.data, e.host.data[0] == '[' ? ']' : ':', e.host.bytes)
			      : NULL;
	if (e.host.bytes > 0 && e.host.data[0] == '[') {
		struct span behind;
		size_t inside = at != NULL ? (size_t)(at - e.host.data) + 1 : 0;

		behind = span_from(e.host, inside);
		e.has_port = span_starts(behind, ":");
		e.port = span_from(behind, e.has_port);
		e.host = span_first(e.host, inside);
	} else if (at != NULL &&
		   memchr(at + 1, ':', (size_t)(e.host.data + e.host.bytes - at) - 1) == NULL) {
		e.has_port = true; /* two colons: bare IPv6 */
		e.port = span_from(e.host, (size_t)(at - e.host.data) + 1);
		e.host = span_first(e.host, (size_t)(at - e.host.data));
	}
	return e;
}

/* Decimal, with any zeros before it; behind a scheme it may be empty. */
static bool
port_is_sound(const struct entry *e)
{
	uint32_t number = 0;

	if (!e->has_port)
		return e->port.bytes == 0;
	for (size_t i = 0; i < e->port.bytes; i++) {
		if (!isdigit(e->port.data[i]) || number > UINT16_MAX)
			return false;
		number = number * 10 + (uint32_t)(e->port.data[i] - '0');
	}
	return number <= UINT16_MAX && (e->port.bytes > 0 || e->has_scheme);
}

/*
 * A name that DNS could hold: what stands in a list without a scheme may be anything, so letters,
 * digits, "-" and "_" alone make its labels, none is empty, and the last is no number (URL Standard
 * §3.5).
 */
static bool
is_name(struct span name)
{
	size_t label = 0;
	bool is_number = true;

	for (size_t i = 0; i < name.bytes; i++) {
		uint8_t c = name.data[i];

		if (c == '.' && label == 0)
			return false;
		if (c != '.' && !isalnum(c) && c != '-' && c != '_')
			return false;
		is_number = c == '.' || (isdigit(c) && (label == 0 || is_number));
		label = c == '.' ? 0 : label + 1;
	}
	return label > 0 && !is_number;
}

static const char *
why_refused(struct span text)
{
	struct span host = text;

	if (text.data[0] == '"' || memchr(text.data, ',', text.bytes) != NULL)
		return "a row of CSV; expected one domain or URL a line";
	host = sigc_take_field(&host, '@');
	if (host.bytes < text.bytes && span_find(text, "/") == NULL)
		return "an address of mail; expected a domain or a URL";
	return "neither a domain nor a URL";
}

static bool
key_of(const struct entry *e, struct reputation_key *k)
{
	if (!reputation_key_host(k, e->host) || !port_is_sound(e))
		return false;
	if (!e->has_scheme &&
	    (e->has_user || (!k->is_address && !is_name(span_of(k->bytes, k->host_bytes)))))
		return false;
	reputation_key_path(k, e->path);
	return true;
}

static int
take_entry(struct sigc *s, const char *path, unsigned line, struct span text)
{
	struct url_entry e = { .line = line, .list = list.number, .kind = list.kind };
	struct entry parts = take_apart(text);
	struct reputation_key k;

	if (!key_of(&parts, &k) && !list.is_blocker)
		return sigc_fail(s, path, line, why_refused(text));
	if (!key_of(&parts, &k)) {
		sigc_skip(s, text, SKIP_CONDITIONAL);
		return 0;
	}
	e.host_bytes = k.host_bytes;
	e.key_bytes = k.host_bytes + (k.path_bytes > 1 ? k.path_bytes : 0); /* more than "/" */
	e.key = (uint32_t)table_add(&s->url_keys, k.bytes, e.key_bytes);
	table_add(&s->urls, &e, sizeof(e));
	sigc_count(s, list.kind, span_of(k.bytes, e.key_bytes));
	return 0;
}

/* An address as hosts files have it first in their lines; a number alone is none, but 0 is. */
static bool
is_address(struct span word)
{
	struct reputation_key k;

	return span_is(word, "0") ||
	       ((span_find(word, ".") != NULL || span_find(word, ":") != NULL) &&
		   reputation_key_host(&k, word) && k.is_address);
}

/* "192.0.2.0/24", "192.0.2.1-192.0.2.9" */
static bool
is_range(struct span word)
{
	struct span rest = word, first = sigc_take_field(&rest, '/');
	uint64_t bits = 0;

	if (is_address(first) && first.bytes < word.bytes)
		return sigc_take_number(&rest, &bits) && rest.bytes == 0 && bits <= 128;
	rest = word;
	first = sigc_take_field(&rest, '-');
	return is_address(first) && is_address(rest);
}

/* Of the names that hosts files have of the machine itself. */
static bool
is_own_name(struct span name)
{
	static const char *const own[] = { "localhost", "localhost.localdomain", "local",
		"broadcasthost", "ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-mcastprefix",
		"ip6-allnodes", "ip6-allrouters", "ip6-allhosts", "0.0.0.0" };

	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (span_is_nocase(name, own[i]))
			return true;
	}
	return false;
}

/* "0.0.0.0 host host…" */
static int
take_hosts(struct sigc *s, const char *path, unsigned line, struct span address, struct span names)
{
	int rc = 0;

	while (rc == 0 && names.bytes > 0 && names.data[0] != '#') {
		struct span name = sigc_take_word(&names), cut = name;

		name = sigc_take_field(&cut, '#');
		if (cut.data != NULL)
			names = span_of(NULL, 0);
		if (is_own_name(name))
			sigc_skip(s, name, SKIP_OWN_NAME);
		else if (!sigc_is_sink(address))
			sigc_skip(s, name, SKIP_ELSEWHERE);
		else
			rc = take_entry(s, path, line, name);
	}
	return rc;
}

/* Whether a word would be an entry; what has no dot or is an address cut short is none. */
static bool
is_entry(struct span word)
{
	struct entry parts = take_apart(word);
	struct reputation_key k;

	if (parts.has_scheme)
		return true;
	if (span_find(parts.host, ".") == NULL || !key_of(&parts, &k))
		return false;
	return !k.is_address || span_equal(parts.host, span_of(k.bytes, k.host_bytes));
}

/* Whether what stands behind an entry is another one, or may belong to it. */
static bool
is_more_than_notes(struct span entry, struct span behind)
{
	if (behind.bytes == 0 || behind.data[0] == '#')
		return false;
	if (span_find(entry, "/") != NULL || span_find(entry, ".") == NULL)
		return true;
	while (behind.bytes > 0) {
		if (is_entry(sigc_take_word(&behind)))
			return true;
	}
	return false;
}

/* Of an ad blocker: a piece of any address, "-ad-banner." or ".com/ads/". */
static bool
is_piece(struct span entry)
{
	if (span_starts(entry, "."))
		return span_find(entry, "/") != NULL;
	return list.is_blocker &&
	       (strchr("-_", entry.data[0]) != NULL || entry.data[entry.bytes - 1] == '.');
}

/* A domain, an address or a URL, as most lists have one in each line. */
static int
take_one(struct sigc *s, const char *path, unsigned line, struct span text)
{
	struct span behind = text, entry = sigc_take_word(&behind);
	struct entry parts = take_apart(entry);
	struct reputation_key k;
	enum skip_reason why = SKIP_COUNT;

	if (!parts.has_scheme && is_range(entry))
		why = SKIP_RANGE;
	else if (is_piece(entry))
		why = SKIP_CONDITIONAL;
	else if (key_of(&parts, &k) && is_more_than_notes(entry, behind))
		why = SKIP_MANY;
	if (why != SKIP_COUNT) {
		sigc_skip(s, text, why);
		return 0;
	}
	if (span_starts(entry, ".") && entry.bytes > 1) /* Squid: the host and all below it */
		entry = span_from(entry, 1);
	if (entry.bytes > 2 && memcmp(entry.data + entry.bytes - 2, "/*", 2) == 0)
		entry.bytes--; /* what lies below it, as any entry that ends in a slash */
	return take_entry(s, path, line, entry);
}

static int
take_names(struct sigc *s, const char *path, unsigned line, struct span names)
{
	int rc = 0;

	while (rc == 0 && names.bytes > 0)
		rc = take_entry(s, path, line, sigc_take_field(&names, '/'));
	return rc;
}

/* Without what stands behind a ";" that belongs to no path. */
static struct span
without_remark(struct span text)
{
	struct span rest = text, first = sigc_take_field(&rest, ';');

	return span_starts(text, "||") || span_find(first, "/") != NULL ? text : span_trim(first);
}

static int
take_url(struct sigc *s, const char *path, unsigned line, struct span raw)
{
	struct span text = span_trim(raw), entry, rest, first, names = raw;
	enum sigc_zone_line what;

	list.last_line = line;
	if (text.bytes > 0 && memchr(text.data, '\r', text.bytes) != NULL)
		return sigc_fail(s, path, line, "a CR that ends no line; expected LF or CRLF");
	if (text.bytes > 0)
		list.is_blocker |= text.data[0] == '!' || is_header(text) ||
				   span_starts(text, "||") || span_starts(text, "@@");
	if (text.bytes == 0 || strchr("#!;", text.data[0]) != NULL || is_header(text))
		return 0;
	entry = rest = without_remark(text);
	first = sigc_take_word(&rest);
	if (rest.bytes > 0 && rest.data[0] != '#' && is_address(first))
		return take_hosts(s, path, line, first, rest);
	what = sigc_read_zone(&list.zone, raw, &names);
	if (what == ZONE_NAMES)
		return take_names(s, path, line, names);
	if (what == ZONE_NOTHING)
		return 0;
	if (what == ZONE_LEFT_OUT || is_conditional(entry)) {
		sigc_skip(s, text, what == ZONE_OTHER ? SKIP_CONDITIONAL : SKIP_RESOLVER);
		return 0;
	}
	return take_one(s, path, line, entry);
}

int
sigc_read_list(struct sigc *s, const char *path, enum reputation_kind kind)
{
	const char *slash = strrchr(path, '/');
	uint32_t name = table_add_text(&s->names, span_text(slash != NULL ? slash + 1 : path));
	int rc;

	memset(&list, 0, sizeof(list));
	list.number = (uint8_t)(s->lists.used / sizeof(name));
	list.kind = (uint8_t)kind;
	if (list.number == 64) {
		snprintf(s->error, sizeof(s->error), "%.300s: more than 64 lists", path);
		return -EINVAL;
	}
	table_add(&s->lists, &name, sizeof(name));
	sigc_begin_source(s, path);
	rc = sigc_read_lines(s, path, take_url);
	if (rc == 0 && list.zone.in_parentheses)
		return sigc_fail(
		    s, path, list.last_line, "a record whose parenthesis is not closed");
	return rc;
}
