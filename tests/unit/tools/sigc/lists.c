/* SPDX-License-Identifier: BSD-3-Clause */
/* Reputation lists: the most specific entry wins, in whatever spelling; 100,000 entries. */
#include <stdlib.h>

#include "scanners/reputation/reputation_table.h"
#include "tests/unit/tools/sigc/made.h"

static const char bad_list[] = "# comment\n"
			       "! another\n"
			       "\xef\xbb\xbf" /* no mark but on the first line: a host of bytes */
			       "x.example\n"
			       "bad.example\n"
			       "||blocked.example^\n"
			       "0.0.0.0 hosts.example # from a hosts file\n"
			       "half.example/dir/\n"
			       "half.example/dir/deep/evil.exe\n"
			       "https://USER:pw@Scheme.Example.:8443/Path/%7euser/x%2fy?q=1#frag\n"
			       "mixed.example\n"
			       "b\xc3\xbc"
			       "cher.example\n"
			       "192.0.2.7\n"
			       "http://[2001:DB8::0:7]:80/\n"
			       "*.star.example\n"
			       "query.example/a?b=c\r\n";

static const char good_list[] = "good.bad.example\n"
				"half.example/dir/fine/\n"
				"mixed.example/ok\n"
				"both.example\n";

static const struct {
	const char *host, *path;
	enum reputation_kind kind;
	unsigned line; /* 0: not looked at */
} cases[] = {
	{ "bad.example", "/", REPUTATION_BAD, 4 },
	{ "BAD.Example.", "/any?thing", REPUTATION_BAD, 4 },
	{ "www.bad.example", "", REPUTATION_BAD, 4 },
	{ "a.b.c.bad.example", "/", REPUTATION_BAD, 4 },
	{ "notbad.example", "/", REPUTATION_UNKNOWN, 0 },
	{ "example", "/", REPUTATION_UNKNOWN, 0 },
	{ "bad.example.org", "/", REPUTATION_UNKNOWN, 0 },
	{ "good.bad.example", "/", REPUTATION_GOOD, 1 },
	{ "x.good.bad.example", "/", REPUTATION_GOOD, 1 },
	{ "b%61d.example", "/", REPUTATION_BAD, 4 },
	{ "blocked.example", "/", REPUTATION_BAD, 5 },
	{ "hosts.example", "/", REPUTATION_BAD, 6 },
	{ "half.example", "/", REPUTATION_UNKNOWN, 0 },
	{ "half.example", "/dir", REPUTATION_UNKNOWN, 0 },
	{ "half.example", "/dir/", REPUTATION_BAD, 7 },
	{ "half.example", "/dir/a", REPUTATION_BAD, 7 },
	{ "half.example", "/directory/a", REPUTATION_UNKNOWN, 0 },
	{ "half.example", "/other/../dir/./a", REPUTATION_BAD, 7 },
	{ "half.example", "/dir/../a", REPUTATION_UNKNOWN, 0 },
	{ "half.example", "/%64ir/a", REPUTATION_BAD, 7 },
	{ "half.example", "/dir/deep/evil.exe", REPUTATION_BAD, 8 },
	{ "half.example", "/dir/deep/evil.exe?x", REPUTATION_BAD, 8 },
	{ "half.example", "/dir/deep/evil.exe.txt", REPUTATION_BAD, 7 },
	{ "half.example", "/dir/fine/evil", REPUTATION_GOOD, 2 },
	{ "sub.half.example", "/dir/a", REPUTATION_UNKNOWN, 0 },
	{ "scheme.example", "/Path/~user/x%2Fy?q=1", REPUTATION_BAD, 9 },
	{ "scheme.example", "/path/~user/x%2Fy?q=1", REPUTATION_UNKNOWN, 0 },
	{ "scheme.example", "/Path/~user/x/y?q=1", REPUTATION_UNKNOWN, 0 },
	{ "mixed.example", "/ok/a", REPUTATION_GOOD, 3 },
	{ "mixed.example", "/okay", REPUTATION_BAD, 10 },
	{ "b\xc3\xbc"
	  "cher.example",
	    "/", REPUTATION_BAD, 11 },
	{ "xn--bcher-kva.example", "/", REPUTATION_BAD, 11 },
	{ "www.B%C3%BCcher.example", "/", REPUTATION_BAD, 11 },
	{ "192.0.2.7", "/x", REPUTATION_BAD, 12 },
	{ "0xC0.0.2.7", "/x", REPUTATION_BAD, 12 },
	{ "3221225991", "/", REPUTATION_BAD, 12 },
	{ "1.192.0.2.7", "/x", REPUTATION_BAD, 12 }, /* no address: a name below it */
	{ "2.7", "/x", REPUTATION_UNKNOWN, 0 },
	{ "2001:db8::7", "/", REPUTATION_BAD, 13 },
	{ "[2001:0db8:0:0::7]", "/", REPUTATION_BAD, 13 },
	{ "2001:db8::8", "/", REPUTATION_UNKNOWN, 0 },
	{ "any.star.example", "/", REPUTATION_BAD, 14 },
	{ "query.example", "/a?b=c", REPUTATION_BAD, 15 },
	{ "query.example", "/a?b=d", REPUTATION_UNKNOWN, 0 },
	{ "both.example", "/", REPUTATION_GOOD, 4 },
	{ "", "/", REPUTATION_UNKNOWN, 0 },
	{ ".", "/", REPUTATION_UNKNOWN, 0 },
	{ "..", "/", REPUTATION_UNKNOWN, 0 },
	{ "\xff.example", "/", REPUTATION_UNKNOWN, 0 },
};

