/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/mail.h"

#include "common/base/parameter.h"

#define PREAMBLE_BYTES (64u << 10)
#define BOUNDARIES_MAX 6 /* of one head */

/* The line at `at` without its end; `*next` is where the one after it begins. */
static struct span
line_at(struct span file, size_t at, size_t *next)
{
	struct span rest = span_from(file, at);
	const uint8_t *end = rest.bytes > 0 ? memchr(rest.data, '\n', rest.bytes) : NULL;
	size_t bytes = end != NULL ? (size_t)(end - rest.data) : rest.bytes;

	*next = at + bytes + (end != NULL);
	if (bytes > 0 && rest.data[bytes - 1] == '\r')
		bytes--;
	return span_first(rest, bytes);
}

/* What follows "--" in a line; empty: it is no boundary. */
static struct span
boundary_in(struct span line)
{
	struct span b = span_of(NULL, 0);

	if (line.bytes > 2 && line.data[0] == '-' && line.data[1] == '-')
		b = span_trim(span_from(line, 2));
	return b.bytes <= MAIL_BOUNDARY_MAX ? b : span_of(NULL, 0);
}

bool
mail_is_form(struct span file, size_t *at)
{
	struct span head = span_first(file, PREAMBLE_BYTES);
	bool after_boundary = false;
	size_t from = 0, next;

	for (size_t i = 0; i < head.bytes; i = next) {
		struct span line = line_at(head, i, &next);

		if (after_boundary && span_starts_nocase(line, "content-")) {
			*at = from;
			return true;
		}
		from = i;
		after_boundary = boundary_in(line).bytes > 0;
	}
	return false;
}

/* What a head says of its part. */
struct head {
	struct mail_boundary boundaries[BOUNDARIES_MAX + 1]; /* one to be filled */
	unsigned boundary_count;
	bool is_message, has_more; /* of these there was no room for one */
	enum transfer_coding coding;
	char name[MAIL_NAME_MAX];
};

/* A parameter's value in a field: quoted, or up to a blank or semicolon; empty: none. */
static struct span
parameter(struct span field, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i + n < field.bytes; i++) {
		struct span value = span_from(field, i + n);
		bool is_quoted = value.data[0] == '"';
		size_t bytes = 0;

		if (!span_starts_nocase(span_from(field, i), name))
			continue;
		value = span_from(value, is_quoted);
		while (bytes < value.bytes &&
		       (is_quoted ? value.data[bytes] != '"'
				  : value.data[bytes] > ' ' && value.data[bytes] != ';'))
			bytes++;
		return span_first(value, bytes);
	}
	return span_of(NULL, 0);
}

static struct span
text_of(const struct mail_boundary *b)
{
	return span_of(b->lent != NULL ? (const void *)b->lent : b->own, b->bytes);
}

/* A boundary of a head, unless it is known. Its last place is filled by the caller beforehand, and
 * is there again. */
static void
keep_boundary(struct head *h)
{
	struct span last = text_of(&h->boundaries[h->boundary_count]);

	for (unsigned i = 0; i < h->boundary_count; i++) {
		if (span_equal(text_of(&h->boundaries[i]), last))
			return;
	}
	h->has_more |= last.bytes > 0 && h->boundary_count == BOUNDARIES_MAX;
	h->boundary_count += last.bytes > 0 && h->boundary_count < BOUNDARIES_MAX;
}

/* Readers differ over which of several they go by. */
static void
take_boundaries(struct span field, struct head *h)
{
	static const char plain[] = "boundary=";
	struct span rest = field, value;
	struct mail_boundary *b;
	struct parameter p;

	while ((value = parameter(rest, plain)).bytes > 0) {
		b = &h->boundaries[h->boundary_count];
		b->lent = value.data;
		b->bytes = value.bytes;
		keep_boundary(h);
		rest = span_from(rest, (size_t)(value.data - rest.data) + value.bytes);
	}
	parameter_find(field, "boundary", &p);
	b = &h->boundaries[h->boundary_count];
	b->lent = NULL;
	b->bytes = parameter_coded(&p, b->own, sizeof(b->own));
	keep_boundary(h);
	b = &h->boundaries[h->boundary_count];
	b->lent = NULL;
	b->bytes = parameter_joined(&p, b->own, sizeof(b->own));
	keep_boundary(h);
}

