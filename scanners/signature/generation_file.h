/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A generation on disk, written by sluice-sigc, read by every core. Little-endian, in
 * this order: header, section table, sections (each at a multiple of 64). Every offset is checked
 * when it is opened, and the whole is covered by a SHA-256, so a damaged file is an error.
 *
 *     header   magic "SLUICEGN", version, number of sections, id (first 8 bytes of the SHA-256 of
 *              everything behind the header), that SHA-256, Hyperscan's version text
 *     section  kind, of databases the target, offset from the file's start, bytes
 */
#ifndef SLUICE_GENERATION_FILE_H
#define SLUICE_GENERATION_FILE_H

#include <stdint.h>

#define GENERATION_MAGIC        "SLUICEGN"
#define GENERATION_VERSION      20
#define GENERATION_SECTIONS_MAX 64
#define GENERATION_ANY_SIZE     UINT64_MAX

enum generation_section_kind {
	/*
	 * Databases, hs_serialize_database(), one for each target that has literals of its own:
	 * they hold those and the ones of TARGET_ANY. Objects of other targets are scanned with
	 * TARGET_ANY's. Large ones are for streams alone. Those of a form (below) are for blocks
	 * alone and hold its own literals and no others.
	 */
	GENERATION_BLOCK_DB = 1, /* HS_MODE_BLOCK, the same literals */
	GENERATION_STREAM_DB,    /* HS_MODE_STREAM */
	GENERATION_NAMES,        /* NUL-terminated strings */
	GENERATION_LITERALS,     /* struct generation_literal */
	/* Digests, sorted: generation_digest16, 20 and 32, in this order three times */
	GENERATION_BAD_MD5,
	GENERATION_BAD_SHA1,
	GENERATION_BAD_SHA256,
	GENERATION_GOOD_MD5,
	GENERATION_GOOD_SHA1,
	GENERATION_GOOD_SHA256,
	GENERATION_SECTION_MD5, /* of bad programs' sections */
	GENERATION_SECTION_SHA1,
	GENERATION_SECTION_SHA256,
	GENERATION_SECTION_SIZES, /* struct generation_size of those, sorted */
	GENERATION_REPUTATION,    /* reputation_table.h */
	GENERATION_PATTERNS,      /* struct generation_pattern */
	GENERATION_ELEMENTS,      /* struct generation_element */
	GENERATION_BYTES,         /* what elements compare with */
	GENERATION_RULES,         /* struct generation_rule */
	GENERATION_RULE_PARTS,    /* uint32_t part numbers; a rule's own lie side by side */
	GENERATION_STEPS,         /* struct generation_step */
	GENERATION_PARTS,         /* struct generation_part */
	GENERATION_TRIGGERS,      /* uint32_t rule numbers; a part's own lie side by side */
	GENERATION_ALWAYS,        /* uint32_t numbers of rules that may hold without any part */
	GENERATION_YARA,          /* rules for the sandbox, as libyara saves them */
	GENERATION_ORIGINS,       /* struct generation_origin, sorted by name, file and line */
	GENERATION_FILES,         /* NUL-terminated paths of sources */
	GENERATION_DATABASE_KEYS, /* struct generation_database_key, for the next compilation */
	/*
	 * Of each target that has databases, by Hyperscan's id: uint32_t numbers of LITERALS, those
	 * of the same bytes side by side, all but the last of them with NUMBER_MORE. The id is the
	 * first one's, so that a database knows nothing of the others'.
	 */
	GENERATION_NUMBERS,
	GENERATION_REGEXES, /* struct generation_regex */
	GENERATION_MEMBERS, /* struct generation_member */
	GENERATION_KIND_COUNT
};

struct generation_header {
	char magic[8];
	uint32_t version, section_count;
	uint64_t id;
	uint8_t sha256[32];
	char hyperscan[40];
};

struct generation_section {
	uint32_t kind, target;
	uint64_t offset, bytes;
};

/* What the database of that kind and target was made of (tools/sigc/reuse.c). */
struct generation_database_key {
	uint32_t kind, target;
	uint8_t sha256[32];
};

#define GENERATION_NUMBER_MORE 0x80000000u

#define GENERATION_NO_PATTERN 0xffffffffu
/* How far a pattern may reach from its first byte to its last; what a stream keeps to check it. */
#define GENERATION_REACH_MAX 2000

struct generation_literal {
	uint32_t name; /* offset into NAMES */
	uint32_t
	    pattern; /* what is checked around a match; GENERATION_NO_PATTERN: it is the whole */
};

