/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scans: block mode when the object is one span and there is a database for that, else a stream of
 * the core's (core.c), touched only by the first bytes that are not the last, and reset for the
 * next object. After the first hit nothing more is scanned.
 *
 * Which database an object is scanned with depends on its format: the first bytes are held back
 * until they tell it, at most FORMAT_HEAD_BYTES, and only where a generation has more than one. Of
 * a program so are its headers, at most PROGRAM_HEAD_BYTES, where patterns ask for places in it;
 * where those lie behind, a pattern that hangs on them fails the scan.
 *
 * A literal that stands for a pattern is a candidate: pattern.c looks at the bytes around it. A
 * stream keeps its last KEPT_BYTES for that, and candidates that depend on bytes to come wait, at
 * most WAITING_MAX. A pattern with gaps without end is several, each a link but the last: of a link
 * the tallies hold where its first match ends, and what comes after counts only behind that. This
 * hangs on Hyperscan's telling literals in the order of their ends, which it does and does not
 * promise; a scan that finds it otherwise has failed. Checks may take STEPS_FREE and STEPS_A_BYTE;
 * a scan that would need more, or more candidates, has failed: its object is of the class `error`,
 * never clean.
 */
#include <errno.h>

#include "scanners/signature/scan.h"

#define STEPS_FREE   (1u << 20)
#define STEPS_A_BYTE 64
#define ANY_LITERAL  UINT32_MAX

struct signature_scan *
signature_open(struct signature_core *core, const struct generation *g)
{
	struct signature_scan *scan = core->free;

	if (scan == NULL)
		return NULL;
	core->free = scan->next_free;
	scan->generation = g;
	scan->bytes = 0;
	scan->steps = STEPS_FREE;
	scan->last_end = 0;
	scan->only = ANY_LITERAL;
	scan->format = FORMAT_COUNT;
	scan->head = span_of(NULL, 0);
	scan->memory = core->memories != NULL ? &core->memories[scan - core->scans] : NULL;
	if (scan->memory != NULL) {
		scan->memory->kept_bytes = scan->memory->head_bytes = 0;
		hashing_begin(&scan->memory->hashing);
		scan->memory->program.is_any = false;
		scan->memory->program.result = PROGRAM_NO;
		scan->memory->program.version_count = 0;
		tallies_clear(&scan->memory->tallies);
	}
	scan->target = TARGET_ANY;
	scan->has_target = !g->is_split && !g->has_places && !g->has_section_digests;
	scan->is_form = false;
	scan->in_stream = scan->ended = scan->has_hit = scan->failed = scan->wants_deep = false;
	scan->by_name = scan->by_container = false;
	scan->name_of = NULL;
	scan->search_regex = NULL;
	scan->containers = 1u << CONTAINER_NONE;
	return scan;
}

void
signature_look_for(struct signature_scan *scan, const struct signature_sought *what)
{
	scan->only = what->literal;
	scan->only_id = what->id;
	scan->only_at = what->at;
	scan->target = what->target;
	scan->has_target = true;
	if (scan->memory != NULL)
		scan->memory->program.is_any = true;
}

void
signature_take_as(struct signature_scan *scan, unsigned form)
{
	scan->is_form = true;
	scan->target = form;
	scan->has_target = true;
}

void
signature_lies_in(struct signature_scan *scan, uint32_t containers)
{
	scan->containers = containers;
}

void
signature_name(struct signature_scan *scan, signature_name_of of, void *arg)
{
	scan->name_of = of;
	scan->name_arg = arg;
}

void
signature_match_regexes(struct signature_scan *scan, signature_regex_search search, void *arg)
{
	scan->search_regex = search;
	scan->search_arg = arg;
}

void
signature_tell_format(struct signature_scan *scan, enum format format)
{
	scan->format = format;
}

static void
take_named_hit(struct signature_scan *scan, const char *name, uint64_t end)
{
	scan->by_name = false;
	scan->has_hit = true;
	scan->hit.name = name;
	scan->hit.offset = end;
}

