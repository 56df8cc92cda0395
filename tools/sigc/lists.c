/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of domains and URLs, in the forms that they are handed around in. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "scanners/reputation/reputation_table.h"
#include "tools/sigc/sigc.h"

/* The list being read: its number and kind. */
static uint8_t list_number, list_kind;

/* "0.0.0.0 host" of hosts files, "||host^" of ad blockers, "*.host": what is left is a URL. */
static struct span
strip(struct span text)
{
	const char *blank;
	size_t n;

	if (text.bytes > 2 && (memcmp(text.data, "||", 2) == 0 || memcmp(text.data, "*.", 2) == 0))
		text = span_from(text, 2);
	if (isdigit(text.data[0]) && (blank = strpbrk((const char *)text.data, " \t")) != NULL &&
	    (const uint8_t *)blank < text.data + text.bytes) {
		struct span host =
		    span_trim(span_from(text, (size_t)(blank - (const char *)text.data)));

		text = host.bytes > 0 && host.data[0] != '#' ? host : text;
	}
	for (n = 0; n + 3 <= text.bytes; n++) {
		if (memcmp(text.data + n, "://", 3) == 0) {
			text = span_from(text, n + 3);
			break;
		}
	}
	for (n = 0; n < text.bytes && text.data[n] > ' ' && text.data[n] != '^'; n++)
		continue;
	return span_first(text, n);
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
take_url(struct sigc *s, const char *path, unsigned line, struct span text)
{
	struct url_entry e = { .line = line, .list = list_number, .kind = list_kind };
	struct span host, rest;
	struct reputation_key k;

	text = span_trim(text);
	if (text.bytes == 0 || text.data[0] == '#' || text.data[0] == '!')
		return 0;
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
