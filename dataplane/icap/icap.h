/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's side of ICAP (RFC 3507 with errata): bytes in, events out; answers in, bytes out. It
 * does no I/O and knows no verdict. One session is one connection; requests of a session are
 * handled one after the other, in order, however they were pipelined.
 *
 * The caller's loop, for a session that has input:
 *
 *     icap_input(s, &received);
 *     while ((event = icap_next(s)) != ICAP_MORE) handle(event);
 *     send what icap_take_output() gives
 *
 * icap_next() hands out body bytes of at most ICAP_SLICE_BYTES a call, and returns ICAP_MORE while
 * it waits for an answer that must come first. OPTIONS and every protocol error are answered here.
 * One thread; no malloc after icap_create().
 */
#ifndef SLUICE_ICAP_H
#define SLUICE_ICAP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/base/mono.h"
#include "dataplane/http/http.h"
#include "dataplane/net/chain.h"

#define ICAP_SLICE_BYTES 65536

struct icap; /* what the sessions of a core share: pools, settings, prebuilt heads */
struct icap_session;

enum icap_method {
	ICAP_OPTIONS,
	ICAP_REQMOD,
	ICAP_RESPMOD
};

#define ICAP_ISTAG_MAX 32

struct icap_config {
	uint32_t sessions_max;
	uint32_t preview_bytes; /* announced in OPTIONS */
	uint32_t options_ttl_seconds;
	uint32_t connections_max;     /* announced; the caller enforces it */
	struct duration head_timeout; /* from a request's first byte to its last head byte: 408 */
	struct duration body_timeout; /* without any body byte while one is owed: 408 */
	struct duration idle_timeout; /* between requests: FIN */
	char reqmod_path[64], respmod_path[64]; /* "av/reqmod" */
	char service_name[64];
	enum http_scan_kind scan; /* of heads; but for tests and figures AUTO, which is 0 */
	struct chain_pools pools;
};

/* How clean objects are answered, where the profile says more than RFC 3507 does. */
enum icap_clean {
	ICAP_CLEAN_AS_ALLOWED,
	ICAP_CLEAN_204,    /* 204 whatever the request permits */
	ICAP_CLEAN_OBJECT, /* 200 with the object, whatever it permits */
};

#define ICAP_PROFILES_MAX 48
#define ICAP_RULES_MAX    256
#define ICAP_NAME_MAX     64

/* How a kind of client is spoken to. */
struct icap_profile {
	bool preview, offer_204, allow_out; /* told in OPTIONS */
	bool by_path[2];                    /* REQMOD, RESPMOD: what a path of a rule serves */
	bool one_reply_a_segment;
	enum icap_clean clean;
	uint32_t preview_bytes, options_ttl_seconds, connections_max;
	uint16_t busy_status;
	char include[3 * ICAP_NAME_MAX];                                   /* X-Include */
	char infection_header[ICAP_NAME_MAX], virus_header[ICAP_NAME_MAX]; /* X-Allow-Out */
};

enum icap_rule_kind {
	ICAP_BY_PATH,
	ICAP_BY_SOURCE,
	ICAP_BY_AGENT
};

struct icap_rule {
	enum icap_rule_kind kind;
	unsigned profile;
	struct ip_subnet subnet;
	char text[2 * ICAP_NAME_MAX]; /* a path without its slash, or a mask */
};

struct icap_profiles {
	unsigned count, fallback, rule_count;
	struct icap_profile list[ICAP_PROFILES_MAX];
	struct icap_rule rules[ICAP_RULES_MAX];
};

enum icap_event {
	ICAP_MORE,        /* nothing until more input, or an answer, comes */
	ICAP_REQUEST,     /* a REQMOD or RESPMOD with all its heads: icap_request() */
	ICAP_BODY,        /* body bytes: icap_take_body() */
	ICAP_PREVIEW_END, /* the preview is over, the body is not: icap_continue() or an answer */
	ICAP_BODY_END,    /* the object is whole; also when it has no body */
	ICAP_ABORTED,     /* the peer went away, timed out or broke the framing before the end */
	ICAP_CLOSE,       /* nothing more will happen: send the rest of the output, then close */
};

/* A request's facts. Spans are lent until the answer is finished. */
struct icap_request {
	enum icap_method method;
	bool has_body;
	bool allow_204, allow_206;
	bool has_preview;
	uint64_t preview_bytes;
	bool wants_close; /* Connection: close */
	struct span uri, icap_head;
	struct span http_request,
	    http_response; /* encapsulated heads as they came; empty: absent */
	const struct http_head *request_head, *response_head; /* NULL: absent */
};

/* How an object's request is answered. */
enum icap_answer_kind {
	ICAP_ANSWER_NO_CONTENT, /* 204; only where icap_may_204() says so */
	ICAP_ANSWER_ECHO,    /* 200 with the heads as they came (req-hdr for REQMOD) and the body */
	ICAP_ANSWER_REPLACE, /* 200 with `http_head` as res-hdr, and the body */
	ICAP_ANSWER_ERROR,   /* `status`, then close where the stream can't be trusted */
};

struct icap_answer {
	enum icap_answer_kind kind;
	uint16_t status;          /* ICAP_ANSWER_ERROR: 500, 503, … */
	struct span icap_headers; /* further ICAP header lines, each with CRLF; copied */
	struct span http_head;    /* ICAP_ANSWER_REPLACE: status line to blank line; copied */
	bool has_body;            /* ECHO, REPLACE: icap_answer_body() follows, else null-body */
};

