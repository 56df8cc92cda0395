/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/web/page_parts.h"

#include <stdio.h>
#include <string.h>

#include "control/web/chart.h"
#include "control/web/human.h"

#define NOW_STEPS 3 /* what is shown as the present rate: 15 s */

/* A tile: its heading, a large value, a line below. The texts are ours but go through text_html().
 */
static void
put_tile(struct text *out, const char *heading, const char *value, const char *unit, bool is_bad,
    const char *below)
{
	text_put(out, "<section><h2>");
	text_html(out, heading);
	text_format(out, "</h2><p class=\"value%s\">", is_bad ? " bad" : "");
	text_html(out, value);
	text_put(out, " <small>");
	text_html(out, unit);
	text_put(out, "</small></p><p>");
	text_html(out, below);
	text_put(out, "</p></section>\n");
}

static double
per_second(uint64_t count, const struct rates_step *over)
{
	return over->known && over->ms > 0 ? (double)count * 1000 / (double)over->ms : 0;
}

static void
put_traffic_tiles(struct text *out, const struct page *p, const struct core_stats *sum)
{
	struct rates_step now = rates_sum(p->rates, NOW_STEPS);
	char value[HUMAN_TEXT], total[HUMAN_TEXT], below[96];
	uint64_t objects =
	    sum->counters[COUNTER_OBJECTS_REQMOD] + sum->counters[COUNTER_OBJECTS_RESPMOD];

	snprintf(below, sizeof(below), "%s in all", human_count(objects, total));
	put_tile(out, "Objects", human_rate(per_second(now.objects, &now), value), "a second",
	    false, below);
	snprintf(below, sizeof(below), "%s in all",
	    human_bytes((double)sum->counters[COUNTER_OBJECT_BYTES], total));
	put_tile(out, "Bodies", human_bytes(per_second(now.bytes, &now), value), "a second", false,
	    below);
}

static void
put_threat_tile(struct text *out, const struct page *p, const struct core_stats *sum)
{
	struct rates_step all = rates_sum(p->rates, RATES_STEPS);
	char value[HUMAN_TEXT], recent[HUMAN_TEXT], blocked[HUMAN_TEXT], below[96];
	uint64_t bad = sum->counters[COUNTER_VERDICTS_BAD];

	snprintf(below, sizeof(below), "%s blocked; %s in 10 min",
	    human_count(sum->counters[COUNTER_BLOCKED], blocked), human_count(all.bad, recent));
	put_tile(out, "Threats", human_count(bad, value), "", bad > 0, below);
}

static void
put_time_tile(struct text *out, const struct core_stats *sum)
{
	char half[HUMAN_TEXT], most[HUMAN_TEXT], below[96];

	snprintf(below, sizeof(below), "99 of 100 within %s",
	    human_duration(histogram_quantile(&sum->object_ns, 990), most));
	human_duration(histogram_quantile(&sum->object_ns, 500), half);
	if (sum->object_ns.count == 0)
		put_tile(out, "Verdict time", "-", "", false, "nothing was judged yet");
	else
		put_tile(out, "Verdict time", half, "median", false, below);
}

static void
put_state_tiles(struct text *out, const struct page *p, const struct core_stats *sum)
{
	uint64_t hits = sum->counters[COUNTER_CACHE_HITS];
	uint64_t asked = hits + sum->counters[COUNTER_CACHE_MISSES];
	char value[HUMAN_TEXT], other[HUMAN_TEXT], below[96];

	snprintf(below, sizeof(below), "%s refused",
	    human_count(sum->counters[COUNTER_CONNECTIONS_REFUSED], other));
	put_tile(
	    out, "Connections", human_count(sum->connections_now, value), "open", false, below);
	snprintf(below, sizeof(below), "sandbox: %u at work, %u waiting", p->facts->jobs_running,
	    p->facts->jobs_waiting);
	put_tile(out, "Held", human_count(sum->held_now, value), "objects", false, below);
	snprintf(
	    below, sizeof(below), "%s verdicts kept", human_count(sum->cache_entries_now, other));
	snprintf(value, sizeof(value), "%.0f", asked > 0 ? (double)hits * 100 / (double)asked : 0);
	put_tile(out, "Cache", value, "% hits", false, below);
}

void
page_put_tiles(struct text *out, const struct page *p, const struct core_stats *sum)
{
	if (p->facts->cores == 0)
		return; /* not known, which is not 0; the page begins with saying so */
	put_traffic_tiles(out, p, sum);
	put_threat_tile(out, p, sum);
	put_time_tile(out, sum);
	put_state_tiles(out, p, sum);
}

