/* SPDX-License-Identifier: BSD-3-Clause */
/* The signature compiler: sources in, one generation file out. Lives for one run; memory is the
 * run's. */
#ifndef SLUICE_SIGC_H
#define SLUICE_SIGC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/span.h"
#include "scanners/reputation/reputation.h"
#include "scanners/signature/generation_file.h"
#include "scanners/signature/name.h"

#define SIGC_LINE_MAX  (1 << 20)
#define SIGC_ERROR_MAX 512

/* A table that grows. */
struct sigc_table {
	uint8_t *bytes;
	size_t used, room;
};

/* Why a signature was left out: the count, and the first names. */
#define SKIP_REASONS(X)                                                          \
	X(OPEN_GAP, "a gap without end in the pattern")                          \
	X(REACH, "a pattern that reaches too far")                               \
	X(NESTED, "alternatives within alternatives")                            \
	X(INNER_EDGE, "!(L), or (B), (L) or (W) of wide text, inside a pattern") \
	X(CONDITION, "a condition on icon, container or handler")                \
	X(EXPRESSION, "an expression or as many parts as are not read")          \
	X(NEGATIVE, "true of objects without any match")                         \
	X(REGEX, "a regular expression")                                         \
	X(WHOLE, "a condition or an offset that only the sandbox knows")         \
	X(NO_REGEX, "a regular expression that libpcre2 refuses")                \
	X(REGEX_MODIFIER, "a regular expression with modifiers behind it")       \
	X(COMPARE, "a comparison of bytes or an image")                          \
	X(MACRO, "a macro")                                                      \
	X(MODULE, "a module or a variable in the condition")                     \
	X(FOR, "a loop in the condition")                                        \
	X(SYNTAX, "a condition that is not read")                                \
	X(FORMS, "a count of a string of several forms")                         \
	X(STRING_FORM, "a string in xor, in base64 or with ~")                   \
	X(GLOBAL, "in a file with a global rule")                                \
	X(VARIABLE, "an external variable")                                      \
	X(REFUSED, "refused by libyara")                                         \
	X(PROOF, "not found in a sample made for it")                            \
	X(IGNORED, "named in an .ign2 file")                                     \
	X(IGNORED_ONE, "an .ign2 line for one wording only")                     \
	X(LEVEL, "for another level of ClamAV's engine")                         \
	X(TARGET, "a target type that is not known")                             \
	X(FORM, "text or HTML as it is rewritten, or a mail")                    \
	X(SCRIPT, "a script with its names rewritten")                           \
	X(OFFSET, "an offset far from the end or not told of such objects")      \
	X(SHORT, "too few bytes in a row to look for")                           \
	X(IMPORTS, "a digest of a program's imports")                            \
	X(CONTAINER, "a signature of members of an archive")                     \
	X(ARCHIVE, "members of a container of which none are told")              \
	X(ICON, "an icon")                                                       \
	X(MAGIC, "a type of file by its first bytes")                            \
	X(PHISHING, "a pair or list of phishing hosts")                          \
	X(CERTIFICATE, "a certificate or catalogue of Authenticode")             \
	X(PASSWORD, "a password for archives")                                   \
	X(CONDITIONAL, "an ad blocker's rule of more than an address")           \
	X(RESOLVER, "a DNS server's rule that blocks no name")                   \
	X(RANGE, "a range of addresses")                                         \
	X(OWN_NAME, "a name that each machine has for itself")                   \
	X(ELSEWHERE, "a hosts line whose address is somebody's")                 \
	X(MANY, "more than one entry, or a blank in a path")                     \
	X(FILE_TYPE, "a file of a type that is not read")                        \
	X(DIGEST_KIND, "a digest that is neither MD5, SHA-1 nor SHA-256")

enum skip_reason {
#define X(id, text) SKIP_##id,
	SKIP_REASONS(X)
#undef X
	SKIP_COUNT
};

