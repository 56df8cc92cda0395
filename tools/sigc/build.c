/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compiles the literals for both modes, lays the sections out, has the whole prove itself
 * (prove.c), and has the file written (write.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <hs/hs.h>
#include <openssl/sha.h>

#include "tools/sigc/sigc.h"

#define BUILDS_MAX 8 /* each takes out what the one before did not find */
/*
 * A database of 102,082 literals takes 4.5 s to compile, for blocks as for streams, and a scan with
 * either costs the same but for some 100 ns an object: 3.0 and 3.1 us for 256 bytes of a program.
 */
#define BLOCK_LITERALS_MAX 32768

static int
say(struct sigc *s, const char *what)
{
	snprintf(s->error, sizeof(s->error), "%.500s", what);
	return -EINVAL;
}

static void
sort(struct sigc_table *t, size_t each, int (*compare)(const void *, const void *))
{
	if (t->used > 0)
		qsort(t->bytes, t->used / each, each, compare);
}

static int
by_part(const void *a, const void *b)
{
	const struct sigc_trigger *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* The rules of each part side by side, and each part told where its own are. */
static void
build_triggers(struct sigc *s, struct sigc_table *out)
{
	struct sigc_trigger *t = (struct sigc_trigger *)(void *)s->triggers.bytes;
	struct generation_part *parts = (struct generation_part *)(void *)s->parts.bytes;

	for (size_t i = 0; i < s->parts.used / sizeof(*parts); i++)
		parts[i] = (struct generation_part){ 0, 0 }; /* of the build before */
	sort(&s->triggers, sizeof(*t), by_part);
	for (size_t i = 0; i < s->triggers.used / sizeof(*t); i++) {
		struct generation_part *p = &parts[t[i].part];

		if (p->trigger_count++ == 0)
			p->triggers = (uint32_t)(out->used / sizeof(uint32_t));
		table_add(out, &t[i].rule, sizeof(t[i].rule));
	}
}

/* A file that grows, its table of sections filled in behind. */
struct layout {
	struct sigc_table file;
	struct generation_section sections[GENERATION_SECTIONS_MAX];
	uint32_t count;
};

static void
add_section(struct layout *l, uint32_t kind, const struct sigc_table *t)
{
	static const uint8_t padding[64];

	table_add(&l->file, padding, (64 - l->file.used % 64) % 64);
	l->sections[l->count++] =
	    (struct generation_section){ .kind = kind, .offset = l->file.used, .bytes = t->used };
	table_add(&l->file, t->bytes, t->used);
}

/* A database that one thread makes. */
struct job {
	unsigned target;
	const struct sigc_table *numbers;
	bool is_stream, is_reused;
	struct generation_database_key key;
	struct sigc_table made;
	char error[SIGC_ERROR_MAX];
	int rc;
};

struct jobs {
	const struct sigc *sigc;
	struct job all[2 * TARGET_COUNT];
	struct job *by_size[2 * TARGET_COUNT];
	struct sigc_table numbers[TARGET_COUNT];
	unsigned count;
};

static uint32_t
kind_of(const struct job *j)
{
	return j->is_stream ? GENERATION_STREAM_DB : GENERATION_BLOCK_DB;
}

static void
make_database(void *arg, unsigned number)
{
	struct jobs *jobs = arg;
	struct job *j = jobs->by_size[number];
	struct span earlier;
	char *bytes = NULL;

	j->key.kind = kind_of(j);
	j->key.target = j->target;
	sigc_database_key(jobs->sigc, j->numbers, &j->key);
	j->is_reused = sigc_find_earlier(jobs->sigc, &j->key, &earlier);
	if (j->is_reused) {
		table_add(&j->made, earlier.data, earlier.bytes);
		return;
	}
	j->rc = sigc_compile(jobs->sigc, j->numbers, j->is_stream ? HS_MODE_STREAM : HS_MODE_BLOCK,
	    &bytes, &j->made.used, j->error);
	j->made.bytes = (uint8_t *)bytes;
}

static int
larger_first(const void *a, const void *b)
{
	const struct job *x = *(struct job *const *)a, *y = *(struct job *const *)b;

	return x->numbers->used < y->numbers->used ? 1 : -(x->numbers->used > y->numbers->used);
}

static void
plan_job(struct jobs *jobs, unsigned target, bool is_stream)
{
	struct job *j = &jobs->all[jobs->count];

	*j = (struct job){
		.target = target, .numbers = &jobs->numbers[target], .is_stream = is_stream
	};
	jobs->by_size[jobs->count++] = j;
}

static void
plan_jobs(struct sigc *s, struct jobs *jobs)
{
	uint32_t targets = sigc_assign_targets(s);
	unsigned block_max = s->block_literals_max > 0 ? s->block_literals_max : BLOCK_LITERALS_MAX;
	uint32_t *sorted = sigc_sort_patterns(s);

	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		struct sigc_table *numbers = &jobs->numbers[t];

		if (!(targets & 1u << t))
			continue;
		sigc_target_numbers(s, sorted, t, numbers);
		if ((TARGET_FORMS & 1u << t) || numbers->used / sizeof(uint32_t) <= block_max)
			plan_job(jobs, t, false);
		if (!(TARGET_FORMS & 1u << t))
			plan_job(jobs, t, true);
	}
	free(sorted);
	/* The one that takes longest does not begin last. */
	qsort(jobs->by_size, jobs->count, sizeof(jobs->by_size[0]), larger_first);
}

static int
add_databases(struct sigc *s, struct layout *l)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));
	struct sigc_table keys = { 0 };
	int rc = 0;

	if (jobs == NULL)
		abort();
	jobs->sigc = s;
	plan_jobs(s, jobs);
	sigc_share(s, jobs->count, make_database, jobs);
	s->cost.block_bytes = s->cost.stream_bytes = 0;
	s->cost.reused = 0;
	for (unsigned i = 0; i < jobs->count; i++) {
		struct job *j = &jobs->all[i];

		if (rc == 0 && j->rc != 0) {
			rc = j->rc;
			memcpy(s->error, j->error, sizeof(s->error));
		}
		if (rc == 0) {
			add_section(l, kind_of(j), &j->made);
			l->sections[l->count - 1].target = j->target;
			*(j->is_stream ? &s->cost.stream_bytes : &s->cost.block_bytes) +=
			    j->made.used;
			table_add(&keys, &j->key, sizeof(j->key));
			s->cost.reused += j->is_reused;
		}
		free(j->made.bytes);
	}
	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		if (rc == 0 && jobs->numbers[t].used > 0) {
			add_section(l, GENERATION_NUMBERS, &jobs->numbers[t]);
			l->sections[l->count - 1].target = t;
		}
		free(jobs->numbers[t].bytes);
	}
	s->cost.databases = jobs->count;
	if (rc == 0)
		add_section(l, GENERATION_DATABASE_KEYS, &keys);
	free(keys.bytes);
	free(jobs);
	return rc;
}