TEST(the_most_specific_entry_wins)
{
	struct made m;

	made_begin(&m);
	CHECK_ROW(m.sigc.error, made_list(&m, "bad.txt", bad_list, REPUTATION_BAD) == 0);
	CHECK(made_list(&m, "more.txt", "both.example\n", REPUTATION_BAD) == 0);
	CHECK_ROW(m.sigc.error, made_list(&m, "good.txt", good_list, REPUTATION_GOOD) == 0);
	CHECK(made_build(&m) == 0);
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct reputation_answer a;
		char name[128];

		snprintf(name, sizeof(name), "%s%s", cases[i].host, cases[i].path);
		reputation_lookup(generation_reputation(m.generation), span_text(cases[i].host),
		    span_text(cases[i].path), &a);
		CHECK_ROW(name, a.kind == cases[i].kind);
		if (cases[i].line != 0)
			CHECK_ROW(name, a.line == cases[i].line);
		if (a.kind != REPUTATION_UNKNOWN && cases[i].line != 0)
			CHECK_ROW(name, strcmp(a.list, a.kind == REPUTATION_GOOD ? "good.txt"
										 : "bad.txt") == 0);
	}
	made_end(&m);
}

/* Each line of a list, and what it makes of the hosts and paths that it speaks of. */
static const struct {
	const char *line;
	struct {
		const char *host, *path;
		bool is_bad;
	} asked[3];
	bool left_out; /* and named */
} forms[] = {
	{ "[Adblock Plus 2.0]", { { "adblock", "/", false } }, false },
	{ "||a.example^", { { "x.a.example", "/", true } }, false },
	{ "||a.example^$all", { { "a.example", "/", true } }, false },
	{ "||a.example/p/q.exe$all",
	    { { "a.example", "/p/q.exe", true }, { "a.example", "/p/q.exe$all", false },
		{ "a.example", "/p", false } },
	    false },
	{ "||a.example/x^", { { "a.example", "/x?y", true }, { "a.example", "/", false } }, false },
	{ "||2001:db8::1^$doc,important", { { "[2001:DB8::1]", "/", true } }, false },
	{ "||a.example^$third-party", { { "a.example", "/", false } }, true },
	{ "||a.example^$all,domain=b.example", { { "a.example", "/", false } }, true },
	{ "||a.example^*.js", { { "a.example", "/a.js", false } }, true },
	{ "||a.example^b", { { "a.example", "/", false } }, true },
	{ "||a*.example^", { { "a*.example", "/", false } }, true },
	{ "@@||a.example^", { { "a.example", "/", false } }, true },
	{ "|https://a.example/x|", { { "a.example", "/x", false } }, true },
	{ "a.example##.banner", { { "a.example", "/", false } }, true },
	{ "a.example#@#.banner", { { "a.example", "/", false } }, true },
	{ "*.b.*.example", { { "b.example", "/", false } }, true },
	{ "http://a.example/#/x##y", { { "a.example", "/", true } }, false },
	{ "127.0.0.1 a.example b.example\tc.example # d.example",
	    { { "a.example", "/", true }, { "c.example", "/", true }, { "d.example", "/", false } },
	    false },
	{ "::1 a.example", { { "a.example", "/", true }, { "::1", "/", false } }, false },
	{ "fe80::1%lo0 a.example", { { "a.example", "/", true } }, false },
	{ "192.0.2.9 # a.example", { { "192.0.2.9", "/", true }, { "a.example", "/", false } },
	    false },
	{ "1a.example other words", { { "1a.example", "/", true }, { "other", "/", false } },
	    false },
	{ "a.example 2024-01-01 1.5 http", { { "a.example", "/", true } }, false },
	{ "a.example b.example", { { "a.example", "/", false }, { "b.example", "/", false } },
	    true },
	{ "a.example http://b.example/", { { "a.example", "/", false } }, true },
	{ "some words of nobody's list", { { "some", "/", false } }, true },
	{ "https://a.example/x y.exe", { { "a.example", "/x", false } }, true },
	{ "https://a.example/x # said", { { "a.example", "/x", true } }, false },
	{ "a.example;said of it", { { "a.example", "/", true } }, false },
	{ "192.0.2.9 ; said of it", { { "192.0.2.9", "/", true } }, false },
	{ "; a.example", { { "a.example", "/", false } }, false },
	{ "http://a.example/b;c", { { "a.example", "/b;c", true }, { "a.example", "/b", false } },
	    false },
	{ ".a.example", { { "a.example", "/", true }, { "x.a.example", "/", true } }, false },
	{ ".com/ads/", { { "com", "/ads/", false } }, true },
	{ "a.example/ads/*", { { "a.example", "/ads/x", true }, { "a.example", "/ads", false } },
	    false },
	{ "https://a.example/*", { { "a.example", "/x", true } }, false },
	{ "a.example/*/x", { { "a.example", "/y/x", false }, { "a.example", "/*/x", false } },
	    true },
	{ "http://a.example/x*y", { { "a.example", "/x*y", true } }, false },
	{ "192.0.2.0/24", { { "192.0.2.0", "/24", false }, { "192.0.2.0", "/", false } }, true },
	{ "http://192.0.2.0/24", { { "192.0.2.0", "/24", true } }, false },
	{ "192.0.2.0/24x", { { "192.0.2.0", "/24x", true } }, false },
	{ "2001:db8::/32", { { "2001:db8::", "/", false } }, true },
	{ "192.0.2.1-192.0.2.9", { { "192.0.2.1", "/", false } }, true },
	{ "a.example:8080", { { "a.example", "/", true } }, false },
	{ "[2001:db8::7]:80", { { "2001:db8::7", "/", true } }, false },
	{ "0 a.example", { { "a.example", "/", true }, { "0.0.0.0", "/", false } }, false },
	{ "::1%lo a.example#b", { { "a.example", "/", true } }, false },
	{ "a.example/r?u=http://b.example/x",
	    { { "a.example", "/r?u=http://b.example/x", true }, { "b.example", "/x", false } },
	    false },
	{ "http://a.example/b^c",
	    { { "a.example", "/b^c", true }, { "a.example", "/b%5ec", true },
		{ "a.example", "/b", false } },
	    false },
};