static void
take_hit(struct signature_scan *scan, unsigned literal, uint64_t end)
{
	take_named_hit(scan, generation_literal_name(scan->generation, literal), end);
}

/* Counts a match, unless what should stand before it was not met before it. */
static void
count_match(struct signature_scan *scan, const struct pattern_match *m)
{
	const struct generation_pattern *p = m->pattern;
	struct tallies *t = &scan->memory->tallies;

	if (p->after != GENERATION_NO_PART) {
		const struct tally *before = tallies_of(t, p->after);

		if (before->count == 0 || m->start < before->first_start ||
		    m->start - before->first_start < p->gap)
			return;
	}
	scan->failed |= !tallies_count(t, p->part, p->is_link ? m->end : m->start);
}

/* False: it waits for bytes that have not come. */
static bool
settle(struct signature_scan *scan, struct candidate *c)
{
	struct pattern_match m;
	enum pattern_result r = pattern_check(
	    scan->generation, c->pattern, &scan->view, c->literal_end, &scan->steps, &m);

	scan->failed |= r == PATTERN_UNSEEN;
	if (r == PATTERN_YES &&
	    (m.pattern->part == GENERATION_NO_PART || scan->only != ANY_LITERAL))
		take_hit(scan, c->literal, m.end);
	else if (r == PATTERN_YES)
		count_match(scan, &m);
	scan->failed |= r == PATTERN_NO && scan->steps == 0;
	c->wanted = m.wanted;
	return r != PATTERN_MORE;
}

static enum format
format_of(struct signature_scan *scan)
{
	if (scan->format == FORMAT_COUNT)
		scan->format = format_detect(scan->head);
	return scan->format;
}

/* All was seen: what rules say of it. */
static void
judge_rules(struct signature_scan *scan)
{
	struct memory *m = scan->memory;
	struct object_facts facts = { .size = scan->bytes };
	struct rules_said said = { .name = NULL };
	struct object_name name; /* large; filled where it is asked for */
	struct regex_search regexes = { scan->search_regex, scan->search_arg, scan->view.now, 0 };

	if (m == NULL || scan->has_hit || scan->failed || scan->only != ANY_LITERAL)
		return;
	if (m->tallies.used == 0 && scan->generation->sections[GENERATION_ALWAYS].bytes == 0)
		return;
	facts.head = scan->head;
	if (scan->head.bytes > 0)
		memcpy(&facts.begins, scan->head.data, scan->head.bytes < 4 ? scan->head.bytes : 4);
	facts.format = format_of(scan);
	facts.is_form = scan->is_form;
	facts.of = target_of(facts.format, scan->head);
	facts.target = scan->is_form ? scan->target : facts.of;
	facts.regexes = scan->is_form && scan->search_regex != NULL ? &regexes : NULL;
	facts.tail = &scan->view;
	facts.containers = scan->containers;
	facts.program = &m->program;
	name.of = scan->name_of;
	name.arg = scan->name_arg;
	name.is_known = false;
	facts.name = &name;
	rules_judge(scan->generation, &m->tallies, &facts, &said);
	scan->wants_deep = said.wants_deep;
	scan->failed |= said.name == NULL && said.is_unseen;
	if (said.name != NULL)
		take_named_hit(scan, said.name, regexes.end > 0 ? regexes.end : scan->bytes);
	scan->by_name = said.by_name;
	scan->by_container = said.by_container;
}

/* All was seen, or all that was asked for: what the digests taken on the way say. */
static void
judge_digests(struct signature_scan *scan)
{
	struct memory *m = scan->memory;
	const char *name;

	if (m == NULL || scan->is_form)
		return;
	name = hashing_end(&m->hashing, scan->generation);
	if (name == NULL && !scan->has_hit)
		name = hashing_end_sections(&m->hashing, scan->generation);
	if (name != NULL && !scan->has_hit)
		take_named_hit(scan, name, m->hashing.bytes > 0 ? m->hashing.bytes : scan->bytes);
}

