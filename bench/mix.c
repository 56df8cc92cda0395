/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/mix.h"

#include <stdio.h>
#include <string.h>

#define SEED        0x9e3779b97f4a7c15u
#define THREAT_ROOM 80

struct kind {
	enum mix_method method;
	uint32_t bytes;
	const char *type;
	bool allow_204, preview;
	unsigned share;
};

static const struct kind kinds[] = {
#define X(id, method, bytes, type, allow, preview, share) \
	{ method, bytes, type, allow, preview, share },
	MIX_KINDS(X)
#undef X
};

#define X(id, method, bytes, type, allow, preview, share) +(share)
_Static_assert((MIX_KINDS(X)) == MIX_OF, "the shares are of all objects");
#undef X

void
mix_begin(struct mix *m, const struct bench_plan *plan)
{
	*m = (struct mix){ .random = SEED,
		.repeats = plan->repeats,
		.threats = plan->threats,
		.requests = plan->requests };
}

/* Below `limit`, at most 65536: xorshift's upper bits. */
static unsigned
next_random(struct mix *m, unsigned limit)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (unsigned)((m->random >> 40) * limit >> 24);
}

static bool
is_request(enum mix_kind_id kind)
{
	return kinds[kind].method != MIX_RESPONSE;
}

/* By its share among requests alone, or among answers alone. */
static enum mix_kind_id
kind_among(struct mix *m, bool requests)
{
	unsigned all = 0, at, kind = 0;

	for (unsigned i = 0; i < MIX_KIND_COUNT; i++)
		all += is_request(i) == requests ? kinds[i].share : 0;
	at = next_random(m, all);
	while (is_request(kind) != requests || at >= kinds[kind].share) {
		at -= is_request(kind) == requests ? kinds[kind].share : 0;
		kind++;
	}
	return kind;
}

struct mix_choice
mix_next(struct mix *m)
{
	bool requests = next_random(m, MIX_OF) < m->requests;
	struct mix_choice c = { .kind = kind_among(m, requests) };

	c.repeat = next_random(m, MIX_OF) < m->repeats;
	c.threat = next_random(m, MIX_OF) < m->threats;
	return c;
}

uint32_t
mix_body_max(void)
{
	uint32_t most = 0;

	for (unsigned i = 0; i < MIX_KIND_COUNT; i++)
		most = kinds[i].bytes > most ? kinds[i].bytes : most;
	return most;
}

bool
mix_request(struct request *r, enum mix_kind_id kind, const char *host)
{
	const struct kind *k = &kinds[kind];
	struct request_shape shape = { .host = host,
		.path = k->method == MIX_RESPONSE ? "av/respmod" : "av/reqmod",
		.content_type = k->type,
		.body_bytes = k->bytes,
		.allow_204 = k->allow_204,
		.post = k->method == MIX_POST,
		.preview_bytes = k->preview ? MIX_PREVIEW_BYTES : 0 };

	if (k->method == MIX_GET)
		return request_make_reqmod(r, host, shape.path, k->allow_204);
	return request_make_shape(r, &shape);
}

struct span
mix_threat(void)
{
	static char text[THREAT_ROOM];
	int n = snprintf(text, sizeof(text), "%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}",
	    "$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*");

	return span_of(text, (size_t)n);
}

bool
mix_threat_request(struct request *r, const char *host)
{
	struct request_shape shape = { .host = host,
		.path = "av/respmod",
		.content_type = "application/octet-stream",
		.body_bytes = (uint32_t)mix_threat().bytes,
		.allow_204 = true };

	return request_make_shape(r, &shape);
}
