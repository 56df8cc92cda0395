/* SPDX-License-Identifier: BSD-3-Clause */
/* Magic numbers first, in order; then what needs a look inside; then text or not. */
#include <smmintrin.h>

#include "scanners/format/controls.h"
#include "scanners/format/format.h"

struct magic {
	uint16_t format, offset;
	uint8_t count;
	char bytes[16];
};

/* Format, where the bytes stand, and which. In this order: the first that is there counts. */
#define MAGICS(X)                                         \
	X(RTF, 0, "{\\rtf")                               \
	X(OLE, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")     \
	X(ELF, 0,                                         \
	    "\x7f"                                        \
	    "ELF")                                        \
	X(MACHO, 0, "\xfe\xed\xfa\xce")                   \
	X(MACHO, 0, "\xfe\xed\xfa\xcf")                   \
	X(MACHO, 0, "\xce\xfa\xed\xfe")                   \
	X(MACHO, 0, "\xcf\xfa\xed\xfe")                   \
	X(WASM, 0, "\0asm")                               \
	X(DEX, 0, "dex\n")                                \
	X(LNK, 0, "L\0\0\0\x01\x14\x02\0")                \
	X(GZ, 0, "\x1f\x8b\x08")                          \
	X(BZ2, 0, "BZh")                                  \
	X(XZ, 0,                                          \
	    "\xfd"                                        \
	    "7zXZ\0")                                     \
	X(ZST, 0, "\x28\xb5\x2f\xfd")                     \
	X(LZ4, 0, "\x04\x22\x4d\x18")                     \
	X(SEVEN_ZIP, 0, "7z\xbc\xaf\x27\x1c")             \
	X(RAR, 0, "Rar!\x1a\x07")                         \
	X(TAR, 257, "ustar")                              \
	X(CAB, 0, "MSCF\0\0\0\0")                         \
	X(AR, 0, "!<arch>\n")                             \
	X(CPIO, 0, "070701")                              \
	X(CPIO, 0, "070702")                              \
	X(CPIO, 0, "070707")                              \
	X(CPIO, 0, "\xc7\x71")                            \
	X(CPIO, 0, "\x71\xc7")                            \
	X(LZH, 2, "-lh")                                  \
	X(ARJ, 0, "\x60\xea")                             \
	X(RPM, 0, "\xed\xab\xee\xdb")                     \
	X(CHM, 0, "ITSF")                                 \
	X(PNG, 0, "\x89PNG\r\n\x1a\n")                    \
	X(JPEG, 0, "\xff\xd8\xff")                        \
	X(GIF, 0, "GIF87a")                               \
	X(GIF, 0, "GIF89a")                               \
	X(BMP, 6, "\0\0\0\0\x36\0\0\0")                   \
	X(ICO, 0, "\0\0\x01\0")                           \
	X(WEBP, 8, "WEBP")                                \
	X(WAV, 8, "WAVE")                                 \
	X(AVI, 8, "AVI ")                                 \
	X(TIFF, 0, "II*\0")                               \
	X(TIFF, 0, "MM\0*")                               \
	X(PSD, 0, "8BPS")                                 \
	X(MP3, 0, "ID3")                                  \
	X(MP3, 0, "\xff\xfb")                             \
	X(MP3, 0, "\xff\xfa")                             \
	X(MP3, 0, "\xff\xf3")                             \
	X(MP3, 0, "\xff\xf2")                             \
	X(MP4, 4, "ftyp")                                 \
	X(OGG, 0, "OggS")                                 \
	X(FLAC, 0, "fLaC")                                \
	X(MKV, 0, "\x1a\x45\xdf\xa3")                     \
	X(FLV, 0, "FLV\x01")                              \
	X(SWF, 0, "FWS")                                  \
	X(SWF, 0, "CWS")                                  \
	X(SWF, 0, "ZWS")                                  \
	X(TTF, 0, "\0\x01\0\0\0")                         \
	X(TTF, 0, "true\0")                               \
	X(OTF, 0, "OTTO")                                 \
	X(WOFF, 0, "wOFF")                                \
	X(WOFF2, 0, "wOF2")                               \
	X(SQLITE, 0, "SQLite format 3\0")                 \
	X(PCAP, 0, "\xd4\xc3\xb2\xa1")                    \
	X(PCAP, 0, "\xa1\xb2\xc3\xd4")                    \
	X(PCAP, 0, "\x0a\x0d\x0d\x0a")                    \
	X(ONENOTE, 0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d") \
	X(TNEF, 0, "\x78\x9f\x3e\x22")                    \
	X(ACE, 7, "**ACE**")                              \
	X(WIM, 0, "MSWIM\0\0\0")                          \
	X(VHD, 0, "conectix")                             \
	X(VHDX, 0, "vhdxfile")                            \
	X(EXE, 0, "MZ")