TEST(what_a_line_says_and_no_more)
{
	for (unsigned i = 0; i < COUNT_OF(forms); i++) {
		struct made m;

		made_begin(&m);
		CHECK_ROW(m.sigc.error, made_list(&m, "a.txt", forms[i].line, REPUTATION_BAD) == 0);
		CHECK(made_list(&m, "b.txt", "always.example\n", REPUTATION_BAD) == 0);
		CHECK(made_build(&m) == 0);
		CHECK_ROW(forms[i].line, made_left_out(&m, forms[i].line) == forms[i].left_out);
		for (unsigned k = 0; k < 3 && forms[i].asked[k].host != NULL; k++) {
			struct reputation_answer a;

			reputation_lookup(generation_reputation(m.generation),
			    span_text(forms[i].asked[k].host), span_text(forms[i].asked[k].path),
			    &a);
			CHECK_ROW(
			    forms[i].line, (a.kind == REPUTATION_BAD) == forms[i].asked[k].is_bad);
		}
		made_end(&m);
	}
}

/* A byte that is neither a blank nor part of a name stands in no word's way. */
TEST(control_bytes_end_no_list)
{
	struct made m;

	made_begin(&m);
	CHECK(made_list(&m, "a.txt",
		  "||a.example^\n0.0.0.0 \005b \001\n0.0.0.0 c.example\006\nb.example \005\n",
		  REPUTATION_BAD) == 0);
	CHECK(m.sigc.urls.used == 2 * sizeof(struct url_entry));
	CHECK(m.sigc.skipped[SKIP_CONDITIONAL] == 3);
	made_end(&m);
}

