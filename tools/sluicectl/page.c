/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/page.h"

/* `value`: NULL where none follows. */
static bool
take_option(const char *name, const char *value, struct page_request *out, const char **error)
{
	static const char *const known[] = { "--language", "--config", "--open-as", "--source" };
	unsigned i = 0;

	while (i < sizeof(known) / sizeof(known[0]) && strcmp(name, known[i]) != 0)
		i++;
	*error = "page: expected --language, --source, --open-as or --config";
	if (i == sizeof(known) / sizeof(known[0]))
		return false;
	*error = "page: an option without its value";
	if (value == NULL)
		return false;
	if (strcmp(name, "--language") == 0) {
		out->language = value;
	} else if (strcmp(name, "--config") == 0) {
		out->config = value;
	} else if (strcmp(name, "--open-as") == 0) {
		*error = "page: --open-as: expected html or http";
		out->with_head = strcmp(value, "http") == 0;
		return out->with_head || strcmp(value, "html") == 0;
	} else {
		*error = "page: --source: expected the source of a verdict, as scanned or "
			 "encrypted";
		out->source = source_by_word(span_text(value));
		return out->source != SOURCE_COUNT;
	}
	return true;
}

bool
page_request_parse(int argc, char **argv, struct page_request *out, const char **error)
{
	int at = 0;

	*out = (struct page_request){ .kind = PAGE_KIND_COUNT, .source = SOURCE_COUNT };
	if (argc > 0 && strcmp(argv[0], "preview") == 0) {
		*error = "page preview: expected blocked, error or scanning";
		out->kind = argc > 1 ? page_kind_by_word(argv[1]) : PAGE_KIND_COUNT;
		if (out->kind == PAGE_KIND_COUNT)
			return false;
		at = 2;
	}
	if (out->kind == PAGE_ERROR)
		out->source = SOURCE_ENCRYPTED;
	else if (out->kind != PAGE_KIND_COUNT)
		out->source = SOURCE_SCANNED;
	for (; at < argc; at += 2) {
		if (!take_option(argv[at], at + 1 < argc ? argv[at + 1] : NULL, out, error))
			return false;
	}
	return true;
}

static void
print_list(FILE *to, const struct pages *pages)
{
	struct page_choice c;

	for (unsigned k = 0; k < PAGE_KIND_COUNT; k++) {
		for (unsigned n = 0; pages_get(pages, k, n, &c); n++)
			fprintf(to, "%-10s%-12s%-9s%s\n", page_kind_word(k), c.language,
			    n == 0 ? "default" : "-", c.file != NULL ? c.file : "built in");
	}
}

void
page_print(FILE *to, const struct pages *pages, const struct page_request *request)
{
	static char out[PAGE_RENDERED_BYTES_MAX];
	char head[PAGE_HEAD_MAX], location[PAGE_LOCATION_MAX];
	struct page_values values;
	struct page_choice page;
	size_t bytes, n;

	if (request->kind == PAGE_KIND_COUNT) {
		print_list(to, pages);
		return;
	}
	page_sample_values(&values);
	values.source = request->source;
	values.of[PAGE_VARIABLE_SOURCE] = span_text(source_word(request->source));
	if (request->with_head && request->kind != PAGE_SCANNING &&
	    pages_redirect(pages, &values, location)) {
		n = page_redirect_head("1.1", REDIRECT_302, location, head);
		fwrite(head, 1, n, to);
		return;
	}
	pages_choose(pages, request->kind,
	    request->language != NULL ? span_text(request->language) : span_of(NULL, 0), &page);
	bytes = page_render(page.page, &values, out, sizeof(out), NULL);
	n = page_head(request->kind, "1.1", page.language, &values, bytes, head);
	if (request->with_head)
		fwrite(head, 1, n, to);
	fwrite(out, 1, bytes, to);
}
