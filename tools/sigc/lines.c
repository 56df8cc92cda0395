/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A source's lines, one after the other, in a room that is fixed: a line without end is refused
 * when it is longer than any may be, however long the file is, and what can't be read is told,
 * never taken for the file's end.
 */
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/sigc.h"

#define ROOM (SIGC_LINE_MAX + 2) /* the longest line with CR and LF */

struct sigc_lines {
	FILE *file; /* the caller's */
	size_t at, used;
	bool ended;
	uint8_t bytes[ROOM + 1]; /* a NUL is put behind each line */
};

struct sigc_lines *
sigc_open_lines(FILE *file)
{
	struct sigc_lines *l = malloc(sizeof(*l));

	if (l == NULL)
		sigc_give_up("the limit of memory is reached");
	l->file = file;
	l->at = l->used = 0;
	l->ended = false;
	return l;
}

/* Behind what is left, which moves to the start; -errno. */
static int
fill(struct sigc_lines *l)
{
	size_t wanted, n;

	memmove(l->bytes, l->bytes + l->at, l->used - l->at);
	l->used -= l->at;
	l->at = 0;
	wanted = ROOM - l->used;
	errno = 0;
	n = fread(l->bytes + l->used, 1, wanted, l->file);
	l->used += n;
	if (n < wanted && ferror(l->file) != 0)
		return errno != 0 ? -errno : -EIO;
	l->ended = n < wanted;
	return 0;
}

int
sigc_next_line(struct sigc_lines *l, struct span *out)
{
	uint8_t *start, *end;
	int rc;

	end = memchr(l->bytes + l->at, '\n', l->used - l->at);
	if (end == NULL && !l->ended) {
		rc = fill(l);
		if (rc != 0)
			return rc;
		end = memchr(l->bytes, '\n', l->used);
	}
	if (end == NULL && !l->ended)
		return -E2BIG;
	if (end == NULL && l->at == l->used)
		return 0;
	start = l->bytes + l->at;
	if (end == NULL)
		end = l->bytes + l->used;
	l->at = (size_t)(end - l->bytes) + (end < l->bytes + l->used);
	while (end > start && end[-1] == '\r')
		end--;
	*end = 0;
	*out = span_of(start, (size_t)(end - start));
	return out->bytes < SIGC_LINE_MAX ? 1 : -E2BIG;
}

const char *
sigc_is_foreign(struct span start)
{
	static const struct {
		const char *bytes;
		size_t count;
		const char *what;
	} heads[] = { { "\xff\xfe", 2, "UTF-16; expected UTF-8, or bytes as they are" },
		{ "\xfe\xff", 2, "UTF-16; expected UTF-8, or bytes as they are" },
		{ "\x1f\x8b", 2, "compressed by gzip; expected text" },
		{ "BZh91AY", 7, "compressed by bzip2; expected text" },
		{ "\xfd"
		  "7zXZ",
		    5, "compressed by xz; expected text" },
		{ "\x28\xb5\x2f\xfd", 4, "compressed by zstd; expected text" },
		{ "PK\3\4", 4, "a ZIP archive; expected text" },
		{ "7z\xbc\xaf", 4, "a 7z archive; expected text" },
		{ "Rar!\x1a", 5, "a RAR archive; expected text" },
		{ "ClamAV-VDB:", 11,
		    "a container of ClamAV's, whose name must end in .cvd or .cld" },
		{ "YARA\x13", 5, "rules that yarac compiled; expected their text" },
		{ "<!DOCTYPE", 9, "an HTML page; expected signatures" },
		{ "<html", 5, "an HTML page; expected signatures" } };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		size_t n = heads[i].count;

		if (start.bytes >= n && memcmp(start.data, heads[i].bytes, n) == 0)
			return heads[i].what;
	}
	return NULL;
}

struct span
sigc_take_word(struct span *text)
{
	struct span word;
	size_t n = 0;

	while (n < text->bytes && text->data[n] != ' ' && text->data[n] != '\t')
		n++;
	word = span_first(*text, n);
	*text = span_trim(span_from(*text, n));
	return word;
}

void
sigc_close_lines(struct sigc_lines *l)
{
	free(l);
}
