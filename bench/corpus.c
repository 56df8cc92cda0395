/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/corpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Words and line ends. */
static void
fill_text(uint8_t *out, size_t bytes)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < bytes; i++) {
		x = x * 1103515245u + 12345u;
		out[i] = (uint8_t)(i % 80 == 79 ? '\n' : x >> 28 == 0 ? ' ' : 'a' + (x >> 16) % 26);
	}
}

/* The file's size in `count`. */
static int
open_file(const char *path, FILE **out, size_t *count, char *error)
{
	struct stat st;
	FILE *f = fopen(path, "rbe");

	if (f == NULL || fstat(fileno(f), &st) != 0) {
		snprintf(error, CORPUS_ERROR_BYTES, "%s: %s", path, strerror(errno));
		if (f != NULL)
			fclose(f);
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > CORPUS_BYTES_MAX) {
		snprintf(error, CORPUS_ERROR_BYTES, "%s: expected a file of 1 byte to 1 GiB", path);
		fclose(f);
		return -EINVAL;
	}
	*out = f;
	*count = (size_t)st.st_size;
	return 0;
}

int
corpus_load(const char *path, size_t body_max, struct corpus *out, char error[CORPUS_ERROR_BYTES])
{
	FILE *f = NULL;
	bool whole = true;
	int rc;

	*out = (struct corpus){ .count = CORPUS_TEXT_BYTES, .body_max = body_max };
	if (path != NULL) {
		rc = open_file(path, &f, &out->count, error);
		if (rc != 0)
			return rc;
	}
	out->bytes = calloc(1, out->count + body_max);
	if (out->bytes == NULL)
		snprintf(error, CORPUS_ERROR_BYTES, "no memory for %zu bytes of bodies",
		    out->count + body_max);
	else if (f == NULL)
		fill_text(out->bytes, out->count);
	else
		whole = fread(out->bytes, 1, out->count, f) == out->count;
	if (f != NULL)
		fclose(f);
	if (!whole) {
		snprintf(error, CORPUS_ERROR_BYTES, "%s: cut short while it was read", path);
		corpus_free(out);
		return -EIO;
	}
	if (out->bytes == NULL)
		return -ENOMEM;
	for (size_t at = 0; at < body_max; at++) /* a body that begins at the last byte */
		out->bytes[out->count + at] = out->bytes[at];
	return 0;
}

void
corpus_free(struct corpus *c)
{
	free(c->bytes);
	c->bytes = NULL;
}

struct span
corpus_body(const struct corpus *c, uint64_t index, size_t bytes)
{
	return span_of(c->bytes + index * (bytes + CORPUS_SHIFT) % c->count, bytes);
}
