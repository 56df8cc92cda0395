/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanners/digest/digest.h"
#include "scanners/format/format.h"

#define PIECE_BYTES 65536

/* Standard input in memory: control limits how much of it is judged. */
static int
copy_input(void)
{
	uint8_t piece[PIECE_BYTES];
	int fd = memfd_create("sluicectl-scan", MFD_CLOEXEC);
	ssize_t n = 0;

	while (fd >= 0 && (n = read(STDIN_FILENO, piece, sizeof(piece))) > 0) {
		if (write(fd, piece, (size_t)n) != n)
			n = -1;
		if (n < 0)
			break;
	}
	if (fd >= 0 && n == 0)
		return fd;
	n = errno;
	if (fd >= 0)
		close(fd);
	return n != 0 ? (int)-n : -EIO;
}

int
scan_open(const char *file)
{
	struct stat st;
	int fd;

	if (strcmp(file, "-") == 0)
		return copy_input();
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* no FIFO holds us up */
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
}

json_t *
scan_request(const char *file, int fd)
{
	const char *slash = strrchr(file, '/'), *name = slash != NULL ? slash + 1 : file;
	json_t *request = json_pack("{s:s, s:i}", "command", "scan", "fd", fd);

	if (strcmp(file, "-") != 0) /* not UTF-8: no name is told */
		json_object_set_new(request, "name", json_string(name));
	return request;
}

json_t *
scan_facts(int fd)
{
	static uint8_t head[PIECE_BYTES], piece[PIECE_BYTES];
	char md5[2 * DIGEST_MD5_BYTES + 1], sha256[2 * DIGEST_SHA256_BYTES + 1];
	struct digest_values values;
	struct digest digest;
	uint64_t size = 0;
	size_t head_bytes = 0;
	ssize_t n;

	digest_init(&digest);
	while ((n = pread(fd, piece, sizeof(piece), (off_t)size)) > 0) {
		if (size == 0) {
			head_bytes = (size_t)n;
			memcpy(head, piece, head_bytes);
		}
		digest_feed(&digest, span_of(piece, (size_t)n));
		size += (uint64_t)n;
	}
	if (n < 0)
		return NULL;
	digest_finish(&digest, &values);
	return json_pack("{s:I, s:s, s:s, s:s}", "size", (json_int_t)size, "format",
	    format_word(format_detect(span_of(head, head_bytes))), "md5",
	    digest_hex(values.md5, sizeof(values.md5), md5), "sha256",
	    digest_hex(values.sha256, sizeof(values.sha256), sha256));
}
