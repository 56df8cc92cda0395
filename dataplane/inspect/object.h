/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pipeline's own view: one object, one job, one core. Only files of this folder include it.
 *
 *     state    event              next     by
 *     READING  bytes              READING  inspect_body(): layers fed, bytes kept or sent on
 *     READING  verdict known      DROPPED  object_conclude(): answered, the rest is dropped
 *     READING  passes, no 204     PASSING  object_conclude(): the echo begins, the rest follows
 *     READING  end                HASHING  inspect_end(): what it must wait for in this turn
 *     HASHING  digests known      DONE     inspect_digest(): object_judge(), object_finish_later()
 *     HASHING  and to a sandbox   HELD     sandbox_submit(), mode advanced
 *     HELD     answer, timer      DONE     object_finish_later()
 *     HELD     a browser waited   DROPPED  scanning_show(): the job goes on
 *     any      no room to tell    PARKED   object_finish(): a bad verdict waits for the ring
 *     PARKED   room, or too long  DONE     inspect_tick()
 *
 * READING and HELD may have an answer under way already: `echo_open`, early.c.
 */
#ifndef SLUICE_INSPECT_OBJECT_H
#define SLUICE_INSPECT_OBJECT_H

#include "common/base/ticks.h"
#include "common/base/wheel.h"
#include "dataplane/inspect/blocks.h"
#include "dataplane/inspect/cache.h"
#include "dataplane/inspect/guard.h"
#include "dataplane/inspect/inspect.h"
#include "dataplane/inspect/keep.h"
#include "dataplane/inspect/layer.h"
#include "dataplane/inspect/member.h"
#include "dataplane/inspect/parts.h"
#include "dataplane/inspect/shadow.h"
#include "dataplane/inspect/waits.h"
#include "scanners/decode/decode.h"

#define URL_BYTES_MAX      2048
#define FILENAME_BYTES_MAX 256
#define THREAT_BYTES_MAX   128
#define PARK_SECONDS       5 /* then the client gets a 503, not a page nobody was told of */

enum object_state {
	OBJECT_FREE,
	OBJECT_READING,
	OBJECT_HASHING,
	OBJECT_PASSING,
	OBJECT_DROPPED,
	OBJECT_HELD,
	OBJECT_PARKED,
};

/* What was decided, and where in our source: the log line shows it. */
struct outcome {
	enum verdict verdict;
	enum source source;
	enum record_site site;
	uint32_t site_line;
	char threat[THREAT_BYTES_MAX]; /* NUL-terminated; empty: none */
};

/* A threat longer than its room is cut. */
static inline void
outcome_set(struct outcome *o, enum verdict verdict, enum source source, const char *threat)
{
	size_t n = threat[0] != 0 ? strlen(threat) : 0;

	o->verdict = verdict;
	o->source = source;
	n = n < THREAT_BYTES_MAX ? n : THREAT_BYTES_MAX - 1;
	memcpy(o->threat, threat, n);
	o->threat[n] = 0;
}

struct inspect_object {
	struct list node;      /* free list, parked list or list of those being hashed */
	struct list settled;   /* beside that: what its client is to be told of */
	struct list unscanned; /* beside that: in `hashing.unscanned` while `whole` is there */
	struct inspect *inspect;
	struct icap_session *session;
	void *user;
	const struct publication *publication;
	const struct config_profile *profile; /* lent by the publication's policy */
	enum object_state state;
	enum mode mode;
	enum icap_method method;
	struct mono begun;
	uint64_t begun_ns, scan_ns, held_ns; /* of CLOCK_MONOTONIC, for the record */
	struct inspect_peer peer;
	struct ip_address client;
	struct wheel_timer
	    timer; /* object_timeout while READING, the hold while HELD, the wait while PARKED */
	struct wheel_timer look; /* whether bytes must go out before the verdict */
	struct mono seen_at;     /* when the last bytes of the body came */
	struct mono drip_at;     /* delivery `trickle`: when the next bytes go; else never */
	struct mono page_at;     /* while HELD: when the page is due; else never */

