/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libmspack asks for files by name; here a name is the address of a struct place: bytes to be read,
 * or where they go. Nothing else is opened. A limit that is met ends a decompression as a write
 * that fails. The members of a CHM are taken in the order of their data, since each that lies
 * before the last one begins anew; as many as the object may have.
 */
#include "control/deepscan/microsoft.h"

#include <stdint.h>
#include <stdlib.h>

#include <mspack.h>

#define MAGIC_BYTES 8

/* What a file's name stands for. */
struct place {
	struct span in;
	struct layer_target *out; /* NULL: it is read */
};

/* What libmspack holds of one: its struct is a face without fields of ours. */
struct opened {
	struct mspack_file face;
	const struct place *place;
	off_t at;
};

static struct opened *
opened_of(struct mspack_file *f)
{
	return (void *)f;
}

static struct mspack_file *
open_place(struct mspack_system *self, const char *name, int mode)
{
	struct opened *f = malloc(sizeof(*f));

	(void)self;
	(void)mode;
	if (f == NULL)
		return NULL;
	*f = (struct opened){ .place = (const void *)name };
	return &f->face;
}

static void
close_place(struct mspack_file *f)
{
	free(f);
}

static int
read_place(struct mspack_file *file, void *out, int count)
{
	struct opened *f = opened_of(file);
	struct span piece =
	    span_first(span_from(f->place->in, (size_t)f->at), count > 0 ? (size_t)count : 0);

	if (piece.bytes > 0)
		memcpy(out, piece.data, piece.bytes);
	f->at += (off_t)piece.bytes;
	return (int)piece.bytes;
}

static int
write_place(struct mspack_file *file, void *bytes, int count)
{
	struct opened *f = opened_of(file);

	if (count < 0 || f->place->out == NULL ||
	    !layer_take(f->place->out, span_of(bytes, (size_t)count)))
		return -1;
	f->at += count;
	return count;
}

static int
seek_place(struct mspack_file *file, off_t offset, int mode)
{
	struct opened *f = opened_of(file);
	const off_t size = (off_t)f->place->in.bytes;
	off_t from = mode == MSPACK_SYS_SEEK_CUR ? f->at : mode == MSPACK_SYS_SEEK_END ? size : 0;

	if (offset < -from || offset > size - from)
		return -1;
	f->at = from + offset;
	return 0;
}

static off_t
tell_place(struct mspack_file *f)
{
	return opened_of(f)->at;
}

static void
say_nothing(struct mspack_file *f, const char *format, ...)
{
	(void)f;
	(void)format;
}

/* Zeros: of a KWAJ that ends in its header 0.11 frees what it has not set. */
static void *
give_memory(struct mspack_system *self, size_t bytes)
{
	(void)self;
	return calloc(1, bytes);
}

static void
copy_bytes(void *from, void *to, size_t bytes)
{
	memcpy(to, from, bytes);
}

static struct mspack_system from_memory = { .open = open_place,
	.close = close_place,
	.read = read_place,
	.write = write_place,
	.seek = seek_place,
	.tell = tell_place,
	.message = say_nothing,
	.alloc = give_memory,
	.free = free,
	.copy = copy_bytes };

static void
note_failure(struct deepscan *d, int rc, const char *path)
{
	if (rc != MSPACK_ERR_OK && !layer_is_over(d))
		layer_note(d, rc == MSPACK_ERR_NOMEMORY ? SOURCE_OVERSIZE : SOURCE_CORRUPT, path);
}

static int
by_offset(const void *a, const void *b)
{
	const struct mschmd_file *const *x = a, *const *y = b;

	return ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

/* One file of a CHM. */
static void
judge_member(struct deepscan *d, const struct layer *l, struct mschm_decompressor *chm,
    struct mschmd_file *file)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, layer_path(path, l, "chm", file->filename) };
	struct place out = { .out = &t };
	struct layer inner = { .depth = l->depth + 1, .path = path };

	note_failure(d, chm->extract(chm, file, (const char *)&out), path);
	inner.bytes = span_of(b.bytes, b.used);
	inner.name = span_text(file->filename);
	if (b.used > 0)
		layer_judge(d, &inner);
	free(b.bytes);
}

