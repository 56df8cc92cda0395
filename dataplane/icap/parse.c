/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICAP heads (RFC 3507 §4.3), strictly: what frames the stream must be exact. Functions return
 * why the request is refused, or NONE. A line that an earlier request of its method had, byte
 * for byte, says what it said then: what a line is and says hangs on itself alone. What hangs on
 * other lines, or on the session, is checked of each request.
 */
#include "dataplane/icap/internal.h"

/* Which parts a method may carry (RFC 3507 §4.8.1, §4.9.1), in this order. */
static enum refusal
check_parts(const struct icap_session *s)
{
	const struct encapsulated *e = &s->encapsulated;
	enum part last = e->items[e->count - 1].part;
	enum part before = PART_COUNT;

	for (unsigned i = 0; i + 1 < e->count; i++) {
		enum part p = e->items[i].part;

		if (p != PART_REQ_HDR && !(p == PART_RES_HDR && s->request.method == ICAP_RESPMOD))
			return REFUSAL_PARTS;
		if (before != PART_COUNT && before >= p)
			return REFUSAL_PARTS;
		before = p;
	}
	if (last == PART_NULL_BODY)
		return REFUSAL_NONE;
	return last == (s->request.method == ICAP_REQMOD ? PART_REQ_BODY : PART_RES_BODY)
		   ? REFUSAL_NONE
		   : REFUSAL_PARTS;
}

/* The path of icap://host/path?query or /path, without slash at the front and without query. */
static struct span
service_of(struct span uri)
{
	struct http_url url;

	if (http_url_parse(uri, &url) != PARSE_DONE)
		return span_of(NULL, 0);
	return span_from(url.path, url.path.bytes > 0 && url.path.data[0] == '/' ? 1 : 0);
}

/* What a path serves: the two services, or what a rule's profile says. False: nothing. */
static bool
find_service(struct icap_session *s, struct span path)
{
	const struct icap_config *f = &s->icap->config;
	const struct icap_profile *named = profile_of_path(s, path);

	s->serves[0] = span_is(path, f->reqmod_path);
	s->serves[1] = span_is(path, f->respmod_path);
	if (!s->serves[0] && !s->serves[1] && named != NULL)
		memcpy(s->serves, named->by_path, sizeof(s->serves));
	return s->serves[0] || s->serves[1];
}

static struct span
kept_text(const struct kept_line *k)
{
	return span_of(k->text, k->bytes);
}

/* Whether `head` goes on with that line, at whose start it is. */
static bool
is_next(const struct kept_line *k, struct span head)
{
	return k->bytes > 0 && span_equal(span_first(head, k->bytes), kept_text(k));
}

static bool
keep_text(struct kept_line *k, const uint8_t *line, size_t bytes)
{
	k->bytes = 0;
	if (bytes > sizeof(k->text))
		return false;
	memcpy(k->text, line, bytes);
	k->bytes = (uint8_t)bytes;
	return true;
}

/* Where the last request line of a method is kept; which it is, one letter tells. */
static struct kept_request *
kept_request(struct icap *i, struct span head)
{
	enum icap_method m = head.data[2] == 'Q'   ? ICAP_REQMOD
			     : head.data[2] == 'S' ? ICAP_RESPMOD
						   : ICAP_OPTIONS;

	return &i->requests[m];
}

void
parse_forget(struct icap *i)
{
	memset(i->requests, 0, sizeof(i->requests));
}

/* `line` is without its end. `*service`: the path that was asked for, once NONE is returned. */
static enum refusal
parse_request_line(struct icap_session *s, struct span line, struct span *service)
{
	const uint8_t *first = memchr(line.data, ' ', line.bytes), *second;
	struct span method, rest, version;

	if (first == NULL)
		return REFUSAL_REQUEST_LINE;
	method = span_first(line, (size_t)(first - line.data));
	rest = span_from(line, method.bytes + 1);
	second = rest.bytes ? memchr(rest.data, ' ', rest.bytes) : NULL;
	if (second == NULL)
		return REFUSAL_REQUEST_LINE;
	s->request.uri = span_first(rest, (size_t)(second - rest.data));
	version = span_from(rest, s->request.uri.bytes + 1);
	if (!span_is(version, "ICAP/1.0"))
		return version.bytes == 8 && memcmp(version.data, "ICAP/", 5) == 0 &&
			       version.data[6] == '.'
			   ? REFUSAL_VERSION
			   : REFUSAL_REQUEST_LINE;
	if (span_is(method, "OPTIONS"))
		s->request.method = ICAP_OPTIONS;
	else if (span_is(method, "REQMOD"))
		s->request.method = ICAP_REQMOD;
	else if (span_is(method, "RESPMOD"))
		s->request.method = ICAP_RESPMOD;
	else
		return REFUSAL_METHOD;
	*service = service_of(s->request.uri);
	if (!find_service(s, *service))
		return REFUSAL_PATH;
	return (s->request.method == ICAP_REQMOD && !s->serves[0]) ||
		       (s->request.method == ICAP_RESPMOD && !s->serves[1])
		   ? REFUSAL_OTHER_METHOD
		   : REFUSAL_NONE;
}

