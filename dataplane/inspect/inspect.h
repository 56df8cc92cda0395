/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An object from its head to its verdict: one `struct inspect` is the pipeline of one core.
 *
 * The caller hands it the events of ICAP sessions and the commands of control, and calls
 * inspect_tick() and inspect_digest() once a turn; the pipeline answers through the session
 * (icap_answer). When an answer comes later, from a sandbox, a timer or a ring that has room again,
 * the session's user pointer comes out of inspect_next_settled(), so that the caller can send what
 * the session has.
 *
 *     event            call                    file
 *     ICAP_REQUEST     inspect_request()       object.c → reqmod.c or respmod.c
 *     ICAP_BODY        inspect_body()          object.c
 *     ICAP_PREVIEW_END inspect_preview_end()   object.c
 *     ICAP_BODY_END    inspect_end()           object.c → judge.c
 *     ICAP_ABORTED, or the connection ended    inspect_abort()
 *
 * One thread; no malloc after inspect_create().
 */
#ifndef SLUICE_INSPECT_H
#define SLUICE_INSPECT_H

#include "common/base/siphash.h"
#include "common/channel/channel.h"
#include "dataplane/icap/icap.h"
#include "dataplane/inspect/publication.h"
#include "dataplane/inspect/uuid.h"
#include "scanners/digest/engine.h"

struct inspect;
struct inspect_object;

/* What one turn scans and decodes of one object; as much as it takes from a connection. */
#define INSPECT_TURN_BYTES ICAP_SLICE_BYTES

struct inspect_config {
	uint16_t core;
	uint32_t objects_max;     /* being judged or held at once; more get the overload answer */
	uint32_t jobs_max;        /* lent to control at once; at most 65,536 */
	uint32_t decoders_max;    /* content codings looked through at once */
	uint32_t part_levels_max; /* multipart bodies, and parts that are, looked into at once */
	uint32_t cache_entries;
	uint32_t keep_mbufs_max;
	uint32_t arena_blocks;
	const struct digest_engine *digests; /* lent */
	struct region *region;
	struct publisher *publisher;
	struct icap *icap;
	struct chain_pools pools;
	uint64_t counter_hz;         /* of the processor's counter; 0: it tells no time (ticks.h) */
	struct siphash_key page_key; /* random, as the next */
	uint8_t uuid_key[UUID_KEY_BYTES]; /* the same key never serves twice */
};

/* NULL when memory is lacking. */
struct inspect *inspect_create(const struct inspect_config *config);
void inspect_destroy(struct inspect *i);
/* The core's counts per publication, for publisher_add_core(). */
const uint32_t *inspect_publication_users(const struct inspect *i);

/*
 * A turn begins. `now` is the clock of deadlines, which may stand while the core does (patience.h);
 * `turn_at`, of CLOCK_MONOTONIC, and `wall_ns`, since 1970, are what records tell.
 */
void inspect_begin(struct inspect *i, struct mono now, struct mono turn_at, int64_t wall_ns);

/* What the connection is, for records. */
struct inspect_peer {
	struct ip_address address;
	uint32_t session; /* the log's sid */
};

/*
 * A new request. What it returns is the caller's handle until a call below says that the object is
 * done with; NULL: it already is, and the session needs no events of it.
 */
struct inspect_object *inspect_request(
    struct inspect *i, struct icap_session *session, const struct inspect_peer *peer, void *user);
/* True: the object is done with, its handle invalid. After inspect_end(), false means that its
 * verdict waits, for the digests of this turn or for a sandbox, and that it will come out as
 * settled.
 */
bool inspect_body(struct inspect_object *o);
/*
 * Whether what was received needs further turns (a small body that decodes to a large one): until
 * then the session must stand still, and each turn calls inspect_feed_on().
 */
bool inspect_is_feeding(const struct inspect_object *o);
void inspect_feed_on(struct inspect_object *o);
bool inspect_preview_end(struct inspect_object *o);
bool inspect_end(struct inspect_object *o);
/* The client left, or broke off: no verdict on the object. The handle is invalid afterwards. */
void inspect_abort(struct inspect_object *o);

/* The session closed: where it refused a request, that is counted, and told if it was no object. */
void inspect_closed(
    struct inspect *i, struct icap_session *session, const struct inspect_peer *peer);
/* A connection for which there was no place, and the ICAP status that it was told: a record, one a
 * second at most. */
void inspect_turned_away(struct inspect *i, const struct ip_address *peer, int status);

/*
 * Makes the digests of all that was received, and the verdicts that waited for them. Once a turn,
 * behind all calls above. `flows`: packets came in this turn, so that more will soon; then digests
 * may wait for more objects to be made with, a few turns at most. inspect_is_hashing(): objects
 * wait for the next one.
 */
void inspect_digest(struct inspect *i, bool flows);
bool inspect_is_hashing(const struct inspect *i);

/* One of control's commands that is about objects and verdicts. */
void inspect_command(struct inspect *i, const struct command *command);
/* Runs timers and retries. */
void inspect_tick(struct inspect *i);
struct mono inspect_next_deadline(const struct inspect *i);
/* The user pointer of an object that was answered meanwhile; `*done`: its handle is invalid. NULL:
 * no more. */
void *inspect_next_settled(struct inspect *i, bool *done);

/* Bytes scanned and decoded since the start: what a turn has done is the difference. */
uint64_t inspect_fed_bytes(const struct inspect *i);
uint32_t inspect_objects_now(const struct inspect *i);
/* Whether a body with a content coding may find no decoder: there are fewer than objects. */
bool inspect_lacks_decoders(const struct inspect *i);
uint32_t inspect_held_now(const struct inspect *i);
uint32_t inspect_cache_entries(const struct inspect *i);

#endif