static bool
is_over(const struct signature_scan *scan)
{
	return scan->has_hit || scan->failed;
}

/* One that ends here, by its number in LITERALS. */
static void
take_literal(struct signature_scan *scan, uint32_t literal, uint64_t to)
{
	struct candidate c = { generation_literal_pattern(scan->generation, literal), literal, to,
		0 };

	if (c.pattern == GENERATION_NO_PATTERN) {
		take_hit(scan, literal, to);
	} else if (scan->memory == NULL) {
		scan->failed = true; /* the core was not prepared for this generation */
	} else if (!settle(scan, &c)) {
		scan->failed |= !waiting_add(&scan->core->waiting, &scan->memory->waiting, &c);
	}
}

/* Of those with the bytes of `id`, the one that is looked for. */
static void
take_only(struct signature_scan *scan, unsigned id, uint64_t to)
{
	uint32_t number = generation_number(scan->generation, scan->target, scan->only_at);

	if (id == scan->only_id && (number & ~GENERATION_NUMBER_MORE) == scan->only)
		take_literal(scan, scan->only, to);
}

/* Hyperscan's callback: the first match is enough. */
static int
take_match(
    unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	struct signature_scan *scan = context;
	uint32_t number;

	(void)from;
	(void)flags;
	scan->failed |= to < scan->last_end && scan->generation->has_links;
	scan->last_end = to;
	if (scan->only != ANY_LITERAL) {
		take_only(scan, id, to);
		return is_over(scan);
	}
	do {
		number = generation_number(scan->generation, scan->target, id++);
		take_literal(scan, number & ~GENERATION_NUMBER_MORE, to);
	} while ((number & GENERATION_NUMBER_MORE) != 0 && !is_over(scan));
	return is_over(scan);
}

static bool
settle_one(void *arg, struct candidate *c)
{
	struct signature_scan *scan = arg;

	return is_over(scan) || settle(scan, c);
}

static void
settle_waiting(struct signature_scan *scan)
{
	uint64_t seen = scan->view.now_at + scan->view.now.bytes;

	if (scan->memory != NULL && scan->memory->waiting.count > 0)
		waiting_settle(&scan->core->waiting, &scan->memory->waiting,
		    scan->view.is_end ? UINT64_MAX : seen, settle_one, scan);
}

/* The last KEPT_BYTES of all that was fed. */
static void
keep(struct signature_scan *scan, struct span bytes)
{
	struct memory *m = scan->memory;
	size_t n = bytes.bytes < KEPT_BYTES ? bytes.bytes : KEPT_BYTES, old;

	if (m == NULL || bytes.data == NULL)
		return;
	old = KEPT_BYTES - n < m->kept_bytes ? KEPT_BYTES - n : m->kept_bytes;
	memmove(m->kept, m->kept + m->kept_bytes - old, old);
	memcpy(m->kept + old, bytes.data + (bytes.bytes - n), n);
	m->kept_bytes = (uint32_t)(old + n);
}

/* Of an object that is one span nothing is copied. */
static void
note_head(struct signature_scan *scan, struct span bytes, bool is_end)
{
	struct memory *m = scan->memory;
	struct span part;

	if (m == NULL)
		return;
	if (is_end && scan->bytes == 0) {
		scan->head = span_first(bytes, sizeof(m->head));
		return;
	}
	part = span_first(bytes, sizeof(m->head) - m->head_bytes);
	if (part.bytes > 0)
		memcpy(m->head + m->head_bytes, part.data, part.bytes);
	m->head_bytes += (uint32_t)part.bytes;
	scan->head = span_of(m->head, m->head_bytes);
}

static void
look_at(struct signature_scan *scan, struct span bytes, bool is_end)
{
	struct memory *m = scan->memory;

	scan->view =
	    (struct signature_view){ .now = bytes, .now_at = scan->bytes, .is_end = is_end };
	if (m != NULL) {
		scan->view.kept = span_of(m->kept, m->kept_bytes);
		scan->view.program = &m->program;
	}
	note_head(scan, bytes, is_end);
	scan->steps += bytes.bytes * STEPS_A_BYTE;
	settle_waiting(scan);
}

