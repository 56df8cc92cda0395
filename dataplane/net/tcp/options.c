/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP options (RFC 9293 §3.1, RFC 7323, RFC 2018, RFC 2883), parsed within bounds and built. */
#include "dataplane/net/tcp/conn.h"

#include <arpa/inet.h>

enum {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_SCALE = 3,
	KIND_SACK_OK = 4,
	KIND_SACK = 5,
	KIND_TS = 8
};

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
	return p + 4;
}

static void
parse_sacks(const uint8_t *p, unsigned bytes, struct tcp_options *out)
{
	for (unsigned at = 0; at + 8 <= bytes && out->sack_count < 4; at += 8) {
		struct seq_range r = { seq_of(get32(p + at)), seq_of(get32(p + at + 4)) };

		if (seq_before(r.start, r.end))
			out->sacks[out->sack_count++] = r;
	}
}

static void
parse_one(uint8_t kind, const uint8_t *value, unsigned bytes, struct tcp_options *out)
{
	if (kind == KIND_MSS && bytes == 2) {
		out->has_mss = true;
		out->mss = (uint16_t)(value[0] << 8 | value[1]);
	} else if (kind == KIND_SCALE && bytes == 1) {
		out->has_scale = true;
		out->scale = value[0] > WINDOW_SCALE_MAX ? WINDOW_SCALE_MAX : value[0];
	} else if (kind == KIND_SACK_OK && bytes == 0) {
		out->sack_ok = true;
	} else if (kind == KIND_TS && bytes == 8) {
		out->has_ts = true;
		out->ts_val = get32(value);
		out->ts_ecr = get32(value + 4);
	} else if (kind == KIND_SACK) {
		parse_sacks(value, bytes, out);
	}
}

/* RFC 7323 appendix A's layout, which nearly every segment has: nop, nop, timestamp, no more. */
static bool
parse_timestamp_alone(const uint8_t *p, unsigned bytes, struct tcp_options *out)
{
	if (bytes != 12 ||
	    get32(p) != ((uint32_t)KIND_NOP << 24 | KIND_NOP << 16 | KIND_TS << 8 | 10))
		return false;
	out->has_ts = true;
	out->ts_val = get32(p + 4);
	out->ts_ecr = get32(p + 8);
	return true;
}

bool
options_parse(const uint8_t *p, unsigned bytes, struct tcp_options *out)
{
	unsigned at = 0;

	memset(out, 0, sizeof(*out));
	if (parse_timestamp_alone(p, bytes, out))
		return true;
	while (at < bytes && p[at] != KIND_END) {
		unsigned length;

		if (p[at] == KIND_NOP) {
			at++;
			continue;
		}
		if (at + 2 > bytes)
			return false;
		length = p[at + 1];
		if (length < 2 || length > bytes - at)
			return false;
		parse_one(p[at], p + at + 2, length - 2, out);
		at += length;
	}
	return true;
}

unsigned
options_build_syn(const struct tcp_options *o, uint8_t *out)
{
	uint8_t *p = out;

	*p++ = KIND_MSS;
	*p++ = 4;
	*p++ = (uint8_t)(o->mss >> 8);
	*p++ = (uint8_t)o->mss;
	if (o->sack_ok && o->has_ts) {
		*p++ = KIND_SACK_OK;
		*p++ = 2;
	} else if (o->has_ts || o->sack_ok) {
		*p++ = KIND_NOP;
		*p++ = KIND_NOP;
	}
	if (o->has_ts) {
		*p++ = KIND_TS;
		*p++ = 10;
		p = put32(p, o->ts_val);
		p = put32(p, o->ts_ecr);
	} else if (o->sack_ok) {
		*p++ = KIND_SACK_OK;
		*p++ = 2;
	}
	if (o->has_scale) {
		*p++ = KIND_NOP;
		*p++ = KIND_SCALE;
		*p++ = 3;
		*p++ = o->scale;
	}
	return (unsigned)(p - out);
}

/* The run that changed last of those that changed before `before`; NULL: there is none. */
static const struct reasm_run *
newest_run(const struct tcp_conn *c, uint32_t before)
{
	const struct reasm_run *newest = NULL;

	for (unsigned i = 0; i < c->run_count; i++) {
		const struct reasm_run *r = &c->runs[i];

		if ((int32_t)(r->changed - before) < 0 &&
		    (newest == NULL || (int32_t)(r->changed - newest->changed) > 0))
			newest = r;
	}
	return newest;
}

/*
 * The run that changed last goes first, then what was reported before, the latest first; so each
 * block is told of in as many ACKs as there is room for (RFC 2018 §4). A duplicate goes before all
 * (RFC 2883 §4).
 */
static unsigned
choose_sacks(struct tcp_conn *c, struct seq_range out[4], unsigned max)
{
	const struct reasm_run *r;
	uint32_t before = c->run_changes + 1;
	unsigned n = 0;

	if (seq_before(c->dsack.start, c->dsack.end)) {
		out[n++] = c->dsack;
		c->dsack.end = c->dsack.start;
	}
	while (n < max && (r = newest_run(c, before)) != NULL) {
		out[n++] =
		    (struct seq_range){ r->start, seq_add(r->start, (uint32_t)r->bytes.bytes) };
		before = r->changed;
	}
	return n;
}

unsigned
options_build_ts(const struct tcp *t, uint32_t ts_offset, uint32_t ts_recent, uint8_t *out)
{
	uint8_t *p = out;

	*p++ = KIND_NOP;
	*p++ = KIND_NOP;
	*p++ = KIND_TS;
	*p++ = 10;
	p = put32(p, ts_clock(t) + ts_offset);
	p = put32(p, ts_recent);
	return (unsigned)(p - out);
}

unsigned
options_build(struct tcp_conn *c, uint8_t *out)
{
	struct seq_range sacks[4];
	uint8_t *p = out;
	unsigned n;

	if (c->use_ts)
		p += options_build_ts(
		    c->tcp, c->ts_offset, c->echoes_copy ? c->ts_copy : c->ts_recent, p);
	if (!c->use_sack || (c->run_count == 0 && !seq_before(c->dsack.start, c->dsack.end)))
		return (unsigned)(p - out);
	n = choose_sacks(c, sacks, c->use_ts ? 3 : 4);
	*p++ = KIND_NOP;
	*p++ = KIND_NOP;
	*p++ = KIND_SACK;
	*p++ = (uint8_t)(2 + 8 * n);
	for (unsigned i = 0; i < n; i++) {
		p = put32(p, sacks[i].start.v);
		p = put32(p, sacks[i].end.v);
	}
	return (unsigned)(p - out);
}