/* Lists of digests, and their kinds, in the order of generation_file.h. */
enum sigc_set {
	SIGC_BAD,
	SIGC_GOOD,
	SIGC_SECTION,
	SIGC_SETS
};
enum sigc_kind {
	SIGC_MD5,
	SIGC_SHA1,
	SIGC_SHA256,
	SIGC_KINDS
};

/* Where a signature came from: a row of `files`, a line of it. */
struct sigc_origin {
	uint32_t file, line;
};

/* Of the whole run, CPU time. */
struct sigc_cost {
	uint64_t file_bytes, block_bytes, stream_bytes, compile_ms, proof_ms;
	uint64_t proof_bytes; /* that were scanned for it */
	unsigned databases, reused;
	uint64_t busiest_ns; /* of the thread with the most of each shared work, one after the other
			      */
	unsigned builds;
};

/* An RSA key that containers are signed with, in decimal. */
struct sigc_key {
	const char *modulus, *exponent;
};

struct sigc {
	struct sigc_key key;       /* NULL: ClamAV's */
	struct sigc_table earlier; /* a generation file, whole, whose databases may serve again */
	unsigned threads;          /* that compile; 0: one a CPU */
	unsigned
	    block_literals_max; /* larger databases are for streams alone; 0: as build.c says */
	bool takes_unsigned;    /* containers that this key did not sign */
	struct sigc_table names, literals, patterns;      /* patterns: struct pattern */
	struct sigc_table digests[SIGC_SETS][SIGC_KINDS]; /* rows of generation_file.h */
	struct sigc_table urls, url_keys, lists; /* struct url_entry, its keys; names in `names` */
	/* sections of the file by other names: PATTERNS, ELEMENTS, BYTES, RULES … */
	struct sigc_table checks, elements, compared, rules, rule_parts, steps, parts;
	struct sigc_table ignored; /* uint32_t names of .ign2 files */
	uint32_t built_in;         /* so many patterns come first and are always known */
	uint32_t part_puts;
	struct sigc_table triggers; /* struct sigc_trigger */
	struct sigc_table always;   /* uint32_t rules that may hold without any part */
	struct sigc_table gates;    /* struct sigc_gate */
	struct sigc_table regexes;  /* the section REGEXES */
	struct sigc_table members;  /* the section MEMBERS; see sigc_add_member() */
	uint32_t eager_patterns;    /* of these, that gates look for at much cost */
	bool has_sandbox;           /* YARA rules that are not read here go there */
	struct sigc_table deep, deep_texts,
	    deep_names;                  /* struct sigc_deep, …_left_out; yara_deep.c */
	struct sigc_table compiled_yara; /* the section; empty: there are none */
	struct sigc_table part_keys,
	    part_slots; /* struct sigc_part_key by part; hash to part + 1 */
	uint64_t skipped[SKIP_COUNT], loaded;
	/* account.c: struct sigc_file; struct sigc_left_out and its names; a digest for each line
	 */
	struct sigc_table files, left_out, left_out_names, seen_slots;
	struct sigc_table forgotten;    /* rows of left_out until sigc_forget_deep() */
	struct sigc_table rule_origins; /* struct sigc_origin, by rule */
	struct sigc_table
	    digest_origins;  /* the same, by `unused` of a digest's row until it is built */
	const char *source;  /* being read: a directory or a file, as it was named */
	size_t above_source; /* bytes of it that short paths lack */
	struct sigc_table digest_names, section_sizes; /* generation_origin, generation_size */
	struct sigc_origin at;                         /* what is being read */
	size_t seen;                                   /* slots in use */
	struct sigc_cost cost;
	char error[SIGC_ERROR_MAX]; /* FILE:LINE: what */
};

struct pattern {
	uint32_t bytes_at, bytes_count, name; /* in `literals` and `names` */
	uint32_t check;                       /* in `checks`, or GENERATION_NO_PATTERN */
	/* What it counts for, of a link what the last after it does; GENERATION_NO_PART: itself */
	uint32_t whole;
	struct sigc_origin origin;
	uint32_t targets; /* a bit for each target that has a use for it; compile.c */
	bool nocase;
};