/* NULL when memory is lacking. */
struct icap *icap_create(const struct icap_config *config);
void icap_destroy(struct icap *i);
/* Changes with every generation and policy (RFC 3507 §4.7); at most ICAP_ISTAG_MAX characters. */
void icap_set_istag(struct icap *i, struct span istag);
/* The wall clock's second, for Date; the caller calls it about once a second. */
void icap_set_date(struct icap *i, int64_t unix_seconds);
void icap_begin(struct icap *i, struct mono now);
/* Copied; from the next request on. Without it all clients are spoken to as icap_config says. */
void icap_set_profiles(struct icap *i, const struct icap_profiles *profiles);

/*
 * What a peer for whom there is no session is told: that the service is overloaded, in the words of
 * the profile of its address. Appended to `out`; 0 or -ENOMEM.
 */
int icap_refusal(const struct icap *i, const struct ip_address *peer, struct chain *out);
/* The status that says so to a peer of that address. */
int icap_busy_status(const struct icap *i, const struct ip_address *peer);

/* NULL past sessions_max. */
struct icap_session *icap_session_create(struct icap *i);
void icap_session_destroy(struct icap_session *s);

/* Every request of the session, also OPTIONS, is answered with 403, and the session ends. */
void icap_session_forbid(struct icap_session *s);
/* Who the peer is, for profiles by source. */
void icap_session_set_peer(struct icap_session *s, const struct ip_address *peer);
/* The profile of the request in progress: its index. */
unsigned icap_session_profile(const struct icap_session *s);
/*
 * Whether nothing more is handled until the peer has all that was sent: a client that loses a reply
 * which shares a segment with another. icap_all_sent() says that it has.
 */
bool icap_waits_for_sent(const struct icap_session *s);
void icap_all_sent(struct icap_session *s);

/* Appends received bytes; takes them. icap_input_room() is how many it would like at most now. */
void icap_input(struct icap_session *s, struct chain *bytes);
size_t icap_input_room(const struct icap_session *s);
/* The peer has sent its FIN: what was received is still handled, then the session ends. */
void icap_input_end(struct icap_session *s);

enum icap_event icap_next(struct icap_session *s);
const struct icap_request *icap_request(const struct icap_session *s);
/* Whether any ICAP header's name has one of these lengths (http_length_bit()). */
bool icap_may_have(const struct icap_session *s, uint32_t lengths);
/* The first ICAP header of that name; data NULL when absent. */
struct span icap_field_by(const struct icap_session *s, struct span name);
static inline struct span
icap_field(const struct icap_session *s, const char *name)
{
	return icap_field_by(s, span_text(name));
}
/* Moves the body bytes of the last ICAP_BODY to `out`. Not taking them lets go of them. */
void icap_take_body(struct icap_session *s, struct chain *out);
/* After ICAP_BODY: whether these bytes are the object's last, as ICAP_BODY_END will say next. */
bool icap_body_is_last(const struct icap_session *s);

/* Whether 204 is lawful at this moment, and whether it may still be lawful once the body is whole.
 */
bool icap_may_204(const struct icap_session *s);
bool icap_may_204_at_end(const struct icap_session *s);

/* 100 Continue; only after ICAP_PREVIEW_END. */
void icap_continue(struct icap_session *s);

/*
 * Starts the answer. May come before the body is whole: the rest of the request is then read and
 * dropped, and no further ICAP_BODY is reported for it. NO_CONTENT and ERROR are finished at once;
 * after ECHO and REPLACE with has_body, icap_answer_body() any number of times (takes the bytes;
 * -ENOBUFS: nothing was taken) and icap_answer_end(). Without has_body the answer is finished too.
 * -ENOBUFS when the head can't be built: nothing was sent, the caller may try a smaller answer.
 */
/*
 * An ECHO with has_body that starts before the body's end passes the body through: ICAP_BODY events
 * go on, and the caller gives each piece to icap_answer_body().
 */
int icap_answer(struct icap_session *s, const struct icap_answer *answer);
int icap_answer_body(struct icap_session *s, struct chain *bytes);
int icap_answer_end(struct icap_session *s);

/* The answer can't be finished: the session ends, and icap_wants_abort() says how. */
void icap_abandon(struct icap_session *s);

/* Moves everything that is to be sent to `out`. */
void icap_take_output(struct icap_session *s, struct chain *out);
/* After ICAP_CLOSE: whether input must be drained for a while so that the peer can read our error.
 */
bool icap_wants_drain(const struct icap_session *s);
/* After ICAP_CLOSE: an answer was left unfinished, so the connection is reset, not closed in order.
 */
bool icap_wants_abort(const struct icap_session *s);

/* A request that the session itself answered with an error. */
struct icap_refusal {
	int status;
	const char *cause; /* in a few words, for the log; always there */
	struct span line;  /* its first line, as far as it came: lent until the session ends */
};

/* After ICAP_CLOSE: whether that is why; true once. */
bool icap_take_refusal(struct icap_session *s, struct icap_refusal *out);

/* Timeouts; icap_next() then reports what became of it. MONO_NEVER: none armed. */
/* The caller took its time over the last event; the peer's for the next bytes begins now. */
void icap_restart_deadline(struct icap_session *s);
struct mono icap_deadline(const struct icap_session *s);
void icap_expire(struct icap_session *s);

/* Between requests, and nothing of the next has come. */
bool icap_is_idle(const struct icap_session *s);
/*
 * There is room for the heads of so many requests at once, fewer than there may be sessions. One
 * that lacks them is about to be refused with 503, unless another that holds them is ended first;
 * one that awaits its head has not sent all of it.
 */
bool icap_lacks_heads(const struct icap_session *s);
bool icap_holds_heads(const struct icap_session *s);
bool icap_awaits_head(const struct icap_session *s);

/* Stops after the answer in progress, as when the appliance drains: Connection: close is added. */
void icap_session_drain(struct icap_session *s);

#endif
