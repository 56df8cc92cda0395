/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl page: its words, and what it prints. */
#include "tools/sluicectl/page.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

static const struct {
	const char *name;
	char *words[6];
	const char *error; /* NULL: right */
} rows[] = {
	{ "the list", { NULL }, NULL },
	{ "a page", { "preview", "blocked" }, NULL },
	{ "all options", { "preview", "error", "--language", "de", "--source", "corrupt" }, NULL },
	{ "as it goes out", { "preview", "scanning", "--open-as", "http" }, NULL },
	{ "no page", { "preview" }, "expected blocked, error or scanning" },
	{ "no such page", { "preview", "block" }, "expected blocked, error or scanning" },
	{ "no such option", { "preview", "error", "--lang", "de" }, "expected --language" },
	{ "no such option, and the last word", { "preview", "error", "--lang" },
	    "expected --language" },
	{ "no value", { "preview", "error", "--language" }, "without its value" },
	{ "no such form", { "preview", "error", "--open-as", "pdf" }, "html or http" },
	{ "no such source", { "preview", "error", "--source", "x" }, "source of a verdict" },
};

TEST(page_words)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct page_request r;
		const char *error = "";
		int argc = 0;
		bool good;

		while (argc < 6 && rows[i].words[argc] != NULL)
			argc++;
		good = page_request_parse(argc, (char **)(uintptr_t)rows[i].words, &r, &error);
		CHECK_ROW(rows[i].name, good == (rows[i].error == NULL));
		CHECK_ROW(rows[i].name, good || strstr(error, rows[i].error) != NULL);
	}
}

static char *
printed(const struct page_request *r)
{
	static const char text[] = "dataplane: {addresses: [192.0.2.1/24], "
				   "port: {interface: eth1}}\n";
	char error[CONFIG_ERROR_TEXT_MAX], *out = NULL;
	struct config *c = NULL;
	struct pages *p = NULL;
	size_t bytes;
	FILE *f = open_memstream(&out, &bytes);

	CHECK(config_load_text(span_text(text), "t", NULL, 0, &c, error) == 0);
	CHECK(pages_load(c, &p, error) == 0);
	page_print(f, p, r);
	fclose(f);
	pages_free(p);
	config_free(c);
	return out;
}

TEST(page_prints)
{
	char *list = printed(&(struct page_request){ .kind = PAGE_KIND_COUNT });
	char *html =
	    printed(&(struct page_request){ .kind = PAGE_ERROR, .source = SOURCE_ENCRYPTED });
	char *http = printed(&(struct page_request){
	    .kind = PAGE_SCANNING, .source = SOURCE_SANDBOX, .with_head = true });

	CHECK(strstr(list, "scanning  en          default  built in\n") != NULL);
	CHECK(strncmp(html, "<!DOCTYPE html>", 15) == 0);
	CHECK(strstr(html, "It is encrypted") != NULL && strstr(html, "too long") == NULL);
	CHECK(strncmp(http, "HTTP/1.1 503 ", 13) == 0 && strstr(http, "<html") != NULL);
	free(list);
	free(html);
	free(http);
}
