/* SPDX-License-Identifier: BSD-3-Clause */
/* The pipeline's small parts: masks, the block page, the verdict cache. */
#include "dataplane/inspect/cache.h"
#include "dataplane/inspect/mask.h"
#include "dataplane/inspect/page.h"
#include "tests/unit/harness.h"

static const struct {
	const char *mask, *text;
	bool matches;
} mask_cases[] = {
	{ "*", "", true },
	{ "", "", true },
	{ "", "a", false },
	{ "abc", "ABC", true },
	{ "a?c", "abc", true },
	{ "a?c", "ac", false },
	{ "*.example.test/*", "www.example.test/a/b", true },
	{ "*.example.test/*", "example.test/a", false },
	{ "a\\*b", "a*b", true },
	{ "a\\*b", "axb", false },
	{ "a\\?b", "a?b", true },
	{ "*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

TEST(masks)
{
	for (unsigned i = 0; i < COUNT_OF(mask_cases); i++)
		CHECK_ROW(mask_cases[i].mask,
		    mask_matches(span_text(mask_cases[i].mask), span_text(mask_cases[i].text)) ==
			mask_cases[i].matches);
}

TEST(a_page_escapes_what_the_wire_said)
{
	struct page *p;
	char error[128], out[4096];
	struct page_values v = { span_text("T"), span_text("<script>\"&"), span_text("r"),
		span_text("u") };
	size_t n;

	CHECK(page_parse("[{{url}}|{{ threat }}]", &p, error, sizeof(error)) == 0);
	n = page_render(p, &v, out, sizeof(out));
	CHECK(span_is(span_of(out, n), "[&lt;script&gt;&quot;&amp;|T]"));
	page_free(p);
	CHECK(page_parse("{{nonsense}}", &p, error, sizeof(error)) != 0);
	CHECK(strstr(error, "nonsense") != NULL);
	CHECK(page_parse("{{url", &p, error, sizeof(error)) != 0);
}

TEST(clean_verdicts_end_with_their_stamp_and_bad_ones_stay)
{
	struct cache *c = cache_create(64);
	struct cache_verdict v;
	uint8_t clean[32] = { 1 }, bad[32] = { 2 };

	cache_put(c, clean, 7, VERDICT_CLEAN, "");
	cache_put(c, bad, 7, VERDICT_BAD, "Some.Threat");
	CHECK(cache_find(c, clean, 7, &v) && v.verdict == VERDICT_CLEAN);
	CHECK(!cache_find(c, clean, 8, &v));
	CHECK(cache_find(c, bad, 8, &v) && strcmp(v.threat, "Some.Threat") == 0);
	cache_clear(c);
	CHECK(!cache_find(c, bad, 7, &v));
	cache_destroy(c);
}

TEST(a_full_cache_evicts_and_stays_within_its_size)
{
	struct cache *c = cache_create(64);
	unsigned evicted = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		uint8_t digest[32] = { 0 };

		memcpy(digest, &i, sizeof(i));
		evicted += cache_put(c, digest, 1, VERDICT_CLEAN, "");
	}
	CHECK(cache_entries(c) <= 64);
	CHECK(evicted == 1000 - cache_entries(c));
	cache_destroy(c);
}
