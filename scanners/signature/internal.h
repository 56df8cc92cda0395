/* SPDX-License-Identifier: BSD-3-Clause */
/* The folder's own view of a loaded generation. */
#ifndef SLUICE_SIGNATURE_INTERNAL_H
#define SLUICE_SIGNATURE_INTERNAL_H

#include <hs/hs.h>

#include "scanners/format/format.h"
#include "scanners/format/version_info.h"
#include "scanners/reputation/reputation.h"
#include "scanners/signature/generation_file.h"
#include "scanners/signature/name.h"
#include "scanners/signature/signature.h"

struct generation {
	uint64_t id;
	hs_database_t *stream[TARGET_COUNT]; /* NULL: TARGET_ANY's serve */
	hs_database_t *block[TARGET_COUNT];  /* NULL: the one for streams serves */
	struct span numbers[TARGET_COUNT];   /* the built-in one has none */
	bool is_split;                       /* some are not NULL */
	bool has_links;                      /* matches must come in order */
	bool has_places;                     /* patterns ask for places in programs */
	bool has_sha1, has_section_digests;
	bool asks_for_names;                         /* some rules are `by_name` */
	struct span sections[GENERATION_KIND_COUNT]; /* within the file */
	bool has_reputation;
	struct reputation_table reputation;
};

/* What a scan can see: the bytes fed now, and the last ones before them. */
struct signature_view {
	struct span kept, now;
	uint64_t now_at; /* the offset of now's first byte; kept ends there */
	bool is_end;     /* the object ends with `now` */
	const struct signature_program *program; /* what its headers say */
};

/* Where its sections lie and how surely that is known. */
struct signature_program {
	enum program_result result;
	bool is_any; /* for a proof: every place in programs, and far from the end, is right */
	struct program at;
	unsigned version_count; /* of a whole one */
	struct program_section versions[VERSION_INFO_MAX];
};

enum pattern_result {
	PATTERN_NO,
	PATTERN_YES,
	PATTERN_MORE,  /* depends on bytes that have not come */
	PATTERN_UNSEEN /* depends on headers that lie behind what is kept of them */
};

struct pattern_match {
	uint64_t start, end;
	uint64_t wanted; /* MORE: so it stays until the object has so many bytes, or has ended */
	const struct generation_pattern *pattern;
};

/*
 * pattern.c: whether pattern `id` stands where its literal was found to end at `literal_end`; then
 * `match` tells where it begins (next to the literal, of several) and where its shortest match
 * ends. Takes what it does from `*steps`; stops at 0, with NO.
 */
enum pattern_result pattern_check(const struct generation *g, uint32_t id,
    const struct signature_view *view, uint64_t literal_end, uint64_t *steps,
    struct pattern_match *match);
/* Whether PATTERNS, ELEMENTS and BYTES fit together; the rest of pattern.c relies on it. */
bool pattern_tables_are_sound(const struct generation *g);

/* What patterns ask for: sets has_links, has_places. */
void pattern_tables_sum_up(struct generation *g);

/* pattern.c: the byte at an offset of the object, or -1 where it can't be seen. */
int view_byte(const struct signature_view *v, uint64_t at);

/*
 * rule.c: how often each part was met by one scan; of no part more than fits. A regular expression
 * that was asked for and is not met has a count of 0, and, where what it says is not known, a
 * last_start of 1.
 */
#define TALLIES_MAX 1536
#define TALLY_SLOTS 2048

struct tally {
	uint32_t part_and_1, count;
	uint64_t first_start, last_start;
};

struct tallies {
	uint32_t used;
	struct tally slots[TALLY_SLOTS];
};

void tallies_clear(struct tallies *t);
/* Counts a match at `start`, unless it lies before the part's last. False: too many parts. */
bool tallies_count(struct tallies *t, uint32_t part, uint64_t start);
/* What was asked for and is not met, or is not known. False: too many parts. */
bool tallies_settle(struct tallies *t, uint32_t part, bool is_known);
/* The part's slot; where it was not met, an empty one. */
const struct tally *tallies_of(const struct tallies *t, uint32_t part);

