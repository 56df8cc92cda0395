/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words both processes, the log, the API and the help share: modes, verdict sources, result
 * classes, counters, gauges, histograms. Each list stands here once and makes the enum or the
 * field, the printed name and the help.
 */
#ifndef SLUICE_CHANNEL_WORDS_H
#define SLUICE_CHANNEL_WORDS_H

#include <stdint.h>

#include "common/base/span.h"

/* id, what the operator types, the name in sluice.log, help */
#define MODES(X)                                                                         \
	X(DISABLED, "disabled", "disabled", "everything passes, nothing is scanned")     \
	X(MONITOR, "monitor", "monitoring",                                              \
	    "everything is scanned and recorded, nothing is blocked")                    \
	X(STANDARD, "standard", "blocking_simple",                                       \
	    "threats are blocked; an object is available while the sandbox works on it") \
	X(ADVANCED, "advanced", "blocking_advanced",                                     \
	    "threats are blocked; an object is held until the sandbox has answered")

enum mode {
#define X(id, word, log_word, help) MODE_##id,
	MODES(X)
#undef X
	MODE_COUNT
};

/* id, the word in parentheses, meaning. The first group decides by itself, the second by policy. */
#define SOURCES(X)                                                                    \
	X(WHITELIST, "whitelist", "the digest is on the trusted list")                \
	X(EXCLUDED, "excluded", "an exclusion rule matched")                          \
	X(CACHED, "cached", "the digest was judged before")                           \
	X(SCANNED, "scanned", "signatures decided")                                   \
	X(SANDBOX, "sandbox", "a sandbox decided")                                    \
	X(REPUTATION, "reputation", "URL or digest reputation decided")               \
	X(OVERSIZE, "oversize", "larger than a limit: by policy")                     \
	X(TIMEOUT, "timeout", "not judged in time: by policy")                        \
	X(OVERLOAD, "overload", "buffers or rings were lacking: by policy")           \
	X(ENCRYPTED, "encrypted", "not read, since it is encrypted: by policy")       \
	X(CORRUPT, "corrupt", "a coding or archive is broken: by policy")             \
	X(UNSUPPORTED, "unsupported", "a coding or format we do not read: by policy") \
	X(ERROR, "error", "an engine failed, or the object was cut short: by policy")

enum source {
#define X(id, word, help) SOURCE_##id,
	SOURCES(X)
#undef X
	SOURCE_COUNT
};
#define SOURCE_FIRST_BY_POLICY SOURCE_OVERSIZE

enum verdict {
	VERDICT_CLEAN,
	VERDICT_BAD,
	VERDICT_COUNT
};

/* What signatures that are only tried say of an object: id, word, meaning. */
#define SHADOWS(X)                                                             \
	X(NONE, "none", "none are tried, or they did not see it to its end")   \
	X(CLEAN, "clean", "they would change nothing")                         \
	X(BAD, "bad", "they found something")                                  \
	X(TRUSTED, "trusted", "its digest is on their list of trusted files")  \
	X(SANDBOX, "sandbox", "a rule may hold that only a sandbox can judge") \
	X(ERROR, "error", "the engine failed, or had no room for another scan")

enum shadow {
#define X(id, word, help) SHADOW_##id,
	SHADOWS(X)
#undef X
	SHADOW_COUNT
};

