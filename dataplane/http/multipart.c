/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parts between boundaries (RFC 2046 §5.1, RFC 7578), as the bytes stream by, cut anywhere. A
 * delimiter is a line of its own: "--", the boundary, perhaps "--", blanks; the line end before it
 * belongs to it and not to the part. Lines may end in CRLF or in LF alone, as most receivers have
 * it. What comes behind the closing delimiter is looked through like the preamble, because some
 * receivers read on there: a part that stands there is a part.
 *
 * A CR alone ends no line here, but for some receivers (Werkzeug) it does: where that would make
 * another delimiter or another head, `lone_cr` tells of it.
 *
 *     state  input                      next   event
 *     TEXT   up to a line end           LINE   DATA, inside a part
 *     LINE   a delimiter, whole         HEAD   PART_END, inside a part
 *     LINE   the closing delimiter      LINE   PART_END, inside a part
 *     LINE   anything else              TEXT   DATA: the line end and what was held of the line
 *                                              (`near`: the first that begins as a delimiter)
 *     HEAD   the empty line             LINE   PART: the part's body begins
 *     HEAD   a delimiter                HEAD   – (a part without a body is none)
 *
 * A message (RFC 5322 §2.1) is read as one part that begins in HEAD and has no delimiter.
 *
 * A line that may become a delimiter and is cut by the input's end is held in `held`, which no such
 * line outgrows: padding is bounded. Each byte is looked at a bounded number of times, so the cost
 * is linear whatever the input.
 */
#include "common/base/parameter.h"
#include "dataplane/http/http.h"

#define PADDING_BYTES_MAX 64

static_assert(
    MULTIPART_HELD_BYTES >= 2 + 2 + MULTIPART_BOUNDARY_BYTES_MAX + 2 + PADDING_BYTES_MAX + 2,
    "a line end, and a delimiter's whole line");

enum state {
	LINE,
	TEXT,
	HEAD
};

enum kind {
	NONE,
	PERHAPS, /* so far; more must come */
	NEAR, /* the boundary, and more than that: RFC 2046 §5.1.1 has it for a delimiter, few do */
	DELIMITER,
	CLOSING
};

/* Some receivers look for no more than the word: so does this, where the field is broken. */
static struct span
find_word(struct span value)
{
	static const char word[] = "boundary=";
	const size_t n = sizeof(word) - 1;

	for (size_t i = 0; i + n <= value.bytes; i++) {
		if (strncasecmp((const char *)value.data + i, word, n) == 0)
			return span_from(value, i + n);
	}
	return span_of(NULL, 0);
}

/*
 * Of a value that is neither quoted nor a token: PHP ends it at a comma, others at a blank, others
 * not at all. Returns how many of its `n` bytes count here; `*loose`: others may take more or less.
 */
static size_t
end_loose(struct span plain, const char *value, size_t n, bool *loose)
{
	size_t end = n;

	*loose = false;
	if (plain.bytes > 0 && plain.data[0] == '"')
		return end;
	for (size_t i = 0; i < n; i++) {
		if (value[i] > ',') /* as letters, digits and most other signs of a token are */
			continue;
		*loose = *loose || memchr(", \t\"", value[i], 4) != NULL;
		if (value[i] == ',' && end == n)
			end = i;
	}
	return end;
}

/*
 * The boundary, bytes written; plain, else coded, else in sections (RFC 2231). `*doubtful`: another
 * reader may take another one, or one where we take none.
 */
