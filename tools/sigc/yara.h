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

/* All rules that have been read before, for what names one of them. */
struct yara_rules {
	const struct yara_rule *rules;
	size_t count;
	const struct yara_string *strings; /* of all rules */
	const uint8_t *texts;
};

/*
 * yara_condition.c: adds rule `i`, counts and names it where it can't be honoured. A private one is
 * compiled where others name it; here only whether it can be.
 */
void yara_compile(struct sigc *s, const struct yara_rules *all, size_t i);

/* A condition being read; of a rule, or of one that it names. */
struct condition {
	struct sigc *s;
	struct yara_text text;
	const struct yara_rules *all;
	const struct yara_rule *rule;
	uint32_t name, parts[GENERATION_RULE_PARTS_MAX];
	unsigned part_count, nesting, depth, steps; /* depth: values on the stack */
	enum skip_reason why;
};

/* Parts without one of which a term can't hold; 0: it may hold without any. */
typedef uint64_t triggers;

/* What was read: whether it holds, or a number. */
struct term {
	bool is_number, is_constant;
	uint64_t constant;
	const struct yara_string *counted; /* a number that is #a, nothing more */
	triggers triggers;                 /* of a number: it is undefined without them */
};

/* yara_condition.c, for yara_number.c: -ENOTSUP with `c->why` set. */
int yara_leave_out(struct condition *c, enum skip_reason why);
int yara_add_step(struct condition *c, struct generation_step step, unsigned taken);
bool yara_take_keyword(struct condition *c, const char *word);
/* The string whose name follows; NULL: the rule has none. */
const struct yara_string *yara_take_string(struct condition *c);
/* The rule's own number of the part; it is compiled unless an equal one has been. */
int yara_add_part(
    struct condition *c, const struct yara_string *y, const char *offset, uint16_t *out);
/* What binds closest: "( … )", "$a …", "N of …", a rule's name. */
int yara_read_primary(struct condition *c, struct term *out);
/* yara_number.c: a comparison, or what stands alone in its place. */
int yara_read_relation(struct condition *c, struct term *out);
/* The same without the comparison: what is inside uint16(…). */
int yara_read_number(struct condition *c, struct term *out);
/* "#a", "@a", "filesize", "uint16(…)"; false: none of these follows, and nothing is taken. */
bool yara_starts_number(struct condition *c);
int yara_read_operand(struct condition *c, struct term *out);
int yara_push_constant(struct condition *c, uint64_t number, struct term *out);

#endif
