/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One spelling for what differs only in writing: a table of hosts and paths, and what each must
 * become. Every input is copied to memory of just its size, so that a look past its end is seen.
 */
#include <stdlib.h>

#include "scanners/reputation/reputation_table.h"
#include "tests/unit/harness.h"

#define A60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define U20                                                            \
	"\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc" \
	"\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc"

static const struct {
	const char *host, *path, *key; /* NULL: no host */
	bool is_address;
} rows[] = {
	{ "example.test", "/", "example.test/", false },
	{ "EXAMPLE.Test", "/Path", "example.test/Path", false },
	{ "example.test.", "", "example.test/", false },
	{ "example.test...", "", "example.test/", false },
	{ "e%78ample%2Etest", "/", "example.test/", false },
	{ "%45xample.test", "/", "example.test/", false },
	{ "a%zz.test", "/", "a%zz.test/", false },
	{ "a%2", "/", "a%2/", false },
	{ "xn--bcher-kva.test", "/", "xn--bcher-kva.test/", false },
	{ "b\u00fccher.test", "/", "xn--bcher-kva.test/", false },
	{ "b%C3%bccher.test", "/", "xn--bcher-kva.test/", false },
	{ "m\u00fcnchen.B\u00fccher", "/", "xn--mnchen-3ya.xn--bcher-kva/", false },
	{ "\u4f8b\u3048.\u30c6\u30b9\u30c8", "/", "xn--r8jz45g.xn--zckzah/", false },
	{ "\u043f\u0440\u0438\u043c\u0435\u0440.test", "/", "xn--e1afmkfd.test/", false },
	{ "\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587", "/",
	    "xn--ihqwcrb4cv8a8dqg056pqjye/", false }, /* RFC 3492 §7.1 (B) */
	{ "\U0001f4a9.test", "/", "xn--ls8h.test/", false },
	{ "B\u00dcCHER.test", "/", "xn--bcher-kva.test/", false },
	{ "\u041f\u0420\u0418\u041c\u0415\u0420.test", "/", "xn--e1afmkfd.test/", false },
	{ "\uff25\uff58ample\uff0eTest", "/", "example.test/", false },
	{ "ex\u00adam\u200bple.te\ufeffst", "/", "example.test/", false },
	{ "example\u3002test\uff61", "/", "example.test/", false },
	{ "a\uff0fb", "/", NULL, false }, /* a slash in full width */
	{ "\u0178\u0179\u017e\u0386\u0391\u0401\u0531\u1e9e", "/", "xn--wda0wma64tza47go8c2u5g/",
	    false },
	{ "\xed\xa0\x80.test", "/", NULL, false }, /* half of a surrogate pair */
	{ "\xc0\xae.test", "/", NULL, false },     /* a dot in two bytes */
	{ "\xe0\x80\xae.test", "/", NULL, false },
	{ "\xf4\x90\x80\x80.test", "/", NULL, false },
	{ "\xc3.test", "/", NULL, false },
	{ "a\xc3", "/", NULL, false },
	{ "\xbc.test", "/", NULL, false },
	{ U20 U20 U20 "\u00fc\u00fc\u00fc\u00fc.test", "/", NULL, false }, /* 64 points */
	{ "", "/", NULL, false },
	{ ".", "/", NULL, false },
	{ "a b", "/", NULL, false },
	{ "a%20b", "/", NULL, false },
	{ "a%00b", "/", NULL, false },
	{ "a%2fb", "/", NULL, false },
	{ "user@host", "/", NULL, false },
	{ A60 A60 A60 A60 "aaaaaaaaaaaaaaa", "/", A60 A60 A60 A60 "aaaaaaaaaaaaaaa/", false },
	{ A60 A60 A60 A60 "aaaaaaaaaaaaaaaa", "/", NULL, false },
	{ A60 A60 A60 A60 "aaaaaaaaa.\u00fc", "/", NULL, false }, /* longer as punycode */

	{ "192.0.2.7", "/", "192.0.2.7/", true },
	{ "192.0.2.7.", "/", "192.0.2.7/", true },
	{ "3221225991", "/", "192.0.2.7/", true },
	{ "0xc0000207", "/", "192.0.2.7/", true },
	{ "0XC0.0.0X2.7", "/", "192.0.2.7/", true },
	{ "030000001007", "/", "192.0.2.7/", true },
	{ "0300.00.02.07", "/", "192.0.2.7/", true },
	{ "192.0.519", "/", "192.0.2.7/", true },
	{ "192.519", "/", "192.0.2.7/", true },
	{ "%3192.0.2.7", "/", "192.0.2.7/", true },
	{ "[192.0.2.7]", "/", "192.0.2.7/", true },
	{ "192.0.2.256", "/", "192.0.2.256/", false },
	{ "192.0.2.7.8", "/", "192.0.2.7.8/", false },
	{ "192.0.2.08", "/", "192.0.2.08/", false },
	{ "4294967296", "/", "4294967296/", false },
	{ "192.0.2.test", "/", "192.0.2.test/", false },
	{ "[2001:db8::7]", "/", "2001:db8::7/", true },
	{ "2001:DB8:0:0:0:0:0:7", "/", "2001:db8::7/", true },
	{ "[2001:0db8:0000::0007]", "/", "2001:db8::7/", true },
	{ "[::ffff:192.0.2.7]", "/", "192.0.2.7/", true },
	{ "[::FFFF:c000:207]", "/", "192.0.2.7/", true },
	{ "::ffff:192.0.2.7", "/", "192.0.2.7/", true },
	{ "[::192.0.2.7]", "/", "::192.0.2.7/", true },
	{ "[fe80::1%25eth0]", "/", "fe80::1/", true },
	{ "[fe80::1%eth0]", "/", "fe80::1/", true },
	{ "fe80::1%eb0", "/", "fe80::1/", true },
	{ "[2001:db8::1::2]", "/", "2001:db8::1::2/", false },
	{ "0x.0x.0", "/", "0.0.0.0/", true },
	{ "192.0x.2.7", "/", "192.0.2.7/", true },
	{ "192.0.2.07777777777777777777777", "/", "192.0.2.07777777777777777777777/", false },
	{ "192..2.7", "/", "192..2.7/", false },
	{ "192.65536", "/", "192.1.0.0/", true },
	{ "192.16777216", "/", "192.16777216/", false },
	{ "192.0.65536", "/", "192.0.65536/", false },
	{ "0xffffffff", "/", "255.255.255.255/", true },
	{ "037777777777", "/", "255.255.255.255/", true },
	{ "040000000000", "/", "040000000000/", false },
	{ "\uff10\uff38\uff43\uff10\uff0e\uff10\uff12\uff15\uff10\uff0e\uff10\uff11", "/",
	    "192.168.0.1/", true },
	{ "1\u30022.3.4", "/", "1.2.3.4/", true },
	{ "[::1", "/", "[::1/", false },

	{ "h", "path", "h/path", false },
	{ "h", "?q=1", "h/?q=1", false },
	{ "h", "/a#fragment", "h/a", false },
	{ "h", "#fragment", "h/", false },
	{ "h", "/%7Euser/%61", "h/~user/a", false },
	{ "h", "/a%2fb%3fc%23", "h/a%2Fb%3Fc%23", false },
	{ "h", "/a%2541", "h/a%2541", false },
	{ "h", "/100%", "h/100%", false },
	{ "h", "/%4", "h/%4", false },
	{ "h", "/m\u00e1l", "h/m%C3%A1l", false },
	{ "h", "/m%c3%a1l", "h/m%C3%A1l", false },
	{ "h", "/a b\tc", "h/a%20b%09c", false },
	{ "h", "/a/./b", "h/a/b", false },
	{ "h", "/a/%2E/b", "h/a/b", false },
	{ "h", "/a/../b", "h/b", false },
	{ "h", "/a/%2e%2E/b", "h/b", false },
	{ "h", "/a/b/..", "h/a/", false },
	{ "h", "/a/b/.", "h/a/b/", false },
	{ "h", "/../../a", "h/a", false },
	{ "h", "/..", "h/", false },
	{ "h", "/a/..?q", "h/?q", false },
	{ "h", "/a?q=/../x", "h/a?q=/../x", false },
	{ "h", "/...", "h/...", false },
	{ "h", "/a//b", "h/a//b", false },
	{ "h", "\\a\\..\\b\\c?d\\e", "h/b/c?d%5Ce", false },
	{ "h", "/a%5cb", "h/a%5Cb", false },
	{ "h", "/\"<>'{|}^`", "h/%22%3C%3E%27%7B%7C%7D%5E%60", false },
	{ "h", "/a?b='c'", "h/a?b=%27c%27", false },
	{ "h", "/a?", "h/a", false },
	{ "h", "/?#", "h/", false },
	{ "h", "/a??", "h/a??", false },
	{ "h", "/!$&()*+,;=:@[]", "h/!$&()*+,;=:@[]", false },
};

