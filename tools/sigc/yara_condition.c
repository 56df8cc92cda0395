/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conditions of YARA rules to steps (generation_file.h). Read, by falling rank:
 *
 *     or   and   not   what yara_number.c compares   ( … )   true   false
 *     filename == "…" and what else yara_name.c reads
 *     $a   $a at N   $a in (N..M)   $a at filesize-N   $a in (filesize-N..filesize)
 *     any|all|none|N of them|($a, $b*)
 *     the name of a rule before it in the file: its condition is compiled once more, over its own
 *     strings
 *
 * Everything else (modules, for, !a) is not read here: the rule then goes to the
 * sandbox, and what must hold for it to be asked there is read once more, with all that as unknown
 * (yara_gate.c).
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/yara.h"

#define NESTING_MAX 24
#define STEPS_MAX   4096 /* rules that name rules could grow without end */

int
yara_leave_out(struct condition *c, enum skip_reason why)
{
	c->why = why;
	return -ENOTSUP;
}

int
yara_add_step(struct condition *c, struct generation_step step, unsigned taken)
{
	c->depth += 1 - taken;
	if (c->depth > GENERATION_STACK_MAX || ++c->steps > STEPS_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	table_add(&c->s->steps, &step, sizeof(step));
	return 0;
}

bool
yara_take_keyword(struct condition *c, const char *word)
{
	struct yara_text before = c->text;

	if (span_is(yara_take_word(&c->text), word))
		return true;
	c->text = before;
	return false;
}

/* The rule's own number of a part. */
static int
number_part(struct condition *c, uint32_t id, uint16_t *out)
{
	for (*out = 0; *out < c->part_count && c->parts[*out] != id;)
		++*out;
	if (*out == GENERATION_RULE_PARTS_MAX) {
		c->lacks_parts = true;
		return yara_leave_out(c, SKIP_EXPRESSION);
	}
	c->parts[*out] = id;
	c->part_count += *out == c->part_count;
	return 0;
}

int
yara_add_text_part(struct condition *c, struct span text, uint16_t *out)
{
	enum skip_reason why;
	uint32_t id;
	int rc = sigc_add_part(c->s, text, c->name, &id, &why);

	return rc == 0 ? number_part(c, id, out)
		       : yara_leave_out(c, rc == -ENOTSUP ? why : SKIP_EXPRESSION);
}

int
yara_add_texts_part(struct condition *c, struct span texts, uint16_t *out)
{
	enum skip_reason why;
	uint32_t id;
	int rc = sigc_add_any_part(c->s, texts, c->name, &id, &why);

	return rc == 0 ? number_part(c, id, out)
		       : yara_leave_out(c, rc == -ENOTSUP ? why : SKIP_EXPRESSION);
}

int
yara_add_part(struct condition *c, const struct yara_string *y, const char *offset, uint16_t *out)
{
	struct sigc_table text = { 0 };
	int rc;

	if (y->why != SKIP_COUNT)
		return yara_leave_out(c, y->why);
	table_add(&text, offset, strlen(offset));
	table_add(&text, c->all->texts + y->text, y->bytes);
	rc = yara_add_text_part(c, span_of(text.bytes, text.used), out);
	free(text.bytes);
	return rc;
}

int
yara_use_string(struct condition *c, const struct yara_string *y, const char *offset, triggers *t)
{
	struct yara_place before = yara_place(c);
	uint16_t part;
	int rc = yara_add_part(c, y, offset, &part);

	if (rc != 0 && c->is_gate) {
		yara_return(c, &before);
		return yara_push_needed(c, y, t);
	}
	if (rc != 0)
		return rc;
	*t = UINT64_C(1) << part;
	return yara_add_step(c, (struct generation_step){ .kind = STEP_PART, .part = part }, 0);
}

/*
 * One to three bytes at a fixed place are read, not looked for; at least one of one, for where they
 * can't be read the string just isn't there.
 */
static int
read_plain(struct condition *c, const struct yara_string *y, uint64_t at)
{
	struct generation_step read = { .kind = STEP_READ, .kinds = 1 },
			       same = { .kind = STEP_COMPARE, .value = COMPARE_IS },
			       one = { .kind = STEP_AT_LEAST, .value = 1, .kinds = 1 };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < y->plain_bytes; i++) {
		struct term unused;

		rc = yara_push_constant(c, at + i, &unused);
		if (rc == 0)
			rc = yara_add_step(c, read, 1);
		if (rc == 0)
			rc = yara_push_constant(c, y->plain[i], &unused);
		if (rc == 0)
			rc = yara_add_step(c, same, 2);
		if (rc == 0 && i > 0)
			rc = yara_add_step(c, (struct generation_step){ .kind = STEP_AND }, 2);
	}
	return rc == 0 ? yara_add_step(c, one, 1) : rc;
}