static void
add_tables(struct sigc *s, struct layout *l)
{
	struct sigc_table reputation = { 0 }, ids = { 0 }, triggers = { 0 };
	struct sigc_table origins = { 0 }, files = { 0 };
	const struct pattern *p = (const struct pattern *)(void *)s->patterns.bytes;
	const struct {
		enum generation_section_kind kind;
		const struct sigc_table *table;
	} all[] = { { GENERATION_NAMES, &s->names }, { GENERATION_LITERALS, &ids },
		{ GENERATION_SECTION_SIZES, &s->section_sizes },
		{ GENERATION_REPUTATION, &reputation }, { GENERATION_PATTERNS, &s->checks },
		{ GENERATION_ELEMENTS, &s->elements }, { GENERATION_BYTES, &s->compared },
		{ GENERATION_RULES, &s->rules }, { GENERATION_RULE_PARTS, &s->rule_parts },
		{ GENERATION_STEPS, &s->steps }, { GENERATION_PARTS, &s->parts },
		{ GENERATION_TRIGGERS, &triggers }, { GENERATION_ALWAYS, &s->always },
		{ GENERATION_YARA, &s->compiled_yara }, { GENERATION_ORIGINS, &origins },
		{ GENERATION_FILES, &files }, { GENERATION_REGEXES, &s->regexes },
		{ GENERATION_MEMBERS, &s->members } };

	for (size_t i = 0; i < s->patterns.used / sizeof(*p); i++) {
		struct generation_literal literal = { p[i].name, p[i].check };

		table_add(&ids, &literal, sizeof(literal));
	}
	sigc_build_reputation(s, &reputation);
	build_triggers(s, &triggers);
	sigc_build_origins(s, &origins, &files);
	for (unsigned i = 0; i < SIGC_SETS * SIGC_KINDS; i++)
		add_section(l, GENERATION_BAD_MD5 + i, &s->digests[i / SIGC_KINDS][i % SIGC_KINDS]);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		add_section(l, all[i].kind, all[i].table);
	free(ids.bytes);
	free(files.bytes);
	free(origins.bytes);
	free(triggers.bytes);
	free(reputation.bytes);
}

/* The whole file in memory; the bytes are the caller's where it succeeds. */
static int
assemble(struct sigc *s, struct sigc_table *out)
{
	struct generation_header h = { .magic = GENERATION_MAGIC, .version = GENERATION_VERSION };
	struct layout l = { 0 };
	int rc;

	table_add(&l.file, &h, sizeof(h));
	table_add(&l.file, l.sections, sizeof(l.sections));
	rc = add_databases(s, &l);
	if (rc != 0) {
		free(l.file.bytes);
		return rc;
	}
	add_tables(s, &l);
	h.section_count = l.count;
	snprintf(h.hyperscan, sizeof(h.hyperscan), "%s", hs_version());
	memcpy(l.file.bytes + sizeof(h), l.sections, sizeof(l.sections));
	SHA256(l.file.bytes + sizeof(h), l.file.used - sizeof(h), h.sha256);
	memcpy(&h.id, h.sha256, sizeof(h.id));
	memcpy(l.file.bytes, &h, sizeof(h));
	*out = l.file;
	return 0;
}

static uint64_t
cpu_ms(void)
{
	return (uint64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

int
sigc_build(struct sigc *s, const char *output)
{
	struct sigc_table file = { 0 };
	int rc;

	sigc_drop_ignored(s);
	sigc_note_digests(s);
	sigc_finish_digests(s);
	sigc_finish_members(s);
	rc = sigc_compile_deep(s);
	if (rc != 0)
		return rc;
	sigc_where("the generation, while it is built", NULL);
	rc = 1;
	for (s->cost.builds = 0; s->cost.builds < BUILDS_MAX && rc > 0; s->cost.builds++) {
		uint64_t began = cpu_ms(), compiled;

		free(file.bytes);
		file = (struct sigc_table){ 0 };
		rc = assemble(s, &file);
		compiled = cpu_ms();
		if (rc == 0)
			rc = sigc_prove(s, span_of(file.bytes, file.used));
		s->cost.compile_ms += compiled - began;
		s->cost.proof_ms += cpu_ms() - compiled;
	}
	if (rc > 0)
		rc = say(s, "Hyperscan misses signatures however often they are taken out");
	if (rc == 0)
		rc = sigc_write(s, output, span_of(file.bytes, file.used));
	s->cost.file_bytes = file.used;
	free(file.bytes);
	return rc;
}