struct url_entry {
	uint32_t key, key_bytes, host_bytes, line; /* key in `url_keys` */
	uint8_t list, kind;
};

/* table.c: appends; aborts with one line when memory is lacking */
size_t table_add(struct sigc_table *t, const void *bytes, size_t count);
uint32_t table_add_text(struct sigc_table *t, struct span text);
/* Whether a row that is equal to this one is among rows that are sorted so, as by qsort_r(). */
bool table_holds(const struct sigc_table *sorted, const void *row, size_t row_bytes,
    int (*order)(const void *, const void *, void *), void *arg);

/* files.c: a regular file, open for reading; NULL with `s->error` set. */
FILE *sigc_open(struct sigc *s, const char *path);
/*
 * What is being read or built, for who meets a limit; the line, if there is one, is read when it is
 * told, and must stay.
 */
void sigc_where(const char *path, const uint32_t *line);
/* Says so on standard error and ends the process; safe in a signal's handler. */
_Noreturn void sigc_give_up(const char *why);
/* The soft limit of processor time does so; a child that limits itself must undo it. */
void sigc_watch_time(void);

/*
 * files.c: a text of ours that may hold a path or a name, for a person to read: what a terminal
 * would take for an order is written as \xNN. Cut to `room`, a NUL behind it; returns `out`.
 */
char *sigc_show(const char *text, char *out, size_t room);

/* lines.c: what `file` holds, line by line; the caller closes both. */
struct sigc_lines *sigc_open_lines(FILE *file);
/*
 * 1: a line without its end, lent until the next call, a NUL behind it; 0: there is none; -E2BIG:
 * it is SIGC_LINE_MAX bytes or longer; -errno: it can't be read.
 */
int sigc_next_line(struct sigc_lines *l, struct span *out);
void sigc_close_lines(struct sigc_lines *l);
/* The first word of a text, up to a blank or tab, which leaves it; never an empty one of a text
 * that is trimmed, which what is left is. */
struct span sigc_take_word(struct span *text);
/* What a source is that begins so, where that is no text, and what it should be; NULL: it may be
 * text. */
const char *sigc_is_foreign(struct span start);

/* reputation.c: the whole section of what lists say, empty where they say nothing. */
void sigc_build_reputation(struct sigc *s, struct sigc_table *out);

/* write.c: puts a file in the place of `output`, all of it or none; -errno with `s->error` set. */
int sigc_write(struct sigc *s, const char *output, struct span file);

/* sources.c: reads a file or a directory by its names' ends. -EINVAL with `s->error` set. */
int sigc_read(struct sigc *s, const char *path);
int sigc_read_list(struct sigc *s, const char *path, enum reputation_kind kind);

/* zones.c: what a DNS server's line of a block list is. */
enum sigc_zone_line {
	ZONE_OTHER,    /* no such line */
	ZONE_NOTHING,  /* says nothing of names */
	ZONE_LEFT_OUT, /* blocks no name */
	ZONE_NAMES     /* blocks these */
};
/* What is kept from line to line of a list; zeros before the first. */
struct sigc_zone {
	bool is_open;        /* it is a zone file for sure */
	bool in_parentheses; /* a record that goes on */
	char origin[256];    /* the zone's own name with its dot, empty: not told */
};
/*
 * `line` is not empty and not trimmed, since in a zone file a blank first means something. Names
 * are parts of it, with slashes between.
 */
enum sigc_zone_line sigc_read_zone(struct sigc_zone *z, struct span line, struct span *names);
/* An address where nobody is: 0.0.0.0 (also "0"), 127.x, 255.255.255.255, ::, ::1, fe80::, ff00::.
 */
bool sigc_is_sink(struct span address);

