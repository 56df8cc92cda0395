/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All that is known of one object, as a page: object.html, its sections made of what control
 * answers to "explain", key by key and in its words, so that the manual of sluicectl explains both
 * and a key that is new there is shown here, too. What is empty, 0 or none is left out.
 */
#include <string.h>

#include "control/web/human.h"
#include "control/web/page_parts.h"
#include "control/web/template.h"

__asm__(".section .rodata\n"
	"object_html:\n"
	".incbin \"control/web/object.html\"\n"
	".byte 0\n"
	".previous\n");
extern const char object_html[];

struct shown {
	const json_t *explained;
	const char *uuid; /* that was asked for */
};

static bool
ends_with(const char *text, const char *end)
{
	size_t bytes = strlen(text), last = strlen(end);

	return bytes >= last && strcmp(text + bytes - last, end) == 0;
}

/* "scan_ns" as "scan": its value says the unit. Other words as they are, but for the underscores.
 */
static void
put_label(struct text *out, const char *key)
{
	size_t bytes = strlen(key) - (ends_with(key, "_ns") ? 3 : 0);

	for (size_t i = 0; i < bytes; i++) {
		char letter[2] = { key[i] == '_' ? ' ' : key[i], 0 };

		text_html(out, letter);
	}
}

/* Of somebody or something, not an address: its letters are shown. */
static bool
is_name(const char *key)
{
	return strcmp(key, "user") == 0 || strcmp(key, "domain") == 0 ||
	       strcmp(key, "filename") == 0;
}

static void
put_text_value(struct text *out, const char *key, const char *value)
{
	bool is_time = strcmp(key, "time") == 0;

	if (strcmp(key, "uuid") == 0 || strcmp(key, "sandbox_object") == 0) {
		page_put_link(out, value);
	} else if (is_time) {
		page_put_time(out, value);
	} else {
		text_put(out, "<code>");
		if (is_name(key))
			text_html_name(out, value);
		else
			text_html(out, value);
		text_put(out, "</code>");
	}
}

/* A value that is no object: texts, one below the other. */
static void
put_value(struct text *out, const char *key, const json_t *value)
{
	char number[HUMAN_TEXT];
	const json_t *item;
	size_t i;

	if (json_is_string(value))
		put_text_value(out, key, json_string_value(value));
	else if (json_is_integer(value))
		text_html(out, ends_with(key, "_ns")
				   ? human_duration((uint64_t)json_integer_value(value), number)
				   : human_count((uint64_t)json_integer_value(value), number));
	else if (json_is_boolean(value))
		text_put(out, json_is_true(value) ? "yes" : "no");
	json_array_foreach(value, i, item)
	{
		text_put(out, i > 0 ? "<br>" : "");
		put_value(out, key, item);
	}
}

/* A generation or a digest that is none is all zeros. */
static bool
is_said(const char *text)
{
	return text[strspn(text, "0")] != 0 && strcmp(text, "none") != 0;
}

static bool
says_something(const json_t *value)
{
	return json_is_string(value)    ? is_said(json_string_value(value))
	       : json_is_integer(value) ? json_integer_value(value) > 0
	       : json_is_array(value)
		   ? json_array_size(value) > 0 && !json_is_object(json_array_get(value, 0))
		   : json_is_true(value);
}

static void
put_rows(struct text *out, const json_t *object)
{
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (json_is_object(value))
			put_rows(out, value);
		if (!says_something(value))
			continue;
		text_put(out, "<dt>");
		put_label(out, key);
		text_put(out, "</dt><dd>");
		put_value(out, key, value);
		text_put(out, "</dd>\n");
	}
}

static void
open_section(struct text *out, const char *heading)
{
	text_format(out, "<section class=\"object\"><h2>%s</h2>\n", heading);
}

static void
put_section(struct text *out, const char *heading, const json_t *object)
{
	open_section(out, heading);
	text_put(out, "<dl>\n");
	put_rows(out, object);
	text_put(out, "</dl></section>\n");
}

