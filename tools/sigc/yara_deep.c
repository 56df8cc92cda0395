/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YARA rules that are judged in the sandbox, by libyara, as they are written. Each file with what
 * it includes is a unit, a namespace of libyara's: the rules that are not judged here, and as
 * private ones those that they name. libyara is asked of each unit whether it takes it; where it
 * does not, each rule is asked for alone, and those it refuses are left out by name. A rule also
 * leaves a gate here (yara_gate.c), so that only objects go to the sandbox that it may hold of.
 *
 * Of the external variables those are defined that tell what an object is called
 * (scanners/signature/name.h). Rules that hang on them are units of their own, whose namespaces
 * tell so, since what they say is no verdict on the object's bytes alone. Modules that ask for more
 * than the object itself (cuckoo's report, magic's tables) are not taken.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <yara.h>

#include "tools/sigc/yara.h"

#define TRY_SECONDS 20  /* of CPU, for one file's rules */
#define SAID_MAX    200 /* fits a pipe at once */

enum need {
	NOT_NEEDED,
	NAMED, /* by one that is needed */
	TOLD   /* its match is a threat */
};

struct unit {
	struct sigc *s;
	const struct yara_rules *all;
	uint8_t *needs;         /* an enum need for each rule */
	uint32_t *order;        /* rules by name */
	struct sigc_table text; /* for libyara */
	enum skip_reason why;   /* libyara refused it */
	char said[SAID_MAX];    /* and said so; empty: nothing */
	uint8_t *by_name;       /* 1 for each rule that hangs on a name */
	uint8_t takes;          /* the rules with that value there are taken now */
};

static bool
is_in(struct span text, const char *what)
{
	return text.bytes > 0 && memmem(text.data, text.bytes, what, strlen(what)) != NULL;
}

static void
take_message(
    int level, const char *file, int line, const YR_RULE *rule, const char *message, void *context)
{
	struct unit *u = context;

	(void)file;
	(void)line;
	(void)rule;
	if (level != YARA_ERROR_LEVEL_ERROR)
		return;
	snprintf(u->said, sizeof(u->said), "%s", message);
	if (strstr(message, "undefined identifier") != NULL)
		u->why = SKIP_VARIABLE;
	else if (strstr(message, "module") != NULL)
		u->why = SKIP_MODULE;
	else
		u->why = SKIP_REFUSED;
}

static void
start_libyara(void)
{
	static bool is_started;

	if (!is_started && yr_initialize() != ERROR_SUCCESS)
		abort(); /* memory is lacking */
	is_started = true;
}

/* NULL: memory is lacking. */
static YR_COMPILER *
create_compiler(struct unit *u)
{
	YR_COMPILER *c = NULL;

	start_libyara();
	if (yr_compiler_create(&c) != ERROR_SUCCESS)
		return NULL;
	yr_compiler_set_callback(c, take_message, u);
	yr_compiler_set_include_callback(c, NULL, NULL, NULL);
	for (unsigned v = 0; v < VARIABLE_COUNT; v++) {
		if (yr_compiler_define_string_variable(c, signature_variable_word(v), "") ==
		    ERROR_SUCCESS)
			continue;
		yr_compiler_destroy(c);
		return NULL;
	}
	return c;
}

/* In a process of its own; its exit code is 0, or 1 + why libyara refuses it, which it writes. */
static int
try_text(struct unit *u, int to)
{
	struct rlimit seconds = { TRY_SECONDS, TRY_SECONDS };
	YR_COMPILER *c;

	signal(SIGXCPU, SIG_DFL);
	signal(SIGFPE, SIG_DFL); /* a sanitizer's would exit with a code */
	signal(SIGSEGV, SIG_DFL);
	setrlimit(RLIMIT_CPU, &seconds);
	c = create_compiler(u);
	if (c != NULL && yr_compiler_add_string(c, (const char *)u->text.bytes, "u") == 0)
		return 0;
	if (write(to, u->said, strlen(u->said)) < 0)
		return 1 + SKIP_REFUSED;
	return 1 + (int)u->why;
}

/* What the child says, to its end. */
static void
hear(struct unit *u, int from)
{
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(u->said) - 1 &&
	       (n = read(from, u->said + used, sizeof(u->said) - 1 - used)) > 0)
		used += (size_t)n;
	u->said[used] = 0;
	close(from);
}

