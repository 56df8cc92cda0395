/* SPDX-License-Identifier: BSD-3-Clause */
/* SYNs answered without memory, and the segments that answer back (RFC 4987 §3.6). */
#ifndef SLUICE_TCP_COOKIES_H
#define SLUICE_TCP_COOKIES_H

#include "dataplane/net/tcp/conn.h"

/* `scale` is the window scale we would announce. */
void cookies_answer(
    struct tcp *t, const struct segment *s, const struct tcp_endpoints *e, uint8_t scale);
/* Whether a cookie was sent so lately that an ACK from nowhere may belong to it. */
bool cookies_are_out(const struct tcp *t);
/*
 * Whether a segment that nobody knows may come from one who got a cookie, and overtook the segment
 * that answers it: a RST would end what that one, sent again, will open.
 */
bool cookies_may_follow(struct tcp *t, const struct tcp_endpoints *e);
/* Whether an ACK with these numbers answers a cookie that opened nothing yet; counted where not. */
bool cookies_match(struct tcp *t, const struct tcp_endpoints *e, struct seq seq, struct seq ack);
/* One that a cookie opened is being forgotten: the cookie opens no more. */
void cookies_spend(struct tcp_conn *c);
/* Whether these numbers answer a cookie that has opened a connection, which is gone. */
bool cookies_were_spent(
    struct tcp *t, const struct tcp_endpoints *e, struct seq seq, struct seq ack);
/* A half-open connection goes on as its peer knows it, by the cookie that answered the same SYN. */
void cookies_take_over(struct tcp_conn *c);
/* The connection of an ACK that matched, in SYN-RECEIVED; NULL: the table is full. */
struct tcp_conn *cookies_open(
    struct tcp *t, const struct segment *s, const struct tcp_endpoints *e);

#endif
