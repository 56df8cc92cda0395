/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Formats one object as tools that read the log expect it; the shape is fixed (docs/log.md). Local
 * time, broken down once a second. Nothing here allocates or fails: LINE_BYTES_MAX holds the
 * longest line, every byte of every text escaped. No printf: a line for each object is what control
 * does most.
 */
#include "control/line.h"

#include <string.h>
#include <time.h>

#include "common/base/digits.h"
#include "scanners/format/format.h"

/* A line being built. `used` stays below `room`; what does not fit is left out. */
struct text {
	char *bytes;
	size_t used, room;
};

char *
line_hex(const uint8_t *bytes, size_t count, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * count] = 0;
	return out;
}

static inline bool
is_printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

/* Neither ends a field of the line, nor begins an escape. */
static inline bool
is_plain(uint8_t c)
{
	return is_printable(c) && c != '\'' && c != '"' && c != '\\';
}

/* Returns how much was written, without the NUL. */
static inline size_t
escape(struct span text, bool (*stays)(uint8_t c), char *out, size_t room)
{
	size_t used = 0;

	for (size_t i = 0; i < text.bytes; i++) {
		uint8_t c = text.data[i];
		size_t needs = stays(c) ? 1 : 4;

		if (used + needs >= room)
			break;
		if (needs == 1) {
			out[used] = (char)c;
		} else {
			out[used] = '\\';
			out[used + 1] = 'x';
			line_hex(&c, 1, out + used + 2);
		}
		used += needs;
	}
	out[used] = 0;
	return used;
}

char *
line_escape(struct span text, char *out, size_t room)
{
	escape(text, is_plain, out, room);
	return out;
}

char *
line_escape_message(struct span text, char *out, size_t room)
{
	escape(text, is_printable, out, room);
	return out;
}

static void
put_escaped(struct text *t, struct span text)
{
	t->used += escape(text, is_plain, t->bytes + t->used, t->room - t->used);
}

static void
put_bytes(struct text *t, const char *bytes, size_t count)
{
	size_t left = t->room - 1 - t->used;

	count = count < left ? count : left;
	memcpy(t->bytes + t->used, bytes, count);
	t->used += count;
}

static void
put_word(struct text *t, const char *word)
{
	put_bytes(t, word, strlen(word));
}

/* Decimal, with zeros in front up to `least` digits. */
static void
put_number(struct text *t, uint64_t n, unsigned least)
{
	char room[DIGITS_MAX];
	struct span digits = digits_of(n, 10, least, room);

	put_bytes(t, (const char *)digits.data, digits.bytes);
}

static void
put_hex(struct text *t, const uint8_t *bytes, size_t count)
{
	char digits[2 * sizeof(((struct record *)NULL)->sha256) + 1];

	line_hex(bytes, count, digits);
	put_bytes(t, digits, 2 * count);
}

/* "[sid: 0x00000042] " */
static void
put_session(struct text *t, uint32_t session)
{
	const uint8_t bytes[] = { (uint8_t)(session >> 24), (uint8_t)(session >> 16),
		(uint8_t)(session >> 8), (uint8_t)session };

	put_word(t, " [sid: 0x");
	put_hex(t, bytes, sizeof(bytes));
	put_word(t, "] ");
}

static void
put_pid(struct text *t, int32_t pid)
{
	if (pid < 0)
		put_word(t, "-");
	put_number(t, pid < 0 ? (uint64_t) - (int64_t)pid : (uint64_t)pid, 1);
}

/* HH:MM:SS.mmm in local time. */
static void
put_time(struct text *t, int64_t wall_ns)
{
	static time_t broken_down = -1; /* control has one thread */
	static struct tm local;
	time_t second = (time_t)(wall_ns / 1000000000);
	int ms = (int)(wall_ns / 1000000 % 1000);

	if (second != broken_down && localtime_r(&second, &local) != NULL)
		broken_down = second;
	put_number(t, (unsigned)local.tm_hour, 2);
	put_word(t, ":");
	put_number(t, (unsigned)local.tm_min, 2);
	put_word(t, ":");
	put_number(t, (unsigned)local.tm_sec, 2);
	put_word(t, ".");
	put_number(t, ms < 0 ? 0 : (unsigned)ms, 3);
}

const char *
line_verdict_word(const struct record *r)
{
	if ((r->flags & RECORD_FLAG_TRUNCATED) != 0 || r->icap_status != 0)
		return "error";
	if ((r->flags & RECORD_FLAG_PAGED) != 0)
		return "unknown";
	if (r->verdict == VERDICT_BAD)
		return "bad";
	return (r->flags & RECORD_FLAG_URL_ONLY) != 0 ? "good" : "clean";
}

const char *
line_source_word(const struct record *r, const struct line_setting *setting)
{
	if (r->source == SOURCE_REPUTATION && setting->reputation_label != NULL)
		return setting->reputation_label;
	return source_word((enum source)r->source);
}

static void
put_head(struct text *t, const struct record *r, const struct line_setting *setting)
{
	put_time(t, r->wall_ns);
	put_word(t, " INF ");
	put_pid(t, setting->dataplane_pid);
	put_word(t, " ");
	put_word(t, record_site_word((enum record_site)r->site));
	put_word(t, ":");
	put_number(t, r->site_line, 1);
	put_session(t, r->session);
	put_word(t, r->site == RECORD_SITE_REQMOD ? "REQMOD" : "RESPMOD");
	put_word(t, ": Finish processing ");
}

