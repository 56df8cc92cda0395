/* SPDX-License-Identifier: BSD-3-Clause */
/* See name.h. */
#include "scanners/signature/name.h"

static const struct filetype {
	enum format format;
	const char *word, *begins; /* NULL: what our format says is all that theirs asks for */
} filetypes[] = {
	{ FORMAT_EXE, "EXE", NULL },
	{ FORMAT_ELF, "ELF", NULL },
	{ FORMAT_PDF, "PDF", "%PDF" }, /* ours may begin later */
	{ FORMAT_RTF, "RTF", "{\\rtf1" },
	{ FORMAT_OLE, "OLE", NULL },
	{ FORMAT_LNK, "LNK", NULL },
	{ FORMAT_PHP, "PHP", "<?php" },
	{ FORMAT_GZ, "GZIP", NULL },
	{ FORMAT_BZ2, "BZip2", NULL },
	{ FORMAT_SEVEN_ZIP, "7Zip", NULL },
	{ FORMAT_RAR, "RAR", NULL },
	{ FORMAT_CAB, "CAB", NULL },
	{ FORMAT_ARJ, "ARJ", NULL },
	{ FORMAT_GIF, "GIF", NULL },
	{ FORMAT_JPEG, "JPEG", NULL },
};

static const char *
filetype_of(enum format format, struct span head)
{
	for (size_t i = 0; i < sizeof(filetypes) / sizeof(filetypes[0]); i++) {
		const struct filetype *t = &filetypes[i];
		struct span begins = span_text(t->begins != NULL ? t->begins : "");

		if (t->format == format && head.bytes >= begins.bytes &&
		    span_equal(span_first(head, begins.bytes), begins))
			return t->word;
	}
	return "";
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Behind what is there; how much is there then, with a NUL. */
static size_t
put(struct signature_variables *v, enum generation_variable which, size_t at, struct span what,
    bool in_lower_case)
{
	v->of[which] = span_of(v->text + at, what.bytes);
	for (size_t i = 0; i < what.bytes; i++) {
		uint8_t c = what.data[i] != 0 ? what.data[i] : '_';

		v->text[at++] = in_lower_case ? lower(c) : c;
	}
	v->text[at++] = 0;
	return at;
}

void
signature_variables(
    struct span name, enum format format, struct span head, struct signature_variables *out)
{
	struct span file, path;
	size_t at = 0, slash, dot;

	name = span_first(name, SIGNATURE_NAME_MAX);
	for (slash = name.bytes; slash > 0; slash--) {
		if (name.data[slash - 1] == '/' || name.data[slash - 1] == '\\')
			break;
	}
	path = span_first(name, slash > 1 ? slash - 1 : slash); /* of "/x" the path is "/" */
	file = span_from(name, slash);
	for (dot = file.bytes; dot > 0 && file.data[dot - 1] != '.';)
		dot--;
	at = put(out, VARIABLE_FILEPATH, at, path, false);
	at = put(out, VARIABLE_FILENAME, at, file, false);
	put(out, VARIABLE_EXTENSION, at, span_from(file, dot > 0 ? dot - 1 : file.bytes), true);
	out->of[VARIABLE_FILETYPE] = span_text(filetype_of(format, head));
	out->of[VARIABLE_OWNER] = span_text("");
}

const char *
signature_variable_word(enum generation_variable v)
{
	static const char *const words[] = {
#define X(id, word) word,
		GENERATION_VARIABLES(X)
#undef X
	};

	return words[v];
}

static bool
same(const uint8_t *a, const uint8_t *b, size_t bytes, bool nocase)
{
	for (size_t i = 0; i < bytes; i++) {
		if (nocase ? lower(a[i]) != lower(b[i]) : a[i] != b[i])
			return false;
	}
	return true;
}

bool
signature_text_compare(struct span what, struct span with, uint32_t how)
{
	bool nocase = (how & TEXT_NOCASE) != 0;
	size_t over = what.bytes - with.bytes;

	if (with.bytes > what.bytes)
		return false;
	switch (how & ~(uint32_t)TEXT_NOCASE) {
	case TEXT_IS:
		return over == 0 && same(what.data, with.data, with.bytes, nocase);
	case TEXT_STARTS:
		return same(what.data, with.data, with.bytes, nocase);
	case TEXT_ENDS:
		return same(what.data + over, with.data, with.bytes, nocase);
	default:
		for (size_t at = 0; at <= over; at++) {
			if (same(what.data + at, with.data, with.bytes, nocase))
				return true;
		}
		return false;
	}
}