static bool
make_from(const char *host, size_t host_bytes, const char *path, struct reputation_key *k)
{
	size_t path_bytes = strlen(path);
	char *h = malloc(host_bytes + 1), *p = malloc(path_bytes + 1);
	bool made;

	/* From the second byte on, so that even an empty one has an end that is the memory's. */
	memcpy(h + 1, host, host_bytes);
	memcpy(p + 1, path, path_bytes);
	made = reputation_key_host(k, span_of(h + 1, host_bytes));
	if (made)
		reputation_key_path(k, span_of(p + 1, path_bytes));
	free(h);
	free(p);
	return made;
}

TEST(each_host_and_path_has_one_spelling)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		const char *host = rows[i].host, *want = rows[i].key;
		char row[64];
		struct reputation_key k = { 0 };

		snprintf(row, sizeof(row), "%.40s%.20s", host, rows[i].path);
		if (!make_from(host, strlen(host), rows[i].path, &k)) {
			CHECK_ROW(row, want == NULL);
			continue;
		}
		CHECK_ROW(row, want != NULL);
		if (want == NULL)
			continue;
		CHECK_ROW(row, span_is(span_of(k.bytes, k.host_bytes + k.path_bytes), want));
		CHECK_ROW(row, k.is_address == rows[i].is_address);
	}
}

