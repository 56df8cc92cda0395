/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The session's machine. Only files of this folder include this.
 *
 *     state    waits for                     next
 *     START    the ICAP head                 HEADS, or an error
 *     HEADS    the encapsulated heads        BODY (with one), WHOLE (null-body)
 *     BODY     chunks                        WHOLE, or PREVIEW when a preview ends without ieof
 *     PREVIEW  icap_continue() or an answer  BODY, or WHOLE
 *     WHOLE    the answer                    START for the next request, or OVER
 *     OVER     nothing                       –
 */
#ifndef SLUICE_ICAP_INTERNAL_H
#define SLUICE_ICAP_INTERNAL_H

#include "common/base/list.h"
#include "dataplane/icap/icap.h"

#define ICAP_HEAD_BYTES_MAX \
	65536 /* as HTTP heads: Squid moves Proxy-Authorization here, tickets and all */
#define HEADS_MAX        4096 /* requests in progress; only the pages that they fill are touched */
#define ICAP_FIELDS_KEPT 24   /* clients send up to 15; those behind are found by reading on */
#define INPUT_BYTES_MAX  262144 /* what waits in a session: the next requests of a pipeline */

enum session_state {
	SESSION_START,
	SESSION_HEADS,
	SESSION_BODY,
	SESSION_PREVIEW,
	SESSION_WHOLE,
	SESSION_OVER
};

enum part {
	PART_REQ_HDR,
	PART_RES_HDR,
	PART_REQ_BODY,
	PART_RES_BODY,
	PART_OPT_BODY,
	PART_NULL_BODY,
	PART_COUNT
};

/* Why a request is refused: the ICAP status, and what the log says. Where a status has several, the
 * one who set up the client needs to know which. */
#define REFUSALS(X)                                                                               \
	X(NONE, 0, "")                                                                            \
	X(NO_ICAP, 400, "it does not begin with a method of ICAP")                                \
	X(HEAD_LONG, 400, "an ICAP head above 65536 bytes")                                       \
	X(REQUEST_LINE, 400, "a first line that is not METHOD URI ICAP/1.0")                      \
	X(FIELD, 400, "a header line that is folded, without colon, or has a forbidden byte")     \
	X(PREVIEW, 400, "Preview is no number of up to 9 digits, or said twice")                  \
	X(NO_ENCAPSULATED, 400, "no Encapsulated")                                                \
	X(ENCAPSULATED, 400, "Encapsulated is no list NAME=OFFSET that rises from 0 to one body") \
	X(ENCAPSULATED_TWICE, 400, "two lines Encapsulated")                                      \
	X(PARTS, 400, "Encapsulated has parts that the method has not, or not in order")          \
	X(PART_LONG, 400, "an encapsulated head above 65536 bytes")                               \
	X(PART_END, 400, "an encapsulated head does not end where Encapsulated says")             \
	X(CHUNKS, 400, "a body that is not chunked as it has to be")                              \
	X(ADDRESS, 403, "the address is not allowed")                                             \
	X(PATH, 404, "no service has that path")                                                  \
	X(OTHER_METHOD, 405, "that path serves the other method")                                 \
	X(LATE, 408, "not whole in time")                                                         \
	X(METHOD, 501, "a method other than OPTIONS, REQMOD, RESPMOD")                            \
	X(OVERLOAD, 503, "too many requests in progress")                                         \
	X(VERSION, 505, "a version other than ICAP/1.0")

enum refusal {
#define X(name, status, text) REFUSAL_##name,
	REFUSALS(X)
#undef X
};

static inline bool
part_is_body(enum part p)
{
	return p >= PART_REQ_BODY;
}

/* Encapsulated (RFC 3507 §4.4.1), checked. */
struct encapsulated {
	unsigned count;
	struct {
		enum part part;
		uint32_t offset;
	} items[3];
};

/*
 * The heads of a request in progress, lent to its session from their first byte to the answer's
 * end: a connection that waits for its next request holds none.
 */
struct heads {
	struct http_field fields[ICAP_FIELDS_KEPT]; /* of the ICAP head */
	struct http_head request, response;         /* written whole before they are pointed at */
	uint8_t bytes[ICAP_HEAD_BYTES_MAX + 2 * HTTP_HEAD_BYTES_MAX];
};

/* options.c: an answer, as long as nothing that it tells changes. */
#define OPTIONS_BYTES_MAX 1536
#define OPTIONS_KEPT      8
struct kept_options {
	unsigned profile;
	bool serves[2];
	uint32_t bytes;
	char text[OPTIONS_BYTES_MAX];
};

/* field.c: what a line of the ICAP head says */
enum field_kind {
	FIELD_OTHER,
	FIELD_ENCAPSULATED,
	FIELD_PREVIEW,
	FIELD_ALLOW,
	FIELD_CONNECTION
};
struct field_says {
	enum field_kind kind; /* what belongs to another is 0 */
	bool allow_204, allow_206, wants_close;
	uint32_t preview_bytes;
	struct encapsulated encapsulated;
};

/*
 * parse.c: lines of the last requests of each method. Most requests repeat all but one or two. They
 * hold under any profiles, but for what a path serves.
 */
