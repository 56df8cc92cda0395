/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Real files, hostile ones among them, each in a jail of its own: what libarchive's own tests hold
 * as broken crashes or hangs the libarchive of Debian 12 in two cases. None may do more than end
 * its worker, and none is bad.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/deepscan/jail.h"
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define FOLDER       "data/corpus/files/libarchive"
#define MEMORY_BYTES (256u << 20)

struct told {
	const char *file;
	enum source source;
};

static const struct told told[] = {
	{ "7zip_encryption.7z", SOURCE_ENCRYPTED },
	{ "7zip_encryption_header.7z", SOURCE_ENCRYPTED },
	{ "7zip_encryption_partially.7z", SOURCE_ENCRYPTED },
	{ "rar4_encrypted.rar", SOURCE_ENCRYPTED },
	{ "rar4_encrypted_filenames.rar", SOURCE_ENCRYPTED },
	{ "rar5_encrypted_filenames.rar", SOURCE_ENCRYPTED },
	{ "rar_encryption_header.rar", SOURCE_ENCRYPTED },
	{ "zip_encryption_data.zip", SOURCE_ENCRYPTED },
	{ "zip_encryption_header.zip", SOURCE_ENCRYPTED },
	{ "zip_traditional_encryption_data.zip", SOURCE_ENCRYPTED },
	{ "zip_winzip_aes256.zip", SOURCE_ENCRYPTED },
	{ "zip_symlink_unsupported_compression.zip", SOURCE_UNSUPPORTED },
	{ "7zip_malformed.7z", SOURCE_CORRUPT },
	{ "rar5_truncated_huff.rar", SOURCE_CORRUPT },
	{ "tar_invalid_pax_size.tar", SOURCE_CORRUPT },
	{ "zip.zip", SOURCE_CORRUPT }, /* a checksum in it is wrong on purpose */
	{ "zip_size_exceeds_declared_stored.zip", SOURCE_CORRUPT },
	{ "gtar_sparse_skip_entry.tar.Z", SOURCE_OVERSIZE }, /* a hole of terabytes */
	{ "7zip_bcj2_lzma2_1.7z", SOURCE_SANDBOX },
	{ "7zip_deflate_arm64.7z", SOURCE_SANDBOX }, /* libarchive knows neither of the two */
	{ "7zip_ppmd.7z", SOURCE_SANDBOX },
	{ "7zip_zstd.7z", SOURCE_SANDBOX },
	{ "cab_3.cab", SOURCE_SANDBOX },
	{ "cab_lzx_16bit.cab", SOURCE_SANDBOX },
	{ "cab_lzx_oob.cab", SOURCE_CORRUPT },
	{ "cab_multi.p1.cab", SOURCE_CORRUPT },
	{ "cab_skip_malformed.cab", SOURCE_CORRUPT },
	{ "compat_zstd_1.tar.zst", SOURCE_SANDBOX },
	{ "cpio_svr4_gzip_rpm.rpm", SOURCE_SANDBOX },
	{ "iso_zisofs.iso.Z", SOURCE_SANDBOX },
	{ "lha_lh7.lzh", SOURCE_SANDBOX },
	{ "rar5_solid.rar", SOURCE_SANDBOX },
	{ "rar_compress_best.rar", SOURCE_SANDBOX },
	{ "tar_concatenated.tar", SOURCE_SANDBOX },
	{ "zip_sfx", SOURCE_SANDBOX },
	{ "zip_length_at_end.zip", SOURCE_SANDBOX },
	{ "zip_padded3.zip", SOURCE_SANDBOX },
	{ "zip_zip64b.zip", SOURCE_SANDBOX },
	{ "zip_zstd.zipx", SOURCE_SANDBOX },
};

struct judged {
	enum verdict verdict;
	enum source source;
};

