/* SPDX-License-Identifier: BSD-3-Clause */
/* Files in OneNote, PowerPoint and Outlook's attachments, whole, cut and lied about. */
#include <stdlib.h>

#include "scanners/document/carrier.h"
#include "tests/unit/harness.h"

static uint8_t made[1024];
static size_t used;

static void
add(const void *bytes, size_t count)
{
	CHECK(count <= sizeof(made) - used);
	memcpy(made + used, bytes, count);
	used += count;
}

static void
add_number(uint64_t value, unsigned bytes)
{
	add(&value, bytes); /* little-endian, as this machine */
}

static struct span
written(void)
{
	return span_of(made, used);
}

#define ONENOTE "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"
#define STORED  "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac"

static void
add_stored(uint64_t told, const char *bytes)
{
	add(STORED, 16);
	add_number(told, 8);
	add_number(0, 8);
	add_number(0, 4);
	add(bytes, strlen(bytes));
}

TEST(files_in_onenote_are_found)
{
	struct span file;
	bool is_cut;
	size_t at = 0;

	used = 0;
	CHECK(!onenote_is(written()));
	add(ONENOTE, 16);
	CHECK(onenote_is(written()) && !onenote_next(written(), &at, &file, &is_cut));
	add_stored(5, "first, and more");
	add_stored(1000, "lies");
	add_stored(UINT64_MAX, "last");
	at = 0;
	CHECK(onenote_next(written(), &at, &file, &is_cut) && !is_cut && span_is(file, "first"));
	CHECK(onenote_next(written(), &at, &file, &is_cut) && is_cut);
	CHECK(memcmp(file.data, "lies", 4) == 0);
	CHECK(onenote_next(written(), &at, &file, &is_cut) && is_cut && span_is(file, "last"));
	CHECK(!onenote_next(written(), &at, &file, &is_cut));
}

static void
begin_tnef(void)
{
	used = 0;
	add_number(0x223e9f78, 4);
	add_number(1, 2);
}

static void
add_attribute(uint32_t id, const char *bytes)
{
	add_number(2, 1);
	add_number(id, 4);
	add_number(strlen(bytes), 4);
	add(bytes, strlen(bytes));
	add_number(0, 2);
}

static void
write_tnef(void)
{
	begin_tnef();
	add_attribute(0x00069003, "of the mail");
	add_attribute(0x00069002, "begins");
	add_attribute(0x00018010, "before");
	add_attribute(0x0006800f, "one");
	add_attribute(0x00069002, "begins");
	add_attribute(0x0006800f, "two");
	add_attribute(0x00018010, "behind");
	add_attribute(0x00069002, "begins");
	add_attribute(0x0006800f, "three");
	add_attribute(0x00069002, "begins");
	add_attribute(0x00018010, "another's");
}

TEST(attachments_are_told_with_their_names)
{
	static const struct {
		const char *bytes, *name;
	} files[] = { { "one", "before" }, { "two", "behind" }, { "three", "" } };
	struct tnef_reader r;
	struct tnef_part p;
	size_t i = 0;

	write_tnef();
	CHECK(tnef_is(written()));
	tnef_begin(&r, written());
	CHECK(tnef_next(&r, &p) && p.kind == TNEF_PROPERTIES && span_is(p.bytes, "of the mail"));
	while (tnef_next(&r, &p)) {
		CHECK(!p.is_cut && p.kind != TNEF_PROPERTIES);
		if (p.kind != TNEF_FILE)
			continue;
		CHECK(i < COUNT_OF(files) && span_is(p.bytes, files[i].bytes));
		CHECK(strcmp(p.name, files[i].name) == 0);
		i++;
	}
	CHECK(i == COUNT_OF(files));
}

