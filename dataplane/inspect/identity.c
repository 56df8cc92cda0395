/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/inspect/identity.h"

#include <errno.h>

#include "common/base/base64.h"
#include "common/base/letters.h"

#define CODED_BYTES_MAX 1024 /* a header's value; longer ones stay as they came */

/* "scheme://", as all forms begin that base64 is used for. */
static bool
has_scheme(struct span text)
{
	return span_starts_nocase(text, "WinNT://") || span_starts_nocase(text, "Local://") ||
	       span_starts_nocase(text, "LDAP://");
}

static void
append(char *out, size_t *bytes, struct span part)
{
	part = span_first(part, IDENTITY_NAME_MAX - *bytes);
	if (part.bytes > 0)
		memcpy(out + *bytes, part.data, part.bytes);
	*bytes += part.bytes;
}

/*
 * The next "type=value" of a distinguished name (RFC 4514), up to a comma, or the plus between
 * those of one level, that no \ precedes.
 */
static bool
next_rdn(struct span *name, struct span *type, struct span *value)
{
	struct span rdn;
	const uint8_t *equals;
	size_t n = 0;

	if (name->bytes == 0)
		return false;
	while (n < name->bytes && name->data[n] != ',' && name->data[n] != '+')
		n += name->data[n] == '\\' && n + 1 < name->bytes ? 2 : 1;
	rdn = span_first(*name, n);
	*name = span_from(*name, n + 1);
	equals = rdn.bytes > 0 ? memchr(rdn.data, '=', rdn.bytes) : NULL;
	n = equals != NULL ? (size_t)(equals - rdn.data) : rdn.bytes;
	*type = span_trim(span_first(rdn, n));
	*value = span_trim(span_from(rdn, n + 1));
	return true;
}

/* Without the backslashes that quote the byte behind them, or tell it by two hexadecimal digits. */
static void
append_unquoted(char *out, size_t *bytes, struct span value)
{
	for (size_t i = 0; i < value.bytes; i++) {
		uint8_t byte = value.data[i];
		int pair = -1;

		if (byte == '\\' && i + 2 < value.bytes)
			pair = hex_pair(value.data + i + 1);
		if (pair >= 0) {
			byte = (uint8_t)pair;
			i += 2;
		} else if (byte == '\\' && i + 1 < value.bytes) {
			byte = value.data[++i];
		}
		append(out, bytes, span_of(&byte, 1));
	}
}

static void
take_ldap(struct span rest, struct identity *out)
{
	const uint8_t *slash = rest.bytes > 0 ? memchr(rest.data, '/', rest.bytes) : NULL;
	struct span name = slash != NULL ? span_from(rest, (size_t)(slash - rest.data) + 1) : rest;
	struct span all = name, type, value;

	while (next_rdn(&name, &type, &value)) {
		bool names_user = span_is_nocase(type, "cn") || span_is_nocase(type, "uid") ||
				  span_is_nocase(type, "sAMAccountName");

		if (names_user && out->user_bytes == 0)
			append_unquoted(out->user, &out->user_bytes, value);
		if (!span_is_nocase(type, "dc"))
			continue;
		if (out->domain_bytes > 0)
			append(out->domain, &out->domain_bytes, span_text("."));
		append_unquoted(out->domain, &out->domain_bytes, value);
	}
	if (out->user_bytes == 0)
		append(out->user, &out->user_bytes, all);
}

/* "DOMAIN?user", `separator` for the question mark; without one it is all the user's name. */
static void
take_split(struct span text, char separator, struct identity *out)
{
	const uint8_t *at = text.bytes > 0 ? memchr(text.data, separator, text.bytes) : NULL;
	size_t n = at != NULL ? (size_t)(at - text.data) : 0;

	append(out->domain, &out->domain_bytes, span_first(text, n));
	append(out->user, &out->user_bytes, at != NULL ? span_from(text, n + 1) : text);
}

void
identity_parse(enum config_user_coding coding, struct span value, struct identity *out)
{
	uint8_t decoded[CODED_BYTES_MAX];
	ssize_t n = coding != USER_PLAIN && value.bytes <= sizeof(decoded)
			? base64_decode(value, decoded, sizeof(decoded))
			: -1;

	if (n > 0 && (coding == USER_BASE64 || has_scheme(span_of(decoded, (size_t)n))))
		value = span_of(decoded, (size_t)n);
	out->user_bytes = out->domain_bytes = 0;
	if (span_starts_nocase(value, "WinNT://"))
		take_split(span_from(value, strlen("WinNT://")), '/', out);
	else if (span_starts_nocase(value, "Local://"))
		append(out->user, &out->user_bytes, span_from(value, strlen("Local://")));
	else if (span_starts_nocase(value, "LDAP://"))
		take_ldap(span_from(value, strlen("LDAP://")), out);
	else
		take_split(value, '\\', out);
}

