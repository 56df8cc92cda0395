/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet scripts (docs/tcp-scripts.md): what a peer sends, what our TCP library must answer, and
 * when, in virtual time against the library in this process. The syntax follows packetdrill's.
 *
 * parse.c and parse_packet.c turn text into events, packet.c and print.c events into segments and
 * segments into text, stage.c holds the library and its clock, run.c plays the events. Numbers in a
 * script are relative: 0 is the SYN of whoever sent it. A script owns its events; one thread.
 */
#ifndef SLUICE_TESTS_SCRIPT_H
#define SLUICE_TESTS_SCRIPT_H

#include "dataplane/net/tcp/tcp.h"

#define SCRIPT_PEERS_MAX \
	64 /* a peer is a port of the remote side: @1 (where none is named) to @64 */
#define SCRIPT_OPTIONS_MAX  40 /* an option may be a single byte, and there are 40 */
#define SCRIPT_SACKS_MAX    5
#define SCRIPT_WORD_MAX     32
#define SCRIPT_ERROR_MAX    1024
#define SCRIPT_UNSTATED     UINT32_MAX
#define SCRIPT_TOLERANCE_MS 4 /* how early or late an expected segment may be */

/* One line a field: the word in `config`, the field, what the number is multiplied with. */
#define SCRIPT_SETTINGS(X)                                             \
	X("mss", tcp.mss_max, 1)                                       \
	X("window", tcp.receive_window_bytes, 1)                       \
	X("send_queue", tcp.send_queue_bytes, 1)                       \
	X("connections", tcp.connections_max, 1)                       \
	X("half_open", tcp.half_open_max, 1)                           \
	X("time_wait", tcp.time_wait_max, 1)                           \
	X("pool_reserve", tcp.pool_reserve, 1)                         \
	X("rto_min_ms", tcp.rto_min.ns, 1000000)                       \
	X("path_memory_ms", tcp.path_memory.ns, 1000000)               \
	X("user_timeout_ms", tcp.user_timeout.ns, 1000000)             \
	X("keepalive_ms", tcp.keepalive.ns, 1000000)                   \
	X("keepalive_interval_ms", tcp.keepalive_interval.ns, 1000000) \
	X("keepalive_probes", tcp.keepalive_probes, 1)                 \
	X("slow_start_segments", tcp.slow_start_segments, 1)           \
	X("reset_late_data", tcp.reset_late_data, 1)                   \
	X("receive_queue", tcp.receive_queue_bytes, 1)                 \
	X("probe_without_data", tcp.probe_without_data, 1)             \
	X("drop_acks_of_unsent", tcp.drop_acks_of_unsent, 1)           \
	X("congestion", tcp.congestion, 1)                             \
	X("keep_window_after_idle", tcp.keep_window_after_idle, 1)     \
	X("ecn", tcp.ecn, 1)                                           \
	X("tolerance_ms", tolerance.ns, 1000000)                       \
	X("ip", ip_version, 1) /* 4 or 6: only that; else both */

enum script_kind {
	SCRIPT_INJECT,
	SCRIPT_EXPECT,
	SCRIPT_ICMP,
	SCRIPT_LISTEN,
	SCRIPT_CONNECT,
	SCRIPT_ACCEPT,
	SCRIPT_WRITE,
	SCRIPT_READ,
	SCRIPT_SHUTDOWN,
	SCRIPT_CLOSE,
	SCRIPT_RESET,
	SCRIPT_DISCARD,
	SCRIPT_REOPEN,
	SCRIPT_BUFFERS,
	SCRIPT_STATE,
	SCRIPT_IS,
	SCRIPT_NOT,
	SCRIPT_CHECK,
	SCRIPT_QUIET,
};

enum script_option_kind {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_SCALE = 3,
	OPTION_SACK_OK = 4,
	OPTION_SACK = 5,
	OPTION_TS = 8,
	OPTION_RAW = 256, /* bytes as they stand */
};

