/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash, histograms, spans, lists, checked arithmetic, times. */
#include <stdlib.h>

#include "common/base/checked.h"
#include "common/base/histogram.h"
#include "common/base/list.h"
#include "common/base/mono.h"
#include "common/base/siphash.h"
#include "common/base/span.h"
#include "tests/unit/harness.h"

/* Key 00…0f, input 00, 01, 02 …: the worked example of the paper's appendix A is 15 bytes long. */
TEST(siphash_vectors)
{
	static const struct {
		const char *name;
		size_t bytes;
		uint64_t hash;
	} cases[] = {
		{ "nothing", 0, 0x726fdb47dd0e0e31u },
		{ "one byte", 1, 0x74f839c593dc67fdu },
		{ "one word", 8, 0x93f5f5799a932462u },
		{ "appendix A", 15, 0xa129ca6149be45e5u },
	};
	struct siphash_key key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
	uint8_t input[16];

	for (unsigned i = 0; i < sizeof(input); i++)
		input[i] = (uint8_t)i;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		CHECK_ROW(cases[i].name, siphash(&key, input, cases[i].bytes) == cases[i].hash);
}

TEST(siphash_reads_no_further)
{
	struct siphash_key key = { 1, 2 };

	for (size_t bytes = 0; bytes < 40; bytes++) {
		uint8_t *exact = calloc(1, bytes + 1), *odd = calloc(1, bytes + 1);
		uint64_t hash = siphash(&key, exact, bytes);

		exact[bytes] = 0xff; /* behind the end: of no effect */
		CHECK(siphash(&key, exact, bytes) == hash);
		if (bytes > 0) {
			odd[bytes - 1] = 1;
			CHECK(siphash(&key, odd, bytes) != hash);
		}
		free(exact);
		free(odd);
	}
}

TEST(histogram_counts_below_a_limit)
{
	static const struct {
		const char *name;
		uint64_t limit, below; /* of the values 0 to 4999 */
	} cases[] = {
		{ "nothing is below 0", 0, 0 },
		{ "small values are exact", 7, 7 },
		{ "a power of two", 1024, 1024 },
		{ "another", 4096, 4096 },
		{ "the start of a step", 4096 + 256, 4096 + 256 },
		{ "within a step: its start", 4096 + 300, 4096 + 256 },
		{ "above all", 1u << 20, 5000 },
	};
	struct histogram *h = calloc(1, sizeof(*h));

	for (uint64_t v = 0; v < 5000; v++)
		histogram_add(h, v);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		CHECK_ROW(cases[i].name, histogram_below(h, cases[i].limit) == cases[i].below);
	histogram_add(h, UINT64_MAX); /* shares the last bucket, which is below nothing */
	CHECK(histogram_below(h, 1ull << 39) == 5000);
	CHECK(histogram_below(h, UINT64_MAX) == 5000);
	free(h);
}