	bool has_body, must_echo;
	bool echo_open;            /* the answer's head, and more, went out before the verdict */
	bool streams;              /* delivery `stream`: what is sent is kept no longer */
	bool notices_full;         /* its notice met a full ring; counted once */
	bool sampling;             /* the judged layer goes to `sample` */
	bool sample_over;          /* larger than a sandbox takes */
	bool sample_failed;        /* the arena had no room */
	uint32_t flags;            /* RECORD_FLAG_… */
	uint64_t excluded_by;      /* the rule's key; 0: none */
	enum decode_coding coding; /* of the bytes as sent */
	struct decode_codings codings;
	enum source trouble; /* class met on the way, SOURCE_COUNT: none */
	const char *found;   /* what signatures found first, lent by the generation */
	uint64_t found_offset;
	struct shadow_found shadow;
	uint64_t bytes, content_length; /* content_length UINT64_MAX: not told */
	struct decoder *decoder;
	bool feeding, backlog_is_last; /* a turn's work was not enough: the rest is `backlog` */
	struct chain backlog;
	uint64_t turn, turn_bytes; /* what was done for it in that turn */
	struct layer raw, decoded;
	struct span whole; /* all of it, lent by hashing.c, to be scanned; no data: none waits */
	bool recalled;     /* it need not be: `remembered` is what is known of the same bytes */
	struct cache_verdict remembered;
	struct member member;     /* of `decoded` */
	struct part_level *parts; /* of a multipart body, as long as it is looked into; else NULL */
	bool parts_over, parts_failed; /* not all were looked into; an engine failed over one */
	bool parts_doubtful;  /* something was found in a part, whose digest may yet be trusted */
	bool parts_want_deep; /* rules may hold of a part that only a sandbox judges */
	bool has_parts;       /* it was looked into for parts */
	bool parts_sandboxed; /* one is of a format that a sandbox judges */
	uint32_t parts_seen;
	struct part_found part_found;
	struct keep keep;
	uint64_t sent; /* of what is kept; delivery `trickle` */
	struct block_run
	    sample;   /* bytes of the judged layer for a sandbox, where `keep` can't serve */
	uint32_t job; /* index of a lent job; JOB_NONE */
	struct outcome outcome;
	uint8_t uuid[16];

	uint16_t url_bytes;
	char url[URL_BYTES_MAX];
};

#define JOB_NONE UINT32_MAX

/* Bytes lent to control until it answers. */
struct inspect_job {
	uint64_t id; /* 0: free */
	struct block_run run;
	struct inspect_object *holder; /* NULL: nobody waits */
};

/* The digests of a core's turn; hashing.c. */
struct hashing {
	struct digest_queue *queue;
	struct list due;       /* objects whose verdict waits for digests */
	struct list unscanned; /* objects whose scan does; whole.c */
	size_t whole_bytes;    /* of these */
	struct mono run_by;    /* for the least patient of them */
	struct chain spent;    /* bytes that nobody else needs, until they are hashed */
	size_t spent_mbufs, waiting_bytes;
	unsigned lanes_from;           /* objects; 0: there are no lanes */
	bool lent;                     /* the queue reads bytes that are not in `copies` */
	bool hurried;                  /* the queue runs in this turn, whatever more may come */
	size_t copied;                 /* bytes of `copies` in use */
	size_t left_bytes;             /* of those waiting: the last run left them */
	uint8_t *copies, *copies_next; /* what a run leaves goes to the other */
};