static void
put_file(struct text *t, const struct record_slot *slot)
{
	const struct record *r = &slot->record;
	struct span name = record_text_get(slot, RECORD_TEXT_FILENAME);

	put_word(t, "file in ");
	put_word(t, mode_log_word((enum mode)r->mode));
	put_word(t, " mode (request url: '");
	put_escaped(t, record_text_get(slot, RECORD_TEXT_URL));
	put_word(t, "', size: ");
	put_number(t, r->size, 1);
	put_word(t, ", filename: '");
	if (name.bytes > 0)
		put_escaped(t, name);
	else
		put_hex(t, r->md5, sizeof(r->md5));
	put_word(t, "', uuid: ");
	put_hex(t, r->uuid, sizeof(r->uuid));
	put_word(t, ", md5: ");
	put_hex(t, r->md5, sizeof(r->md5));
	put_word(t, ", format: ");
	put_word(t, r->format < FORMAT_COUNT ? format_word((enum format)r->format) : "Unknown");
	put_word(t, ")");
}

static void
put_url(struct text *t, const struct record_slot *slot)
{
	put_word(t, "url in ");
	put_word(t, mode_log_word((enum mode)slot->record.mode));
	put_word(t, " mode ('");
	put_escaped(t, record_text_get(slot, RECORD_TEXT_URL));
	put_word(t, "')");
}

static void
put_verdict(struct text *t, const struct record *r, const struct line_setting *setting)
{
	put_word(t, ", processing time: ");
	put_number(t, r->duration_ns / 1000000, 1);
	put_word(t, ".");
	put_number(t, r->duration_ns / 1000 % 1000, 3);
	put_word(t, "ms, verdict: ");
	put_word(t, line_verdict_word(r));
	put_word(t, " (");
	put_escaped(t, span_text(line_source_word(r, setting)));
	put_word(t, ")");
}

/* The newline has its place even where the texts filled the rest. */
static size_t
end_line(struct text *t)
{
	if (t->used > t->room - 2)
		t->used = t->room - 2;
	t->bytes[t->used++] = '\n';
	t->bytes[t->used] = 0;
	return t->used;
}

size_t
line_of_record(
    const struct record_slot *slot, const struct line_setting *setting, char out[LINE_BYTES_MAX])
{
	struct text t = { out, 0, LINE_BYTES_MAX };

	put_head(&t, &slot->record, setting);
	if ((slot->record.flags & RECORD_FLAG_URL_ONLY) != 0)
		put_url(&t, slot);
	else
		put_file(&t, slot);
	put_verdict(&t, &slot->record, setting);
	return end_line(&t);
}

size_t
line_of_refusal(
    const struct record_slot *slot, const struct line_setting *setting, char out[LINE_BYTES_MAX])
{
	const struct record *r = &slot->record;
	struct text t = { out, 0, LINE_BYTES_MAX };
	char peer[ADDRESS_TEXT_MAX];

	put_time(&t, r->wall_ns);
	put_word(&t, " WRN ");
	put_pid(&t, setting->dataplane_pid);
	put_word(&t, " ");
	put_word(&t, record_site_word((enum record_site)r->site));
	put_word(&t, ":");
	put_number(&t, r->site_line, 1);
	put_session(&t, r->session);
	put_word(&t, "ICAP: Refused with ");
	put_number(&t, r->icap_status, 1);
	put_word(&t, " (request: '");
	put_escaped(&t, record_text_get(slot, RECORD_TEXT_URL));
	put_word(&t, "', from: ");
	address_format(&r->peer, peer);
	put_word(&t, peer);
	put_word(&t, ", cause: ");
	put_escaped(&t, record_text_get(slot, RECORD_TEXT_CAUSE));
	put_word(&t, ")");
	return end_line(&t);
}

size_t
line_of_shadow(
    const struct record_slot *slot, const struct line_setting *setting, char out[LINE_BYTES_MAX])
{
	const struct record *r = &slot->record;
	struct text t = { out, 0, LINE_BYTES_MAX };

	put_time(&t, r->wall_ns);
	put_word(&t, " INF ");
	put_pid(&t, setting->dataplane_pid);
	put_word(&t, " control/line.c:");
	put_number(&t, __LINE__, 1);
	put_session(&t, r->session);
	put_word(&t, "SHADOW: '");
	put_escaped(&t, record_text_get(slot, RECORD_TEXT_SHADOW));
	put_word(&t, "' is tried and would make it bad (request url: '");
	put_escaped(&t, record_text_get(slot, RECORD_TEXT_URL));
	put_word(&t, "', uuid: ");
	put_hex(&t, r->uuid, sizeof(r->uuid));
	put_word(&t, ")");
	return end_line(&t);
}

size_t
line_of_loss(uint64_t lost, uint32_t core, int64_t wall_ns, const struct line_setting *setting,
    char out[LINE_BYTES_MAX])
{
	struct text t = { out, 0, LINE_BYTES_MAX };

	put_time(&t, wall_ns);
	put_word(&t, " WRN ");
	put_pid(&t, setting->dataplane_pid);
	put_word(&t, " control/line.c:");
	put_number(&t, __LINE__, 1);
	put_session(&t, 0);
	put_number(&t, lost, 1);
	put_word(&t, " records lost on core ");
	put_number(&t, core, 1);
	put_word(&t, ": ring full");
	return end_line(&t);
}
