/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Message heads (RFC 9112 §2 to §5). An encapsulated head is taken as it comes: folded lines,
 * blanks before a colon, lines without one, bare LF and strange start lines are flagged, not
 * refused. What Encapsulated delimits must end in a blank line; nothing else can make it bad.
 * Lines are found by a scan, LINES_AT_ONCE of them (scan.h).
 */
#include "dataplane/http/http.h"

#define LINES_AT_ONCE 32

/* The line at `*at` without its end; false when there is none. Counts bare LF as an end. */
static bool
next_line(struct span block, size_t *at, struct span *line)
{
	const uint8_t *lf;
	size_t end;

	if (*at >= block.bytes)
		return false;
	lf = memchr(block.data + *at, '\n', block.bytes - *at);
	if (lf == NULL)
		return false;
	end = (size_t)(lf - block.data);
	*line = span_of(
	    block.data + *at, end - *at - (end > *at && block.data[end - 1] == '\r' ? 1 : 0));
	*at = end + 1;
	return true;
}

/* Up to the next blank; moves `rest` behind it. */
static struct span
take_word(struct span *rest)
{
	size_t n = 0;
	struct span word;

	while (n < rest->bytes && rest->data[n] != ' ')
		n++;
	word = span_first(*rest, n);
	*rest = span_from(*rest, n + 1);
	return word;
}

static void
parse_start_line(struct http_head *h)
{
	struct span rest = h->start_line, code;
	const uint8_t *blank;

	if (h->is_response) {
		h->version = take_word(&rest);
		code = take_word(&rest);
		if (code.bytes != 3 || h->version.bytes < 5 ||
		    memcmp(h->version.data, "HTTP/", 5) != 0)
			h->odd |= HTTP_ODD_START_LINE;
		for (size_t i = 0;
		     i < code.bytes && i < 3 && code.data[i] >= '0' && code.data[i] <= '9'; i++)
			h->status = (uint16_t)(h->status * 10 + (code.data[i] - '0'));
		return;
	}
	h->method = take_word(&rest);
	h->target = rest;
	blank = rest.bytes > 0 ? memrchr(rest.data, ' ', rest.bytes) : NULL;
	if (blank != NULL) {
		h->target = span_first(rest, (size_t)(blank - rest.data));
		h->version = span_from(rest, h->target.bytes + 1);
	}
	if (h->target.bytes == 0 || h->version.bytes < 5 ||
	    memcmp(h->version.data, "HTTP/", 5) != 0)
		h->odd |= HTTP_ODD_START_LINE;
}

static bool
is_folded(struct span line)
{
	return line.bytes > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
}

/* As span_trim(): most have no blank at their end, and one at their start. */
static inline struct span
trim(struct span s)
{
	if (s.bytes > 1 && s.data[0] == ' ')
		s = span_of(s.data + 1, s.bytes - 1);
	return s.bytes > 0 && s.data[0] > ' ' && s.data[s.bytes - 1] > ' ' ? s : span_trim(s);
}

/*
 * Name and value of one line, which is not empty and whose name ends at `name_end`, at its own end
 * if there is no colon. Returns what is odd about it, but that it is folded.
 */
static inline uint32_t
read_field(struct span line, size_t name_end, struct http_field *out)
{
	if (name_end == line.bytes) {
		*out = (struct http_field){ .value = span_trim(line) };
		return HTTP_ODD_NO_COLON;
	}
	out->name = trim(span_first(line, name_end));
	out->value = trim(span_of(line.data + name_end + 1, line.bytes - name_end - 1));
	return out->name.bytes != name_end || name_end == 0 ? HTTP_ODD_NAME : 0;
}

static size_t
find_name_end(struct span line)
{
	const uint8_t *colon = memchr(line.data, ':', line.bytes);

	return colon != NULL ? (size_t)(colon - line.data) : line.bytes;
}

/* A line that starts with a blank goes on with the value of the field before it. */
static void
fold(struct http_field *f, struct span line)
{
	struct span more = span_trim(line);

	if (more.bytes == 0)
		return; /* else the value would end in a line end */
	if (f->value.bytes > 0)
		f->value.bytes = (size_t)(more.data + more.bytes - f->value.data);
	else
		f->value = more;
}

