/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libmspack asks for files by name; here a name is the address of a struct place: bytes to be read,
 * or where they go. Nothing else is opened. A limit that is met ends a decompression as a write
 * that fails. Files of a CHM or a CAB are taken in the order of their data, since each that lies
 * before the last one makes the library begin anew; as many as the object may have. What it unpacks
 * to get to a file counts as unpacked, too.
 */
#include "control/deepscan/microsoft.h"

#include <stdint.h>
#include <stdlib.h>

#include <mspack.h>

#include "scanners/signature/generation_file.h"

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

/* A file of a CHM or a CAB. */
struct listed {
	void *file;
	const char *name;
	const void *folder;     /* what it is decompressed with; NULL: it is not compressed */
	uint64_t offset, bytes; /* in that */
	size_t position;        /* in the archive's list, from 0 */
};

/* Those of one archive, and what takes one out: a library's code. */
struct list {
	const char *kind;
	uint32_t is; /* a bit, as of struct signature_member */
	struct listed *files;
	size_t count, room; /* as many as the object may still have */
	bool is_cut;        /* there are more */
	int (*extract)(void *decompressor, void *file, const struct place *out);
	void *decompressor;
	const void *folder; /* the last that was unpacked, and up to where */
	uint64_t reached;
};

/* What lies before a file, and has to be unpacked to get there. */
static uint64_t
skipped_before(struct list *list, const struct listed *file)
{
	uint64_t from =
	    file->folder == list->folder && file->offset >= list->reached ? list->reached : 0;

	if (file->folder == NULL)
		return 0;
	list->folder = file->folder;
	list->reached = file->offset + file->bytes;
	return file->offset - from;
}

static int
by_place(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->folder != y->folder)
		return (uintptr_t)x->folder < (uintptr_t)y->folder ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* False: no memory. */
static bool
list_init(struct list *list, const struct deepscan *d)
{
	list->room = d->limits.members_max - d->members;
	list->files = calloc(list->room + 1, sizeof(struct listed));
	return list->files != NULL;
}

static void
list_add(struct list *list, struct listed file)
{
	list->is_cut |= list->count == list->room;
	file.position = list->count;
	if (list->count < list->room)
		list->files[list->count++] = file;
}

static void
judge_listed(struct deepscan *d, const struct layer *l, struct list *list, struct listed *file)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, layer_path(path, l, list->kind, file->name) };
	const struct place out = { .out = &t };
	struct layer inner = { .depth = l->depth + 1, .path = path };
	struct signature_member m = { .archives = list->is,
		.name = span_text(file->name),
		.bytes = file->bytes,
		.position = file->position };

	layer_match_member(d, l, path, &m);
	if (layer_is_over(d) || !layer_count_bytes(d, skipped_before(list, file), path))
		return;
	note_failure(d, list->extract(list->decompressor, file->file, &out), path);
	inner.bytes = span_of(b.bytes, b.used);
	inner.name = span_text(file->name);
	if (b.used > 0)
		layer_judge(d, &inner);
	free(b.bytes);
}

/* In the order of their data; and lets the list go. */
static void
judge_list(struct deepscan *d, const struct layer *l, struct list *list)
{
	qsort(list->files, list->count, sizeof(list->files[0]), by_place);
	for (size_t i = 0; i < list->count && !layer_is_over(d); i++) {
		if (++d->members > d->limits.members_max) /* those within them count, too */
			layer_spent(d, l->path);
		else
			judge_listed(d, l, list, &list->files[i]);
	}
	if (list->is_cut && !layer_is_over(d))
		layer_spent(d, l->path);
	free(list->files);
}

static int
extract_from_chm(void *decompressor, void *file, const struct place *out)
{
	struct mschm_decompressor *chm = decompressor;

	return chm->extract(chm, file, (const char *)out);
}

/* Section 0 is not compressed. */
static struct listed
chm_file(struct mschmd_file *f)
{
	const void *folder = f->section->id != 0 ? f->section : NULL;

	return (
	    struct listed){ f, f->filename, folder, (uint64_t)f->offset, (uint64_t)f->length, 0 };
}

