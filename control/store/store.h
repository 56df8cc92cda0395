/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What control remembers, in SQLite (STATE/sluice.db, WAL): alerts, deliveries of objects that a
 * sandbox still works on, convictions that came too late, where in an object it found something,
 * what tried signatures found, recent objects, and how far each core's notices have been stored.
 * One connection, one thread, never waits for another writer: -EBUSY goes back to the caller, who
 * keeps what it has and tries the whole transaction again.
 *
 * Writes happen between store_begin() and store_commit(); a write that fails makes the commit fail.
 * Texts are escaped already (line_escape). Doubles are ignored: an alert's key is (uuid, origin), a
 * delivery's is its uuid. A database that turns out to be damaged is set aside (PATH.damaged) and a
 * new one begun.
 */
#ifndef SLUICE_STORE_H
#define SLUICE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"
#include "common/channel/words.h"

#define STORE_ERROR_TEXT_MAX 256
#define STORE_OBJECTS_MAX    100000 /* newest kept: 50 MB with texts of 200 bytes */
#define STORE_DELIVERIES_MAX 500000
#define STORE_ALERTS_MAX     1000000
#define STORE_ALERTS_ASKED   100000 /* newest, by a digest, which no index leads to */
#define STORE_TRIAL_HITS_MAX 10000  /* newest kept; what a rule found is counted all the same */
#define STORE_PROGRESS_MAX   1024   /* cores of dataplanes, newest first */
#define STORE_PRUNE_ROWS     1000   /* of each table in one transaction: a few milliseconds */
#define STORE_AGE_MAX_S      (7 * 24 * 3600) /* of objects, deliveries, convictions, findings */
#define STORE_JOURNAL_BYTES  (32 << 20)      /* the WAL is cut back to this */
/* A WAL that somebody's open transaction pins grows; from here on recent objects are left out of it
 * (and counted), while alerts, deliveries and convictions go on. */
#define STORE_PINNED_BYTES (256 << 20)

struct store;

enum store_origin {
	STORE_ORIGIN_OBJECT,
	STORE_ORIGIN_LATE
};

/* Where an alert stands among all: when it was raised (a late one, after its object), and a number
 * that tells apart those of one instant. */
struct store_place {
	int64_t raised_ns;
	uint64_t id;
};
#define STORE_NEWEST ((struct store_place){ INT64_MAX, INT64_MAX })

/* What came of an alert's object. */
enum store_outcome {
	STORE_PASSED,
	STORE_BLOCKED,
	STORE_CUT, /* a part was delivered before the verdict, then cut off */
	STORE_OUTCOME_COUNT
};

/* NULL texts are stored as empty ones; what a read hands out is lent for the call. */
struct store_alert {
	const uint8_t *uuid;   /* 16 bytes */
	const uint8_t *md5;    /* 16 */
	const uint8_t *sha256; /* 32 */
	int64_t wall_ns;       /* when its object was finished */
	const char *client, *peer, *user, *url, *filename, *threat;
	const char *verdict, *source, *mode;
	enum store_outcome outcome;
	enum store_origin origin;
	struct store_place place; /* what a read tells; the store's own to set */
};

struct store_delivery {
	const uint8_t *uuid, *md5, *sha256;
	int64_t wall_ns;
	uint64_t job;
	const char *client, *peer, *user, *url, *filename, *mode;
};

/* An object in which signatures that are only tried found something. */
struct store_trial_hit {
	const uint8_t *uuid; /* 16 bytes */
	int64_t wall_ns;
	bool is_new; /* without them it has no bad verdict */
	const char *threat, *client, *url, *filename, *verdict, *source;
	uint64_t offset;
};

struct store_trial_rule {
	const char *threat;
	uint64_t objects, objects_new;
	int64_t first_ns, last_ns;
};

struct store_trial_totals {
	uint64_t objects[SHADOW_COUNT]; /* by what was said of them */
};

struct store_facts {
	uint64_t alerts, deliveries, objects; /* kept; of deliveries, about */
	uint64_t commits, busy, failed;       /* transactions since the start */
	uint64_t damaged;                     /* databases set aside */
	uint64_t left_out;                    /* recent objects, while the WAL was pinned */
	char error[STORE_ERROR_TEXT_MAX]; /* of the last failure; empty once a commit went well */
};

