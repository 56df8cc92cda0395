/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What became of each line: a count by file and reason, the name and the place of all that is left
 * out, and how many lines say again what one before has said (whatever name they give it; both are
 * taken). Of each line that was taken a digest of 16 bytes is kept for that, in a table that is at
 * most half full.
 */
#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/sha.h>

#include "tools/sigc/sigc.h"

#define SLOTS_FIRST 4096

const char *const sigc_skip_texts[SKIP_COUNT] = {
#define X(id, text) [SKIP_##id] = text,
	SKIP_REASONS(X)
#undef X
};

struct seen {
	uint64_t words[2]; /* of the digest; both 0: empty */
};

void
sigc_begin_source(struct sigc *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	s->source = path;
	s->above_source = slash != NULL ? (size_t)(slash + 1 - path) : 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		s->above_source = strlen(path);
}

void
sigc_begin_file(struct sigc *s, const char *path)
{
	struct sigc_file f = { .path = table_add_text(&s->left_out_names, span_text(path)) };
	size_t above = s->above_source;

	if (s->source == NULL || strncmp(path, s->source, above) != 0)
		above = 0;
	while (above > 0 && path[above] == '/')
		above++;
	f.short_path = f.path + (uint32_t)above;
	s->at.file = (uint32_t)(table_add(&s->files, &f, sizeof(f)) / sizeof(f));
	s->at.line = 0;
	sigc_where(path, &s->at.line);
}

static struct sigc_file *
file_of(struct sigc *s, struct sigc_origin origin)
{
	if (s->files.used == 0)
		sigc_begin_file(s, "built in");
	return (struct sigc_file *)(void *)s->files.bytes + origin.file;
}

/* The slot that holds it, or the empty one where it belongs. */
static struct seen *
slot_of(struct sigc *s, const struct seen *key)
{
	struct seen *slots = (struct seen *)(void *)s->seen_slots.bytes;
	size_t mask = s->seen_slots.used / sizeof(*slots) - 1, i = key->words[0] & mask;

	while ((slots[i].words[0] | slots[i].words[1]) != 0 &&
	       memcmp(&slots[i], key, sizeof(*key)) != 0)
		i = (i + 1) & mask;
	return &slots[i];
}

static void
make_room(struct sigc *s)
{
	struct sigc_table old = s->seen_slots;
	const struct seen *keys = (const struct seen *)(const void *)old.bytes, none = { { 0, 0 } };
	size_t n = old.used / sizeof(none), want = n == 0 ? SLOTS_FIRST : 2 * n;

	if (n > 2 * s->seen)
		return;
	s->seen_slots = (struct sigc_table){ 0 };
	assert(want >= SLOTS_FIRST);
	for (size_t i = 0; i < want; i++)
		table_add(&s->seen_slots, &none, sizeof(none));
	for (size_t i = 0; i < n; i++) {
		if ((keys[i].words[0] | keys[i].words[1]) != 0)
			*slot_of(s, &keys[i]) = keys[i];
	}
	free(old.bytes);
}

static bool
was_seen(struct sigc *s, uint8_t kind, struct span words)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX hash;
	struct seen key, *slot;

	SHA256_Init(&hash);
	SHA256_Update(&hash, &kind, 1);
	SHA256_Update(&hash, words.data, words.bytes);
	SHA256_Final(digest, &hash);
	memcpy(&key, digest, sizeof(key));
	make_room(s);
	slot = slot_of(s, &key);
	if (memcmp(slot, &key, sizeof(key)) == 0)
		return true;
	*slot = key;
	s->seen++;
	return false;
}

void
sigc_count(struct sigc *s, uint8_t kind, struct span words)
{
	struct sigc_file *f = file_of(s, s->at);

	f->loaded++;
	s->loaded++;
	f->duplicates += was_seen(s, kind, words);
}

static void
leave_out(struct sigc *s, struct sigc_origin origin, struct span name, enum skip_reason why)
{
	struct sigc_left_out row = { .why = why, .origin = origin };

	file_of(s, origin)->left_out[why]++;
	s->skipped[why]++;
	row.name = table_add_text(&s->left_out_names, name);
	table_add(&s->left_out, &row, sizeof(row));
}

void
sigc_skip(struct sigc *s, struct span name, enum skip_reason why)
{
	leave_out(s, s->at, name, why);
}

void
sigc_skip_saying(struct sigc *s, struct span name, enum skip_reason why, const char *detail)
{
	struct sigc_left_out *row;

	leave_out(s, s->at, name, why);
	row = (void *)(s->left_out.bytes + s->left_out.used - sizeof(*row));
	if (detail[0] != 0) /* not at 0, where a file's path stands */
		row->detail = table_add_text(&s->left_out_names, span_text(detail));
}

void
sigc_skip_later(struct sigc *s, struct sigc_origin origin, struct span name, enum skip_reason why)
{
	struct sigc_left_out row;

	leave_out(s, origin, name, why);
	memcpy(&row, s->left_out.bytes + s->left_out.used - sizeof(row), sizeof(row));
	if (file_of(s, origin)->deep > 0)
		table_add(&s->forgotten, &row, sizeof(row));
	file_of(s, origin)->loaded--;
	s->loaded--;
}

static int
by_place(const void *a, const void *b, void *names)
{
	const struct sigc_left_out *x = a, *y = b;

	if (x->origin.file != y->origin.file)
		return x->origin.file < y->origin.file ? -1 : 1;
	if (x->origin.line != y->origin.line)
		return x->origin.line < y->origin.line ? -1 : 1;
	return strcmp((char *)names + x->name, (char *)names + y->name);
}

void
sigc_forget_deep(struct sigc *s)
{
	struct sigc_left_out *row = (void *)s->deep_names.bytes;
	size_t n = s->deep_names.used / sizeof(*row), kept = 0;

	if (s->forgotten.used == 0)
		return;
	qsort_r(s->forgotten.bytes, s->forgotten.used / sizeof(*row), sizeof(*row), by_place,
	    s->left_out_names.bytes);
	for (size_t i = 0; i < n; i++) {
		if (table_holds(
			&s->forgotten, &row[i], sizeof(*row), by_place, s->left_out_names.bytes))
			file_of(s, row[i].origin)->deep--;
		else
			row[kept++] = row[i];
	}
	s->deep_names.used = kept * sizeof(*row);
	s->forgotten.used = 0;
}

void
sigc_note_deep(struct sigc *s, struct span name, enum skip_reason why)
{
	struct sigc_left_out row = { .why = why, .origin = s->at };

	file_of(s, s->at)->deep++;
	row.name = table_add_text(&s->left_out_names, name);
	table_add(&s->deep_names, &row, sizeof(row));
}