static int
unpack_chm(struct deepscan *d, const struct layer *l, const struct place *in)
{
	struct mschm_decompressor *chm = mspack_create_chm_decompressor(&from_memory);
	struct list list = { .kind = "chm",
		.is = 1u << ARCHIVE_CHM,
		.extract = extract_from_chm,
		.decompressor = chm };
	struct mschmd_header *head;
	int rc;

	if (chm == NULL)
		return MSPACK_ERR_NOMEMORY;
	head = chm->open(chm, (const char *)in);
	rc = chm->last_error(chm);
	if (head != NULL && list_init(&list, d)) {
		for (struct mschmd_file *f = head->files; f != NULL; f = f->next)
			list_add(&list, chm_file(f));
		judge_list(d, l, &list);
	} else if (head != NULL) {
		rc = MSPACK_ERR_NOMEMORY;
	}
	if (head != NULL)
		chm->close(chm, head);
	mspack_destroy_chm_decompressor(chm);
	return rc;
}

/* Where a block is wrong, from the beginning without heeding that: what is there counts. */
static void
extract_unchecked(struct mscabd_file *file, const struct place *out)
{
	struct mscab_decompressor *cab = mspack_create_cab_decompressor(&from_memory);

	if (cab == NULL)
		return;
	out->out->b->used = 0;
	cab->set_param(cab, MSCABD_PARAM_SALVAGE, 1);
	cab->extract(cab, file, (const char *)out);
	mspack_destroy_cab_decompressor(cab);
}

static int
extract_from_cab(void *decompressor, void *file, const struct place *out)
{
	struct mscab_decompressor *cab = decompressor;
	const struct mscabd_file *in = file;
	int rc = cab->extract(cab, file, (const char *)out);

	/* only the first file that a wrong block is in the way of fails by its checksum */
	if ((rc == MSPACK_ERR_CHECKSUM || rc == MSPACK_ERR_DATAFORMAT ||
		rc == MSPACK_ERR_DECRUNCH) &&
	    layer_count_bytes(out->out->d, (uint64_t)in->offset, out->out->path))
		extract_unchecked(file, out);
	return rc;
}

static int
unpack_cab(struct deepscan *d, const struct layer *l, const struct place *in)
{
	struct mscab_decompressor *cab = mspack_create_cab_decompressor(&from_memory);
	struct list list = { .kind = "cab",
		.is = 1u << ARCHIVE_CAB,
		.extract = extract_from_cab,
		.decompressor = cab };
	struct mscabd_cabinet *head;
	int rc;

	if (cab == NULL)
		return MSPACK_ERR_NOMEMORY;
	cab->set_param(cab, MSCABD_PARAM_SALVAGE, 1);
	head = cab->open(cab, (const char *)in);
	cab->set_param(cab, MSCABD_PARAM_SALVAGE, 0);
	rc = cab->last_error(cab);
	if (head != NULL && list_init(&list, d)) {
		for (struct mscabd_file *f = head->files; f != NULL; f = f->next)
			list_add(&list, (struct listed){ f, f->filename, f->folder,
					    (uint64_t)f->offset, f->length, 0 });
		judge_list(d, l, &list);
		layer_judge_part(d, l, head->length, l->bytes.bytes);
	} else if (head != NULL) {
		rc = MSPACK_ERR_NOMEMORY;
	}
	if (head != NULL)
		cab->close(cab, head);
	mspack_destroy_cab_decompressor(cab);
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

/* How each begins, and what takes out the files that are in it, or the one. */
static const struct kind {
	const char *name;
	struct span magic;
	int (*unpack_all)(struct deepscan *d, const struct layer *l, const struct place *in);
	int (*unpack_one)(const struct place *in, const struct place *out);
} kinds[] = { { "chm", { (const uint8_t *)"ITSF", 4 }, unpack_chm, NULL },
	{ "cab", { (const uint8_t *)"MSCF\0\0\0\0", MAGIC_BYTES }, unpack_cab, NULL },
	{ "szdd", { (const uint8_t *)"SZDD\x88\xf0\x27\x33", MAGIC_BYTES }, NULL, unpack_szdd },
	{ "szdd", { (const uint8_t *)"SZ \x88\xf0\x27\x33\xd1", MAGIC_BYTES }, NULL, unpack_szdd },
	{ "kwaj", { (const uint8_t *)"KWAJ\x88\xf0\x27\xd1", MAGIC_BYTES }, NULL, unpack_kwaj } };

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
	int rc;

	if (kind == NULL)
		return false;
	layer_path(path, l, kind->name, NULL);
	rc = kind->unpack_all != NULL ? kind->unpack_all(d, l, &in) : kind->unpack_one(&in, &out);
	if (rc != MSPACK_ERR_OK && l->is_guess && b.used == 0)
		return false;
	note_failure(d, rc, l->path);
	layer_judge_buffer(d, l, path, &b);
	return true;
}