/* The same of an open file, by the end of `path`; a kind that is not lines is left out by name. */
int sigc_read_stream(struct sigc *s, const char *path, FILE *f);
/* Leaves a file out by name; 0. */
int sigc_skip_file(struct sigc *s, const char *path);
/* One literal; refused ones are counted. */
void sigc_add_literal(struct sigc *s, struct span name, const uint8_t *bytes, size_t count);
/* EICAR, which no .ign2 takes out; before any source is read. */
void sigc_add_built_in(struct sigc *s);

/*
 * digests.c: a digest in hexadecimal digits, 32, 40 or 64, of bytes of this size ("*": of any).
 * -EINVAL: it is none; -ERANGE: the size is none. Other digests are left out by name.
 */
int sigc_add_digest(
    struct sigc *s, enum sigc_set set, struct span digest, struct span size, struct span name);
size_t sigc_digest_row_bytes(enum sigc_kind kind);
/* Sorts the tables and takes the rows' origins out of them; `section_sizes`. Once, when all are
 * there. */
void sigc_finish_digests(struct sigc *s);
/* Plain hexadecimal digits, two a byte; false: something else. */
bool sigc_decode_hex(struct span hex, uint8_t *out);

/*
 * members.c: a line of a .cdb, of which `s->at` tells the place. -EINVAL: it is none, and *why is a
 * sentence. Until sigc_finish_members() a row's last word is that of its origin in
 * `digest_origins`.
 */
int sigc_add_member(struct sigc *s, struct span line, const char **why);
void sigc_finish_members(struct sigc *s);

/*
 * extended.c: a POSIX extended regular expression, as ClamAV has them, "(?i)" before it included,
 * in the words and with the options of scanners/regex, behind what `out` holds and without a NUL.
 * False: it is none.
 */
bool sigc_translate_extended(struct span text, struct sigc_table *out, unsigned *options);

/* A literal that a check follows; at least 4 bytes. */
void sigc_add_anchor(struct sigc *s, const struct pattern *p, const uint8_t *bytes);

/* Where a pattern may begin; numbers are those of struct generation_pattern. */
struct sigc_place {
	uint64_t min, max;
	uint16_t from, section;
};
/* offset.c: decimal digits, at most 18 */
bool sigc_parse_size(struct span text, uint64_t *out);
/*
 * Offsets "*", "n", "n,m", "EOF-n", "EOF-n,m", "EP+n", "EP-n", "Sx+n", "SL+n", each with ",m" too,
 * "SEx" and "VI"; false: another kind
 */
bool sigc_parse_offset(struct span text, struct sigc_place *out);
/* Who can tell such a place of objects of this target. */
enum sigc_teller {
	TOLD_BY_NOBODY,
	TOLD_BY_WHOLE, /* the sandbox, which has all of an object */
	TOLD_BY_STREAM
};
enum sigc_teller sigc_place_is_told(const struct sigc_place *place, uint64_t target);
/* How yara_condition.c writes "in (filesize-n..filesize)", which no file of ClamAV's may say. */
#define SIGC_NEAR_END "\001"
/* Of one that only the sandbox tells (TARGET_FORMS). */
bool sigc_target_is_form(uint64_t target);
/* Why a signature of this target can't be taken; SKIP_COUNT: it can. */
enum skip_reason sigc_target_refused(const struct sigc *s, uint64_t target);
/* What stands before `by`, which is taken too; all where there is none. */
struct span sigc_take_field(struct span *text, char by);
/* Up to nine digits are taken off; false, and *out as it was: there are none. */
bool sigc_take_number(struct span *text, uint64_t *out);

#define CLAMAV_LEVEL 216 /* of ClamAV 1.4.6, whose semantics these are */
/* Whether a line is for that level, by its fields from the first on: MIN[:MAX]. */
bool sigc_fits_level(const struct span *fields, unsigned count, unsigned first);

