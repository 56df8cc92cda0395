/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compiles the literals for both modes, lays the sections out, has the whole prove itself
 * (prove.c), and writes the file in one rename.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <hs/hs.h>
#include <openssl/sha.h>

#include "scanners/reputation/reputation_table.h"
#include "tools/sigc/sigc.h"

#define BUILDS_MAX 8 /* each takes out what the one before did not find */

static int
say(struct sigc *s, const char *what)
{
	snprintf(s->error, sizeof(s->error), "%.500s", what);
	return -EINVAL;
}

/* One database, serialized; the bytes are the caller's. */
static int
compile(struct sigc *s, unsigned mode, char **out, size_t *bytes)
{
	const struct pattern *p = (const struct pattern *)(void *)s->patterns.bytes;
	unsigned n = (unsigned)(s->patterns.used / sizeof(*p));
	const char **texts = calloc(n, sizeof(*texts));
	size_t *lengths = calloc(n, sizeof(*lengths));
	unsigned *flags = calloc(n, sizeof(*flags)), *ids = calloc(n, sizeof(*ids));
	hs_compile_error_t *why = NULL;
	hs_database_t *db = NULL;
	int rc = 0;

	for (unsigned i = 0; i < n; i++) {
		texts[i] = (const char *)s->literals.bytes + p[i].bytes_at;
		lengths[i] = p[i].bytes_count;
		ids[i] = i;
		flags[i] = p[i].nocase ? HS_FLAG_CASELESS : 0;
	}
	if (hs_compile_lit_multi(texts, flags, ids, lengths, n, mode, NULL, &db, &why) !=
	    HS_SUCCESS) {
		rc = say(s, why->message);
		hs_free_compile_error(why);
	} else if (hs_serialize_database(db, out, bytes) != HS_SUCCESS) {
		rc = say(s, "Hyperscan's database can't be written down");
	}
	hs_free_database(db);
	free(texts);
	free(lengths);
	free(flags);
	free(ids);
	return rc;
}