static size_t
take_boundary(struct span content_type, char *out, size_t room, bool *doubtful)
{
	char other[2][MULTIPART_BOUNDARY_BYTES_MAX + 1];
	struct parameter p;
	size_t n, others[2];

	parameter_find(content_type, "boundary", &p);
	if (p.plain.data == NULL)
		p.plain = find_word(content_type);
	n = end_loose(p.plain, out, parameter_plain(&p, out, room), doubtful);
	others[0] = parameter_coded(&p, other[0], sizeof(other[0]));
	others[1] = parameter_joined(&p, other[1], sizeof(other[1]));
	*doubtful = *doubtful || p.repeated;
	for (unsigned i = 0; i < 2; i++) {
		if (n == 0) {
			n = others[i] < room ? others[i] : room;
			memcpy(out, other[i], n);
		}
		*doubtful = *doubtful || (others[i] > 0 && !span_equal(span_of(out, n),
							       span_of(other[i], others[i])));
	}
	return n;
}

bool
message_is(struct span content_type)
{
	return span_starts_nocase(content_type, "message/rfc822") ||
	       span_starts_nocase(content_type, "message/global");
}

bool
message_is_partial(struct span content_type)
{
	return span_starts_nocase(content_type, "message/partial");
}

bool
multipart_is(struct span content_type)
{
	return span_starts_nocase(content_type, "multipart/");
}

static void
begin(struct multipart *p, enum state state, size_t head_bytes_max)
{
	p->head_bytes_max =
	    (uint16_t)(head_bytes_max < MULTIPART_HEAD_BYTES_MAX ? head_bytes_max
								 : MULTIPART_HEAD_BYTES_MAX);
	p->state = (uint8_t)state;
	p->in_part = p->head_over = p->data_is_last = p->head_is_old = p->near = false;
	p->held_bytes = p->end_bytes = p->head_bytes = 0;
	p->line_bytes = 0;
	p->lone_cr = p->head_cr = false;
	p->cr_matched = 0;
}

enum multipart_kind
multipart_init(struct multipart *p, struct span content_type, size_t head_bytes_max)
{
	bool doubtful;
	size_t n;

	if (!multipart_is(content_type))
		return MULTIPART_NOT;
	n = take_boundary(
	    content_type, p->delimiter + 2, MULTIPART_BOUNDARY_BYTES_MAX + 1, &doubtful);
	if (n == 0)
		return doubtful ? MULTIPART_UNREADABLE : MULTIPART_NOT;
	if (n > MULTIPART_BOUNDARY_BYTES_MAX)
		return MULTIPART_UNREADABLE;
	p->delimiter[0] = p->delimiter[1] = '-';
	p->delimiter_bytes = (uint16_t)(n + 2);
	begin(p, LINE, head_bytes_max);
	return doubtful ? MULTIPART_DOUBTFUL : MULTIPART_YES;
}

void
multipart_init_message(struct multipart *p, size_t head_bytes_max)
{
	p->delimiter_bytes = 0;
	begin(p, HEAD, head_bytes_max);
}

/* What follows the boundary on its line; `*lone_cr`: a CR that ends the line for some. */
static enum kind
after_boundary(struct span rest, size_t *bytes, bool *lone_cr)
{
	bool closes = rest.bytes > 0 && rest.data[0] == '-';
	size_t i = closes ? 2 : 0, padding_end = i + PADDING_BYTES_MAX;

	if (closes && rest.bytes > 1 && rest.data[1] != '-')
		return NONE;
	while (i < rest.bytes && i < padding_end && (rest.data[i] == ' ' || rest.data[i] == '\t'))
		i++;
	if (i < rest.bytes && rest.data[i] == '\r')
		i++;
	if (i >= rest.bytes)
		return PERHAPS;
	if (rest.data[i] != '\n') {
		*lone_cr = *lone_cr || (i > 0 && rest.data[i - 1] == '\r');
		return NONE;
	}
	*bytes = i + 1;
	return closes ? CLOSING : DELIMITER;
}

/* What the line is that starts there; `*bytes` of a delimiter, its line end included. */
static enum kind
classify(struct multipart *p, struct span line, size_t *bytes)
{
	size_t n = line.bytes < p->delimiter_bytes ? line.bytes : p->delimiter_bytes;
	enum kind k;

	if (p->delimiter_bytes == 0 || (line.bytes > 0 && line.data[0] != '-'))
		return NONE;
	if (n > 0 && memcmp(line.data, p->delimiter, n) != 0)
		return NONE;
	if (n < p->delimiter_bytes)
		return PERHAPS;
	k = after_boundary(span_from(line, n), bytes, &p->lone_cr);
	*bytes += n;
	if (k == NONE && p->in_part && !p->near_seen)
		return NEAR;
	return k;
}