/* ClamAV's ::iwfa */
enum sigc_modifier {
	SIGC_NOCASE = 1,
	SIGC_WIDE = 2,
	SIGC_FULLWORD = 4,
	SIGC_ASCII = 8
};

/* hex.c: one of ClamAV's patterns. -EINVAL: it is none; -ENOTSUP: left out, for `why`. */
struct sigc_hex {
	struct span text;
	struct sigc_place place;
	uint32_t name, part; /* GENERATION_NO_PART: a threat by itself */
	unsigned modifiers;
	enum skip_reason why;
};
int sigc_add_hex(struct sigc *s, struct sigc_hex *h);
/* Plain bytes as a pattern, so that Hyperscan looks for an anchor only. False: there are too many.
 */
bool sigc_add_whole(struct sigc *s, uint32_t name, const uint8_t *bytes, size_t count);

/*
 * anchor.c: the rarest run of `least` whole bytes or more among `count` pairs of value and mask, if
 * it is better.
 */
#define SIGC_ANCHOR_MIN 2 /* bytes */
#define SIGC_ANCHOR_MAX 24
struct sigc_anchor {
	uint16_t element, from, end; /* bytes of that element */
	unsigned score;              /* 0: none yet */
};
void sigc_look_for_anchor(const uint8_t *pairs, uint16_t count, uint16_t element, uint16_t least,
    struct sigc_anchor *best);

/* account.c: what became of each line of each file; report.c prints it. */
struct sigc_file {
	uint32_t path, short_path; /* in `left_out_names`; without what comes before its source */
	uint64_t loaded, duplicates, left_out[SKIP_COUNT];
	uint64_t deep;                    /* of `loaded`: judged in the sandbox only */
	uint64_t literals, literal_bytes; /* what Hyperscan looks for on its behalf */
};
struct sigc_left_out {
	uint32_t name, why; /* name in `left_out_names` */
	uint32_t detail;    /* there too: more of why; 0: there is none */
	struct sigc_origin origin;
};
extern const char *const sigc_skip_texts[SKIP_COUNT];
/* Files that follow are this one, or lie below it; the path stays the caller's. Their short paths
 * are those below a directory, or begin with a single file's name. */
void sigc_begin_source(struct sigc *s, const char *path);
/* Lines that follow are of this file. */
void sigc_begin_file(struct sigc *s, const char *path);
/* A signature of these words, its name not among them, was taken; a second one is a duplicate. */
void sigc_count(struct sigc *s, uint8_t kind, struct span words);
/* Counts and names what is left out; _later when it had been taken: sigc_forget_deep() is due. */
void sigc_skip(struct sigc *s, struct span name, enum skip_reason why);
/* The same, with what is said of it; empty: nothing. */
void sigc_skip_saying(struct sigc *s, struct span name, enum skip_reason why, const char *detail);
void sigc_skip_later(
    struct sigc *s, struct sigc_origin origin, struct span name, enum skip_reason why);
/* A rule that was taken, but is judged in the sandbox; `why` it is not judged here. */
void sigc_note_deep(struct sigc *s, struct span name, enum skip_reason why);
/* What was left out later is not in the sandbox either. */
void sigc_forget_deep(struct sigc *s);
/* origins.c: the names of digests, before sigc_finish_digests(); then the sections ORIGINS and
 * FILES whole. */
void sigc_note_digests(struct sigc *s);
void sigc_build_origins(const struct sigc *s, struct sigc_table *rows, struct sigc_table *files);
/* report.c */
void sigc_report(struct sigc *s, FILE *out, bool as_json);

/* sources.c: an error of this line; -EINVAL. Each line of a file to a reader, which gives 0 or
 * that. */
int sigc_fail(struct sigc *s, const char *path, unsigned line, const char *what);
typedef int (*sigc_line_reader)(struct sigc *s, const char *path, unsigned line, struct span text);
int sigc_read_lines(struct sigc *s, const char *path, sigc_line_reader take);