static hs_error_t
match(struct signature_scan *scan, struct span bytes, bool is_last)
{
	const hs_database_t *block = scan->generation->block[scan->target];
	hs_scratch_t *scratch = scan->core->scratch;

	if (is_last && !scan->in_stream && block != NULL)
		return hs_scan(block, (const char *)bytes.data, (unsigned)bytes.bytes, 0, scratch,
		    take_match, scan);
	scan->in_stream = true;
	return hs_scan_stream(scan->streams[scan->target], (const char *)bytes.data,
	    (unsigned)bytes.bytes, 0, scratch, take_match, scan);
}

static bool
asks_for_headers(const struct generation *g)
{
	return g->has_places || g->has_section_digests;
}

/* Which sections are listed can't be told of headers that lie behind. */
static void
plan_sections(struct signature_scan *scan)
{
	struct memory *m = scan->memory;

	if (!scan->generation->has_section_digests)
		return;
	if (m->program.result == PROGRAM_YES)
		hashing_plan(&m->hashing, scan->generation, &m->program.at);
	scan->failed |= m->program.result == PROGRAM_BEYOND;
}

/* Digests of sections, of bytes from offset `at` on. */
static void
hash_sections(struct signature_scan *scan, uint64_t at, struct span bytes)
{
	const char *name = NULL;

	if (scan->memory == NULL || !scan->generation->has_section_digests || scan->is_form ||
	    bytes.bytes == 0)
		return;
	scan->failed |=
	    !hashing_feed_sections(&scan->memory->hashing, scan->generation, at, bytes, &name);
	if (name != NULL)
		take_named_hit(scan, name, at + bytes.bytes);
}

static bool
is_program(unsigned target)
{
	return target == TARGET_PE || target == TARGET_ELF;
}

/* Of an object that is there as a whole all headers are. */
static void
read_whole_program(struct signature_scan *scan, struct span bytes)
{
	struct memory *m = scan->memory;

	if (m != NULL && (scan->generation->has_places || scan->target == TARGET_WHOLE) &&
	    is_program(target_of(format_of(scan), scan->head)))
		m->program.result = program_read(bytes, true, &m->program.at);
	if (m == NULL || scan->target != TARGET_WHOLE || m->program.result != PROGRAM_YES)
		return;
	program_read_elf_sections(bytes, &m->program.at);
	m->program.version_count = version_info_find(bytes, m->program.versions);
}

/* False: more of its first bytes must come. */
static bool
choose_database(struct signature_scan *scan, bool is_last)
{
	struct memory *m = scan->memory;
	unsigned target;

	if (m == NULL) {
		scan->failed = true; /* the core was not prepared for this generation */
		return true;
	}
	if (scan->head.bytes < FORMAT_HEAD_BYTES && !is_last)
		return false;
	target = target_of(format_of(scan), scan->head);
	if (asks_for_headers(scan->generation) && is_program(target)) {
		if (scan->head.bytes < sizeof(m->head) && !is_last)
			return false;
		m->program.result =
		    program_read(scan->head, scan->head.bytes < sizeof(m->head), &m->program.at);
		plan_sections(scan);
	}
	scan->target = scan->generation->stream[target] != NULL ? target : TARGET_ANY;
	scan->has_target = true;
	return true;
}

/* The bytes that had waited for the format: what is kept of an object may be less than these. */
static hs_error_t
match_held(struct signature_scan *scan, struct span held, bool is_end)
{
	const struct signature_view now = scan->view;
	hs_error_t rc;

	scan->view.kept = span_of(NULL, 0);
	scan->view.now = held;
	scan->view.now_at = 0;
	scan->view.is_end = is_end;
	rc = match(scan, held, is_end);
	if (is_end) /* rules look at the last bytes here, too */
		return rc;
	scan->view = now;
	if (!is_over(scan))
		settle_waiting(scan);
	return rc;
}

