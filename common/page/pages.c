/* SPDX-License-Identifier: BSD-3-Clause */
/* The pages of a configuration: those of its directory, and the built-in ones where it has none. */
#include "common/page/page.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/siphash.h"
#include "common/page/internal.h"

#define SUFFIX ".html"

struct entry {
	struct page *page;
	bool is_default; /* of a file without a language in its name */
	char language[PAGE_LANGUAGE_MAX];
	char *file; /* NULL: built in */
};

struct pages {
	unsigned count[PAGE_KIND_COUNT];
	struct entry entries[PAGE_KIND_COUNT][PAGE_LANGUAGES_MAX + 1]; /* the default first */
	const char *tags[PAGE_KIND_COUNT][PAGE_LANGUAGES_MAX + 1];
	bool is_shared; /* the error pages are the blocked ones of the directory */
	struct page *redirect;
	struct span redirect_host; /* into the template */
	uint64_t stamp;
};

__attribute__((format(printf, 2, 3))) static int
fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, CONFIG_ERROR_TEXT_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

/* Reads a regular file of bounded size; `text` has room for one byte more than may be. */
static int
read_file(const char *file, char text[PAGE_TEMPLATE_BYTES_MAX + 1], size_t *bytes, char *error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = 0;
	ssize_t n = 1;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = fail(error, "%.300s: %s", file,
		    fd < 0 ? strerror(errno) : "expected a regular file");
	*bytes = 0;
	while (rc == 0 && n > 0 && *bytes <= PAGE_TEMPLATE_BYTES_MAX) {
		n = read(fd, text + *bytes, PAGE_TEMPLATE_BYTES_MAX + 1 - *bytes);
		if (n < 0)
			rc = fail(error, "%.300s: %s", file, strerror(errno));
		else
			*bytes += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

static struct entry *
find(struct pages *p, enum page_kind kind, const char *language)
{
	for (unsigned i = 0; i < p->count[kind]; i++) {
		if (strcasecmp(p->entries[kind][i].language, language) == 0)
			return &p->entries[kind][i];
	}
	return NULL;
}

static void
stamp(struct pages *p, struct span text)
{
	static const struct siphash_key key = { 0x736c756963652d70, 0x6167657300000001 };

	p->stamp = (p->stamp << 1 | p->stamp >> 63) ^ siphash(&key, text.data, text.bytes);
}

/* Takes `file` when it succeeds. */
static int
add(struct pages *p, enum page_kind kind, const char *language, bool is_default, char *file,
    struct span text, char *error)
{
	const struct entry *same = find(p, kind, language);
	struct entry *e = &p->entries[kind][p->count[kind]];
	int rc;

	if (same != NULL)
		return fail(error, "%.300s: %s is the page for language %s already", file,
		    same->file, language);
	if (p->count[kind] == PAGE_LANGUAGES_MAX)
		return fail(error, "%.300s: more than %d languages", file, PAGE_LANGUAGES_MAX);
	rc = page_parse(text, PAGE_HTML, file != NULL ? file : "built-in page", &e->page, error);
	if (rc != 0)
		return rc;
	e->is_default = is_default;
	e->file = file;
	snprintf(e->language, sizeof(e->language), "%s", language);
	stamp(p, span_text(language));
	stamp(p, text);
	p->count[kind]++;
	return 0;
}

/* KIND.html or KIND.TAG.html. */
static int
add_file(struct pages *p, const struct config *c, const char *name, char *error)
{
	size_t word = strcspn(name, "."), end = strlen(name) - strlen(SUFFIX);
	char kind_word[16], language[PAGE_LANGUAGE_MAX], *file = NULL;
	char text[PAGE_TEMPLATE_BYTES_MAX + 1];
	enum page_kind kind;
	size_t bytes;
	int rc = 0;

	snprintf(kind_word, sizeof(kind_word), "%.*s", (int)word, name);
	kind = page_kind_by_word(kind_word);
	if (kind == PAGE_KIND_COUNT ||
	    (end > word && !language_is_tag(span_of(name + word + 1, end - word - 1))))
		return fail(error,
		    "%.200s/%.100s: expected blocked.html, error.html or scanning.html, with a "
		    "language as in blocked.de.html",
		    c->pages.directory, name);
	if (end > word)
		snprintf(
		    language, sizeof(language), "%.*s", (int)(end - word - 1), name + word + 1);
	else
		snprintf(
		    language, sizeof(language), "%.*s", PAGE_LANGUAGE_MAX - 1, c->pages.language);
	if (asprintf(&file, "%s/%s", c->pages.directory, name) < 0)
		return fail(error, "out of memory");
	rc = read_file(file, text, &bytes, error);
	if (rc == 0)
		rc = add(p, kind, language, end == word, file, span_of(text, bytes), error);
	if (rc != 0)
		free(file);
	return rc;
}

static int
is_page(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > strlen(SUFFIX) &&
	       strcmp(d->d_name + n - strlen(SUFFIX), SUFFIX) == 0;
}

static int
add_directory(struct pages *p, const struct config *c, char *error)
{
	struct dirent **files;
	int count, rc = 0;

	if (c->pages.directory == NULL || c->pages.directory[0] == 0)
		return 0;
	count = scandir(c->pages.directory, &files, is_page, alphasort);
	if (count < 0)
		return fail(
		    error, "pages.directory: %.300s: %s", c->pages.directory, strerror(errno));
	for (int i = 0; i < count; i++) {
		if (rc == 0)
			rc = add_file(p, c, files[i]->d_name, error);
		free(files[i]);
	}
	free(files);
	return rc;
}

/* The default is the file without a language, or that of pages.language, or the built-in one. */
static int
put_default_first(struct pages *p, const struct config *c, enum page_kind kind, char *error)
{
	struct entry *list = p->entries[kind], *first = find(p, kind, c->pages.language), swap;
	int rc;

	for (unsigned i = 0; i < p->count[kind]; i++) {
		if (list[i].is_default)
			first = &list[i];
	}
	if (first == NULL) {
		rc = page_parse(page_builtin(kind), PAGE_HTML, page_kind_word(kind),
		    &list[p->count[kind]].page, error);
		if (rc != 0)
			return rc;
		first = &list[p->count[kind]++];
		first->is_default = true;
		snprintf(first->language, sizeof(first->language), "en");
	}
	swap = list[0];
	list[0] = *first;
	*first = swap;
	return 0;
}

static int
complete(struct pages *p, const struct config *c, char *error)
{
	int rc = 0;

	p->is_shared = p->count[PAGE_ERROR] == 0 && p->count[PAGE_BLOCKED] > 0;
	for (unsigned k = 0; k < PAGE_KIND_COUNT && rc == 0; k++) {
		if (k == PAGE_ERROR && p->is_shared)
			continue;
		rc = put_default_first(p, c, k, error);
		for (unsigned i = 0; i < p->count[k]; i++)
			p->tags[k][i] = p->entries[k][i].language;
	}
	return rc;
}

/* An absolute address of http or https whose host is no variable, so that none of its values can
 * choose where a user is sent. */
static int
take_redirect(struct pages *p, const struct config *c, char *error)
{
	const char *text = c->pages.redirect, *host;
	size_t n;
	int rc;

	if (text == NULL || text[0] == 0)
		return 0;
	host = strstr(text, "://");
	host = host != NULL ? host + 3 : text;
	n = strcspn(host, "/?#");
	if ((strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0) || n == 0 ||
	    host[n] == 0 || memchr(host, '{', n) != NULL || memchr(host, '@', n) != NULL ||
	    strlen(text) >= PAGE_LOCATION_MAX || strpbrk(text, " \t\r\n\"<>\\") != NULL)
		return fail(error,
		    "pages.redirect: '%.200s', expected an address as "
		    "https://HOST/PATH?u={{url}}&i={{id}}",
		    text);
	rc = page_parse(span_text(text), PAGE_URL, "pages.redirect", &p->redirect, error);
	if (rc != 0)
		return rc;
	p->redirect_host = span_of(p->redirect->text + (host - text), n);
	stamp(p, span_text(text));
	return 0;
}

int
pages_load(const struct config *c, struct pages **out, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct pages *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	rc = language_is_tag(span_text(c->pages.language))
		 ? add_directory(p, c, error)
		 : fail(error, "pages.language: '%.60s', expected a language, as en or pt-BR",
		       c->pages.language);
	if (rc == 0)
		rc = complete(p, c, error);
	if (rc == 0)
		rc = take_redirect(p, c, error);
	if (rc != 0)
		pages_free(p);
	else
		*out = p;
	return rc;
}

void
pages_free(struct pages *p)
{
	if (p == NULL)
		return;
	for (unsigned k = 0; k < PAGE_KIND_COUNT; k++) {
		for (unsigned i = 0; i < p->count[k]; i++) {
			page_free(p->entries[k][i].page);
			free(p->entries[k][i].file);
		}
	}
	page_free(p->redirect);
	free(p);
}

static enum page_kind
kept_as(const struct pages *p, enum page_kind kind)
{
	return kind == PAGE_ERROR && p->is_shared ? PAGE_BLOCKED : kind;
}

bool
pages_get(const struct pages *p, enum page_kind kind, unsigned n, struct page_choice *out)
{
	const struct entry *e;

	kind = kept_as(p, kind);
	if (n >= p->count[kind])
		return false;
	e = &p->entries[kind][n];
	*out = (struct page_choice){ e->page, e->language, e->file };
	return true;
}

void
pages_choose(const struct pages *p, enum page_kind kind, struct span accept_language,
    struct page_choice *out)
{
	enum page_kind k = kept_as(p, kind);

	pages_get(p, k, language_choose(accept_language, p->tags[k], p->count[k]), out);
}

uint64_t
pages_stamp(const struct pages *p)
{
	return p->stamp;
}

bool
pages_redirect(const struct pages *p, const struct page_values *values, char out[PAGE_LOCATION_MAX])
{
	struct span host = values->of[PAGE_VARIABLE_URL];
	const uint8_t *slash = host.bytes > 0 ? memchr(host.data, '/', host.bytes) : NULL;
	bool whole;
	size_t n;

	if (p->redirect == NULL)
		return false;
	if (slash != NULL)
		host = span_first(host, (size_t)(slash - host.data));
	if (host.bytes == p->redirect_host.bytes &&
	    strncasecmp((const char *)host.data, (const char *)p->redirect_host.data, host.bytes) ==
		0)
		return false;
	n = page_render(p->redirect, values, out, PAGE_LOCATION_MAX - 1, &whole);
	out[n] = 0;
	return whole;
}
