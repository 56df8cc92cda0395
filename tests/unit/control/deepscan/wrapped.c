/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's harmless program in 54 wrappings, and the digest by which it is known: it is found in
 * each, or the wrapping stands in a list with the reason.
 */
#include <stdlib.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "control/deepscan/deepscan.h"
#include "tests/unit/harness.h"
#include "tools/sigc/sigc.h"

#define FILES 54

#define PACKED  "a packer of programs, which would have to run to unpack"
#define SCRIPT  "a script compiled into a program"
#define FORMAT  "a container that is not read here"
#define LAYERS  "more layers than sandbox.depth_max: the class oversize"
#define OLD_RAR "RAR 2, whose compression libarchive does not have: the class corrupt"

static const struct {
	const char *file, *why;
	enum source source; /* what is said instead */
} missed[] = {
	{ "clam-aspack.exe", PACKED, SOURCE_SANDBOX },
	{ "clam-mew.exe", PACKED, SOURCE_SANDBOX },
	{ "clam-pespin.exe", PACKED, SOURCE_SANDBOX },
	{ "clam-petite.exe", PACKED, SOURCE_SANDBOX },
	{ "clam-upack.exe", PACKED, SOURCE_SANDBOX },
	{ "clam-wwpack.exe", PACKED, SOURCE_SANDBOX },
	{ "clam-yc.exe", PACKED, SOURCE_SANDBOX },
	{ "clam-nsis.exe", FORMAT, SOURCE_UNSUPPORTED },
	{ "clam.ea05.exe", SCRIPT, SOURCE_UNSUPPORTED },
	{ "clam.ea06.exe", SCRIPT, SOURCE_UNSUPPORTED },
	{ "clam-v2.rar", OLD_RAR, SOURCE_CORRUPT },
	{ "clam.arj", FORMAT, SOURCE_UNSUPPORTED },
	{ "clam.sis", FORMAT, SOURCE_UNSUPPORTED },
	{ "clam_cache_emax.tgz", LAYERS, SOURCE_OVERSIZE },
};

static struct deepscan deep;
static const struct deepscan_limits limits = {
	.depth_max = 5, .members_max = 1000, .unpacked_bytes_max = 64 << 20
};

/* A generation of the one digest; its bytes are the caller's. */
static struct generation *
generation_of(struct span hdb, struct sigc_table *bytes)
{
	static struct sigc s;
	char path[64], file[80], error[SIGNATURE_ERROR_TEXT_MAX];
	struct generation *g = NULL;
	uint8_t piece[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/sluice-wrapped-%d.hdb", (int)getpid());
	snprintf(file, sizeof(file), "%s.gen", path);
	f = fopen(path, "we");
	CHECK(f != NULL && fwrite(hdb.data, 1, hdb.bytes, f) == hdb.bytes && fclose(f) == 0);
	sigc_add_built_in(&s);
	CHECK(sigc_read(&s, path) == 0 && s.loaded == 2 && sigc_build(&s, file) == 0);
	f = fopen(file, "re");
	while (f != NULL && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		table_add(bytes, piece, n);
	CHECK(f != NULL && fclose(f) == 0);
	CHECK_ROW(error, generation_open(span_of(bytes->bytes, bytes->used), &g, error) == 0);
	unlink(path);
	unlink(file);
	sigc_free(&s);
	return g;
}

/* Whether it was found, as it should be. */
static bool
check_file(const char *name, struct span bytes)
{
	bool is_found;

	deepscan_judge(&deep, bytes, span_text(name));
	is_found = deep.verdict == VERDICT_BAD;
	for (unsigned i = 0; i < COUNT_OF(missed); i++) {
		if (strcmp(missed[i].file, name) != 0)
			continue;
		CHECK_ROW(name, !is_found); /* it need not stand there any more */
		CHECK_ROW(name, deep.source == missed[i].source);
		return is_found;
	}
	CHECK_ROW(name, is_found);
	CHECK_ROW(name, !is_found || strcmp(deep.threat, "ClamAV-Test-File") == 0);
	return is_found;
}

struct wrapped {
	char name[80];
	uint8_t *bytes;
	size_t size;
};

/* Files and the digest's line among them; how many. */
static unsigned
read_files(const char *path, struct wrapped files[FILES + 2])
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	unsigned n = 0;

	archive_read_support_format_tar(a);
	archive_read_support_filter_zstd(a);
	CHECK(archive_read_open_filename(a, path, 1 << 16) == ARCHIVE_OK);
	while (n < FILES + 2 && archive_read_next_header(a, &e) == ARCHIVE_OK) {
		struct wrapped *w = &files[n];

		if (archive_entry_filetype(e) != AE_IFREG)
			continue;
		snprintf(
		    w->name, sizeof(w->name), "%s", strrchr(archive_entry_pathname(e), '/') + 1);
		w->size = (size_t)archive_entry_size(e);
		w->bytes = malloc(w->size);
		CHECK(archive_read_data(a, w->bytes, w->size) == (ssize_t)w->size);
		n++;
	}
	archive_read_free(a);
	return n;
}

TEST(wrapped_vectors_of_clamav)
{
	const char *path = harness_shared("data/vectors/clamav-testfiles.tar.zst");
	static struct wrapped files[FILES + 2];
	struct sigc_table bytes = { 0 };
	struct generation *g = NULL;
	unsigned n, rows = 0, found = 0;

	if (path == NULL) {
		harness_skip("no vectors");
		return;
	}
	n = read_files(path, files);
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(files[i].name, "clamav.hdb") == 0)
			g = generation_of(span_of(files[i].bytes, files[i].size), &bytes);
	}
	CHECK(g != NULL && deepscan_init(&deep, g, &limits) == 0);
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(files[i].name, "clamav.hdb") != 0) {
			rows++;
			found += check_file(files[i].name, span_of(files[i].bytes, files[i].size));
		}
		free(files[i].bytes);
	}
	deepscan_fini(&deep);
	generation_close(g);
	free(bytes.bytes);
	printf("  %u wrappings, found in %u\n", rows, found);
	CHECK(rows == FILES && found == FILES - COUNT_OF(missed));
}