/* A delimiter was used up. */
static enum multipart_event
delimiter(struct multipart *p, enum kind k)
{
	bool ended = p->in_part;

	p->in_part = false;
	p->held_bytes = p->end_bytes = 0;
	p->state = k == CLOSING ? LINE : HEAD;
	p->head_is_old =
	    true; /* and read until the next begins: the part's end is still to be told */
	p->line_bytes = 0;
	return ended ? MULTIPART_PART_END : MULTIPART_MORE;
}

/* MORE: there is nothing to hand out. */
static enum multipart_event
give(struct multipart *p, struct span bytes, bool is_last, struct span *data)
{
	if (!p->in_part || bytes.bytes == 0)
		return MULTIPART_MORE;
	*data = bytes;
	p->data_is_last = is_last;
	return MULTIPART_DATA;
}

/* Whether nothing but a line end stands between. */
static bool
begins_at(struct span input, size_t start, size_t line)
{
	return line - start == 1 || (line - start == 2 && input.data[start] == '\r');
}

/* Bytes from `*at` on up to a line end behind which a delimiter stands, or may stand. */
static enum multipart_event
text_step(struct multipart *p, struct span input, size_t *at, struct span *data)
{
	size_t start = *at, from = *at, end, used = 0;
	enum kind k = NONE;
	const uint8_t *lf;

	if (p->held_bytes > 0) { /* a CR that ended the last input */
		bool line_ends = input.data[start] == '\n';

		p->held[1] = '\n';
		p->held_bytes = p->end_bytes = line_ends ? 2 : 0;
		p->state = line_ends ? LINE : TEXT;
		*at += line_ends;
		return line_ends ? MULTIPART_MORE : give(p, span_of(p->held, 1), false, data);
	}
	while (k == NONE && from < input.bytes &&
	       (lf = memchr(input.data + from, '\n', input.bytes - from)) != NULL) {
		from = (size_t)(lf - input.data) + 1;
		used = 0;
		k = classify(p, span_from(input, from), &used);
		if (k == NEAR && begins_at(input, start, from)) {
			p->near = p->near_seen = true;
			k = NONE;
		}
	}
	if (k == NONE) {
		end = input.bytes - (input.data[input.bytes - 1] == '\r');
		*at = input.bytes;
		if (end < input.bytes)
			p->held[p->held_bytes++] = '\r';
		return give(p, span_of(input.data + start, end - start), false, data);
	}
	end = from - 1;
	if (end > start && input.data[end - 1] == '\r')
		end--;
	if (end > start && p->in_part) {
		*at = end;
		return give(p, span_of(input.data + start, end - start), k > NEAR, data);
	}
	if (k == PERHAPS) {
		p->held_bytes = (uint16_t)(input.bytes - end);
		p->end_bytes = (uint16_t)(from - end); /* CR, if any, and LF */
		memcpy(p->held, input.data + end, p->held_bytes);
		p->state = LINE;
		*at = input.bytes;
		return MULTIPART_MORE;
	}
	*at = from + used;
	return delimiter(p, k);
}

/* The start of a line, byte by byte, as long as it may become a delimiter. */
static enum multipart_event
line_step(struct multipart *p, struct span input, size_t *at, struct span *data)
{
	while (*at < input.bytes) {
		size_t used = 0, n = p->held_bytes;
		enum kind k;

		p->held[n] = input.data[*at];
		k = classify(p, span_of(p->held + p->end_bytes, n + 1 - p->end_bytes), &used);
		if (k == NONE || k == NEAR) {
			p->near = k == NEAR;
			p->near_seen |= p->near;
			p->state = TEXT;
			p->held_bytes = p->end_bytes = 0;
			return give(p, span_of(p->held, n), false, data);
		}
		p->held_bytes++;
		++*at;
		if (k != PERHAPS)
			return delimiter(p, k);
	}
	return MULTIPART_MORE;
}

