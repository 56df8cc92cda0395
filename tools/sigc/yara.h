/* SPDX-License-Identifier: BSD-3-Clause */
/* YARA rules between yara.c, which reads their text, and yara_condition.c, which compiles them. */
#ifndef SLUICE_SIGC_YARA_H
#define SLUICE_SIGC_YARA_H

#include "tools/sigc/sigc.h"

/* A string of a rule, as a part of a logical signature (logical.c), without its offset. */
struct yara_string {
	struct span id;       /* without its $ */
	size_t text, bytes;   /* hexadecimal pattern and ::modifiers, in the file's `texts` */
	enum skip_reason why; /* SKIP_COUNT: it can be honoured */
	bool is_one_form;     /* one pattern of one length: its matches can be counted */
	uint8_t plain_bytes;  /* 1 to 3: so few, `plain`, and no modifiers: can be read, not looked
				 for */
	uint8_t plain[3];
};

struct yara_rule {
	struct span name, condition;
	struct sigc_origin origin;
	size_t strings, string_count; /* struct yara_string in the file's table */
	bool is_private;
};

/* A span of text being read. */
struct yara_text {
	struct span left;
	uint32_t line;
};

/* yara.c: over blanks and comments; a word of letters, digits and _ (empty: there is none). */
void yara_skip_blanks(struct yara_text *t);
struct span yara_take_word(struct yara_text *t);
/* Takes these characters if they come next. */
bool yara_take(struct yara_text *t, const char *what);
/* Decimal or 0x…, with KB or MB behind; false: there is none, or it is larger than 60 bits. */
bool yara_take_number(struct yara_text *t, uint64_t *out);

/*
 * yara_condition.c: adds the rule, counts and names it where it can't be honoured. `strings` are
 * its own, `texts` what they point into.
 */
void yara_compile(struct sigc *s, const struct yara_rule *r, const struct yara_string *strings,
    const uint8_t *texts);

#endif
