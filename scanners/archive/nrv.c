/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/archive/nrv.h"

#include <errno.h>

#define OFFSET_HIGH_MAX 0x1000002u /* what stands above an offset's lowest byte, and 3 */
#define OFFSET_AGAIN    2u         /* there: the same as the last one */
#define OFFSET_END      0xffffffffu
#define LENGTH_MAX      (1u << 30)

struct unpacker {
	struct span in;
	size_t at; /* of the next byte */
	uint32_t held;
	unsigned left, unit; /* bits in held; bytes it is filled with at once */
	bool is_broken;
	enum nrv_method method;
	struct nrv_output *out;
};

static uint32_t
next_byte(struct unpacker *u)
{
	if (u->at < u->in.bytes)
		return u->in.data[u->at++];
	u->is_broken = true;
	return 0;
}

static uint32_t
next_bit(struct unpacker *u)
{
	if (u->left == 0) {
		u->held = 0;
		for (unsigned i = 0; i < u->unit; i++)
			u->held |= next_byte(u) << i * 8;
		u->left = u->unit * 8;
	}
	return u->held >> --u->left & 1;
}

/* A digit and whether another follows, in turn; 2D and 2E have a digit more between. */
static uint32_t
next_offset_high(struct unpacker *u)
{
	uint32_t high = 2 + next_bit(u);

	while (next_bit(u) == 0) {
		if (u->method != NRV_2B)
			high = (high - 1) * 2 + next_bit(u);
		high = high * 2 + next_bit(u);
		if (high > OFFSET_HIGH_MAX || u->is_broken) {
			u->is_broken = true;
			break;
		}
	}
	return high;
}

/* Of lengths that are not told by a bit or two. */
static uint32_t
next_length(struct unpacker *u)
{
	uint32_t length = 1;

	do {
		length = length * 2 + next_bit(u);
		if (length > LENGTH_MAX || u->is_broken) {
			u->is_broken = true;
			break;
		}
	} while (next_bit(u) == 0);
	return length;
}

/* How many bytes a match has. `first`: the bit that came with its offset. */
static uint32_t
match_length(struct unpacker *u, uint32_t first, uint32_t offset)
{
	uint32_t far = offset > (u->method == NRV_2B ? 0xd00u : 0x500u), second;

	if (u->method != NRV_2E) {
		second = first * 2 + next_bit(u);
		return far + (second != 0 ? second + 1 : next_length(u) + 3);
	}
	if (first != 0)
		return far + 2 + next_bit(u);
	return far + (next_bit(u) != 0 ? 4 + next_bit(u) : next_length(u) + 4);
}

static int
copy_match(struct unpacker *u, uint32_t offset, uint32_t length)
{
	struct nrv_output *o = u->out;
	size_t copied = length < o->room - o->used ? length : o->room - o->used;

	if (offset > o->used)
		return -EBADMSG;
	for (size_t i = 0; i < copied; i++, o->used++)
		o->bytes[o->used] = o->bytes[o->used - offset];
	return copied < length ? -ENOSPC : 0;
}

static int
put_literal(struct unpacker *u)
{
	uint32_t byte = next_byte(u);

	if (u->is_broken)
		return -EBADMSG;
	if (u->out->used == u->out->room)
		return -ENOSPC;
	u->out->bytes[u->out->used++] = (uint8_t)byte;
	return 0;
}

/* One step; `*offset` is the last match's, 0 behind the end's mark. */
static int
step(struct unpacker *u, uint32_t *offset)
{
	uint32_t high, first, length;

	if (next_bit(u) != 0)
		return put_literal(u);
	high = next_offset_high(u);
	if (high != OFFSET_AGAIN) {
		uint32_t whole = (high - 3) * 256 + next_byte(u);

		if (whole == OFFSET_END) {
			*offset = 0;
			return u->is_broken ? -EBADMSG : 0;
		}
		first = u->method == NRV_2B ? next_bit(u) : ~whole & 1;
		*offset = (u->method == NRV_2B ? whole : whole >> 1) + 1;
	} else {
		first = next_bit(u);
	}
	length = match_length(u, first, *offset);
	return u->is_broken ? -EBADMSG : copy_match(u, *offset, length);
}

int
nrv_unpack(struct span packed, enum nrv_method m, unsigned bits_bytes, struct nrv_output *out)
{
	struct unpacker u = { .in = packed, .method = m, .out = out };
	uint32_t offset = 1;
	int rc = 0;

	u.unit = bits_bytes == NRV_BITS_OF_8 ? 1 : 4;
	out->used = 0;
	while (rc == 0 && offset != 0)
		rc = step(&u, &offset);
	out->taken = u.at;
	return rc;
}