#define LINE_BYTES_KEPT 120 /* with its end; longer ones are read each time */
#define LINES_KEPT_BITS 6
#define LINES_KEPT      (1u << LINES_KEPT_BITS)
#define ICAP_METHODS    (ICAP_RESPMOD + 1)
struct kept_line {
	uint8_t bytes; /* 0: none */
	uint8_t text[LINE_BYTES_KEPT];
};
struct kept_request {
	struct kept_line line;
	enum icap_method method;
	uint8_t uri_at, uri_bytes, path_at, path_bytes;
	bool serves[2];
};
struct kept_field {
	struct kept_line line;
	uint8_t name_bytes, value_at, value_bytes;
	struct field_says says;
};

struct icap {
	struct icap_config config;
	const struct http_scan *scan;
	struct mono now;
	char istag[ICAP_ISTAG_MAX + 1];
	char date[40];
	uint32_t no_content_bytes; /* 0: too long to be kept */
	char no_content[512];      /* the usual 204, whole, as long as ISTag and Date are these */
	uint32_t ok_bytes;         /* 0: too long to be kept */
	char ok[512];              /* the usual 200, up to what differs */
	unsigned options_kept, options_next; /* how many there are, and the next to be replaced */
	struct kept_options options[OPTIONS_KEPT];
	struct kept_request requests[ICAP_METHODS];
	struct kept_field fields[ICAP_METHODS][LINES_KEPT];
	struct icap_profiles profiles;
	struct icap_session *sessions;
	struct list free_sessions;
	struct heads *heads, **free_heads;
	uint32_t free_heads_count;
};

struct icap_session {
	struct list node;
	struct icap *icap;
	enum session_state state;
	struct chain input, output, body;
	struct heads *heads;              /* NULL: nothing of a request has come */
	uint32_t head_bytes, heads_bytes; /* ICAP head; encapsulated heads gathered so far */
	struct encapsulated encapsulated;
	unsigned field_count;
	uint32_t name_lengths; /* http_length_bit() of each name in the ICAP head */
	uint32_t fields_end;   /* in the ICAP head, behind the lines of `fields` */
	struct icap_request request;
	struct chunk_parser chunks;
	struct mono deadline;
	/* Asked together when a request begins, which has just written `drain`: not one word. */
	bool input_ended, draining, close, forbidden;
	bool drain, abort, expired;
	bool serves[2]; /* REQMOD, RESPMOD: what the path in the request line serves */
	struct ip_address peer;
	unsigned profile, agent_profile; /* agent_profile: plus 1; 0: none was named */
	enum icap_clean clean;           /* of the profile, for the request in progress */
	uint16_t busy_status;
	bool lone, waits_for_sent;
	bool skipped_line;  /* one empty line between requests was skipped */
	bool announced;     /* ICAP_REQUEST was reported */
	bool aborted;       /* ICAP_ABORTED is to be reported */
	bool end_reported;  /* ICAP_BODY_END was */
	bool preview_ended; /* ICAP_PREVIEW_END was reported */
	bool continued, ieof;
	bool answered, answer_open, dropping;
	uint8_t failed;  /* enum refusal: an error is due once ICAP_ABORTED was reported */
	uint8_t refused; /* enum refusal: what icap_take_refusal() tells */
};
static_assert(
    sizeof(struct icap_session) <= 384, "what an idle connection costs, docs/tcp-cost.md");

/* field.c: NONE, or why what it says is refused. */
enum refusal field_read(const struct http_field *f, struct field_says *out);

/* parse.c: NONE, or why not */
enum refusal parse_icap_head(struct icap_session *s);
enum refusal parse_encapsulated_heads(struct icap_session *s);
uint32_t parse_heads_wanted(const struct icap_session *s);
/* Profiles have changed: what a path serves may be another. */
void parse_forget(struct icap *i);

/* profile.c */
/* The profile that a rule gives this path; NULL: no rule names it. */
const struct icap_profile *profile_of_path(const struct icap_session *s, struct span path);
/* The one of this address, or the fallback: before a request says more. */
const struct icap_profile *profile_of_peer(const struct icap *i, const struct ip_address *peer);
/* Once the request's line and fields are there. */
void profile_choose(struct icap_session *s, struct span path);
void profile_set_usual(struct icap *i);

/* body.c: moves what is there to s->body. False: the framing is broken. */
bool body_advance(struct icap_session *s);

/* respond.c */
/* Makes the usual 204 anew: ISTag or Date have changed. */
void respond_prepare(struct icap *i);
void respond_refuse(struct icap_session *s, enum refusal why);
/* What the log says of it; a text that is always there. */
const char *refusal_text(enum refusal why);
int refusal_status(enum refusal why);
/* Whether the answer in progress is the last of its connection. */
bool respond_will_close(const struct icap_session *s);
/* Status line, ISTag, Date, and Connection where it will be closed. Returns the bytes. */
int respond_head(
    const struct icap *i, int status, const char *reason, bool closes, char *out, size_t room);
/* Copies to what is to be sent: 0 or -ENOMEM. */
int respond_put(struct icap_session *s, const void *bytes, size_t count);

/* options.c */
/* Answers OPTIONS; without buffers the session ends. */
void options_respond(struct icap_session *s);
/* ISTag, Date or profiles have changed. */
void options_forget(struct icap *i);

#endif
