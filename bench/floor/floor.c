/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/floor/floor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <hs/hs.h>
#include <openssl/evp.h>

#include "bench/floor/literals.h"
#include "common/base/thread_cpu.h"

#define BATCH_BYTES 262144 /* between two looks at the clock */

struct floor {
	struct literals literals;
	hs_database_t *database;
	hs_scratch_t *scratch;
	EVP_MD_CTX *md5, *sha256;
};

static int
read_literals(struct floor *f, const char *path, char *error)
{
	struct corpus file = { 0 };
	char why[CORPUS_ERROR_BYTES];
	unsigned line;
	int rc = corpus_load(path, 0, &file, why);

	if (rc != 0) {
		snprintf(error, FLOOR_ERROR_BYTES, "%s", why);
		return rc;
	}
	rc = literals_parse(span_of(file.bytes, file.count), &f->literals, &line);
	corpus_free(&file);
	if (rc == -EINVAL)
		snprintf(error, FLOOR_ERROR_BYTES,
		    "%s:%u: expected NAME, a tab, and a text or hex:…", path, line);
	else if (rc == 0 && (f->literals.count == 0 || f->literals.count > FLOOR_LITERALS_MAX)) {
		snprintf(error, FLOOR_ERROR_BYTES, "%s: %u literals, expected 1 to %u", path,
		    f->literals.count, FLOOR_LITERALS_MAX);
		rc = -EINVAL;
	}
	return rc;
}

static int
compile(struct floor *f, char *error)
{
	const struct literals *l = &f->literals;
	unsigned *flags = calloc(l->count, sizeof(*flags)), *ids = calloc(l->count, sizeof(*ids));
	hs_compile_error_t *why = NULL;
	hs_error_t rc = HS_NOMEM;

	for (unsigned i = 0; ids != NULL && i < l->count; i++)
		ids[i] = i;
	if (flags != NULL && ids != NULL)
		rc = hs_compile_lit_multi(l->texts, flags, ids, l->lengths, l->count, HS_MODE_BLOCK,
		    NULL, &f->database, &why);
	free(flags);
	free(ids);
	if (rc != HS_SUCCESS)
		snprintf(error, FLOOR_ERROR_BYTES, "Hyperscan: %s",
		    why != NULL ? why->message : "no memory");
	hs_free_compile_error(why);
	if (rc != HS_SUCCESS)
		return -EINVAL;
	return hs_alloc_scratch(f->database, &f->scratch) == HS_SUCCESS ? 0 : -ENOMEM;
}

static int
open_digests(struct floor *f)
{
	f->md5 = EVP_MD_CTX_new();
	f->sha256 = EVP_MD_CTX_new();
	if (f->md5 == NULL || f->sha256 == NULL ||
	    EVP_DigestInit_ex(f->md5, EVP_md5(), NULL) != 1 ||
	    EVP_DigestInit_ex(f->sha256, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	return 0;
}

int
floor_open(const char *literals, struct floor **out, char error[FLOOR_ERROR_BYTES])
{
	struct floor *f = calloc(1, sizeof(*f));
	int rc;

	snprintf(error, FLOOR_ERROR_BYTES, "out of memory");
	if (f == NULL)
		return -ENOMEM;
	rc = read_literals(f, literals, error);
	if (rc == 0)
		rc = compile(f, error);
	if (rc == 0)
		rc = open_digests(f);
	if (rc != 0) {
		floor_close(f);
		return rc;
	}
	*out = f;
	return 0;
}

void
floor_close(struct floor *f)
{
	if (f == NULL)
		return;
	EVP_MD_CTX_free(f->md5);
	EVP_MD_CTX_free(f->sha256);
	hs_free_scratch(f->scratch);
	hs_free_database(f->database);
	literals_free(&f->literals);
	free(f);
}

unsigned
floor_literals(const struct floor *f)
{
	return f->literals.count;
}

static int
count_match(
    unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	uint64_t *matches = context;

	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	++*matches;
	return 0;
}

static bool
digest(EVP_MD_CTX *context, struct span body, uint8_t *out)
{
	return EVP_DigestInit_ex2(context, NULL, NULL) == 1 &&
	       EVP_DigestUpdate(context, body.data, body.bytes) == 1 &&
	       EVP_DigestFinal_ex(context, out, NULL) == 1;
}

static bool
one_body(struct floor *f, struct span body, unsigned calls, struct floor_result *out)
{
	bool good = true;

	if (calls & FLOOR_SCAN)
		good = hs_scan(f->database, (const char *)body.data, (unsigned)body.bytes, 0,
			   f->scratch, count_match, &out->matches) == HS_SUCCESS;
	if (calls & FLOOR_MD5)
		good = good && digest(f->md5, body, out->md5);
	if (calls & FLOOR_SHA256)
		good = good && digest(f->sha256, body, out->sha256);
	return good;
}

int
floor_measure(struct floor *f, const struct corpus *corpus, size_t bytes, unsigned calls,
    struct duration length, struct floor_result *out)
{
	uint64_t begun = thread_cpu_ns(), batch = BATCH_BYTES / bytes + 1;

	*out = (struct floor_result){ 0 };
	do {
		for (uint64_t i = 0; i < batch; i++) {
			struct span body = corpus_body(corpus, out->objects++, bytes);

			if (!one_body(f, body, calls, out))
				return -EIO;
		}
		out->cpu_ns = thread_cpu_ns() - begun;
	} while (out->cpu_ns < (uint64_t)length.ns);
	return 0;
}

double
floor_probe(struct duration length)
{
	enum {
		ROUNDS = 100000,
		CHAINS = 6
	};
	uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, g = 6, begun = thread_cpu_ns(), took, adds = 0;
	const uint64_t one = 1; /* in a register: see floor_clock() */

	do {
		for (unsigned i = 0; i < ROUNDS; i++)
			__asm__ volatile("add %6, %0\n\tadd %6, %1\n\tadd %6, %2\n\t"
					 "add %6, %3\n\tadd %6, %4\n\tadd %6, %5"
					 : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(g)
					 : "r"(one));
		adds += ROUNDS * CHAINS;
		took = thread_cpu_ns() - begun;
	} while (took < (uint64_t)length.ns);
	return (double)adds * 1e9 / (double)took;
}

double
floor_clock(struct duration length)
{
	enum {
		ROUNDS = 100000,
		ADDS = 8
	};
	uint64_t a = 1, begun = thread_cpu_ns(), took, adds = 0;
	/* In a register: additions of a constant are folded into one another as they are renamed
	 * since Intel's Golden Cove, and a chain of them tells thrice the clock. */
	const uint64_t one = 1;

	do {
		for (unsigned i = 0; i < ROUNDS; i++)
			__asm__ volatile("add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\t"
					 "add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0"
					 : "+r"(a)
					 : "r"(one));
		adds += ROUNDS * ADDS;
		took = thread_cpu_ns() - begun;
	} while (took < (uint64_t)length.ns);
	return (double)adds * 1e9 / (double)took;
}