const struct yara_string *
yara_next_string(const struct condition *c, struct span id, bool is_start, size_t *i)
{
	for (; *i < c->rule->string_count; ++*i) {
		const struct yara_string *y = &c->all->strings[c->rule->strings + *i];

		if (is_start
			? y->id.bytes >= id.bytes && span_equal(span_first(y->id, id.bytes), id)
			: span_equal(y->id, id) && id.bytes > 0)
			return &c->all->strings[c->rule->strings + (*i)++];
	}
	return NULL;
}

const struct yara_string *
yara_take_string(struct condition *c)
{
	size_t i = 0;

	return yara_next_string(c, yara_take_word(&c->text), false, &i);
}

/* "filesize - N" behind "at", in brackets or not. */
static bool
take_near_end(struct condition *c, uint64_t *n)
{
	struct yara_text before = c->text;
	bool in_brackets = yara_take(&c->text, "(");

	if (yara_take_keyword(c, "filesize") && yara_take(&c->text, "-") &&
	    yara_take_number(&c->text, n) && (!in_brackets || yara_take(&c->text, ")")))
		return true;
	c->text = before;
	return false;
}

/* "(filesize - N .. filesize)" behind "in". */
static bool
take_last_bytes(struct condition *c, uint64_t *n)
{
	struct yara_text before = c->text;

	if (yara_take(&c->text, "(") && take_near_end(c, n) && yara_take(&c->text, "..") &&
	    yara_take_keyword(c, "filesize") && yara_take(&c->text, ")"))
		return true;
	c->text = before;
	return false;
}

/* "$a", "$a at N", "$a in (N..M)", the same near the end; the $ is taken. */
static int
read_string(struct condition *c, triggers *t)
{
	const struct yara_string *y = yara_take_string(c);
	uint64_t from = 0, to = 0;
	char offset[64] = "";

	*t = 0;
	if (y == NULL)
		return yara_leave_out(c, SKIP_SYNTAX);
	if (yara_take_keyword(c, "at")) {
		if (take_near_end(c, &from)) {
			if (from > GENERATION_REACH_MAX)
				return yara_leave_out(c, SKIP_OFFSET);
			snprintf(offset, sizeof(offset), "EOF-%llu:", (unsigned long long)from);
			return yara_use_string(c, y, offset, t);
		}
		if (!yara_take_number(&c->text, &from))
			return yara_leave_out(c, SKIP_SYNTAX);
		if (y->plain_bytes > 0)
			return read_plain(c, y, from);
		snprintf(offset, sizeof(offset), "%llu:", (unsigned long long)from);
	} else if (yara_take_keyword(c, "in")) {
		if (take_last_bytes(c, &from)) {
			snprintf(offset, sizeof(offset),
			    SIGC_NEAR_END "%llu:", (unsigned long long)from);
			return yara_use_string(c, y, offset, t);
		}
		if (!yara_take(&c->text, "(") || !yara_take_number(&c->text, &from) ||
		    !yara_take(&c->text, "..") || !yara_take_number(&c->text, &to) ||
		    !yara_take(&c->text, ")") || to < from)
			return yara_leave_out(c, SKIP_SYNTAX);
		snprintf(offset, sizeof(offset), "%llu,%llu:", (unsigned long long)from,
		    (unsigned long long)(to - from));
	}
	return yara_use_string(c, y, offset, t);
}

static int read_or(struct condition *c, struct term *out);

/* A rule whose condition is undefined does not hold, and "not" of it does; elsewhere the two are
 * the same. */
static int
push_holds_or_not(struct condition *c)
{
	if (c->negations == 0)
		return 0;
	return yara_add_step(
	    c, (struct generation_step){ .kind = STEP_AT_LEAST, .value = 1, .kinds = 1 }, 1);
}

