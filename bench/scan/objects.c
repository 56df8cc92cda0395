/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/scan/objects.h"

#include <openssl/evp.h>

#include "bench/scan/bare.h"
#include "common/base/thread_cpu.h"
#include "dataplane/inspect/layer.h"

/* One object under way. */
struct flight {
	struct layer layer;
	struct span body, left;
};

/* What one measurement needs. */
struct run {
	const struct objects *o;
	struct digest_queue *queue;
	EVP_MD_CTX *md5, *sha256;
	struct flight *flights;
	unsigned flight;
};

/* A turn's slice of one object. */
static void
advance(struct digest_queue *q, struct flight *f)
{
	struct span slice = span_first(f->left, OBJECTS_SLICE);

	f->left = span_from(f->left, slice.bytes);
	while (slice.bytes > 0) {
		struct span piece = span_first(slice, OBJECTS_PIECE);

		slice = span_from(slice, piece.bytes);
		layer_feed(&f->layer, piece, f->left.bytes + slice.bytes == 0);
		digest_queue_add(q, &f->layer.digest, piece);
	}
	if (f->left.bytes == 0)
		layer_finish(&f->layer, q);
}

/* As many objects as are in flight, from the n-th on, to their end. False: they are not clean. */
static bool
judge(struct run *r, const struct corpus *corpus, size_t bytes, unsigned n)
{
	bool good = true;

	for (unsigned i = 0; i < r->flight; i++) {
		struct flight *f = &r->flights[i];

		f->body = f->left = corpus_body(corpus, n + i, bytes);
		if (layer_open(&f->layer, r->o->core, r->o->generation,
			(struct layer_name){ NULL, NULL }) != 0)
			return false;
	}
	for (size_t at = 0; at < bytes; at += OBJECTS_SLICE) {
		for (unsigned i = 0; i < r->flight; i++)
			advance(r->queue, &r->flights[i]);
		digest_queue_run(r->queue);
	}
	for (unsigned i = 0; i < r->flight; i++) {
		struct layer *l = &r->flights[i].layer;

		good = good && !l->scan_failed && layer_hit(l) == NULL;
		layer_close(l, r->queue);
	}
	return good;
}

static bool
digest(EVP_MD_CTX *context, const EVP_MD *kind, struct span bytes, uint8_t *out)
{
	return EVP_DigestInit_ex(context, kind, NULL) == 1 &&
	       EVP_DigestUpdate(context, bytes.data, bytes.bytes) == 1 &&
	       EVP_DigestFinal_ex(context, out, NULL) == 1;
}

/* The same objects. False: a call failed, or ours had other digests. */
static bool
judge_bare(const struct run *r, double *took)
{
	double began = thread_cpu_seconds();
	struct digest_values v[OBJECTS_IN_FLIGHT];
	uint64_t matches = 0;
	bool good = true;

	for (unsigned i = 0; i < r->flight; i++) {
		struct span bytes = r->flights[i].body;

		good = hs_scan(r->o->bare, (const char *)bytes.data, (unsigned)bytes.bytes, 0,
			   r->o->scratch, bare_count_match, &matches) == HS_SUCCESS &&
		       digest(r->md5, EVP_md5(), bytes, v[i].md5) &&
		       digest(r->sha256, EVP_sha256(), bytes, v[i].sha256) && good;
	}
	*took += thread_cpu_seconds() - began;
	for (unsigned i = 0; i < r->flight; i++)
		good = good && memcmp(&v[i], &r->flights[i].layer.values, sizeof(v[i])) == 0;
	return good;
}

static const char *
run(struct run *r, const struct corpus *corpus, size_t bytes, size_t work,
    struct objects_times *out)
{
	unsigned batches = 1 + (unsigned)(work / bytes / r->flight);

	*out = (struct objects_times){ 0 };
	if (r->queue == NULL || r->md5 == NULL || r->sha256 == NULL)
		return "no memory";
	for (unsigned b = 0; b < batches; b++) {
		double began = thread_cpu_seconds();

		if (!judge(r, corpus, bytes, b * r->flight))
			return "a signature was found, or the scan failed";
		out->ours += thread_cpu_seconds() - began;
		if (!judge_bare(r, &out->bare))
			return "a library call failed, or digests differ";
	}
	return NULL;
}

const char *
objects_time(const struct objects *o, const struct corpus *corpus, size_t bytes, unsigned flight,
    size_t work, struct objects_times *out)
{
	static struct flight flights[OBJECTS_IN_FLIGHT];
	struct run r = { .o = o,
		.queue = digest_queue_create(o->engine),
		.md5 = EVP_MD_CTX_new(),
		.sha256 = EVP_MD_CTX_new(),
		.flights = flights,
		.flight = flight };
	const char *why = run(&r, corpus, bytes, work, out);

	EVP_MD_CTX_free(r.md5);
	EVP_MD_CTX_free(r.sha256);
	digest_queue_destroy(r.queue);
	return why;
}