static const struct magic magics[] = {
#define X(id, offset, bytes) { FORMAT_##id, offset, sizeof(bytes) - 1, bytes },
	MAGICS(X)
#undef X
};

/*
 * The first byte of each row that begins where the object does, else ANYWHERE: with these, sixteen
 * rows are left out by one compare.
 */
#define ANYWHERE    0x80 /* as no row begins, or it would be looked at for every object */
#define AT_ONCE     16
#define MAGIC_COUNT (sizeof(magics) / sizeof(magics[0]))
static const _Alignas(AT_ONCE) uint8_t firsts[(MAGIC_COUNT + AT_ONCE - 1) / AT_ONCE * AT_ONCE] = {
#define X(id, offset, bytes) (offset) == 0 ? (uint8_t)(bytes)[0] : ANYWHERE,
	MAGICS(X)
#undef X
};

static const char *const words[] = {
#define X(id, word, class, note) [FORMAT_##id] = word,
	FORMATS(X)
#undef X
};

static const enum format_class classes[] = {
#define X(id, word, class, note) [FORMAT_##id] = FORMAT_CLASS_##class,
	FORMATS(X)
#undef X
};

static const char *const class_words[FORMAT_CLASS_COUNT] = {
	[FORMAT_CLASS_OTHER] = "other",
	[FORMAT_CLASS_TEXT] = "text",
	[FORMAT_CLASS_MARKUP] = "markup",
	[FORMAT_CLASS_SCRIPT] = "script",
	[FORMAT_CLASS_IMAGE] = "image",
	[FORMAT_CLASS_MEDIA] = "media",
	[FORMAT_CLASS_FONT] = "font",
	[FORMAT_CLASS_ARCHIVE] = "archive",
	[FORMAT_CLASS_DOCUMENT] = "document",
	[FORMAT_CLASS_EXECUTABLE] = "executable",
};

static bool
has(struct span head, size_t offset, const char *bytes, size_t count)
{
	return head.bytes >= offset + count && memcmp(head.data + offset, bytes, count) == 0;
}

/* A ZIP is what its first member makes it. */
static enum format
look_into_zip(struct span head)
{
	struct span name = span_from(head, 30);

	if (has(name, 0, "[Content_Types].xml", 19) || has(name, 0, "_rels/", 6) ||
	    has(name, 0, "docProps/", 9) || has(name, 0, "word/", 5) || has(name, 0, "xl/", 3) ||
	    has(name, 0, "ppt/", 4))
		return FORMAT_OOXML;
	if (has(name, 0, "mimetypeapplication/vnd.oasis", 29))
		return FORMAT_ODF;
	if (has(name, 0, "mimetypeapplication/epub", 24))
		return FORMAT_EPUB;
	if (has(name, 0, "META-INF/", 9))
		return FORMAT_JAR;
	return FORMAT_ZIP;
}

/* How many of eight bytes are octal digits: of 0x30 to 0x37 nothing is left of what they share. */
static int
octal_digits(const uint8_t *p)
{
	const uint64_t shared = 0x3030303030303030, sevens = 0x7f7f7f7f7f7f7f7f;
	uint64_t bytes, rest, others;

	memcpy(&bytes, p, sizeof(bytes));
	rest = (bytes ^ shared) & 0xf8f8f8f8f8f8f8f8;
	others = (((rest & sevens) + sevens) | rest) & ~sevens;
	return 8 - __builtin_popcountll(others);
}