/* In the order of their data; no more than the object may still have. */
static void
judge_members(struct deepscan *d, const struct layer *l, struct mschm_decompressor *chm,
    struct mschmd_header *head)
{
	size_t room = d->limits.members_max - d->members, count = 0;
	struct mschmd_file **files = calloc(room + 1, sizeof(struct mschmd_file *));
	struct mschmd_file *next = head->files;

	if (files == NULL) {
		layer_note(d, SOURCE_OVERSIZE, l->path);
		return;
	}
	for (; next != NULL && count < room; next = next->next)
		files[count++] = next;
	qsort(files, count, sizeof(files[0]), by_offset);
	for (size_t i = 0; i < count && !layer_is_over(d); i++) {
		d->members++;
		judge_member(d, l, chm, files[i]);
	}
	if (next != NULL && !layer_is_over(d))
		layer_spent(d, l->path);
	free(files);
}

static int
unpack_chm(struct deepscan *d, const struct layer *l, const struct place *in)
{
	struct mschm_decompressor *chm = mspack_create_chm_decompressor(&from_memory);
	struct mschmd_header *head;
	int rc;

	if (chm == NULL)
		return MSPACK_ERR_NOMEMORY;
	head = chm->open(chm, (const char *)in);
	rc = chm->last_error(chm);
	if (head != NULL) {
		judge_members(d, l, chm, head);
		chm->close(chm, head);
	}
	mspack_destroy_chm_decompressor(chm);
	return rc;
}

static int
unpack_szdd(const struct place *in, const struct place *out)
{
	struct msszdd_decompressor *szdd = mspack_create_szdd_decompressor(&from_memory);
	int rc = MSPACK_ERR_NOMEMORY;

	if (szdd == NULL)
		return rc;
	rc = szdd->decompress(szdd, (const char *)in, (const char *)out);
	mspack_destroy_szdd_decompressor(szdd);
	return rc;
}

static int
unpack_kwaj(const struct place *in, const struct place *out)
{
	struct mskwaj_decompressor *kwaj = mspack_create_kwaj_decompressor(&from_memory);
	int rc = MSPACK_ERR_NOMEMORY;

	if (kwaj == NULL)
		return rc;
	rc = kwaj->decompress(kwaj, (const char *)in, (const char *)out);
	mspack_destroy_kwaj_decompressor(kwaj);
	return rc;
}

/* How each begins, and what takes off the one file that is in it; NULL: there are many. */
static const struct kind {
	const char *name;
	struct span magic;
	int (*unpack)(const struct place *in, const struct place *out);
} kinds[] = { { "chm", { (const uint8_t *)"ITSF", 4 }, NULL },
	{ "szdd", { (const uint8_t *)"SZDD\x88\xf0\x27\x33", MAGIC_BYTES }, unpack_szdd },
	{ "szdd", { (const uint8_t *)"SZ \x88\xf0\x27\x33\xd1", MAGIC_BYTES }, unpack_szdd },
	{ "kwaj", { (const uint8_t *)"KWAJ\x88\xf0\x27\xd1", MAGIC_BYTES }, unpack_kwaj } };

static const struct kind *
kind_of(struct span bytes)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (span_equal(span_first(bytes, kinds[i].magic.bytes), kinds[i].magic))
			return &kinds[i];
	}
	return NULL;
}

bool
microsoft_is_one(struct span bytes)
{
	return kind_of(bytes) != NULL;
}

bool
microsoft_unpack(struct deepscan *d, const struct layer *l)
{
	const struct kind *kind = kind_of(l->bytes);
	const struct place in = { .in = l->bytes };
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, path };
	const struct place out = { .out = &t };

	if (kind == NULL)
		return false;
	layer_path(path, l, kind->name, NULL);
	if (kind->unpack == NULL)
		note_failure(d, unpack_chm(d, l, &in), l->path);
	else
		note_failure(d, kind->unpack(&in, &out), l->path);
	layer_judge_buffer(d, l, path, &b);
	return true;
}