static void
put_chart(struct text *out, const char *heading, const char *small, const double *values, bool bars,
    const char *most)
{
	char label[160];

	snprintf(label, sizeof(label), "%s, the last ten minutes, at most %s", heading, most);
	text_format(out, "<section><h2>%s <small>%s</small></h2>", heading, small);
	if (bars)
		chart_bars(out, values, RATES_STEPS, label);
	else
		chart_curve(out, values, RATES_STEPS, label);
	text_put(out, "<div class=\"axis\"><span>10 min ago</span><span>at most ");
	text_html(out, most);
	text_put(out, "</span><span>now</span></div></section>\n");
}

void
page_put_charts(struct text *out, const struct page *p, const struct core_stats *sum)
{
	double objects[RATES_STEPS], bytes[RATES_STEPS], bad[RATES_STEPS];
	double most[3] = { 0, 0, 0 };
	char value[HUMAN_TEXT], unit[HUMAN_TEXT + 16];

	(void)sum;
	for (unsigned i = 0; i < RATES_STEPS; i++) {
		struct rates_step step = rates_at(p->rates, RATES_STEPS - 1 - i);

		objects[i] = step.known ? per_second(step.objects, &step) : -1;
		bytes[i] = step.known ? per_second(step.bytes, &step) : -1;
		bad[i] = step.known ? (double)step.bad : -1;
		most[0] = objects[i] > most[0] ? objects[i] : most[0];
		most[1] = bytes[i] > most[1] ? bytes[i] : most[1];
		most[2] = bad[i] > most[2] ? bad[i] : most[2];
	}
	snprintf(unit, sizeof(unit), "%s/s", human_rate(most[0], value));
	put_chart(out, "Objects", "a second", objects, false, unit);
	snprintf(unit, sizeof(unit), "%s/s", human_bytes(most[1], value));
	put_chart(out, "Bodies", "bytes a second", bytes, false, unit);
	put_chart(out, "Threats", "in each 5 s", bad, true, human_count((uint64_t)most[2], value));
}

const char *
page_text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* "2026-11-25T09:35:14.691Z" as "2026-11-25 09:35:14". */
void
page_put_time(struct text *out, const char *iso)
{
	char words[20];

	snprintf(words, sizeof(words), "%s", iso);
	if (strlen(words) > 10)
		words[10] = ' ';
	text_put(out, "<time>");
	text_html(out, words);
	text_put(out, "</time>");
}

void
page_put_link(struct text *out, const char *uuid)
{
	text_put(out, "<a href=\"/object?uuid=");
	text_html(out, uuid);
	text_put(out, "\"><code>");
	text_html(out, uuid);
	text_put(out, "</code></a>");
}

/* A cell of the wire's text, and below it the name that belongs to it, where there is any. */
static void
put_cell(struct text *out, const char *class, const char *value, const char *below)
{
	text_format(out, "<td class=\"%s\">", class);
	text_html(out, value);
	if (below[0] != 0) {
		text_put(out, "<div class=\"under\">");
		text_html_name(out, below);
		text_put(out, "</div>");
	}
	text_put(out, "</td>");
}

static void
put_outcome(struct text *out, const json_t *alert)
{
	bool late = json_is_true(json_object_get(alert, "late"));

	if (json_is_true(json_object_get(alert, "cut")))
		text_put(out, "<td><span class=\"pill warn\">cut off</span>"
			      "<div class=\"under\">a part was delivered</div></td>");
	else if (json_is_true(json_object_get(alert, "blocked")))
		text_put(out, "<td><span class=\"pill\">blocked</span></td>");
	else if (late)
		text_put(out, "<td><span class=\"pill bad\">delivered</span>"
			      "<div class=\"under\">convicted afterwards</div></td>");
	else
		text_put(out, "<td><span class=\"pill warn\">let through</span></td>");
}

/* The threat's name; of an alert by policy, which has none, the class as in the log. */
static void
put_threat(struct text *out, const json_t *alert)
{
	const char *threat = page_text_of(alert, "threat");
	char class[64];

	snprintf(class, sizeof(class), "(%s)", page_text_of(alert, "source"));
	put_cell(out, "wire threat", threat[0] != 0 ? threat : class, "");
}

void
page_put_alert(struct text *out, const json_t *alert)
{
	bool has_client = page_text_of(alert, "client")[0] != 0;

	text_put(out, "<tr><td>");
	page_put_time(out, page_text_of(alert, "raised"));
	text_put(out, "</td>");
	put_outcome(out, alert);
	put_threat(out, alert);
	text_put(out, "<td class=\"wire url\"><code>");
	text_html(out, page_text_of(alert, "url"));
	text_put(out, "</code><div class=\"under\">");
	page_put_link(out, page_text_of(alert, "uuid"));
	text_put(out, "</div></td>");
	put_cell(out, "wire", page_text_of(alert, has_client ? "client" : "peer"),
	    page_text_of(alert, "user"));
	put_cell(out, "wire", page_text_of(alert, "source"), page_text_of(alert, "mode"));
	text_put(out, "</tr>\n");
}

