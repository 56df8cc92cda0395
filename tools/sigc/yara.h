/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YARA rules between yara.c, which reads their text, yara_condition.c, which compiles conditions,
 * and yara_rule.c, which makes rules of them.
 */
#ifndef SLUICE_SIGC_YARA_H
#define SLUICE_SIGC_YARA_H

#include "tools/sigc/sigc.h"

enum yara_form {
	YARA_TEXT,
	YARA_HEX,
	YARA_REGEX
};

/* A string of a rule, as a part of a logical signature (logical.c), without its offset. */
struct yara_string {
	struct span id; /* without its $ */
	uint32_t line;
	struct span written; /* between its quotes, braces or slashes */
	enum yara_form form;
	struct span flags; /* of a regular expression */
	bool nocase, wide, ascii, is_base64, is_base64_wide, has_alphabet, is_xor;
	uint8_t xor_min, xor_max;
	size_t text, bytes;   /* hexadecimal pattern and ::modifiers, in the file's `texts` */
	enum skip_reason why; /* SKIP_COUNT: it can be honoured */
	bool is_one_form;     /* one pattern of one length: its matches can be counted */
	uint8_t plain_bytes;  /* 1 to 3: so few, `plain`, and no modifiers: can be read, not looked
				 for */
	uint8_t plain[3];
};

struct yara_rule {
	struct span name, condition;
	struct span written; /* from the word "rule" to its last brace */
	struct sigc_origin origin;
	size_t strings, string_count; /* struct yara_string in the file's table */
	bool is_private, is_global;
};

/* A span of text being read. */
struct yara_text {
	struct span left;
	uint32_t line;
};

/* yara_text.c: so many bytes on, lines counted; whether the text goes on with this; over blanks and
 * comments; a word of letters, digits and _ (empty: there is none). */
void yara_skip(struct yara_text *t, size_t count);
bool yara_starts(const struct yara_text *t, const char *with);
void yara_skip_blanks(struct yara_text *t);
struct span yara_take_word(struct yara_text *t);
/* Over what this quote or slash, which comes next, encloses. */
void yara_skip_quoted(struct yara_text *t, uint8_t quote);
/* The next word that is in no text and no expression, and the character before it, ' ' for a word;
 * empty: no more. */
struct span yara_next_word(struct yara_text *t, uint8_t *before);
/* Takes these characters if they come next. */
bool yara_take(struct yara_text *t, const char *what);
/* Decimal or 0x…, with KB or MB behind; false: there is none, or it is larger than 60 bits. */
bool yara_take_number(struct yara_text *t, uint64_t *out);
/* One character of a text, escapes undone; how many bytes it took, 0: it is none. */
size_t yara_unescape(struct span from, uint8_t *out);

/* A source while it is read, and of it or what it includes the file that is read now. */
struct yara_source {
	struct sigc *s;
	struct sigc_table rules, strings, texts, buffers, imports, why;
	unsigned file_count;
	bool has_global;
};

struct yara_file {
	struct yara_source *to;
	const char *path;
	struct yara_text text;
	unsigned depth;
};

/* yara_string.c: -EINVAL, with the error set to `what` behind the file and the line. */
int yara_fail(struct yara_file *f, const char *what);
/* What stands between quotes, or slashes, escapes and all. -EINVAL: the line ends before it does.
 */
int yara_take_quoted(struct yara_file *f, uint8_t quote, struct span *inner);
/* "= TEXT modifiers", behind a string's name, which is added; -EINVAL: it is none. */
int yara_read_string(struct yara_file *f, struct span id);

/* All rules of a file and what it includes, and the modules that they may name. */
struct yara_rules {
	const struct yara_rule *rules;
	size_t count;
	const struct yara_string *strings; /* of all rules */
	const uint8_t *texts;
	const struct span *imports;
	size_t import_count;
	bool has_global; /* one binds all others: none is taken alone */
};

/*
 * yara_rule.c: adds rule `i`, counts it, and is 0. -ENOTSUP, and nothing was added: it can't
 * be honoured here, for `why`. A private one is compiled where others name it; here only whether it
 * can be.
 */
int yara_compile(struct sigc *s, const struct yara_rules *all, size_t i, enum skip_reason *why);
/* The same for a rule that is judged elsewhere: adds what must hold here for it to be asked. */
void yara_compile_gate(struct sigc *s, const struct yara_rules *all, size_t i, bool by_name);
/* Counts a rule that was taken. */
void yara_count(struct sigc *s, const struct yara_rules *all, size_t i);

/*
 * yara_needed.c: adds patterns, with modifiers and a NUL behind each, one of which stands wherever
 * the string matches; how many, 0: none is known. `is_eager`: also those that cost much to look
 * for.
 */
unsigned yara_needed(const struct yara_string *y, bool is_eager, struct sigc_table *out);

/* yara_regex.c: runs of bytes, one of which every match of an expression holds, in lower case where
 * `nocase`; false: none are known. */
#define YARA_RUN_MAX  24
#define YARA_RUNS_MAX 16
struct yara_run {
	uint8_t bytes[YARA_RUN_MAX];
	unsigned count;
};
struct yara_choice {
	struct yara_run runs[YARA_RUNS_MAX];
	unsigned count;
};
bool yara_regex_runs(struct span written, bool nocase, struct yara_choice *out);
unsigned yara_shortest_run(const struct yara_choice *c);