struct inspect {
	struct inspect_config config;
	struct hashing hashing;
	struct channel_core *channel;
	struct core_stats *stats;
	struct mono now, turn_at; /* of deadlines; of CLOCK_MONOTONIC */
	struct ticks ticks;       /* what has passed since */
	int64_t wall_ns;
	struct {
		const struct inspect_object *object;
		uint64_t turn, ns;
	} read; /* the clock's last reading, and by whom: object_clock() */
	struct uuid_stream uuids;
	uint64_t job_serial;
	uint64_t turn, fed_bytes;
	int64_t refusals_second; /* of wall_ns: how many were told in it */
	int64_t turned_away_second;
	uint32_t refusals_told;
	uint32_t objects_now, held_now;
	uint32_t users[PUBLICATIONS_MAX];
	struct wheel wheel, looks;
	struct guard *guard;
	struct waits *waits;
	struct list free_objects, parked, settled;
	char page[PAGE_RENDERED_BYTES_MAX]; /* where a block page is rendered */
	struct cache *cache;
	struct blocks *blocks;
	struct decode_pool *decoders;
	struct part_level *part_levels, *free_part_levels;
	struct keep_budget keep_budget;
	struct inspect_object *objects;
	struct inspect_job *jobs;
	uint32_t *free_jobs;
	uint32_t free_job_count;
};

/* Nanoseconds of CLOCK_MONOTONIC, for what records tell of a turn's parts. */
static inline uint64_t
inspect_clock_ns(const struct inspect *i)
{
	return ticks_now(&i->ticks).ns;
}

/* The layer whose bytes are the object's: behind the coding where there is one, else as sent. */
static inline struct layer *
object_layer(struct inspect_object *o)
{
	return o->decoded.open ? &o->decoded : &o->raw;
}

static inline const struct policy *
object_policy(const struct inspect_object *o)
{
	return o->publication->policy;
}

static inline const struct policy_limits *
object_policy_limits(const struct inspect_object *o)
{
	return policy_limits(o->publication->policy);
}

/*
 * Whether it is judged by what serves now. What an older publication says is remembered no more:
 * where signatures were taken back, the cache is cleared once they serve nobody.
 */
static inline bool
object_is_current(const struct inspect_object *o)
{
	return o->publication == publication_peek(o->inspect->config.publisher);
}

/* The longest hold: what the configuration says, or less for clients of little patience. */
static inline struct duration
object_hold_timeout(const struct inspect_object *o)
{
	struct duration most = object_policy_limits(o)->hold_timeout;
	struct duration mine = seconds(o->profile->hold_timeout_s);

	return o->profile->hold_timeout_s == CONFIG_UNSET || most.ns < mine.ns ? most : mine;
}

/* Whether a bad verdict stops an object in this mode. */
static inline bool
mode_blocks(enum mode m)
{
	return m == MODE_STANDARD || m == MODE_ADVANCED;
}

/* object.c */
/* Lets go of everything the object holds, and of itself. */
void object_free(struct inspect_object *o);
/*
 * A verdict before the body's end: answers at once where that is lawful, else begins an echo that
 * passes the rest through. True: the object is done with and was freed.
 */
bool object_conclude(
    struct inspect_object *o, enum verdict verdict, enum source source, const char *threat);
/* The same for a class: the policy says which verdict. */
bool object_conclude_class(struct inspect_object *o, enum source class);
/* Whether a rule excludes it (its key is not 0), which is then counted. */
bool object_excluded(struct inspect_object *o, uint64_t rule);
/* What it is called, as the log has it: at most FILENAME_BYTES_MAX, how many. A
 * signature_name_of. */
size_t object_name(void *object, char *out, size_t room);
/* remember.c: a verdict on these bytes, under this name where it hangs on one. False: none. */
bool object_recall(
    const struct inspect_object *o, const struct layer *l, struct cache_verdict *out);
/* Not of a part of an object, whose digest says nothing of the whole, nor of what a publication
 * says that has a successor. */
void object_remember(struct inspect_object *o, const struct layer *l, enum verdict v,
    const char *threat, bool by_name);