static const struct {
	const char *text;
	size_t bytes;
} known_names[] = {
#define X(name) { name, sizeof(name) - 1 },
	HTTP_NAMES_KNOWN(X)
#undef X
};

static_assert(sizeof(known_names) / sizeof(known_names[0]) == HTTP_NAMES_COUNT, "one place each");

/* Bit n: a known name has n bytes. */
#define X(name) 1u << (sizeof(name) - 1) |
static const uint32_t known_lengths = HTTP_NAMES_KNOWN(X) 0;
#undef X

/* HTTP_NAMES_COUNT: none of them. */
static unsigned
known_name(const char *name, size_t n)
{
	unsigned i = 0;

	if (n >= 32 || (known_lengths >> n & 1) == 0)
		return HTTP_NAMES_COUNT;
	while (i < HTTP_NAMES_COUNT &&
	       (known_names[i].bytes != n || strncasecmp(known_names[i].text, name, n) != 0))
		i++;
	return i;
}

/* A field that found no place. */
static void
note_beyond(struct http_head *h, struct span line, struct span name)
{
	unsigned i = known_name((const char *)name.data, name.bytes);

	if (!h->noted) { /* the length is set once the block was walked */
		h->beyond.data = line.data;
		h->noted = true;
		memset(h->known, 0, sizeof(h->known));
	}
	if (i < HTTP_NAMES_COUNT && h->known[i] == 0)
		h->known[i] = (uint32_t)(line.data - h->beyond.data) + 1;
}

static void
add_field(struct http_head *h, struct span line, size_t name_end)
{
	struct http_field unkept;

	if (is_folded(line)) {
		h->odd |= HTTP_ODD_FOLDED;
		if (h->field_count > 0) {
			if (h->beyond.data == NULL)
				fold(&h->fields[h->field_count - 1], line);
			return;
		}
	}
	if (h->field_count < HTTP_FIELDS_MAX) {
		h->odd |= read_field(line, name_end, &h->fields[h->field_count]);
		h->name_lengths |= http_length_bit(h->fields[h->field_count++].name.bytes);
		return;
	}
	h->odd |= read_field(line, name_end, &unkept) | HTTP_ODD_FIELDS_OVER;
	h->name_lengths |= http_length_bit(unkept.name.bytes);
	note_beyond(h, line, unkept.name);
}

bool
http_field_next_beyond(const struct http_head *h, struct http_field_walk *w, struct http_field *out)
{
	struct span line;
	size_t at = 0;
	bool found = false;

	if (w->next == h->field_count) {
		w->next++;
		w->rest = h->beyond;
	}
	while (next_line(w->rest, &at, &line)) {
		if (found)
			fold(out, line);
		else if (line.bytes > 0)
			read_field(line, find_name_end(line), out);
		found = found || line.bytes > 0;
		w->rest = span_from(w->rest, at);
		at = 0;
		if (found && !is_folded(w->rest))
			break;
	}
	return found;
}

/* What the fields say of the body's length; a length may be told as nothing. */
struct lengths {
	struct span length;
	bool coded, told, differ;
};

static void
note_length(struct lengths *l, const struct http_field *f)
{
	if (http_name_is(f->name, span_text("Transfer-Encoding")))
		l->coded = true;
	if (!http_name_is(f->name, span_text("Content-Length")))
		return;
	l->differ |= l->told && !span_equal(l->length, f->value);
	l->length = f->value;
	l->told = true;
}

/* RFC 9112 §6.3: two lengths that differ, or a length beside a transfer coding. */
static void
check_lengths(struct http_head *h)
{
	struct http_field_walk beyond = { .next = h->field_count };
	struct lengths l = { .told = false };
	struct http_field f;

	if (!http_may_have(h, "Transfer-Encoding") && !http_may_have(h, "Content-Length"))
		return;
	for (unsigned i = 0; i < h->field_count; i++)
		note_length(&l, &h->fields[i]);
	while (h->beyond.data != NULL && http_field_next(h, &beyond, &f))
		note_length(&l, &f);
	if (l.differ || (l.coded && l.told))
		h->odd |= HTTP_ODD_LENGTHS;
}

