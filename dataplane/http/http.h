/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTTP as an inspector sees it: message heads (RFC 9112 §2 to §5) parsed in place, chunked framing,
 * multipart bodies, URLs, file names, media types. Parsers read a span, allocate nothing, and
 * return
 *
 *     PARSE_DONE  it is whole; `*consumed` bytes belong to it
 *     PARSE_MORE  everything so far is right, and more must come; nothing was consumed
 *     PARSE_BAD   no continuation can make it right
 *
 * What they hand out are spans into the input: lent as long as the input stays.
 * An encapsulated head is the origin's business: its oddities are tolerated and flagged, never
 * refused (head.c lists them); ICAP's own heads use the strict form.
 */
#ifndef SLUICE_HTTP_H
#define SLUICE_HTTP_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"
#include "dataplane/http/scan.h"

enum parse_result {
	PARSE_DONE,
	PARSE_MORE,
	PARSE_BAD
};

/* head.c: start lines and header blocks */

#define HTTP_FIELDS_MAX     128
#define HTTP_HEAD_BYTES_MAX 65536

struct http_field {
	struct span name,
	    value; /* the value without blanks around it; folded lines kept as they are */
};

#define HTTP_ODD_FOLDED      0x01u /* obs-fold: a line that starts with a blank */
#define HTTP_ODD_NAME        0x02u /* blanks around a name, or no name before the colon */
#define HTTP_ODD_NO_COLON    0x04u /* a line without a colon: kept as a nameless field */
#define HTTP_ODD_BARE_LF     0x08u /* a line that ends in LF alone */
#define HTTP_ODD_LENGTHS     0x10u /* Content-Length with Transfer-Encoding, or two that differ */
#define HTTP_ODD_FIELDS_OVER 0x20u /* more than HTTP_FIELDS_MAX: the rest is `beyond` */
#define HTTP_ODD_START_LINE  0x40u /* a start line of no known form */

/*
 * The names that callers give http_field(). Where these stand beyond HTTP_FIELDS_MAX is noted while
 * the head is read, so that asking for them costs the same however long the head is; any other name
 * is found too, by a walk.
 */
/* clang-format off */
#define HTTP_NAMES_KNOWN(X) \
	X("Accept") X("Accept-Language") X("Content-Disposition") X("Content-Length") \
	X("Content-Range") X("Content-Type") X("Host") X("Purpose") \
	X("Range") X("Sec-Fetch-Dest") X("Sec-Fetch-Mode") X("Sec-Purpose") \
	X("User-Agent") X("X-Forwarded-For") X("X-Moz") X("X-Requested-With")
/* clang-format on */
#define HTTP_NAMES_COUNT 16

struct http_head {
	bool is_response;
	bool is_two; /* CR LF CR LF stands before the end too: others would read two heads */
	struct span start_line;
	struct span method, target, version; /* request; version also of a response: "HTTP/1.1" */
	uint16_t status;                     /* response; 0 when the line has none */
	unsigned field_count;
	struct http_field fields[HTTP_FIELDS_MAX];
	struct span beyond;    /* the lines of the fields that found no place; data NULL: none */
	uint32_t name_lengths; /* of all fields: http_length_bit() */
	bool noted;            /* `known` is set: of each known name, its first place in `beyond` */
	uint32_t known[HTTP_NAMES_COUNT]; /* bytes from its start, plus 1; 0: not there */
	uint32_t odd;                     /* HTTP_ODD_… */
	size_t bytes;                     /* of the whole head, blank line included */
};

/*
 * A whole encapsulated head; `block` is exactly what Encapsulated delimits and must end in the
 * blank line, else PARSE_BAD. Tolerant: only that can make it bad.
 */
enum parse_result http_head_parse(struct span block, bool is_response, struct http_head *out);
/* The same by a kind of scan that was chosen before. */
enum parse_result http_head_parse_by(
    const struct http_scan *by, struct span block, bool is_response, struct http_head *out);

/*
 * Whether two texts of one length are the same byte for byte, as names of fields mostly are that
 * are the same but for their case. Of 8 to 16 bytes; false says nothing.
 */
static inline bool
http_is_same_word(struct span a, struct span b)
{
	uint64_t first[2], last[2];

	if (a.bytes < 8 || a.bytes > 16)
		return false;
	memcpy(&first[0], a.data, 8);
	memcpy(&first[1], b.data, 8);
	memcpy(&last[0], a.data + a.bytes - 8, 8);
	memcpy(&last[1], b.data + b.bytes - 8, 8);
	return ((first[0] ^ first[1]) | (last[0] ^ last[1])) == 0;
}