/* What is spelt in the one way already stays so: lists hold keys. */
TEST(a_key_is_its_own_spelling)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		const char *slash = rows[i].key != NULL ? strchr(rows[i].key, '/') : NULL;
		struct reputation_key k = { 0 };

		if (slash == NULL)
			continue;
		CHECK_ROW(
		    rows[i].key, make_from(rows[i].key, (size_t)(slash - rows[i].key), slash, &k));
		CHECK_ROW(rows[i].key,
		    span_is(span_of(k.bytes, k.host_bytes + k.path_bytes), rows[i].key));
	}
}

TEST(hosts_cut_anywhere_are_read_to_their_end_only)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		for (size_t n = 0; n < strlen(rows[i].host); n++) {
			struct reputation_key k = { 0 };

			if (make_from(rows[i].host, n, "/", &k))
				CHECK_ROW(rows[i].host, k.host_bytes <= REPUTATION_HOST_MAX);
		}
	}
}

/* A path that is too long is cut, and the same for lists and requests: never past the key. */
TEST(long_paths_are_cut)
{
	static const char *const units[] = { "a", "/", "%2f", "%41", "/../", "?", "\u00fc", "%" };

	for (unsigned i = 0; i < COUNT_OF(units); i++) {
		char path[4 * REPUTATION_KEY_MAX + 4] = "/";
		struct reputation_key k = { 0 };

		for (unsigned n = 0; n < REPUTATION_KEY_MAX; n++)
			strcat(path, units[i]);
		CHECK_ROW(units[i], make_from("host.test", 9, path, &k));
		CHECK_ROW(units[i], k.host_bytes == 9 && k.path_bytes >= 1);
		CHECK_ROW(units[i], k.host_bytes + k.path_bytes < REPUTATION_KEY_MAX);
	}
}
