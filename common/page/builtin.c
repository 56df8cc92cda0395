/* SPDX-License-Identifier: BSD-3-Clause */
/* The English pages, as they lie in config/pages/, within the program. */
#include "common/page/page.h"

#define EMBED(id, word)                                    \
	__asm__(".section .rodata\n"                       \
		"page_" #id ":\n"                          \
		".incbin \"config/pages/" word ".html\"\n" \
		"page_" #id "_end:\n"                      \
		".previous\n");                            \
	extern const char page_##id[], page_##id##_end[];

EMBED(blocked, "blocked")
EMBED(error, "error")
EMBED(scanning, "scanning")

static const struct {
	const char *word, *from, *to;
} kinds[PAGE_KIND_COUNT] = {
	[PAGE_BLOCKED] = { "blocked", page_blocked, page_blocked_end },
	[PAGE_ERROR] = { "error", page_error, page_error_end },
	[PAGE_SCANNING] = { "scanning", page_scanning, page_scanning_end },
};

const char *
page_kind_word(enum page_kind k)
{
	return kinds[k].word;
}

enum page_kind
page_kind_by_word(const char *word)
{
	enum page_kind k = 0;

	while (k < PAGE_KIND_COUNT && strcmp(word, kinds[k].word) != 0)
		k++;
	return k;
}

struct span
page_builtin(enum page_kind k)
{
	return span_of(kinds[k].from, (size_t)(kinds[k].to - kinds[k].from));
}
