/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packetdrill plug: one host with one stack of ours, in virtual time. packetdrill calls it from
 * two threads: one plays the script, one makes the calls that the script expects to block. A lock
 * guards everything here; every entry point takes it.
 *
 * Time moves when it is asked for (each time by a microsecond, or a script that spins would never
 * end), slept, or waited for. A blocked call sleeps until the stack has something for it; from then
 * on time stands still until that thread has asked for the time, which is how packetdrill learns
 * when the call returned. What it then does with the result takes no time of ours: where the script
 * sleeps on, its sleep begins when that thread is at rest.
 *
 * The stack is created with the first socket that listens or connects, or the first packet: what a
 * script set before (sysctls, TCP_MAXSEG, SO_RCVBUF) is known by then.
 */
#ifndef SLUICE_TESTS_PACKETDRILL_PLUG_H
#define SLUICE_TESTS_PACKETDRILL_PLUG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/net/tcp/tcp.h"

#define PLUG_PACKETS_MAX \
	65536               /* that nobody has fetched; more are dropped, as a full queue would */
#define PLUG_SILENCE_S 700  /* of virtual time without a packet: none will come */
#define PLUG_CALL_NS   1000 /* what asking for the time costs */

/* What flags and sysctls say; read once, when the stack is created. */
struct plug_settings {
	struct ip_address local;
	bool linux_ways;   /* quick ACKs, PSH and errors as Linux has them; false: as a BSD */
	bool no_push;      /* PSH is never set: a script that was normalised does not ask for it */
	bool drop_syn_fin; /* net.inet.tcp.drop_synfin */
	bool receive_is_set;          /* SO_RCVBUF said it */
	bool keeps_window;            /* net.ipv4.tcp_slow_start_after_idle is 0 */
	bool sack, timestamps, scale; /* false: taken out of every SYN */
	unsigned ecn;                 /* net.ipv4.tcp_ecn: 0 never, 1 both ways, 2 when asked */
	uint32_t mtu, receive_bytes, send_bytes, syn_retries;
	uint32_t
	    merged_mss; /* packetdrill's --mss: of what size segments were merged; 0: none were */
	uint16_t mss;   /* TCP_MAXSEG of the first socket; 0: by the MTU */
};

struct flow;

struct plug_packet {
	struct plug_packet *next;
	struct mono at;
	/* flow.c: new data of a connection; NULL where it is not looked at */
	struct flow *flow;
	uint8_t *tcp;
	uint32_t start, end;
	bool is_new, follows, judged;
	size_t bytes;
	uint8_t data[];
};

/* Where the blocked call stands. */
enum plug_blocked {
	BLOCKED_NONE,
	BLOCKED_SLEEPS,
	BLOCKED_LOOKS, /* it was woken and sees whether its time has come */
	BLOCKED_LEAVES /* it has; the clock stands until it is read */
};

struct socket;

struct plug {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t script_thread, blocked_thread;
	enum plug_blocked blocked;
	pid_t blocked_id, left_id; /* of that thread; of one whose call has just returned, or 0 */
	struct mono now, blocked_until;
	struct tcp *tcp; /* NULL until it is needed */
	struct plug_settings settings;
	struct plug_packet *first, *last;
	unsigned packet_count;
	struct socket *sockets;
	struct flow *flows;
	int cause; /* why a connection that ends in this turn ended: an errno, or 0 */
	uint64_t random;
	uint16_t ip_id;
};

struct plug_table;

/* plug.c */
/* Fills the table but for `free`. Where memory is lacking or flags are wrong the process ends. */
struct plug *plug_create(const char *flags, struct plug_table *out);
/* Ends the process where a buffer was not given back. */
void plug_free(void *arg);
void plug_lock(struct plug *p);
void plug_unlock(struct plug *p);
/* Aborts when memory is lacking. */
void plug_need_stack(struct plug *p);
/* One turn, now: what was asked of the stack is done and sent; a blocked call may end. */
void plug_turn(struct plug *p);
/* Brings the clock to `until`; whatever is due on the way happens. */
void plug_advance(struct plug *p, struct mono until);
/* The next time at which something happens by itself. */
struct mono plug_next(const struct plug *p);
/*
 * Sleeps until `ready(arg)`, or until `until`. True: ready. In the script's own thread nothing can
 * come to the rescue but timers; false at once where there are none.
 */
bool plug_wait(struct plug *p, bool (*ready)(void *), void *arg, struct mono until);

/* settings.c */
/* Words of --so_flags ("local=192.168.0.1 mtu=1500 bsd"); prints and returns -1 for a bad one. */
int settings_parse_flags(struct plug_settings *s, const char *flags);
/* What the script's sysctl commands left in the directory of SLUICE_SYSCTL. */
void settings_read_sysctls(struct plug_settings *s);

/* wire.c */
void wire_transmit(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn);
/* An IP packet to us; what is not understood is dropped. */
void wire_input(struct plug *p, const uint8_t *packet, size_t bytes);

/* syn.c */
/* Takes out of a SYN's options what the settings forbid; returns the segment's new length. */
size_t syn_restrict(const struct plug_settings *s, uint8_t *segment, size_t bytes, bool ours);
/* Changes one byte of a segment's header, and the checksum with it. */
void segment_set_byte(uint8_t *segment, size_t at, uint8_t value);

#endif