/* Whether a field's name is this one, which an empty one never is; most have another first letter.
 */
static inline bool
http_name_is(struct span field, struct span name)
{
	return field.bytes == name.bytes && name.bytes > 0 &&
	       ((field.data[0] ^ name.data[0]) & (uint8_t)~0x20) == 0 &&
	       (http_is_same_word(field, name) ||
		   strncasecmp((const char *)field.data, (const char *)name.data, name.bytes) == 0);
}

static inline uint32_t
http_length_bit(size_t bytes)
{
	return 1u << (bytes < 31 ? bytes : 31);
}

/* False: no field's name is as long as this one. */
static inline bool
http_may_have(const struct http_head *head, const char *name)
{
	return (head->name_lengths & http_length_bit(strlen(name))) != 0;
}

/* The first field of that name (ASCII case ignored); empty span with data NULL when absent. */
struct span http_field_by(const struct http_head *head, struct span name);
static inline struct span
http_field(const struct http_head *head, const char *name)
{
	return http_may_have(head, name) ? http_field_by(head, span_text(name)) : span_of(NULL, 0);
}

/*
 * All fields in order, also those beyond HTTP_FIELDS_MAX, which are read anew from their lines: a
 * walk costs at most the head's bytes. `*w` starts all zero; false: no more.
 */
struct http_field_walk {
	unsigned next;
	struct span rest;
};
bool http_field_next_beyond(
    const struct http_head *head, struct http_field_walk *w, struct http_field *out);
static inline bool
http_field_next(const struct http_head *head, struct http_field_walk *w, struct http_field *out)
{
	if (w->next >= head->field_count)
		return http_field_next_beyond(head, w, out);
	*out = head->fields[w->next++];
	return true;
}

/* Strict header lines, for ICAP. */
#define HTTP_LINES_AHEAD 16

struct http_lines {
	const struct http_scan *by;
	struct span input;
	size_t at;      /* behind the line that was given last */
	size_t scanned; /* behind the lines below, which were scanned at once */
	unsigned count, next;
	struct head_line lines[HTTP_LINES_AHEAD];
};

/* From `at` on, where a line begins; the input is lent as long as lines are read. */
void http_lines_init(
    struct http_lines *l, const struct http_scan *by, struct span input, size_t at);
/* The next line is the one that begins at `at`: what is before it was read in another way. */
void http_lines_skip(struct http_lines *l, size_t at);
/* On DONE name and value are set, and l->at has moved past the line; else nothing is changed. */
enum parse_result http_line_next(struct http_lines *l, struct http_field *out);

/* chunked.c: RFC 9112 §7.1, strict; also the ICAP body framing of RFC 3507 §4.4 */

#define CHUNK_SIZE_MAX                                                            \
	((uint64_t)1 << 48) /* a larger size is refused while its digits are read \
			     */

struct chunk_parser {
	uint64_t left;          /* data bytes of this chunk still to come */
	uint32_t trailer_bytes; /* seen so far; HTTP_TRAILER_BYTES_MAX at most */
	uint32_t line_bytes;    /* of the size line or trailer line being read */
	uint8_t state;
	uint8_t ieof; /* what the extensions have shown of "ieof"; 0xff: it was there */
};

#define HTTP_TRAILER_BYTES_MAX 8192

enum chunk_event {
	CHUNK_MORE, /* the input is used up */
	CHUNK_DATA, /* `*data` is a run of body bytes within the input */
	CHUNK_END,  /* the last chunk and its trailer are over; parser->ieof tells of "; ieof" */
	CHUNK_BAD,
};

void chunk_init(struct chunk_parser *p);
/* Feeds a span from `*at` on; moves `*at` past what was used. Linear, keeps state, copies nothing.
 */
enum chunk_event chunk_next(
    struct chunk_parser *p, struct span input, size_t *at, struct span *data);
bool chunk_saw_ieof(const struct chunk_parser *p);

/* url.c: RFC 3986, CONNECT's authority form, and what is found in the field */

struct http_url {
	struct span scheme, host, port, path, query; /* host without brackets; path from '/' on */
	bool is_authority;                           /* CONNECT host:443 */
};

enum parse_result http_url_parse(struct span target, struct http_url *out);
/* As the log shows it: no scheme, no user:password@; CONNECT as host:port. Returns bytes written.
 */
size_t http_url_for_log(struct span target, struct span host_header, char *out, size_t room);