/* Creates what is missing. -ENOMEM, or -errno or -EIO with a sentence. */
int store_open(const char *path, struct store **out, char error[STORE_ERROR_TEXT_MAX]);
void store_close(struct store *s);

/* write.c */
int store_begin(struct store *s);  /* 0, -EBUSY, -EIO */
int store_commit(struct store *s); /* as above; after a failure nothing of it is stored */
void store_rollback(struct store *s);
void store_put_alert(struct store *s, const struct store_alert *a);
void store_put_delivery(struct store *s, const struct store_delivery *d);
void store_put_conviction(
    struct store *s, const uint8_t sha256[32], const char *threat, int64_t wall_ns);
/* Where in an object a sandbox found what decided: its layer, and a byte there or -1. */
void store_put_finding(
    struct store *s, const uint8_t sha256[32], const char *layer, int64_t place, int64_t wall_ns);
/* Bytes that were found bad in that object, there. */
void store_put_part(struct store *s, const uint8_t sha256[32], const uint8_t uuid[16],
    const char *layer, int64_t wall_ns);
void store_put_object(struct store *s, const uint8_t uuid[16], int64_t wall_ns, struct span record);
/* Every notice of this core up to `serial` is stored. */
void store_put_progress(struct store *s, uint64_t boot, uint32_t core, uint64_t serial);
/* Removes what is too old or too many, STORE_PRUNE_ROWS of each table; its own transaction. 1:
 * there is more, 0: there is not, -EBUSY, -EIO. */
int store_prune(struct store *s, int64_t wall_ns);

/* trial.c: of a try; the next one begins with store_clear_trial(). The first three are writes. */
void store_put_trial_hit(struct store *s, const struct store_trial_hit *h);
void store_put_trial_totals(struct store *s, const struct store_trial_totals *add);
void store_clear_trial(struct store *s);
int store_trial_totals(struct store *s, struct store_trial_totals *out);
typedef void (*store_trial_rule_seen)(void *arg, const struct store_trial_rule *r);
/* Those that found most first. */
int store_trial_rules(struct store *s, unsigned limit, store_trial_rule_seen seen, void *arg);
typedef void (*store_trial_hit_seen)(void *arg, const struct store_trial_hit *h);
/* Newest first. */
int store_trial_hits(struct store *s, unsigned limit, store_trial_hit_seen seen, void *arg);

/* read.c */
uint64_t store_progress(struct store *s, uint64_t boot, uint32_t core); /* 0: none */
typedef void (*store_alert_seen)(void *arg, const struct store_alert *a);
/* Newest first: raised at or after since_ns and before that place (STORE_NEWEST: from the start).
 */
int store_alerts(struct store *s, int64_t since_ns, struct store_place before, unsigned limit,
    store_alert_seen seen, void *arg);
int store_alerts_of(struct store *s, const uint8_t uuid[16], store_alert_seen seen, void *arg);
typedef void (*store_delivery_seen)(void *arg, const struct store_delivery *d);
int store_deliveries_of(
    struct store *s, const uint8_t sha256[32], store_delivery_seen seen, void *arg);
/* The threat a digest was convicted for, not before since_ns; false when it was not. */
bool store_conviction(
    struct store *s, const uint8_t sha256[32], int64_t since_ns, char *threat, size_t room);
/* False when there is none; a layer that does not fit is cut. */
bool store_finding(
    struct store *s, const uint8_t sha256[32], char *layer, size_t room, int64_t *place);
/* As store_finding(), of an object that was a part of another one. */
bool store_part(
    struct store *s, const uint8_t sha256[32], uint8_t uuid[16], char *layer, size_t room);
/* Copies a recent object's record; its length, 0 when there is none or it does not fit. */
size_t store_object(struct store *s, const uint8_t uuid[16], void *record, size_t room);
/* Recent objects that were stored before that one and whose record has these bytes at `at`, newest
 * first, until one is enough (`seen` says true). Reads every record: tenths of a second. */
typedef bool (*store_record_seen)(void *arg, const void *record, size_t bytes);
int store_earlier(struct store *s, const uint8_t uuid[16], size_t at, struct span same,
    store_record_seen seen, void *arg);
/* Of the newest STORE_ALERTS_ASKED alerts those of this digest, newest first. */
int store_alerts_by_digest(
    struct store *s, const uint8_t sha256[32], store_alert_seen seen, void *arg);
void store_facts(struct store *s, struct store_facts *out);

#endif
