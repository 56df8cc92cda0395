/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/current.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/checked.h"
#include "scanners/reputation/reputation_table.h"
#include "scanners/signature/generation_file.h"

static int
read_at(int fd, void *to, size_t bytes, uint64_t offset)
{
	ssize_t n = pread(fd, to, bytes, (off_t)offset);

	if (n < 0)
		return -errno;
	return (size_t)n == bytes ? 0 : -EINVAL;
}

static int
count_reputation(int fd, uint64_t offset, uint32_t *entries)
{
	struct reputation_header h;
	int rc = read_at(fd, &h, sizeof(h), offset);

	if (rc == 0)
		*entries = h.magic == REPUTATION_MAGIC ? h.entries : 0;
	return rc;
}

static int
count_section(int fd, const struct generation_section *s, struct current_facts *out)
{
	switch (s->kind) {
	case GENERATION_LITERALS:
		out->literals += (uint32_t)(s->bytes / sizeof(struct generation_literal));
		return 0;
	case GENERATION_BAD_MD5:
	case GENERATION_SECTION_MD5:
		out->digests_bad += (uint32_t)(s->bytes / sizeof(struct generation_digest16));
		return 0;
	case GENERATION_BAD_SHA1:
	case GENERATION_SECTION_SHA1:
		out->digests_bad += (uint32_t)(s->bytes / sizeof(struct generation_digest20));
		return 0;
	case GENERATION_BAD_SHA256:
	case GENERATION_SECTION_SHA256:
		out->digests_bad += (uint32_t)(s->bytes / sizeof(struct generation_digest32));
		return 0;
	case GENERATION_GOOD_MD5:
		out->digests_good += (uint32_t)(s->bytes / sizeof(struct generation_digest16));
		return 0;
	case GENERATION_GOOD_SHA1:
		out->digests_good += (uint32_t)(s->bytes / sizeof(struct generation_digest20));
		return 0;
	case GENERATION_GOOD_SHA256:
		out->digests_good += (uint32_t)(s->bytes / sizeof(struct generation_digest32));
		return 0;
	case GENERATION_REPUTATION:
		return s->bytes > 0 ? count_reputation(fd, s->offset, &out->reputation_entries) : 0;
	default:
		return 0;
	}
}

/* The table of an open file. */
struct table {
	struct generation_header header;
	struct generation_section sections[GENERATION_SECTIONS_MAX];
};

static int
read_table(int fd, struct table *out)
{
	struct generation_header *h = &out->header;
	int rc = read_at(fd, h, sizeof(*h), 0);

	if (rc != 0)
		return rc;
	if (memcmp(h->magic, GENERATION_MAGIC, sizeof(h->magic)) != 0 ||
	    h->version != GENERATION_VERSION || h->section_count > GENERATION_SECTIONS_MAX)
		return -EINVAL;
	return read_at(fd, out->sections, h->section_count * sizeof(out->sections[0]), sizeof(*h));
}

int
current_read(const char *path, struct current_facts *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
	struct table table;

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return -errno;
	rc = read_table(fd, &table);
	if (rc == 0)
		out->id = table.header.id;
	for (uint32_t i = 0; rc == 0 && i < table.header.section_count; i++)
		rc = count_section(fd, &table.sections[i], out);
	close(fd);
	return rc;
}

/* What current_find() looks into. */
struct search {
	int fd;
	struct generation_section names, files, origins;
};

/* A NUL-terminated text of a section, cut to its room. */
static int
read_text(int fd, const struct generation_section *s, uint64_t offset, char *out, size_t room)
{
	size_t n;

	if (offset >= s->bytes)
		return -EINVAL;
	n = s->bytes - offset < room - 1 ? (size_t)(s->bytes - offset) : room - 1;
	out[n] = 0;
	return read_at(fd, out, n, s->offset + offset);
}

/* The row, and how its name compares with `name`: as strcmp(). */
static int
read_row(
    const struct search *s, uint64_t i, const char *name, struct generation_origin *row, int *order)
{
	char text[1024];
	int rc = read_at(s->fd, row, sizeof(*row), s->origins.offset + i * sizeof(*row));

	if (rc == 0)
		rc = read_text(s->fd, &s->names, row->name, text, sizeof(text));
	if (rc == 0)
		*order = strcmp(text, name);
	return rc;
}

/* The first row whose name is not before it. */
static int
first_row(const struct search *s, const char *name, uint64_t count, uint64_t *out)
{
	uint64_t from = 0, to = count;

	while (from < to) {
		uint64_t middle = from + (to - from) / 2;
		struct generation_origin row;
		int order, rc = read_row(s, middle, name, &row, &order);

		if (rc != 0)
			return rc;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	*out = from;
	return 0;
}

static int
find(const struct search *s, const char *name, struct current_place *out, unsigned max)
{
	uint64_t count = s->origins.bytes / sizeof(struct generation_origin), i;
	int rc = first_row(s, name, count, &i), order;
	unsigned found = 0;

	for (; rc == 0 && i < count && found < max; i++, found++) {
		struct generation_origin row;

		rc = read_row(s, i, name, &row, &order);
		if (rc != 0 || order != 0)
			break;
		out[found].line = row.line;
		rc =
		    read_text(s->fd, &s->files, row.file, out[found].file, sizeof(out[found].file));
	}
	return rc != 0 ? rc : (int)found;
}

/* The sections that are looked into; each lies within the file. */
static int
open_search(struct search *s)
{
	struct table table;
	struct stat st;
	int rc = read_table(s->fd, &table);

	if (rc == 0 && fstat(s->fd, &st) != 0)
		rc = -errno;
	for (uint32_t i = 0; rc == 0 && i < table.header.section_count; i++) {
		const struct generation_section *from = &table.sections[i];

		if (!checked_inside(from->offset, from->bytes, (uint64_t)st.st_size))
			return -EINVAL;
		if (from->kind == GENERATION_NAMES)
			s->names = *from;
		else if (from->kind == GENERATION_FILES)
			s->files = *from;
		else if (from->kind == GENERATION_ORIGINS)
			s->origins = *from;
	}
	return rc;
}

int
current_find(const char *path, const char *name, struct current_place *out, unsigned max)
{
	struct search s = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	int rc;

	if (s.fd < 0)
		return -errno;
	rc = open_search(&s);
	if (rc == 0)
		rc = find(&s, name, out, max);
	close(s.fd);
	return rc;
}