/* The request line, whose end moves to `*at`: mostly the one that this method had last. */
static enum refusal
take_request_line(struct icap_session *s, struct span head, size_t *at, struct span *service)
{
	struct kept_request *k = kept_request(s->icap, head);
	const uint8_t *end;
	enum refusal why;

	if (is_next(&k->line, head)) {
		s->request.method = k->method;
		s->request.uri = span_of(head.data + k->uri_at, k->uri_bytes);
		*service = span_of(head.data + k->path_at, k->path_bytes);
		memcpy(s->serves, k->serves, sizeof(s->serves));
		*at = k->line.bytes;
		return REFUSAL_NONE;
	}
	end = span_find(head, "\r\n");
	*at = (size_t)(end - head.data) + 2;
	why = parse_request_line(s, span_first(head, *at - 2), service);
	if (why != REFUSAL_NONE || service->bytes == 0 || !keep_text(&k->line, head.data, *at))
		return why;
	k->method = s->request.method;
	k->uri_at = (uint8_t)(s->request.uri.data - head.data);
	k->uri_bytes = (uint8_t)s->request.uri.bytes;
	k->path_at = (uint8_t)(service->data - head.data);
	k->path_bytes = (uint8_t)service->bytes;
	memcpy(k->serves, s->serves, sizeof(k->serves));
	return REFUSAL_NONE;
}

/* The lines behind the request line, one after another. */
struct reader {
	struct http_lines lines; /* for those that are no kept ones */
	struct kept_field *kept;
	size_t at;
	struct field_says says;
};

/*
 * The two places of the line that `rest` begins with: by what its name begins and goes on with
 * (X-Client-IP, X-Client-Username). NULL: none, so near the head's end.
 */
static struct kept_field *
places_of(const struct reader *r, struct span rest)
{
	uint32_t first, third;

	if (rest.bytes < 12)
		return NULL;
	memcpy(&first, rest.data, 4);
	memcpy(&third, rest.data + 8, 4);
	return &r->kept[((first ^ third << 3) * 0x9e3779b1u) >> (33 - LINES_KEPT_BITS) << 1];
}

/* Which of the two a line goes to: the last value's of that name, else one that is free. */
static struct kept_field *
place_for(struct kept_field places[2], const uint8_t *line)
{
	bool first = places[0].line.bytes == 0 || memcmp(places[0].line.text, line, 4) == 0;

	return &places[first ? 0 : 1];
}

static void
keep(struct kept_field *k, const uint8_t *line, size_t bytes, const struct http_field *f,
    const struct field_says *says)
{
	if (!keep_text(&k->line, line, bytes))
		return;
	k->name_bytes = (uint8_t)f->name.bytes;
	k->value_at = (uint8_t)(f->value.data - line);
	k->value_bytes = (uint8_t)f->value.bytes;
	k->says = *says;
}

/* A client's heads differ in a line or two: the others are not read again. */
static enum refusal
next_field(struct reader *r, struct http_field *f, const struct field_says **says)
{
	struct span rest = span_from(r->lines.input, r->at);
	struct kept_field *places = places_of(r, rest), *k = places;
	enum refusal why;

	if (k != NULL && !is_next(&k->line, rest))
		k = is_next(&places[1].line, rest) ? &places[1] : NULL;
	if (k != NULL) {
		f->name = span_of(rest.data, k->name_bytes);
		f->value = span_of(rest.data + k->value_at, k->value_bytes);
		*says = &k->says;
		r->at += k->line.bytes;
		return REFUSAL_NONE;
	}
	http_lines_skip(&r->lines, r->at);
	if (http_line_next(&r->lines, f) != PARSE_DONE)
		return REFUSAL_FIELD;
	why = field_read(f, &r->says);
	if (why != REFUSAL_NONE)
		return why;
	*says = &r->says;
	if (places != NULL)
		keep(place_for(places, rest.data), rest.data, r->lines.at - r->at, f, &r->says);
	r->at = r->lines.at;
	return REFUSAL_NONE;
}

