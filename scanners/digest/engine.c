/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kinds: which there are, which of them are right, which is fastest. What a kind costs is measured
 * as nanoseconds of one step (a block of each of k objects), so the same numbers say from how many
 * objects on lanes are worth it.
 */
#include "scanners/digest/engine.h"

#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/thread_cpu.h"
#include "scanners/digest/internal.h"
#include "scanners/digest/queue.h"

#define TRIES       5
#define TRY_NS      30000.0 /* each kind: about TRIES * 4 of these */
#define STEP_BLOCKS 16
#define PROOFS      48
#define PROOF_BYTES 1200

const char *const digest_kind_names[DIGEST_KIND_COUNT] = { "auto", "openssl", "single", "sse2",
	"avx2", "avx512" };

static bool
has_sha_ni(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

bool
digest_kind_is_usable(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_AVX2:
		return __builtin_cpu_supports("avx2");
	case DIGEST_AVX512:
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
	default:
		return true;
	}
}

int
engine_assemble(enum digest_kind kind, struct digest_engine *e)
{
	bool ni = has_sha_ni();

	if (!digest_kind_is_usable(kind))
		return -ENOTSUP;
	*e = (struct digest_engine){
		.kind = kind,
		.single = ni && kind != DIGEST_OPENSSL ? single_stitched : single_openssl,
		.sha256 = ni ? sha256_ni : sha256_openssl,
		.sha256_twice = ni ? sha256_ni_twice : NULL,
	};
	switch (kind) {
	case DIGEST_SSE2:
		e->width = 4;
		e->md5 = md5_sse2;
		e->md5_twice = md5_sse2_twice;
		break;
	case DIGEST_AVX2:
		e->width = 8;
		e->md5 = md5_avx2;
		e->md5_twice = md5_avx2_twice;
		e->sha256_wide = sha256_avx2;
		break;
	case DIGEST_AVX512:
		e->width = 16;
		e->md5 = md5_avx512;
		e->md5_twice = md5_avx512_twice;
		e->sha256_wide = sha256_avx512;
		break;
	default:
		break;
	}
	return 0;
}

/* Messages of all lengths in pieces, by each of its functions, beside OpenSSL one by one. */
static bool
prove_with(const struct digest_engine *e, const uint8_t *bytes)
{
	struct digest_queue *q = digest_queue_create(e);
	struct digest d[PROOFS], alone;
	struct digest_values out[PROOFS], right;
	bool good = q != NULL;

	for (unsigned i = 0; q != NULL && i < PROOFS; i++) {
		struct span all = span_of(bytes + i, (size_t)i * (PROOF_BYTES / PROOFS));

		digest_init(&d[i]);
		digest_queue_add(q, &d[i], span_first(all, 100));
		digest_queue_add(q, &d[i], span_from(all, 100));
		digest_queue_finish(q, &d[i], &out[i]);
	}
	if (q != NULL)
		digest_queue_run(q);
	for (unsigned i = 0; good && i < PROOFS; i++) {
		digest_init(&alone);
		digest_feed(&alone, span_of(bytes + i, (size_t)i * (PROOF_BYTES / PROOFS)));
		digest_finish(&alone, &right);
		good = memcmp(&right, &out[i], sizeof(right)) == 0;
	}
	digest_queue_destroy(q);
	return good;
}

/* With lanes for any number of objects and with none, SHA-256 in wide lanes and in narrow. */
static bool
prove(struct digest_engine e, const uint8_t *bytes)
{
	bool good = true;

	for (unsigned lanes = 0; good && lanes < 2; lanes++) {
		for (unsigned wide = 0; good && wide < 2; wide++) {
			e.lanes_from = e.md5 != NULL ? lanes : 0;
			e.wide_from = wide ? 1 : LANES_MAX + 1;
			good = prove_with(&e, bytes);
		}
	}
	return good;
}

/* What a step is measured on. */
struct trial {
	struct lanes lanes;
	struct digest digest;
	struct digest_engine engine;
	const uint8_t *bytes;
};

typedef void trial_step(struct trial *t);

/* Nanoseconds a block of each lane; the least of some tries. */
static double
measure(struct trial *t, trial_step *one)
{
	double least = 1e12;

	for (unsigned i = 0; i < TRIES; i++) {
		double began = (double)thread_cpu_ns(), took;
		unsigned n = 0;

		do {
			for (unsigned k = 0; k < 4; k++)
				one(t);
			n += 4;
			took = (double)thread_cpu_ns() - began;
		} while (took < TRY_NS);
		least = took / n < least ? took / n : least;
	}
	return least / STEP_BLOCKS;
}

static void
step_single(struct trial *t)
{
	t->engine.single(&t->digest, t->bytes, t->bytes, STEP_BLOCKS);
}

static void
step_md5(struct trial *t)
{
	t->engine.md5(&t->lanes, 0, STEP_BLOCKS);
}

static void
step_md5_twice(struct trial *t)
{
	t->engine.md5_twice(&t->lanes, 0, STEP_BLOCKS);
}

static void
step_sha256(struct trial *t)
{
	t->engine.sha256(&t->lanes, 0, STEP_BLOCKS);
}

static void
step_sha256_twice(struct trial *t)
{
	t->engine.sha256_twice(&t->lanes, 0, STEP_BLOCKS);
}

static void
step_sha256_wide(struct trial *t)
{
	t->engine.sha256_wide(&t->lanes, 0, STEP_BLOCKS);
}

