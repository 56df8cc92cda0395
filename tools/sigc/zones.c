/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Block lists as DNS servers read them: settings of dnsmasq and Unbound (their manuals), and zone
 * files (RFC 1035 §5.1) of Response Policy Zones (draft-vixie-dnsop-dns-rpz). A name is taken where
 * the server would answer that there is nothing, or with an address where nobody is. Pure, but for
 * what it keeps of a zone from line to line.
 */
#include <arpa/inet.h>
#include <ctype.h>

#include "tools/sigc/sigc.h"

#define WORDS_MAX 8

bool
sigc_is_sink(struct span address)
{
	char text[INET6_ADDRSTRLEN];
	struct span plain = sigc_take_field(&address, '%'); /* without its zone */
	struct in6_addr six;
	struct in_addr four;

	if (span_is(plain, "0"))
		return true;
	if (plain.bytes >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)plain.bytes, (const char *)plain.data);
	if (inet_pton(AF_INET, text, &four) == 1)
		return four.s_addr == INADDR_ANY || four.s_addr == INADDR_BROADCAST ||
		       ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, text, &six) == 1 &&
	       (IN6_IS_ADDR_UNSPECIFIED(&six) || IN6_IS_ADDR_LOOPBACK(&six) ||
		   IN6_IS_ADDR_LINKLOCAL(&six) || IN6_IS_ADDR_MULTICAST(&six));
}

/* The words of a text, so many of them at most; how many there are. */
static unsigned
split_words(struct span text, struct span words[WORDS_MAX])
{
	unsigned n = 0;

	for (text = span_trim(text); text.bytes > 0 && n < WORDS_MAX; n++)
		words[n] = sigc_take_word(&text);
	return n;
}

static struct span
without_quotes(struct span text)
{
	text = span_trim(text);
	if (text.bytes >= 2 && (text.data[0] == '"' || text.data[0] == '\'') &&
	    text.data[text.bytes - 1] == text.data[0])
		return span_of(text.data + 1, text.bytes - 2);
	return text;
}

/* Before a "#" at its start or behind a blank. */
static struct span
without_comment(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if (text.data[i] == '#' && (i == 0 || text.data[i - 1] <= ' '))
			return span_trim(span_first(text, i));
	}
	return text;
}

/* "address=/NAME/NAME…/TARGET"; "server=" and "local=" without a target are never asked elsewhere.
 */
static enum sigc_zone_line
read_dnsmasq(struct span line, struct span *names)
{
	bool has_address = span_starts(line, "address=/");
	struct span list = without_comment(line), target;
	const uint8_t *last;

	if (!has_address && !span_starts(line, "server=/") && !span_starts(line, "local=/"))
		return ZONE_OTHER;
	sigc_take_field(&list, '/');
	last = list.bytes > 0 ? memrchr(list.data, '/', list.bytes) : NULL;
	if (last == NULL || last == list.data || list.data[0] == '#') /* "#": any name */
		return ZONE_LEFT_OUT;
	*names = span_first(list, (size_t)(last - list.data));
	target = span_from(list, names->bytes + 1);
	if (target.bytes == 0 || (has_address && (span_is(target, "#") || sigc_is_sink(target))))
		return ZONE_NAMES;
	return ZONE_LEFT_OUT;
}

static bool
is_one_of(struct span word, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (span_is(word, *words))
			return true;
	}
	return false;
}

/* A record's time to live, as "300" or "1h30m". */
static bool
is_ttl(struct span word)
{
	for (size_t i = 0; i < word.bytes; i++) {
		if (!isdigit(word.data[i]) &&
		    (i == 0 || strchr("smhdwSMHDW", word.data[i]) == NULL))
			return false;
	}
	return word.bytes > 0;
}

/* In a file that is no zone for sure, as they are mostly written. */
static bool
is_type(struct span word, bool in_zone)
{
	static const char *const types[] = { "CNAME", "A", "AAAA", "TXT", "SOA", "NS", "DNAME",
		"PTR", "MX", "SRV", "CAA", "RRSIG", "NSEC", "NSEC3", "DNSKEY", NULL };
	char upper[8] = "";

	if (!in_zone || word.bytes >= sizeof(upper))
		return is_one_of(word, types);
	for (size_t i = 0; i < word.bytes; i++)
		upper[i] = (char)toupper(word.data[i]);
	return is_one_of(span_text(upper), types);
}

/* The action that a record stands for: nothing there, or an address where nobody is. */
static bool
record_blocks(struct span type, struct span data)
{
	if (span_is_nocase(type, "CNAME"))
		return span_is(data, ".") || span_is(data, "*.") ||
		       span_is_nocase(data, "rpz-drop.");
	return (span_is_nocase(type, "A") || span_is_nocase(type, "AAAA")) && sigc_is_sink(data);
}

/* Names that stand for addresses and servers. */
static bool
is_trigger(struct span owner)
{
	static const char *const ends[] = { ".rpz-ip", ".rpz-client-ip", ".rpz-nsdname",
		".rpz-nsip" };

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (owner.bytes > n && span_is_nocase(span_from(owner, owner.bytes - n), ends[i]))
			return true;
	}
	return false;
}

