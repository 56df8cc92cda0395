/* SPDX-License-Identifier: BSD-3-Clause */
/* Cuts a template into pieces: text, and what stands in double braces. */
#include "common/page/page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/page/context.h"
#include "common/page/internal.h"

struct cutter {
	struct page *page;
	enum page_form form;
	const char *name;
	char *error;
	struct context context;
	uint32_t sources; /* of what comes now */
	unsigned if_line; /* where the open {{if}} stands; 0: none is open */
	bool has_else;
};

static const char *const words[PAGE_VARIABLE_COUNT] = {
#define X(id, word, sample) [PAGE_VARIABLE_##id] = word,
	PAGE_VARIABLES(X)
#undef X
};

static unsigned
line_of(const struct page *p, const uint8_t *at)
{
	unsigned line = 1;

	for (const uint8_t *c = (const uint8_t *)p->text; c < at; c++)
		line += *c == '\n';
	return line;
}

__attribute__((format(printf, 3, 4))) static int
fail(const struct cutter *c, const uint8_t *at, const char *format, ...)
{
	va_list args;
	int n =
	    snprintf(c->error, CONFIG_ERROR_TEXT_MAX, "%.200s:%u: ", c->name, line_of(c->page, at));

	va_start(args, format);
	vsnprintf(c->error + n, CONFIG_ERROR_TEXT_MAX - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}

static int
add(struct cutter *c, const uint8_t *at, struct page_piece piece)
{
	struct page *p = c->page;

	if (p->count == PAGE_PIECES_MAX)
		return fail(c, at, "more than %d pieces of text and variables", PAGE_PIECES_MAX);
	piece.sources = c->sources;
	p->pieces[p->count++] = piece;
	return 0;
}

static int
add_text(struct cutter *c, struct span text)
{
	if (text.bytes == 0)
		return 0;
	if (c->form == PAGE_HTML)
		context_feed(&c->context, text);
	return add(c, text.data, (struct page_piece){ .escape = ESCAPE_NONE, .text = text });
}

static int
add_variable(struct cutter *c, struct span word)
{
	enum page_variable v = 0;
	enum page_escape escape = ESCAPE_URL;
	char known[256];
	size_t n = 0;

	while (v < PAGE_VARIABLE_COUNT && !span_is(word, words[v]))
		v++;
	if (span_is(word, "uuid"))
		v = PAGE_VARIABLE_ID;
	if (v == PAGE_VARIABLE_COUNT) {
		for (v = 0; v < PAGE_VARIABLE_COUNT && n < sizeof(known); v++)
			n += (size_t)snprintf(
			    known + n, sizeof(known) - n, "%s%s", v > 0 ? ", " : "", words[v]);
		return fail(c, word.data, "unknown variable '%.*s', expected one of %s",
		    (int)(word.bytes < 40 ? word.bytes : 40), word.data, known);
	}
	if (c->form == PAGE_HTML) {
		switch (context_place(&c->context)) {
		case CONTEXT_URL:
			break;
		case CONTEXT_TEXT:
		case CONTEXT_ATTRIBUTE:
			escape = ESCAPE_HTML;
			break;
		default:
			return fail(c, word.data,
			    "{{%s}} stands where no escape makes it safe; expected it in text, or "
			    "in the quotes of an attribute other than style, srcdoc and on...",
			    words[v]);
		}
	}
	return add(c, word.data, (struct page_piece){ .escape = escape, .variable = v });
}

/* Within {{if}}, {{else}} and {{end}} must stand in text, so that each way is whole HTML. */
static int
check_place(const struct cutter *c, const uint8_t *at)
{
	if (c->form == PAGE_HTML && context_place(&c->context) == CONTEXT_TEXT)
		return 0;
	return fail(c, at, "if, else and end are expected between tags");
}

static int
open_if(struct cutter *c, struct span sources)
{
	const uint8_t *at = sources.data;
	int rc = check_place(c, at);

	if (rc != 0)
		return rc;
	if (c->if_line != 0)
		return fail(c, at, "an if within that of line %u", c->if_line);
	c->sources = 0;
	while (sources.bytes > 0) {
		struct span word = sources;
		enum source s;

		for (size_t i = 0; i < sources.bytes; i++) {
			if (sources.data[i] == ' ') {
				word = span_first(sources, i);
				break;
			}
		}
		s = source_by_word(word);
		if (s == SOURCE_COUNT)
			return fail(c, at,
			    "'%.*s' is no source of a verdict, expected scanned, cached, sandbox, "
			    "reputation, oversize, timeout, overload, encrypted, corrupt, "
			    "unsupported or error",
			    (int)(word.bytes < 40 ? word.bytes : 40), word.data);
		c->sources |= 1u << s;
		sources = span_trim(span_from(sources, word.bytes));
	}
	c->if_line = line_of(c->page, at);
	c->has_else = false;
	return 0;
}

static int
turn_or_close(struct cutter *c, const uint8_t *at, bool is_else)
{
	int rc = check_place(c, at);

	if (rc != 0)
		return rc;
	if (c->if_line == 0 || (is_else && c->has_else))
		return fail(c, at, "%s without an if", is_else ? "else" : "end");
	c->sources = is_else ? ~c->sources & PAGE_ALL_SOURCES : PAGE_ALL_SOURCES;
	c->has_else = is_else;
	if (!is_else)
		c->if_line = 0;
	return 0;
}

static int
add_braces(struct cutter *c, struct span inside)
{
	struct span word = span_trim(inside);

	if (word.bytes > 3 && memcmp(word.data, "if ", 3) == 0)
		return open_if(c, span_trim(span_from(word, 3)));
	if (span_is(word, "else") || span_is(word, "end"))
		return turn_or_close(c, word.data, word.data[1] == 'l');
	if (word.bytes == 0)
		return fail(c, inside.data, "no variable within the braces");
	return add_variable(c, word);
}

static int
cut(struct cutter *c)
{
	struct span rest = span_of(c->page->text, c->page->bytes);
	const uint8_t *open, *close;
	int rc = 0;

	while (rc == 0 && (open = span_find(rest, "{{")) != NULL) {
		struct span inside = span_from(rest, (size_t)(open + 2 - rest.data));

		close = span_find(inside, "}}");
		if (close == NULL)
			return fail(c, open, "'{{' without '}}'");
		rc = add_text(c, span_first(rest, (size_t)(open - rest.data)));
		if (rc == 0)
			rc = add_braces(c, span_first(inside, (size_t)(close - inside.data)));
		rest = span_from(rest, (size_t)(close + 2 - rest.data));
	}
	if (rc == 0)
		rc = add_text(c, rest);
	if (rc == 0 && c->if_line != 0)
		return fail(c, (const uint8_t *)c->page->text + c->page->bytes,
		    "the if of line %u has no end", c->if_line);
	return rc;
}

int
page_parse(struct span text, enum page_form form, const char *name, struct page **out,
    char error[CONFIG_ERROR_TEXT_MAX])
{
	struct cutter c = { .form = form,
		.name = name,
		.error = error,
		.context = CONTEXT_BEGIN,
		.sources = PAGE_ALL_SOURCES };
	const uint8_t *nul;
	int rc;

	if (text.bytes > PAGE_TEMPLATE_BYTES_MAX) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "%.200s: larger than %d bytes", name,
		    PAGE_TEMPLATE_BYTES_MAX);
		return -EINVAL;
	}
	c.page = calloc(1, sizeof(*c.page) + text.bytes + 1);
	if (c.page == NULL) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	c.page->bytes = text.bytes;
	if (text.bytes > 0)
		memcpy(c.page->text, text.data, text.bytes);
	nul = memchr(c.page->text, 0, text.bytes);
	rc = nul != NULL ? fail(&c, nul, "a NUL byte; expected text") : cut(&c);
	if (rc != 0) {
		page_free(c.page);
		return rc;
	}
	*out = c.page;
	return 0;
}

void
page_free(struct page *p)
{
	free(p);
}