/* The name a field gives, NULs replaced; one that is coded or in sections where there is no other.
 */
static void
take_name(struct span field, bool is_disposition, struct head *h)
{
	/* a form's field has a name besides, which is no file's */
	struct span name = parameter(field, is_disposition ? "filename=" : "name=");
	struct parameter p;
	size_t n;

	if (name.bytes == 0) {
		parameter_find(field, is_disposition ? "filename" : "name", &p);
		n = parameter_coded(&p, h->name, MAIL_NAME_MAX - 1);
		if (n == 0)
			n = parameter_joined(&p, h->name, MAIL_NAME_MAX - 1);
	} else {
		n = span_first(name, MAIL_NAME_MAX - 1).bytes;
		memcpy(h->name, name.data, n);
	}
	for (size_t i = 0; i < n; i++)
		h->name[i] = h->name[i] != 0 ? h->name[i] : '_';
	h->name[n] = 0;
}

/* Behind a comment (RFC 5322 §3.2.2), which may hold others; a string that does not end is one. */
static size_t
skip_comment(struct span s, size_t at)
{
	unsigned depth = 0;

	for (; at < s.bytes; at++) {
		if (s.data[at] == '\\')
			at++;
		else if (s.data[at] == '(')
			depth++;
		else if (s.data[at] == ')' && --depth == 0)
			return at + 1;
	}
	return s.bytes;
}

/* What stands behind a field's name and colon, or no data: it is another field. Blanks and comments
 * may stand before the colon: some readers pass them over. */
static struct span
value_of(struct span field, const char *name)
{
	size_t at = strlen(name);

	if (!span_starts_nocase(field, name))
		return span_of(NULL, 0);
	while (at < field.bytes && field.data[at] != ':') {
		if (field.data[at] == '(')
			at = skip_comment(field, at);
		else if (field.data[at] == ' ' || field.data[at] == '\t')
			at++;
		else
			return span_of(NULL, 0);
	}
	return span_from(field, at + 1);
}

static void
take_field(struct span field, struct head *h)
{
	struct span coding = value_of(field, "content-transfer-encoding"),
		    disposition = value_of(field, "content-disposition"),
		    type = value_of(field, "content-type");

	if (coding.bytes > 0)
		h->coding = transfer_coding_of(coding);
	if (type.bytes > 0) {
		take_boundaries(type, h);
		h->is_message |= span_find(type, "message/rfc822") != NULL;
	}
	if (h->name[0] == 0 && disposition.bytes > 0)
		take_name(disposition, true, h);
	else if (h->name[0] == 0 && type.bytes > 0)
		take_name(type, false, h);
}

/* Reads a head up to its empty line: a field goes on in lines that begin with a blank. */
static void
read_head(struct mail_reader *r, struct head *h)
{
	size_t next;

	memset(h, 0, sizeof(*h));
	while (r->at < r->file.bytes) {
		struct span field = line_at(r->file, r->at, &next);
		size_t after;

		if (field.bytes == 0) {
			r->at = next;
			return;
		}
		while (next < r->file.bytes &&
		       (r->file.data[next] == ' ' || r->file.data[next] == '\t')) {
			struct span more = line_at(r->file, next, &after);

			field.bytes = (size_t)(more.data - field.data) + more.bytes;
			next = after;
		}
		take_field(field, h);
		r->at = next;
	}
}