TEST(attachments_cut_anywhere_are_not_read_beyond)
{
	write_tnef();
	for (size_t bytes = 1; bytes < used; bytes++) {
		uint8_t *cut = malloc(bytes); /* so that a byte too far is seen */
		struct tnef_reader r;
		struct tnef_part p;
		size_t last = 0;

		memcpy(cut, made, bytes);
		CHECK_SEED(bytes, tnef_is(span_of(cut, bytes)) == (bytes > 6));
		tnef_begin(&r, span_of(cut, bytes));
		for (; tnef_next(&r, &p); last = r.at)
			CHECK_SEED(bytes, r.at > last && p.bytes.bytes <= bytes);
		free(cut);
	}
}

#define EXPORTED "\x2f\xe9\x8d\x63\xd4\xa6\xc1\x4b\x9a\x36\xb3\xfc\x25\x11\xa5\xb7"

/* A head that tells `told` bytes, a length by two bytes, and these bytes. */
static void
add_blob(uint64_t told, const char *bytes)
{
	add_number(told << 17 | 0x12, 4);
	add_number(strlen(bytes) << 2 | 2, 2);
	add(bytes, strlen(bytes));
}

TEST(files_in_exported_sections_are_found)
{
	struct span file;
	size_t at = 0;

	used = 0;
	add(ONENOTE, 16);
	add(ONENOTE ONENOTE, 32);
	add(EXPORTED, 16);
	add("\x12", 1); /* which no head is */
	add_blob(7, "first");
	add_blob(8, "a length that is another");
	add_number((uint64_t)0x7fff << 17 | 0x12, 4); /* its length stands behind it */
	add_number(7 << 1 | 1, 1);
	add_number(5 << 2 | 2, 2);
	add("large", 5);
	add_number(14 << 17 | 0x12, 4);
	add_number(0x80, 1); /* and the other one has eight bytes */
	add_number(5, 8);
	add("third", 5);
	add_number(0, 8);
	CHECK(onenote_next_exported(written(), &at, &file) && span_is(file, "first"));
	CHECK(onenote_next_exported(written(), &at, &file) && span_is(file, "large"));
	CHECK(onenote_next_exported(written(), &at, &file) && span_is(file, "third"));
	CHECK(!onenote_next_exported(written(), &at, &file) && at == used);
	for (size_t bytes = 1; bytes < used; bytes++) {
		uint8_t *cut = malloc(bytes); /* so that a byte too far is seen */

		memcpy(cut, made, bytes);
		for (at = 0; onenote_next_exported(span_of(cut, bytes), &at, &file);)
			CHECK_SEED(bytes, file.data + file.bytes <= cut + bytes);
		free(cut);
	}
	made[48] ^= 1; /* another kind of section */
	at = 0;
	CHECK(!onenote_next_exported(written(), &at, &file));
}

static void
add_record(unsigned instance, uint32_t told, const char *bytes)
{
	add_number(instance << 4, 2);
	add_number(0x1011, 2);
	add_number(told, 4);
	add(bytes, strlen(bytes));
}

TEST(what_slides_embed_is_found)
{
	struct span file;
	size_t at = 0;

	used = 0;
	add_number(0x1011, 2); /* nothing before it */
	add_record(0, 5, "first, and more");
	add_record(1, 10, "sizesecond");
	add_record(2, 5, "another instance");
	add_record(1, 4, "size"); /* and nothing */
	add_record(0, UINT32_MAX, "last");
	CHECK(slides_next(written(), &at, &file) && span_is(file, "first"));
	CHECK(slides_next(written(), &at, &file) && span_is(file, "second"));
	CHECK(slides_next(written(), &at, &file) && span_is(file, "last"));
	CHECK(!slides_next(written(), &at, &file) && at == used);
	for (size_t bytes = 1; bytes < used; bytes++) {
		uint8_t *cut = malloc(bytes); /* so that a byte too far is seen */

		memcpy(cut, made, bytes);
		for (at = 0; slides_next(span_of(cut, bytes), &at, &file);)
			CHECK_SEED(bytes, file.data + file.bytes <= cut + bytes);
		free(cut);
	}
}
