/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logical expressions that were found in the field, beside an evaluator of its own that reads the
 * text anew each time: both must say the same for any counts of the parts. Where an expression
 * holds of objects without any match, it must be left out for that; others that are left out stand
 * in a list.
 */
#include <ctype.h>
#include <stdlib.h>

#include "scanners/signature/internal.h"
#include "tests/unit/tools/sigc/made.h"

#define TRIALS    64
#define TERMS_MAX 64

struct outcome {
	bool holds;
	uint64_t sum, parts; /* parts: a bit for each */
};

static struct outcome block(const char **at, const uint32_t counts[64]);

static uint64_t
number(const char **at)
{
	char *end;
	uint64_t n = strtoull(*at, &end, 10);

	*at = end;
	return n;
}

static struct outcome
compare(const char **at, struct outcome o)
{
	char op = **at;
	uint64_t value, different = 0;

	if (op != '=' && op != '<' && op != '>')
		return o;
	++*at;
	value = number(at);
	if (**at == ',') {
		++*at;
		different = number(at);
	}
	o.holds = op == '=' ? o.sum == value : op == '<' ? o.sum < value : o.sum > value;
	o.holds = o.holds && (uint64_t)__builtin_popcountll(o.parts) >= different;
	return o.holds ? o : (struct outcome){ 0 };
}

static struct outcome
term(const char **at, const uint32_t counts[64])
{
	struct outcome o;
	uint64_t part;

	if (**at == '(') {
		++*at;
		o = block(at, counts);
		++*at;
		if (strchr("=<>", **at) == NULL || **at == 0)
			return o;
		o = compare(at, o);
		o.parts = 0; /* the block around it has its sum alone */
		return o;
	}
	part = number(at);
	o = (struct outcome){ counts[part] > 0, counts[part], UINT64_C(1) << part };
	return compare(at, o);
}

static struct outcome
both(struct outcome a, char op, struct outcome b)
{
	if (op == '&' ? !a.holds || !b.holds : !a.holds && !b.holds)
		return (struct outcome){ 0 };
	return (struct outcome){ true, a.sum + b.sum,
		(a.holds ? a.parts : 0) | (b.holds ? b.parts : 0) };
}

/* Terms with operators between them, from the right on. */
static struct outcome
folded(const struct outcome *terms, const char *ops, unsigned n)
{
	struct outcome all = terms[n - 1];

	for (unsigned i = n - 1; i > 0; i--)
		all = both(terms[i - 1], ops[i - 1], all);
	return all;
}

static unsigned
terms_of(const char **at, const uint32_t counts[64], struct outcome *terms, char *ops)
{
	unsigned n = 0;

	terms[n++] = term(at, counts);
	while (n < TERMS_MAX && (**at == '&' || **at == '|')) {
		ops[n - 1] = *(*at)++;
		terms[n++] = term(at, counts);
	}
	return n;
}

/* What stands in brackets: its last operator binds last. */
static struct outcome
block(const char **at, const uint32_t counts[64])
{
	struct outcome terms[TERMS_MAX];
	char ops[TERMS_MAX];
	unsigned n = terms_of(at, counts, terms, ops);

	return n == 1 ? terms[0] : both(folded(terms, ops, n - 1), ops[n - 2], terms[n - 1]);
}

static bool
holds(const char *expression, const uint32_t counts[64])
{
	struct outcome terms[TERMS_MAX];
	char ops[TERMS_MAX];
	unsigned n = terms_of(&expression, counts, terms, ops);

	return folded(terms, ops, n).holds;
}

static unsigned
parts_of(const char *expression)
{
	unsigned most = 0;

	for (const char *c = expression; *c != 0; c++) {
		if (isdigit(*c) && (c == expression || strchr("(&|", c[-1]) != NULL)) {
			unsigned n = (unsigned)strtoul(c, NULL, 10) + 1;

			most = n > most ? n : most;
		}
	}
	return most;
}

/* Those that ClamAV reads in ways of its own are left out by name; no expression at all is refused.
 */
static const struct {
	const char *expression;
	bool is_refused;
} left_out[] = {
	{ "(0&1&2&3&4&5&6&(7>5)&(8==9))", false },
	{ "0=2,&1&2", false },
	{ "(0&1&2&3i)|4", true },
	{ "0 & 1 > 200", true },
	{ "0&1,1-5&2=1", true },
	{ "0,1-4&1,1-4&2,1-4", true },
	{ "0:0&((1>20&2>10&3)|(4))", true },
	{ "0:0&1", true },
	{ "0:0&1&2&3&4", true },
};

