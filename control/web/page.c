/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * page.html lies in the program as it is (.incbin), each {{slot}} has a function here. Without a
 * dataplane it begins with saying so, and tells no numbers of one.
 */
#include "control/web/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/version.h"
#include "control/web/human.h"
#include "control/web/page_parts.h"
#include "control/web/template.h"

#define REFRESH_S 5

__asm__(".section .rodata\n"
	"page_html:\n"
	".incbin \"control/web/page.html\"\n"
	".byte 0\n"
	".previous\n");
extern const char page_html[];

/* What a mode means for the one who looks: all is well, take note, nothing is scanned. */
static const struct {
	const char *word, *help, *class;
} modes[] = {
#define X(id, word, log_word, help)                       \
	[MODE_##id] = { word, help,                       \
		MODE_##id == MODE_DISABLED  ? "pill bad"  \
		: MODE_##id == MODE_MONITOR ? "pill warn" \
					    : "pill" },
	MODES(X)
#undef X
};

static bool
has_problem(const struct web_facts *f)
{
	return f->cores == 0 || f->refused[0] != 0 || f->compile_error[0] != 0 ||
	       f->store.error[0] != 0 || f->log_error[0] != 0;
}

static void
put_refresh(struct text *out, const struct page *p, const struct core_stats *sum)
{
	(void)sum;
	if (!p->still)
		text_format(out, "<meta http-equiv=\"refresh\" content=\"%d\">\n", REFRESH_S);
}

static void
put_title(struct text *out, const struct page *p, const struct core_stats *sum)
{
	(void)sum;
	text_put(out, has_problem(p->facts) ? "(!) Sluice " : "Sluice ");
	text_html(out, p->facts->instance);
}

/* A colour within a URL. */
static void
put_icon(struct text *out, const struct page *p, const struct core_stats *sum)
{
	(void)sum;
	text_put(out, has_problem(p->facts) ? "%23b3261e" : "%231a7f4b");
}

static void
put_state(struct text *out, const struct page *p, const struct core_stats *sum)
{
	const struct web_facts *f = p->facts;

	(void)sum;
	if (strcmp(f->instance, "default") != 0) {
		text_put(out, "<span>");
		text_html(out, f->instance);
		text_put(out, "</span>\n");
	}
	text_format(out, "<span class=\"%s\">%s</span>\n<span class=\"explained\">%s</span>",
	    modes[f->mode].class, modes[f->mode].word, modes[f->mode].help);
}

static void
put_at(struct text *out, const struct page *p, const struct core_stats *sum)
{
	(void)sum;
	text_html(out, p->at);
	text_put(out, p->still ? " \302\267 <a href=\"/\">Back to now</a>"
			       : " \302\267 <a href=\"/?refresh=0\">Hold still</a>");
}

static void
put_problem(struct text *out, const char *what, const char *error)
{
	if (error[0] == 0)
		return;
	text_format(out, "<li><b>%s</b> ", what);
	text_html(out, error);
	text_put(out, "</li>\n");
}

static void
put_problems(struct text *out, const struct page *p, const struct core_stats *sum)
{
	const struct web_facts *f = p->facts;

	(void)sum;
	if (!has_problem(f))
		return;
	text_put(out, "<ul class=\"problems\" role=\"alert\">\n");
	put_problem(out, "No dataplane.",
	    f->cores != 0 ? ""
			  : "Control is not attached to one: nothing is known of traffic. Is "
			    "sluice-dataplane running, and is it of this instance?");
	put_problem(out, "The dataplane refused:", f->refused);
	put_problem(out, "Signatures, the old ones stay:", f->compile_error);
	put_problem(out, "Alerts can't be kept:", f->store.error);
	put_problem(out, "sluice.log can't be written:", f->log_error);
	text_put(out, "</ul>\n");
}

static void
put_fact(struct text *out, const char *name, const char *value)
{
	text_format(out, "<dt>%s</dt><dd>", name);
	text_html(out, value);
	text_put(out, "</dd>\n");
}

static void
put_dataplane_facts(struct text *out, const struct web_facts *f)
{
	char number[4][HUMAN_TEXT], words[160];

	if (f->dataplane_uptime_s >= 0)
		put_fact(
		    out, "Dataplane runs", human_age((uint64_t)f->dataplane_uptime_s, number[0]));
	snprintf(words, sizeof(words), "%016" PRIx64 "%s", f->generation,
	    f->compiling ? ", the next is being compiled" : "");
	put_fact(out, "Generation", words);
	snprintf(words, sizeof(words), "%s literals, %s bad and %s good digests, %s of reputation",
	    human_count(f->literals, number[0]), human_count(f->digests_bad, number[1]),
	    human_count(f->digests_good, number[2]), human_count(f->reputation_entries, number[3]));
	put_fact(out, "Signatures", f->signatures_known ? words : "the built-in ones");
}

static void
put_about(struct text *out, const struct page *p, const struct core_stats *sum)
{
	const struct web_facts *f = p->facts;
	char number[2][HUMAN_TEXT], words[160];

	(void)sum;
	put_fact(out, "Version", SLUICE_VERSION);
	put_fact(out, "Instance", f->instance);
	put_fact(out, "Control runs", human_age(f->uptime_s, number[0]));
	if (f->cores != 0)
		put_dataplane_facts(out, f);
	snprintf(words, sizeof(words), "%s lines, %s lost", human_count(f->lines, number[0]),
	    human_count(f->lines_dropped + f->json_dropped, number[1]));
	put_fact(out, "Log", words);
	put_fact(out, "Alerts kept", human_count(f->store.alerts, number[0]));
	put_fact(out, "Objects kept", human_count(f->store.objects, number[0]));
}

static const struct {
	const char *name;
	void (*put)(struct text *out, const struct page *p, const struct core_stats *sum);
} slots[] = {
	{ "refresh", put_refresh },
	{ "title", put_title },
	{ "icon", put_icon },
	{ "state", put_state },
	{ "at", put_at },
	{ "problems", put_problems },
	{ "tiles", page_put_tiles },
	{ "charts", page_put_charts },
	{ "alerts", page_put_alerts },
	{ "older", page_put_older },
	{ "verdicts", page_put_verdicts },
	{ "about", put_about },
	{ "cores", page_put_cores },
	{ "counters", page_put_counters },
};

struct shown {
	const struct page *page;
	const struct core_stats *sum;
};

static void
put_slot(struct text *out, struct span name, const void *arg)
{
	const struct shown *shown = arg;

	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		if (span_is(name, slots[i].name))
			slots[i].put(out, shown->page, shown->sum);
	}
}

void
page_write(const struct page *p, struct text *out)
{
	static struct core_stats sum;
	struct shown shown = { p, &sum };

	memset(&sum, 0, sizeof(sum));
	for (uint32_t i = 0; i < p->facts->cores; i++)
		channel_stats_add(&sum, &p->facts->core[i].stats);
	template_write(out, page_html, put_slot, &shown);
}
