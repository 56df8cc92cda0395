/* SPDX-License-Identifier: BSD-3-Clause */
/* The verdict cache: stamps, sets and their clock, bad verdicts that stay. */
#include "dataplane/inspect/cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/harness.h"

#define STAMP 7

/* The n-th digest of a set: sets go by the first bytes. */
static const uint8_t *
digest_of(uint8_t set, uint8_t n)
{
	static uint8_t digest[32];

	memset(digest, 0, sizeof(digest));
	digest[0] = set;
	digest[31] = n;
	return digest;
}

static bool
put(struct cache *c, const uint8_t sha256[32], uint64_t stamp, enum verdict verdict,
    const char *threat)
{
	struct cache_verdict v = cache_verdict_of(verdict, threat, false);

	return cache_put(c, sha256, stamp, &v);
}

static bool
knows(struct cache *c, uint8_t set, uint8_t n)
{
	struct cache_verdict v;

	return cache_find(c, digest_of(set, n), STAMP, &v);
}

TEST(clean_verdicts_end_with_their_stamp_and_bad_ones_stay)
{
	struct cache *c = cache_create(64);
	struct cache_verdict v;

	put(c, digest_of(1, 0), STAMP, VERDICT_CLEAN, "");
	put(c, digest_of(2, 0), STAMP, VERDICT_BAD, "Some.Threat");
	CHECK(cache_find(c, digest_of(1, 0), STAMP, &v) && v.verdict == VERDICT_CLEAN);
	CHECK(v.threat[0] == 0);
	CHECK(!cache_find(c, digest_of(1, 0), STAMP + 1, &v));
	CHECK(cache_find(c, digest_of(2, 0), STAMP + 1, &v) && v.verdict == VERDICT_BAD);
	CHECK(strcmp(v.threat, "Some.Threat") == 0);
	cache_clear(c);
	CHECK(!cache_find(c, digest_of(2, 0), STAMP, &v) && cache_entries(c) == 0);
	cache_destroy(c);
}

TEST(a_new_verdict_takes_the_place_of_the_old)
{
	struct cache *c = cache_create(64);
	struct cache_verdict v;

	CHECK(!put(c, digest_of(1, 0), STAMP, VERDICT_BAD, "Some.Threat"));
	CHECK(!put(c, digest_of(1, 0), STAMP + 1, VERDICT_CLEAN, ""));
	CHECK(cache_entries(c) == 1);
	CHECK(!cache_find(c, digest_of(1, 0), STAMP, &v));
	CHECK(cache_find(c, digest_of(1, 0), STAMP + 1, &v));
	CHECK(v.verdict == VERDICT_CLEAN && v.threat[0] == 0);
	cache_destroy(c);
}

TEST(a_threat_is_cut_to_its_room)
{
	struct cache *c = cache_create(8);
	struct cache_verdict v;
	char threat[2 * CACHE_THREAT_MAX];

	for (size_t n = CACHE_THREAT_MAX - 2; n <= CACHE_THREAT_MAX + 1; n++) {
		memset(threat, 't', n);
		threat[n] = 0;
		put(c, digest_of(0, 1), STAMP, VERDICT_BAD, threat);
		CHECK(cache_find(c, digest_of(0, 1), STAMP, &v));
		CHECK(strlen(v.threat) == (n < CACHE_THREAT_MAX ? n : CACHE_THREAT_MAX - 1));
	}
	cache_destroy(c);
}

/* Digests that differ in one byte only, anywhere, are two. */
TEST(the_whole_digest_is_compared)
{
	struct cache *c = cache_create(8);
	struct cache_verdict v;

	put(c, digest_of(0, 0), STAMP, VERDICT_CLEAN, "");
	for (unsigned i = 0; i < 32; i++) {
		uint8_t other[32] = { 0 };

		other[i] = 1;
		CHECK_SEED(i, !cache_find(c, other, STAMP, &v));
	}
	cache_destroy(c);
}

/* The clock: what was asked for since the hand passed stays, the first that was not goes. */
TEST(a_full_set_gives_up_what_nobody_asked_for)
{
	struct cache *c = cache_create(64);

	for (uint8_t n = 0; n < CACHE_WAYS; n++)
		CHECK(!put(c, digest_of(3, n), STAMP, VERDICT_CLEAN, ""));
	put(c, digest_of(4, 0), STAMP, VERDICT_CLEAN, "");
	CHECK(knows(c, 3, 0) && knows(c, 3, 1) && knows(c, 3, 3));
	CHECK(put(c, digest_of(3, 100), STAMP, VERDICT_CLEAN, "")); /* for 2 */
	CHECK(put(c, digest_of(3, 101), STAMP, VERDICT_CLEAN, "")); /* for 4 */
	CHECK(cache_entries(c) == CACHE_WAYS + 1);
	CHECK(!knows(c, 3, 2) && !knows(c, 3, 4));
	CHECK(knows(c, 3, 0) && knows(c, 3, 1) && knows(c, 3, 3) && knows(c, 3, 5));
	CHECK(knows(c, 3, 100) && knows(c, 3, 101) && knows(c, 4, 0));
	cache_destroy(c);
}

