/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pages that users see: templates with variables, parsed once when a configuration is read,
 * rendered per object into the caller's buffer. What came from the wire is escaped for the place
 * that it stands in (context.h); a place where no escape helps is an error of the template.
 *
 *     {{url}}                          a value, see PAGE_VARIABLES
 *     {{if encrypted corrupt}} … {{else}} … {{end}}    only for those sources of a verdict
 *
 * template.c parses, render.c writes, language.c chooses by Accept-Language, pages.c holds all
 * pages of a configuration, builtin.c those that come with the program. Immutable once made, so any
 * thread may render. Nothing but pages_load() touches a file.
 */
#ifndef SLUICE_PAGE_H
#define SLUICE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"
#include "common/config/config.h"

#define PAGE_TEMPLATE_BYTES_MAX 32768
#define PAGE_RENDERED_BYTES_MAX 65536
#define PAGE_PIECES_MAX         128
#define PAGE_LANGUAGE_MAX       36 /* with NUL: what BCP 47 asks to have room for */
#define PAGE_LANGUAGES_MAX      32 /* of each kind */
#define PAGE_LOCATION_MAX       2048
#define PAGE_HEAD_MAX           3072

/* id, the word in templates, the value that a preview shows */
#define PAGE_VARIABLES(X)                                  \
	X(URL, "url", "downloads.example/tools/setup.zip") \
	X(FILE, "file", "setup.zip")                       \
	X(FORMAT, "format", "ArchiveZip")                  \
	X(SIZE, "size", "48129")                           \
	X(CLIENT, "client", "192.0.2.44")                  \
	X(USER, "user", "jdoe")                            \
	X(VERDICT, "verdict", "bad")                       \
	X(SOURCE, "source", "scanned")                     \
	X(THREAT, "threat", "Eicar-Test-Signature")        \
	X(REASON, "reason", "it contains a threat")        \
	X(ID, "id", "596d6a13853340608c697aa86d8f43d1")    \
	X(TIME, "time", "2026-11-28 17:00:00 UTC")         \
	X(WAITED, "waited_s", "12")                        \
	X(RETRY, "retry_s", "5")

enum page_variable {
#define X(id, word, sample) PAGE_VARIABLE_##id,
	PAGE_VARIABLES(X)
#undef X
	PAGE_VARIABLE_COUNT
};

struct page_values {
	enum source source; /* what {{if}} asks */
	struct span of[PAGE_VARIABLE_COUNT];
};

/* A template is HTML, or a URL whose values are percent-encoded. */
enum page_form {
	PAGE_HTML,
	PAGE_URL
};

struct page;

/*
 * Parses a template; `name` stands for it in messages. -EINVAL with "NAME:LINE: what, expected
 * what", -ENOMEM.
 */
int page_parse(struct span text, enum page_form form, const char *name, struct page **out,
    char error[CONFIG_ERROR_TEXT_MAX]);
void page_free(struct page *p);

/* Returns the bytes written, at most `room`: of a page that would be longer the beginning, up to a
 * whole piece of text or character of a value. `*whole` (may be NULL): whether it is all there. */
size_t page_render(
    const struct page *p, const struct page_values *values, char *out, size_t room, bool *whole);

/* Every variable with its sample. */
void page_sample_values(struct page_values *out);

enum page_kind {
	PAGE_BLOCKED,  /* a threat, or a bad URL */
	PAGE_ERROR,    /* what could not be judged, and policy blocks */
	PAGE_SCANNING, /* a sandbox has it; the browser asks again */
	PAGE_KIND_COUNT
};

const char *page_kind_word(enum page_kind k);
enum page_kind page_kind_by_word(const char *word); /* PAGE_KIND_COUNT: none of ours */

/* The English page of that kind that comes with the program. */
struct span page_builtin(enum page_kind k);

/* One of a set, lent by it. */
struct page_choice {
	const struct page *page;
	const char *language; /* for Content-Language */
	const char *file;     /* NULL: built in */
};

struct pages;

/*
 * Reads and parses the files of pages.directory: KIND.html, in the language of pages.language, and
 * KIND.TAG.html; where one is missing the built-in page serves, for `error` first the `blocked` of
 * the directory. Parses pages.redirect. -EINVAL or -errno with a sentence; nothing is kept then.
 */
int pages_load(const struct config *c, struct pages **out, char error[CONFIG_ERROR_TEXT_MAX]);
void pages_free(struct pages *p);
/* By an Accept-Language field (RFC 9110 §12.5.4); without one, or where none fits, the default. */
void pages_choose(const struct pages *p, enum page_kind kind, struct span accept_language,
    struct page_choice *out);
/* The n-th of a kind, 0 being the default; false: there are not so many. */
bool pages_get(const struct pages *p, enum page_kind kind, unsigned n, struct page_choice *out);
/* Differs when a template differs. */
uint64_t pages_stamp(const struct pages *p);

/*
 * Where a blocked request is sent instead of a page, in `out`, NUL-terminated. False: nowhere, or
 * what is asked for lies at that very host (an endless loop), or the address has no room.
 */
bool pages_redirect(
    const struct pages *p, const struct page_values *values, char out[PAGE_LOCATION_MAX]);

/*
 * The HTTP head that a page of `bytes` goes out with: 403, for PAGE_SCANNING 503 with Refresh and
 * Retry-After, both from PAGE_VARIABLE_RETRY. Returns its length.
 */
size_t page_head(enum page_kind kind, const char *version, const char *language,
    const struct page_values *values, size_t bytes, char out[PAGE_HEAD_MAX]);
/* The head of an answer without a body that sends the client elsewhere. */
size_t page_redirect_head(const char *version, enum config_redirect_status status,
    const char *location, char out[PAGE_HEAD_MAX]);

/* language.c: the tag that fits an Accept-Language field best, 0 where none does. */
unsigned language_choose(struct span accept_language, const char *const *tags, unsigned count);
/* Whether it is made as a tag is (RFC 5646 §2.1), and short enough. */
bool language_is_tag(struct span tag);

#endif