/* How it ended; true: libyara takes the text. */
static bool
judge_end(struct unit *u, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	if (WIFSIGNALED(status))
		snprintf(u->said, sizeof(u->said), "its compiler ended by SIG%s",
		    sigabbrev_np(WTERMSIG(status)));
	if (code > 0 && code <= SKIP_COUNT)
		u->why = (enum skip_reason)(code - 1);
	return WIFEXITED(status) && code == 0;
}

/*
 * Whether libyara takes `u->text`; else `u->why`, and what it said. Its compiler crashes on some
 * texts (4.2.3: where a constant is divided and overflows), and that must leave out no more than
 * the rule.
 */
static bool
is_taken(struct unit *u)
{
	int status = 0, ends[2];
	pid_t child;

	u->why = SKIP_REFUSED;
	u->said[0] = 0;
	table_add(&u->text, "", 1);
	start_libyara();
	if (pipe(ends) != 0)
		return false;
	child = fork();
	if (child == 0)
		_exit(try_text(u, ends[1]));
	close(ends[1]);
	hear(u, ends[0]);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	return judge_end(u, status);
}

static void
add(struct sigc_table *to, struct span text)
{
	table_add(to, text.data, text.bytes);
}

static int
by_name(const void *a, const void *b, void *all)
{
	const struct span *x = &((const struct yara_rule *)all)[*(const uint32_t *)a].name,
			  *y = &((const struct yara_rule *)all)[*(const uint32_t *)b].name;
	size_t n = x->bytes < y->bytes ? x->bytes : y->bytes;
	int order = memcmp(x->data, y->data, n);

	return order != 0 ? order : (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* The first in the order of names that is not below `word`. */
static size_t
first_from(const struct unit *u, struct span word)
{
	size_t low = 0, high = u->all->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct span name = u->all->rules[u->order[middle]].name;
		size_t n = name.bytes < word.bytes ? name.bytes : word.bytes;
		int order = memcmp(name.data, word.data, n);

		if (order < 0 || (order == 0 && name.bytes < word.bytes))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Rules of that name, or whose name begins so, that stand before rule `by`. */
static void
mark_word(struct unit *u, struct span word, bool is_start, size_t by)
{
	for (size_t at = first_from(u, word); at < u->all->count; at++) {
		size_t i = u->order[at];
		struct span name = u->all->rules[i].name;

		if (name.bytes < word.bytes || !span_equal(span_first(name, word.bytes), word) ||
		    (!is_start && name.bytes > word.bytes))
			return;
		if (i < by && u->needs[i] == NOT_NEEDED)
			u->needs[i] = NAMED;
	}
}

/* What the needed ones up to rule `last` name, through any number of others. */
static void
mark_named(struct unit *u, size_t last)
{
	for (size_t i = last + 1; i-- > 0;) {
		struct yara_text t = { u->all->rules[i].condition, 0 };
		struct span word;
		uint8_t before;

		while (u->needs[i] != NOT_NEEDED && (word = yara_next_word(&t, &before)).bytes > 0)
			mark_word(u, word, t.left.bytes > 0 && t.left.data[0] == '*', i);
	}
}

static bool
is_mentioned(const struct unit *u, struct span module)
{
	char word[64];

	snprintf(word, sizeof(word), "%.*s.", (int)module.bytes, (const char *)module.data);
	for (size_t i = 0; i < u->all->count; i++) {
		if (u->needs[i] != NOT_NEEDED && is_in(u->all->rules[i].condition, word))
			return true;
	}
	return false;
}

static void
add_imports(const struct unit *u, struct sigc_table *to)
{
	for (size_t i = 0; i < u->all->import_count; i++) {
		if (!is_mentioned(u, u->all->imports[i]))
			continue;
		add(to, span_text("import \""));
		add(to, u->all->imports[i]);
		add(to, span_text("\"\n"));
	}
}

static void
add_rule(struct sigc_table *to, struct span written, bool is_told, bool is_global)
{
	if (is_global)
		add(to, span_text("global "));
	if (!is_told)
		add(to, span_text("private "));
	add(to, written);
	add(to, span_text("\n"));
}

static void
write_unit(struct unit *u)
{
	u->text.used = 0;
	add_imports(u, &u->text);
	for (size_t i = 0; i < u->all->count; i++) {
		if (u->needs[i] != NOT_NEEDED)
			add_rule(&u->text, u->all->rules[i].written, u->needs[i] == TOLD,
			    u->all->rules[i].is_global);
	}
}

static void
keep_row(struct sigc *s, struct sigc_deep *row, struct span text)
{
	row->text = (uint32_t)table_add(&s->deep_texts, text.data, text.bytes);
	row->bytes = (uint32_t)text.bytes;
	table_add(&s->deep, row, sizeof(*row));
}

/* Keeps it for sigc_compile_deep(). */
static void
keep_unit(struct unit *u)
{
	const struct sigc_deep *rows = (const struct sigc_deep *)(const void *)u->s->deep.bytes;
	size_t n = u->s->deep.used / sizeof(*rows);
	struct sigc_deep row = { .unit = n > 0 ? rows[n - 1].unit + 1 : 0,
		.name = GENERATION_NO_PART,
		.by_name = u->takes != 0 };
	struct sigc_table imports = { 0 };

	add_imports(u, &imports);
	keep_row(u->s, &row, span_of(imports.bytes, imports.used));
	free(imports.bytes);
	for (size_t i = 0; i < u->all->count; i++) {
		const struct yara_rule *r = &u->all->rules[i];

		if (u->needs[i] == NOT_NEEDED)
			continue;
		row.name = table_add_text(&u->s->names, r->name);
		row.origin = r->origin;
		row.is_told = u->needs[i] == TOLD;
		row.is_global = r->is_global;
		keep_row(u->s, &row, r->written);
	}
}

/* It is judged there. */
static void
take(struct unit *u, size_t i, enum skip_reason why)
{
	const struct yara_rule *r = &u->all->rules[i];

	u->s->at = r->origin;
	yara_count(u->s, u->all, i);
	sigc_note_deep(u->s, r->name, why);
	if (!r->is_private)
		yara_compile_gate(u->s, u->all, i, u->by_name[i] != 0);
}

static enum need
need_of(const struct yara_rule *r)
{
	return r->is_private ? NAMED : TOLD;
}

static bool
asks_for_more_than_the_object(const struct yara_rule *r)
{
	return is_in(r->condition, "cuckoo.") || is_in(r->condition, "magic.");
}

static bool
is_taken_now(const struct unit *u, const enum skip_reason *why, size_t i)
{
	return why[i] != SKIP_COUNT && u->by_name[i] == u->takes;
}

/* Each in a unit of its own. */
static void
add_one_by_one(struct unit *u, const enum skip_reason *why)
{
	for (size_t i = 0; i < u->all->count; i++) {
		const struct yara_rule *r = &u->all->rules[i];

		if (!is_taken_now(u, why, i))
			continue;
		memset(u->needs, NOT_NEEDED, u->all->count);
		u->needs[i] = (uint8_t)need_of(r);
		mark_named(u, i);
		write_unit(u);
		u->why = SKIP_MODULE;
		u->said[0] = 0;
		if (!asks_for_more_than_the_object(r) && is_taken(u)) {
			keep_unit(u);
			take(u, i, why[i]);
		} else {
			u->s->at = r->origin;
			sigc_skip_saying(u->s, r->name, u->why, u->said);
		}
	}
}

static void
add_together(struct unit *u, const enum skip_reason *why)
{
	keep_unit(u);
	for (size_t i = 0; i < u->all->count; i++) {
		if (is_taken_now(u, why, i))
			take(u, i, why[i]);
	}
}

/* Those that hang on a name, or those that do not. */
static void
add_class(struct unit *u, const enum skip_reason *why)
{
	bool any = false, together = true;

	memset(u->needs, NOT_NEEDED, u->all->count);
	for (size_t i = 0; i < u->all->count; i++) {
		if (!is_taken_now(u, why, i))
			continue;
		any = true;
		together &= !asks_for_more_than_the_object(&u->all->rules[i]);
		u->needs[i] = (uint8_t)need_of(&u->all->rules[i]);
	}
	if (!any)
		return;
	mark_named(u, u->all->count - 1);
	write_unit(u);
	if (together && is_taken(u))
		add_together(u, why);
	else if (!u->all->has_global)
		add_one_by_one(u, why);
	else /* none can be taken without the others */
		for (size_t i = 0; i < u->all->count; i++)
			sigc_skip(u->s, u->all->rules[i].name, SKIP_GLOBAL);
}

void
yara_add_deep(struct sigc *s, const struct yara_rules *all, const enum skip_reason *why)
{
	struct unit u = { .s = s,
		.all = all,
		.needs = calloc(all->count + 1, 1),
		.by_name = calloc(all->count + 1, 1),
		.order = calloc(all->count + 1, sizeof(uint32_t)) };

	if (u.needs == NULL || u.by_name == NULL || u.order == NULL)
		abort();
	for (uint32_t i = 0; i < all->count; i++)
		u.order[i] = i;
	qsort_r(u.order, all->count, sizeof(uint32_t), by_name, (void *)(uintptr_t)all->rules);
	for (size_t i = 0; i < all->count; i++) {
		s->at = all->rules[i].origin;
		if (why[i] != SKIP_COUNT && !s->has_sandbox)
			sigc_skip(s, all->rules[i].name, why[i]);
	}
	yara_mark_by_name(all, u.by_name);
	for (u.takes = 0; s->has_sandbox && u.takes < 2; u.takes++)
		add_class(&u, why);
	free(u.text.bytes);
	free(u.by_name);
	free(u.needs);
	free(u.order);
}

/* The text of the unit that row `i` begins; the row behind it. */
static size_t
write_kept(const struct sigc *s, size_t i, struct sigc_table *out)
{
	const struct sigc_deep *d = (const struct sigc_deep *)(const void *)s->deep.bytes;
	size_t n = s->deep.used / sizeof(*d);
	uint32_t unit = d[i].unit;

	out->used = 0;
	for (; i < n && d[i].unit == unit; i++) {
		struct span text = span_of(s->deep_texts.bytes + d[i].text, d[i].bytes);

		if (d[i].name == GENERATION_NO_PART)
			add(out, text);
		else
			add_rule(out, text, d[i].is_told, d[i].is_global);
	}
	table_add(out, "", 1);
	return i;
}

static bool
by_name_of(const struct sigc *s, size_t i)
{
	return ((const struct sigc_deep *)(const void *)s->deep.bytes)[i].by_name;
}

static size_t
write_bytes(const void *bytes, size_t size, size_t count, void *to)
{
	table_add(to, bytes, size * count);
	return count;
}

/* The row that libyara compiles next; it makes its automaton when it has them all. */
static void
tell_where(struct sigc *s, size_t i)
{
	struct sigc_deep *row = (struct sigc_deep *)(void *)s->deep.bytes + i;
	const struct sigc_file *files = (const struct sigc_file *)(const void *)s->files.bytes;

	sigc_where((const char *)s->left_out_names.bytes + files[row->origin.file].path,
	    &row->origin.line);
}

int
sigc_compile_deep(struct sigc *s)
{
	struct unit u = { .s = s };
	YR_STREAM out = { .user_data = &s->compiled_yara, .write = write_bytes };
	size_t n = s->deep.used / sizeof(struct sigc_deep), i = 0;
	YR_COMPILER *c = n > 0 ? create_compiler(&u) : NULL;
	YR_RULES *rules = NULL;
	bool is_good = c != NULL;
	char name[32];

	s->compiled_yara.used = 0;
	while (is_good && i < n) {
		snprintf(
		    name, sizeof(name), "%c%zu", by_name_of(s, i) ? SIGNATURE_BY_NAME : 'u', i);
		tell_where(s, i);
		i = write_kept(s, i, &u.text);
		is_good = yr_compiler_add_string(c, (const char *)u.text.bytes, name) == 0;
	}
	is_good = is_good && yr_compiler_get_rules(c, &rules) == ERROR_SUCCESS &&
		  yr_rules_save_stream(rules, &out) == ERROR_SUCCESS;
	if (rules != NULL)
		yr_rules_destroy(rules);
	if (c != NULL)
		yr_compiler_destroy(c);
	free(u.text.bytes);
	if (is_good || n == 0)
		return 0;
	snprintf(s->error, SIGC_ERROR_MAX,
	    "libyara does not take the YARA rules together, or not within the limit of memory");
	return -EINVAL;
}