static struct span
value_at(const struct multipart *p, const struct multipart_place *place)
{
	return place->told ? span_of(p->head + place->at, place->bytes) : span_of(NULL, 0);
}

struct span
multipart_field(const struct multipart *p, enum multipart_name name)
{
	return value_at(p, &p->first[name]);
}

struct span
multipart_field_last(const struct multipart *p, enum multipart_name name)
{
	return value_at(p, &p->last[name]);
}

/* What the head tells, in one walk over its at most MULTIPART_HEAD_BYTES_MAX. */
static void
note_fields(struct multipart *p)
{
	static const struct {
		size_t bytes;
		const char *text;
	} names[MULTIPART_NAMES] = {
		[MULTIPART_DISPOSITION] = { 19, "Content-Disposition" },
		[MULTIPART_TYPE] = { 12, "Content-Type" },
		[MULTIPART_ENCODING] = { 25, "Content-Transfer-Encoding" },
		[MULTIPART_CODING] = { 16, "Content-Encoding" },
	};
	struct http_field_walk walk = { 0 };
	struct http_head head;
	struct http_field f;

	head.field_count = 0;
	head.beyond = span_of(p->head, p->head_bytes);
	memset(p->first, 0, sizeof(p->first));
	memset(p->last, 0, sizeof(p->last));
	p->fields_differ = false;
	while (http_field_next(&head, &walk, &f)) {
		unsigned i = 0;

		while (i < MULTIPART_NAMES &&
		       (f.name.bytes != names[i].bytes || strncasecmp((const char *)f.name.data,
							      names[i].text, f.name.bytes) != 0))
			i++;
		if (i == MULTIPART_NAMES)
			continue;
		p->last[i].told = true;
		p->last[i].bytes = (uint16_t)f.value.bytes;
		if (f.value.bytes > 0)
			p->last[i].at = (uint16_t)((const char *)f.value.data - p->head);
		if (!p->first[i].told)
			p->first[i] = p->last[i];
		else if (!span_equal(f.value, value_at(p, &p->first[i])))
			p->fields_differ = true;
	}
}

/* A line of a part's head has ended; `held` has its start, `line_bytes` its length. */
static enum multipart_event
head_line(struct multipart *p)
{
	struct span line = span_of(p->held, p->held_bytes);
	bool empty = p->line_bytes == 1 || (p->line_bytes == 2 && p->held[0] == '\r');
	size_t used = 0;
	enum kind k = classify(p, line, &used);

	p->line_bytes = 0;
	p->held_bytes = 0;
	if (k == DELIMITER || k == CLOSING)
		return delimiter(p, k);
	if (!empty)
		return MULTIPART_MORE;
	p->in_part = true;
	p->near_seen = false;
	p->state = LINE;
	p->end_bytes = 0;
	note_fields(p);
	return MULTIPART_PART;
}

/* Looks for a CR alone in a head that streams in. */
static void
watch_head(struct multipart *p, struct span bytes)
{
	const uint8_t *end = bytes.data + bytes.bytes, *cr = bytes.data;

	p->lone_cr = p->lone_cr || (p->head_cr && bytes.data[0] != '\n');
	p->head_cr = end[-1] == '\r';
	while (!p->lone_cr && (cr = memchr(cr, '\r', (size_t)(end - cr))) != NULL) {
		cr++;
		p->lone_cr = cr < end && *cr != '\n';
	}
}

/* Behind a CR that a hyphen follows, or the end; NULL: there is none. */
static const uint8_t *
next_cr(const uint8_t *at, const uint8_t *end)
{
	while ((at = memchr(at, '\r', (size_t)(end - at))) != NULL) {
		at++;
		if (at == end || *at == '-')
			return at;
	}
	return NULL;
}