/* Of a hosts file: names of the machine itself, and hosts that are somewhere. */
TEST(what_a_hosts_file_has_besides_is_left_out)
{
	struct made m;

	made_begin(&m);
	CHECK_ROW(m.sigc.error,
	    made_list(&m, "hosts",
		"127.0.0.1 localhost localhost.localdomain a.example\n::1 ip6-localhost\n"
		"255.255.255.255 broadcasthost\n0.0.0.0 0.0.0.0\n192.0.2.9 nas.example\n",
		REPUTATION_BAD) == 0);
	CHECK(m.sigc.skipped[SKIP_OWN_NAME] == 5);
	CHECK(m.sigc.urls.used == sizeof(struct url_entry));
	CHECK(made_left_out(&m, "localhost.localdomain: a name that"));
	CHECK(made_left_out(&m, "nas.example: a hosts line whose address is somebody's"));
	made_end(&m);
}

/* In an ad blocker's list, which its header, a comment or a rule tells. */
TEST(what_is_no_address_is_left_out_of_an_ad_blockers_list)
{
	static const char *const heads[] = { "[Adblock Plus 2.0]", "! Title: x", "||a.example^",
		"@@||a.example^" };
	static const char *const rules[] = { "/banner[0-9]+/", "&ad_id=", "-ad-banner.", "_ad.",
		"a,b.example" };

	for (unsigned i = 0; i < COUNT_OF(heads) * COUNT_OF(rules); i++) {
		const char *rule = rules[i % COUNT_OF(rules)];
		char text[256], left_out[256];
		struct made m;

		snprintf(text, sizeof(text), "%s\n%s\n", heads[i / COUNT_OF(rules)], rule);
		snprintf(left_out, sizeof(left_out), "%s: an ad blocker's rule", rule);
		made_begin(&m);
		CHECK_ROW(text, made_list(&m, "a.txt", text, REPUTATION_BAD) == 0);
		CHECK_ROW(text, made_left_out(&m, left_out));
		made_end(&m);
	}
}

