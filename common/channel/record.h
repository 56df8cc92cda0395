/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a core tells control about one object, and what control tells a core: plain values, no
 * pointers, one size each. A slot is RECORD_BYTES and is built in the ring's own memory; only the
 * part in use is touched. Text is raw wire bytes: who prints it escapes it.
 */
#ifndef SLUICE_CHANNEL_RECORD_H
#define SLUICE_CHANNEL_RECORD_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/channel/observe.h"
#include "common/channel/words.h"

#define RECORD_BYTES 4096

/* Where a log line says it comes from: a name of a source file of ours. */
enum record_site {
	RECORD_SITE_REQMOD,
	RECORD_SITE_RESPMOD,
	RECORD_SITE_REFUSAL,
	RECORD_SITE_COUNT
};
const char *record_site_word(enum record_site s); /* "dataplane/inspect/reqmod.c" */

enum record_text {
	RECORD_TEXT_URL,      /* as the log shows it; of a refused request its first line */
	RECORD_TEXT_FILENAME, /* empty: the reader takes the MD5 */
	RECORD_TEXT_THREAT,   /* name of what was found, or the list and line */
	RECORD_TEXT_USER,     /* who asks, decoded */
	RECORD_TEXT_DOMAIN,   /* of that user; empty: none was told */
	RECORD_TEXT_USER_AGENT,
	RECORD_TEXT_MEDIA_TYPE,
	RECORD_TEXT_SHADOW, /* what signatures that are only tried found; empty: nothing */
	RECORD_TEXT_CAUSE,  /* why a request was refused, or the rule that excluded the object: its
			       criterion and value; else empty */
	RECORD_TEXT_COUNT
};

#define RECORD_FLAG_BLOCKED     0x01u  /* answered with the block page, or cut off */
#define RECORD_FLAG_INCOMPLETE  0x02u  /* shorter than its Content-Length said */
#define RECORD_FLAG_PARTIAL     0x04u  /* a 206 or a range */
#define RECORD_FLAG_ODD_FRAMING 0x08u  /* contradictory HTTP framing headers */
#define RECORD_FLAG_TEXT_CUT    0x10u  /* a text was longer than its room */
#define RECORD_FLAG_TRUNCATED   0x20u  /* the body was cut short: no verdict on the object */
#define RECORD_FLAG_URL_ONLY    0x40u  /* a REQMOD without body: the log's "url" line */
#define RECORD_FLAG_DELIVERED   0x80u  /* the client has the object */
#define RECORD_FLAG_DECODED     0x100u /* a content coding was looked through */
#define RECORD_FLAG_CUT         0x200u /* a part was delivered before the verdict, then cut off */
#define RECORD_FLAG_PART        0x400u /* `part` decided: name, digests, format, offset are its */
#define RECORD_FLAG_PAGED       0x800u /* the "being scanned" page was shown: no verdict yet */

struct record {
	int64_t wall_ns;      /* CLOCK_REALTIME when it was finished */
	uint64_t duration_ns; /* from the request's first byte to the verdict */
	uint64_t generation;
	uint64_t size; /* of the body as sent (before decoding) */
	uint64_t match_offset;
	uint64_t scan_ns;           /* of duration_ns, spent in scanners */
	uint64_t hold_ns;           /* of duration_ns, spent waiting for a sandbox */
	uint64_t shadow_generation; /* that was tried on it; 0: none was */
	uint64_t shadow_offset;     /* as match_offset, of what that one found */
	uint32_t session;           /* the log's sid */
	uint32_t flags;
	uint32_t site_line;
	uint16_t core;
	uint8_t site;    /* enum record_site */
	uint8_t mode;    /* enum mode */
	uint8_t verdict; /* enum verdict */
	uint8_t source;  /* enum source */
	uint8_t format;  /* enum format of scanners/format */
	uint8_t coding;  /* enum decode_coding of scanners/decode */
	uint8_t uuid[16];
	uint8_t md5[16];
	uint8_t sha256[32];
	struct ip_address client; /* the end user's; all zero: not told */
	struct ip_address peer;   /* the ICAP client */
	uint16_t text_bytes[RECORD_TEXT_COUNT];
	uint16_t http_status; /* of the response; 0: none */
	uint16_t part;        /* of a multipart body, from 1; 0: the record is of the whole */
	uint8_t shadow;       /* enum shadow */
	uint8_t unused;
	uint16_t icap_status; /* a request was refused with it; 0: this is an object's */
};

