/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/current.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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

static int
read_sections(int fd, struct current_facts *out)
{
	struct generation_section sections[GENERATION_SECTIONS_MAX];
	struct generation_header h;
	int rc = read_at(fd, &h, sizeof(h), 0);

	if (rc != 0)
		return rc;
	if (memcmp(h.magic, GENERATION_MAGIC, sizeof(h.magic)) != 0 ||
	    h.version != GENERATION_VERSION || h.section_count > GENERATION_SECTIONS_MAX)
		return -EINVAL;
	out->id = h.id;
	rc = read_at(fd, sections, h.section_count * sizeof(sections[0]), sizeof(h));
	for (uint32_t i = 0; rc == 0 && i < h.section_count; i++)
		rc = count_section(fd, &sections[i], out);
	return rc;
}

int
current_read(const char *path, struct current_facts *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return -errno;
	rc = read_sections(fd, out);
	close(fd);
	return rc;
}