TEST(what_is_no_entry_is_told_with_its_line)
{
	static const struct {
		const char *line, *why;
	} texts[] = {
		{ "http:///path", "neither a domain nor a URL" },
		{ "/a", "neither a domain nor a URL" },
		{ "...", "neither a domain nor a URL" },
		{ "\xff\xfe", "neither a domain nor a URL" },
		{ "a<b>.example", "neither a domain nor a URL" },
		{ "<html><body>404 not found</body>", "neither a domain nor a URL" },
		{ "a..example", "neither a domain nor a URL" },
		{ "+.a.example", "neither a domain nor a URL" },
		{ "a.example:x", "neither a domain nor a URL" },
		{ "a.example:", "neither a domain nor a URL" },
		{ "a.example:65536", "neither a domain nor a URL" },
		{ "[2001:db8::7]x", "neither a domain nor a URL" },
		{ "http://a.example:8x/", "neither a domain nor a URL" },
		{ "regexp:a.example", "neither a domain nor a URL" },
		{ "javascript:alert(1)", "neither a domain nor a URL" },
		{ "server=192.0.2.1", "neither a domain nor a URL" },
		{ "0.0.0.0 a.example \005b", "neither a domain nor a URL" },
		{ "a.example\005b", "neither a domain nor a URL" },
		{ "a.b.1", "neither a domain nor a URL" },
		{ "(^|\\.)a\\.example$", "neither a domain nor a URL" },
		{ "a@b.example", "an address of mail; expected a domain or a URL" },
		{ "a.example,malware", "a row of CSV; expected one domain or URL a line" },
		{ "id,url,online", "a row of CSV; expected one domain or URL a line" },
		{ "1,http://a.example/x,2024", "a row of CSV; expected one domain or URL a line" },
		{ "\"3\",\"2024-01-01 00:00:00\",\"http://192.0.2.9/x\",\"online\"",
		    "a row of CSV; expected one domain or URL a line" },
		{ "a.example\rb.example", "a CR that ends no line; expected LF or CRLF" },
	};

	for (unsigned i = 0; i < COUNT_OF(texts); i++) {
		struct made m;
		char text[256], why[256];

		snprintf(text, sizeof(text), "fine.example\n%s\n", texts[i].line);
		snprintf(why, sizeof(why), "list.txt:2: %s", texts[i].why);
		made_begin(&m);
		CHECK_ROW(text, made_list(&m, "list.txt", text, REPUTATION_BAD) != 0);
		CHECK_ROW(m.sigc.error, strstr(m.sigc.error, why) != NULL);
		made_end(&m);
	}
}

TEST(a_hundred_thousand_entries)
{
	char *text = malloc(8 << 20);
	struct made m;
	size_t n = 0;
	unsigned missed = 0, wrong = 0;

	for (unsigned i = 0; i < 100000; i++)
		n += (size_t)sprintf(text + n,
		    i % 3 == 0 ? "h%u.list%u.example\n" : "http://h%u.list%u.example/p/%u/x\n", i,
		    i % 97, i);
	made_begin(&m);
	CHECK(made_list(&m, "many.txt", text, REPUTATION_BAD) == 0);
	CHECK(made_build(&m) == 0);
	for (unsigned i = 0; i < 100000; i++) {
		const struct reputation_table *t = generation_reputation(m.generation);
		struct reputation_answer a;
		char host[64], path[64];

		snprintf(host, sizeof(host), "www.h%u.list%u.example", i, i % 97);
		snprintf(path, sizeof(path), "/p/%u/x/y", i);
		reputation_lookup(t, span_text(host + (i % 3 != 0) * 4), span_text(path), &a);
		missed += a.kind != REPUTATION_BAD || a.line != i + 1;
		snprintf(host, sizeof(host), "h%u.list%u.example", i, (i + 1) % 97);
		reputation_lookup(t, span_text(host), span_text(path), &a);
		wrong += a.kind != REPUTATION_UNKNOWN;
	}
	CHECK(missed == 0);
	CHECK(wrong == 0);
	made_end(&m);
	free(text);
}