struct script_option {
	enum script_option_kind kind;
	uint32_t a, b; /* MSS, scale, TSval and TSecr; UNSTATED in an expected one: any */
	unsigned count;
	uint32_t sacks[2 * SCRIPT_SACKS_MAX];
	uint8_t raw[40];
};

/* A segment in a script's numbers. */
struct script_packet {
	uint8_t flags;
	uint8_t ecn; /* of the IP header (RFC 3168 §5): 0 not ECT, 1 ECT(1), 2 ECT(0), 3 CE */
	uint32_t seq, length, ack;
	uint32_t window, urgent; /* UNSTATED where the script does not say */
	bool any_options;
	unsigned option_count;
	struct script_option options[SCRIPT_OPTIONS_MAX];
	/* of an injected segment */
	bool tampered, bad_sum, from_self, burst;
	uint32_t header_words, cut; /* UNSTATED: as it should be */
};

struct script_event {
	unsigned line;
	enum script_kind kind;
	bool absolute;
	struct duration from, to; /* the earliest and latest; equal unless a range was written */
	unsigned peer;
	uint64_t number;
	uint32_t seq; /* what an ICMP error quotes */
	bool tampered;
	char word[SCRIPT_WORD_MAX]; /* of state, is, not, check; the kind of ICMP error */
	char operator;              /* of check: '=', '<', '>' */
	struct script_packet *packet;
};

struct script {
	const char *name; /* lent */
	unsigned event_count, event_room;
	struct script_event *events;
	struct tcp_config tcp;
	struct duration tolerance;
	uint32_t ip_version;
};

/* What a script is run over. */
struct script_variant {
	bool ipv6;
	bool wraps; /* both initial sequence numbers lie just below the wrap */
};

/* Where a parser stands in a line. */
struct script_cursor {
	const char *at, *end;
	const char *name;
	unsigned line;
	char *error; /* SCRIPT_ERROR_MAX */
};

/* parse.c. 0, or -EINVAL with "NAME:LINE: why" in error. script_fini() in either case. */
int script_parse(struct script *s, const char *name, const char *text, char *error);
void script_fini(struct script *s);
/* Steps over blanks; false at the end of the line. */
bool script_blanks(struct script_cursor *c);
/* Steps over `word` if it stands here and ends here. */
bool script_word(struct script_cursor *c, const char *word);
bool script_char(struct script_cursor *c, char what);
bool script_number(struct script_cursor *c, uint64_t max, uint64_t *out);
/* Writes "NAME:LINE: why" and returns false, so that a parser can return it. */
bool script_fail(struct script_cursor *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Puts a word of letters, digits, '_' and '-' into `out`. */
bool script_name(struct script_cursor *c, char out[SCRIPT_WORD_MAX]);

/* parse_packet.c. What follows '<' or '>'. */
bool script_parse_packet(struct script_cursor *c, bool injected, struct script_packet *p);

/* packet.c */
/* Byte of the stream at that (relative) sequence number; both sides speak the same one. */
uint8_t script_byte(uint32_t seq);
/* What to add to a script's numbers to have those on the wire. */
struct script_numbers {
	uint32_t ours, theirs, ts;
};
/* Builds what the peer sends, checksum and payload too; NULL when the pool is empty. */
struct rte_mbuf *script_build(const struct script_packet *p, const struct script_numbers *n,
    const struct tcp_endpoints *e, const struct ip_address *source);
/* Takes apart what we sent. A message when it is not a well-formed segment, else NULL. */
const char *script_decode(struct rte_mbuf *m, const struct script_numbers *n,
    const struct tcp_endpoints *e, struct script_packet *out);
/* print.c */
/* The first thing in which a segment differs from what was expected, or NULL. */
const char *script_differs(
    const struct script_packet *expected, const struct script_packet *got, uint32_t ts_slack);
/* In the script's own syntax. */
const char *script_print(const struct script_packet *p, char *out, size_t room);
/* run.c. 0, or -1 with a message of "NAME:LINE: …" in error. `trace` prints every segment. */
int script_run(const struct script *s, struct script_variant variant, bool trace, char *error);

#endif
