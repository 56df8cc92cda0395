/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/deepscan/packer.h"

#include <stdlib.h>
#include <stdio.h>

#include <archive.h>
#include <archive_entry.h>

#define ZIP_MEMBERS_MAX 16

const struct deepscan_limits packer_limits = {
	.depth_max = 5, .members_max = 2000, .unpacked_bytes_max = 8u << 20
};

static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "packer: %s\n", what);
	abort();
}

struct span
packer_span(const struct packed *p)
{
	return span_of(p->bytes, p->used);
}

void
packer_add(struct packed *p, struct span bytes)
{
	if (bytes.bytes > PACKER_ROOM - p->used)
		give_up("no room");
	memcpy(p->bytes + p->used, bytes.data, bytes.bytes);
	p->used += bytes.bytes;
}

void
packer_add_uuencoded(struct packed *p, struct span bytes)
{
	for (size_t at = 0; at < bytes.bytes; at += 45) {
		struct span part = span_first(span_from(bytes, at), 45);
		uint8_t line[64] = { (uint8_t)(' ' + part.bytes) };
		size_t used = 1;

		for (size_t i = 0; i < part.bytes; i += 3) {
			unsigned bits = 0;

			for (size_t k = i; k < i + 3; k++)
				bits = bits << 8 | (k < part.bytes ? part.data[k] : 0);
			for (unsigned k = 0; k < 4; k++)
				line[used++] = (uint8_t)(' ' + (bits >> (18 - 6 * k) & 0x3f));
		}
		line[used++] = '\n';
		packer_add(p, span_of(line, used));
	}
}

struct span
packer_eicar(void)
{
	static char text[69];

	snprintf(text, sizeof(text), "%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-",
	    "ANTIVIRUS-TEST-FILE!$H+H*");
	return span_text(text);
}

struct span
packer_hidden(void)
{
	static struct packed gz;
	const struct packer_member eicar = { "eicar", packer_eicar() };

	if (gz.used == 0 && !packer_write(&gz, "raw", "gzip", NULL, &eicar, 1))
		give_up("no gzip");
	return packer_span(&gz);
}

static bool
write_members(struct archive *a, const struct packer_member *members, unsigned count)
{
	struct archive_entry *entry = archive_entry_new();
	bool good = true;

	for (unsigned i = 0; good && i < count; i++) {
		const struct packer_member *m = &members[i];

		archive_entry_clear(entry);
		archive_entry_set_pathname(entry, m->name);
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_size(entry, (la_int64_t)m->bytes.bytes);
		good = archive_write_header(a, entry) == ARCHIVE_OK &&
		       archive_write_data(a, m->bytes.data, m->bytes.bytes) ==
			   (la_ssize_t)m->bytes.bytes;
	}
	archive_entry_free(entry);
	return good;
}

static bool
write_archive(struct packed *out, const char *format, const char *filter, const char *options,
    const char *password, const struct packer_member *members, unsigned count)
{
	struct archive *a = archive_write_new();
	bool good =
	    archive_write_set_format_by_name(a, format) == ARCHIVE_OK &&
	    (filter == NULL || archive_write_add_filter_by_name(a, filter) == ARCHIVE_OK) &&
	    archive_write_set_options(a, options) == ARCHIVE_OK &&
	    (password == NULL || archive_write_set_passphrase(a, password) == ARCHIVE_OK) &&
	    archive_write_open_memory(a, out->bytes, sizeof(out->bytes), &out->used) == ARCHIVE_OK;

	good = good && write_members(a, members, count);
	good = archive_write_close(a) == ARCHIVE_OK && good;
	archive_write_free(a);
	return good;
}

bool
packer_write(struct packed *out, const char *format, const char *filter, const char *options,
    const struct packer_member *members, unsigned count)
{
	return write_archive(out, format, filter, options, NULL, members, count);
}

size_t
packer_read(const char *path, const char *name, uint8_t *out, size_t room)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	la_ssize_t bytes = 0;

	archive_read_support_filter_all(a);
	archive_read_support_format_all(a);
	if (archive_read_open_filename(a, path, 65536) == ARCHIVE_OK) {
		while (bytes == 0 && archive_read_next_header(a, &e) == ARCHIVE_OK) {
			const char *base = strrchr(archive_entry_pathname(e), '/');

			if (strcmp(base != NULL ? base + 1 : archive_entry_pathname(e), name) == 0)
				bytes = archive_read_data(a, out, room);
		}
	}
	archive_read_free(a);
	return bytes > 0 ? (size_t)bytes : 0;
}

