/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a line of an ICAP head says that frames or steers the request (RFC 3507 §4.3, §4.4.1, §4.5,
 * §4.6). Knows nothing of the request, so that what it finds holds wherever the same line stands.
 */
#include "dataplane/icap/internal.h"

static const struct span part_names[PART_COUNT] = { { (const uint8_t *)"req-hdr", 7 },
	{ (const uint8_t *)"res-hdr", 7 }, { (const uint8_t *)"req-body", 8 },
	{ (const uint8_t *)"res-body", 8 }, { (const uint8_t *)"opt-body", 8 },
	{ (const uint8_t *)"null-body", 9 } };

/* Digits only, at most nine of them; -1 otherwise. */
static int64_t
parse_decimal(struct span text)
{
	int64_t n = 0;

	if (text.bytes == 0 || text.bytes > 9)
		return -1;
	for (size_t i = 0; i < text.bytes; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		n = n * 10 + (text.data[i] - '0');
	}
	return n;
}

/* The next item of a comma-separated list, trimmed; false at the end. */
static bool
next_item(struct span *list, struct span *item)
{
	const uint8_t *comma;

	if (list->data == NULL || list->bytes == 0)
		return false;
	comma = memchr(list->data, ',', list->bytes);
	*item = span_trim(
	    span_first(*list, comma != NULL ? (size_t)(comma - list->data) : list->bytes));
	*list =
	    comma != NULL ? span_from(*list, (size_t)(comma - list->data) + 1) : span_of(NULL, 0);
	return true;
}

/* PART_COUNT: none. As all clients write it, else in any case. */
static unsigned
part_of(struct span name)
{
	unsigned p = 0;

	while (p < PART_COUNT && !(name.bytes == part_names[p].bytes &&
				     memcmp(name.data, part_names[p].data, 7) == 0 &&
				     span_equal(name, part_names[p])))
		p++;
	if (p < PART_COUNT)
		return p;
	p = 0;
	while (p < PART_COUNT && !span_is_nocase(name, (const char *)part_names[p].data))
		p++;
	return p;
}

static enum refusal
parse_encapsulated(struct span value, struct encapsulated *out)
{
	struct span item;

	out->count = 0;
	while (next_item(&value, &item)) {
		const uint8_t *equals = item.bytes ? memchr(item.data, '=', item.bytes) : NULL;
		unsigned p;
		int64_t offset;

		if (equals == NULL || out->count == 3)
			return REFUSAL_ENCAPSULATED;
		p = part_of(span_first(item, (size_t)(equals - item.data)));
		offset = parse_decimal(span_from(item, (size_t)(equals - item.data) + 1));
		if (p == PART_COUNT || offset < 0)
			return REFUSAL_ENCAPSULATED;
		if (offset > 2 * HTTP_HEAD_BYTES_MAX)
			return REFUSAL_PART_LONG;
		if (out->count == 0 ? offset != 0
				    : part_is_body(out->items[out->count - 1].part) ||
					  offset <= out->items[out->count - 1].offset)
			return REFUSAL_ENCAPSULATED;
		out->items[out->count].part = p;
		out->items[out->count++].offset = (uint32_t)offset;
	}
	return out->count > 0 && part_is_body(out->items[out->count - 1].part)
		   ? REFUSAL_NONE
		   : REFUSAL_ENCAPSULATED;
}

static void
read_allow(struct span list, struct field_says *out)
{
	struct span item;

	while (next_item(&list, &item)) {
		out->allow_204 |= span_is(item, "204");
		out->allow_206 |= span_is(item, "206");
	}
}

static void
read_connection(struct span list, struct field_says *out)
{
	struct span item;

	while (next_item(&list, &item))
		out->wants_close |= span_is_nocase(item, "close");
}

enum refusal
field_read(const struct http_field *f, struct field_says *out)
{
	*out = (struct field_says){ .kind = FIELD_OTHER };
	if (span_is_nocase(f->name, "Encapsulated")) {
		out->kind = FIELD_ENCAPSULATED;
		return parse_encapsulated(f->value, &out->encapsulated);
	}
	if (span_is_nocase(f->name, "Preview")) {
		int64_t n = parse_decimal(f->value);

		out->kind = FIELD_PREVIEW;
		out->preview_bytes = n >= 0 ? (uint32_t)n : 0;
		return n >= 0 ? REFUSAL_NONE : REFUSAL_PREVIEW;
	}
	if (span_is_nocase(f->name, "Allow")) {
		out->kind = FIELD_ALLOW;
		read_allow(f->value, out);
	} else if (span_is_nocase(f->name, "Connection")) {
		out->kind = FIELD_CONNECTION;
		read_connection(f->value, out);
	}
	return REFUSAL_NONE;
}
