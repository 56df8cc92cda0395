/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One core's pipeline without a network: sessions are fed bytes, turns are made by hand, answers
 * are read back as text. A turn is what client.c makes of it: each client is driven once.
 */
#ifndef SLUICE_TESTS_INSPECT_RIG_H
#define SLUICE_TESTS_INSPECT_RIG_H

#include "dataplane/icap/icap.h"
#include "dataplane/inspect/inspect.h"
#include "dataplane/net/chain.h"
#include "tests/unit/harness.h"

#define RIG_CLIENTS_MAX 8
#define RIG_OUTPUT_MAX  8192
#define RIG_NOTICES     4
#define RIG_PART_LEVELS 4
#define RIG_SCANS       16 /* two an object, two a level */

struct rig_client {
	struct rig *rig;
	struct icap_session *session;
	struct inspect_object *object;
	char output[RIG_OUTPUT_MAX]; /* the start of what was answered, NUL-terminated */
	size_t output_bytes;         /* all of it */
	bool over;                   /* the session ended */
	bool keeps_all;              /* keep the whole answer for rig_echoed_body() */
	struct chain all;
};

struct rig {
	struct region *region, *control; /* the same memory, as each process sees it */
	struct channel_core *channel, *reader;
	struct core_stats *stats;
	struct publisher publisher;
	struct icap *icap;
	struct digest_engine *digests;
	struct inspect *inspect;
	struct mono now;
	unsigned client_count;
	struct rig_client clients[RIG_CLIENTS_MAX];
};

/* `set` are settings as for --set, ended by NULL; NULL: none. Mode standard, built-in signatures.
 */
struct rig *rig_create(const char *const *set);
/* Signatures that know these bytes by a list of digests of that kind ("hdb", "fp"), as "Listed",
 * and any that have "known by its" in them. */
struct loaded *rig_listing(const char *text, const char *suffix);
/* What was added to `sigc` and a source of one line, whose kind the suffix tells. Frees `sigc`. */
struct sigc;
struct loaded *rig_compile(struct sigc *sigc, const char *line, const char *suffix);
/* Takes `loaded`: its generation judges from the next object on. */
void rig_publish(struct rig *r, struct loaded *loaded);
/* Takes `shadow`: it is tried beside what serves; NULL: nothing is any more. */
void rig_try(struct rig *r, struct loaded *shadow);
void rig_destroy(struct rig *r);

struct rig_client *rig_client(struct rig *r);
/* Received bytes, copied to mbufs; they are looked at in the next turn. */
void rig_send(struct rig_client *c, const void *bytes, size_t count);
/* A RESPMOD request up to the size of its one chunk of `bytes`, which the caller sends. */
void rig_respmod_begin(struct rig_client *c, const char *head, size_t bytes);
/* A RESPMOD request whose response has `head` (lines with CRLF) and one chunk of `body`. */
void rig_respmod(struct rig_client *c, const char *head, const void *body, size_t bytes);
/* The body of a 200 that echoes it, without its chunk framing; the caller frees it. */
char *rig_echoed_body(struct rig_client *c, size_t *bytes);
/* One turn, a millisecond after the last. */
void rig_turn(struct rig *r);
/* Turns until this client has an answer that long, at most 10,000. How many it took. */
unsigned rig_until(struct rig_client *c, size_t output_bytes);

/* The next record or notice of what was judged; false: none. */
bool rig_record(struct rig *r, struct record_slot *out);
bool rig_notice(struct rig *r, struct notice *out);

#endif
