/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs of bytes, one of which every match of a YARA regular expression holds. Read from the left;
 * as long as what was read can only be one of a few texts, these grow by each character, each
 * member of a small class, with and without what may be left out, and by each of a group's
 * alternatives. What may be too many things ends them; those whose shortest is the longest are
 * kept. Of alternatives all are needed. What is not understood ends a run: too few bytes are asked
 * for, never too many.
 * Bounds: YARA_RUNS_MAX runs of YARA_RUN_MAX bytes, NESTING_MAX groups in one another.
 */
#include <ctype.h>

#include "common/base/letters.h"
#include "tools/sigc/yara.h"

#define NESTING_MAX 16
#define TIMES_MAX   4 /* of "{n}", written out */
#define OPTIONS_MAX 4 /* that may also be left out; more use up the runs for little */

struct regex {
	struct span left;
	unsigned depth;
	bool nocase;
};

/* One of a few bytes, an edge without any, or anything. */
enum atom_kind {
	ATOM_SET,
	ATOM_EDGE,
	ATOM_ANY
};

struct atom {
	enum atom_kind kind;
	unsigned count;
	uint8_t members[YARA_RUNS_MAX];
};

/* What is read of a sequence: the best runs that have ended, those it begins with, and those that
 * go on. */
struct reading {
	struct yara_choice best, first, now;
	bool is_whole; /* `now` is all that was read, and `first` not known yet */
};

static const struct yara_choice empty_run = { .count = 1 };

unsigned
yara_shortest_run(const struct yara_choice *c)
{
	unsigned n = c->count > 0 ? YARA_RUN_MAX : 0;

	for (unsigned i = 0; i < c->count; i++)
		n = c->runs[i].count < n ? c->runs[i].count : n;
	return n;
}

static void
take_better(struct yara_choice *best, const struct yara_choice *other)
{
	if (yara_shortest_run(other) > yara_shortest_run(best))
		*best = *other;
}

static void
end_runs(struct reading *r)
{
	take_better(&r->best, &r->now);
	if (r->is_whole)
		r->first = r->now;
	r->now = empty_run;
	r->is_whole = false;
}

/* Each run of `a` with each of `b` behind it; false: too many, or too long. */
static bool
join_runs(const struct yara_choice *a, const struct yara_choice *b, struct yara_choice *out)
{
	if (a->count * b->count > YARA_RUNS_MAX)
		return false;
	out->count = 0;
	for (unsigned i = 0; i < a->count; i++) {
		for (unsigned k = 0; k < b->count; k++) {
			struct yara_run *run = &out->runs[out->count++];

			*run = a->runs[i];
			if (run->count + b->runs[k].count > YARA_RUN_MAX)
				return false;
			memcpy(run->bytes + run->count, b->runs[k].bytes, b->runs[k].count);
			run->count += b->runs[k].count;
		}
	}
	return true;
}

static void
add_runs(struct reading *r, const struct yara_choice *more)
{
	struct yara_choice longer;

	if (join_runs(&r->now, more, &longer)) {
		r->now = longer;
		return;
	}
	end_runs(r);
	r->now = *more;
}

/* "{n,m}", "?", "*", "+", and a "?" behind; false: none, which is once. */
static bool
take_quantifier(struct regex *r, uint64_t *min, uint64_t *max)
{
	struct span at = r->left;

	*min = *max = 1;
	if (at.bytes == 0)
		return false;
	if (at.data[0] == '{') {
		size_t n = 1;

		while (n < at.bytes && (isdigit(at.data[n]) || at.data[n] == ','))
			n++;
		if (n == 1 || n >= at.bytes || at.data[n] != '}')
			return false;
		at = span_from(at, 1);
		*min = 0;
		sigc_take_number(&at, min);
		*max = at.data[0] == '}' ? *min : UINT64_MAX;
		at = span_from(r->left, n + 1);
	} else if (at.data[0] != 0 && strchr("?*+", at.data[0]) != NULL) {
		*min = at.data[0] == '+';
		*max = at.data[0] == '?' ? 1 : UINT64_MAX;
		at = span_from(at, 1);
	} else {
		return false;
	}
	if (at.bytes > 0 && at.data[0] == '?')
		at = span_from(at, 1);
	r->left = at;
	return true;
}