/* What the rule says of that name, over its own strings; `c` is as it was behind it. */
static int
read_rule(struct condition *c, const struct yara_rule *named, struct term *out)
{
	struct yara_text text = c->text;
	const struct yara_rule *rule = c->rule;
	int rc;

	if (++c->nesting > NESTING_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	c->rule = named;
	c->text = (struct yara_text){ named->condition, named->origin.line };
	rc = read_or(c, out);
	yara_skip_blanks(&c->text);
	if (rc == 0 && c->text.left.bytes > 0)
		rc = yara_leave_out(c, SKIP_SYNTAX);
	if (rc == 0)
		rc = push_holds_or_not(c);
	c->nesting--;
	c->rule = rule;
	c->text = text;
	return rc;
}

/* A name: of a rule before this one, of a variable, or nothing that is known. */
static int
read_name(struct condition *c, struct term *out)
{
	struct span word = yara_take_word(&c->text);
	unsigned which;

	if (word.bytes == 0)
		return yara_leave_out(c, SKIP_SYNTAX);
	for (const struct yara_rule *r = c->all->rules; r < c->rule; r++) {
		if (span_equal(r->name, word))
			return read_rule(c, r, out);
	}
	return yara_is_variable(word, &which) ? yara_read_variable(c, which)
					      : yara_leave_out(c, SKIP_MODULE);
}

static int
read_brackets(struct condition *c, struct term *out)
{
	int rc;

	if (++c->nesting > NESTING_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	rc = read_or(c, out);
	c->nesting--;
	if (rc == 0 && !yara_take(&c->text, ")"))
		rc = yara_leave_out(c, SKIP_SYNTAX);
	return rc;
}

/* "true", "false", as a value that holds or not. */
static int
push_truth(struct condition *c, bool holds)
{
	return yara_add_step(
	    c, (struct generation_step){ .kind = STEP_AT_LEAST, .value = holds ? 0 : 1 }, 0);
}

int
yara_read_primary(struct condition *c, struct term *out)
{
	struct yara_text before;
	uint64_t number;

	*out = (struct term){ 0 };
	if (yara_take(&c->text, "("))
		return read_brackets(c, out);
	if (yara_take(&c->text, "$"))
		return read_string(c, &out->triggers);
	if (yara_take_keyword(c, "true"))
		return push_truth(c, true);
	if (yara_take_keyword(c, "false"))
		return push_truth(c, false);
	if (yara_take_keyword(c, "all"))
		return yara_read_of(c, 0, false, &out->triggers);
	if (yara_take_keyword(c, "any"))
		return yara_read_of(c, 1, false, &out->triggers);
	if (yara_take_keyword(c, "none"))
		return yara_read_of(c, 1, true, &out->triggers);
	if (yara_take_keyword(c, "for"))
		return yara_leave_out(c, SKIP_FOR);
	if (yara_take(&c->text, "!"))
		return yara_leave_out(c, SKIP_SYNTAX);
	before = c->text;
	if (yara_take_number(&c->text, &number)) {
		struct yara_text behind = c->text;

		if (!yara_take_keyword(c, "of"))
			return yara_push_constant(c, number, out);
		c->text = behind;
		return number > 0 ? yara_read_of(c, number, false, &out->triggers)
				  : yara_leave_out(c, SKIP_SYNTAX);
	}
	c->text = before;
	return yara_starts_number(c) ? yara_read_operand(c, out) : read_name(c, out);
}

/* A number holds when it is not 0; that of one thing alone, which nobody writes, is not read. */
static int
read_truth(struct condition *c, struct term *out)
{
	struct yara_place before = { .steps = 0 };
	int rc;

	if (c->is_gate)
		before = yara_place(c);
	rc = yara_read_relation(c, out);
	if (rc == 0 && out->is_number && c->nesting == 0)
		rc = yara_leave_out(c, SKIP_SYNTAX);
	if (!c->is_gate || (rc == 0 && yara_is_whole(c)))
		return rc;
	yara_return(c, &before);
	return yara_read_unknown(c, out);
}

static int
read_not(struct condition *c, struct term *out)
{
	int rc;

	if (!yara_take_keyword(c, "not"))
		return read_truth(c, out);
	if (++c->nesting > NESTING_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	c->negations++;
	rc = read_not(c, out);
	c->negations--;
	c->nesting--;
	if (rc == 0 && out->is_number)
		rc = yara_leave_out(c, SKIP_SYNTAX);
	*out = (struct term){ .triggers = 0 };
	return rc == 0 ? yara_add_step(c, (struct generation_step){ .kind = STEP_NOT }, 1) : rc;
}

/* Both sides of "and" and "or" must hold or not. */
static int
join(struct condition *c, const struct term *a, const struct term *b, uint16_t kind)
{
	if (a->is_number || b->is_number)
		return yara_leave_out(c, SKIP_SYNTAX);
	return yara_add_step(c, (struct generation_step){ .kind = kind }, 2);
}

void
yara_join_and(struct term *to, const struct term *more)
{
	triggers *t = &to->triggers;

	if (*t == 0 || (more->triggers != 0 &&
			   __builtin_popcountll(more->triggers) < __builtin_popcountll(*t)))
		*t = more->triggers;
	if (to->begins.mask == 0)
		to->begins = more->begins;
}

static int
read_and(struct condition *c, struct term *out)
{
	int rc = read_not(c, out);

	while (rc == 0 && yara_take_keyword(c, "and")) {
		struct term more = { 0 };

		rc = read_not(c, &more);
		if (rc == 0)
			rc = join(c, out, &more, STEP_AND);
		yara_join_and(out, &more);
	}
	return rc;
}

static int
read_or(struct condition *c, struct term *out)
{
	int rc = read_and(c, out);

	while (rc == 0 && yara_take_keyword(c, "or")) {
		struct term more = { 0 };

		rc = read_and(c, &more);
		out->triggers =
		    out->triggers == 0 || more.triggers == 0 ? 0 : out->triggers | more.triggers;
		if (rc == 0)
			rc = join(c, out, &more, STEP_OR);
		if (memcmp(&out->begins, &more.begins, sizeof(more.begins)) != 0)
			out->begins = (struct generation_head){ 0, 0 };
	}
	return rc;
}

void
yara_count(struct sigc *s, const struct yara_rules *all, size_t number)
{
	const struct yara_rule *rule = &all->rules[number];
	struct sigc_table words = { 0 };

	for (size_t i = 0; i < rule->string_count; i++) {
		const struct yara_string *y = &all->strings[rule->strings + i];

		table_add_text(&words, y->id);
		if (y->bytes > 0) /* else the file may have no texts at all */
			table_add_text(&words, span_of(all->texts + y->text, y->bytes));
		table_add_text(&words, y->written);
	}
	table_add(&words, rule->condition.data, rule->condition.bytes);
	sigc_count(s, 'y', span_of(words.bytes, words.used));
	free(words.bytes);
}

/* Steps and parts of the rule that `c` is of. */
static int
compile(struct condition *c, struct generation_rule *r, triggers *t)
{
	struct term all = { 0 };
	int rc;

	r->name = c->name = table_add_text(&c->s->names, c->rule->name);
	r->steps = (uint32_t)(c->s->steps.used / sizeof(struct generation_step));
	rc = read_or(c, &all);
	yara_skip_blanks(&c->text);
	if (rc == 0 && (c->text.left.bytes > 0 || all.is_number))
		rc = yara_leave_out(c, SKIP_SYNTAX);
	*t = all.triggers;
	if (rc == 0 && *t == 0 && !c->is_gate && !c->rule->is_private)
		rc = yara_leave_out(c, SKIP_NEGATIVE);
	r->begins = all.begins;
	r->by_name = c->by_name;
	r->step_count = (uint16_t)c->steps;
	r->part_count = (uint16_t)c->part_count;
	return rc;
}

static struct condition
condition_of(struct sigc *s, const struct yara_rules *all, size_t i)
{
	const struct yara_rule *rule = &all->rules[i];

	return (struct condition){
		.s = s, .text = { rule->condition, rule->origin.line }, .all = all, .rule = rule
	};
}

int
yara_compile(struct sigc *s, const struct yara_rules *all, size_t i, enum skip_reason *why)
{
	struct condition c = condition_of(s, all, i);
	struct sigc_mark mark = sigc_mark(s);
	struct generation_rule r = { .size_max = UINT64_MAX };
	triggers t = 0;
	int rc = compile(&c, &r, &t);

	if (rc != 0 || c.rule->is_private)
		sigc_undo(s, &mark);
	else
		sigc_add_rule(s, &r, c.parts, t);
	if (rc == 0)
		yara_count(s, all, i);
	*why = c.why;
	return rc;
}

/* A gate of the same steps, without parts; many rules ask for "MZ" alone. UINT32_MAX: none. */
static uint32_t
known_gate(const struct sigc *s, const struct generation_rule *r)
{
	const struct generation_rule *rules =
	    (const struct generation_rule *)(const void *)s->rules.bytes;
	const uint32_t *always = (const uint32_t *)(const void *)s->always.bytes;
	const struct generation_step *steps =
	    (const struct generation_step *)(const void *)s->steps.bytes;

	for (size_t i = 0; i < s->always.used / sizeof(*always); i++) {
		const struct generation_rule *other = &rules[always[i]];

		if (other->is_deep && other->by_name == r->by_name && other->part_count == 0 &&
		    r->step_count > 0 && other->step_count == r->step_count &&
		    memcmp(&steps[other->steps], &steps[r->steps],
			r->step_count * sizeof(*steps)) == 0)
			return always[i];
	}
	return UINT32_MAX;
}

/* A gate of these strings; 0, or it may be anything. */
static int
compile_gate(
    struct condition *c, struct generation_rule *r, unsigned set_parts, bool is_eager, triggers *t)
{
	c->is_gate = true;
	c->set_parts = set_parts;
	c->is_eager = is_eager;
	r->begins = (struct generation_head){ 0, 0 };
	*t = 0;
	return compile(c, r, t);
}

/* The one of most parts that has room for all; each that is tried leaves nothing behind. */
static int
compile_fitting_gate(struct sigc *s, const struct yara_rules *all, size_t i, struct condition *c,
    struct generation_rule *r, bool is_eager, triggers *t)
{
	struct sigc_mark mark = sigc_mark(s);
	int rc;

	for (unsigned set_parts = GENERATION_RULE_PARTS_MAX;; set_parts /= 4) {
		*c = condition_of(s, all, i);
		rc = compile_gate(c, r, set_parts, is_eager, t);
		if (!c->lacks_parts || set_parts == 1)
			return rc;
		sigc_undo(s, &mark);
	}
}

void
yara_compile_gate(struct sigc *s, const struct yara_rules *all, size_t i, bool by_name)
{
	struct condition c;
	struct sigc_mark mark = sigc_mark(s);
	struct generation_rule r = { .size_max = UINT64_MAX, .is_deep = 1 };
	struct sigc_gate gate;
	size_t before;
	triggers t = 0;
	int rc = compile_fitting_gate(s, all, i, &c, &r, false, &t);

	if ((rc != 0 || (t == 0 && r.begins.mask == 0)) && s->eager_patterns < SIGC_EAGER_MAX) {
		sigc_undo(s, &mark);
		before = s->patterns.used;
		rc = compile_fitting_gate(s, all, i, &c, &r, true, &t);
		s->eager_patterns +=
		    (uint32_t)((s->patterns.used - before) / sizeof(struct pattern));
	}
	if (rc != 0) { /* it may be anything */
		sigc_undo(s, &mark);
		c = condition_of(s, all, i);
		c.is_gate = true;
		r.name = c.name = table_add_text(&s->names, c.rule->name);
		c.text.left.bytes = 0;
		if (yara_read_unknown(&c, &(struct term){ 0 }) != 0)
			abort(); /* two steps always fit */
		r.begins = (struct generation_head){ 0, 0 };
		r.step_count = (uint16_t)c.steps;
		r.part_count = 0;
		t = 0;
	}
	r.by_name = by_name;
	gate.rule = t == 0 && r.part_count == 0 ? known_gate(s, &r) : UINT32_MAX;
	if (gate.rule != UINT32_MAX) {
		sigc_undo(s, &mark);
	} else {
		gate.rule = (uint32_t)(s->rules.used / sizeof(r));
		sigc_add_rule(s, &r, c.parts, t);
	}
	gate.name = table_add_text(&s->names, all->rules[i].name);
	table_add(&s->gates, &gate, sizeof(gate));
}
