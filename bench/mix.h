/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mix of objects, as a site's proxy may bring them: what kinds there are, how often each comes,
 * and which come again or are threats. The shares are ours, chosen to have something of each, and
 * measured at no site; docs/bench.md has the table. A plan's sequence is the same in every run.
 */
#ifndef SLUICE_BENCH_MIX_H
#define SLUICE_BENCH_MIX_H

#include "bench/request.h"

/* What a POST or an answer has as a preview, where it has one: what Squid asks for by itself. */
#define MIX_PREVIEW_BYTES 4096
#define MIX_OF            1000 /* shares are of so many objects */

enum mix_method {
	MIX_GET,
	MIX_POST,
	MIX_RESPONSE
};

/*
 * id, method, bytes of the body, Content-Type, 204 allowed (else the object must come back, unless
 * its preview settles it), with a preview, how many of MIX_OF
 */
#define MIX_KINDS(X)                                                                  \
	X(GET, MIX_GET, 0, "", true, false, 180)                                      \
	X(FORM, MIX_POST, 1200, "application/x-www-form-urlencoded", true, false, 25) \
	X(UPLOAD, MIX_POST, 262144, "application/octet-stream", true, true, 5)        \
	X(JSON, MIX_RESPONSE, 900, "application/json", true, false, 130)              \
	X(HTML, MIX_RESPONSE, 14000, "text/html", true, true, 110)                    \
	X(HTML_LONG, MIX_RESPONSE, 70000, "text/html", false, true, 30)               \
	X(CSS, MIX_RESPONSE, 4500, "text/css", true, false, 90)                       \
	X(SCRIPT, MIX_RESPONSE, 28000, "text/javascript", true, true, 150)            \
	X(SCRIPT_LONG, MIX_RESPONSE, 160000, "text/javascript", false, true, 20)      \
	X(ICON, MIX_RESPONSE, 700, "image/png", true, false, 110)                     \
	X(IMAGE, MIX_RESPONSE, 36000, "image/jpeg", true, false, 110)                 \
	X(IMAGE_LONG, MIX_RESPONSE, 300000, "image/jpeg", false, true, 30)            \
	X(DOCUMENT, MIX_RESPONSE, 1048576, "application/pdf", false, true, 8)         \
	X(DOWNLOAD, MIX_RESPONSE, 16777216, "application/octet-stream", false, true, 2)

enum mix_kind_id {
#define X(id, method, bytes, type, allow, preview, share) MIX_KIND_##id,
	MIX_KINDS(X)
#undef X
	MIX_KIND_COUNT
};

/* What is sent next. */
struct mix_choice {
	enum mix_kind_id kind;
	bool repeat; /* the body of this kind that is sent again and again */
	bool threat; /* a threat takes its place (mix_threat) */
};

/* Where a plan stands in its sequence; the caller's, no other state. */
struct mix {
	uint64_t random;
	unsigned repeats, threats, requests; /* of the plan */
};

void mix_begin(struct mix *m, const struct bench_plan *plan);
struct mix_choice mix_next(struct mix *m);

/* Bytes of the largest body. */
uint32_t mix_body_max(void);
/* The request of a kind; the services are av/reqmod and av/respmod. False: the host is too long. */
bool mix_request(struct request *r, enum mix_kind_id kind, const char *host);
/* The EICAR test file, which every engine takes for a threat; put together when asked for, so that
 * no program on disk holds it. */
struct span mix_threat(void);
bool mix_threat_request(struct request *r, const char *host);

#endif