/* Answers, or parks until control can be told. True: done, freed. */
bool object_finish(struct inspect_object *o);
/* The same from a timer or a command: the object comes out of inspect_next_settled(). */
void object_finish_later(struct inspect_object *o);
/* A verdict from a timer while the body still streams in, as object_conclude(). */
void object_give_up_later(struct inspect_object *o);
/* Puts it on the settled list: answered, or passing from now on. */
void object_settled(struct inspect_object *o);

/* feed.c: received bytes to the layers, decoders and the sample */
/*
 * Feeds one run of received bytes to the layers and the sample; `is_last`: no more will come. May
 * take the bytes where they need not be kept. -ENOBUFS: no references for those that must wait.
 */
int object_feed(struct inspect_object *o, struct chain *bytes, bool is_last);
/* The same for an object that may wait for its digests (whole_may_wait()): it is not scanned yet.
 */
void object_feed_whole(struct inspect_object *o, const struct chain *bytes);
/* Goes on with what a turn left; object_feed_stop() drops it. `feeding` says whether there is any.
 */
void object_feed_on(struct inspect_object *o);
void object_feed_stop(struct inspect_object *o);
/* The last bytes have come: digests and formats become final. */
void object_feed_end(struct inspect_object *o);

/* Bytes to one layer, and to the counts of what was done; `is_last`: the layer gets no more. */
void object_scan(struct inspect_object *o, struct layer *l, struct span bytes, bool is_last);

/* The first thing found, in either layer, is remembered. */
void object_note_hit(struct inspect_object *o, const struct layer *l);

/* Whether it may go to a sandbox, as far as its format tells: by that, by a part's that may come,
 * or where the signatures have rules that only a sandbox judges. Then its bytes must be there at
 * the end. */
bool object_may_be_sandboxed(const struct inspect_object *o, enum format f);
/* More bytes of the judged layer for a sandbox; over a limit the sample is dropped. */
void object_sample(struct inspect_object *o, struct span bytes);

/* hashing.c: digests of all objects of a turn at once */
/* -ENOMEM. */
int hashing_init(struct hashing *h, const struct digest_engine *engine);
void hashing_fini(struct hashing *h);
/* Puts down what was just fed to the layer. Copies it where the bytes do not stay. */
void hashing_add(struct inspect_object *o, struct layer *l, struct span bytes);
/*
 * Room for bytes, at most HASHING_ROOM_MAX, that are then fed to a layer and put down by
 * hashing_add(), which need not copy them any more. Gone when the queue has run.
 */
#define HASHING_ROOM_MAX (16u << 10)
uint8_t *hashing_room(struct hashing *h, size_t bytes);
/* Works off what was put down: the digests of all layers are those of what they were fed. */
void hashing_run(struct hashing *h);
/* The object's verdict waits for its digests; hashing_expect(): something does. */
void hashing_due(struct inspect_object *o);
void hashing_expect(struct inspect_object *o);
/* The first bytes of an object, at most HASHING_ROOM_MAX and soon put down, where they stay until
 * the queue has run. */
struct span hashing_hold(struct inspect_object *o, struct span bytes);
/* Lets go of bytes that the queue may still read. Takes the chain. */
void hashing_spend(struct inspect *i, struct chain *bytes);

/* whole.c: small objects that are scanned once their digests are known, or not at all */
/* Whether an object, none of whose bytes were fed, may be one: `bytes` of it are there. */
bool whole_may_wait(const struct inspect_object *o, size_t bytes, bool is_last);
/* Its bytes, which were put down and not scanned, wait. whole_waits(): they still do. */
void whole_wait(struct inspect_object *o, struct span bytes);
bool whole_waits(const struct inspect_object *o);
/* Waits no longer: it is scanned now, or never. */
void whole_scan(struct inspect_object *o);
void whole_leave(struct inspect_object *o);
/* The queue has run, and what it was lent is still there: scans all that is not remembered. */
void whole_settle(struct hashing *h);

