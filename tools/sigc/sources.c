/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is read, by the end of a file's name:
 *
 *     .lit         NAME<TAB>text, or NAME<TAB>hex:6162…; '#' starts a comment
 *     .ndb         ClamAV extended signatures: NAME:TARGET:OFFSET:HEX; see hex.c
 *     .ldb         ClamAV logical signatures; see logical.c
 *     .hdb .hsb    ClamAV digests: DIGEST:SIZE:NAME
 *     .ndu .ldu .hdu .hsu   the same of what is unwanted rather than bad
 *     .cvd .cld    ClamAV's containers of all of these; see container.c
 *     .fp .sfp     the same, of trusted files
 *     .mdb .msb    ClamAV digests of sections of programs: SIZE:DIGEST:NAME; .mdu .msu
 *     .hash .md5 .sha1 .sha256   digests, one a line; a size and a name may follow
 *     .cdb         ClamAV's signatures of members of archives; see members.c
 *     .ign2        names that are not to be found; see ignore.c
 *     .yar .yara   YARA rules; see yara.c
 *
 * What can't be honoured exactly is left out, counted and named. What is no line of its format
 * stops the compiler with the file and the line.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/letters.h"
#include "scanners/signature/signature.h"
#include "tools/sigc/sigc.h"

#define FIELDS_MAX  8
#define LITERAL_MIN 4 /* bytes; fewer are a pattern's, whose anchor may be shorter */

/* Split, so that this file is not itself the test file. */
static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

int
sigc_fail(struct sigc *s, const char *path, unsigned line, const char *what)
{
	snprintf(s->error, sizeof(s->error), "%.300s:%u: %s", path, line, what);
	return -EINVAL;
}

static unsigned
split(struct span line, char by, struct span fields[FIELDS_MAX])
{
	unsigned n = 0;

	while (n < FIELDS_MAX) {
		const uint8_t *end = line.bytes ? memchr(line.data, by, line.bytes) : NULL;
		size_t bytes =
		    end != NULL && n + 1 < FIELDS_MAX ? (size_t)(end - line.data) : line.bytes;

		fields[n++] = span_first(line, bytes);
		if (bytes == line.bytes)
			break;
		line = span_from(line, bytes + 1);
	}
	return n;
}

void
sigc_add_anchor(struct sigc *s, const struct pattern *p, const uint8_t *bytes)
{
	struct pattern added = *p;

	added.origin = s->at;
	added.bytes_at = (uint32_t)table_add(&s->literals, bytes, p->bytes_count);
	table_add(&s->patterns, &added, sizeof(added));
}

static void
add_plain_literal(struct sigc *s, uint32_t name, const uint8_t *bytes, size_t count)
{
	struct pattern p = { .bytes_count = (uint32_t)count,
		.check = GENERATION_NO_PATTERN,
		.whole = GENERATION_NO_PART,
		.name = name };

	sigc_add_anchor(s, &p, bytes);
}

void
sigc_add_literal(struct sigc *s, struct span name, const uint8_t *bytes, size_t count)
{
	uint32_t at;

	if (count < LITERAL_MIN) {
		sigc_skip(s, name, SKIP_SHORT);
		return;
	}
	at = table_add_text(&s->names, name);
	if (count <= SIGC_ANCHOR_MAX || !sigc_add_whole(s, at, bytes, count))
		add_plain_literal(s, at, bytes, count);
	sigc_count(s, 'l', span_of(bytes, count));
}

void
sigc_add_built_in(struct sigc *s)
{
	add_plain_literal(s, table_add_text(&s->names, span_text(SIGNATURE_BUILT_IN_NAME)),
	    (const uint8_t *)eicar, sizeof(eicar) - 1);
	sigc_count(s, 'l', span_text(eicar));
	s->built_in = (uint32_t)(s->patterns.used / sizeof(struct pattern));
}

struct span
sigc_take_field(struct span *text, char by)
{
	const uint8_t *end = text->bytes > 0 ? memchr(text->data, by, text->bytes) : NULL;
	size_t bytes = end != NULL ? (size_t)(end - text->data) : text->bytes;
	struct span field = span_first(*text, bytes);

	*text = span_from(*text, bytes + 1);
	return field;
}