/* A file in memory, to be unmapped; empty where there is none. */
static struct span
map_file(const char *path)
{
	struct stat st;
	struct span s = { NULL, 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *bytes;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED)
			s = span_of(bytes, (size_t)st.st_size);
	}
	if (fd >= 0)
		close(fd);
	return s;
}

/* Judges in a jailed child. False: the child died of it. */
static bool
judge_in_jail(struct span object, uint64_t memory_bytes, struct judged *out)
{
	int ends[2], status;
	pid_t child;
	bool answered;

	if (pipe(ends) != 0)
		return false;
	packer_judge(span_text("x"), &packer_limits); /* makes the generation before the fork */
	fflush(NULL);
	child = fork();
	if (child == 0) {
		const struct jail jail = { memory_bytes, 1, ends[1] };
		const struct deepscan *d;

		if (jail_enter(&jail) != 0)
			_exit(1);
		d = packer_judge(object, &packer_limits);
		*out = (struct judged){ d->verdict, d->source };
		_exit(write(ends[1], out, sizeof(*out)) == sizeof(*out) ? 0 : 1);
	}
	close(ends[1]);
	answered = read(ends[0], out, sizeof(*out)) == sizeof(*out);
	close(ends[0]);
	waitpid(child, &status, 0);
	CHECK(answered == (WIFEXITED(status) && WEXITSTATUS(status) == 0));
	return answered;
}

TEST(real_files_are_told_by_class)
{
	char path[256];

	for (size_t i = 0; i < COUNT_OF(told); i++) {
		const char *found;
		struct span object;
		struct judged j;

		snprintf(path, sizeof(path), FOLDER "/%s", told[i].file);
		found = harness_shared(path);
		if (found == NULL) {
			harness_skip("no " FOLDER);
			return;
		}
		object = map_file(found);
		CHECK_ROW(told[i].file, judge_in_jail(object, MEMORY_BYTES, &j));
		CHECK_ROW(told[i].file, j.verdict == VERDICT_CLEAN);
		CHECK_ROW(told[i].file, j.source == told[i].source);
		munmap((void *)(uintptr_t)object.data, object.bytes);
	}
}

TEST(the_worst_files_end_their_own_worker_at_most)
{
	const char *folder = harness_shared(FOLDER);
	unsigned files = 0, answered = 0;
	const struct dirent *e;
	char path[1024];
	DIR *d;

	if (folder == NULL || JAIL_UNDER_SANITIZER) {
		harness_skip(folder == NULL ? "no " FOLDER : "some files need the memory limit");
		return;
	}
	snprintf(path, sizeof(path), "%s", folder);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		struct judged j = { VERDICT_CLEAN, SOURCE_ERROR };
		struct span object;

		snprintf(path, sizeof(path), "%s/%s", harness_shared(FOLDER), e->d_name);
		object = map_file(path);
		if (object.bytes == 0)
			continue;
		files++;
		answered += judge_in_jail(object, MEMORY_BYTES, &j);
		CHECK_ROW(e->d_name, j.verdict == VERDICT_CLEAN && j.source < SOURCE_COUNT);
		munmap((void *)(uintptr_t)object.data, object.bytes);
	}
	if (d != NULL)
		closedir(d);
	CHECK(files > 300);
	CHECK(answered * 100 >= files * 97);
}

TEST(what_needs_more_memory_than_there_is_is_oversize)
{
	static struct packed xz; /* its decoder needs 64 MiB */
	const struct packer_member m = { "m", span_text("harmless") };
	struct judged j;

	CHECK(packer_write(&xz, "raw", "xz", "xz:compression-level=9", &m, 1));
	CHECK(judge_in_jail(packer_span(&xz), MEMORY_BYTES, &j) && j.source == SOURCE_SANDBOX);
	if (JAIL_UNDER_SANITIZER)
		harness_skip("no memory limit under a sanitizer");
	else
		CHECK(
		    judge_in_jail(packer_span(&xz), 32u << 20, &j) && j.source == SOURCE_OVERSIZE);
}
