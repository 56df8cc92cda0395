/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules of YARA to those of a generation: what yara_condition.c reads of a condition becomes a rule
 * that is judged here, or the gate of one that is judged in the sandbox (yara_gate.c). What can't
 * be honoured leaves nothing behind.
 */
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/yara.h"

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
	rc = yara_read_condition(c, &all);
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