/* The bytes that had waited for the format, then the new ones. */
static hs_error_t
match_all(struct signature_scan *scan, struct span bytes, bool is_last)
{
	struct span held = span_of(NULL, 0);
	hs_error_t rc = HS_SUCCESS;

	if (!scan->has_target) {
		if (!choose_database(scan, is_last))
			return HS_SUCCESS;
		if (scan->bytes > 0)
			held = span_first(scan->head, scan->bytes);
	}
	hash_sections(scan, 0, held);
	hash_sections(scan, scan->bytes, bytes);
	if (held.bytes > 0 && !is_over(scan))
		rc = match_held(scan, held, is_last && bytes.bytes == 0);
	if (rc == HS_SUCCESS && !is_over(scan) && bytes.bytes > 0)
		rc = match(scan, bytes, is_last);
	return rc;
}

int
signature_feed(struct signature_scan *scan, struct span bytes, bool is_last)
{
	hs_error_t rc = HS_SUCCESS;

	if (scan->memory != NULL && !scan->ended && !scan->is_form)
		hashing_feed(&scan->memory->hashing, scan->generation, bytes);
	if (is_last && is_over(scan))
		judge_digests(scan);
	if (scan->failed)
		return -EIO;
	if (scan->has_hit)
		return 1;
	if (bytes.bytes == 0)
		return 0;
	/* A match across the end would be missed. */
	if (bytes.bytes > UINT32_MAX || scan->ended || (scan->is_form && !is_last)) {
		scan->failed = true;
		return bytes.bytes > UINT32_MAX ? -EFBIG : -EINVAL;
	}
	scan->ended = is_last;
	look_at(scan, bytes, is_last);
	if (scan->is_form)
		read_whole_program(scan, bytes);
	if (!is_over(scan))
		rc = match_all(scan, bytes, is_last);
	scan->bytes += bytes.bytes;
	if (!is_last && !is_over(scan))
		keep(scan, bytes);
	scan->failed |= rc != HS_SUCCESS && rc != HS_SCAN_TERMINATED;
	if (is_last) {
		judge_rules(scan);
		judge_digests(scan);
	}
	return scan->failed ? -EIO : scan->has_hit;
}

int
signature_finish(struct signature_scan *scan)
{
	hs_error_t rc = HS_SUCCESS;

	if (!scan->ended && !is_over(scan)) {
		look_at(scan, span_of(NULL, 0), true);
		if (!is_over(scan))
			rc = match_all(scan, span_of(NULL, 0), true);
		scan->failed |= rc != HS_SUCCESS && rc != HS_SCAN_TERMINATED;
		judge_rules(scan);
	}
	judge_digests(scan);
	scan->ended = true;
	return scan->failed ? -EIO : scan->has_hit;
}

bool
signature_wants_deep(const struct signature_scan *scan)
{
	return scan->wants_deep;
}

bool
signature_is_by_name(const struct signature_scan *scan)
{
	return scan->by_name;
}

bool
signature_hangs_on_container(const struct signature_scan *scan)
{
	return scan->by_container;
}

bool
signature_is_trusted(const struct signature_scan *scan)
{
	return scan->memory != NULL && scan->memory->hashing.is_trusted;
}

uint64_t
signature_block_bytes(const struct signature_scan *scan)
{
	return scan->in_stream ? 0 : scan->bytes;
}

const struct signature_hit *
signature_hit(const struct signature_scan *scan)
{
	return scan->has_hit ? &scan->hit : NULL;
}

void
signature_close(struct signature_scan *scan)
{
	struct signature_core *core = scan->core;

	if (scan->memory != NULL && scan->memory->waiting.count > 0)
		waiting_clear(&core->waiting, &scan->memory->waiting);
	if (scan->in_stream)
		hs_reset_stream(scan->streams[scan->target], 0, NULL, NULL, NULL);
	scan->next_free = core->free;
	core->free = scan;
}
