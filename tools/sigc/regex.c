/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's PCRE subsignatures: TRIGGER/REGEX/FLAGS, an offset and a colon before it. Where an
 * expression begins and ends is told as ClamAV tells it: by every '/' that no '\' stands before.
 * The library that the sandbox asks compiles each once, so that none is taken that it would refuse.
 */
#include <errno.h>
#include <string.h>

#include "scanners/regex/regex.h"
#include "tools/sigc/sigc.h"

/* How many bytes stand before the first `by` that is not within a regular expression. */
static size_t
bytes_before(struct span text, uint8_t by)
{
	bool is_within = false;
	size_t n = 0;

	for (; n < text.bytes && (is_within || text.data[n] != by); n++)
		is_within ^= text.data[n] == '/' && n > 0 && text.data[n - 1] != '\\';
	return n;
}

/* As sigc_take_field(), but not within one. */
static struct span
take_outside(struct span *text, uint8_t by)
{
	size_t n = bytes_before(*text, by);
	struct span field = span_first(*text, n);

	*text = span_from(*text, n + 1);
	return field;
}

unsigned
sigc_count_parts(struct span parts)
{
	unsigned count = 1;

	for (size_t n; (n = bytes_before(parts, ';')) < parts.bytes; count++)
		parts = span_from(parts, n + 1);
	return count;
}

struct span
sigc_take_part(struct span *parts)
{
	return take_outside(parts, ';');
}

bool
sigc_is_regex(struct span part)
{
	return part.bytes > 0 && memchr(part.data, '/', part.bytes) != NULL;
}

static bool
read_flags(struct span flags, struct sigc_regex *out)
{
	static const char options[] = "ismxAEU", search[] = "gre";

	for (size_t i = 0; i < flags.bytes; i++) {
		const char *option = memchr(options, flags.data[i], sizeof(options) - 1),
			   *how = memchr(search, flags.data[i], sizeof(search) - 1);

		if (option == NULL && how == NULL)
			return false;
		if (option != NULL)
			out->options |= 1u << (option - options);
		else
			out->search |= 1u << (how - search);
	}
	return true;
}

int
sigc_parse_regex(struct span part, struct sigc_regex *out, enum skip_reason *why)
{
	struct span first = take_outside(&part, ':');
	const uint8_t *begin, *end;

	*out = (struct sigc_regex){ .offset = span_text("*") };
	if (part.bytes > 0 && part.data[0] != ':') {
		out->offset = first;
		first = take_outside(&part, ':');
	}
	*why = SKIP_REGEX_MODIFIER;
	if (part.bytes > 0)
		return -ENOTSUP; /* "::i": clamscan reads over it, or refuses it behind an offset */
	begin = first.bytes > 0 ? memchr(first.data, '/', first.bytes) : NULL;
	end = first.bytes > 0 ? memrchr(first.data, '/', first.bytes) : NULL;
	if (begin == NULL || end - begin < 2 || begin == first.data)
		return -EINVAL;
	out->trigger = span_first(first, (size_t)(begin - first.data));
	out->text = span_of(begin + 1, (size_t)(end - begin) - 1);
	return read_flags(span_from(first, (size_t)(end - first.data) + 1), out) ? 0 : -EINVAL;
}

int
sigc_add_regex(struct sigc *s, const struct sigc_regex *x, const struct generation_regex *row,
    enum skip_reason *why)
{
	struct generation_regex r = *row;
	struct sigc_place place;
	char error[REGEX_ERROR_MAX];
	struct regex *compiled;
	int rc;

	*why = SKIP_OFFSET;
	if (!sigc_parse_offset(x->offset, &place) ||
	    (place.from != FROM_START && place.from != FROM_END))
		return -ENOTSUP;
	r.start_min = place.min;
	r.start_max = place.max;
	r.from = place.from;
	r.text = table_add_text(&s->names, x->text);
	r.options = (uint8_t)x->options;
	r.search = (uint8_t)x->search;
	*why = SKIP_NO_REGEX;
	rc = regex_compile((const char *)s->names.bytes + r.text, x->options, &compiled, error);
	if (rc == -ENOMEM)
		sigc_give_up("the limit of memory is reached");
	if (rc != 0)
		return -ENOTSUP;
	regex_free(compiled);
	return (int)(table_add(&s->regexes, &r, sizeof(r)) / sizeof(r));
}
