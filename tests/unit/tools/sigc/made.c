/* SPDX-License-Identifier: BSD-3-Clause */
/* Files in /tmp, read back whole; see made.h. */
#include "tests/unit/tools/sigc/made.h"

#include <stdlib.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "scanners/signature/generation_file.h"

void
made_begin(struct made *m)
{
	memset(m, 0, sizeof(*m));
	snprintf(m->directory, sizeof(m->directory), "/tmp/sluice-made-XXXXXX");
	CHECK(mkdtemp(m->directory) != NULL);
	sigc_add_literal(&m->sigc, span_text("Always.There"), (const uint8_t *)"always-there", 12);
}

static void
write_file(const struct made *m, const char *name, const void *text, size_t bytes, char path[128])
{
	FILE *f;

	snprintf(path, 128, "%s/%s", m->directory, name);
	f = fopen(path, "w");
	CHECK(f != NULL && fwrite(text, 1, bytes, f) == bytes && fclose(f) == 0);
}

int
made_source(struct made *m, const char *name, const void *text, size_t bytes)
{
	char path[128];

	write_file(m, name, text, bytes, path);
	return sigc_read(&m->sigc, path);
}

int
made_list(struct made *m, const char *name, const char *text, enum reputation_kind kind)
{
	char path[128];

	write_file(m, name, text, strlen(text), path);
	return sigc_read_list(&m->sigc, path, kind);
}

bool
made_left_out(const struct made *m, const char *line)
{
	const struct sigc_left_out *row = (const void *)m->sigc.left_out.bytes;

	for (size_t i = 0; i < m->sigc.left_out.used / sizeof(*row); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%s: %s",
		    (const char *)m->sigc.left_out_names.bytes + row[i].name,
		    sigc_skip_texts[row[i].why]);
		if (strncmp(text, line, strlen(line)) == 0)
			return true;
	}
	return false;
}

int
made_build(struct made *m)
{
	char path[128], error[SIGNATURE_ERROR_TEXT_MAX];
	FILE *f;
	int rc;

	snprintf(path, sizeof(path), "%s/made.gen", m->directory);
	rc = sigc_build(&m->sigc, path);
	if (rc != 0)
		return rc;
	f = fopen(path, "r");
	m->bytes = aligned_alloc(64, 64 << 20);
	m->byte_count = fread(m->bytes, 1, 64 << 20, f);
	fclose(f);
	rc = generation_open(span_of(m->bytes, m->byte_count), &m->generation, error);
	CHECK_ROW(error, rc == 0);
	return rc;
}

void
made_sign(struct made *m)
{
	struct generation_header h;

	memcpy(&h, m->bytes, sizeof(h));
	SHA256(m->bytes + sizeof(h), m->byte_count - sizeof(h), h.sha256);
	memcpy(&h.id, h.sha256, sizeof(h.id));
	memcpy(m->bytes, &h, sizeof(h));
}

void
made_end(struct made *m)
{
	char command[128];

	generation_close(m->generation);
	free(m->bytes);
	snprintf(command, sizeof(command), "rm -rf %s", m->directory);
	CHECK(system(command) == 0);
	sigc_free(&m->sigc);
}

int
made_scan(struct signature_core *core, const struct generation *g, struct span body, size_t step,
    struct signature_hit *hit)
{
	struct signature_scan *scan = signature_open(core, g);
	int rc = 0;

	for (size_t at = 0; at < body.bytes && rc >= 0; at += step)
		rc =
		    signature_feed(scan, span_first(span_from(body, at), step), step >= body.bytes);
	rc = rc < 0 ? rc : signature_finish(scan);
	if (rc == 1 && hit != NULL)
		*hit = *signature_hit(scan);
	signature_close(scan);
	return rc;
}

int
made_scan_whole(const struct made *m, struct span body, uint32_t containers)
{
	struct signature_core *core;
	struct signature_scan *scan;
	int rc;

	if (!generation_has_target(m->generation, TARGET_WHOLE))
		return 0;
	core = signature_core_create(1);
	CHECK(signature_core_prepare(core, m->generation) == 0);
	scan = signature_open(core, m->generation);
	signature_take_as(scan, TARGET_WHOLE);
	signature_lies_in(scan, containers);
	signature_feed(scan, body, true);
	rc = signature_finish(scan);
	CHECK(signature_hangs_on_container(scan) == (rc == 1 && containers != 0));
	signature_close(scan);
	signature_core_destroy(core);
	return rc;
}

static void
put(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

void
made_program(uint8_t *body, size_t bytes, uint32_t header_at, uint32_t sections_at)
{
	uint8_t *pe = body + header_at;

	memset(body, '.', bytes);
	memset(body, 0, 0x200);
	memcpy(body, "MZ", 2);
	put(body + 0x3c, header_at);
	memset(pe, 0, 400);
	memcpy(pe, "PE", 2);
	pe[6] = 2;
	pe[20] = 224;
	put(pe + 24 + 16, 0x1020);
	put(pe + 24 + 32, 0x1000);
	put(pe + 24 + 36, 0x200);
	put(pe + 24 + 60, 0x200);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *row = pe + 24 + 224 + 40 * i;

		put(row + 12, 0x1000 * (i + 1));
		put(row + 16, 0x200);
		put(row + 20, sections_at + 0x200 * i);
	}
}
