/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What objects are judged by at one time: a generation of signatures, one that is only tried beside
 * it where there is one, and a policy, published together by RCU (liburcu, QSBR: a core passes a
 * quiescent state each turn).
 *
 * An object takes the publication that is current when it starts and keeps it to its end, so that a
 * scan never changes its database half way. Each core counts its objects per publication in an
 * array of its own; the attendant frees a publication once it is not current, a grace period has
 * passed and every core's count is zero.
 *
 *     publisher_…    the attendant's thread only
 *     publication_…  a core's thread
 */
#ifndef SLUICE_INSPECT_PUBLICATION_H
#define SLUICE_INSPECT_PUBLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel/channel.h"
#include "dataplane/inspect/policy.h"
#include "scanners/signature/signature.h"

#define PUBLICATIONS_MAX 8 /* one current, the rest draining: reloads faster than objects end */

/*
 * A generation with what each core needs to scan by it, made by the attendant, so that a core that
 * is scanning never sees its scratch grow under it.
 */
struct loaded {
	struct generation *generation;
	unsigned core_count;
	struct signature_core *cores[CHANNEL_CORES_MAX];
	void *memory; /* the generation's file without its databases, NULL for the built-in one */
	size_t memory_bytes;
};

struct publication {
	struct loaded *loaded;
	struct loaded *shadow; /* only tried, shadow.h; NULL: nothing is */
	struct policy *policy;
	uint64_t stamp; /* of signatures, lists and policy: what a clean verdict is valid for */
	unsigned slot;
	bool in_use; /* the attendant's */
};

struct publisher {
	struct publication *current; /* RCU */
	struct publication slots[PUBLICATIONS_MAX];
	const uint32_t *users[CHANNEL_CORES_MAX]; /* per core: objects by slot */
	unsigned core_count;
};

/*
 * Reads and checks a generation file (fd -1: the built-in one) and makes scans for `core_count`
 * cores, `scans_max` each. Does not keep the descriptor. -errno with a sentence in `error`.
 */
int loaded_create(int fd, unsigned core_count, uint32_t scans_max, struct loaded **out,
    char error[SIGNATURE_ERROR_TEXT_MAX]);
void loaded_free(struct loaded *l);

void publisher_init(struct publisher *p);
/* A core's array of PUBLICATIONS_MAX counts, written by that core alone. */
void publisher_add_core(struct publisher *p, const uint32_t *users);

/*
 * Makes all of them current; takes them on success. Each may be the one already current; a `shadow`
 * of NULL: nothing is tried. -EAGAIN when PUBLICATIONS_MAX are still in use by objects. Waits for a
 * grace period.
 */
int publisher_publish(
    struct publisher *p, struct loaded *loaded, struct loaded *shadow, struct policy *policy);
/* Frees what no object uses any more; called now and then. */
void publisher_reclaim(struct publisher *p);
/* Frees everything; no core runs any more. */
void publisher_fini(struct publisher *p);

/* The current one, counted in `users`; given back by publication_put(). */
const struct publication *publication_take(struct publisher *p, uint32_t users[PUBLICATIONS_MAX]);
void publication_put(const struct publication *pub, uint32_t users[PUBLICATIONS_MAX]);
/* The current one, lent until the end of the turn. */
const struct publication *publication_peek(struct publisher *p);
/*
 * The current one, lent likewise, if its stamp differs from `*stamp`, which becomes its own; else
 * NULL. Compares stamps, because a slot serves again: two publications may have one address.
 */
const struct publication *publication_changed(struct publisher *p, uint64_t *stamp);

#endif