TEST(a_set_whose_entries_were_all_asked_for_still_gives_one_up)
{
	struct cache *c = cache_create(CACHE_WAYS);
	unsigned known = 0;

	for (uint8_t n = 0; n < CACHE_WAYS; n++) {
		put(c, digest_of(0, n), STAMP, VERDICT_CLEAN, "");
		CHECK(knows(c, 0, n));
	}
	CHECK(put(c, digest_of(0, 100), STAMP, VERDICT_CLEAN, ""));
	for (uint8_t n = 0; n < CACHE_WAYS; n++)
		known += knows(c, 0, n);
	CHECK(known == CACHE_WAYS - 1 && knows(c, 0, 100));
	cache_destroy(c);
}

/* Sizes round up to whole sets, a power of two of them; never more is held, and all of it can be.
 */
TEST(sizes_are_rounded_up)
{
	static const struct {
		uint32_t asked, held;
	} rows[] = { { 0, 8 }, { 1, 8 }, { 8, 8 }, { 9, 16 }, { 17, 32 }, { 64, 64 } };

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct cache *c = cache_create(rows[i].asked);
		unsigned evicted = 0;

		for (unsigned set = 0; set < 32; set++) {
			for (uint8_t n = 0; n < CACHE_WAYS; n++)
				evicted +=
				    put(c, digest_of((uint8_t)set, n), STAMP, VERDICT_CLEAN, "");
		}
		CHECK_SEED(rows[i].asked, cache_entries(c) == rows[i].held);
		CHECK_SEED(rows[i].asked, evicted == 32 * CACHE_WAYS - rows[i].held);
		cache_destroy(c);
	}
	cache_destroy(NULL);
}

/* Random digests by splitmix64; two streams never share one (the seed is in their last bytes). */
static const uint8_t *
random_digest(uint64_t stream, uint64_t n)
{
	static uint8_t digest[32];
	uint64_t word = n;

	for (unsigned i = 0; i < 2; i++) {
		uint64_t z = word += 0x9e3779b97f4a7c15u;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		z ^= z >> 31;
		memcpy(digest + 8 * i, &z, sizeof(z));
	}
	memcpy(digest + 16, &n, sizeof(n));
	memcpy(digest + 24, &stream, sizeof(stream));
	return digest;
}

/*
 * Ten million objects that are seen once pass through a cache that holds 65,536, and a thousand
 * that come again, each once in 32,768 of the others, which is half of what the cache holds. The
 * clock keeps nearly all of those that are asked for; without its bit a third would be gone.
 */
TEST(a_scan_does_not_drive_out_what_is_asked_for)
{
	enum {
		HOT = 1000,
		ROUNDS = 305,
		BETWEEN = 32768
	};

	struct cache *c = cache_create(65536);
	struct cache_verdict v;
	uint64_t puts = 0, evicted = 0, hits = 0, asked = 0, cold_hits = 0;

	for (uint64_t n = 0; n < (uint64_t)ROUNDS * BETWEEN; n++) {
		const uint8_t *cold = random_digest(1, n);

		cold_hits += cache_find(c, cold, STAMP, &v);
		puts++;
		evicted += put(c, cold, STAMP, VERDICT_CLEAN, "");
		if (n % (BETWEEN / HOT) == 0) {
			const uint8_t *hot = random_digest(2, n / (BETWEEN / HOT) % HOT);
			bool hit = cache_find(c, hot, STAMP, &v);

			asked += n >= BETWEEN;
			hits += n >= BETWEEN && hit;
			puts += !hit;
			if (!hit)
				evicted += put(c, hot, STAMP, VERDICT_CLEAN, "");
		}
	}
	CHECK(cold_hits == 0);
	CHECK(cache_entries(c) == 65536);
	CHECK(puts == evicted + cache_entries(c));
	CHECK_SEED(hits * 1000 / asked, hits * 100 > asked * 98);
	for (uint64_t n = 0; n < HOT; n++)
		CHECK_SEED(n, !cache_find(c, random_digest(2, n), STAMP + 1, &v));
	cache_destroy(c);
}

/* A generation change in the middle of it: nothing clean of the earlier one is told, all bad is. */
TEST(no_clean_verdict_of_another_generation_is_told)
{
	struct cache *c = cache_create(4096);
	struct cache_verdict v;
	unsigned told = 0;

	for (uint64_t n = 0; n < 200000; n++) {
		uint64_t stamp = n / 1000, key = n * 7919 % 3000;
		bool bad = key % 10 == 0;

		if (cache_find(c, random_digest(3, key), stamp, &v)) {
			told++;
			CHECK_SEED(n, (v.verdict == VERDICT_BAD) == bad);
			CHECK_SEED(n, bad || strtoull(v.threat, NULL, 10) == stamp);
		} else {
			char text[CACHE_THREAT_MAX]; /* which stamp gave it, to tell it by */

			snprintf(text, sizeof(text), "%llu", (unsigned long long)stamp);
			put(c, random_digest(3, key), stamp, bad ? VERDICT_BAD : VERDICT_CLEAN,
			    text);
		}
	}
	CHECK(told > 10000);
	cache_destroy(c);
}