TEST(histogram_quantiles)
{
	static const struct {
		const char *name;
		uint64_t from, to; /* each value once */
		unsigned per_mille;
		uint64_t least, most;
	} cases[] = {
		{ "one value", 7, 7, 500, 7, 7 },
		{ "small values are exact", 0, 15, 500, 7, 7 },
		{ "all of one value", 100, 100, 1, 100, 100 },
		{ "median", 1, 1000, 500, 500, 532 },
		{ "p99", 1, 1000, 990, 990, 1000 },
		{ "maximum", 1, 1000, 1000, 1000, 1000 },
		{ "minimum", 1, 1000, 0, 1, 1 },
		{ "two powers", 65536, 131071, 500, 98303, 104448 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct histogram *h = calloc(1, sizeof(*h));
		uint64_t got;

		for (uint64_t v = cases[i].from; v <= cases[i].to; v++)
			histogram_add(h, v);
		got = histogram_quantile(h, cases[i].per_mille);
		CHECK_ROW(cases[i].name, got >= cases[i].least && got <= cases[i].most);
		CHECK_ROW(cases[i].name, h->count == cases[i].to - cases[i].from + 1);
		CHECK_ROW(cases[i].name, h->max == cases[i].to);
		free(h);
	}
}

/* Any value comes back at most a sixteenth too large, alone or merged; the largest share a bucket.
 */
TEST(histogram_error_is_bounded)
{
	struct histogram *h = calloc(1, sizeof(*h)), *sum = calloc(1, sizeof(*sum));

	CHECK(histogram_quantile(h, 500) == 0);
	for (unsigned shift = 0; shift < HISTOGRAM_VALUE_BITS; shift++) {
		for (uint64_t part = 0; part < 4; part++) {
			uint64_t value = ((4 + part) << shift) >> 2, got;

			memset(h, 0, sizeof(*h));
			histogram_add(h, value);
			histogram_add(h, UINT64_MAX); /* so that max does not cap the answer */
			got = histogram_quantile(h, 500);
			CHECK_SEED(value, got >= value && got <= value + value / 16);
			histogram_merge(sum, h);
		}
	}
	CHECK(sum->count == 2 * 4 * HISTOGRAM_VALUE_BITS && sum->max == UINT64_MAX);
	CHECK(sum->buckets[HISTOGRAM_BUCKETS - 1] >= 4 * HISTOGRAM_VALUE_BITS);
	free(h);
	free(sum);
}

TEST(spans)
{
	struct span text = span_text("  a b\t "), none = span_of(NULL, 0);

	CHECK(span_is(span_trim(text), "a b"));
	CHECK(span_trim(span_text(" \t ")).bytes == 0 && span_trim(none).bytes == 0);
	CHECK(span_is(span_from(span_text("abc"), 1), "bc"));
	CHECK(span_from(span_text("abc"), 3).bytes == 0 && span_from(none, 5).bytes == 0);
	CHECK(span_is(span_first(span_text("abc"), 2), "ab"));
	CHECK(span_is(span_first(span_text("abc"), 9), "abc"));
	CHECK(span_equal(none, span_text("")) && !span_equal(none, span_text("a")));
	CHECK(span_is_nocase(span_text("Content-Length"), "content-LENGTH"));
	CHECK(!span_is_nocase(span_text("Content"), "content-length"));
	CHECK(!span_is(span_of("a\0b", 3), "a"));
}

TEST(lists)
{
	struct list head, nodes[3];
	unsigned seen = 0;

	list_init(&head);
	CHECK(list_is_empty(&head) && list_take_first(&head) == NULL);
	for (unsigned i = 0; i < 3; i++) {
		list_init(&nodes[i]);
		list_append(&head, &nodes[i]);
	}
	LIST_EACH (node, &head)
		CHECK(node == &nodes[seen++]);
	CHECK(seen == 3);
	list_unlink(&nodes[1]);
	list_unlink(&nodes[1]); /* twice is safe */
	CHECK(list_take_first(&head) == &nodes[0]);
	CHECK(list_take_first(&head) == &nodes[2]);
	CHECK(list_is_empty(&head) && list_is_empty(&nodes[2]));
}

TEST(checked_sums)
{
	uint64_t out;

	CHECK(checked_inside(0, 0, 0) && checked_inside(0, 10, 10) && checked_inside(10, 0, 10));
	CHECK(!checked_inside(11, 0, 10) && !checked_inside(1, 10, 10));
	CHECK(!checked_inside(UINT64_MAX, 2, 10) && !checked_inside(2, UINT64_MAX, 10));
	CHECK(checked_inside(0, UINT64_MAX, UINT64_MAX));
	CHECK(checked_add(1, 2, &out) && out == 3);
	CHECK(!checked_add(UINT64_MAX, 1, &out));
	CHECK(checked_mul(1ull << 32, (1ull << 32) - 1, &out) &&
	      !checked_mul(1ull << 32, 1ull << 32, &out));
}

TEST(times)
{
	struct mono t = { 5000 };

	CHECK(mono_add(t, microseconds(2)).ns == 7000);
	CHECK(mono_add(t, nanoseconds(-1000)).ns == 4000);
	CHECK(mono_since((struct mono){ 1000 }, t).ns == -4000);
	CHECK(seconds(2).ns == milliseconds(2000).ns);
	CHECK(mono_before(t, MONO_NEVER) && !mono_before(t, t));
	CHECK(mono_earlier(MONO_NEVER, t).ns == t.ns);
	CHECK(!mono_is_set(MONO_NONE) && mono_is_set(mono_now()));
}
