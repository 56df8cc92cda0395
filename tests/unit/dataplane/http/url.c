/* SPDX-License-Identifier: BSD-3-Clause */
/* Targets as the log shows them, and names of files. */
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
	{ "http://./", "", "." },
	{ "http://[2001:db8::7]:8080/x", "", "[2001:db8::7]:8080/x" },
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

static const struct {
	const char *disposition, *target, *name;
} name_cases[] = {
	{ NULL, "http://h/dir/a.bin?q", "a.bin" },
	{ NULL, "http://h/dir/", "" },
	{ NULL, "http://h/a%20b", "a b" },
	{ "attachment; filename=\"b.zip\"", "http://h/x", "b.zip" },
	{ "attachment; filename=plain.txt; size=3", "http://h/x", "plain.txt" },
	{ "attachment; filename=\"a\\\"b\"", "http://h/x", "a\"b" },
	{ "attachment; filename=\"old\"; filename*=utf-8''n%C3%A4w", "http://h/x", "n\xc3\xa4w" },
};

TEST(file_names)
{
	for (unsigned i = 0; i < COUNT_OF(name_cases); i++) {
		struct http_head request = { .target = span_text(name_cases[i].target) },
				 response = { 0 };
		char out[256];
		size_t n;

		if (name_cases[i].disposition != NULL) {
			response.field_count = 1;
			response.fields[0].name = span_text("content-disposition");
			response.fields[0].value = span_text(name_cases[i].disposition);
		}
		n = http_filename(&request, &response, out, sizeof(out));
		CHECK_ROW(name_cases[i].name, span_is(span_of(out, n), name_cases[i].name));
	}
}