/* All lines but the last, which is the blank one. */
static void
read_lines(const struct http_scan *by, struct span block, struct http_head *out)
{
	struct head_line lines[LINES_AT_ONCE];
	bool first = true, after_crlf = false;
	size_t at = 0;
	unsigned n;

	while (at < block.bytes && (n = by->tolerant(block, &at, lines, LINES_AT_ONCE)) > 0) {
		if (at == block.bytes)
			n--;
		for (unsigned i = 0; i < n; i++) {
			const struct head_line *l = &lines[i];
			struct span line = span_of(block.data + l->start, l->end - l->start);

			if (l->bare_lf)
				out->odd |= HTTP_ODD_BARE_LF;
			if (first)
				out->start_line = line;
			else if (line.bytes > 0)
				add_field(out, line, l->name_end - l->start);
			out->is_two |= line.bytes == 0 && !l->bare_lf && after_crlf;
			after_crlf = !l->bare_lf;
			first = false;
		}
	}
}

enum parse_result
http_head_parse_by(
    const struct http_scan *by, struct span block, bool is_response, struct http_head *out)
{
	out->is_response = is_response;
	out->is_two = false;
	out->status = 0;
	out->field_count = 0;
	out->odd = 0;
	out->name_lengths = 0;
	out->beyond = span_of(NULL, 0);
	out->noted = false;
	out->method = span_of(NULL, 0); /* each by itself: no copy of what has just been stored */
	out->target = span_of(NULL, 0);
	out->version = span_of(NULL, 0);
	out->start_line = span_of(NULL, 0);
	if (block.bytes < 4 || memcmp(block.data + block.bytes - 4, "\r\n\r\n", 4) != 0)
		return PARSE_BAD;
	read_lines(by, block, out);
	if (out->beyond.data != NULL)
		out->beyond.bytes = (size_t)(block.data + block.bytes - out->beyond.data);
	parse_start_line(out);
	check_lengths(out);
	out->bytes = block.bytes;
	return PARSE_DONE;
}

enum parse_result
http_head_parse(struct span block, bool is_response, struct http_head *out)
{
	return http_head_parse_by(http_scan_of(HTTP_SCAN_AUTO), block, is_response, out);
}

static struct span
field_beyond(const struct http_head *h, struct span name)
{
	unsigned known =
	    h->noted ? known_name((const char *)name.data, name.bytes) : HTTP_NAMES_COUNT;
	struct http_field_walk w = { .next = h->field_count + 1, .rest = h->beyond };
	struct http_field f;

	if (known < HTTP_NAMES_COUNT) {
		if (h->known[known] == 0)
			return span_of(NULL, 0);
		w.rest = span_from(w.rest, h->known[known] - 1);
	}
	while (http_field_next(h, &w, &f)) {
		if (http_name_is(f.name, name))
			return f.value;
	}
	return span_of(NULL, 0);
}

struct span
http_field_by(const struct http_head *head, struct span name)
{
	for (unsigned i = 0; i < head->field_count; i++) {
		if (http_name_is(head->fields[i].name, name))
			return head->fields[i].value;
	}
	return head->beyond.data != NULL ? field_beyond(head, name) : span_of(NULL, 0);
}

void
http_lines_init(struct http_lines *l, const struct http_scan *by, struct span input, size_t at)
{
	l->by = by;
	l->input = input;
	l->at = l->scanned = at;
	l->count = l->next = 0;
}

void
http_lines_skip(struct http_lines *l, size_t at)
{
	l->at = at;
	while (l->next < l->count && l->lines[l->next].start < at)
		l->next++;
	if (l->next == l->count && l->scanned < at)
		l->scanned = at;
}

enum parse_result
http_line_next(struct http_lines *l, struct http_field *out)
{
	const uint8_t *bytes = l->input.data;
	const struct head_line *line;

	if (l->next == l->count) {
		l->count = l->by->strict(l->input, &l->scanned, l->lines, HTTP_LINES_AHEAD);
		l->next = 0;
		if (l->count == 0)
			return PARSE_MORE;
	}
	line = &l->lines[l->next];
	if (line->bare_lf || line->forbidden || line->name_end == line->start ||
	    line->name_end == line->end || bytes[line->name_end] != ':')
		return PARSE_BAD;
	out->name = span_of(bytes + line->start, line->name_end - line->start);
	out->value = trim(span_of(bytes + line->name_end + 1, line->end - line->name_end - 1));
	l->at = line->end + 2;
	l->next++;
	return PARSE_DONE;
}
