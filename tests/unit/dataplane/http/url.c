/* SPDX-License-Identifier: BSD-3-Clause */
/* Targets taken apart, and as the log shows them. */
#include "dataplane/http/http.h"
#include "tests/unit/harness.h"

static const struct {
	const char *target, *host, *log;
} log_cases[] = {
	{ "http://example.test/a.txt?x", "", "example.test/a.txt?x" },
	{ "http://example.test/", "", "example.test" },
	{ "http://user:secret@example.test/p", "", "example.test/p" },
	{ "ftp://u:p@h/f", "", "h/f" },
	{ "secure.example.test:443", "", "secure.example.test:443" },
	{ "/path", "host.test:8080", "host.test:8080/path" },
	{ "/path", "user:secret@host.test", "host.test/path" },
	{ "/path", "user:secret@", "/path" },
	{ "http://./", "", "." },
	{ "http://[2001:db8::7]:8080/x", "", "[2001:db8::7]:8080/x" },
	{ "http://bad.test#@good.test/x", "", "bad.test#@good.test/x" },
	{ "http://bad.test?@good.test/x", "", "bad.test?@good.test/x" },
	{ "http://bad.test/@good.test/x", "", "bad.test/@good.test/x" },
	{ "http://good.test@bad.test/x", "", "bad.test/x" },
};

TEST(urls_for_the_log)
{
	for (unsigned i = 0; i < COUNT_OF(log_cases); i++) {
		char out[256];
		size_t n = http_url_for_log(
		    span_text(log_cases[i].target), span_text(log_cases[i].host), out, sizeof(out));

		CHECK_ROW(log_cases[i].target, span_is(span_of(out, n), log_cases[i].log));
	}
}

/* A buffer that is too small gets the beginning, and nothing behind it is written. */
TEST(urls_for_the_log_are_cut_to_the_room)
{
	for (unsigned i = 0; i < COUNT_OF(log_cases); i++) {
		for (size_t room = 0; room <= strlen(log_cases[i].log); room++) {
			char out[256];

			memset(out, 0x5a, sizeof(out));
			CHECK_ROW(log_cases[i].target,
			    http_url_for_log(span_text(log_cases[i].target),
				span_text(log_cases[i].host), out, room) == room);
			CHECK_ROW(log_cases[i].target, memcmp(out, log_cases[i].log, room) == 0);
			CHECK_ROW(log_cases[i].target, out[room] == 0x5a);
		}
	}
}

static const struct {
	const char *target, *scheme, *host, *port, *path, *query;
	bool is_authority;
} parts[] = {
	{ "http://h/p?q", "http", "h", "", "/p", "q", false },
	{ "http://h", "http", "h", "", "", "", false },
	{ "http://h:8080", "http", "h", "8080", "", "", false },
	{ "http://h:/", "http", "h", "", "/", "", false },
	{ "http://h?q", "http", "h", "", "", "q", false },
	{ "http://h/p?", "http", "h", "", "/p", "", false },
	{ "http://h/p?a?b", "http", "h", "", "/p", "a?b", false },
	{ "http://u:p@h:1/", "http", "h", "1", "/", "", false },
	{ "http://u@v@h/", "http", "h", "", "/", "", false },
	{ "http://h/u@v", "http", "h", "", "/u@v", "", false },
	{ "http://h?u@v", "http", "h", "", "", "u@v", false },
	{ "http://h#@v/", "http", "h", "", "#@v/", "", false },
	{ "http://[2001:db8::7]:80/", "http", "2001:db8::7", "80", "/", "", false },
	{ "http://[2001:db8::7]/", "http", "2001:db8::7", "", "/", "", false },
	{ "http://[2001:db8::7", "http", "[2001", "db8::7", "", "", false },
	{ "svn+ssh://h/", "svn+ssh", "h", "", "/", "", false },
	{ "://h/", "", "", "", "//h/", "", false },
	{ "http:/h", "", "http", "", "/h", "", false },
	{ "h:443", "", "h", "443", "", "", true },
	{ "[2001:db8::7]:443", "", "2001:db8::7", "443", "", "", true },
	{ "h", "", "h", "", "", "", true },
	{ "*", "", "*", "", "", "", true },
	{ "/p?q", "", "", "", "/p", "q", false },
	{ "/", "", "", "", "/", "", false },
	{ "//h/p", "", "", "", "//h/p", "", false },
	{ "/a://b", "", "", "", "/a://b", "", false },
};

TEST(targets_are_taken_apart)
{
	struct http_url u;

	for (unsigned i = 0; i < COUNT_OF(parts); i++) {
		const char *row = parts[i].target;

		CHECK_ROW(row, http_url_parse(span_text(row), &u) == PARSE_DONE);
		CHECK_ROW(row, span_is(u.scheme, parts[i].scheme));
		CHECK_ROW(row, span_is(u.host, parts[i].host));
		CHECK_ROW(row, span_is(u.port, parts[i].port));
		CHECK_ROW(row, span_is(u.path, parts[i].path));
		CHECK_ROW(row, span_is(u.query, parts[i].query));
		CHECK_ROW(row, u.is_authority == parts[i].is_authority);
	}
	CHECK(http_url_parse(span_of(NULL, 0), &u) == PARSE_BAD);
}

/* The host that the log names is the one that is asked for, wherever a '@' stands. */
TEST(the_log_names_the_host_that_is_asked)
{
	for (unsigned i = 0; i < COUNT_OF(parts); i++) {
		char out[256];
		struct http_url u;
		size_t n = http_url_for_log(
		    span_text(parts[i].target), span_of(NULL, 0), out, sizeof(out));
		size_t skip = n > 0 && out[0] == '[' && parts[i].host[0] != '[' ? 1 : 0;

		http_url_parse(span_text(parts[i].target), &u);
		CHECK_ROW(
		    parts[i].target, n >= skip + u.host.bytes &&
					 span_equal(u.host, span_of(out + skip, u.host.bytes)));
	}
}
