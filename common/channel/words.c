/* SPDX-License-Identifier: BSD-3-Clause */
/* The printed side of the tables in words.h. */
#include "common/channel/words.h"

#include "common/base/tcp_counters.h"

static const char *const mode_words[] = {
#define X(id, word, log_word, help) [MODE_##id] = word,
	MODES(X)
#undef X
};
static const char *const mode_log_words[] = {
#define X(id, word, log_word, help) [MODE_##id] = log_word,
	MODES(X)
#undef X
};
static const char *const source_words[] = {
#define X(id, word, help) [SOURCE_##id] = word,
	SOURCES(X)
#undef X
};
static const char *const source_helps[] = {
#define X(id, word, help) [SOURCE_##id] = help,
	SOURCES(X)
#undef X
};
static const char *const shadow_words[] = {
#define X(id, word, help) [SHADOW_##id] = word,
	SHADOWS(X)
#undef X
};
static const char *const counter_words[] = {
#define X(id, word, help) [COUNTER_##id] = word,
	COUNTERS(X)
#undef X
};
static const char *const counter_helps[] = {
#define X(id, word, help) [COUNTER_##id] = help,
	COUNTERS(X)
#undef X
};
static const char *const tcp_words[] = {
#define X(id, word, help) [TCP_COUNTER_##id] = word,
	TCP_COUNTERS(X)
#undef X
};
static const char *const tcp_helps[] = {
#define X(id, word, help) [TCP_COUNTER_##id] = help,
	TCP_COUNTERS(X)
#undef X
};

/*
 * Only where ours goes up when the kernel's does. What has no line here is either ours alone
 * (out_of_window: the kernel has a counter for each of four reasons) or counted in another unit
 * (overlaps are bytes).
 */
static const char *const tcp_kernel_words[TCP_COUNTER_COUNT] = {
	[TCP_COUNTER_IN_SEGS] = "TcpInSegs",
	[TCP_COUNTER_OUT_SEGS] = "TcpOutSegs",
	[TCP_COUNTER_IN_CSUM_ERRORS] = "TcpInCsumErrors",
	[TCP_COUNTER_IN_ERRORS] = "TcpInErrs",
	[TCP_COUNTER_PASSIVE_OPENS] = "TcpPassiveOpens",
	[TCP_COUNTER_ACTIVE_OPENS] = "TcpActiveOpens",
	[TCP_COUNTER_ESTAB_RESETS] = "TcpEstabResets",
	[TCP_COUNTER_TIMEOUTS] = "TcpExtTCPAbortOnTimeout",
	[TCP_COUNTER_RETRANS_SEGS] = "TcpRetransSegs",
	[TCP_COUNTER_RTO_EXPIRED] = "TcpExtTCPTimeouts",
	[TCP_COUNTER_FAST_RECOVERIES] = "TcpExtTCPSackRecovery",
	[TCP_COUNTER_DSACKS] = "TcpExtTCPDSACKRecv",
	[TCP_COUNTER_TAIL_PROBES] = "TcpExtTCPLossProbes",
	[TCP_COUNTER_TAIL_REPAIRS] = "TcpExtTCPLossProbeRecovery",
	[TCP_COUNTER_OUT_OF_ORDER] = "TcpExtTCPOFOQueue",
	[TCP_COUNTER_OUT_OF_ORDER_DROPPED] = "TcpExtTCPOFODrop",
	[TCP_COUNTER_PAWS_REJECTED] = "TcpExtPAWSEstab",
	[TCP_COUNTER_CHALLENGE_ACKS] = "TcpExtTCPChallengeACK",
	[TCP_COUNTER_LISTEN_DROPS] = "TcpExtListenDrops",
	[TCP_COUNTER_SYN_COOKIES_SENT] = "TcpExtSyncookiesSent",
	[TCP_COUNTER_SYN_COOKIES_RECV] = "TcpExtSyncookiesRecv",
	[TCP_COUNTER_SYN_COOKIES_FAILED] = "TcpExtSyncookiesFailed",
	[TCP_COUNTER_ECN_MARKS] = "IpExtInCEPkts",
	[TCP_COUNTER_OUT_RSTS] = "TcpOutRsts",
	[TCP_COUNTER_PERSIST_PROBES] = "TcpExtTCPWinProbe",
	[TCP_COUNTER_KEEPALIVE_PROBES] = "TcpExtTCPKeepAlive",
	[TCP_COUNTER_TIME_WAIT] = "TcpExtTW",
};

/* The index of a word in a table; the table's length when it is not there. */
static unsigned
find(struct span word, const char *const *table, unsigned entries)
{
	for (unsigned i = 0; i < entries; i++) {
		if (span_is(word, table[i]))
			return i;
	}
	return entries;
}

const char *
mode_word(enum mode m)
{
	return (unsigned)m < MODE_COUNT ? mode_words[m] : "?";
}

const char *
mode_log_word(enum mode m)
{
	return (unsigned)m < MODE_COUNT ? mode_log_words[m] : "?";
}

enum mode
mode_by_word(struct span word)
{
	return find(word, mode_words, MODE_COUNT);
}

const char *
source_word(enum source s)
{
	return (unsigned)s < SOURCE_COUNT ? source_words[s] : "?";
}

const char *
source_help(enum source s)
{
	return (unsigned)s < SOURCE_COUNT ? source_helps[s] : "?";
}

enum source
source_by_word(struct span word)
{
	return find(word, source_words, SOURCE_COUNT);
}

const char *
shadow_word(enum shadow s)
{
	return (unsigned)s < SHADOW_COUNT ? shadow_words[s] : "?";
}

const char *
counter_word(enum counter c)
{
	return (unsigned)c < COUNTER_COUNT ? counter_words[c] : "?";
}

const char *
counter_help(enum counter c)
{
	return (unsigned)c < COUNTER_COUNT ? counter_helps[c] : "?";
}

const char *
tcp_counter_word(unsigned which)
{
	return which < TCP_COUNTER_COUNT ? tcp_words[which] : "?";
}

const char *
tcp_counter_help(unsigned which)
{
	return which < TCP_COUNTER_COUNT ? tcp_helps[which] : "?";
}

const char *
tcp_counter_kernel_word(unsigned which)
{
	return which < TCP_COUNTER_COUNT ? tcp_kernel_words[which] : NULL;
}