/* What may stand once, or must say the same again. */
static enum refusal
take_field(struct icap_session *s, const struct field_says *says, bool *has_encapsulated)
{
	switch (says->kind) {
	case FIELD_ENCAPSULATED:
		if (*has_encapsulated)
			return REFUSAL_ENCAPSULATED_TWICE;
		*has_encapsulated = true;
		s->encapsulated = says->encapsulated;
		return REFUSAL_NONE;
	case FIELD_PREVIEW:
		if (s->request.has_preview && s->request.preview_bytes != says->preview_bytes)
			return REFUSAL_PREVIEW;
		s->request.has_preview = true;
		s->request.preview_bytes = says->preview_bytes;
		return REFUSAL_NONE;
	case FIELD_ALLOW:
		s->request.allow_204 |= says->allow_204;
		s->request.allow_206 |= says->allow_206;
		return REFUSAL_NONE;
	case FIELD_CONNECTION:
		s->request.wants_close |= says->wants_close;
		return REFUSAL_NONE;
	case FIELD_OTHER:
		return REFUSAL_NONE;
	}
	return REFUSAL_NONE;
}

/* The first ones, for icap_field(). */
static void
keep_field(struct icap_session *s, const struct http_field *f, size_t end)
{
	s->name_lengths |= http_length_bit(f->name.bytes);
	if (s->field_count == ICAP_FIELDS_KEPT)
		return;
	s->heads->fields[s->field_count++] = *f;
	s->fields_end = (uint32_t)end;
}

/* All of them, the blank line excepted. */
static enum refusal
take_fields(struct icap_session *s, struct span head, size_t at, bool *has_encapsulated)
{
	const struct field_says *says;
	struct http_field f;
	struct reader r;
	enum refusal why = REFUSAL_NONE;

	http_lines_init(&r.lines, s->icap->scan, head, at);
	r.kept = s->icap->fields[s->request.method];
	r.at = at;
	while (why == REFUSAL_NONE && r.at + 2 < head.bytes) {
		why = next_field(&r, &f, &says);
		if (why != REFUSAL_NONE)
			return why;
		keep_field(s, &f, r.at);
		why = take_field(s, says, has_encapsulated);
	}
	return why;
}

enum refusal
parse_icap_head(struct icap_session *s)
{
	struct span head = span_of(s->heads->bytes, s->head_bytes);
	bool has_encapsulated = false;
	struct span service;
	enum refusal why;
	size_t at;

	s->request.icap_head = head;
	s->field_count = 0;
	s->name_lengths = 0;
	why = take_request_line(s, head, &at, &service);
	s->fields_end = (uint32_t)at;
	if (why == REFUSAL_NONE)
		why = take_fields(s, head, at, &has_encapsulated);
	if (why != REFUSAL_NONE)
		return why;
	profile_choose(s, service);
	if (!has_encapsulated) {
		if (s->request.method != ICAP_OPTIONS)
			return REFUSAL_NO_ENCAPSULATED;
		s->encapsulated.count = 1;
		s->encapsulated.items[0].part = PART_NULL_BODY;
		s->encapsulated.items[0].offset = 0;
	}
	s->request.has_body =
	    s->encapsulated.items[s->encapsulated.count - 1].part != PART_NULL_BODY;
	return s->request.method == ICAP_OPTIONS ? REFUSAL_NONE : check_parts(s);
}

uint32_t
parse_heads_wanted(const struct icap_session *s)
{
	return s->encapsulated.items[s->encapsulated.count - 1].offset;
}

/* Each section must end in the blank line exactly where the next begins, and have none before. */
enum refusal
parse_encapsulated_heads(struct icap_session *s)
{
	const struct encapsulated *e = &s->encapsulated;

	for (unsigned i = 0; i + 1 < e->count; i++) {
		struct span section = span_of(s->heads->bytes + s->head_bytes + e->items[i].offset,
		    e->items[i + 1].offset - e->items[i].offset);
		bool is_response = e->items[i].part == PART_RES_HDR;
		struct http_head *head = is_response ? &s->heads->response : &s->heads->request;

		if (section.bytes > HTTP_HEAD_BYTES_MAX)
			return REFUSAL_PART_LONG;
		if (http_head_parse_by(s->icap->scan, section, is_response, head) != PARSE_DONE ||
		    head->is_two)
			return REFUSAL_PART_END;
		if (is_response) {
			s->request.http_response = section;
			s->request.response_head = head;
		} else {
			s->request.http_request = section;
			s->request.request_head = head;
		}
	}
	return REFUSAL_NONE;
}
