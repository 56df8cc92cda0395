/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Message heads (RFC 9112 §2 to §5). An encapsulated head is taken as it comes: folded lines,
 * blanks before a colon, lines without one, bare LF and strange start lines are flagged, not
 * refused. What Encapsulated delimits must end in a blank line; nothing else can make it bad.
 */
#include "dataplane/http/http.h"

/* The line at `*at` without its end; false when there is none. Counts bare LF as an end. */
static bool
next_line(struct span block, size_t *at, struct span *line, bool *bare_lf)
{
	const uint8_t *lf;
	size_t end;

	if (*at >= block.bytes)
		return false;
	lf = memchr(block.data + *at, '\n', block.bytes - *at);
	if (lf == NULL)
		return false;
	end = (size_t)(lf - block.data);
	*bare_lf = end == *at || block.data[end - 1] != '\r';
	*line = span_of(block.data + *at, end - *at - (*bare_lf ? 0 : 1));
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
	for (size_t i = rest.bytes; i > 0; i--) {
		if (rest.data[i - 1] == ' ') {
			h->target = span_first(rest, i - 1);
			h->version = span_from(rest, i);
			break;
		}
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

/* Name and value of one line, which is not empty; what is odd about it is added to `*odd`. */
static struct http_field
read_field(struct span line, uint32_t *odd)
{
	const uint8_t *colon = memchr(line.data, ':', line.bytes);
	struct http_field f = { .value = span_trim(line) };

	if (is_folded(line))
		*odd |= HTTP_ODD_FOLDED;
	if (colon == NULL) {
		*odd |= HTTP_ODD_NO_COLON;
		return f;
	}
	f.name = span_first(line, (size_t)(colon - line.data));
	f.value = span_trim(span_from(line, f.name.bytes + 1));
	if (f.name.bytes != span_trim(f.name).bytes || f.name.bytes == 0)
		*odd |= HTTP_ODD_NAME;
	f.name = span_trim(f.name);
	return f;
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

static void
add_field(struct http_head *h, struct span line)
{
	struct http_field f;

	if (is_folded(line) && h->field_count > 0) {
		h->odd |= HTTP_ODD_FOLDED;
		if (h->beyond.data == NULL)
			fold(&h->fields[h->field_count - 1], line);
		return;
	}
	f = read_field(line, &h->odd);
	if (h->field_count < HTTP_FIELDS_MAX) {
		h->fields[h->field_count++] = f;
		return;
	}
	h->odd |= HTTP_ODD_FIELDS_OVER;
	if (h->beyond.data == NULL) /* its length is set once the block was walked */
		h->beyond.data = line.data;
}

bool
http_field_next(const struct http_head *h, struct http_field_walk *w, struct http_field *out)
{
	struct span line;
	size_t at = 0;
	bool found = false, bare_lf;
	uint32_t odd = 0;

	if (w->next < h->field_count) {
		*out = h->fields[w->next++];
		return true;
	}
	if (w->next == h->field_count) {
		w->next++;
		w->rest = h->beyond;
	}
	while (next_line(w->rest, &at, &line, &bare_lf)) {
		if (found && !is_folded(line))
			break;
		if (found)
			fold(out, line);
		else if (line.bytes > 0)
			*out = read_field(line, &odd);
		found = found || line.bytes > 0;
		w->rest = span_from(w->rest, at);
		at = 0;
	}
	return found;
}

/* RFC 9112 §6.3: two lengths that differ, or a length beside a transfer coding. */
static void
check_lengths(struct http_head *h)
{
	struct http_field_walk walk = { 0 };
	struct span length = span_of(NULL, 0);
	struct http_field f;
	bool coded = false, told = false; /* a length may be told as nothing */

	while (http_field_next(h, &walk, &f)) {
		if (span_is_nocase(f.name, "Transfer-Encoding"))
			coded = true;
		if (!span_is_nocase(f.name, "Content-Length"))
			continue;
		if (told && !span_equal(length, f.value))
			h->odd |= HTTP_ODD_LENGTHS;
		length = f.value;
		told = true;
	}
	if (coded && told)
		h->odd |= HTTP_ODD_LENGTHS;
}

enum parse_result
http_head_parse(struct span block, bool is_response, struct http_head *out)
{
	struct span line;
	size_t at = 0;
	bool bare_lf, first = true;

	out->is_response = is_response;
	out->status = 0;
	out->field_count = 0;
	out->odd = 0;
	out->beyond = span_of(NULL, 0);
	out->method = out->target = out->version = out->start_line = span_of(NULL, 0);
	if (block.bytes < 4 || memcmp(block.data + block.bytes - 4, "\r\n\r\n", 4) != 0)
		return PARSE_BAD;
	while (next_line(block, &at, &line, &bare_lf) && at < block.bytes) {
		if (bare_lf)
			out->odd |= HTTP_ODD_BARE_LF;
		if (first)
			out->start_line = line;
		else if (line.bytes > 0)
			add_field(out, line);
		first = false;
	}
	if (out->beyond.data != NULL)
		out->beyond.bytes = (size_t)(block.data + block.bytes - out->beyond.data);
	parse_start_line(out);
	check_lengths(out);
	out->bytes = block.bytes;
	return PARSE_DONE;
}

struct span
http_field(const struct http_head *head, const char *name)
{
	struct http_field_walk walk = { 0 };
	struct http_field f;

	while (http_field_next(head, &walk, &f)) {
		if (span_is_nocase(f.name, name))
			return f.value;
	}
	return span_of(NULL, 0);
}

/* RFC 9110 §5.6.2. */
static bool
is_token_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c > 0x20 && c < 0x7f && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

enum parse_result
http_line_next(struct span input, size_t *at, struct http_field *out)
{
	struct span rest = span_from(input, *at), line;
	const uint8_t *lf = rest.bytes ? memchr(rest.data, '\n', rest.bytes) : NULL;
	size_t n = 0;

	if (lf == NULL)
		return PARSE_MORE;
	if (lf == rest.data || lf[-1] != '\r')
		return PARSE_BAD;
	line = span_first(rest, (size_t)(lf - rest.data) - 1);
	while (n < line.bytes && is_token_byte(line.data[n]))
		n++;
	if (n == 0 || n == line.bytes || line.data[n] != ':' ||
	    memchr(line.data, 0, line.bytes) != NULL || memchr(line.data, '\r', line.bytes) != NULL)
		return PARSE_BAD;
	out->name = span_first(line, n);
	out->value = span_trim(span_from(line, n + 1));
	*at += line.bytes + 2;
	return PARSE_DONE;
}