/*
 * Hosts with one path, few, many, as their paths stand beside them or anywhere; of one, in both
 * lists. What differs in a byte or belongs to another host is not found.
 */
TEST(hosts_of_few_paths_and_of_many)
{
	static const unsigned counts[] = { 1, 2, 4, 8, 20, 3000 };
	char *text = malloc(4 << 20);
	struct made m;
	size_t n = 0;
	unsigned missed = 0, wrong = 0, line = 0;

	for (unsigned h = 0; h < 600; h++) {
		for (unsigned i = 0; i < (h < 6 ? counts[h] : counts[h % 5]); i++)
			n += (size_t)sprintf(text + n, "h%u.example/%u/%sfile-%u.bin\n", h, i,
			    i % 3 == 0 ? "a-directory-with-a-name-of-some-length/" : "", i);
	}
	made_begin(&m);
	CHECK(made_list(&m, "many.txt", text, REPUTATION_BAD) == 0);
	CHECK(made_list(&m, "good.txt", "h3.example/0/\n", REPUTATION_GOOD) == 0);
	CHECK(made_build(&m) == 0);
	for (char *next, *at = text; *at != 0; at = next) {
		const struct reputation_table *t = generation_reputation(m.generation);
		char host[32] = "", *path = strchr(at, '/');
		struct reputation_answer a;
		struct span url;

		next = strchr(at, '\n') + 1;
		line++;
		memcpy(host, at, (size_t)(path - at));
		url = span_of(path, (size_t)(next - 1 - path));
		reputation_lookup(t, span_text(host), url, &a);
		missed += a.kind != REPUTATION_BAD || a.line != line;
		reputation_lookup(t, span_text(host), span_first(url, url.bytes - 1), &a);
		wrong += a.kind == REPUTATION_BAD;
		reputation_lookup(t, span_text(host + 1), url, &a);
		wrong += a.kind != REPUTATION_UNKNOWN;
		next[-2] = 'x';
		reputation_lookup(t, span_text(host), url, &a);
		wrong += a.kind == REPUTATION_BAD;
	}
	CHECK(line > 4000);
	CHECK(missed == 0);
	CHECK(wrong == 0);
	made_end(&m);
	free(text);
}

/* Of a built table, the filter of a host with paths; 0: it has none. */
static uint64_t
filter_of(const struct reputation_table *t, const char *host)
{
	const struct reputation_header *h = (const void *)t->bytes;
	const struct reputation_bucket *buckets = (const void *)(h + 1);
	struct reputation_paths paths;

	for (uint32_t i = 0; i < h->buckets * REPUTATION_TAGS; i++) {
		const struct reputation_bucket *b = &buckets[i / REPUTATION_TAGS];
		const uint8_t *at = b->entries + b->at[i % REPUTATION_TAGS];
		struct reputation_entry e;

		memcpy(&e, at, REPUTATION_ENTRY_BYTES);
		if (b->tags[i % REPUTATION_TAGS] == 0 ||
		    e.key_flags != (REPUTATION_HAS_PATHS | strlen(host)) ||
		    memcmp(at + REPUTATION_ENTRY_BYTES, host, strlen(host)) != 0)
			continue;
		memcpy(&paths, at + reputation_paths_at((uint32_t)strlen(host)),
		    REPUTATION_PATHS_BYTES);
		return paths.filter;
	}
	return 0;
}