/* yara_deep.c: rules that libyara judges in the sandbox; `why[i]` tells why the rule is not taken
 * here, SKIP_COUNT: it is. Those that libyara refuses are left out by name. */
void yara_add_deep(struct sigc *s, const struct yara_rules *all, const enum skip_reason *why);

/* A condition being read; of a rule, or of one that it names. */
struct condition {
	struct sigc *s;
	struct yara_text text;
	const struct yara_rules *all;
	const struct yara_rule *rule;
	uint32_t name, parts[GENERATION_RULE_PARTS_MAX];
	unsigned part_count, nesting, depth, steps; /* depth: values on the stack */
	unsigned negations;                         /* that it is within */
	bool is_gate; /* what is not read may be anything (yara_gate.c) */
	/* Of a gate: how many parts a set of strings may have, each of some of them; and whether
	 * what costs much is looked for too. */
	unsigned set_parts;
	bool is_eager;
	bool lacks_parts; /* there were too many */
	bool by_name;     /* it hangs on a variable */
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
	uint32_t head;                     /* a number read at 0: its width, as STEP_READ has it */
	struct generation_head begins;     /* it can't hold of an object that begins otherwise */
};

/* yara_condition.c, for yara_number.c: -ENOTSUP with `c->why` set. */
int yara_leave_out(struct condition *c, enum skip_reason why);
int yara_add_step(struct condition *c, struct generation_step step, unsigned taken);
bool yara_take_keyword(struct condition *c, const char *word);
/* Those of the rule whose name is, or begins so, from *i on; NULL: no more. */
const struct yara_string *yara_next_string(
    const struct condition *c, struct span id, bool is_start, size_t *i);
/* The string whose name follows; NULL: the rule has none. */
const struct yara_string *yara_take_string(struct condition *c);
/* The rule's own number of the part; it is compiled unless an equal one has been. */
int yara_add_part(
    struct condition *c, const struct yara_string *y, const char *offset, uint16_t *out);
/* The same of a text, [OFFSET:]HEX[::MODIFIERS], or of several with a NUL behind each. */
int yara_add_text_part(struct condition *c, struct span text, uint16_t *out);
int yara_add_texts_part(struct condition *c, struct span texts, uint16_t *out);
/* What both need, of "and". */
void yara_join_and(struct term *to, const struct term *more);
/* A condition, to where it ends or what is not of it stands. */
int yara_read_condition(struct condition *c, struct term *out);
/* What binds closest: "( … )", "$a …", "N of …", a rule's name. */
int yara_read_primary(struct condition *c, struct term *out);
/* "$a" at an offset, or at any where that is empty, as a value that holds or not. */
int yara_use_string(
    struct condition *c, const struct yara_string *y, const char *offset, triggers *t);
/* "N of SET": how many, 0: all. */
int yara_read_of(struct condition *c, uint64_t least, bool none, triggers *t);

/* yara_set.c: "N of SET": how many, 0: all. */
int yara_read_of(struct condition *c, uint64_t least, bool none, triggers *t);

/* yara_name.c: whether it is filename, filepath … of generation_file.h; */
bool yara_is_variable(struct span word, unsigned *which);
/* what compares it and with what, behind that word; */
int yara_read_variable(struct condition *c, unsigned which);
/* and a byte for each rule: 1 where it, or one that it names, hangs on any. */
void yara_mark_by_name(const struct yara_rules *all, uint8_t *marks);

/* yara_gate.c: a place in the text to come back to, with all that was added behind it. */
struct yara_place {
	struct yara_text text;
	struct sigc_mark mark;
	unsigned part_count, nesting, depth, steps, negations;
};
struct yara_place yara_place(struct condition *c);
void yara_return(struct condition *c, const struct yara_place *to);
/* Whether what was read is whole: "and", "or", ")" or nothing comes next. */
bool yara_is_whole(struct condition *c);
/* What stands there, up to "and", "or" or a ')', may hold or not; less where it says what it needs.
 */
int yara_read_unknown(struct condition *c, struct term *out);
/* The same of a string that is not read here, at whatever place. */
int yara_push_needed(struct condition *c, const struct yara_string *y, triggers *t);

/* A string as it is where that is read, else what it needs; it may hold then. NULL: -ENOTSUP. */
int yara_push_string(struct condition *c, const struct yara_string *y, triggers *t);

/* yara_gate_number.c: what the comparison of numbers that stands there needs; -ENOTSUP: it is none,
 * or needs nothing. */
int yara_push_of_numbers(struct condition *c, triggers *t);

/* yara_number.c: a comparison, or what stands alone in its place. */
int yara_read_relation(struct condition *c, struct term *out);
/* The same without the comparison: what is inside uint16(…). */
int yara_read_number(struct condition *c, struct term *out);
/* "#a", "@a", "filesize", "uint16(…)"; false: none of these follows, and nothing is taken. */
bool yara_starts_number(struct condition *c);
int yara_read_operand(struct condition *c, struct term *out);
int yara_push_constant(struct condition *c, uint64_t number, struct term *out);

#endif