/* False: there are too many. */
static bool
add_member(const struct regex *r, struct atom *a, unsigned byte)
{
	uint8_t c = (uint8_t)(r->nocase ? tolower((int)byte) : (int)byte);

	if (memchr(a->members, c, a->count) != NULL)
		return true;
	if (a->count == YARA_RUNS_MAX)
		return false;
	a->members[a->count++] = c;
	return true;
}

/* All of these. */
static enum atom_kind
add_members(const struct regex *r, struct atom *a, const char *all)
{
	for (; *all != 0; all++) {
		if (!add_member(r, a, (uint8_t)*all))
			return ATOM_ANY;
	}
	return ATOM_SET;
}

/* Behind a backslash: all members, or an edge, or more than is read. */
static enum atom_kind
take_escape(struct regex *r, struct atom *a)
{
	static const char letters[] = "nrtfa", bytes[] = "\n\r\t\f\a";
	uint8_t c = r->left.bytes > 0 ? r->left.data[0] : 0;
	const char *letter = c != 0 ? strchr(letters, c) : NULL;

	r->left = span_from(r->left, 1);
	if (c == 'b' || c == 'B')
		return ATOM_EDGE;
	if (c == 'd' || c == 's')
		return add_members(r, a, c == 'd' ? "0123456789" : " \t\r\n\v\f");
	if (c == 'x' && r->left.bytes >= 2 && hex_pair(r->left.data) >= 0) {
		c = (uint8_t)hex_pair(r->left.data);
		r->left = span_from(r->left, 2);
	} else if (letter != NULL) {
		c = (uint8_t)bytes[letter - letters];
	} else if (c == 0 || isalnum(c)) {
		return ATOM_ANY;
	}
	return add_member(r, a, c) ? ATOM_SET : ATOM_ANY;
}

/* Behind its bracket, which may begin with ']' or "^]"; what stands in it, the last bracket taken.
 */
static struct span
take_class(struct regex *r)
{
	struct span all = r->left;
	size_t n = all.bytes > 0 && all.data[0] == '^' ? 1 : 0;

	for (n += n < all.bytes && all.data[n] == ']'; n < all.bytes && all.data[n] != ']'; n++)
		n += all.data[n] == '\\';
	r->left = span_from(all, n + 1);
	return n < all.bytes ? span_first(all, n) : span_of("^", 1);
}

/* One member, or both ends of a range; false: it is not read. */
static bool
take_members(struct regex *in, struct atom *a)
{
	struct atom first = { .count = 0 }, last = { .count = 0 };
	struct atom *ends[] = { &first, &last };
	unsigned n = 0;

	while (n < 2 && in->left.bytes > 0) {
		uint8_t c = in->left.data[0];

		in->left = span_from(in->left, 1);
		if (c != '\\')
			add_member(&(struct regex){ .nocase = false }, ends[n], c);
		else if (take_escape(in, ends[n]) != ATOM_SET)
			return false;
		n++;
		if (n == 2 || in->left.bytes < 2 || in->left.data[0] != '-')
			break;
		in->left = span_from(in->left, 1);
	}
	if (n == 2 && (first.count != 1 || last.count != 1))
		return false;
	for (unsigned byte = first.members[0]; n == 2 && byte <= last.members[0]; byte++) {
		if (!add_member(in, a, byte))
			return false;
	}
	for (unsigned i = 0; n == 1 && i < first.count; i++) {
		if (!add_member(in, a, first.members[i]))
			return false;
	}
	return true;
}

static struct atom
read_class(struct regex *r)
{
	struct regex in = { .left = take_class(r), .nocase = r->nocase };
	struct atom a = { .kind = ATOM_SET };

	if (in.left.bytes == 0 || in.left.data[0] == '^')
		return (struct atom){ .kind = ATOM_ANY };
	while (in.left.bytes > 0) {
		if (!take_members(&in, &a))
			return (struct atom){ .kind = ATOM_ANY };
	}
	return a;
}

static struct atom
take_atom(struct regex *r)
{
	struct atom a = { .kind = ATOM_SET };
	uint8_t c = r->left.data[0];

	r->left = span_from(r->left, 1);
	switch (c) {
	case '\\':
		a.kind = take_escape(r, &a);
		break;
	case '[':
		return read_class(r);
	case '^':
	case '$':
		a.kind = ATOM_EDGE;
		break;
	case '.':
	case '{':
	case '*':
	case '+':
	case '?':
		a.kind = ATOM_ANY;
		break;
	default:
		add_member(r, &a, c);
	}
	return a;
}