/* The bits of its paths and no others, so that a host of few has few; one of many has all. */
TEST(a_hosts_filter_is_of_its_paths)
{
	static const unsigned counts[] = { 1, 3, 8, 3000 };
	char *text = malloc(1 << 20), *line = text;
	uint64_t right[COUNT_OF(counts)] = { 0 };
	struct made m;

	for (unsigned h = 0; h < COUNT_OF(counts); h++) {
		for (unsigned i = 0; i < counts[h]; i++) {
			int n = sprintf(line, "h%u.example/%u/file", h, i);

			right[h] |= reputation_filter_of(
			    reputation_hash((const uint8_t *)line, 10, (uint32_t)n));
			line += n;
			*line++ = '\n';
		}
	}
	*line = 0;
	made_begin(&m);
	CHECK(made_list(&m, "paths.txt", text, REPUTATION_BAD) == 0);
	CHECK(made_build(&m) == 0);
	for (unsigned h = 0; h < COUNT_OF(counts); h++) {
		char host[16];

		snprintf(host, sizeof(host), "h%u.example", h);
		CHECK_ROW(host, filter_of(generation_reputation(m.generation), host) == right[h]);
	}
	CHECK(__builtin_popcountll(right[0]) <= 2 && __builtin_popcountll(right[2]) <= 16);
	CHECK(right[3] == UINT64_MAX);
	made_end(&m);
	free(text);
}

/* Real lists: each of their own lines is found again, and ordinary sites are not. */
TEST(real_lists)
{
	static const char *const lists[] = { "blocklistproject-scam-domains.txt",
		"blocklistproject-ransomware-domains.txt", "phishing-database-ips-active.txt" };
	struct made m;
	char path[4096], line[2048];
	unsigned hit = 0, total = 0;
	FILE *f;

	if (harness_shared("data/lists/blocklistproject-scam-domains.txt") == NULL) {
		harness_skip("no ../shared/data/lists");
		return;
	}
	made_begin(&m);
	for (unsigned i = 0; i < COUNT_OF(lists); i++) {
		snprintf(path, sizeof(path), "data/lists/%s", lists[i]);
		CHECK_ROW(
		    lists[i], sigc_read_list(&m.sigc, harness_shared(path), REPUTATION_BAD) == 0);
	}
	CHECK(made_build(&m) == 0);
	f = fopen(harness_shared("data/lists/opendns-top-domains.txt"), "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		struct reputation_answer a;

		line[strcspn(line, "\r\n")] = 0;
		reputation_lookup(
		    generation_reputation(m.generation), span_text(line), span_text("/"), &a);
		hit += a.kind == REPUTATION_BAD;
		total++;
	}
	fclose(f);
	CHECK(total == 10000);
	CHECK(hit <= 20); /* the scam list names a few of them itself */
	made_end(&m);
}

/* URLs, eight to a host: their buckets are filled evenly, so few entries stand elsewhere. */
TEST(hosts_of_many_urls_find_room)
{
	enum {
		URLS = 16000,
		ROOM = URLS * 64
	};
	static struct made m;
	char *text = malloc(ROOM);
	size_t n = 0;
	const struct reputation_table *t;
	const struct reputation_header *h;
	const struct reputation_bucket *buckets;
	unsigned spilled = 0;

	for (unsigned i = 0; i < URLS; i++)
		n += (size_t)sprintf(text + n, "site-%u.example/d%u/segment/%u\n", i / 8, i % 8, i);
	made_begin(&m);
	CHECK(made_list(&m, "urls.txt", text, REPUTATION_BAD) == 0 && made_build(&m) == 0);
	free(text);
	t = generation_reputation(m.generation);
	h = (const void *)t->bytes;
	buckets = (const void *)(t->bytes + sizeof(*h));
	for (unsigned i = 0; i < h->buckets; i++)
		spilled += buckets[i].spilled != 0;
	printf("  %u of %u buckets are too full, in %u groups\n", spilled, h->buckets, h->groups);
	CHECK(spilled < h->buckets / 3);
	for (unsigned i = 0; i < URLS; i += 7) {
		struct reputation_answer a;
		char host[32], path[64];

		snprintf(host, sizeof(host), "site-%u.example", i / 8);
		snprintf(path, sizeof(path), "/d%u/segment/%u/below", i % 8, i);
		reputation_lookup(t, span_text(host), span_text(path), &a);
		CHECK(a.kind == REPUTATION_BAD && a.line == i + 1);
	}
	made_end(&m);
}