/* Its place in that list, or one behind it. */
static unsigned
listed(const char *expression)
{
	unsigned i = 0;

	while (i < COUNT_OF(left_out) && strcmp(left_out[i].expression, expression) != 0)
		i++;
	return i;
}

/* Reads it as a rule named by its number; whether it is taken, and if not, as it should be. */
static bool
read_rule(struct made *m, unsigned number, const char *expression)
{
	static const uint32_t none[64];
	char line[4096], name[64];
	unsigned parts = parts_of(expression), place = listed(expression);
	bool is_listed = place < COUNT_OF(left_out),
	     is_refused = is_listed && left_out[place].is_refused;
	uint64_t before = m->sigc.loaded;
	int n = snprintf(line, sizeof(line), "E%u;Target:0;%s", number, expression);

	for (unsigned i = 0; i < parts; i++)
		n += snprintf(
		    line + n, sizeof(line) - (size_t)n, ";%02x%02x6162", 'A' + i / 8, 'A' + i % 8);
	CHECK_ROW(
	    expression, (sigc_add_logical(&m->sigc, span_of(line, (size_t)n)) != 0) == is_refused);
	if (m->sigc.loaded > before) {
		CHECK_ROW(expression, !is_listed);
		return true;
	}
	snprintf(
	    name, sizeof(name), "E%u: %s", number, is_listed ? "an expression" : "true of objects");
	CHECK_ROW(expression, is_refused || made_left_out(m, name));
	CHECK_ROW(expression, is_listed || holds(expression, none));
	return false;
}

static const struct generation_rule *
rule_named(const struct generation *g, const char *name)
{
	struct span rules = g->sections[GENERATION_RULES];
	const struct generation_rule *r = (const void *)rules.data;

	for (size_t i = 0; i < rules.bytes / sizeof(*r); i++) {
		if (strcmp((const char *)g->sections[GENERATION_NAMES].data + r[i].name, name) == 0)
			return &r[i];
	}
	return NULL;
}

/* Counts of 0 in about half of the parts; the others up to what such expressions ask for. */
static void
check_trials(const struct generation *g, unsigned number, const char *expression)
{
	static const struct signature_view nothing;
	static struct tallies t;
	struct object_facts facts = { .tail = &nothing, .size = 1 };
	uint64_t seed = number;
	char name[16];
	const struct generation_rule *r;

	snprintf(name, sizeof(name), "E%u", number);
	r = rule_named(g, name);
	CHECK_ROW(expression, r != NULL);
	for (unsigned trial = 0; r != NULL && trial < TRIALS; trial++) {
		const uint32_t *ids =
		    (const uint32_t *)(const void *)g->sections[GENERATION_RULE_PARTS].data +
		    r->parts;
		uint32_t counts[64] = { 0 };

		tallies_clear(&t);
		for (unsigned i = 0; i < r->part_count; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			counts[i] = seed >> 63 ? 0 : (uint32_t)(seed >> 58 & 31) >> (trial % 5);
			for (uint32_t k = 0; k < counts[i]; k++)
				CHECK(tallies_count(&t, ids[i], k));
		}
		CHECK_ROW(expression,
		    (expression_judge(g, r, &t, &facts) == RULE_YES) == holds(expression, counts));
	}
}

TEST(expression_vectors_of_clamav)
{
	const char *path = harness_shared("data/vectors/clamav-logical-exprs.txt");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	static char lines[800][512];
	static bool is_taken[800];
	unsigned rows = 0, taken = 0;
	struct made m;

	if (f == NULL) {
		harness_skip("no vectors");
		return;
	}
	made_begin(&m);
	for (; rows < 800 && fgets(lines[rows], sizeof(lines[rows]), f) != NULL; rows++) {
		lines[rows][strcspn(lines[rows], "\r\n")] = 0;
		is_taken[rows] = read_rule(&m, rows, lines[rows]);
		taken += is_taken[rows];
	}
	fclose(f);
	CHECK(made_build(&m) == 0);
	for (unsigned i = 0; m.generation != NULL && i < rows; i++) {
		if (is_taken[i])
			check_trials(m.generation, i, lines[i]);
	}
	made_end(&m);
	printf("  %u expressions, %u taken\n", rows, taken);
	CHECK(rows == 742);
}