/* What may stand at a place: read forwards right of the anchor, backwards left of it. */
enum generation_element_kind {
	ELEMENT_BYTES = 1, /* `min` pairs of value and mask at `bytes` */
	ELEMENT_GAP,       /* min to max bytes of any value */
	ELEMENT_CHOICE, /* `count` alternatives at `bytes`: uint16_t length, pairs; min, max lengths
			 */
	ELEMENT_NONE_OF, /* min = max bytes that are none of such alternatives */
	ELEMENT_EDGE,    /* no bytes: `count` is an enum generation_edge */
	ELEMENT_CLASS    /* a byte that such an edge, EDGE_…_LEFT, may have beside it */
};

/* ClamAV's (B), (L), (W) at a pattern's ends, with or without '!'. */
enum generation_edge {
	EDGE_BOUNDARY_LEFT,
	EDGE_BOUNDARY_RIGHT,
	EDGE_LINE_LEFT,
	EDGE_LINE_RIGHT,
	EDGE_WORD_LEFT,
	EDGE_WORD_RIGHT,
	EDGE_WIDE_WORD_LEFT, /* the same of letters that a zero follows */
	EDGE_WIDE_WORD_RIGHT,
	EDGE_COUNT,
	EDGE_NOT = 0x100 /* added: the opposite */
};

struct generation_element {
	uint16_t kind, count, min, max;
	uint32_t bytes; /* offset into BYTES */
};

/* What start_min and start_max count from. */
enum generation_from {
	FROM_START,
	/* So many bytes before the end; the object has start_max at least, which is more than
	 * GENERATION_REACH_MAX in rules of TARGET_WHOLE alone, since no stream keeps so much. */
	FROM_END,
	FROM_END_LOOSE, /* the same of smaller ones too */
	/* Of programs, as scanners/format/program.h tells; start_min and start_max are signed. */
	FROM_ENTRY,
	FROM_SECTION,        /* the start of section number `section` */
	FROM_LAST_SECTION,   /* the start of the last one */
	FROM_WITHIN_SECTION, /* within section number `section`, from its start to its end */
	FROM_VERSION_INFO /* the key of a string of its version information; TARGET_WHOLE alone */
};

struct generation_pattern {
	uint64_t start_min, start_max; /* where it may begin, both included */
	uint32_t elements;             /* index of its first */
	uint16_t element_count;
	uint16_t anchor;             /* the element, of BYTES, that holds Hyperscan's literal */
	uint16_t literal_end;        /* bytes from that element's start to the literal's end */
	uint16_t left_min, left_max; /* bytes of the elements before it, at least and at most */
	uint16_t from;               /* enum generation_from */
	uint16_t is_link; /* `part` is none of a rule's: another pattern comes after it */
	uint16_t section;
	uint32_t part; /* what a match counts for; GENERATION_NO_PART: it is a threat by itself */
	/* It begins at least `gap` bytes behind a match that counted for this part, a link's;
	 * GENERATION_NO_PART: anywhere. */
	uint32_t after, gap;
};

/* What a rule's expression counts: the places where any pattern of it begins. */
#define GENERATION_NO_PART 0xffffffffu
struct generation_part {
	uint32_t triggers, trigger_count; /* the rules that can't be true without it */
};

/*
 * ClamAV's target types. All but three are told by the format. Of those three, the forms, the
 * dataplane knows nothing: whoever has text as it was rewritten, or a mail, scans it as such a
 * form, besides. So does whoever has all of an object: TARGET_WHOLE, which is none of ClamAV's, has
 * the rules that hang on a regular expression, on what the object lies in, on a program's headers
 * or on a place that no stream tells; `of` is what objects they are for.
 */
enum generation_target {
	TARGET_ANY = 0,
	TARGET_PE = 1,
	TARGET_OLE = 2,
	TARGET_HTML = 3,
	TARGET_MAIL = 4,
	TARGET_GRAPHICS = 5,
	TARGET_ELF = 6,
	TARGET_TEXT = 7,
	TARGET_MACHO = 9,
	TARGET_PDF = 10,
	TARGET_FLASH = 11,
	TARGET_JAVA = 12,
	TARGET_WHOLE = 13,
	TARGET_COUNT
};
#define TARGET_FORMS \
	(1u << TARGET_HTML | 1u << TARGET_MAIL | 1u << TARGET_TEXT | 1u << TARGET_WHOLE)

/* A logical signature: parts, an expression over them, and what the object must be. */
#define GENERATION_RULE_PARTS_MAX 64
#define GENERATION_STACK_MAX      64
struct generation_head {
	uint32_t mask, value; /* of the first four bytes, little-endian; mask 0: any */
};

struct generation_rule {
	uint64_t size_min, size_max;
	struct generation_head begins; /* it holds of no object that begins otherwise */
	uint32_t name, parts, steps;
	uint16_t part_count, step_count, target;
	uint16_t is_deep; /* no threat by itself: where it may hold, YARA's rules are to be asked */
	uint16_t by_name; /* hangs on more than the object's bytes: on a generation_variable */
	uint16_t of;      /* of TARGET_WHOLE: the target of objects that it is for */
};