static int
by_md5(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static int
by_sha256(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static void
sort(struct sigc_table *t, size_t each, int (*compare)(const void *, const void *))
{
	if (t->used > 0)
		qsort(t->bytes, t->used / each, each, compare);
}

/* A digest's last word, until here the row of its origin, is not for the file. */
static void
clear_origins(struct sigc_table *t, size_t each)
{
	for (size_t at = each; at <= t->used; at += each)
		memset(t->bytes + at - sizeof(uint32_t), 0, sizeof(uint32_t));
}

/* The slot of a key: the one that holds it, or the empty one where it belongs. */
static struct reputation_entry *
slot_of(struct reputation_entry *slots, uint32_t mask, const uint8_t *text, uint32_t key,
    uint32_t key_bytes)
{
	uint32_t hash = reputation_hash(text + key, key_bytes), i = hash & mask;

	while (slots[i].hash != 0 && (slots[i].hash != hash || slots[i].key_bytes != key_bytes ||
					 memcmp(text + slots[i].key, text + key, key_bytes) != 0))
		i = (i + 1) & mask;
	if (slots[i].hash == 0)
		slots[i] =
		    (struct reputation_entry){ .hash = hash, .key = key, .key_bytes = key_bytes };
	return &slots[i];
}

/*
 * Puts one entry; the same key again: good beats bad, else the first stays. A path marks its host,
 * so that a look-up tries paths only where there are some.
 */
static void
insert(
    struct reputation_entry *slots, uint32_t mask, const uint8_t *text, const struct url_entry *u)
{
	struct reputation_entry *e = slot_of(slots, mask, text, u->key, u->key_bytes);

	if (e->kind == REPUTATION_UNKNOWN ||
	    (u->kind == REPUTATION_GOOD && e->kind == REPUTATION_BAD)) {
		e->kind = u->kind;
		e->list = u->list;
		e->line = u->line;
	}
	if (u->key_bytes > u->host_bytes) {
		uint16_t path = (uint16_t)(u->key_bytes - u->host_bytes);

		e = slot_of(slots, mask, text, u->key, u->host_bytes);
		e->path_bytes_max = path > e->path_bytes_max ? path : e->path_bytes_max;
	}
}

/* The whole reputation section; its text is a copy of all names. */
static void
build_reputation(struct sigc *s, struct sigc_table *out)
{
	const struct url_entry *u = (const struct url_entry *)(void *)s->urls.bytes;
	uint32_t n = (uint32_t)(s->urls.used / sizeof(*u)), slots = 64;
	struct reputation_header h = { .magic = REPUTATION_MAGIC };
	struct reputation_entry *table;

	if (n == 0)
		return;
	while (slots < n * 3) /* an entry and its host's mark, at most two thirds full */
		slots *= 2;
	table = calloc(slots, sizeof(*table));
	if (table == NULL)
		abort();
	for (uint32_t i = 0; i < n; i++)
		insert(table, slots - 1, s->names.bytes, &u[i]);
	for (uint32_t i = 0; i < slots; i++)
		h.entries += table[i].hash != 0;
	h.slots = slots;
	h.text_bytes = (uint32_t)s->names.used;
	h.list_count = (uint32_t)(s->lists.used / sizeof(uint32_t));
	memcpy(h.list_names, s->lists.bytes, s->lists.used);
	table_add(out, &h, sizeof(h));
	table_add(out, table, slots * sizeof(*table));
	table_add(out, s->names.bytes, s->names.used);
	free(table);
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

static void
add_section(struct sigc_table *file, struct generation_section *section, uint32_t kind,
    const void *bytes, size_t count)
{
	static const uint8_t padding[64];

	table_add(file, padding, (64 - file->used % 64) % 64);
	*section = (struct generation_section){ kind, 0, file->used, count };
	table_add(file, bytes, count);
}

static int
write_file(struct sigc *s, const char *output, const struct sigc_table *file)
{
	char partial[4096];
	int fd;
	bool good;

	snprintf(partial, sizeof(partial), "%s.new", output);
	fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	good =
	    fd >= 0 && write(fd, file->bytes, file->used) == (ssize_t)file->used && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	if (good && rename(partial, output) == 0)
		return 0;
	snprintf(s->error, sizeof(s->error), "%.300s: %s", output, strerror(errno));
	return -EIO;
}

/* The whole file in memory. */
static int
assemble(struct sigc *s, struct sigc_table *out)
{
	struct generation_header h = { .magic = GENERATION_MAGIC, .version = GENERATION_VERSION };
	struct generation_section sections[GENERATION_KIND_COUNT - 1];
	const struct pattern *p;
	struct sigc_table file = { 0 }, reputation = { 0 }, ids = { 0 }, triggers = { 0 };
	char *block = NULL, *stream = NULL;
	size_t block_bytes = 0, stream_bytes = 0;
	int rc;

	p = (const struct pattern *)(void *)s->patterns.bytes;
	rc = compile(s, HS_MODE_BLOCK, &block, &block_bytes);
	if (rc == 0)
		rc = compile(s, HS_MODE_STREAM, &stream, &stream_bytes);
	if (rc != 0)
		return rc;
	s->cost.block_bytes = block_bytes;
	s->cost.stream_bytes = stream_bytes;
	sort(&s->bad_md5, sizeof(struct generation_digest16), by_md5);
	sort(&s->good_md5, sizeof(struct generation_digest16), by_md5);
	sort(&s->bad_sha256, sizeof(struct generation_digest32), by_sha256);
	sort(&s->good_sha256, sizeof(struct generation_digest32), by_sha256);
	for (size_t i = 0; i < s->patterns.used / sizeof(*p); i++) {
		struct generation_literal l = { p[i].name, p[i].check };

		table_add(&ids, &l, sizeof(l));
	}
	clear_origins(&s->bad_md5, sizeof(struct generation_digest16));
	clear_origins(&s->good_md5, sizeof(struct generation_digest16));
	clear_origins(&s->bad_sha256, sizeof(struct generation_digest32));
	clear_origins(&s->good_sha256, sizeof(struct generation_digest32));
	build_reputation(s, &reputation);
	build_triggers(s, &triggers);

	memset(sections, 0, sizeof(sections));
	h.section_count = GENERATION_KIND_COUNT - 1;
	snprintf(h.hyperscan, sizeof(h.hyperscan), "%s", hs_version());
	table_add(&file, &h, sizeof(h));
	table_add(&file, sections, sizeof(sections));
	add_section(&file, &sections[0], GENERATION_BLOCK_DB, block, block_bytes);
	add_section(&file, &sections[1], GENERATION_STREAM_DB, stream, stream_bytes);
	add_section(&file, &sections[2], GENERATION_NAMES, s->names.bytes, s->names.used);
	add_section(&file, &sections[3], GENERATION_LITERALS, ids.bytes, ids.used);
	add_section(&file, &sections[4], GENERATION_BAD_MD5, s->bad_md5.bytes, s->bad_md5.used);
	add_section(
	    &file, &sections[5], GENERATION_BAD_SHA256, s->bad_sha256.bytes, s->bad_sha256.used);
	add_section(&file, &sections[6], GENERATION_GOOD_MD5, s->good_md5.bytes, s->good_md5.used);
	add_section(
	    &file, &sections[7], GENERATION_GOOD_SHA256, s->good_sha256.bytes, s->good_sha256.used);
	add_section(&file, &sections[8], GENERATION_REPUTATION, reputation.bytes, reputation.used);
	add_section(&file, &sections[9], GENERATION_PATTERNS, s->checks.bytes, s->checks.used);
	add_section(&file, &sections[10], GENERATION_ELEMENTS, s->elements.bytes, s->elements.used);
	add_section(&file, &sections[11], GENERATION_BYTES, s->compared.bytes, s->compared.used);
	add_section(&file, &sections[12], GENERATION_RULES, s->rules.bytes, s->rules.used);
	add_section(
	    &file, &sections[13], GENERATION_RULE_PARTS, s->rule_parts.bytes, s->rule_parts.used);
	add_section(&file, &sections[14], GENERATION_STEPS, s->steps.bytes, s->steps.used);
	add_section(&file, &sections[15], GENERATION_PARTS, s->parts.bytes, s->parts.used);
	add_section(&file, &sections[16], GENERATION_TRIGGERS, triggers.bytes, triggers.used);
	memcpy(file.bytes + sizeof(h), sections, sizeof(sections));
	SHA256(file.bytes + sizeof(h), file.used - sizeof(h), h.sha256);
	memcpy(&h.id, h.sha256, sizeof(h.id));
	memcpy(file.bytes, &h, sizeof(h));
	free(block);
	free(stream);
	free(ids.bytes);
	free(triggers.bytes);
	free(reputation.bytes);
	*out = file;
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
	int rc = 1;

	sigc_drop_ignored(s);
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
		rc = write_file(s, output, &file);
	s->cost.file_bytes = file.used;
	free(file.bytes);
	return rc;
}
