/* SPDX-License-Identifier: BSD-3-Clause */
/* A floor that skipped a call or scanned other bytes would flatter or shame the product. */
#include "bench/floor/floor.h"
#include "bench/floor/lanes.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "bench/floor/literals.h"
#include "tests/unit/harness.h"

TEST(literals)
{
	static const struct {
		const char *name, *text, *first;
		int rc;
		unsigned count, line;
	} rows[] = {
		{ "text", "A\tabcd\n", "abcd", 0, 1, 1 },
		{ "hex", "A\thex:6162Ff\n", "ab\xff", 0, 1, 1 },
		{ "no end of line", "A\tabcd", "abcd", 0, 1, 1 },
		{ "CRLF", "A\tabcd\r\nB\tx\r\n", "abcd", 0, 2, 2 },
		{ "comments and empty lines", "# x\n\nA\tabcd\n", "abcd", 0, 1, 3 },
		{ "a tab in the text", "A\ta\tb\n", "a\tb", 0, 1, 1 },
		{ "no tab", "A\tabcd\nabcd\n", NULL, -EINVAL, 0, 2 },
		{ "nothing behind the tab", "A\t\n", NULL, -EINVAL, 0, 1 },
		{ "half a byte", "A\thex:616\n", NULL, -EINVAL, 0, 1 },
		{ "no hex", "A\thex:61zz\n", NULL, -EINVAL, 0, 1 },
		{ "hex of nothing", "A\thex:\n", NULL, -EINVAL, 0, 1 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct literals l;
		unsigned line;

		CHECK_ROW(
		    rows[i].name, literals_parse(span_text(rows[i].text), &l, &line) == rows[i].rc);
		CHECK_ROW(rows[i].name, l.count == rows[i].count);
		CHECK_ROW(rows[i].name, line == rows[i].line);
		if (rows[i].first != NULL)
			CHECK_ROW(rows[i].name,
			    span_is(span_of(l.texts[0], l.lengths[0]), rows[i].first));
		literals_free(&l);
	}
}

static char place[] = "/tmp/sluice-floor-XXXXXX";

static const char *
file_of(const char *name, const char *text)
{
	static char path[2][128];
	static unsigned turn;
	char *p = path[turn++ % 2];
	FILE *f;

	snprintf(p, sizeof(path[0]), "%s-%s", place, name);
	f = fopen(p, "we");
	CHECK(f != NULL && fputs(text, f) >= 0);
	fclose(f);
	return p;
}

TEST(every_call_is_made_on_every_body)
{
	char error[FLOOR_ERROR_BYTES];
	char content[16 + CORPUS_SHIFT + 1];
	const char *literals, *body;
	uint8_t md5[16], sha256[32];
	struct floor_result r;
	struct corpus c;
	struct floor *f;

	CHECK(mkstemp(place) >= 0);
	literals = file_of("lit", "A\tneedle\nB\thex:00010203\n");
	/* So long that each body of 16 begins it anew: corpus.h. */
	snprintf(content, sizeof(content), "hay needle hay..%0*d", CORPUS_SHIFT, 0);
	body = file_of("body", content);
	CHECK(corpus_load(body, 16, &c, error) == 0);
	CHECK(floor_open(literals, &f, error) == 0);
	CHECK(floor_literals(f) == 2);
	CHECK(floor_measure(f, &c, 16, FLOOR_BARE, nanoseconds(1), &r) == 0);
	CHECK(r.objects > 0 && r.matches == r.objects && r.cpu_ns > 0);
	EVP_Digest("hay needle hay..", 16, md5, NULL, EVP_md5(), NULL);
	EVP_Digest("hay needle hay..", 16, sha256, NULL, EVP_sha256(), NULL);
	CHECK(memcmp(md5, r.md5, 16) == 0 && memcmp(sha256, r.sha256, 32) == 0);
	CHECK(floor_measure(f, &c, 16, FLOOR_MD5, nanoseconds(1), &r) == 0);
	CHECK(r.matches == 0 && memcmp(md5, r.md5, 16) == 0 && r.sha256[0] == 0);
	floor_close(f);
	corpus_free(&c);
	unlink(literals);
	unlink(body);
	unlink(place);
}

TEST(what_is_no_set_is_refused_by_line)
{
	char error[FLOOR_ERROR_BYTES];
	const char *path = file_of("bad", "A\tx\nnothing\n");
	struct floor *f;

	CHECK(floor_open(path, &f, error) < 0 && strstr(error, ":2: expected NAME") != NULL);
	unlink(path);
	CHECK(floor_open(path, &f, error) < 0 && strstr(error, "No such file") != NULL);
}

TEST(the_probe_counts)
{
	CHECK(floor_probe(milliseconds(1)) > 1e6);
	CHECK(floor_clock(milliseconds(1)) > 1e6);
	CHECK(floor_clock(milliseconds(1)) <
	      8e9); /* no processor's; what a folded chain would tell */
}

TEST(digests_in_lanes_are_those_of_the_bodies)
{
	char why[CORPUS_ERROR_BYTES];
	struct digest_values v;
	uint8_t md5[16], sha256[32];
	struct span last;
	struct corpus c;

	CHECK(corpus_load(NULL, 1000, &c, why) == 0);
	CHECK(lanes_measure(&c, 1000, nanoseconds(1), &v) > 0);
	last = corpus_body(&c, LANES_FLIGHT - 1, 1000);
	EVP_Digest(last.data, last.bytes, md5, NULL, EVP_md5(), NULL);
	EVP_Digest(last.data, last.bytes, sha256, NULL, EVP_sha256(), NULL);
	CHECK(memcmp(md5, v.md5, 16) == 0 && memcmp(sha256, v.sha256, 32) == 0);
	corpus_free(&c);
}