/* What YARA's rules may ask of an object besides its bytes (name.h). */
#define GENERATION_VARIABLES(X)   \
	X(FILENAME, "filename")   \
	X(FILEPATH, "filepath")   \
	X(EXTENSION, "extension") \
	X(FILETYPE, "filetype")   \
	X(OWNER, "owner")

enum generation_variable {
#define X(id, word) VARIABLE_##id,
	GENERATION_VARIABLES(X)
#undef X
	VARIABLE_COUNT
};

/*
 * What an object may lie in, by ClamAV's words for types (CL_TYPE_…): number and word. A member of
 * an Office document lies in that and in a ZIP.
 */
#define GENERATION_CONTAINERS(X)                           \
	X(NONE, "ANY") /* it was not packed in anything */ \
	X(MAIL, "MAIL")                                    \
	X(ZIP, "ZIP")                                      \
	X(WORD, "OOXML_WORD")                              \
	X(EXCEL, "OOXML_XL")                               \
	X(POWERPOINT, "OOXML_PPT")                         \
	X(PDF, "PDF")                                      \
	X(RTF, "RTF")                                      \
	X(OLE, "MSOLE2")                                   \
	X(CHM, "MSCHM")                                    \
	X(CAB, "MSCAB")                                    \
	X(RAR, "RAR")                                      \
	X(SEVEN_ZIP, "7Z")                                 \
	X(TAR, "POSIX_TAR")                                \
	X(ISO, "ISO9660")                                  \
	X(GZIP, "GZ")                                      \
	X(BZIP2, "BZ")                                     \
	X(XZ, "XZ")                                        \
	X(TNEF, "TNEF")

enum generation_container {
#define X(id, word) CONTAINER_##id,
	GENERATION_CONTAINERS(X)
#undef X
	CONTAINER_COUNT
};

enum generation_text {
	TEXT_IS,
	TEXT_CONTAINS,
	TEXT_STARTS,
	TEXT_ENDS,
	TEXT_COUNT,
	TEXT_NOCASE = 0x10 /* added: ASCII letters of either case are the same */
};

/*
 * The expression in postfix order, over values that hold or not (with how many matches, of which
 * parts) and numbers of 64 bits, signed.
 *     PART      pushes whether a part was met     AND, OR   of the two on top; matches add up
 *     COUNT_…   compares the matches of the top with `value` and, where `kinds` is not 0, wants as
 *               many different parts
 *     NOT       of the top
 *     AT_LEAST  `value` of the `kinds` on top hold (0 of 0: true, 1 of 0: false)
 *     NUMBER    pushes `value` + `kinds` * 2^32
 *     SIZE, MATCHES, START    pushes the object's size; how often a part was met; where first
 *     READ      the number of `kinds` & READ_WIDTH bytes at the offset on top
 *     MATH      of the two on top, by `value`, an enum generation_math
 *     COMPARE   the two on top, by `value`, an enum generation_compare: whether it holds
 *     UNSURE    of the top: where it holds, it may hold or not
 *     REGEX     as PART, of one that is a regular expression: number `value` of REGEXES
 *     CONTAINER pushes whether the object lies in one of that kind, an enum generation_container
 *     SECTIONS, ENTRY    push how many sections a program has, and the offset where it begins to
 *               run; of what is no program, nothing
 *     NAME      pushes whether variable number `part` stands to the text at `value` of NAMES as
 *               `kinds`, an enum generation_text, says
 * What has no value (a read behind the end, START of what was not met, a division by 0) is
 * undefined, and so is all that is computed from it; neither it nor its opposite holds, as YARA
 * says. What lies in the object but is not kept is unseen, and so is what is unsure: a rule that
 * hangs on it is not judged.
 */
enum generation_step_kind {
	STEP_PART = 1,
	STEP_AND,
	STEP_OR,
	STEP_COUNT_IS,
	STEP_COUNT_OVER,
	STEP_COUNT_UNDER,
	STEP_NOT,
	STEP_AT_LEAST,
	STEP_NUMBER,
	STEP_SIZE,
	STEP_MATCHES,
	STEP_START,
	STEP_READ,
	STEP_MATH,
	STEP_COMPARE,
	STEP_UNSURE,
	STEP_NAME,
	STEP_REGEX,
	STEP_CONTAINER,
	STEP_SECTIONS,
	STEP_ENTRY,
	STEP_KIND_COUNT
};

enum generation_read {
	READ_WIDTH = 7, /* 1, 2 or 4 bytes, little-endian */
	READ_BIG_ENDIAN = 8,
	READ_SIGNED = 16
};