bool
sigc_take_number(struct span *text, uint64_t *out)
{
	size_t n = 0;
	uint64_t value = 0;

	for (; n < text->bytes && n < 9 && isdigit(text->data[n]); n++)
		value = value * 10 + (uint64_t)(text->data[n] - '0');
	*text = span_from(*text, n);
	if (n > 0)
		*out = value;
	return n > 0;
}

bool
sigc_target_is_form(uint64_t target)
{
	return target < TARGET_COUNT && (TARGET_FORMS & 1u << target) != 0;
}

enum skip_reason
sigc_target_refused(const struct sigc *s, uint64_t target)
{
	if (target > TARGET_TEXT && (target < TARGET_MACHO || target > TARGET_JAVA))
		return SKIP_TARGET;
	return sigc_target_is_form(target) && !s->has_sandbox ? SKIP_FORM : SKIP_COUNT;
}

static int
take_literal(struct sigc *s, const char *path, unsigned line, struct span text)
{
	static uint8_t bytes[SIGC_LINE_MAX];
	struct span fields[FIELDS_MAX];

	if (text.data[0] == '#')
		return 0;
	if (split(text, '\t', fields) != 2 || fields[0].bytes == 0)
		return sigc_fail(
		    s, path, line, "expected NAME, a tab, and a text, or hex: and digits");
	if (fields[1].bytes > 4 && memcmp(fields[1].data, "hex:", 4) == 0) {
		struct span hex = span_from(fields[1], 4);

		if (!sigc_decode_hex(hex, bytes))
			return sigc_fail(
			    s, path, line, "not hexadecimal, or an odd number of digits");
		sigc_add_literal(s, fields[0], bytes, hex.bytes / 2);
	} else {
		sigc_add_literal(s, fields[0], fields[1].data, fields[1].bytes);
	}
	return 0;
}

bool
sigc_fits_level(const struct span *f, unsigned n, unsigned first)
{
	uint64_t min = 0, max = UINT64_MAX;

	return (n <= first || f[first].bytes == 0 || sigc_parse_size(f[first], &min)) &&
	       (n <= first + 1 || f[first + 1].bytes == 0 || sigc_parse_size(f[first + 1], &max)) &&
	       min <= CLAMAV_LEVEL && max >= CLAMAV_LEVEL;
}

/* Target 0: a threat by itself. `part` is OFFSET:HEX. */
static int
add_plain(struct sigc *s, struct span name, struct span part, const struct sigc_place *place)
{
	struct sigc_hex h = { .text = part, .place = *place, .part = GENERATION_NO_PART };
	int rc;

	sigc_take_field(&h.text, ':');
	h.name = table_add_text(&s->names, name);
	rc = sigc_add_hex(s, &h);
	if (rc == 0)
		sigc_count(s, 'n', part);
	if (rc == -ENOTSUP)
		sigc_skip(s, name, h.why);
	return rc == -ENOTSUP ? 0 : rc;
}

/* "*" or "{n-}": more than one pattern, so a rule's. */
static bool
has_open_gap(struct span hex)
{
	for (size_t i = 0; i < hex.bytes; i++) {
		if (hex.data[i] == '*' || (hex.data[i] == '-' && i + 1 < hex.bytes &&
					      (hex.data[i + 1] == '}' || hex.data[i + 1] == ']')))
			return true;
	}
	return false;
}