struct costs {
	double single, md5, md5_twice, sha256, sha256_twice, sha256_wide; /* ns a step */
};

static double
narrow_cost(const struct costs *c, unsigned k)
{
	unsigned pairs = k / 2;

	return pairs * c->sha256_twice + (k % 2) * c->sha256;
}

/* What k objects cost in lanes. */
static double
lanes_cost(const struct digest_engine *e, const struct costs *c, unsigned k)
{
	double md5 = k <= e->width ? c->md5 : c->md5_twice, sha256 = 0;

	while (e->sha256_wide != NULL && k > 0 && k >= e->wide_from) {
		sha256 += c->sha256_wide;
		k -= k < e->width ? k : e->width;
	}
	return md5 + sha256 + narrow_cost(c, k);
}

/* Sets where lanes begin to be worth it. Nanoseconds a block when all lanes are live, or alone. */
static double
weigh(struct digest_engine *e, struct trial *t)
{
	struct costs c = { 0 };
	unsigned k;

	t->engine = *e;
	c.single = measure(t, step_single);
	if (e->md5 == NULL)
		return c.single;
	c.md5 = measure(t, step_md5);
	c.md5_twice = measure(t, step_md5_twice);
	c.sha256 = measure(t, step_sha256);
	c.sha256_twice = e->sha256_twice != NULL ? measure(t, step_sha256_twice) : 2 * c.sha256;
	if (e->sha256_wide != NULL)
		c.sha256_wide = measure(t, step_sha256_wide);
	e->wide_from = 1;
	while (e->wide_from <= e->width && narrow_cost(&c, e->wide_from) <= c.sha256_wide)
		e->wide_from++;
	if (e->wide_from > e->width)
		e->sha256_wide = NULL;
	for (k = 2; k <= 2 * e->width && lanes_cost(e, &c, k) >= k * c.single;)
		k++;
	e->lanes_from = k <= 2 * e->width ? k : 0;
	return lanes_cost(e, &c, 2 * e->width) / (2 * e->width);
}

/* Lanes that are never worth it are used all the same when they were asked for: where all are live.
 */
static void
insist(struct digest_engine *e)
{
	if (e->md5 != NULL && e->lanes_from == 0)
		e->lanes_from = 2 * e->width;
}

static int
choose(enum digest_kind wanted, struct digest_engine *best, struct trial *t, char *text)
{
	double least = 0, cost;
	int used = 0, rc = -ENOTSUP;

	for (enum digest_kind k = DIGEST_OPENSSL; k < DIGEST_KIND_COUNT; k++) {
		struct digest_engine e;

		if ((wanted != DIGEST_AUTO && wanted != k) || engine_assemble(k, &e) != 0)
			continue;
		if (!prove(e, t->bytes)) {
			used = snprintf(text, DIGEST_ENGINE_TEXT_MAX,
			    "%s computes wrong digests on this processor and is not used; ",
			    digest_kind_names[k]);
			rc = rc != 0 ? -EIO : rc;
			continue;
		}
		cost = weigh(&e, t);
		if (rc != 0 || cost < least) {
			*best = e;
			least = cost;
		}
		rc = 0;
	}
	if (rc == -ENOTSUP)
		snprintf(text, DIGEST_ENGINE_TEXT_MAX, "this processor lacks %s",
		    digest_kind_names[wanted]);
	if (rc != 0)
		return rc;
	if (wanted != DIGEST_AUTO)
		insist(best);
	used += snprintf(text + used, DIGEST_ENGINE_TEXT_MAX - (size_t)used, "digests by %s, %s",
	    digest_kind_names[best->kind],
	    best->single == single_stitched ? "SHA-NI" : "no SHA-NI");
	if (best->lanes_from > 0)
		snprintf(text + used, DIGEST_ENGINE_TEXT_MAX - (size_t)used,
		    ", in %u lanes from %u objects on", 2 * best->width, best->lanes_from);
	return 0;
}

int
digest_engine_create(
    enum digest_kind wanted, struct digest_engine **out, char text[DIGEST_ENGINE_TEXT_MAX])
{
	struct digest_engine *e = calloc(1, sizeof(*e));
	struct trial *t = aligned_alloc(__alignof__(struct trial), sizeof(*t));
	uint8_t *bytes = malloc(PROOF_BYTES + PROOFS);
	int rc = -ENOMEM;

	snprintf(text, DIGEST_ENGINE_TEXT_MAX, "no memory to choose how digests are made");
	if (e != NULL && t != NULL && bytes != NULL) {
		for (unsigned i = 0; i < PROOF_BYTES + PROOFS; i++)
			bytes[i] = (uint8_t)(i * i / 7 + i);
		memset(t, 0, sizeof(*t));
		t->bytes = bytes;
		for (unsigned i = 0; i < LANES_MAX; i++)
			t->lanes.md5_at[i] = t->lanes.sha256_at[i] = bytes + i;
		rc = choose(wanted, e, t, text);
	}
	free(bytes);
	free(t);
	if (rc != 0)
		free(e);
	else
		*out = e;
	return rc;
}

void
digest_engine_destroy(struct digest_engine *e)
{
	free(e);
}

enum digest_kind
digest_engine_kind(const struct digest_engine *e)
{
	return e->kind;
}

unsigned
digest_engine_lanes_from(const struct digest_engine *e)
{
	return e->lanes_from;
}