bool
packer_write_locked(struct packed *out, const char *encryption, const char *password,
    const struct packer_member *members, unsigned count)
{
	char options[64];

	snprintf(options, sizeof(options), "zip:encryption=%s", encryption);
	return write_archive(out, "zip", NULL, options, password, members, count);
}

/* ISO 3309, bit by bit: what ZIP checks by. */
static uint32_t
crc32_of(struct span s)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < s.bytes; i++) {
		crc ^= s.data[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
	}
	return ~crc;
}

static void
put(struct packed *p, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++, value >>= 8)
		packer_add(p, span_of(&(uint8_t){ (uint8_t)value }, 1));
}

/* What both headers have, APPNOTE.TXT 4.3.7: from the version needed to the length of the name. */
static void
put_fields(struct packed *p, const struct packer_zip *m, uint16_t method, uint32_t crc, bool known)
{
	uint64_t bytes = known ? m->bytes.bytes : 0;

	put(p, 20, 2);
	put(p, m->flags, 2);
	put(p, method, 2);
	put(p, 0, 4);
	put(p, known ? crc : 0, 4);
	put(p, bytes, 4);
	put(p, bytes, 4);
	put(p, strlen(m->name), 2);
	put(p, 0, 2);
}

static void
put_local(struct packed *p, const struct packer_zip *m)
{
	uint32_t crc = crc32_of(m->bytes) ^ m->crc_xor;
	bool follows = (m->flags & 8) != 0;

	packer_add(p, span_text("PK\3\4"));
	put_fields(p, m, 0, crc, !follows);
	packer_add(p, span_text(m->name));
	packer_add(p, m->bytes);
	if (!follows)
		return;
	packer_add(p, span_text("PK\7\10"));
	put(p, crc, 4);
	put(p, m->bytes.bytes, 4);
	put(p, m->bytes.bytes, 4);
}

static void
put_entry(struct packed *p, const struct packer_zip *m, size_t offset)
{
	packer_add(p, span_text("PK\1\2"));
	put(p, 20, 2);
	put_fields(p, m, m->entry_method, crc32_of(m->bytes) ^ m->crc_xor ^ m->entry_crc_xor, true);
	put(p, 0, 2); /* comment, disk, attributes */
	put(p, 0, 2);
	put(p, 0, 2);
	put(p, 0, 4);
	put(p, offset, 4);
	packer_add(p, span_text(m->name));
}

void
packer_zip(struct packed *out, const struct packer_zip *members, unsigned count)
{
	size_t base = out->used, offsets[ZIP_MEMBERS_MAX], directory, directory_bytes;
	unsigned entries = 0;

	if (count > ZIP_MEMBERS_MAX)
		give_up("too many members");
	for (unsigned i = 0; i < count; i++) {
		offsets[i] = out->used - base;
		put_local(out, &members[i]);
	}
	directory = out->used;
	for (unsigned i = 0; i < count; i++) {
		unsigned times = members[i].is_unlisted ? 0 : 1 + members[i].listed_again;

		entries += times;
		while (times-- > 0)
			put_entry(out, &members[i], offsets[i]);
	}
	directory_bytes = out->used - directory;
	packer_add(out, span_text("PK\5\6"));
	put(out, 0, 4); /* disks */
	put(out, entries, 2);
	put(out, entries, 2);
	put(out, directory_bytes, 4);
	put(out, directory - base, 4);
	put(out, 0, 2); /* comment */
}

const struct deepscan *
packer_judge_with(struct span object, const struct deepscan_limits *limits, const char *passwords)
{
	static struct passwords parsed;
	static struct deepscan d;
	char error[SIGNATURE_ERROR_TEXT_MAX];
	static struct generation *g;

	if (g == NULL &&
	    (generation_open_builtin(&g, error) != 0 || deepscan_init(&d, g, &packer_limits) != 0))
		give_up(error);
	passwords_parse(span_text(passwords), &parsed);
	d.passwords = &parsed;
	d.limits = *limits;
	deepscan_judge(&d, object, span_of(NULL, 0));
	return &d;
}

const struct deepscan *
packer_judge(struct span object, const struct deepscan_limits *limits)
{
	return packer_judge_with(object, limits, "");
}