void
page_put_alerts(struct text *out, const struct page *p, const struct core_stats *sum)
{
	const json_t *list = json_object_get(p->alerts, "alerts"), *alert;
	const char *error = page_text_of(p->alerts, "error");
	size_t i;

	(void)sum;
	json_array_foreach(list, i, alert)
	{
		page_put_alert(out, alert);
	}
	if (json_array_size(list) > 0)
		return;
	text_put(out, "<tr><td class=\"none\" colspan=\"6\">");
	text_html(out, error[0] != 0 ? error : "None.");
	text_put(out, "</td></tr>\n");
}

void
page_put_older(struct text *out, const struct page *p, const struct core_stats *sum)
{
	const char *next = page_text_of(p->alerts, "next");

	(void)sum;
	if (next[0] == 0)
		return;
	text_put(out, "<p class=\"more\"><a href=\"/?before=");
	text_html(out, next);
	text_put(out, "\">Older ones</a></p>\n");
}

/* Without one nothing is known of its numbers, which is not 0: a line that says so. */
static bool
put_no_dataplane(struct text *out, const struct page *p, unsigned columns)
{
	if (p->facts->cores == 0)
		text_format(out,
		    "<tr><td class=\"none\" colspan=\"%u\">No dataplane is attached.</td></tr>\n",
		    columns);
	return p->facts->cores == 0;
}

void
page_put_verdicts(struct text *out, const struct page *p, const struct core_stats *sum)
{
	static const struct {
		const char *word, *help;
	} sources[] = {
#define X(id, word, help) { word, help },
		SOURCES(X)
#undef X
	};
	char clean[HUMAN_TEXT], bad[HUMAN_TEXT];

	if (put_no_dataplane(out, p, 4))
		return;
	for (unsigned i = 0; i < SOURCE_COUNT; i++) {
		text_format(out,
		    "<tr><th scope=\"row\">%s</th><td class=\"none\">%s</td>"
		    "<td class=\"number\">%s</td><td class=\"number\">%s</td></tr>\n",
		    sources[i].word, sources[i].help,
		    human_count(sum->verdicts[VERDICT_CLEAN][i], clean),
		    human_count(sum->verdicts[VERDICT_BAD][i], bad));
	}
}

static void
put_number(struct text *out, uint64_t n)
{
	char value[HUMAN_TEXT];

	text_format(out, "<td class=\"number\">%s</td>", human_count(n, value));
}

static void
put_core(struct text *out, unsigned core, const struct core_stats *s)
{
	const uint64_t *c = s->counters;
	char bytes[HUMAN_TEXT];

	text_format(out, "<tr><th scope=\"row\">%u</th>", core);
	put_number(out, c[COUNTER_OBJECTS_REQMOD] + c[COUNTER_OBJECTS_RESPMOD]);
	text_format(out, "<td class=\"number\">%s</td>",
	    human_bytes((double)c[COUNTER_OBJECT_BYTES], bytes));
	put_number(out, s->connections_now);
	put_number(out, s->held_now);
	put_number(out, s->mbufs_free_now);
	text_format(out, "<td class=\"number\">%s</td>",
	    human_bytes((double)s->arena_free_now * ARENA_BLOCK_BYTES, bytes));
	put_number(out, c[COUNTER_RX_PACKETS]);
	put_number(out, c[COUNTER_TX_PACKETS]);
	put_number(out, c[COUNTER_RX_MISSED] + c[COUNTER_RX_TOO_LONG] + c[COUNTER_TX_DROPPED]);
	text_put(out, "</tr>\n");
}

void
page_put_cores(struct text *out, const struct page *p, const struct core_stats *sum)
{
	(void)sum;
	for (uint32_t i = 0; i < p->facts->cores; i++)
		put_core(out, i, &p->facts->core[i].stats);
	put_no_dataplane(out, p, 10);
}

void
page_put_counters(struct text *out, const struct page *p, const struct core_stats *sum)
{
	char value[HUMAN_TEXT];

	if (p->facts->cores == 0)
		return; /* as with the verdicts */
	for (unsigned k = 0; k < COUNTER_COUNT; k++)
		text_format(out, "<li><div><code>%s</code><span>%s</span></div><b>%s</b></li>\n",
		    counter_word(k), counter_help(k), human_count(sum->counters[k], value));
}
