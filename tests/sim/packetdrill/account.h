/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Linux counts of a connection and the library does not: what its time went to, how much the
 * peer has told of, how far packets overtook each other, the largest segment that came. Kept beside
 * each socket by account.c, which looks inside the library as info.c does; told by info.c.
 */
#ifndef SLUICE_TESTS_PACKETDRILL_ACCOUNT_H
#define SLUICE_TESTS_PACKETDRILL_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mono.h"

struct socket;

/* What a connection that has something to send waits for. */
enum account_wait {
	ACCOUNT_IDLE,   /* it has nothing to send */
	ACCOUNT_PEER,   /* ACKs, cwnd */
	ACCOUNT_WINDOW, /* the peer's window */
	ACCOUNT_BUFFER, /* the writer, who waits for room that the send buffer does not have */
	ACCOUNT_WAIT_COUNT
};

/* Part of a socket. */
struct account {
	enum account_wait wait;
	struct mono since;
	int64_t spent_ns[ACCOUNT_WAIT_COUNT];
	uint32_t delivered_bytes, reordering, reorderings, received_mss;
	uint32_t segments_in, segments_out, data_segments_in, data_segments_out;
	uint64_t acked_bytes;
};

/* A fresh connection. */
void account_init(struct account *a);
/* The turn is over: what it waits for from now on. */
void account_turn(struct socket *s);
/* The time that went to `wait` until now, in microseconds. */
uint64_t account_spent_us(const struct socket *s, enum account_wait wait);
/* A segment of ours, with so many bytes of payload. */
void account_sent(struct account *a, uint32_t bytes);

/* What flew before a segment came, to be compared with what flies after. */
struct account_before;
/* Frees nothing and holds nothing; NULL where the socket has no connection. The next call for any
 * socket takes its place. */
const struct account_before *account_before(const struct socket *s);
void account_after(struct socket *s, const struct account_before *before, uint32_t bytes);

#endif