static struct yara_choice
choice_of(const struct atom *a)
{
	struct yara_choice c = { .count = a->kind == ATOM_EDGE };

	for (unsigned i = 0; a->kind == ATOM_SET && i < a->count; i++)
		c.runs[c.count++] = (struct yara_run){ { a->members[i] }, 1 };
	return c;
}

static bool read_alternatives(struct regex *r, struct reading *out);

/* What comes next, as often as is written; `known`: all that it may be. */
static void
add_times(struct reading *to, const struct yara_choice *known, uint64_t min, uint64_t max)
{
	struct yara_choice more = *known;

	if (min == 0 && (max > 1 || known->count > OPTIONS_MAX)) {
		end_runs(to);
		return;
	}
	if (min == 0)
		more.runs[more.count++].count = 0;
	add_runs(to, &more);
	for (uint64_t i = 1; i < min && i < TIMES_MAX; i++)
		add_runs(to, &more);
	if (min != 0 && (min != max || min > TIMES_MAX)) {
		end_runs(to);
		to->now = *known;
	}
}

/* A group of which not all is known: how it begins and ends, and what is in it. */
static void
add_group(struct reading *to, const struct reading *group, uint64_t min)
{
	if (min > 0 && group->first.count > 0)
		add_runs(to, &group->first);
	end_runs(to);
	if (min == 0)
		return;
	take_better(&to->best, &group->best);
	if (group->now.count > 0)
		to->now = group->now;
}

/* Up to '|', ')' or the end. False: nested too deep. */
static bool
read_sequence(struct regex *r, struct reading *out)
{
	*out = (struct reading){ .now = empty_run, .is_whole = true };
	while (r->left.bytes > 0 && r->left.data[0] != '|' && r->left.data[0] != ')') {
		struct reading next = { .is_whole = false };
		uint64_t min, max;

		if (r->left.data[0] == '(') {
			r->left = span_from(r->left, 1);
			if (!read_alternatives(r, &next))
				return false;
			r->left = span_from(r->left, 1); /* its ')' */
		} else {
			struct atom a = take_atom(r);

			next.is_whole = a.kind != ATOM_ANY;
			next.now = choice_of(&a);
		}
		take_quantifier(r, &min, &max);
		if (next.is_whole)
			add_times(out, &next.now, min, max);
		else
			add_group(out, &next, min);
		if (next.is_whole && min > 0)
			take_better(&out->best, &next.best);
	}
	if (out->is_whole)
		out->first = out->now;
	return true;
}

/* All runs of both, where there is room. */
static bool
unite(struct yara_choice *to, const struct yara_choice *more)
{
	if (to->count + more->count > YARA_RUNS_MAX)
		return false;
	memcpy(&to->runs[to->count], more->runs, more->count * sizeof(more->runs[0]));
	to->count += more->count;
	return true;
}

/* The same of one more alternative; none where one has none, or they are too many. */
static void
unite_known(bool *known, struct yara_choice *to, const struct yara_choice *more)
{
	*known = *known && more->count > 0 && unite(to, more);
}

static bool
read_alternatives(struct regex *r, struct reading *out)
{
	bool knows_best = true, knows_first = true, knows_now = true, more = true;

	*out = (struct reading){ .is_whole = true };
	if (++r->depth > NESTING_MAX)
		return false;
	while (more) {
		struct reading one;

		if (!read_sequence(r, &one))
			return false;
		out->is_whole &= one.is_whole;
		take_better(&one.best, &one.now);
		unite_known(&knows_best, &out->best, &one.best);
		unite_known(&knows_first, &out->first, &one.first);
		unite_known(&knows_now, &out->now, &one.now);
		more = r->left.bytes > 0 && r->left.data[0] == '|';
		r->left = span_from(r->left, more ? 1 : 0);
	}
	out->is_whole &= knows_now;
	out->best.count *= knows_best;
	out->first.count *= knows_first;
	out->now.count *= knows_now;
	r->depth--;
	return true;
}

bool
yara_regex_runs(struct span written, bool nocase, struct yara_choice *out)
{
	struct regex r = { .left = written, .nocase = nocase };
	struct reading all;

	if (!read_alternatives(&r, &all) || r.left.bytes > 0)
		return false;
	*out = all.best;
	return out->count > 0;
}
