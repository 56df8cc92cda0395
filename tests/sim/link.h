/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One direction of a link in virtual time. What is sent on it is copied at once, and arrives later,
 * twice, damaged or not at all, as the link's quality and its own random numbers say. Segments
 * travel without an IP header; its bytes count for bandwidth and MTU.
 *
 * A link owns what flies on it, until link_take() hands it out. At most LINK_FLIGHTS_MAX at a time:
 * more are lost. It knows no stack.
 */
#ifndef SLUICE_TESTS_LINK_H
#define SLUICE_TESTS_LINK_H

#include <rte_mbuf.h>

#include "common/base/address.h"
#include "common/base/mono.h"
#include "tests/sim/random.h"

#define LINK_FLIGHTS_MAX 8192
#define LINK_MTU_MIN     576

/* All zero: everything arrives, at once. A blackout is a loss of 1,000,000. */
struct link_quality {
	uint32_t loss_ppm;
	/* A second kind of time, in which much more is lost (Gilbert and Elliott): how often a
	 * segment enters it, how often one leaves it, what is lost in it. */
	uint32_t burst_enter_ppm, burst_leave_ppm, burst_loss_ppm;
	uint32_t duplicate_ppm, corrupt_ppm;
	uint32_t reorder_ppm; /* how many are held back by reorder_delay, so that later ones pass */
	uint32_t ecn_mark_ppm;
	struct duration delay, jitter, reorder_delay; /* jitter: up to so much more, never
							 overtaking */
	uint64_t bits_per_second;                     /* 0: without limit */
	uint32_t queue_bytes; /* what may wait for the bandwidth; 0: without limit */
	uint32_t mtu;         /* of an IP packet; 0: without limit */
};

/* What became of a segment: for traces and for the sender's ICMP. */
#define LINK_LOST       0x01u
#define LINK_QUEUE_FULL 0x02u
#define LINK_TOO_BIG    0x04u
#define LINK_TWICE      0x08u
#define LINK_DAMAGED    0x10u
#define LINK_LATE       0x20u
#define LINK_MARKED     0x40u

struct flight {
	struct mono at;
	uint64_t order; /* of those that arrive at the same time */
	struct ip_address source, destination;
	uint8_t ecn;
	bool damaged, forged;
	uint32_t
	    too_big_mtu; /* not 0: an ICMP error that quotes data[0, bytes) of the receiver's */
	uint32_t bytes;
	uint8_t data[];
};

struct link {
	struct link_quality quality;
	struct sim_random random;
	bool in_burst;
	struct mono free_at; /* when the last segment has left, where bandwidth is limited */
	struct mono last_at; /* when the last one arrives: jitter does not reorder */
	uint64_t order;
	uint32_t flight_count;
	struct flight *flights[LINK_FLIGHTS_MAX]; /* a heap, the next to arrive first */
};

void link_init(struct link *l, struct link_quality quality, struct sim_random random);
/* Frees what flies. */
void link_fini(struct link *l);

/* From now on. What flies already arrives as was drawn. */
void link_change(struct link *l, struct link_quality quality);

/* Copies the segment; the caller keeps it. Returns LINK_ bits; 0: it will arrive once, whole. */
unsigned link_send(struct link *l, struct mono now, const struct rte_mbuf *segment,
    const struct ip_address *source, const struct ip_address *destination, uint8_t ecn);

/* An ICMP "too big" for the sender of `segment`, on the way back to it. Lost as others are. */
void link_send_too_big(struct link *back, struct mono now, const struct rte_mbuf *segment,
    const struct ip_address *source, const struct ip_address *destination, uint32_t mtu);

/* Somebody else's segment, which arrives at `at` whatever the quality: the caller fills it in.
 * NULL: too many fly. */
struct flight *link_forge(struct link *l, struct mono at, uint32_t bytes,
    const struct ip_address *source, const struct ip_address *destination);

/* When the next one arrives; MONO_NEVER when nothing flies. */
struct mono link_next(const struct link *l);

/* The next that has arrived by `now`; NULL: none. The caller frees it with free(). */
struct flight *link_take(struct link *l, struct mono now);

/*
 * The segment of a flight in mbufs of the receiver's pool, as a port would give it. NULL when the
 * pool is empty, as a port drops what it has no buffer for.
 */
struct rte_mbuf *link_unload(const struct flight *f, struct rte_mempool *pool);

#endif