/* filename.c: RFC 6266 and RFC 8187, else the last path segment; escaped nowhere. 0: no name. */
size_t http_filename(
    const struct http_head *request, const struct http_head *response, char *out, size_t room);
/*
 * The same for a part of a multipart body: Content-Disposition as browsers write it, else the name
 * that Content-Type gives; without folders.
 */
size_t http_part_filename(
    struct span disposition, struct span content_type, char *out, size_t room);

/* multipart.c: RFC 2046 §5.1; parts between boundaries, one level of them */

#define MULTIPART_BOUNDARY_BYTES_MAX 256 /* RFC 2046 allows 70 */
#define MULTIPART_HEAD_BYTES_MAX     8192
#define MULTIPART_HELD_BYTES         328

/* The fields of a part's head that tell what it is. */
enum multipart_name {
	MULTIPART_DISPOSITION,
	MULTIPART_TYPE,
	MULTIPART_ENCODING,
	MULTIPART_CODING,
	MULTIPART_NAMES
};

/* A value within a part's head. */
struct multipart_place {
	uint16_t at, bytes;
	bool told;
};

struct multipart {
	uint8_t state;
	bool in_part;
	bool head_is_old;     /* of the part that has ended */
	bool head_over;       /* the part's head was longer than it may be: its end is not known */
	bool data_is_last;    /* after MULTIPART_DATA: MULTIPART_PART_END comes next */
	bool near, near_seen; /* after MULTIPART_DATA: it begins with a line end and a line that
				 some take for a delimiter, the part's first; there was one */
	bool lone_cr; /* a CR that ends no line here, but may for others: theirs are other parts */
	bool head_cr; /* the last byte of the head so far is a CR */
	bool fields_differ; /* one of the names stands in the head twice, with another value */
	uint16_t delimiter_bytes, head_bytes_max, head_bytes;
	uint16_t cr_matched; /* how much of a CR and a delimiter the input so far ends with */
	uint16_t held_bytes, end_bytes; /* `held`: a line end of `end_bytes`, then a line */
	uint64_t line_bytes;            /* of the head's line being read */
	struct multipart_place first[MULTIPART_NAMES], last[MULTIPART_NAMES]; /* of each name */
	char delimiter[2 + MULTIPART_BOUNDARY_BYTES_MAX + 1];
	uint8_t held[MULTIPART_HELD_BYTES];
	char head[MULTIPART_HEAD_BYTES_MAX];
};

enum multipart_kind {
	MULTIPART_NOT, /* another type, or no boundary: nobody could read parts from it */
	MULTIPART_YES,
	MULTIPART_DOUBTFUL,   /* YES, but another reader may take another boundary */
	MULTIPART_UNREADABLE, /* a boundary longer than we keep, or in sections that lack some */
};

enum multipart_event {
	MULTIPART_MORE,     /* the input is used up */
	MULTIPART_PART,     /* a part's head is whole: multipart_field() */
	MULTIPART_DATA,     /* `*data` are bytes of its body, lent until the next call */
	MULTIPART_PART_END, /* its body is over */
};

bool multipart_is(struct span content_type);
/* Whether a body of that Content-Type has parts; if YES or DOUBTFUL, `*p` is ready for its first
 * byte. */
enum multipart_kind multipart_init(
    struct multipart *p, struct span content_type, size_t head_bytes_max);
/* Whether it is the type of a message: a head of its own, then what that tells (RFC 2046 §5.2.1,
 * RFC 6532 §3.7). */
bool message_is(struct span content_type);
/* A piece of a message, the others elsewhere (RFC 2046 §5.2.2). */
bool message_is_partial(struct span content_type);
/* `*p` is ready for a message's first byte: one part, whose data goes to the end. Where its head
 * tells of parts, multipart_init() with a field of it, at once behind MULTIPART_PART, goes on with
 * them instead. */
void multipart_init_message(struct multipart *p, size_t head_bytes_max);
/* Feeds `input` from `*at` on; call until it returns MULTIPART_MORE. Linear, allocates nothing. */
enum multipart_event multipart_next(
    struct multipart *p, struct span input, size_t *at, struct span *data);
/* No more input; call until it returns MULTIPART_MORE. A part that was not closed ends here. */
enum multipart_event multipart_end(struct multipart *p, struct span *data);
/* The first field of that name in the part's head, also once it has ended; data NULL: none. Lent
 * until more is fed. Noted in one walk when the head was whole. */
struct span multipart_field(const struct multipart *p, enum multipart_name name);
/* The last one, which is the first where `fields_differ` is false. */
struct span multipart_field_last(const struct multipart *p, enum multipart_name name);

#endif