/* What the answer has beside its sections: what a sandbox found, how many others have it. */
static void
put_rest(struct text *out, const json_t *explained)
{
	json_t *rest = json_object();
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)explained, key, value)
	{
		if (strcmp(key, "ok") != 0 && !json_is_object(value) && says_something(value))
			json_object_set(rest, key, (json_t *)(uintptr_t)value);
	}
	if (json_object_size(rest) > 0)
		put_section(out, "What is known of its digest", rest);
	json_decref(rest);
}

static void
put_alerts(struct text *out, const json_t *alerts)
{
	const json_t *alert;
	size_t i;

	if (json_array_size(alerts) == 0)
		return;
	open_section(out, "Alerts <small>times in UTC</small>");
	text_put(out, "<div class=\"scroll\"><table class=\"alerts\"><tbody>\n");
	json_array_foreach(alerts, i, alert)
	{
		page_put_alert(out, alert);
	}
	text_put(out, "</tbody></table></div></section>\n");
}

static void
put_deliveries(struct text *out, const json_t *list)
{
	const json_t *one;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	open_section(out, "Delivered to others, too");
	text_put(out, "<div class=\"scroll\"><table class=\"alerts\"><tbody>\n");
	json_array_foreach(list, i, one)
	{
		text_put(out, "<tr><td>");
		page_put_time(out, page_text_of(one, "time"));
		text_put(out, "</td><td class=\"wire\">");
		text_html(out, page_text_of(one, "client"));
		text_put(out, "<div class=\"under\">");
		text_html_name(out, page_text_of(one, "user"));
		text_put(out, "</div></td><td class=\"wire url\"><code>");
		text_html(out, page_text_of(one, "url"));
		text_put(out, "</code><div class=\"under\">");
		page_put_link(out, page_text_of(one, "uuid"));
		text_put(out, "</div></td></tr>\n");
	}
	text_put(out, "</tbody></table></div></section>\n");
}

static void
put_sections(struct text *out, const json_t *explained)
{
	const char *error = page_text_of(explained, "error");

	if (error[0] != 0) {
		text_put(out, "<ul class=\"problems\"><li>");
		text_html(out, error);
		text_put(out, "</li></ul>\n");
		return;
	}
	put_section(out, "Why", json_object_get(explained, "why"));
	put_rest(out, explained);
	put_section(
	    out, "The object <small>times in UTC</small>", json_object_get(explained, "object"));
	put_alerts(out, json_object_get(explained, "alerts"));
	put_deliveries(out, json_object_get(explained, "delivered_to"));
}

/* As the log has it: "bad (scanned)". */
static void
put_verdict(struct text *out, const json_t *object)
{
	const char *verdict = page_text_of(object, "verdict");
	bool is_good = strcmp(verdict, "clean") == 0 || strcmp(verdict, "good") == 0;

	if (verdict[0] == 0)
		return;
	text_format(out, "<span class=\"pill%s\">",
	    is_good                       ? ""
	    : strcmp(verdict, "bad") == 0 ? " bad"
					  : " warn");
	text_html(out, verdict);
	text_put(out, " (");
	text_html(out, page_text_of(object, "source"));
	text_put(out, ")</span>\n<span>");
	text_html(out, page_text_of(object, "threat"));
	text_put(out, "</span>");
}

static void
put_slot(struct text *out, struct span name, const void *arg)
{
	const struct shown *shown = arg;

	if (span_is(name, "uuid"))
		text_html(out, shown->uuid);
	else if (span_is(name, "verdict"))
		put_verdict(out, json_object_get(shown->explained, "object"));
	else if (span_is(name, "sections"))
		put_sections(out, shown->explained);
}

void
page_write_object(const json_t *explained, const char *uuid, struct text *out)
{
	struct shown shown = { explained, uuid };

	template_write(out, object_html, put_slot, &shown);
}
