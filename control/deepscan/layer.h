/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files that take a layer apart share: the layer, room for what is unpacked from it, and
 * the way back to its judge (unpack.c). Views stand in archives.c and documents.c.
 *
 * A layer's path tells how to get to it, an element a step: what kind of view, and there which
 * member: "zip:in.zip->zip:evil.com". Bytes of a name that are no printable ASCII, blanks and '>'
 * are '_' in it.
 */
#ifndef SLUICE_DEEPSCAN_LAYER_H
#define SLUICE_DEEPSCAN_LAYER_H

#include "control/deepscan/deepscan.h"
#include "scanners/format/format.h"

struct archive;
struct zip_survey;

struct layer {
	struct span bytes;
	uint32_t depth;
	const char *path;
	struct span name;    /* what a rule may hang on (name.h): a member's; empty: it has none */
	bool is_guess;       /* an archive only by a guess: what can't be read of it says nothing */
	bool is_rewritten;   /* what another layer says (texts.c): matched alone */
	uint32_t containers; /* what it lies in (container.c); told by layer_judge(), or of one that
				is rewritten by its maker */
};

/* What a layer is unpacked into; the bytes are the holder's to free. */
struct layer_buffer {
	uint8_t *bytes;
	size_t used, room;
};

/* What is told of the object so far, kept over a reading that is one of two. */
struct layer_class {
	enum source source;
	char where[DEEPSCAN_LAYER_MAX];
};

/* Where the pieces go that a decoder gives. */
struct layer_target {
	struct deepscan *d;
	struct layer_buffer *b;
	const char *path;
};

/* Bytes within a layer, or unpacked from it, as one of their own. */
static inline struct layer
layer_inner(const struct layer *l, const char *path, struct span bytes)
{
	return (struct layer){ .bytes = bytes, .depth = l->depth + 1, .path = path };
}

/* container.c: what a layer that begins with `path` lies in, a bit for each generation_container;
 * `offices`: those that an Office document around it is. */
uint32_t containers_of(const char *path, uint32_t offices);
/* Those that the document is, which is a ZIP; 0: it is none. */
uint32_t containers_of_office(struct span zip);

/*
 * members.c: signatures of an archive's members. `m` is all that is known of one; the archive's
 * size is the layer's. Where one holds the object is bad, and `path` is where.
 */
struct signature_member;
void layer_match_member(
    struct deepscan *d, const struct layer *l, const char *path, struct signature_member *m);
/* The same of all members of a ZIP or RAR, by their headers; nothing of what is none. */
void layer_match_zip(struct deepscan *d, const struct layer *l, const struct zip_survey *zip);
void layer_match_rar(struct deepscan *d, const struct layer *l);
/* The same of what libarchive tells of the next member, which is counted; `member` has its name and
 * path. */
struct archive_entry;
struct layer_listing {
	uint64_t entries, files; /* so far: of any kind, and regular files among them */
	bool is_read_anew;       /* layer_unpack_7z() was asked, once */
	bool is_over;            /* and gave them all */
};
void layer_match_entry(struct deepscan *d, const struct layer *l, struct archive *a,
    struct archive_entry *entry, const struct layer *member, struct layer_listing *so_far);

/* unpack.c */
/* It is bad, at that path. */
void layer_convict(struct deepscan *d, const char *threat, const char *path);
/* As layer_append(), to a struct layer_target: a sink of scanners/document. */
bool layer_take(void *target, struct span piece);
/* Judges it and all that is packed in it, unless it lies deeper than limits.depth_max. */
void layer_judge(struct deepscan *d, const struct layer *l);
/* The same; nothing of no bytes, nor once something bad was found. */
void layer_judge_inner(struct deepscan *d, const struct layer *l);
/*
 * What signatures of a form, of TARGET_FORMS, say of a layer's bytes, besides what was said; of
 * TARGET_WHOLE: those that only the whole object tells.
 */
void layer_match_as(struct deepscan *d, const struct layer *l, unsigned form);
/* A part of a layer, judged as a layer of its own; nothing for nothing, or for padding. */
void layer_judge_part(struct deepscan *d, const struct layer *l, size_t from, size_t to);
/* Whether all is said: it is bad, or a limit of the whole object was met. */
bool layer_is_over(const struct deepscan *d);
/* Takes what the limits leave room for; NULL: zeros. False: that was not all, as is noted. */
bool layer_append(struct deepscan *d, struct layer_buffer *b, const void *bytes, uint64_t count,
    const char *path);