enum generation_math {
	MATH_ADD,
	MATH_SUBTRACT,
	MATH_MULTIPLY,
	MATH_DIVIDE,
	MATH_MODULO,
	MATH_AND,
	MATH_OR,
	MATH_XOR,
	MATH_LEFT,
	MATH_RIGHT,
	MATH_COUNT
};

enum generation_compare {
	COMPARE_IS,
	COMPARE_DIFFERS,
	COMPARE_UNDER,
	COMPARE_UPTO,
	COMPARE_OVER,
	COMPARE_FROM,
	COMPARE_COUNT
};

struct generation_step {
	uint16_t kind, part; /* part: place in the rule's own */
	uint32_t value, kinds;
};

/*
 * A regular expression of a logical signature. It is searched for where the expression of its
 * trigger, which speaks of parts before it, holds: from place `start_min` on (of `from`; as in
 * struct generation_pattern), as ClamAV does. Where start_max is UINT64_MAX it may begin anywhere;
 * where it is start_min, there alone, unless it is `rolling`; else start_max - start_min bytes
 * behind it at most, or, `encompassing`, it must lie within so many bytes.
 */
struct generation_regex {
	uint64_t start_min, start_max;
	uint32_t text;             /* offset into NAMES */
	uint32_t steps;            /* of the trigger; none: it is asked of members' names */
	uint16_t step_count, part; /* the rule's own that it is; REGEX steps say so, too */
	uint16_t from;             /* FROM_START or FROM_END */
	uint8_t options;           /* enum regex_option of scanners/regex */
	uint8_t search;            /* enum generation_search */
};

enum generation_search {   /* ClamAV's letters "gre", a bit each */
	SEARCH_GLOBAL = 1, /* every match counts, the next from the end of the last */
	SEARCH_ROLLING = 2,
	SEARCH_ENCOMPASSING = 4
};

/*
 * What an archive is, whose members signatures speak of, by ClamAV's words for types (CL_TYPE_…):
 * number and word. An Office document is a ZIP as well.
 */
#define GENERATION_ARCHIVES(X)     \
	X(ZIP, "ZIP")              \
	X(WORD, "OOXML_WORD")      \
	X(EXCEL, "OOXML_XL")       \
	X(POWERPOINT, "OOXML_PPT") \
	X(RAR, "RAR")              \
	X(SEVEN_ZIP, "7Z")         \
	X(CAB, "MSCAB")            \
	X(CHM, "MSCHM")            \
	X(POSIX_TAR, "POSIX_TAR")  \
	X(OLD_TAR, "OLD_TAR")      \
	X(CPIO_OLD, "CPIO_OLD")    \
	X(CPIO_ODC, "CPIO_ODC")    \
	X(CPIO_NEWC, "CPIO_NEWC")  \
	X(CPIO_CRC, "CPIO_CRC")    \
	X(ISO, "ISO9660")          \
	X(MAIL, "MAIL")            \
	X(TNEF, "TNEF")

enum generation_archive {
#define X(id, word) ARCHIVE_##id,
	GENERATION_ARCHIVES(X)
#undef X
	ARCHIVE_COUNT
};

/* Both included. */
struct generation_range {
	uint64_t min, max;
};

#define GENERATION_NO_REGEX 0xffffffffu

/* A signature of members of an archive, by what the archive says of one. */
struct generation_member {
	struct generation_range archive_bytes, packed_bytes, bytes, position;
	uint32_t archives;  /* a bit for each enum generation_archive that it may be; 0: any */
	uint32_t regex;     /* in REGEXES, of the name; GENERATION_NO_REGEX: any name */
	uint32_t crc;       /* CRC-32 of the bytes; 0: any */
	uint32_t encrypted; /* enum generation_encrypted */
	uint32_t name, unused;
};

enum generation_encrypted {
	MEMBER_IS_PLAIN,
	MEMBER_IS_ENCRYPTED,
	MEMBER_IS_EITHER
};

struct generation_digest16 {
	uint8_t digest[16];
	uint64_t size; /* GENERATION_ANY_SIZE: any */
	uint32_t name, unused;
};

struct generation_digest20 {
	uint8_t digest[20];
	uint32_t unused_before;
	uint64_t size;
	uint32_t name, unused;
};

struct generation_digest32 {
	uint8_t digest[32];
	uint64_t size;
	uint32_t name, unused;
};

/* Sections of this size, or of GENERATION_ANY_SIZE, are listed by these kinds of digest. */
struct generation_size {
	uint64_t size;
	uint32_t kinds; /* 1 MD5, 2 SHA-1, 4 SHA-256 */
	uint32_t unused;
};

/* Where a threat's name stands; no core looks at these, they are for people. */
struct generation_origin {
	uint32_t name, file, line; /* offsets into NAMES and FILES; line 0: of no file */
};

#endif
