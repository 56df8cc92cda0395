/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICAP heads (RFC 3507 §4.3), strictly: what frames the stream must be exact. Functions return 0 or
 * the ICAP status that refuses the request.
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

static bool
is_body(enum part p)
{
	return p >= PART_REQ_BODY;
}

/* PART_COUNT: none. As all clients write it, else in any case. */
static unsigned
part_of(struct span name)
{
	unsigned p = 0;

	while (p < PART_COUNT && !span_equal(name, part_names[p]))
		p++;
	if (p < PART_COUNT)
		return p;
	p = 0;
	while (p < PART_COUNT && !span_is_nocase(name, (const char *)part_names[p].data))
		p++;
	return p;
}

static int
parse_encapsulated(struct span value, struct encapsulated *out)
{
	struct span item;

	out->count = 0;
	while (next_item(&value, &item)) {
		const uint8_t *equals = item.bytes ? memchr(item.data, '=', item.bytes) : NULL;
		unsigned p;
		int64_t offset;

		if (equals == NULL || out->count == 3)
			return 400;
		p = part_of(span_first(item, (size_t)(equals - item.data)));
		offset = parse_decimal(span_from(item, (size_t)(equals - item.data) + 1));
		if (p == PART_COUNT || offset < 0 || offset > 2 * HTTP_HEAD_BYTES_MAX)
			return 400;
		if (out->count == 0 ? offset != 0
				    : is_body(out->items[out->count - 1].part) ||
					  offset <= out->items[out->count - 1].offset)
			return 400;
		out->items[out->count].part = p;
		out->items[out->count++].offset = (uint32_t)offset;
	}
	return out->count > 0 && is_body(out->items[out->count - 1].part) ? 0 : 400;
}

