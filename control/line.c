/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Formats one object as tools that read the log expect it; the shape is fixed (docs/log.md). Local
 * time, broken down once a second. Nothing here allocates or fails: LINE_BYTES_MAX holds the
 * longest line, every byte of every text escaped.
 */
#include "control/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "scanners/format/format.h"

/* A line being built. */
struct text {
	char *bytes;
	size_t used, room;
};

__attribute__((format(printf, 2, 3))) static void
put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->bytes + t->used, t->room - t->used, format, args);
	va_end(args);
	if (n > 0)
		t->used += (size_t)n < t->room - t->used ? (size_t)n : t->room - t->used - 1;
}

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

static bool
is_printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

/* Neither ends a field of the line, nor begins an escape. */
static bool
is_plain(uint8_t c)
{
	return is_printable(c) && c != '\'' && c != '"' && c != '\\';
}

/* Returns how much was written, without the NUL. */
static size_t
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
	put(t, "%02d:%02d:%02d.%03d", local.tm_hour, local.tm_min, local.tm_sec, ms < 0 ? 0 : ms);
}

const char *
line_verdict_word(const struct record *r)
{
	if ((r->flags & RECORD_FLAG_TRUNCATED) != 0)
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
	put(t, " INF %d %s:%u [sid: 0x%08x] %s: Finish processing ", setting->dataplane_pid,
	    record_site_word((enum record_site)r->site), r->site_line, r->session,
	    r->site == RECORD_SITE_REQMOD ? "REQMOD" : "RESPMOD");
}

static void
put_file(struct text *t, const struct record_slot *slot)
{
	const struct record *r = &slot->record;
	struct span name = record_text_get(slot, RECORD_TEXT_FILENAME);
	char uuid[LINE_UUID_TEXT], md5[LINE_MD5_TEXT];

	line_hex(r->md5, sizeof(r->md5), md5);
	put(t, "file in %s mode (request url: '", mode_log_word((enum mode)r->mode));
	put_escaped(t, record_text_get(slot, RECORD_TEXT_URL));
	put(t, "', size: %llu, filename: '", (unsigned long long)r->size);
	put_escaped(t, name.bytes > 0 ? name : span_text(md5));
	put(t, "', uuid: %s, md5: %s, format: %s)", line_hex(r->uuid, sizeof(r->uuid), uuid), md5,
	    r->format < FORMAT_COUNT ? format_word((enum format)r->format) : "Unknown");
}

static void
put_url(struct text *t, const struct record_slot *slot)
{
	put(t, "url in %s mode ('", mode_log_word((enum mode)slot->record.mode));
	put_escaped(t, record_text_get(slot, RECORD_TEXT_URL));
	put(t, "')");
}

static void
put_verdict(struct text *t, const struct record *r, const struct line_setting *setting)
{
	put(t, ", processing time: %llu.%03llums, verdict: %s (",
	    (unsigned long long)(r->duration_ns / 1000000),
	    (unsigned long long)(r->duration_ns / 1000 % 1000), line_verdict_word(r));
	put_escaped(t, span_text(line_source_word(r, setting)));
	put(t, ")");
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
line_of_shadow(
    const struct record_slot *slot, const struct line_setting *setting, char out[LINE_BYTES_MAX])
{
	const struct record *r = &slot->record;
	struct text t = { out, 0, LINE_BYTES_MAX };
	char uuid[LINE_UUID_TEXT];

	put_time(&t, r->wall_ns);
	put(&t, " INF %d control/line.c:%d [sid: 0x%08x] SHADOW: '", setting->dataplane_pid,
	    __LINE__, r->session);
	put_escaped(&t, record_text_get(slot, RECORD_TEXT_SHADOW));
	put(&t, "' is tried and would make it bad (request url: '");
	put_escaped(&t, record_text_get(slot, RECORD_TEXT_URL));
	put(&t, "', uuid: %s)", line_hex(r->uuid, sizeof(r->uuid), uuid));
	return end_line(&t);
}

size_t
line_of_loss(uint64_t lost, uint32_t core, int64_t wall_ns, const struct line_setting *setting,
    char out[LINE_BYTES_MAX])
{
	struct text t = { out, 0, LINE_BYTES_MAX };

	put_time(&t, wall_ns);
	put(&t,
	    " WRN %d control/line.c:%d [sid: 0x00000000] %llu records lost on core %u: ring full",
	    setting->dataplane_pid, __LINE__, (unsigned long long)lost, core);
	return end_line(&t);
}
