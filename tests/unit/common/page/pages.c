/* SPDX-License-Identifier: BSD-3-Clause */
/* A directory of templates: what is found, what is refused, who gets which, and redirections. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/page/page.h"
#include "tests/unit/harness.h"

#define BASE "dataplane: {addresses: [192.0.2.1/24], port: {interface: eth1}}\n"

static char directory[] = "/tmp/sluice-pages-XXXXXX";

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	CHECK(f != NULL);
	fputs(text, f);
	fclose(f);
}

static void
remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	CHECK(unlink(path) == 0);
}

static int
load(const char *more, struct pages **out, char *error)
{
	char text[1024];
	struct config *c = NULL;
	int rc;

	snprintf(text, sizeof(text), BASE "pages: {directory: %s%s}\n", directory, more);
	rc = config_load_text(span_text(text), "t", NULL, 0, &c, error);
	CHECK(rc == 0);
	if (rc == 0)
		rc = pages_load(c, out, error);
	config_free(c);
	return rc;
}

static const char *
shown(const struct pages *p, enum page_kind kind, const char *accept)
{
	static char out[PAGE_RENDERED_BYTES_MAX + 1];
	struct page_values values;
	struct page_choice c;

	page_sample_values(&values);
	pages_choose(p, kind, span_text(accept), &c);
	out[page_render(c.page, &values, out, sizeof(out) - 1, NULL)] = 0;
	return out;
}

TEST(what_a_directory_holds)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct page_choice c;
	struct pages *p = NULL;

	CHECK(mkdtemp(directory) != NULL);
	write_file("README", "{{nonsense}}");
	write_file(".blocked.html", "{{nonsense}}");
	CHECK(load("", &p, error) == 0);
	CHECK(strstr(shown(p, PAGE_BLOCKED, "de"), "Access blocked") != NULL);
	CHECK(pages_get(p, PAGE_BLOCKED, 0, &c) && c.file == NULL);
	CHECK(!pages_get(p, PAGE_BLOCKED, 1, &c));
	pages_free(p);

	write_file("blocked.de.html", "gesperrt");
	CHECK(load("", &p, error) == 0);
	CHECK(strcmp(shown(p, PAGE_BLOCKED, "de"), "gesperrt") == 0);
	CHECK(strstr(shown(p, PAGE_BLOCKED, "fr"), "Access blocked") != NULL);
	CHECK(strcmp(shown(p, PAGE_ERROR, "de"), "gesperrt") == 0);
	CHECK(strstr(shown(p, PAGE_SCANNING, "de"), "Being inspected") != NULL);
	pages_free(p);

	write_file("blocked.html", "blocked");
	write_file("error.html", "error");
	CHECK(load("", &p, error) == 0);
	CHECK(strcmp(shown(p, PAGE_BLOCKED, "fr"), "blocked") == 0);
	CHECK(strcmp(shown(p, PAGE_BLOCKED, "de"), "gesperrt") == 0);
	CHECK(strcmp(shown(p, PAGE_ERROR, "de"), "error") == 0);
	CHECK(pages_get(p, PAGE_BLOCKED, 0, &c) && strcmp(c.language, "en") == 0);
	pages_free(p);

	remove_file("blocked.html");
	CHECK(load(", language: de", &p, error) == 0);
	CHECK(strcmp(shown(p, PAGE_BLOCKED, "fr"), "gesperrt") == 0);
	pages_free(p);
}

TEST(what_a_directory_may_not_hold)
{
	static const struct {
		const char *name, *file, *text, *error;
	} rows[] = {
		{ "another page", "blokced.html", "x", "blokced.html: expected blocked.html" },
		{ "no language", "blocked.d_e.html", "x", "expected blocked.html" },
		{ "an empty language", "blocked..html", "x", "expected blocked.html" },
		{ "a wrong template", "error.fr.html", "a\n{{b}}",
		    "error.fr.html:2: unknown variable 'b'" },
		{ "a language twice", "blocked.DE.html", "x", "is the page for language de" },
	};
	char error[CONFIG_ERROR_TEXT_MAX], path[128], large[PAGE_TEMPLATE_BYTES_MAX + 2];
	struct pages *p = NULL;

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		write_file(rows[i].file, rows[i].text);
		CHECK_ROW(rows[i].name, load("", &p, error) == -EINVAL);
		CHECK_ROW(rows[i].name, strstr(error, rows[i].error) != NULL);
		remove_file(rows[i].file);
	}
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = 0;
	write_file("scanning.html", large);
	CHECK(load("", &p, error) == -EINVAL && strstr(error, "larger than 32768") != NULL);
	large[sizeof(large) - 2] = 0;
	write_file("scanning.html", large);
	CHECK(load("", &p, error) == 0);
	pages_free(p);
	remove_file("scanning.html");
	snprintf(path, sizeof(path), "%s/scanning.html", directory);
	CHECK(mkfifo(path, 0600) == 0); /* nobody writes to it: must not be waited for */
	CHECK(load("", &p, error) == -EINVAL && strstr(error, "a regular file") != NULL);
	remove_file("scanning.html");
	CHECK(load(", language: d_e", &p, error) == -EINVAL);
	CHECK(strstr(error, "pages.language: 'd_e'") != NULL);
}

