/* SPDX-License-Identifier: BSD-3-Clause */
/* A template as it is kept: pieces in their order. Only files of this folder include it. */
#ifndef SLUICE_PAGE_INTERNAL_H
#define SLUICE_PAGE_INTERNAL_H

#include "common/page/page.h"

#define PAGE_ALL_SOURCES ((1u << SOURCE_COUNT) - 1)

enum page_escape {
	ESCAPE_NONE, /* literal text */
	ESCAPE_HTML,
	ESCAPE_URL
};

struct page_piece {
	enum page_escape escape;
	enum page_variable variable; /* unless ESCAPE_NONE */
	uint32_t sources;            /* bit by enum source: it is written for these only */
	struct span text;            /* ESCAPE_NONE: into page->text */
};

struct page {
	unsigned count;
	struct page_piece pieces[PAGE_PIECES_MAX];
	size_t bytes;
	char text[];
};

#endif