/* early.c: delivery before the verdict */
/* Whether an answer may begin before the verdict though no body stands still. */
bool early_may_begin(const struct inspect_object *o);
/* After each piece of the body: sends on what may be sent by now, under `stream`. */
void early_body(struct inspect_object *o);
/* Starts the clock of `trickle`, and of bodies that stand still; it strikes with early_look(). */
void early_arm(struct inspect_object *o);
void early_look(struct inspect_object *o);
/* Ends an answer that had begun: the connection is cut, the URL remembered. */
void early_cut(struct inspect_object *o);
/* The threat for which this object's URL was cut; NULL: it was not. */
const char *early_guarded(struct inspect_object *o);
void early_guard_put(struct inspect *i, const uint8_t url_sha256[32], const char *threat);

/* The hold began: when the browser that waits is told. */
void early_hold(struct inspect_object *o);

/* scanning.c: the "being scanned" page */
/* When it is due for an object whose hold begins now; MONO_NEVER: not for this one. */
struct mono scanning_due(struct inspect_object *o);
/* Answers with it and ends the hold; the job goes on. Without buffers the hold goes on. */
void scanning_show(struct inspect_object *o);

/* judge.c: the steps from a whole object to an outcome, or to a sandbox */
/* True: `o->outcome` is set. False: the object was given to a sandbox and is held. */
bool object_judge(struct inspect_object *o);

/* deliver.c: answers through the session */
void deliver_clean(struct inspect_object *o);
void deliver_block(struct inspect_object *o);
void deliver_error(struct inspect_object *o, uint16_t status);
/* Begins an echo whose verdict is not known yet. */
void deliver_early_begin(struct inspect_object *o);
/* An echo of what was kept, whose rest follows as it comes: deliver_passing(). False: no buffers.
 */
bool deliver_pass_begin(struct inspect_object *o);
void deliver_passing(struct inspect_object *o, struct chain *bytes, bool is_last);

/* report.c: records and notices */
/* Fills a slot from the object and its outcome; `now_ns`: of CLOCK_MONOTONIC. */
void report_fill(struct inspect_object *o, struct record_slot *slot, uint64_t now_ns);
/* The line an outcome deserves; false when it is one that may not be lost, and there is no room. */
bool report_outcome(struct inspect_object *o);
/* A line that may be lost (counted), and one that may not: false when the ring is full. */
void report_record(struct inspect_object *o);
bool report_notice(struct inspect_object *o, enum notice_kind kind, uint64_t job);
/* Counts that the ring had no room for this object's notice, however often it is tried. */
void report_notices_full(struct inspect_object *o);
const char *report_uuid_text(const struct inspect_object *o, char out[33]);

/* sandbox.c: jobs lent to control */
/* Whether the keep has the judged bytes: then they need not be copied for a sandbox. */
bool sandbox_is_kept(const struct inspect_object *o);
/* Whether there are bytes to give, or should be: a coding that broke leaves none. */
bool sandbox_has_bytes(const struct inspect_object *o);
/* Gives the object's sample to control. 0, or -ENOBUFS: no job, notice or block was to be had. */
int sandbox_submit(struct inspect_object *o, bool hold);
/* The holder waits no longer; the job goes on. */
void sandbox_leave(struct inspect_object *o);
void sandbox_answer(struct inspect *i, const struct command *command);

/* reqmod.c, respmod.c: what differs by method */
/* True: concluded at once, and freed. */
bool reqmod_begin(struct inspect_object *o);
/* Sets the outcome with the site of that file. */
void reqmod_outcome(struct inspect_object *o, enum verdict v, enum source s, const char *threat);
void respmod_outcome(struct inspect_object *o, enum verdict v, enum source s, const char *threat);

static inline void
object_outcome(struct inspect_object *o, enum verdict v, enum source s, const char *threat)
{
	if (o->method == ICAP_REQMOD)
		reqmod_outcome(o, v, s, threat);
	else
		respmod_outcome(o, v, s, threat);
}

#endif