static int
take_extended(struct sigc *s, const char *path, unsigned line, struct span text)
{
	static uint8_t bytes[SIGC_LINE_MAX];
	struct span f[FIELDS_MAX];
	unsigned n = split(text, ':', f);
	struct sigc_place place;
	uint64_t target;
	struct span part, words = span_from(text, f[0].bytes);
	int rc = 0;

	if (text.data[0] == '#')
		return 0;
	if (n < 4 || !sigc_take_number(&f[1], &target) || f[1].bytes > 0)
		return sigc_fail(s, path, line, "expected NAME:TARGET:OFFSET:HEX");
	part = span_of(f[2].data, f[2].bytes + 1 + f[3].bytes);
	if (sigc_target_refused(s, target) != SKIP_COUNT)
		sigc_skip(s, f[0], sigc_target_refused(s, target));
	else if (!sigc_fits_level(f, n, 4))
		sigc_skip(s, f[0], SKIP_LEVEL);
	else if (!sigc_parse_offset(f[2], &place))
		sigc_skip(s, f[0], SKIP_OFFSET);
	else if (target != TARGET_ANY || has_open_gap(f[3]) ||
		 sigc_place_is_told(&place, target) != TOLD_BY_STREAM)
		rc = sigc_add_targeted(s, f[0], (uint16_t)target, part, words);
	else if (span_is(f[2], "*") && f[3].bytes / 2 >= LITERAL_MIN &&
		 sigc_decode_hex(f[3], bytes))
		sigc_add_literal(s, f[0], bytes, f[3].bytes / 2);
	else
		rc = add_plain(s, f[0], part, &place);
	return rc == 0
		   ? 0
		   : sigc_fail(s, path, line, "no pattern in hexadecimal digits, or an odd number");
}

static int
take_logical(struct sigc *s, const char *path, unsigned line, struct span text)
{
	if (text.data[0] == '#' || sigc_add_logical(s, text) == 0)
		return 0;
	return sigc_fail(
	    s, path, line, "expected NAME;CONDITIONS;EXPRESSION;PART and further parts");
}

/* One of ClamAV's lines; `size_first` of sections. */
static int
take_digest(struct sigc *s, const char *path, unsigned line, struct span text, enum sigc_set set)
{
	struct span f[FIELDS_MAX];
	bool size_first = set == SIGC_SECTION;
	unsigned n = text.data[0] == '#' ? 0 : split(text, ':', f);
	int rc = -EINVAL;

	if (text.data[0] == '#')
		return 0;
	if (n >= 3 && f[2].bytes > 0 && !sigc_fits_level(f, n, 3)) {
		sigc_skip(s, f[2], SKIP_LEVEL);
		return 0;
	}
	if (n >= 3 && f[2].bytes > 0)
		rc = sigc_add_digest(s, set, f[size_first], f[!size_first], f[2]);
	if (rc == -ERANGE)
		return sigc_fail(s, path, line, "the size is neither a number nor '*'");
	return rc == 0
		   ? 0
		   : sigc_fail(s, path, line,
			 size_first ? "expected SIZE:DIGEST:NAME" : "expected DIGEST:SIZE:NAME");
}

static int
take_section(struct sigc *s, const char *path, unsigned line, struct span text)
{
	return take_digest(s, path, line, text, SIGC_SECTION);
}

static int
take_bad_digest(struct sigc *s, const char *path, unsigned line, struct span text)
{
	return take_digest(s, path, line, text, SIGC_BAD);
}

static int
take_good_digest(struct sigc *s, const char *path, unsigned line, struct span text)
{
	return take_digest(s, path, line, text, SIGC_GOOD);
}

static bool
is_between(uint8_t c)
{
	return c != 0 && strchr(" \t,;:*", c) != NULL;
}

static struct span
behind_between(struct span text)
{
	while (text.bytes > 0 && is_between(text.data[0]))
		text = span_from(text, 1);
	return text;
}

/*
 * A plain list of digests: one a line, then what stands behind blanks, ',', ';' or ':', which may
 * be a size and a name; without a name the digest is it.
 */
static int
take_plain_digest(struct sigc *s, const char *path, unsigned line, struct span text)
{
	struct span digest, size = span_text("*"), rest, first;
	bool is_sum;
	uint64_t unused;
	size_t n = 0;

	text = span_trim(text);
	if (text.bytes == 0 || text.data[0] == '#' || text.data[0] == ';')
		return 0;
	if (text.data[0] == '\\') /* sha256sum, of a name with a backslash or a line's end */
		text = span_from(text, 1);
	while (n < text.bytes && hex_digit(text.data[n]) >= 0)
		n++;
	digest = span_first(text, n);
	rest = span_from(text, n);
	if (rest.bytes > 0 && !is_between(rest.data[0]))
		return sigc_fail(s, path, line, "expected DIGEST [SIZE] [NAME]");
	is_sum = span_starts(rest, "  ") || span_starts(rest, " *");
	rest = behind_between(rest);
	for (n = 0; n < rest.bytes && !is_between(rest.data[n]); n++)
		continue;
	first = span_first(rest, n);
	if (!is_sum && sigc_parse_size(first, &unused)) {
		size = first;
		rest = behind_between(span_from(rest, n));
	}
	rest = span_trim(rest);
	if (sigc_add_digest(s, SIGC_BAD, digest, size, rest.bytes > 0 ? rest : digest) == 0)
		return 0;
	return sigc_fail(s, path, line, "expected DIGEST [SIZE] [NAME]");
}

