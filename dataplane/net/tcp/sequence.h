/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sequence numbers (RFC 9293 §3.4): a type of their own, compared only by these functions, which
 * are right across the wrap as long as two numbers are less than 2^31 apart.
 */
#ifndef SLUICE_TCP_SEQUENCE_H
#define SLUICE_TCP_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

struct seq {
	uint32_t v;
};

static inline struct seq
seq_of(uint32_t v)
{
	return (struct seq){ v };
}

static inline struct seq
seq_add(struct seq a, uint32_t n)
{
	return (struct seq){ a.v + n };
}

/* How far `a` lies behind `b` in the stream; negative when before it. */
static inline int32_t
seq_diff(struct seq a, struct seq b)
{
	return (int32_t)(a.v - b.v);
}

static inline bool
seq_before(struct seq a, struct seq b)
{
	return seq_diff(a, b) < 0;
}

static inline bool
seq_after(struct seq a, struct seq b)
{
	return seq_diff(a, b) > 0;
}

static inline bool
seq_is(struct seq a, struct seq b)
{
	return a.v == b.v;
}

static inline struct seq
seq_earlier(struct seq a, struct seq b)
{
	return seq_before(a, b) ? a : b;
}

static inline struct seq
seq_later(struct seq a, struct seq b)
{
	return seq_after(a, b) ? a : b;
}

#endif