#define RECORD_TEXT_ROOM 3584
struct record_slot {
	struct record record;
	char text[RECORD_TEXT_ROOM]; /* the texts one after the other, in enum order */
};

/* What a notice is. Each carries its object's record; a log line is due for it where it says so. */
enum notice_kind {
	NOTICE_BAD,       /* bad verdict: log line and alert */
	NOTICE_SANDBOX,   /* judge these arena bytes: no log line yet */
	NOTICE_DELIVERED, /* the client got it while a sandbox works (job is set): log line,
			     remember who */
	NOTICE_SETTLED,   /* a held object was answered otherwise than bad (job is set): log line */
	NOTICE_ABANDONED, /* the holder of a job left, or its object was cut short: log line */
	NOTICE_KIND_COUNT
};

struct notice {
	uint64_t
	    serial;   /* of this core, from 1 without gaps: a reader can tell doubles and losses */
	uint64_t job; /* 0: none; unique within this region */
	uint64_t job_bytes;          /* NOTICE_SANDBOX: object bytes in the arena */
	uint32_t first_block;        /* NOTICE_SANDBOX: where they start; ARENA_NONE */
	uint32_t kind;               /* enum notice_kind */
	uint64_t hold_until_wall_ns; /* NOTICE_SANDBOX of a held object: when the answer is too
					late; 0: not held */
	struct record_slot object;
};
static_assert(sizeof(struct record_slot) <= RECORD_BYTES - 40, "a notice must fit its slot");
static_assert(sizeof(struct notice) <= RECORD_BYTES, "a notice must fit its slot");

enum command_kind {
	COMMAND_ANSWER,      /* a sandbox's verdict for `job`; its blocks are the core's again */
	COMMAND_CACHE_PUT,   /* remember a verdict on a digest */
	COMMAND_CACHE_CLEAR, /* forget all verdicts */
	COMMAND_GUARD_PUT,   /* a URL's download was cut: `sha256` is the URL's */
	COMMAND_TCP_LIST,    /* these three: `observe` (observe.h) */
	COMMAND_CAPTURE,
	COMMAND_CAPTURE_END, /* of that serial; one that ended already is as good */
	COMMAND_KIND_COUNT
};

#define COMMAND_THREAT_MAX 128

struct command {
	uint32_t kind;
	uint8_t verdict;
	uint8_t
	    source; /* COMMAND_ANSWER: SANDBOX, or a class (timeout, encrypted, corrupt, error …) */
	uint8_t unused[2];
	uint64_t job;
	uint64_t generation;
	union {
		struct {
			uint8_t sha256[32];
			char threat[COMMAND_THREAT_MAX]; /* NUL-terminated by the reader's check */
		};
		struct observe_request observe;
	};
};

/* Whether it asks to see connections or frames rather than tells of verdicts. */
static inline bool
command_observes(const struct command *c)
{
	return c->kind >= COMMAND_TCP_LIST && c->kind <= COMMAND_CAPTURE_END;
}

/* Appends a text to a slot being built; cuts and flags it when the room is used up. In enum order.
 */
void record_text_put(struct record_slot *slot, enum record_text which, struct span text);
/* The text of a slot that was copied out and checked by record_is_sound(). */
struct span record_text_get(const struct record_slot *slot, enum record_text which);
/* The part of a sound slot that is in use, from its start: what is worth keeping. */
size_t record_slot_bytes(const struct record_slot *slot);
/* Whether every enum and length in it is in range: run on a private copy before any use. */
bool record_is_sound(const struct record_slot *slot);

#endif