/* Which boundary a line is, from the innermost out, and whether it closes; -1: none. */
static int
boundary_of(const struct mail_reader *r, struct span line, bool *closes)
{
	if (line.bytes < 3 || line.data[0] != '-' || line.data[1] != '-')
		return -1;
	for (unsigned i = r->depth; i-- > 0;) {
		struct span b = text_of(&r->boundaries[i]), rest = span_from(line, 2);

		if (rest.bytes < b.bytes || memcmp(rest.data, b.data, b.bytes) != 0)
			continue;
		rest = span_from(rest, b.bytes);
		*closes = rest.bytes >= 2 && rest.data[0] == '-' && rest.data[1] == '-';
		if (*closes)
			rest = span_from(rest, 2);
		if (span_trim(rest).bytes == 0)
			return (int)i;
	}
	return -1;
}

/* How many boundaries hold behind one: those beside it do, too, also when it has been closed. */
static unsigned
depth_behind(const struct mail_reader *r, unsigned which, bool closes)
{
	const struct mail_boundary *b = &r->boundaries[which];
	bool goes_on = !closes || b->before + b->behind > 0 || (r->is_form && which == 0);

	return which + (goes_on ? 1 + b->behind : 0);
}

/* Up to the next boundary, or the next message of an mbox, which is passed; what stands before. */
static struct span
take_body(struct mail_reader *r)
{
	size_t begin = r->at, next, end = r->file.bytes;
	bool after_empty = false, closes = false;

	for (; r->at < r->file.bytes; r->at = next) {
		struct span line = line_at(r->file, r->at, &next);
		int which = boundary_of(r, line, &closes);
		bool is_next = r->is_mbox && after_empty && line.bytes >= 5 &&
			       memcmp(line.data, "From ", 5) == 0;

		after_empty = line.bytes == 0;
		if (which < 0 && !is_next)
			continue;
		end = r->at;
		r->depth = is_next ? 0 : depth_behind(r, (unsigned)which, closes);
		r->in_head = is_next || !closes;
		r->at = next;
		break;
	}
	if (end > begin && end < r->file.bytes && r->file.data[end - 1] == '\n') /* is its line's */
		end--;
	if (end > begin && end < r->file.bytes && r->file.data[end - 1] == '\r')
		end--;
	return span_of(r->file.data + begin, end - begin);
}

void
mail_begin(struct mail_reader *r, struct span file)
{
	*r = (struct mail_reader){ .file = file, .in_head = true };
	r->is_mbox = file.bytes >= 5 && memcmp(file.data, "From ", 5) == 0;
}

void
mail_begin_form(struct mail_reader *r, struct span file, size_t at)
{
	struct span first;
	size_t next;

	*r = (struct mail_reader){ .file = file, .at = at, .depth = 1, .is_form = true };
	first = boundary_in(line_at(file, at, &next));
	r->boundaries[0] = (struct mail_boundary){ .bytes = first.bytes, .lent = first.data };
}

static void
push_boundaries(struct mail_reader *r, const struct head *h)
{
	unsigned room = MAIL_DEPTH_MAX - r->depth,
		 count = h->boundary_count < room ? h->boundary_count : room;

	for (unsigned i = 0; i < count; i++) {
		struct mail_boundary *b = &r->boundaries[r->depth++];

		*b = h->boundaries[i];
		b->before = i;
		b->behind = count - 1 - i;
	}
}

bool
mail_next(struct mail_reader *r, struct mail_part *out)
{
	struct head h;

	while (r->at < r->file.bytes) {
		if (!r->in_head) {
			take_body(r); /* before, between and behind parts */
			continue;
		}
		read_head(r, &h);
		if (h.is_message && h.coding == TRANSFER_IDENTITY)
			continue; /* its own head follows */
		r->in_head = false;
		r->is_cut |= h.has_more || h.boundary_count > MAIL_DEPTH_MAX - r->depth;
		if (h.boundary_count > 0 && r->depth < MAIL_DEPTH_MAX) {
			push_boundaries(r, &h);
			continue;
		}
		out->bytes = take_body(r);
		out->coding = h.coding;
		memcpy(out->name, h.name, sizeof(out->name));
		return true;
	}
	return false;
}