/* One that the policy blocks stays; else the first: what follows says no more than "not clean". */
void layer_note(struct deepscan *d, enum source class, const char *path);
struct layer_class layer_class_kept(const struct deepscan *d);
/* As if what was read since had told no class; what is bad stays. */
void layer_class_restore(struct deepscan *d, const struct layer_class *kept);
/* What is unpacked, judged as a layer at `path`, and freed; nothing for nothing. */
void layer_judge_buffer(
    struct deepscan *d, const struct layer *l, const char *path, struct layer_buffer *b);
/* Counts a stream of a document, or a file that stands in a text; false: it is one too many. */
bool layer_count_stream(struct deepscan *d, const struct layer *l);
/* Counts bytes that are unpacked, or put together, outside layer_append(); false: more than may be.
 */
bool layer_count_bytes(struct deepscan *d, uint64_t bytes, const char *path);
/* As layer_note() of a limit of the whole object: nothing more is unpacked. */
void layer_spent(struct deepscan *d, const char *path);
/* The path of what a view finds in a layer; `name` may be NULL. Returns `out`. */
const char *layer_path(
    char out[DEEPSCAN_LAYER_MAX], const struct layer *l, const char *kind, const char *name);

/* archives.c: views of a layer. True: it is one of those. */
bool layer_unpack_stream(struct deepscan *d, const struct layer *l, enum format format);
bool layer_unpack_container(struct deepscan *d, const struct layer *l);
/* A member's bytes as far as they can be read, holes as zeros; what is wrong with them is noted.
 * False: something is. */
bool layer_read_member(struct deepscan *d, struct archive *a, struct layer_buffer *b,
    const struct layer *l, bool is_encrypted);
/* The same of the only member of what reader_open_…() gave, which may be NULL and is freed; what is
 * wrong with it, but that a limit was met, is the caller's to tell. */
bool layer_read_only_member(
    struct deepscan *d, const struct layer *l, struct archive *a, struct layer_buffer *out);
/* Every member of what reader_open() gave, which may be NULL and is freed; false: there is none. */
bool layer_judge_members(struct deepscan *d, struct archive *a, const struct layer *l);
/* `is_alone`: no other view fitted, so what lies outside the ZIP is nobody else's. */
bool layer_unpack_zip(struct deepscan *d, const struct layer *l, bool is_alone);
/* seven_zip.c: every file of a 7z without libarchive's reading of it. False: not all of them could
 * be read, and the class is the caller's to tell. */
bool layer_unpack_7z(struct deepscan *d, const struct layer *l);
/* zip_odd.c: those members that readers give in different ways, in each. */
void layer_judge_odd_members(
    struct deepscan *d, const struct layer *l, const struct zip_survey *zip);
/* Those that libarchive has no method for, by the headers before them, listed or not. */
void layer_judge_unlisted(struct deepscan *d, const struct layer *l);
/* Those that begin before `end`; what is behind it was judged as a layer of its own. */
void layer_unpack_embedded(struct deepscan *d, const struct layer *l, size_t end);
/* Compressed streams that begin behind `at`: of a script that has one behind its lines, as makeself
 * writes them, or in an overlay. */
void layer_unpack_streams_within(struct deepscan *d, const struct layer *l, size_t at);
/* Whether a compression lies around it. */
bool layer_is_compressed(const struct layer *l);

/* images.c: the other readings of a disc's image: ISO 9660 without Joliet's names, UDF, raw
 * sectors. `members`: how many had been counted before the first reading. False: it is neither UDF
 * nor raw. */
bool layer_unpack_image(struct deepscan *d, const struct layer *l, uint32_t members);
/* Whether ISO 9660 or UDF is in it, or it has raw sectors. */
bool layer_is_disc(struct span bytes);

/* programs.c: a view of a program that UPX packed. */
void layer_unpack_program(struct deepscan *d, const struct layer *l);
bool layer_is_packed_program(struct span bytes);

/* inner_programs.c */
/* Each program of a fat Mach-O. False: it is none. */
bool layer_unpack_fat(struct deepscan *d, const struct layer *l);
/* Programs of Windows that begin behind its first byte and before `end`. */
void layer_judge_programs_within(struct deepscan *d, const struct layer *l, size_t end);

/* unread.c: whether files are in it that nothing here takes out. */
bool layer_is_unread(struct span bytes, enum format format);

#endif