/* Which parts a method may carry (RFC 3507 §4.8.1, §4.9.1), in this order. */
static int
check_parts(const struct icap_session *s)
{
	const struct encapsulated *e = &s->encapsulated;
	enum part last = e->items[e->count - 1].part;
	enum part before = PART_COUNT;

	for (unsigned i = 0; i + 1 < e->count; i++) {
		enum part p = e->items[i].part;

		if (p != PART_REQ_HDR && !(p == PART_RES_HDR && s->request.method == ICAP_RESPMOD))
			return 400;
		if (before != PART_COUNT && before >= p)
			return 400;
		before = p;
	}
	if (last == PART_NULL_BODY)
		return 0;
	return last == (s->request.method == ICAP_REQMOD ? PART_REQ_BODY : PART_RES_BODY) ? 0 : 400;
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

/* The path that was asked for; false: nothing serves it. */
static bool
choose_service(struct icap_session *s, struct span *service)
{
	struct kept_uri *k = &s->icap->uris[s->request.method];
	struct span uri = s->request.uri;

	if (k->bytes > 0 && span_equal(uri, span_of(k->text, k->bytes))) {
		*service = span_first(span_from(uri, k->path_at), k->path_bytes);
		memcpy(s->serves, k->serves, sizeof(s->serves));
		return true;
	}
	*service = service_of(uri);
	if (!find_service(s, *service))
		return false;
	if (service->bytes == 0 || uri.bytes > sizeof(k->text))
		return true;
	memcpy(k->text, uri.data, uri.bytes);
	k->bytes = (uint16_t)uri.bytes;
	k->path_at = (uint16_t)(service->data - uri.data);
	k->path_bytes = (uint16_t)service->bytes;
	memcpy(k->serves, s->serves, sizeof(k->serves));
	return true;
}

void
parse_forget(struct icap *i)
{
	memset(i->uris, 0, sizeof(i->uris));
}

/* `*service`: the path that was asked for, once 0 is returned. */
static int
parse_request_line(struct icap_session *s, struct span line, struct span *service)
{
	const uint8_t *first = memchr(line.data, ' ', line.bytes), *second;
	struct span method, rest, version;

	if (first == NULL)
		return 400;
	method = span_first(line, (size_t)(first - line.data));
	rest = span_from(line, method.bytes + 1);
	second = rest.bytes ? memchr(rest.data, ' ', rest.bytes) : NULL;
	if (second == NULL)
		return 400;
	s->request.uri = span_first(rest, (size_t)(second - rest.data));
	version = span_from(rest, s->request.uri.bytes + 1);
	if (!span_is(version, "ICAP/1.0"))
		return version.bytes == 8 && memcmp(version.data, "ICAP/", 5) == 0 &&
			       version.data[6] == '.'
			   ? 505
			   : 400;
	if (span_is(method, "OPTIONS"))
		s->request.method = ICAP_OPTIONS;
	else if (span_is(method, "REQMOD"))
		s->request.method = ICAP_REQMOD;
	else if (span_is(method, "RESPMOD"))
		s->request.method = ICAP_RESPMOD;
	else
		return 501;
	if (!choose_service(s, service))
		return 404;
	return (s->request.method == ICAP_REQMOD && !s->serves[0]) ||
		       (s->request.method == ICAP_RESPMOD && !s->serves[1])
		   ? 405
		   : 0;
}

static void
take_allow(struct icap_session *s, struct span list)
{
	struct span item;

	while (next_item(&list, &item)) {
		s->request.allow_204 |= span_is(item, "204");
		s->request.allow_206 |= span_is(item, "206");
	}
}

static void
take_connection(struct icap_session *s, struct span list)
{
	struct span item;

	while (next_item(&list, &item))
		s->request.wants_close |= span_is_nocase(item, "close");
}

static int
take_field(struct icap_session *s, const struct http_field *f, bool *has_encapsulated)
{
	if (span_is_nocase(f->name, "Encapsulated")) {
		if (*has_encapsulated)
			return 400;
		*has_encapsulated = true;
		return parse_encapsulated(f->value, &s->encapsulated);
	}
	if (span_is_nocase(f->name, "Preview")) {
		int64_t n = parse_decimal(f->value);

		if (n < 0 || (s->request.has_preview && s->request.preview_bytes != (uint64_t)n))
			return 400;
		s->request.has_preview = true;
		s->request.preview_bytes = (uint64_t)n;
	} else if (span_is_nocase(f->name, "Allow")) {
		take_allow(s, f->value);
	} else if (span_is_nocase(f->name, "Connection")) {
		take_connection(s, f->value);
	}
	return 0;
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

int
parse_icap_head(struct icap_session *s)
{
	struct span head = span_of(s->heads->bytes, s->head_bytes);
	const uint8_t *end = span_find(head, "\r\n");
	bool has_encapsulated = false;
	struct http_lines lines;
	struct http_field f;
	struct span service;
	int rc;

	s->request.icap_head = head;
	s->field_count = 0;
	s->name_lengths = 0;
	s->fields_end = (uint32_t)(end - head.data) + 2;
	rc = parse_request_line(s, span_first(head, (size_t)(end - head.data)), &service);
	http_lines_init(&lines, s->icap->scan, head, s->fields_end);
	while (rc == 0 && lines.at + 2 < head.bytes) {
		if (http_line_next(&lines, &f) != PARSE_DONE)
			return 400;
		keep_field(s, &f, lines.at);
		rc = take_field(s, &f, &has_encapsulated);
	}
	if (rc != 0)
		return rc;
	profile_choose(s, service);
	if (!has_encapsulated) {
		if (s->request.method != ICAP_OPTIONS)
			return 400;
		s->encapsulated.count = 1;
		s->encapsulated.items[0].part = PART_NULL_BODY;
		s->encapsulated.items[0].offset = 0;
	}
	s->request.has_body =
	    s->encapsulated.items[s->encapsulated.count - 1].part != PART_NULL_BODY;
	return s->request.method == ICAP_OPTIONS ? 0 : check_parts(s);
}

uint32_t
parse_heads_wanted(const struct icap_session *s)
{
	return s->encapsulated.items[s->encapsulated.count - 1].offset;
}

/* Each section must end in the blank line exactly where the next begins, and have none before. */
int
parse_encapsulated_heads(struct icap_session *s)
{
	const struct encapsulated *e = &s->encapsulated;

	for (unsigned i = 0; i + 1 < e->count; i++) {
		struct span section = span_of(s->heads->bytes + s->head_bytes + e->items[i].offset,
		    e->items[i + 1].offset - e->items[i].offset);
		bool is_response = e->items[i].part == PART_RES_HDR;
		struct http_head *head = is_response ? &s->heads->response : &s->heads->request;

		if (section.bytes > HTTP_HEAD_BYTES_MAX ||
		    http_head_parse_by(s->icap->scan, section, is_response, head) != PARSE_DONE ||
		    head->is_two)
			return 400;
		if (is_response) {
			s->request.http_response = section;
			s->request.response_head = head;
		} else {
			s->request.http_request = section;
			s->request.request_head = head;
		}
	}
	return 0;
}