/* logical.c: a line of .ldb; or one part alone, for one kind of object, `words` being all
 * but its name. -EINVAL: malformed. */
int sigc_add_logical(struct sigc *s, struct span line);
int sigc_add_targeted(
    struct sigc *s, struct span name, uint16_t target, struct span part, struct span words);

/* conditions.c: what the sandbox alone knows of an object; of each only where it is asked for. */
struct sigc_surroundings {
	bool has_container, has_sections, has_entry;
	uint32_t container; /* enum generation_container */
	uint64_t sections_min, sections_max, entry_min, entry_max;
};
/* 0; -ENOTSUP with the reason; -EINVAL: malformed. */
int sigc_read_conditions(const struct sigc *s, struct span text, struct generation_rule *r,
    struct sigc_surroundings *around, enum skip_reason *why);
/* ANDs them with the rule's steps, which are the last ones. False: there are none. */
bool sigc_add_surroundings(
    struct sigc *s, struct generation_rule *r, const struct sigc_surroundings *around);

/* A part, [OFFSET:]HEX[::MODIFIERS], and its patterns, unless an equal one is there; its number. */
int sigc_add_part(
    struct sigc *s, struct span text, uint32_t name, uint32_t *id, enum skip_reason *why);
/* One that is met where any of several such texts is; a NUL is behind each. */
int sigc_add_any_part(
    struct sigc *s, struct span texts, uint32_t name, uint32_t *id, enum skip_reason *why);
/* A rule whose name and steps are there: its parts, and a bit for each that triggers it; none: it
 * is always asked. */
void sigc_add_rule(
    struct sigc *s, struct generation_rule *r, const uint32_t *parts, uint64_t triggers);

/* yara.c: a file of YARA rules and what it includes. -EINVAL with `s->error` set. */
int sigc_read_yara(struct sigc *s, const char *path);

/* yara_deep.c: what libyara makes of the rules for the sandbox, as `compiled_yara`, without those
 * that .ign2 files name. -EINVAL with `s->error` set. */
struct sigc_deep {
	uint32_t unit;        /* rows of one unit lie side by side and are compiled together */
	uint32_t name;        /* in `names`; GENERATION_NO_PART: imports */
	uint32_t text, bytes; /* in `deep_texts` */
	struct sigc_origin origin;
	bool is_told, is_global; /* is_told: a match is a threat */
	bool by_name;            /* of the first row of a unit: its rules hang on a name */
};
#define SIGC_EAGER_MAX 16384 /* eager_patterns; a text under every key of xor is 256 */
/* Which rule of the generation asks the sandbox for a rule of that name; several may share it. */
struct sigc_gate {
	uint32_t rule, name;
};
int sigc_compile_deep(struct sigc *s);

/* container.c: a .cvd, or a .cld that freshclam patched. -EINVAL with `s->error` set. */
int sigc_read_container(struct sigc *s, const char *path, bool is_patched);
bool sigc_is_signed(const struct sigc_key *key, struct span signature, const uint8_t md5[16]);

/*
 * regex.c: the parts of a logical signature, "OFFSET:TRIGGER/REGEX/FLAGS" among them. A ';' or ':'
 * within a regular expression ends nothing.
 */
struct sigc_regex {
	struct span offset, trigger, text; /* no offset: "*" */
	unsigned options, search;          /* enum regex_option, enum generation_search */
};
/* How many they are; and the first, taken off. */
unsigned sigc_count_parts(struct span parts);
struct span sigc_take_part(struct span *parts);
bool sigc_is_regex(struct span part);
/* -EINVAL: it is none; -ENOTSUP: left out, for `why`. */
int sigc_parse_regex(struct span part, struct sigc_regex *out, enum skip_reason *why);
/*
 * A row for the rule's part `part`, whose trigger is `step_count` steps from number `steps` on. Its
 * number; or -ENOTSUP, for `why`.
 */
int sigc_add_regex(struct sigc *s, const struct sigc_regex *x, const struct generation_regex *row,
    enum skip_reason *why);