/*
 * The old tar header has no magic, but a sum over itself (POSIX pax, ustar interchange format).
 * What is stored is read first: most heads have no number there that a sum could be.
 */
static bool
is_old_tar(struct span head)
{
	const unsigned least = 8 * ' ' + 1, most = 512 * 0xff; /* the least has three digits */
	unsigned sum = 8 * ' ', stored = 0;

	if (head.bytes < 512 || head.data[0] == 0 || octal_digits(head.data + 148) < 3)
		return false;
	for (unsigned i = 148; i < 156 && head.data[i] != 0; i++) {
		if (head.data[i] >= '0' && head.data[i] <= '7')
			stored = stored * 8 + (unsigned)(head.data[i] - '0');
	}
	if (stored < least || stored > most)
		return false;
	for (unsigned i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? 0 : head.data[i];
	return sum == stored;
}

static bool
is_text(struct span head)
{
	if (has(head, 0, "\xff\xfe", 2) || has(head, 0, "\xfe\xff", 2))
		return true;
	return head.bytes > 0 && !controls_in(head);
}

static struct span
skip_blanks(struct span s)
{
	if (has(s, 0, "\xef\xbb\xbf", 3))
		s = span_from(s, 3);
	while (s.bytes > 0 && (s.data[0] == ' ' || (s.data[0] >= '\t' && s.data[0] <= '\r')))
		s = span_from(s, 1);
	return s;
}

/* What begins with '<'. */
static enum format
markup_format(struct span s)
{
	static const char *const html[] = { "<!doctype html", "<html", "<head", "<body", "<script",
		"<iframe", "<!--", "<a ", "<b>", "<h1", "<div", "<font", "<table", "<title",
		"<style", "<br", "<p>" };

	if (span_starts_nocase(s, "<?php"))
		return FORMAT_PHP;
	for (unsigned i = 0; i < sizeof(html) / sizeof(html[0]); i++) {
		if (span_starts_nocase(s, html[i]))
			return FORMAT_HTML;
	}
	if (span_starts_nocase(s, "<svg") ||
	    (span_starts_nocase(s, "<?xml") && span_find(s, "<svg") != NULL))
		return FORMAT_SVG;
	if (span_starts_nocase(s, "<?xml"))
		return span_find(s, "<html") != NULL ? FORMAT_HTML : FORMAT_XML;
	return FORMAT_GENERAL_TXT;
}

static enum format
text_format(struct span head)
{
	struct span s = skip_blanks(head);

	if (has(head, 0, "#!", 2))
		return FORMAT_SCRIPT;
	if (has(s, 0, "<", 1))
		return markup_format(s);
	if ((has(s, 0, "{", 1) || has(s, 0, "[", 1)) &&
	    has(skip_blanks(span_from(s, 1)), 0, "\"", 1))
		return FORMAT_JSON;
	return FORMAT_GENERAL_TXT;
}

/* Whether an interpreter is named: a path, or a word in small letters. */
static bool
names_interpreter(struct span head)
{
	struct span name = span_from(head, 2);

	if (!has(head, 0, "#!", 2))
		return false;
	while (name.bytes > 0 && (name.data[0] == ' ' || name.data[0] == '\t'))
		name = span_from(name, 1);
	return name.bytes > 0 &&
	       (name.data[0] == '/' || (name.data[0] >= 'a' && name.data[0] <= 'z'));
}

/*
 * What is no text, but what runs or shows it does not care: kernels look at "#!" alone, browsers at
 * the first tag before they look for binary bytes (WHATWG MIME sniffing 7.1).
 */
static enum format
binary_format(struct span head)
{
	struct span s = skip_blanks(head);
	enum format markup = has(s, 0, "<", 1) ? markup_format(s) : FORMAT_GENERAL_TXT;

	if (markup != FORMAT_GENERAL_TXT)
		return markup;
	if (names_interpreter(head))
		return FORMAT_SCRIPT;
	return FORMAT_GENERAL_BIN;
}

/* What a short magic number needs besides, so that text or another format is not taken for it. */
static bool
is_confirmed(enum format f, struct span head)
{
	switch (f) {
	case FORMAT_WEBP:
	case FORMAT_WAV:
	case FORMAT_AVI:
		return has(head, 0, "RIFF", 4);
	case FORMAT_BMP:
		return has(head, 0, "BM", 2);
	case FORMAT_BZ2:
		return head.bytes > 3 && head.data[3] >= '1' && head.data[3] <= '9';
	case FORMAT_LZH:
		return has(head, 6, "-", 1);
	case FORMAT_SWF:
		return head.bytes > 3 && head.data[3] < 0x40; /* its version; text has a letter */
	default:
		return true;
	}
}

/* A disc's image begins with 32 KiB that nothing stands in, for the most part (ECMA-119 6.2.1). */
static bool
is_empty_area(struct span head)
{
	return head.bytes == FORMAT_HEAD_BYTES && head.data[0] == 0 &&
	       memcmp(head.data, head.data + 1, head.bytes - 1) == 0;
}

static bool
is_magic(const struct magic *m, struct span head)
{
	return head.bytes > m->offset && head.data[m->offset] == (uint8_t)m->bytes[0] &&
	       has(head, m->offset, m->bytes, m->count) &&
	       is_confirmed((enum format)m->format, head);
}

/* The first row that the object meets; FORMAT_COUNT: none. */
static enum format
find_magic(struct span head)
{
	const __m128i first = _mm_set1_epi8((char)head.data[0]);
	const __m128i anywhere = _mm_set1_epi8((char)ANYWHERE);

	for (unsigned at = 0; at < sizeof(firsts); at += AT_ONCE) {
		__m128i rows = _mm_load_si128((const __m128i *)(const void *)(firsts + at));
		unsigned may = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_cmpeq_epi8(rows, first), _mm_cmpeq_epi8(rows, anywhere)));

		for (; may != 0; may &= may - 1) {
			unsigned i = at + (unsigned)__builtin_ctz(may);

			if (i < MAGIC_COUNT && is_magic(&magics[i], head))
				return (enum format)magics[i].format;
		}
	}
	return FORMAT_COUNT;
}