/* Without the zone's own name behind it, where it has that. */
static struct span
inside_zone(const struct sigc_zone *z, struct span owner)
{
	size_t n = strlen(z->origin);

	if (n > 0 && owner.bytes > n + 1 && owner.data[owner.bytes - n - 1] == '.' &&
	    span_is_nocase(span_from(owner, owner.bytes - n), z->origin))
		return span_first(owner, owner.bytes - n - 1);
	return owner;
}

static void
keep_origin(struct sigc_zone *z, struct span name)
{
	if (name.bytes > 1 && name.bytes < sizeof(z->origin) && name.data[name.bytes - 1] == '.')
		snprintf(
		    z->origin, sizeof(z->origin), "%.*s", (int)name.bytes, (const char *)name.data);
}

/*
 * "[NAME] [TTL] [IN] TYPE DATA". A record without a name is one more of the name before, and those
 * of the zone itself are of nobody else's.
 */
static enum sigc_zone_line
read_record(struct sigc_zone *z, struct span line, bool has_owner, struct span *names)
{
	struct span words[WORDS_MAX];
	unsigned n = split_words(line, words), i = has_owner;
	bool is_own;

	while (i < n && (is_ttl(words[i]) || span_is_nocase(words[i], "IN")))
		i++;
	if (i + 1 >= n || !is_type(words[i], z->is_open))
		return z->is_open && n > 1 ? ZONE_LEFT_OUT : ZONE_OTHER;
	is_own = span_is_nocase(words[i], "SOA") || span_is_nocase(words[i], "NS");
	if (span_is_nocase(words[i], "SOA")) {
		z->is_open = true;
		if (has_owner)
			keep_origin(z, words[0]);
	}
	if (is_own)
		return ZONE_NOTHING;
	if (!has_owner || !record_blocks(words[i], words[i + 1]))
		return ZONE_LEFT_OUT;
	*names = inside_zone(z, words[0]);
	return is_trigger(*names) ? ZONE_LEFT_OUT : ZONE_NAMES;
}

/* Whether a record goes on behind this line of it: by parentheses that stand in no quotes. */
static void
keep_parentheses(struct sigc_zone *z, struct span text)
{
	bool is_quoted = false;

	for (size_t i = 0; i < text.bytes; i++) {
		uint8_t c = text.data[i];

		is_quoted ^= c == '"';
		if (!is_quoted && (c == '(' || c == ')'))
			z->in_parentheses = c == '(';
	}
}

/* A line of a zone file: a directive, what goes on in parentheses, or a record. */
static enum sigc_zone_line
read_zone(struct sigc_zone *z, struct span line, struct span *names)
{
	bool has_owner = line.data[0] > ' ';
	struct span text = sigc_take_field(&line, ';');
	enum sigc_zone_line what;

	if (z->in_parentheses) {
		keep_parentheses(z, text);
		return ZONE_NOTHING;
	}
	if (span_starts(text, "$TTL") || span_starts(text, "$ORIGIN")) {
		z->is_open = true;
		sigc_take_field(&text, 'N');
		keep_origin(z, span_trim(text));
		return ZONE_NOTHING;
	}
	if (span_starts(text, "$INCLUDE") || span_starts(text, "$GENERATE"))
		return ZONE_LEFT_OUT;
	what = read_record(z, text, has_owner, names);
	if (z->is_open)
		keep_parentheses(z, text);
	return what;
}

/* "local-zone: NAME TYPE" and "local-data: "RECORD"". */
static enum sigc_zone_line
read_unbound(struct span line, struct span *names)
{
	static const char *const blocking[] = { "always_nxdomain", "always_nodata", "always_null",
		"always_deny", "always_refuse", "deny", "inform_deny", "refuse", "static",
		"redirect", "inform_redirect", NULL };
	struct span words[WORDS_MAX], text = without_comment(line);
	struct sigc_zone none = { .is_open = true };

	if (span_is(text, "server:"))
		return ZONE_NOTHING;
	if (span_starts(text, "local-data:")) {
		text = without_quotes(span_from(text, strlen("local-data:")));
		return read_record(&none, text, true, names) == ZONE_NAMES ? ZONE_NAMES
									   : ZONE_LEFT_OUT;
	}
	if (!span_starts(text, "local-zone:"))
		return ZONE_OTHER;
	if (split_words(span_from(text, strlen("local-zone:")), words) != 2)
		return ZONE_LEFT_OUT;
	*names = without_quotes(words[0]);
	return is_one_of(without_quotes(words[1]), blocking) ? ZONE_NAMES : ZONE_LEFT_OUT;
}

enum sigc_zone_line
sigc_read_zone(struct sigc_zone *z, struct span line, struct span *names)
{
	struct span text = span_trim(line);
	enum sigc_zone_line what = ZONE_OTHER;

	if (!z->is_open)
		what = read_dnsmasq(text, names);
	if (what == ZONE_OTHER && !z->is_open)
		what = read_unbound(text, names);
	return what == ZONE_OTHER ? read_zone(z, line, names) : what;
}