/* A changed template is another policy, or a reload would leave the old page in place. */
TEST(the_stamp_follows_the_templates)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct pages *p = NULL;
	uint64_t before;

	CHECK(load("", &p, error) == 0);
	before = pages_stamp(p);
	pages_free(p);
	CHECK(load("", &p, error) == 0 && pages_stamp(p) == before);
	pages_free(p);
	write_file("error.html", "errors");
	CHECK(load("", &p, error) == 0 && pages_stamp(p) != before);
	pages_free(p);
}

TEST(redirections)
{
	static const struct {
		const char *name, *text, *error;
	} rows[] = {
		{ "right", "https://b.example/?u={{url}}&i={{id}}", NULL },
		{ "no path", "https://b.example", "expected an address" },
		{ "no scheme", "b.example/?{{url}}", "expected an address" },
		{ "a script", "javascript://b.example/%0a{{url}}", "expected an address" },
		{ "the host is a value", "https://{{url}}/", "expected an address" },
		{ "a user", "https://a@b.example/", "expected an address" },
		{ "unknown", "https://b.example/{{u}}", "pages.redirect:1: unknown variable 'u'" },
	};
	char error[CONFIG_ERROR_TEXT_MAX], more[256], location[PAGE_LOCATION_MAX];
	struct page_values values;
	struct pages *p = NULL;

	page_sample_values(&values);
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		snprintf(more, sizeof(more), ", redirect: \"%s\"", rows[i].text);
		CHECK_ROW(rows[i].name, (load(more, &p, error) == 0) == (rows[i].error == NULL));
		if (rows[i].error != NULL) {
			CHECK_ROW(rows[i].name, strstr(error, rows[i].error) != NULL);
			continue;
		}
		CHECK(pages_redirect(p, &values, location));
		CHECK(strcmp(location, "https://b.example/?u=downloads.example%2Ftools%2Fsetup.zip"
				       "&i=596d6a13853340608c697aa86d8f43d1") == 0);
		values.of[PAGE_VARIABLE_URL] = span_text("B.example/x");
		CHECK(!pages_redirect(p, &values, location)); /* it would go on for ever */
		memset(more, '<', sizeof(more));
		values.of[PAGE_VARIABLE_URL] = span_of(more, sizeof(more));
		CHECK(pages_redirect(p, &values, location));
		pages_free(p);
	}
	remove_file("README");
	remove_file(".blocked.html");
	remove_file("blocked.de.html");
	remove_file("error.html");
	CHECK(rmdir(directory) == 0);
	CHECK(load("", &p, error) == -EINVAL);
	CHECK(strstr(error, "pages.directory: /tmp/sluice-pages-") != NULL);
}

TEST(heads)
{
	char head[PAGE_HEAD_MAX + 1];
	struct page_values values;

	page_sample_values(&values);
	head[page_head(PAGE_BLOCKED, "1.0", "pt-BR", &values, 12, head)] = 0;
	CHECK(strcmp(head, "HTTP/1.0 403 Forbidden\r\nContent-Type: text/html; charset=utf-8\r\n"
			   "Content-Language: pt-BR\r\nContent-Length: 12\r\n"
			   "Cache-Control: no-store\r\n\r\n") == 0);
	head[page_head(PAGE_SCANNING, "1.1", "en", &values, 12, head)] = 0;
	CHECK(strncmp(head, "HTTP/1.1 503 ", 13) == 0);
	CHECK(strstr(head, "\r\nRefresh: 5\r\n\r\n") != NULL);
	CHECK(strstr(head, "\r\nRetry-After: 5\r\n") != NULL);
	head[page_redirect_head("1.1", REDIRECT_307, "https://h/", head)] = 0;
	CHECK(strncmp(head, "HTTP/1.1 307 ", 13) == 0);
	CHECK(strstr(head, "\r\nLocation: https://h/\r\nContent-Length: 0\r\n") != NULL);
}