/* What the object is called, asked for where a rule hangs on it, once. */
struct object_name {
	signature_name_of of; /* NULL: it has none */
	void *arg;
	bool is_known;
	struct signature_variables variables;
};

/* Where regular expressions are searched for, and by whom. */
struct regex_search {
	signature_regex_search search;
	void *arg;
	struct span bytes; /* the whole object */
	uint64_t end;      /* where the last match ended; 0: there was none */
};

struct object_facts {
	unsigned target, of; /* as rules have them */
	bool is_form;        /* only rules of this target are asked */
	enum format format;
	uint64_t size;
	uint32_t begins;  /* its first four bytes, little-endian; zeros behind its end */
	struct span head; /* its first FORMAT_HEAD_BYTES */
	const struct signature_view *tail; /* its last bytes */
	struct object_name *name;          /* NULL: what hangs on it is unseen */
	struct regex_search *regexes;      /* the same */
	uint32_t containers; /* a bit for each that it lies in (enum generation_container) */
	const struct signature_program *program;
};
struct rules_said {
	const char *name;  /* of a rule that holds, or NULL; the rest counts only then */
	bool is_unseen;    /* a rule asks for bytes that are not kept */
	bool wants_deep;   /* one that the sandbox judges may hold */
	bool by_name;      /* what is said, of a rule or of none, may be other under another name */
	bool by_container; /* of a rule: it asks what the object lies in */
};
void rules_judge(const struct generation *g, struct tallies *t, const struct object_facts *o,
    struct rules_said *out);

/* expression.c: whether a rule's expression holds. */
enum rule_result {
	RULE_NO,
	RULE_YES,
	RULE_UNSEEN
};
enum rule_result expression_judge(const struct generation *g, const struct generation_rule *r,
    struct tallies *t, const struct object_facts *o);

/*
 * search.c: the tally of a rule's regular expression, a REGEX step, after it was searched for;
 * NULL: what it says is not known.
 */
const struct tally *regex_tally(const struct generation *g, const struct generation_rule *r,
    const struct generation_step *s, struct tallies *t, const struct object_facts *o);
/* Whether REGEXES fit NAMES and STEPS; search.c and expression.c rely on it. */
bool regex_tables_are_sound(const struct generation *g);

/* member.c: whether MEMBERS fit NAMES and REGEXES, which are sound; the rest of it relies on it. */
bool member_table_is_sound(const struct generation *g);
/* A rule's steps, which lie in STEPS: the stack never runs empty, nor over, and one value is left.
 */
bool steps_are_sound(const struct generation *g, const struct generation_rule *r);
/* What an object of this format, which begins so, is to signatures. */
unsigned target_of(enum format f, struct span head);
/* Whether RULES, RULE_PARTS, STEPS, PARTS and TRIGGERS fit together; rule.c relies on it. */
bool rule_tables_are_sound(const struct generation *g);
/* Whether any of them hangs on a name. */
bool rules_ask_for_names(const struct generation *g);

/*
 * Whether a digest table, GENERATION_BAD_MD5 to GENERATION_SECTION_SHA256, has this digest with a
 * size that fits; its name's offset in NAMES.
 */
bool generation_find_digest(const struct generation *g, unsigned kind, const uint8_t *digest,
    uint64_t size, uint32_t *name);
/* GENERATION_NO_PATTERN where the literal is the whole signature; numbers are checked. */
uint32_t generation_literal_pattern(const struct generation *g, unsigned id);
/*
 * NUMBERS of a target at `id`, which comes from the database, so is checked: what is behind the
 * end is no literal's number.
 */
static inline uint32_t
generation_number(const struct generation *g, unsigned target, unsigned id)
{
	struct span numbers = g->numbers[target];

	if (id < numbers.bytes / sizeof(uint32_t))
		return ((const uint32_t *)(const void *)numbers.data)[id];
	return numbers.bytes == 0 ? id : ~GENERATION_NUMBER_MORE;
}
/* The name of a literal by its number, which is checked. */
const char *generation_literal_name(const struct generation *g, unsigned id);

#endif