static int
take_ignored(struct sigc *s, const char *path, unsigned line, struct span text)
{
	uint32_t name;

	(void)path;
	(void)line;
	if (text.data[0] == '#')
		return 0;
	if (memchr(text.data, ':', text.bytes) != NULL) {
		sigc_skip(s, text, SKIP_IGNORED_ONE);
		return 0;
	}
	name = table_add_text(&s->names, text);
	table_add(&s->ignored, &name, sizeof(name));
	return 0;
}

static int
take_member(struct sigc *s, const char *path, unsigned line, struct span text)
{
	const char *why;

	if (text.data[0] == '#' || sigc_add_member(s, text, &why) == 0)
		return 0;
	return sigc_fail(s, path, line, why);
}

/* ClamAV's kinds of lines that nothing here could honour: each is named by its field `name`. */
static int
leave_out(struct sigc *s, struct span text, unsigned name, enum skip_reason why)
{
	struct span f[FIELDS_MAX];
	unsigned n = split(text, ':', f);

	if (text.data[0] != '#')
		sigc_skip(s, n > name ? f[name] : text, why);
	return 0;
}

#define UNREAD(word, name, why)                                                                   \
	static int take_##word(struct sigc *s, const char *path, unsigned line, struct span text) \
	{                                                                                         \
		(void)path;                                                                       \
		(void)line;                                                                       \
		return leave_out(s, text, name, why);                                             \
	}
UNREAD(imports, 2, SKIP_IMPORTS)
UNREAD(icon, 0, SKIP_ICON)
UNREAD(magic, 3, SKIP_MAGIC)
UNREAD(phishing, 1, SKIP_PHISHING)
UNREAD(certificate, 0, SKIP_CERTIFICATE)
UNREAD(password, 0, SKIP_PASSWORD)
#undef UNREAD

static int
take_line(struct sigc *s, const char *path, struct span line, sigc_line_reader take)
{
	if (s->at.line == 1 && sigc_is_foreign(line) != NULL)
		return sigc_fail(s, path, 1, sigc_is_foreign(line));
	if (s->at.line == 1 && line.bytes >= 3 &&
	    memcmp(line.data, "\xef\xbb\xbf", 3) == 0) /* UTF-8's mark */
		line = span_from(line, 3);
	if (line.bytes == 0)
		return 0;
	if (memchr(line.data, 0, line.bytes) != NULL)
		return sigc_fail(s, path, s->at.line, "a NUL byte");
	return take(s, path, s->at.line, line);
}

/* Every line that is not empty, without its end. */
static int
read_lines(struct sigc *s, const char *path, FILE *f, sigc_line_reader take)
{
	struct sigc_lines *lines = sigc_open_lines(f);
	struct span line;
	int rc = 0, got;

	sigc_begin_file(s, path);
	while (rc == 0 && (got = sigc_next_line(lines, &line)) != 0) {
		s->at.line++;
		if (got > 0)
			rc = take_line(s, path, line, take);
		else
			rc = sigc_fail(s, path, s->at.line,
			    got == -E2BIG ? "longer than 1 MiB" : strerror(-got));
	}
	sigc_close_lines(lines);
	return rc;
}

int
sigc_read_lines(struct sigc *s, const char *path, sigc_line_reader take)
{
	FILE *f = sigc_open(s, path);
	int rc;

	if (f == NULL)
		return -EINVAL;
	rc = read_lines(s, path, f, take);
	fclose(f);
	return rc;
}