enum format
format_detect(struct span object)
{
	const struct span head = span_first(object, FORMAT_HEAD_BYTES);
	enum format found;

	if (head.bytes == 0) /* as all below would find; most requests have no body */
		return FORMAT_GENERAL_BIN;
	if (has(head, 0, "PK\x03\x04", 4))
		return look_into_zip(head);
	if (has(head, 0, "PK\x05\x06", 4))
		return FORMAT_ZIP;
	if (has(head, 0, "\xca\xfe\xba\xbe", 4))
		return head.bytes >= 8 && head.data[7] >= 43 ? FORMAT_JAVA_CLASS : FORMAT_MACHO;
	found = find_magic(head);
	if (found != FORMAT_COUNT)
		return found;
	if (span_find(head, "%PDF-") != NULL)
		return FORMAT_PDF;
	if (is_old_tar(head))
		return FORMAT_TAR;
	if (is_text(head))
		return text_format(head);
	return is_empty_area(head) ? FORMAT_ISO : binary_format(head);
}

const char *
format_word(enum format f)
{
	return (unsigned)f < FORMAT_COUNT ? words[f] : "?";
}

enum format_class
format_class(enum format f)
{
	return (unsigned)f < FORMAT_COUNT ? classes[f] : FORMAT_CLASS_OTHER;
}

const char *
format_class_word(enum format_class c)
{
	return (unsigned)c < FORMAT_CLASS_COUNT ? class_words[c] : "?";
}

enum format
format_by_word(struct span word)
{
	unsigned i = 0;

	while (i < FORMAT_COUNT && !span_is(word, words[i]))
		i++;
	return i;
}

enum format_class
format_class_by_word(struct span word)
{
	unsigned i = 0;

	while (i < FORMAT_CLASS_COUNT && !span_is(word, class_words[i]))
		i++;
	return i;
}
