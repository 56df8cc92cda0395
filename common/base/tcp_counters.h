/* SPDX-License-Identifier: BSD-3-Clause */
/* The counters of a TCP stack: id, name, what it counts. They are shown by control, so they stand
 * here. */
#ifndef SLUICE_BASE_TCP_COUNTERS_H
#define SLUICE_BASE_TCP_COUNTERS_H

#define TCP_COUNTERS(X)                                                                        \
	X(IN_SEGS, "in_segs", "segments received")                                             \
	X(OUT_SEGS, "out_segs", "segments sent")                                               \
	X(IN_CSUM_ERRORS, "in_csum_errors", "dropped: wrong checksum")                         \
	X(IN_ERRORS, "in_errors", "dropped: no valid header")                                  \
	X(PASSIVE_OPENS, "passive_opens", "connections accepted")                              \
	X(ACTIVE_OPENS, "active_opens", "connections opened")                                  \
	X(ESTAB_RESETS, "estab_resets", "connections ended by a reset")                        \
	X(TIMEOUTS, "timeouts", "connections given up for lack of progress")                   \
	X(RETRANS_SEGS, "retrans_segs", "segments sent again")                                 \
	X(RTO_EXPIRED, "rto_expired", "retransmission timeouts")                               \
	X(FAST_RECOVERIES, "fast_recoveries", "recoveries begun by SACK or duplicate ACKs")    \
	X(SPURIOUS_RECOVERIES, "spurious_recoveries", "recoveries undone: nothing was lost")   \
	X(DSACKS, "dsacks", "duplicates that the peer reported")                               \
	X(TAIL_PROBES, "tail_probes", "tail loss probes sent (RFC 8985)")                      \
	X(TAIL_REPAIRS, "tail_repairs", "losses that a tail loss probe repaired")              \
	X(BLACK_HOLES, "black_holes", "segments made smaller: large ones vanish on the way")   \
	X(MTU_RAISED, "mtu_raised", "segments made larger: a probe of their size arrived")     \
	X(OUT_OF_ORDER, "out_of_order", "segments queued beyond a hole")                       \
	X(OUT_OF_ORDER_DROPPED, "out_of_order_dropped", "dropped: too many holes")             \
	X(OVERLAPS, "overlaps", "bytes received again and dropped")                            \
	X(OUT_OF_WINDOW, "out_of_window", "segments outside the window")                       \
	X(PAWS_REJECTED, "paws_rejected", "segments with an old timestamp")                    \
	X(CHALLENGE_ACKS, "challenge_acks", "challenge ACKs sent (RFC 5961)")                  \
	X(LISTEN_DROPS, "listen_drops", "SYNs dropped for lack of room")                       \
	X(SOURCE_DROPS, "source_drops", "SYNs dropped: their source has its share")            \
	X(STRANGER_DROPS, "stranger_drops", "SYNs dropped: too many of an unproven source")    \
	X(ORPHANS_RESET, "orphans_reset", "connections reset: released, and too many")         \
	X(PRESSURE_DROPS, "pressure_drops", "segments dropped: buffers are few")               \
	X(PRESSURE_RESETS, "pressure_resets", "readers reset: too slow while buffers are few") \
	X(SYN_COOKIES_SENT, "syn_cookies_sent", "SYNs answered by a cookie")                   \
	X(SYN_COOKIES_RECV, "syn_cookies_recv", "connections opened by a cookie")              \
	X(SYN_COOKIES_FAILED, "syn_cookies_failed", "ACKs that answered no cookie of ours")    \
	X(SYN_COOKIES_SPENT, "syn_cookies_spent", "late ACKs of a cookie that had opened one") \
	X(ECN_MARKS, "ecn_marks", "segments that came with CE")                                \
	X(ECN_REDUCTIONS, "ecn_reductions", "windows reduced for an echoed mark")              \
	X(OUT_RSTS, "out_rsts", "resets sent")                                                 \
	X(PERSIST_PROBES, "persist_probes", "zero-window probes sent")                         \
	X(KEEPALIVE_PROBES, "keepalive_probes", "probes of silent connections sent")           \
	X(NO_BUFFER, "no_buffer", "segments not sent for lack of buffers; tried again")        \
	X(URGENT, "urgent", "segments with urgent data, delivered in line")                    \
	X(TIME_WAIT, "time_wait", "connections that entered TIME-WAIT")

enum tcp_counter {
#define X(id, word, help) TCP_COUNTER_##id,
	TCP_COUNTERS(X)
#undef X
	TCP_COUNTER_COUNT
};

#endif