/* Looks for a CR alone and a delimiter behind it. A boundary has no CR, so whatever does not go on
 * with one that was begun is looked at anew. */
static void
watch_body(struct multipart *p, struct span bytes)
{
	const uint8_t *at = bytes.data, *end = bytes.data + bytes.bytes;

	while (!p->lone_cr) {
		if (p->cr_matched == 0) {
			at = next_cr(at, end);
			if (at == NULL)
				return;
			p->cr_matched = 1;
		}
		if (at == end)
			return;
		if (*at != (uint8_t)p->delimiter[p->cr_matched - 1]) {
			p->cr_matched = 0;
			continue;
		}
		at++;
		p->lone_cr = p->cr_matched++ == p->delimiter_bytes;
	}
}

/* What a head keeps of `bytes`, which end at a line end or at the input's end. */
static void
keep_head(struct multipart *p, struct span bytes)
{
	size_t room, kept, held = sizeof(p->held) - p->held_bytes;

	watch_head(p, bytes);
	if (p->head_is_old) {
		p->head_is_old = p->head_over = false;
		p->head_bytes = 0;
	}
	room = p->head_bytes_max - p->head_bytes;
	kept = bytes.bytes < room ? bytes.bytes : room;
	held = bytes.bytes < held ? bytes.bytes : held;
	memcpy(p->head + p->head_bytes, bytes.data, kept);
	memcpy(p->held + p->held_bytes, bytes.data, held);
	p->head_bytes = (uint16_t)(p->head_bytes + kept);
	p->held_bytes = (uint16_t)(p->held_bytes + held);
	p->head_over = p->head_over || kept < bytes.bytes;
	p->line_bytes += bytes.bytes;
}

static enum multipart_event
head_step(struct multipart *p, struct span input, size_t *at)
{
	enum multipart_event e = MULTIPART_MORE;

	while (e == MULTIPART_MORE && p->state == HEAD && *at < input.bytes) {
		struct span rest = span_from(input, *at);
		const uint8_t *lf = memchr(rest.data, '\n', rest.bytes);
		size_t n = lf != NULL ? (size_t)(lf - rest.data) + 1 : rest.bytes;

		keep_head(p, span_first(rest, n));
		*at += n;
		if (lf != NULL)
			e = head_line(p);
	}
	return e;
}

enum multipart_event
multipart_next(struct multipart *p, struct span input, size_t *at, struct span *data)
{
	enum multipart_event e = MULTIPART_MORE;
	const size_t from = *at;

	p->near = false;
	while (e == MULTIPART_MORE && *at < input.bytes) {
		if (p->state == HEAD)
			e = head_step(p, input, at);
		else if (p->state == LINE)
			e = line_step(p, input, at, data);
		else
			e = text_step(p, input, at, data);
	}
	if (p->delimiter_bytes > 0)
		watch_body(p, span_of(input.data + from, *at - from));
	return e;
}

/* Whether a line that was cut by the end of everything is a closing delimiter. */
static bool
held_closes(const struct multipart *p)
{
	struct span line = span_of(p->held + p->end_bytes, p->held_bytes - p->end_bytes);

	return line.bytes >= p->delimiter_bytes + 2u &&
	       memcmp(line.data + p->delimiter_bytes, "--", 2) == 0;
}

enum multipart_event
multipart_end(struct multipart *p, struct span *data)
{
	bool is_text = p->state == TEXT || !held_closes(p);
	size_t n = is_text && p->state != HEAD ? p->held_bytes : 0;

	p->held_bytes = p->end_bytes = 0;
	p->state = TEXT;
	if (n > 0 && p->in_part)
		return give(p, span_of(p->held, n), true, data);
	if (!p->in_part)
		return MULTIPART_MORE;
	p->in_part = false;
	return MULTIPART_PART_END;
}