/* parts.c: equal parts are one. True: there is one of this text; false: `*id` is a new one. */
struct sigc_trigger {
	uint32_t part, rule;
};
struct sigc_part_key {
	uint32_t text, bytes, hash; /* text in `names` */
};
bool sigc_find_part(struct sigc *s, struct span text, uint32_t *id);
/* A new part that no text finds: a link's (generation_file.h). */
uint32_t sigc_add_link_part(struct sigc *s);
/* How far the tables went, and back to there. */
#define SIGC_MARKED 13 /* tables */
struct sigc_mark {
	size_t used[SIGC_MARKED];
};
struct sigc_mark sigc_mark(struct sigc *s);
void sigc_undo(struct sigc *s, const struct sigc_mark *mark);

/*
 * prove.c: looks for each pattern in a sample made for it, in a generation that was built of `s`.
 * Takes out, counts and names those that are not found, with the rules that they are parts of; how
 * many patterns, or -EINVAL with `s->error` set.
 */
int sigc_prove(struct sigc *s, struct span file);
/* The fewest bytes that a pattern matches, but for what its edges ask for; `out` anew. */
bool sigc_sample(const struct sigc *s, const struct pattern *p, struct sigc_table *out);

/* sweep.c: patterns that only rules that are never asked have a use for. */
void sigc_sweep(struct sigc *s);
/* Of the rules that are always asked those with a byte that is not 0. */
void sigc_keep_always(struct sigc *s, const uint8_t *live);
/* The same after patterns marked in `failed`, one byte each, with their rules were taken out. */
void sigc_drop_failed(struct sigc *s, const uint8_t *failed);

/* ignore.c: takes out what .ign2 files name; called once, when all has been read. */
void sigc_drop_ignored(struct sigc *s);

/* table.c: gives all memory back; the program itself just ends */
void sigc_free(struct sigc *s);

/* compile.c: which targets' databases each pattern belongs in, a bit for each that has one. */
uint32_t sigc_assign_targets(struct sigc *s);
bool sigc_is_of_target(const struct pattern *p, unsigned target);
/* The numbers of all patterns, by what Hyperscan looks for; the caller's. */
uint32_t *sigc_sort_patterns(const struct sigc *s);
/* Of these the section NUMBERS of a target. */
void sigc_target_numbers(
    const struct sigc *s, const uint32_t *sorted, unsigned target, struct sigc_table *out);
/* The next literal of NUMBERS: its pattern, and the id that Hyperscan is to tell. NULL: no more.
 * `*at` begins with 0. */
const struct pattern *sigc_next_literal(
    const struct sigc *s, const struct sigc_table *numbers, unsigned *at, unsigned *id);
/* One database, serialized; the bytes are the caller's. -EINVAL with a sentence. Any thread. */
int sigc_compile(const struct sigc *s, const struct sigc_table *numbers, unsigned mode, char **out,
    size_t *bytes, char error[SIGC_ERROR_MAX]);

/* reuse.c: the generation that was made before; and what it has of a key, lent. Without one, or one
 * that is of no use, nothing is found. */
void sigc_take_earlier(struct sigc *s, const char *path);
/* `out` tells kind and target, and gets the digest. */
void sigc_database_key(
    const struct sigc *s, const struct sigc_table *numbers, struct generation_database_key *out);
bool sigc_find_earlier(
    const struct sigc *s, const struct generation_database_key *key, struct span *out);

/* share.c: how many threads work at once; `piece` is called for each number below `count`, in any
 * order, by several at once. Back when all are done. */
unsigned sigc_threads(const struct sigc *s);
void sigc_share(
    struct sigc *s, unsigned count, void (*piece)(void *arg, unsigned number), void *arg);

/* build.c: compiles and writes the file (temporary, fsync, rename). -EINVAL, -EIO with `s->error`.
 */
int sigc_build(struct sigc *s, const char *output);

#endif