/* The counters of a core: id, name in `sluicectl stats` and metrics, help. All count up. */
#define COUNTERS(X)                                                                               \
	X(OBJECTS_REQMOD, "objects_reqmod", "requests judged")                                    \
	X(OBJECTS_RESPMOD, "objects_respmod", "responses judged")                                 \
	X(OBJECT_BYTES, "object_bytes", "body bytes received")                                    \
	X(PARTS, "parts", "parts of multipart bodies judged as objects")                          \
	X(SCANNED_BYTES, "scanned_bytes", "bytes given to the signatures, decoded ones included") \
	X(SHADOW_OBJECTS, "shadow_objects", "objects that tried signatures saw to their end")     \
	X(SHADOW_BYTES, "shadow_bytes", "bytes given to tried signatures")                        \
	X(SHADOW_BAD, "shadow_bad", "objects in which tried signatures found something")          \
	X(SHADOW_NEW, "shadow_new", "of those, the ones that have no bad verdict without them")   \
	X(SHADOW_FAILED, "shadow_failed", "objects over which tried signatures failed")           \
	X(DIGEST_LANE_BYTES, "digest_lane_bytes", "bytes hashed side by side with others")        \
	X(DIGEST_SINGLE_BYTES, "digest_single_bytes", "bytes hashed one object at a time")        \
	X(DIGEST_LANE_OBJECTS, "digest_lane_objects", "objects whose digests ended in lanes")     \
	X(DIGEST_SINGLE_OBJECTS, "digest_single_objects", "objects whose digests ended alone")    \
	X(VERDICTS_BAD, "verdicts_bad", "objects with a bad verdict, blocked or not")             \
	X(BLOCKED, "blocked", "objects answered with the block page")                             \
	X(ANSWERS_204, "answers_204", "objects answered with 204")                                \
	X(ANSWERS_ECHO, "answers_echo", "objects sent back whole")                                \
	X(ANSWERS_EARLY, "answers_early", "objects of which a part was sent before the verdict")  \
	X(STALLS, "stalls", "bodies that stood still, so that their sending began early")         \
	X(CUT, "cut", "downloads cut off by a verdict that came after a part was sent")           \
	X(GUARDED, "guarded", "objects blocked since a download of their URL was cut")            \
	X(ANSWERS_ERROR, "answers_error", "requests answered with an ICAP error")                 \
	X(BODIES_TRUNCATED, "bodies_truncated", "objects cut short, or broken, by the client")    \
	X(HELD, "held", "objects held for a sandbox")                                             \
	X(HELD_TIMEOUT, "held_timeout", "holds that ended by hold_timeout")                       \
	X(HELD_ABANDONED, "held_abandoned", "holds whose client left")                            \
	X(SCANNING_PAGES, "scanning_pages", "holds ended by the page that asks again")            \
	X(SANDBOX_JOBS, "sandbox_jobs", "objects given to a sandbox")                             \
	X(SANDBOX_SKIPPED, "sandbox_skipped", "eligible objects not given for lack of room")      \
	X(CACHE_HITS, "cache_hits", "digests found in the verdict cache")                         \
	X(CACHE_MISSES, "cache_misses", "digests not found in it")                                \
	X(CACHE_EVICTIONS, "cache_evictions", "cache entries overwritten by others")              \
	X(OVERLOADS, "overloads", "objects answered by the overload policy")                      \
	X(RECORDS_LOST, "records_lost", "records of clean objects dropped, ring full")            \
	X(NOTICES_FULL, "notices_full", "objects that met a full notices ring")                   \
	X(CONNECTIONS_OPENED, "connections_opened", "ICAP connections accepted")                  \
	X(CONNECTIONS_CLOSED, "connections_closed", "ICAP connections ended")                     \
	X(CONNECTIONS_REFUSED, "connections_refused", "connections over the limit, answered 503") \
	X(TLS_HANDSHAKES, "tls_handshakes", "TLS handshakes completed")                           \
	X(TLS_RESUMED, "tls_resumed", "TLS handshakes that went on from a ticket")                \
	X(TLS_FAILED, "tls_failed", "TLS handshakes that failed")                                 \
	X(TLS_DEFERRED, "tls_deferred", "turns a TLS handshake waited for its share of the core") \
	X(CONNECTIONS_EVICTED, "connections_evicted",                                             \
	    "idle or stuck connections closed so that others had a place, heads or a decoder")    \
	X(CONNECTIONS_LEFT, "connections_left",                                                   \
	    "connections that the dataplane before left open, found at start")                    \
	X(CONNECTIONS_LEFT_RESET, "connections_left_reset",                                       \
	    "of those, the ones whose client was told by a RST")                                  \
	X(RX_PACKETS, "rx_packets", "frames received")                                            \
	X(TX_PACKETS, "tx_packets", "frames sent")                                                \
	X(TX_DROPPED, "tx_dropped", "frames the port did not take in time")                       \
	X(TX_WAITS, "tx_waits", "turns in which TCP kept its data: the port was behind")          \
	X(RX_MISSED, "rx_missed", "frames the port lost for lack of buffers")                     \
	X(RX_TOO_LONG, "rx_too_long", "frames longer than the MTU allows, dropped")               \
	X(ADDRESS_DUPLICATES, "address_duplicates", "addresses of ours that another host has")    \
	X(TURNS, "turns", "turns of the core's loop")                                             \
	X(TURNS_BUSY, "turns_busy", "turns that had work")                                        \
	X(BUSY_NS, "busy_ns", "nanoseconds that those turns took")                                \
	X(SLEEPS, "sleeps", "times the core slept, idle: adaptive")                               \
	X(FRAMES_CAPTURED, "frames_captured", "frames given to a capture")                        \
	X(CAPTURE_LOST, "capture_lost", "frames a capture lacks, no room")                        \
	X(FLIGHTS, "flights", "connections that came to harm, told in tcp.log")                   \
	X(FLIGHTS_LOST, "flights_lost", "those that were too many to be told")

enum counter {
#define X(id, word, help) COUNTER_##id,
	COUNTERS(X)
#undef X
	COUNTER_COUNT
};

/* What a core holds now: the field of struct core_stats, help. They go up and down. */
#define GAUGES(X)                                                      \
	X(connections_now, "ICAP connections open")                    \
	X(held_now, "objects held for a sandbox")                      \
	X(sessions_busy_now, "objects between their head and verdict") \
	X(arena_free_now, "free blocks of the arena, 16 KiB each")     \
	X(mbufs_free_now, "free buffers of the packet pool")           \
	X(cache_entries_now, "verdicts in the cache")

/* How long things took, in nanoseconds: the field of struct core_stats, help. */
#define HISTOGRAMS(X)                                                 \
	X(turn_ns, "a turn of a core's loop that had work")           \
	X(object_ns, "from an object's first byte to its verdict")    \
	X(scan_ns, "spent in the scan of an object that was scanned") \
	X(hold_ns, "hold of an object that waited for a sandbox")

const char *mode_word(enum mode m);
const char *mode_log_word(enum mode m);
enum mode mode_by_word(struct span word); /* MODE_COUNT: none of ours */
const char *source_word(enum source s);
const char *source_help(enum source s);
enum source source_by_word(struct span word); /* SOURCE_COUNT: none of ours */
const char *shadow_word(enum shadow s);
const char *counter_word(enum counter c);
const char *counter_help(enum counter c);
/* Counters of TCP (common/base/tcp_counters.h). The kernel's name for the same count, as nstat(8)
 * shows it; NULL: it counts nothing like it. */
const char *tcp_counter_word(unsigned which);
const char *tcp_counter_help(unsigned which);
const char *tcp_counter_kernel_word(unsigned which);

#endif
