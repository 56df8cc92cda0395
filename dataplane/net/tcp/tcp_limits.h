/* SPDX-License-Identifier: BSD-3-Clause */
/* Every bound of the library, with its reason. Times in milliseconds where the name ends so. */
#ifndef SLUICE_TCP_LIMITS_H
#define SLUICE_TCP_LIMITS_H

#define CONNECTIONS_MAX_DEFAULT 16384
#define HALF_OPEN_MAX_DEFAULT   1024 /* or a quarter of all: past it there are cookies */
#define HALF_OPEN_MIN_DEFAULT   16
#define HALF_OPEN_SHARES        4 /* one source gets a quarter of them, then cookies */
#define HALF_OPEN_OF_ONE_MIN    4
#define SYNS_OF_STRANGER        1000 /* a second, of one source whose address nothing has proved */
#define STRANGERS               1024
#define COOKIE_BUCKETS          4096 /* marks of spent cookies: 64 KiB, a minute at 270 a second */
#define COOKIE_WAYS             4
#define ORPHANS_MIN_DEFAULT     64 /* or a quarter of all: who lets us wait must not fill the table */
#define TIME_WAIT_MAX_DEFAULT   16384
#define WINDOW_BYTES_DEFAULT    (1 << 20)
#define SEND_QUEUE_DEFAULT      (1 << 20)
#define RECENT_FLOWS            256 /* found without a hash, 2 KiB; a power of two */
#define FLUSH_SEGMENTS          45 /* of a connection in a row, 64 KiB; then others have their turn */

#define TIMERS_PER_TURN 1024 /* of connections, and of TIME-WAIT; others fire in the next turn */

#define REASM_RUNS_MAX  64 /* out-of-order runs of a connection (CVE-2018-5390) */
#define SENT_RANGES_MAX 64 /* ranges told apart in what flies (CVE-2019-11477) */
/* What each connection has of them for itself; for more a table is lent, while there are any. */
#define REASM_RUNS_FEW       4
#define SENT_RANGES_FEW      16
#define LENT_SHARE           4 /* a table of each kind for so many connections, at least LENT_MIN */
#define LENT_MIN             16
#define COPY_BYTES_MAX       256   /* smaller segments are copied: each would pin a whole mbuf */
#define BACKLOG_BYTES        16384 /* where so much waits for a reader, larger ones are copied, too */
#define PRESSURE_QUEUE_BYTES 16384 /* of a connection, while buffers are few */
#define PRESSURE_HELD_BYTES  32768
#define CROWDED_WINDOW_BYTES 65536 /* of a connection at least, while more comes than is taken */
#define MSS_FLOOR            536 /* RFC 9293 §3.7.1; lower offers are an attack (CVE-2019-11479) */
#define MSS_DEFAULT_V4       536 /* RFC 9293 MUST-15: no MSS option */
#define MSS_DEFAULT_V6       1220
#define WINDOW_SCALE_MAX     14 /* RFC 7323 §2.3 */
#define WINDOW_BYTES_MAX     (65535u << WINDOW_SCALE_MAX)
#define INITIAL_SEGMENTS     10 /* RFC 6928 */
/* RFC 3465's L; RFC 9406 §4.2 allows eight. Kernels of today acknowledge many segments at once. */
#define SLOW_START_SEGMENTS    8
#define HYSTART_SAMPLES        8 /* RFC 9406 §4.3, and the five below */
#define HYSTART_RISE_MIN_US    4000
#define HYSTART_RISE_MAX_US    16000
#define HYSTART_CSS_DIVISOR    4
#define HYSTART_CSS_ROUNDS     5
#define HYSTART_LEAST_SEGMENTS 16         /* of Linux's HyStart: smaller windows open on */
#define CWND_BYTES_MAX         (1u << 30) /* a window of the peer is never larger (RFC 7323 §2.3) */
#define DUP_THRESHOLD          3          /* RFC 5681 §3.2 */

#define MIN_RTT_MS              300000 /* a least round trip is believed this long (RFC 8985 §6.2) */
#define REO_WND_PERSIST         16     /* recoveries that a wider reordering window lasts (§6.2) */
#define REO_WND_MULT_MAX        63     /* srtt bounds it long before */
#define TLP_MIN_MS              2 /* a wheel tick is 65 us, a turn of ours or theirs may be long */
#define TLP_MAX_ACK_DELAY_MS    200   /* WCDelAckT of §7.2 */
#define RTO_MIN_MS              200   /* the LAN's; RFC 6298 says 1 s, every stack in use less */
#define RTO_MAX_MS              60000 /* RFC 6298 §2.5 */
#define RTO_INITIAL_MS          1000  /* RFC 6298 §2.1 */
#define RTO_AFTER_SYN_LOSS_MS   3000  /* RFC 6298 §5.7 */
#define QUICK_ACKS              16 /* segments acknowledged at once after a hole or a duplicate */
#define DELAYED_ACK_MS          40 /* RFC 9293 MUST-58 allows 500 */
#define PERSIST_MIN_MS          200
#define USER_TIMEOUT_MS         120000 /* RFC 9293 §3.8.3: R2 is at least 100 s */
#define PERSIST_TIMEOUT_MS      600000 /* of a window that stays shut, probes answered or not */
#define SYN_RETRIES_MAX         7      /* RFC 9293 §3.8.3: three minutes at least */
#define SYN_ACK_RETRIES_MAX     5      /* a minute: who does not answer holds a half-open place */
#define SYN_ACK_RETRIES_PRESSED 2      /* while half of those places are taken */
#define KEEPALIVE_INTERVAL_MS   75000  /* as every stack has it */
#define KEEPALIVE_PROBES        9
#define FLIGHTS_SHARE           16 /* a recorder for each so many connections, within the two below */
#define FLIGHTS_MIN             16
#define FLIGHTS_MAX             4096 /* 6 MiB */
#define FLIGHT_IDLE_MS          1000 /* a recorder whose connection did nothing so long may move on */
#define FLIGHT_HANDS            4    /* recorders that are asked at once */
#define FLIGHT_RETRY_MS         1    /* until others are asked, when all were busy */
#define FLIGHT_REPORTS_MAX      16
#define FLOOD_SEGMENTS          1000 /* outside the window, late copies apart: a report is due */
#define FIN_WAIT_2_MS           60000
#define TIME_WAIT_MS            60000
#define TIME_WAIT_REUSE_MS      1100 /* by tcp_connect(): a tick of the peer's timestamps and more */
#define CHALLENGE_ACK_MS        500  /* RFC 5961 §7, per connection: one in this time */
#define PATHS                   256  /* addresses whose MTU is kept */
#define PATH_MS                 600000 /* RFC 8201 §4: so long, then the larger is tried again */
#define PATH_GUESS_SHARE        10     /* of it, where nobody told: it may have been an outage */
#define BLACK_HOLE_TIMEOUTS     3      /* in a row */
#define MTU_LOWER_MS            100 /* one "too big" is believed in this time: each sends all again */
#define REFUSALS_PER_SECOND     1000        /* RSTs to strangers */
#define PAWS_IDLE_MS            2073600000u /* 24 days, RFC 7323 §5.5 */

#endif