/* NULL: no kind that is read line by line. */
static sigc_line_reader
reader_of(const char *path)
{
	static const struct {
		const char *end;
		sigc_line_reader take;
	} kinds[] = { { ".lit", take_literal }, { ".ndb", take_extended },
		{ ".ndu", take_extended }, { ".ldb", take_logical }, { ".ldu", take_logical },
		{ ".ign2", take_ignored }, { ".hdb", take_bad_digest }, { ".hdu", take_bad_digest },
		{ ".hsb", take_bad_digest }, { ".hsu", take_bad_digest },
		{ ".hash", take_plain_digest }, { ".md5", take_plain_digest },
		{ ".sha1", take_plain_digest }, { ".sha256", take_plain_digest },
		{ ".fp", take_good_digest }, { ".sfp", take_good_digest }, { ".mdb", take_section },
		{ ".mdu", take_section }, { ".msb", take_section }, { ".msu", take_section },
		{ ".cdb", take_member }, { ".imp", take_imports }, { ".idb", take_icon },
		{ ".ftm", take_magic }, { ".pdb", take_phishing }, { ".gdb", take_phishing },
		{ ".wdb", take_phishing }, { ".crb", take_certificate },
		{ ".cat", take_certificate }, { ".pwdb", take_password } };
	const char *dot = strrchr(path, '.');

	for (unsigned i = 0; dot != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(dot, kinds[i].end) == 0)
			return kinds[i].take;
	}
	return NULL;
}

int
sigc_skip_file(struct sigc *s, const char *path)
{
	sigc_begin_file(s, path);
	sigc_skip(s, span_text(path), SKIP_FILE_TYPE);
	return 0;
}

int
sigc_read_stream(struct sigc *s, const char *path, FILE *f)
{
	sigc_line_reader take = reader_of(path);

	return take != NULL ? read_lines(s, path, f, take) : sigc_skip_file(s, path);
}

/* A directory and those it lies in. */
struct folder {
	const struct folder *above;
	dev_t device;
	ino_t inode;
};

static int
refuse(struct sigc *s, const char *path, const char *why)
{
	snprintf(s->error, sizeof(s->error), "%.300s: %s", path, why);
	return -EINVAL;
}

static int read_path(struct sigc *s, const char *path, const struct folder *above);

static int
read_directory(struct sigc *s, const char *path, const struct folder *folder)
{
	struct dirent **entries;
	int n, rc = 0;

	for (const struct folder *f = folder->above; f != NULL; f = f->above) {
		if (f->device == folder->device && f->inode == folder->inode)
			return refuse(s, path, "a directory that lies in itself");
	}
	n = scandir(path, &entries, NULL, alphasort);
	if (n < 0)
		return refuse(s, path, strerror(errno));
	for (int i = 0; i < n; i++) {
		char inner[4096];

		if (rc == 0 && entries[i]->d_name[0] != '.') {
			if ((size_t)snprintf(inner, sizeof(inner), "%s/%s", path,
				entries[i]->d_name) < sizeof(inner))
				rc = read_path(s, inner, folder);
			else
				rc = refuse(s, path, strerror(ENAMETOOLONG));
		}
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int
read_path(struct sigc *s, const char *path, const struct folder *above)
{
	const char *dot = strrchr(path, '.');
	sigc_line_reader take = reader_of(path);
	struct stat st;

	if (stat(path, &st) != 0)
		return refuse(s, path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return read_directory(s, path, &(struct folder){ above, st.st_dev, st.st_ino });
	if (dot != NULL && (strcmp(dot, ".yar") == 0 || strcmp(dot, ".yara") == 0))
		return sigc_read_yara(s, path);
	if (dot != NULL && (strcmp(dot, ".cvd") == 0 || strcmp(dot, ".cld") == 0))
		return sigc_read_container(s, path, strcmp(dot, ".cld") == 0);
	return take != NULL ? sigc_read_lines(s, path, take) : sigc_skip_file(s, path);
}

int
sigc_read(struct sigc *s, const char *path)
{
	sigc_begin_source(s, path);
	return read_path(s, path, NULL);
}