/* The next of the names between commas that is not empty. */
static bool
next_name(struct span *names, struct span *name)
{
	while (names->bytes > 0) {
		const uint8_t *comma = memchr(names->data, ',', names->bytes);
		size_t n = comma != NULL ? (size_t)(comma - names->data) : names->bytes;

		*name = span_trim(span_first(*names, n));
		*names = span_from(*names, n + 1);
		if (name->bytes > 0)
			return true;
	}
	return false;
}

uint32_t
identity_user_lengths(const struct config_profile *p)
{
	struct span names = span_text(p->user_headers), name;
	uint32_t lengths = 0;

	while (next_name(&names, &name))
		lengths |= http_length_bit(name.bytes);
	return lengths;
}

void
identity_user(const struct config_profile *p, const struct icap_session *s, struct identity *out)
{
	struct span names = span_text(p->user_headers), name;

	out->user_bytes = out->domain_bytes = 0;
	while (next_name(&names, &name)) {
		struct span value = span_trim(icap_field_by(s, name));

		if (value.bytes > 0) {
			identity_parse((enum config_user_coding)p->user_coding, value, out);
			return;
		}
	}
}

/*
 * The first or the last address of the list that all fields make together (RFC 9110 §5.3): a proxy
 * may append to the field that came, or add one of its own below it, so the last is in the last
 * field.
 */
static struct span
forwarded(const struct config_profile *p, const struct icap_session *s)
{
	const struct http_head *head = icap_request(s)->request_head;
	struct span list = span_of(NULL, 0);
	struct http_field_walk walk = { 0 };
	struct http_field f;
	size_t n;

	if (p->forwarded_for == FORWARDED_IGNORE || head == NULL)
		return list;
	if (p->forwarded_for == FORWARDED_FIRST) {
		const uint8_t *comma;

		list = http_field(head, "X-Forwarded-For");
		comma = list.bytes > 0 ? memchr(list.data, ',', list.bytes) : NULL;
		return span_first(list, comma != NULL ? (size_t)(comma - list.data) : list.bytes);
	}
	while (http_field_next(head, &walk, &f)) {
		if (span_is_nocase(f.name, "X-Forwarded-For"))
			list = f.value;
	}
	for (n = list.bytes; n > 0 && list.data[n - 1] != ','; n--)
		continue;
	return span_from(list, n);
}

/* How many bytes stand before the first such one, or in all. */
static size_t
upto(struct span text, char c)
{
	size_t n = 0;

	while (n < text.bytes && text.data[n] != (uint8_t)c)
		n++;
	return n;
}

/*
 * An address as headers have it: with blanks or quotes around it, IPv6 in brackets, either with a
 * port behind it, or a zone, which says nothing here.
 */
static int
parse_told(struct span text, struct ip_address *out)
{
	size_t n;

	text = span_trim(text);
	if (text.bytes == 0) /* most often: it is not told */
		return -EINVAL;
	if (text.bytes > 1 && text.data[0] == '"' && text.data[text.bytes - 1] == '"')
		text = span_of(text.data + 1, text.bytes - 2);
	if (text.bytes > 0 && text.data[0] == '[') {
		text = span_from(text, 1);
		n = upto(text, ']');
		if (n == text.bytes)
			return -EINVAL;
		text = span_first(text, n);
	} else {
		n = upto(text, ':');
		/* several: IPv6, which has no port without brackets */
		if (upto(span_from(text, n + 1), ':') + n + 1 >= text.bytes)
			text = span_first(text, n);
	}
	return address_parse(span_first(text, upto(text, '%')), out);
}

void
identity_client(
    const struct config_profile *p, const struct icap_session *s, struct ip_address *out)
{
	struct span told = p->client_ip_header[0] != 0
			       ? span_trim(icap_field(s, p->client_ip_header))
			       : span_of(NULL, 0);

	if (parse_told(told, out) == 0)
		return;
	if (parse_told(forwarded(p, s), out) != 0)
		memset(out, 0, sizeof(*out));
}
